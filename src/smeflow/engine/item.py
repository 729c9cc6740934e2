"""Take one item as far as it can go.

Split it, set it aside, or walk it through the plan until a person must look.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from smeflow._text import hash_of, sha256
from smeflow.core.case import Case, Skipped, Step
from smeflow.core.claims import Claim, claims_of
from smeflow.core.plan import Entry, Hold, Skip, next_entry
from smeflow.core.step import wants_model
from smeflow.documents.document import Document, PageRange
from smeflow.engine.cases import case_to_work_on
from smeflow.engine.context import RunContext, RunHalted
from smeflow.engine.failures import FailureSite, ending_for
from smeflow.engine.lookups import RecordedLookups, noted_call
from smeflow.engine.own_steps import left_beside, split, split_at
from smeflow.errors import LedgerError
from smeflow.extract.step import Extract
from smeflow.i18n import Phrase, phrase_to_json, say
from smeflow.ledger.calls import LedgerCallLog
from smeflow.ledger.deferred import DeferringCallLog
from smeflow.ledger.finish import PAGES, Ending, ItemPart, NewResult, finish_item, results_of, split_item
from smeflow.ledger.items import LeaseLost, distinct_phrases
from smeflow.ledger.reviews import UNDECIDED, reviews_of, split_starts, standing_decisions, wanted_by
from smeflow.ledger.rows import NO_REASON, ItemRow, Reason, ResultRow, ReviewRow, State
from smeflow.llm.call_log import Scope
from smeflow.llm.interface import ModelEndpoint, Reply, Request
from smeflow.llm.wrappers.privacy import Withheld
from smeflow.llm.wrappers.stack import LookUp, StepModel


def reason_to_set_aside(case: Case, entries: tuple[Entry, ...]) -> Phrase | None:
    """Say why there is nothing to do: a kind of record the recipe reads knows the case for no such record."""
    kinds = [entry.step.kind for entry in entries if isinstance(entry.step, Extract)]
    reasons = (kind.papers.kept_unread(case.documents) for kind in kinds if kind.papers.kept_unread)
    return next((why for why in reasons if why is not None), None)


def parts_of_case(
    case: Case, word: str, starts: Sequence[int] = ()
) -> tuple[tuple[ItemPart, ...], tuple[ItemPart, ...]] | None:
    """Give the parts of *case* and what is left beside them; None where it is worked on as one piece.

    *starts* are the pages on which a person said new documents begin: then the recipe's *word* is not asked.
    """
    pieces = split_at(case, starts) if starts else split(case, word) if word else ()
    if not pieces:
        return None
    aside = left_beside(case, pieces)
    return tuple(_as_part(piece.documents[0]) for piece in pieces), tuple(map(_as_part, aside))


def _as_part(document: Document) -> ItemPart:
    written = document.fields.get(PAGES)
    pages = PageRange.of(written) if written else None
    return ItemPart(name=document.name, media_type=document.media_type, data=document.data, pages=pages)


@dataclass
class _LazyModel:
    """The model of one step call. Bound when it is first asked: most steps of most items ask nothing."""

    context: RunContext
    item: ItemRow
    step: str
    take: int
    private: tuple[str, ...] = ()
    """Values that the model never sees."""
    look_ups: list[LookUp] = field(default_factory=list)
    """What it looked up with the functions of a step."""
    _bound: StepModel | None = None

    @property
    def wanted_model(self) -> bool:
        """Whether the step asked and there was no model."""
        return self._bound is not None and self._bound.wanted_model

    @property
    def place(self) -> ModelEndpoint:
        """Where the questions go."""
        return self._model().place

    def complete(self, request: Request, /) -> Reply:
        """Answer, unless the run is ending."""
        if self.context.halt.event.is_set():
            raise RunHalted
        if not self.private:
            return self._model().complete(request)
        salt = f"{self.item.key}\n{self.item.version}"
        return Withheld(inner=self._model(), values=self.private, salt=salt).complete(request)

    def _model(self) -> StepModel:
        if self._bound is None:
            self._bound = self._bind()
        return self._bound

    def _bind(self) -> StepModel:
        context, item = self.context, self.item
        scope = Scope(
            recipe=context.recipe,
            item=item.key,
            version=item.version,
            step=self.step,
            fingerprint=self._fingerprint(),
            take=self.take,
        )
        kind = DeferringCallLog if context.batches else LedgerCallLog
        log = kind(
            store=context.store,
            item=item,
            scope=scope,
            run=context.run.id,
            purse=context.run.purse,
            budget=context.budget,
            meter=context.meter,
            recalls=context.recalls,
            events=context.events,
        )
        return context.bind(log, scope)

    def _fingerprint(self) -> str:
        """Give the name the calls of this step go by: an older one where the item began under it."""
        now, earlier = self.context.prints[self.step], self.context.earlier.get(self.step, "")
        if now == earlier or self.item.lease <= 1:
            return now
        calls = self.context.store.read("calls of item", item=self.item.id)
        under = {call["fingerprint"] for call in calls if call["step"] == self.step}
        return earlier if earlier in under and now not in under else now


@dataclass
class ItemRun:
    """One item's way through the plan."""

    context: RunContext
    item: ItemRow
    case: Case
    step: str = ""
    """The step that is being taken, for whoever must say where something went wrong."""
    outcome: dict[str, Any] = field(default_factory=dict)
    new: list[NewResult] = field(default_factory=list)
    wanted: bool = False
    _accepted: set[str] = field(default_factory=set)
    _seen: list[tuple[str, str]] = field(default_factory=list)
    """Each step so far with the hash of what it gave: what later steps can see."""
    _old: list[ResultRow] = field(default_factory=list)
    _decided: Mapping[str, ReviewRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what is known of the item; nothing can be where nobody ever held it."""
        self._known = RecordedLookups(self.case.known)
        self.case = replace(self.case, known=self._known)
        if self.item.lease > 1:
            store, number, version = self.context.store, self.item.id, self.item.version
            self._old = [r for r in results_of(store, number) if r.version == version]
            self._decided = standing_decisions(reviews_of(store, number), version)

    def to_the_end(self) -> Ending:
        """Go on until the plan is through or a person must look."""
        while True:
            following = next_entry(self.context.entries, self.case, frozenset(self._accepted))
            if following is None:
                return self.ending("done")
            if isinstance(following, Hold):
                if self._let_start(following):
                    continue
                kind = "asked" if following.entry.step.name in self.case.results else UNDECIDED
                reason = Reason(
                    kind=kind, step=following.entry.step.name, phrases=distinct_phrases(*following.reasons)
                )
                return self.ending("review", reason)
            if isinstance(following, Skip):
                self._keep(following.entry, Skipped(following.why), "skipped", phrase_to_json(following.why))
            else:
                self._take(following.entry)

    def ending(self, state: State, reason: Reason = NO_REASON) -> Ending:
        """End in *state*, with what this walk found."""
        return Ending(
            state=state,
            reason=reason,
            plan=self.context.plan,
            outcome=self.outcome,
            new=self.new,
            wanted=self.wanted,
            claims=self._claims(),
            accepted=frozenset(self._accepted),
        )

    def _claims(self) -> list[tuple[str, Claim]]:
        """Give what the results so far claim of the world, by step."""
        results = self.case.results.items()
        return [(name, claim) for name, value in results for claim in claims_of(value, self.context.known)]

    def _let_start(self, hold: Hold) -> bool:
        """Take or leave a step whose ``when`` cannot be decided, as a person said."""
        name = hold.entry.step.name
        decision = self._decided.get(name)
        if name in self.case.results or decision is None or decision.action not in ("approve", "correct"):
            return False
        if decision.action == "approve" and not wanted_by(decision):
            why = say("left out by {person}", person=decision.person)
            self._keep(hold.entry, Skipped(why), "skipped", phrase_to_json(why))
        else:
            self._take(hold.entry)
        return True

    def _take(self, entry: Entry) -> None:
        """Get the value of a step: a person's, else one that stands, else a new one."""
        name = self.step = entry.step.name
        decision = self._decided.get(name)
        if decision is not None and decision.action == "correct":
            text = decision.after or "null"
            self._accepted.add(name)
            self._keep(entry, self.context.codec.read(entry.step, text), sha256(text), f"d{decision.id}")
            return
        approved = decision.result_hash if decision is not None and decision.action == "approve" else ""
        seen = hash_of(self._seen)
        result = self._stands(name, approved, seen)
        if result is None:
            self._run(entry, seen)
            return
        if approved:
            self._accepted.add(name)
        value = self.context.codec.read(entry.step, result.value)
        self.wanted = self.wanted or (result.wanted and not approved)
        self._keep(entry, value, result.hash, f"r{result.id}")

    def _stands(self, name: str, approved: str, seen: str) -> ResultRow | None:
        """Find a result that still holds.

        What a person approved holds whatever has changed since. What the item was ended with holds as long as
        its input does: it is not asked anew since a prompt has changed. For the rest the fingerprint decides.
        """
        results = [r for r in reversed(self._old) if r.step == name]
        if approved:
            return next((r for r in results if r.hash == approved), None)
        take = self.item.takes.get(name, 0)
        ended_with = self.item.outcome.get(name)
        for result in results:
            fits = result.input == seen and result.take == take
            same = self.context.stands(name, result.fingerprint) or f"r{result.id}" == ended_with
            if fits and same and not (result.wanted and self.context.has_model):
                return result
        return None

    def _private_values(self) -> tuple[str, ...]:
        fields = self.case.documents[0].fields if self.context.private and self.case.documents else {}
        names = {name.casefold() for name in self.context.private}
        return tuple(value for name, value in fields.items() if name.casefold() in names)

    def _run(self, entry: Entry, seen: str) -> None:
        context, step = self.context, entry.step
        if context.halt.event.is_set():
            raise RunHalted
        take = self.item.takes.get(step.name, 0)
        asked = _LazyModel(context, self.item, step.name, take, self._private_values())
        self._known.asked.clear()
        text = context.codec.write(step, self._called(step, asked))
        value = context.codec.read(step, text)  # what a resumed run would see, this one sees too
        wanted = wants_model(value) or asked.wanted_model  # a model that may be asked no more counts as none
        self.wanted = self.wanted or wanted
        result = NewResult(
            step=step.name,
            fingerprint=context.prints[step.name],
            kind=context.kind_of(step),
            input=seen,
            take=take,
            value=text,
            wanted=wanted,
            lookups=sorted({**self._known.asked, **dict(map(noted_call, asked.look_ups))}.items()),
        )
        self.new.append(result)
        self._keep(entry, value, result.hash, f"n{len(self.new) - 1}")

    def _called(self, step: Step[Any], asked: _LazyModel) -> object:
        """Call *step*, and tell the observers of it."""
        tell, item, began, error = self.context.events.tell, self.item.id, time.monotonic(), None
        tell("step.begun", item=item, step=step.name)
        try:
            return step(self.case, asked)
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            seconds = round(time.monotonic() - began, 4)
            wanted = asked.wanted_model
            tell("step.ended", item=item, step=step.name, seconds=seconds, wanted=wanted, error=error)

    def _keep(self, entry: Entry, value: object, identity: str, where: object) -> None:
        name = entry.step.name
        self.case = self.case.with_result(name, value)
        self._seen.append((name, identity))
        self.outcome[name] = where


WORKED_ON: ContextVar[str] = ContextVar("worked_on", default="")
"""The name of the item that is worked on here, for whoever watches what a step does."""


def process_item(context: RunContext, item: ItemRow) -> Ending | State | None:
    """Take a claimed item to its end, to a person, or to where the provider must answer first.

    Gives how it was left; None where nothing was written down: somebody else holds it now, or the run ends.
    Never raises for what happens to one item; what ends the run is told to ``context.halt``.
    """
    began = time.monotonic()
    told: list[State] = []

    def tell(state: State, reason: Reason) -> None:
        if not told:  # a transaction may run twice
            told.append(state)
            seconds = round(time.monotonic() - began, 4)
            why = {"reason": reason.kind, "step": reason.step}
            context.events.tell("item.ended", item=item.id, state=state, seconds=seconds, **why)

    context.events.tell("item.taken", item=item.id, tries=item.tries)
    ending = _process(context, item, tell)
    if not isinstance(ending, Ending):
        tell(ending or "open", Reason(kind="split" if ending else "left"))
    return ending


def _process(
    context: RunContext, item: ItemRow, told: Callable[[State, Reason], None]
) -> Ending | State | None:
    WORKED_ON.set(item.name or item.key)
    walk: ItemRun | None = None
    try:
        try:
            case = case_to_work_on(context.store, item, context.known, context.parsed)
            starts = split_starts(context.store, item)
            parts = parts_of_case(case, context.split or "", starts) if item.media_type else None
            if parts is not None:
                split_item(context.store, item, *parts)
                return "done"
            aside = reason_to_set_aside(case, context.entries) if item.media_type else None
            if aside is not None:
                reason = Reason(kind="status", phrases=(aside,))
                ending = Ending(state="skipped", reason=reason, plan=context.plan)
            else:
                walk = ItemRun(context, item, case)
                ending = walk.to_the_end()
        except LeaseLost:
            return None
        except (Exception, RunHalted) as error:  # noqa: BLE001 - a step may raise anything
            site = FailureSite(context=context, item=item, step=walk.step if walk else "")
            failure = ending_for(error, site)
            if failure is None:
                return None
            ending = _with_results(failure, walk, context, item)
        finish_item(
            context.store,
            item,
            ending,
            context.smeflow,
            lambda error: _halt_on_ledger_failure(error, context, item),
            told,
        )
    except LeaseLost:
        return None
    except Exception as error:  # noqa: BLE001 - the ledger itself failed: the run ends and says why
        _halt_on_ledger_failure(error, context, item)
        return None
    return ending


def _halt_on_ledger_failure(error: BaseException, context: RunContext, item: ItemRow) -> None:
    """End the run when an item's end cannot be written; the item stays open and nothing is paid again."""
    if isinstance(error, LeaseLost):
        return
    if ending_for(error, FailureSite(context=context, item=item, step="")) is not None:
        context.halt.now(
            "broken", error=LedgerError(say("The ledger could not be written: {error}", error=error))
        )


def _with_results(ending: Ending, walk: ItemRun | None, context: RunContext, item: ItemRow) -> Ending:
    """Keep the results of the steps that did run. An item left open keeps what it was last ended with."""
    if ending.state == "open":
        new = walk.new if walk else ()
        return replace(ending, new=new, outcome=item.outcome, plan="", wanted=item.wanted)
    if walk is None:
        return replace(ending, plan=context.plan)
    wanted = ending.wanted or walk.wanted
    return replace(ending, new=walk.new, wanted=wanted, plan=context.plan, outcome=walk.outcome)
