"""What each kind of trouble means for the item it happened to, and for the run."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from smeflow._system import DISK_FULL
from smeflow.engine.context import HaltReason, RunContext, RunHalted
from smeflow.errors import (
    AnswerInvalid,
    AnswerLater,
    BudgetSpent,
    DocumentError,
    LedgerError,
    LLMError,
    LLMRejected,
    LLMUnavailable,
    SmeflowError,
    SourceError,
)
from smeflow.i18n import Phrase, say
from smeflow.ledger.finish import Ending
from smeflow.ledger.rows import ItemRow, Reason
from smeflow.ledger.store import utc_stamp
from smeflow.llm.wrappers.retry import ABSENT

MOST_DEFERRALS = 20
"""How many times in a row an item is put off before a person is told that it gets no answer."""


@dataclass(frozen=True, kw_only=True)
class FailureSite:
    """Where the trouble happened."""

    context: RunContext
    item: ItemRow
    step: str
    """Empty before the first step."""

    def review(self, kind: str, phrase: Phrase, *, wanted: bool = False) -> Ending:
        """Give the item to a person."""
        reason = Reason(kind=kind, step=self.step, phrases=(phrase,))
        return Ending(state="review", reason=reason, wanted=wanted)

    def failed(self, kind: str, phrase: Phrase) -> Ending:
        """Say that the item cannot be worked on as it is."""
        return Ending(state="failed", reason=Reason(kind=kind, step=self.step, phrases=(phrase,)))

    def put_off(self, kind: str, phrase: Phrase) -> Ending:
        """Leave the item open for the next run."""
        return Ending(state="open", reason=Reason(kind=kind, step=self.step, phrases=(phrase,)))


def ending_for(error: BaseException, scene: FailureSite) -> Ending | None:
    """Say where *error* leaves the item; None where it says nothing about the item. May end the run."""
    for kind, meaning in ENDINGS:
        if isinstance(error, kind):
            return meaning(error, scene)
    return scene.failed("step", _failure(error, scene.step))


def _halted(_error: BaseException, scene: FailureSite) -> Ending:
    return scene.put_off("interrupted", say("interrupted; the next run goes on with it"))


def _deferred(error: AnswerLater, scene: FailureSite) -> Ending:
    """Put the item off until its answer is due."""
    if scene.context.halt.event.is_set():
        return _halted(error, scene)
    if error.ticket == ABSENT:
        scene.context.halt.away = error.phrase
        ending = scene.put_off("outage", error.phrase)
        return replace(ending, until_reached=True, tries=scene.item.tries)
    kind = {"rate": "rate", "outage": "outage", "broken": "outage"}.get(error.ticket, "batch")
    tries = scene.item.tries + 1
    if kind != "batch" and tries >= MOST_DEFERRALS:
        return scene.review("provider", error.phrase)
    wait = max(0.0, (error.due_at - scene.context.store.clock()).total_seconds())
    ending = scene.put_off(kind, error.phrase)
    return replace(ending, due_at=utc_stamp(error.due_at), tries=tries, wait_seconds=wait)


def _budget(error: BudgetSpent, scene: FailureSite) -> Ending:
    if error.whose == "item":
        return scene.review("budget", error.phrase)
    if scene.context.halt.event.is_set() and scene.context.halt.why != "budget":
        return _halted(error, scene)
    if scene.context.over == "wait":
        scene.context.halt.waits = error.phrase
        return scene.put_off("budget", error.phrase)
    scene.context.halt.now("budget", error.phrase)
    return scene.put_off("budget", error.phrase)


def _rejected(error: LLMRejected, scene: FailureSite) -> Ending:
    if error.reason == "no_model":
        return scene.review("wants_model", error.phrase, wanted=True)
    if error.reason in ("request", "too_long"):
        return scene.review("answer", error.phrase)
    scene.context.halt.now(cast("HaltReason", error.reason), error.phrase)
    return scene.put_off("interrupted", error.phrase)


def _unanswered(error: LLMError, scene: FailureSite) -> Ending:
    """Give an item to a person that was asked for as often as may be: the others get their answers."""
    if isinstance(error, AnswerInvalid):
        message = str(error.phrase)  # the sentence names the first problem itself
        more = "; ".join(problem for problem in error.problems[:3] if problem not in message)
        if more:
            return scene.review("answer", say("{what} ({problems})", what=error.phrase, problems=more))
    return scene.review("provider" if isinstance(error, LLMUnavailable) else "answer", error.phrase)


def _document(error: DocumentError, scene: FailureSite) -> Ending:
    return scene.failed("document", error.phrase)


def _ends_all(error: LedgerError | SourceError, scene: FailureSite) -> None:
    scene.context.halt.now("broken", error.phrase, error)


def _system(error: OSError, scene: FailureSite) -> Ending | None:
    if error.errno in DISK_FULL:
        scene.context.halt.now("full", error=error)
        return None
    return scene.failed("step", _failure(error, scene.step))


ENDINGS: tuple[tuple[type[BaseException], Callable[[Any, FailureSite], Ending | None]], ...] = (
    (RunHalted, _halted),
    (AnswerLater, _deferred),
    (BudgetSpent, _budget),
    (LLMRejected, _rejected),
    (LLMError, _unanswered),
    (DocumentError, _document),
    (LedgerError, _ends_all),
    (SourceError, _ends_all),
    (OSError, _system),
)
"""The first kind that fits decides."""


def _failure(error: BaseException, step: str) -> Phrase:
    """Say what a step raised and at which line of whose code; no traceback."""
    if isinstance(error, SmeflowError):
        return error.phrase
    kind, where = type(error).__name__, _line_of_code(error)
    if where is None:
        return say("step {step} failed: {kind}: {error}", step=step, kind=kind, error=error)
    return say(
        "step {step} failed at {file}:{line}: {kind}: {error}",
        step=step,
        file=where[0],
        line=where[1],
        kind=kind,
        error=error,
    )


def _line_of_code(error: BaseException) -> tuple[str, int] | None:
    """Find the last line of the user's own code, else of any code that is not ours."""
    frames = traceback.extract_tb(error.__traceback__)
    package = str(Path(__file__).resolve().parent.parent)
    outside = [f for f in frames if not f.filename.startswith((package, "<"))]
    own = [f for f in outside if "site-packages" not in f.filename and "/lib/python" not in f.filename]
    frame = next(reversed(own or outside or list(frames)), None)
    return (frame.filename, frame.lineno or 0) if frame else None
