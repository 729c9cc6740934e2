"""The ledger of a workspace: everything that came in, was asked, answered, decided and delivered."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from smeflow._text import sha256
from smeflow.i18n import Phrase
from smeflow.ledger import finish, history, items, reviews, store, verify
from smeflow.ledger.opening import LEDGER_FILE, mended_notice
from smeflow.ledger.postgres import PostgresDatabase
from smeflow.ledger.postgres_connection import LedgerUrl
from smeflow.ledger.rows import (
    Action,
    CallRow,
    Counts,
    DeliveryRow,
    ItemRow,
    PresentCost,
    ResultKind,
    ResultRow,
    ReviewRow,
    RunRow,
    Spending,
    State,
    call_of,
    nanos_to_money,
)
from smeflow.ledger.store import LedgerStore, utc_now

CURRENCY = "EUR"


def has_ledger(folder: Path, url: LedgerUrl | None = None) -> bool:
    """Tell whether there is a ledger in *folder*, or at *url*.

    Raises:
        LedgerError: Its server cannot be reached.
    """
    return PostgresDatabase(url).has_ledger() if url is not None else (folder / LEDGER_FILE).is_file()


class Ledger:
    """An open ledger. Many may read and decide while one runner works; use it in a ``with`` block."""

    def __init__(self, store: LedgerStore, currency: str = CURRENCY) -> None:
        self.store, self.currency = store, currency

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        create: bool = True,
        check: bool = True,
        currency: str = CURRENCY,
        clock: Callable[[], datetime] = utc_now,
        url: LedgerUrl | None = None,
    ) -> "Ledger":
        """Open the ledger in *folder* (``.smeflow``), making it where there is none and *create* says so.

        *check* goes over every row before anything else; leave it out only to look something up. With *url*
        the ledger is in PostgreSQL, and *folder* holds what is this machine's.

        Raises:
            LedgerDamaged: It is not what was written; the message says where and what to do.
            LedgerError: There is none, a newer smeflow wrote it, or its server cannot be reached.
            OSError: The disk is full, or the folder may not be written.
        """
        database = PostgresDatabase(url) if url is not None else None
        store = LedgerStore(Path(folder), create=create, check=check, clock=clock, database=database)
        return cls(store, currency)

    @property
    def mended_notice(self) -> Phrase | None:
        """Tell that others could read the folder and no longer can; None where nothing had to be mended."""
        return mended_notice(self.store.folder) if self.store.mended else None

    def close(self) -> None:
        """Close it; what is in the write-ahead file goes into the one file."""
        self.store.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def recipes(self) -> list[str]:
        """List the recipes that have items, by name."""
        return items.recipe_names(self.store)

    def counts(self, recipe: str | None = None) -> Counts:
        """Count items by state; of all recipes where none is named."""
        return items.count_items(self.store, recipe)

    def items(self, recipe: str | None = None, state: State | None = None) -> Iterator[ItemRow]:
        """Go through the items in the order they came in, parts behind what they were part of."""
        which = "items of recipe" if state is None else "items in state"
        parameters = {} if state is None else {"state": state}
        for name in [recipe] if recipe is not None else self.recipes():
            with self.store.snapshot() as now:
                yield from map(items.item_of, now.rows(which, recipe=name, **parameters))

    def item(self, recipe: str | None, key: str | int) -> ItemRow | None:
        """Find an item by its key, its name or its number; None where there is none.

        Text that is a key is taken as such, even where it looks like a number; a name that several items have
        gives the first.
        """
        if isinstance(key, str):
            for name in [recipe] if recipe is not None else self.recipes():
                matches = self.store.read("items by name", recipe=name, called=key)
                if matches:
                    exact = [row for row in matches if row["key"] == key]
                    return items.item_of((exact or matches)[0])
        rows = self.store.read("get items", id_=int(key)) if str(key).isdecimal() else []
        return items.item_of(rows[0]) if rows and recipe in (None, rows[0]["recipe"]) else None

    def results(self, item: ItemRow) -> list[ResultRow]:
        """Give every result ever made for an item, oldest first."""
        return finish.results_of(self.store, item.id)

    def reviews(self, item: ItemRow) -> list[ReviewRow]:
        """Give every decision ever made on an item, oldest first."""
        return reviews.reviews_of(self.store, item.id)

    def calls(self, item: ItemRow) -> list[CallRow]:
        """Give every attempt at a call for an item, oldest first."""
        return [call_of(row) for row in self.store.read("calls of item", item=item.id)]

    def children(self, item: ItemRow) -> list[ItemRow]:
        """Give the parts an item was split into."""
        return [items.item_of(row) for row in self.store.read("children", parent=item.id)]

    def data(self, item: ItemRow) -> bytes:
        """Give the bytes an item came in as."""
        return store.blob_data(self.store, item.blob)

    def cost(self, recipe: str | None = None) -> Spending:
        """Sum what the calls of a recipe (of all) cost; a call whose end is unknown counts in full."""
        total = [0, 0, 0]
        for name in [recipe] if recipe is not None else self.recipes():
            sums = self.store.first("cost of recipe", recipe=name) or (0, 0, 0)
            total = [a + int(b) for a, b in zip(total, sums, strict=True)]
        return self._spending(*total)

    def cost_of_item(self, item: ItemRow) -> Spending:
        """Sum what the calls for one item cost."""
        return self._spending(*(self.store.first("cost of item", item=item.id) or (0, 0, 0)))

    def present_costs(self, recipe: str) -> list[PresentCost]:
        """Give what the answers that stand took, by item and step; what was redone since is left out."""
        rows = self.store.tuples("cost of present", recipe=recipe)
        return [
            PresentCost(item, step, fingerprint, count, nanos_to_money(nanos, self.currency).amount)
            for item, step, fingerprint, count, nanos in rows
        ]

    def cost_of_run(self, run: RunRow) -> Spending:
        """Sum what the calls of one run cost."""
        return self._spending(*(self.store.first("cost of run", run=run.id) or (0, 0, 0)))

    def spent_in_month(self, month: str | None = None) -> Spending:
        """Give what counts against the budget of a month (``2026-11``; now where none is given)."""
        name = f"month {month or format(self.store.clock().astimezone(UTC), '%Y-%m')}"
        row = self.store.first("get spent", purse_=name)
        return self._spending(0, int(row[1]) if row else 0, 0)

    def _spending(self, count: int, nanos: int, items_asked: int) -> Spending:
        return Spending(calls=count, cost=nanos_to_money(nanos, self.currency), items=items_asked)

    def runs(self, recipe: str | None = None) -> list[RunRow]:
        """Give the runs, oldest first."""
        names = (
            [recipe] if recipe is not None else [str(r[0]) for r in self.store.tuples("recipes with runs")]
        )
        return [
            history.run_of(row) for name in names for row in self.store.read("runs of recipe", recipe=name)
        ]

    def last_delivery(self, recipe: str, sink: str) -> DeliveryRow | None:
        """Give what a sink wrote last."""
        return history.last_delivery(self.store, recipe, sink)

    def record_decision(
        self,
        item: ItemRow,
        *,
        action: Action,
        person: str,
        step: str,
        result_hash: str = "",
        before: str | None = None,
        after: str | None = None,
        note: str = "",
    ) -> int:
        """Write a person's decision down, on exactly what that person saw; see `reviews.record_decision`.

        Raises:
            LedgerError: It is no longer what the person saw.
        """
        return reviews.record_decision(
            self.store,
            item,
            action=action,
            person=person,
            step=step,
            result_hash=result_hash,
            before=before,
            after=after,
            note=note,
        )

    def value(self, item: ItemRow, step: str) -> tuple[str, str] | None:
        """Give the value a step has now on an item, as JSON, and its hash; None where it has none."""
        where = item.outcome.get(step)
        if not isinstance(where, str):
            return None
        if where.startswith("r"):
            row = self.store.read("get results", id_=int(where[1:]))[0]
            return str(row["value"]), str(row["hash"])
        text = str(self.store.read("get reviews", id_=int(where[1:]))[0]["after"] or "")
        return text, sha256(text)

    def kind(self, item: ItemRow, step: str) -> ResultKind | None:
        """Give of which kind the value is that a step has now on an item.

        A person's value is of the kind of what the step gave. None where the step gave nothing, or gave it
        before ledgers named kinds (schema 4).
        """
        where = item.outcome.get(step)
        if not isinstance(where, str):
            return None
        by_step = where.startswith("r")
        row = (
            self.store.first("kind of result", id_=int(where[1:]))
            if by_step
            else self.store.first("kind of step", item=item.id, step=step)
        )
        return ResultKind(*row) if row is not None else None

    def reopen(self, ids: Iterable[int], *, again: Iterable[str] = ()) -> int:
        """Open ended items again; the steps in *again* are asked anew, the others keep their results."""
        return items.reopen_items(self.store, ids, again=again)

    def audit_broken_at(self) -> int | None:
        """Follow the audit chain; give the first entry that does not fit, None where all do."""
        return verify.first_broken_entry(self.store)
