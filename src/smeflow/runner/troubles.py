"""What each kind of trouble means for the item it happened to, and for the run."""

import errno
import traceback
from dataclasses import replace
from datetime import datetime
from pathlib import Path

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
from smeflow.ledger.results import Ending
from smeflow.ledger.rows import ItemRow, Reason
from smeflow.ledger.store import stamp
from smeflow.runner.desk import Desk
from smeflow.runner.halt import Halted

PATIENCE = 20
"""How many times in a row an item is put off before a person is told that it gets no answer."""
REVIEWED = {
    "no_model": ("wants_model", True),
    "request": ("answer", False),
    "too_long": ("answer", False),
}


def ending_for(error: BaseException, desk: Desk, item: ItemRow, step: str) -> Ending | None:
    """Say where *error* leaves the item; None: it says nothing about the item, the run ends. May stop the run."""
    if isinstance(error, Halted):
        return _put_off("interrupted", step, say("interrupted; the next run goes on with it"))
    if isinstance(error, AnswerLater):
        return _later(error, desk, item, step)
    if isinstance(error, BudgetSpent):
        return _budget(error, desk, step)
    if isinstance(error, LLMRejected):
        return _rejected(error, desk, step)
    if isinstance(error, LLMUnavailable):  # asked as often as may be: it is this item that cannot be answered
        return _review("provider", step, error.phrase)
    if isinstance(error, LLMError):
        return _review("answer", step, _told(error))
    if isinstance(error, DocumentError):
        return Ending(state="failed", reason=Reason(kind="document", step=step, phrases=(error.phrase,)))
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        desk.halt.now("full", error=error)
        return None
    if isinstance(error, LedgerError | SourceError):
        desk.halt.now("broken", error.phrase, error)
        return None
    return Ending(state="failed", reason=Reason(kind="step", step=step, phrases=(_failure(error, step),)))


def _put_off(kind: str, step: str, why: Phrase, *, due: datetime | None = None) -> Ending:
    return Ending(
        state="open", reason=Reason(kind=kind, step=step, phrases=(why,)), due_at=stamp(due) if due else None
    )


def _later(error: AnswerLater, desk: Desk, item: ItemRow, step: str) -> Ending:
    """Put the item off until its answer is due."""
    if desk.halt.event.is_set():
        return _put_off("interrupted", step, say("interrupted; the next run goes on with it"))
    kind = (
        error.ticket
        if error.ticket in ("rate", "outage")
        else "outage"
        if error.ticket == "broken"
        else "batch"
    )
    if kind != "batch" and item.tries + 1 >= PATIENCE:
        return _review("provider", step, error.phrase)
    wait = max(0.0, (error.due_at - desk.store.clock()).total_seconds())
    put_off = _put_off(kind, step, error.phrase, due=error.due_at)
    return replace(put_off, tries=item.tries + 1, wait_seconds=wait)


def _review(kind: str, step: str, *why: Phrase) -> Ending:
    return Ending(state="review", reason=Reason(kind=kind, step=step, phrases=why))


def _told(error: LLMError) -> Phrase:
    if isinstance(error, AnswerInvalid) and error.problems:
        return say("{what} ({problems})", what=error.phrase, problems="; ".join(error.problems[:3]))
    return error.phrase


def _budget(error: BudgetSpent, desk: Desk, step: str) -> Ending:
    if error.whose == "item":
        return _review("budget", step, error.phrase)
    desk.halt.now("budget", error.phrase)
    return _put_off("budget", step, error.phrase)


def _rejected(error: LLMRejected, desk: Desk, step: str) -> Ending:
    if error.reason in REVIEWED:
        kind, wanted = REVIEWED[error.reason]
        ending = _review(kind, step, error.phrase)
        return Ending(state=ending.state, reason=ending.reason, wanted=wanted)
    desk.halt.now(error.reason, error.phrase)  # type: ignore[arg-type]  # the reasons left are those that stop a run
    return _put_off("interrupted", step, error.phrase)


def _failure(error: BaseException, step: str) -> Phrase:
    """Say what a step raised and at which line of whose code; no traceback."""
    if isinstance(error, SmeflowError):
        return error.phrase
    where = _place(error)
    kind = type(error).__name__
    if where is None:
        return say("step {step} failed: {kind}: {error}", step=step, kind=kind, error=error)
    file, line = where
    return say(
        "step {step} failed at {file}:{line}: {kind}: {error}",
        step=step,
        file=file,
        line=line,
        kind=kind,
        error=error,
    )


def _place(error: BaseException) -> tuple[str, int] | None:
    """Find the last line of the user's own code, else of any code that is not ours."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).resolve().parent.parent)
    outside = [f for f in frames if not f.filename.startswith((ours, "<"))]
    own = [f for f in outside if "site-packages" not in f.filename and "/lib/python" not in f.filename]
    frame = next(reversed(own or outside or list(frames)), None)
    return (frame.filename, frame.lineno or 0) if frame else None
