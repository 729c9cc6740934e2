"""Walk one item through the plan: reuse what is known, run what is missing, stop where a person must look."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from smeflow._text import hash_of, sha256
from smeflow.calls import Scope
from smeflow.claims import Claim, claims_of
from smeflow.i18n import plain_of, say
from smeflow.ledger.calls import LedgerCalls
from smeflow.ledger.items import phrases
from smeflow.ledger.results import Ending, NewResult, results_of
from smeflow.ledger.reviews import UNDECIDED, reviews_of, standing, wanted_by
from smeflow.ledger.rows import ItemRow, Reason, ResultRow, ReviewRow
from smeflow.llm.base import Place, Reply, Request
from smeflow.plan import Entry, Hold, Skip, next_entry
from smeflow.runner.desk import Bound, Desk
from smeflow.runner.halt import Halted
from smeflow.runner.known import Noting
from smeflow.step import Case, Skipped, wants_model


@dataclass
class _Asking:
    """The model of one step call. Bound when it is first asked: most steps of most items ask nothing."""

    desk: Desk
    item: ItemRow
    step: str
    take: int
    _bound: Bound | None = None

    @property
    def wanted_model(self) -> bool:
        """Whether the step asked and there was no model."""
        return self._bound is not None and self._bound.wanted_model

    @property
    def place(self) -> Place:
        """Where the questions go."""
        return self._model().place

    def complete(self, request: Request, /) -> Reply:
        """Answer, unless the run is ending."""
        if self.desk.halt.event.is_set():
            raise Halted
        return self._model().complete(request)

    def _model(self) -> Bound:
        if self._bound is None:
            self._bound = self._bind()
        return self._bound

    def _bind(self) -> Bound:
        desk, item = self.desk, self.item
        scope = Scope(
            recipe=desk.recipe,
            item=item.key,
            version=item.version,
            step=self.step,
            fingerprint=desk.prints[self.step],
            take=self.take,
        )
        log = LedgerCalls(
            store=desk.store,
            item=item,
            scope=scope,
            run=desk.run.id,
            purse=desk.run.purse,
            budget=desk.budget,
            meter=desk.meter,
            recalls=desk.recalls,
        )
        return desk.bind(log, scope)


@dataclass
class Walk:
    """One item's way through the plan."""

    desk: Desk
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
        self._known = Noting(self.case.known)
        self.case = replace(self.case, known=self._known)
        if self.item.lease > 1:
            store, number, version = self.desk.store, self.item.id, self.item.version
            self._old = [r for r in results_of(store, number) if r.version == version]
            self._decided = standing(reviews_of(store, number), version)

    def to_the_end(self) -> Ending:
        """Go on until the plan is through or a person must look."""
        while True:
            following = next_entry(self.desk.entries, self.case, frozenset(self._accepted))
            if following is None:
                return self.ending(Ending(state="done", plan=self.desk.plan))
            if isinstance(following, Hold):
                if self._let_start(following):
                    continue
                kind = "asked" if following.entry.step.name in self.case.results else UNDECIDED
                reason = Reason(
                    kind=kind, step=following.entry.step.name, phrases=phrases(*following.reasons)
                )
                return self.ending(Ending(state="review", reason=reason, plan=self.desk.plan))
            if isinstance(following, Skip):
                self._keep(following.entry, Skipped(following.why), "skipped", plain_of(following.why))
            else:
                self._take(following.entry)

    def ending(self, ending: Ending) -> Ending:
        """Complete *ending* with what this walk found."""
        accepted = frozenset(self._accepted)
        return replace(
            ending,
            outcome=self.outcome,
            new=self.new,
            wanted=self.wanted,
            claims=self._claims(),
            accepted=accepted,
        )

    def _claims(self) -> list[tuple[str, Claim]]:
        """Give what the results so far claim of the world, by step."""
        results = self.case.results.items()
        return [(name, claim) for name, value in results for claim in claims_of(value, self.desk.known)]

    def _let_start(self, hold: Hold) -> bool:
        """Take or leave a step whose ``when`` cannot be decided, as a person said."""
        name = hold.entry.step.name
        decision = self._decided.get(name)
        if name in self.case.results or decision is None or decision.action not in ("approve", "correct"):
            return False
        if decision.action == "approve" and not wanted_by(decision):
            why = say("left out by {person}", person=decision.person)
            self._keep(hold.entry, Skipped(why), "skipped", plain_of(why))
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
            self._keep(entry, self.desk.codec.read(entry.step, text), sha256(text), f"d{decision.id}")
            return
        approved = decision.result_hash if decision is not None and decision.action == "approve" else ""
        seen = hash_of(self._seen)
        found = self._stands(name, approved, seen)
        if found is None:
            self._run(entry, seen)
            return
        if approved:
            self._accepted.add(name)
        value = self.desk.codec.read(entry.step, found.value)
        self.wanted = self.wanted or (found.wanted and not approved)
        self._keep(entry, value, found.hash, f"r{found.id}")

    def _stands(self, name: str, approved: str, seen: str) -> ResultRow | None:
        """Find a result that still holds.

        What a person approved holds whatever has changed since. What the item was ended with holds as long as
        its input does: it is not asked anew since a prompt has changed. For the rest the fingerprint decides.
        """
        mine = [r for r in reversed(self._old) if r.step == name]
        if approved:
            return next((r for r in mine if r.hash == approved), None)
        take = self.item.takes.get(name, 0)
        ended_with = self.item.outcome.get(name)
        for result in mine:
            fits = result.input == seen and result.take == take
            same = result.fingerprint == self.desk.prints[name] or f"r{result.id}" == ended_with
            if fits and same and not (result.wanted and self.desk.has_model):
                return result
        return None

    def _run(self, entry: Entry, seen: str) -> None:
        desk, step = self.desk, entry.step
        if desk.halt.event.is_set():
            raise Halted
        take = self.item.takes.get(step.name, 0)
        asked = _Asking(desk, self.item, step.name, take)
        self._known.asked.clear()
        text = desk.codec.write(step, step(self.case, asked))
        value = desk.codec.read(step, text)  # what a resumed run would see, this one sees too
        wanted = wants_model(value) or asked.wanted_model  # a model that may be asked no more counts as none
        self.wanted = self.wanted or wanted
        result = NewResult(
            step=step.name,
            fingerprint=desk.prints[step.name],
            input=seen,
            take=take,
            value=text,
            wanted=wanted,
            lookups=sorted(self._known.asked.items()),
        )
        self.new.append(result)
        self._keep(entry, value, result.hash, f"n{len(self.new) - 1}")

    def _keep(self, entry: Entry, value: object, identity: str, where: object) -> None:
        name = entry.step.name
        self.case = self.case.having(name, value)
        self._seen.append((name, identity))
        self.outcome[name] = where
