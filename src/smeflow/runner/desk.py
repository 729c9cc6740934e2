"""Everything a piece of work needs besides the item itself. One desk a run, shared by its threads."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from smeflow._text import hash_of
from smeflow.calls import CallLog, MemoryCallLog, Scope
from smeflow.documents.parsed import Parsed
from smeflow.governance.budget import Limits
from smeflow.governance.crew import Crew, Models
from smeflow.ledger.budget import Budget
from smeflow.ledger.cases import Codec
from smeflow.ledger.replies import Recalls
from smeflow.ledger.rows import NANO, RunRow
from smeflow.ledger.runs import begin
from smeflow.ledger.store import Store
from smeflow.llm.base import Connected, Place, Reply, Request
from smeflow.llm.retrying import Breaker
from smeflow.money import Money
from smeflow.plan import Entry
from smeflow.recipe.base import Recipe
from smeflow.recipe.workspace import Budgets, Workspace
from smeflow.runner.halt import Halt
from smeflow.runner.known import WithApproved, WithEdits
from smeflow.step import Known, fingerprint


class Bound(Protocol):
    """A model bound to one step of one item, with all that stands around it."""

    @property
    def wanted_model(self) -> bool:
        """Whether the step asked and there was no model."""
        ...

    @property
    def place(self) -> Place:
        """Where the questions go."""
        ...

    def complete(self, request: Request, /) -> Reply:
        """Answer."""
        ...


Bind = Callable[[CallLog, Scope], Bound]
"""Puts recording, budget, retries and the rest around the run's model, in the one safe order."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What items are worked on with."""

    store: Store
    recipe: str
    entries: tuple[Entry, ...]
    bind: Bind
    has_model: bool
    llm: str
    """The recipe's ``llm:`` as written: part of what a step would do."""
    known: Known
    budget: Budget
    run: RunRow
    split: str | None
    smeflow: str
    halt: Halt = field(default_factory=Halt)
    codec: Codec = field(default_factory=Codec)
    parsed: Parsed = field(default_factory=Parsed)
    """Reads documents, each once."""
    recalls: Recalls | None = None
    meter: "Meter" = field(default_factory=lambda: Meter())  # noqa: PLW0108 - defined below
    prints: Mapping[str, str] = field(default_factory=dict)
    """The fingerprint of each step."""

    @property
    def plan(self) -> str:
        """Identify what the plan would do, step for step."""
        return plan_of(self.prints)


def prints_of(entries: tuple[Entry, ...], llm: str) -> dict[str, str]:
    """Give each step's fingerprint, in order."""
    return {entry.step.name: fingerprint(entry.step, _asked(entry, llm)) for entry in entries}


def _asked(entry: Entry, llm: str) -> str:
    """Give the models of a step as written, and how many of them must agree."""
    return f"{entry.llm or llm} agree {entry.agree}" if entry.agree > 1 else entry.llm or llm


def plan_of(prints: Mapping[str, str]) -> str:
    """Identify a plan by its steps' fingerprints."""
    return hash_of(list(prints.items()))


def desk_for(
    store: Store,
    recipe: Recipe,
    workspace: Workspace,
    llm: Connected | Models | None,
    halt: Halt,
    smeflow: str,
) -> Desk:
    """Set up the desk of a run, and write down that the run begins."""
    from smeflow.governance.policy import Policy
    from smeflow.llm.none import NoModel

    models = llm if isinstance(llm, Models) else Models(models=(llm,) if llm is not None else ())
    limits = recipe.budget

    def policy(model: Connected | None) -> Policy:
        return Policy(
            llm=model,
            log=MemoryCallLog(),
            residency=recipe.residency,
            residency_source=recipe.residency_mark,
            redact=recipe.redact,
            limits=Limits(item=limits.item, run=limits.run, month=limits.month, source=str(recipe.path)),
            breaker=Breaker(stop=halt.event),
        )

    crew = Crew(models, policy)
    has_model = any(not isinstance(one, NoModel) for one in models.every)
    prints = prints_of(recipe.entries, recipe.llm)
    run = begin(
        store,
        recipe=recipe.name,
        text_hash=recipe.text_hash,
        plan=plan_of(prints),
        llm=models.name if has_model else "none",
        smeflow=smeflow,
        pid=os.getpid(),
    )
    return Desk(
        store=store,
        recipe=recipe.name,
        entries=recipe.entries,
        bind=lambda log, scope: crew.bind(scope, log=log),
        has_model=has_model,
        llm=recipe.llm,
        known=WithApproved(WithEdits(workspace.known(), store, recipe.name), store),
        budget=budget_of(limits, workspace),
        run=run,
        split=recipe.split,
        smeflow=smeflow,
        halt=halt,
        recalls=Recalls(store) if has_model else None,
        prints=prints,
    )


def budget_of(limits: Budgets, workspace: Workspace) -> Budget:
    """Put the limits into the one currency sums are kept in.

    Raises:
        BudgetSpent: No exchange rate is known for a limit's currency.
    """
    plain = Budget(currency=workspace.rates.currency, convert=workspace.rates.convert)

    def limit(money: Money | None) -> Decimal | None:
        return None if money is None else Decimal(plain.nanos(money)) / NANO

    return replace(plain, item=limit(limits.item), run=limit(limits.run), month=limit(limits.month))


@dataclass
class Meter:
    """Counts what was asked and paid in this run."""

    calls: int = 0
    nanos: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, nanos: int) -> None:
        """Note one settled call."""
        with self._lock:
            self.calls += 1
            self.nanos += nanos
