"""What stands on the desk: every item in one line, what waits in the order it matters, what was done.

All decisions go through the `Workspace`. To look, the ledger is read as it is; what was made of an item is
kept as long as the item stays the same, so that ten thousand of them cost the reading of their rows alone.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from smeflow.core.case import Step
from smeflow.engine.cases import ResultCodec, kind_of_step, kind_of_value, values_of
from smeflow.errors import LedgerError, SmeflowError
from smeflow.i18n import Language, say
from smeflow.ledger.ledger import Ledger, has_ledger
from smeflow.ledger.postgres import PostgresDatabase
from smeflow.ledger.reviews import decisions_in_force, record_note
from smeflow.ledger.rows import ItemRow, ReviewRow, State
from smeflow.money import Money
from smeflow.recipe.load import Recipe
from smeflow.review.choosing import recipe_file
from smeflow.review.corrections import InvalidCorrection, correct_result
from smeflow.review.decisions import seen_now
from smeflow.web.summary import DeskItem, search_words, summed_up
from smeflow.workspace import Workspace

NO_CHANGES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class ItemState:
    """All that the page of an item shows, as it stands at one moment."""

    item: DeskItem
    values: Mapping[str, Any]
    """By step, as plain JSON."""
    kinds: Mapping[str, str]
    """By step, what kind of result it is."""
    records: Mapping[str, str]
    """By step, what kind of record an extraction holds."""
    reviews: tuple[ReviewRow, ...]
    hash: str
    """A decision is on this, and on nothing that came since."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """What was done in a month."""

    first: date
    done: int
    alone: int
    """How many of them without a person."""
    waiting: int
    spent: Money


@dataclass
class Desk:
    """A workspace as its desk shows it. Threads may share one."""

    workspace: Workspace
    person: str
    language: Language
    _kept: dict[int, tuple[object, DeskItem]] = field(default_factory=dict)
    _mark: object = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _recipes: dict[str, Recipe] = field(default_factory=dict)

    @contextmanager
    def ledger(self, *, check: bool = False) -> Iterator[Ledger | None]:
        """Open the ledger to look, or with *check* to write; None where nothing was ever run."""
        state, url = self.workspace.state, self.workspace.ledger_url
        if not has_ledger(state, url):
            yield None
            return
        currency = self.workspace.settings.rates.currency
        with Ledger.open(state, create=False, check=check, currency=currency, url=url) as ledger:
            yield ledger

    def _mark_now(self) -> object:
        """Give what changes whenever the ledger does."""
        state, url = self.workspace.state, self.workspace.ledger_url
        return _mark_of(state) if url is None else PostgresDatabase(url).last_entry()

    def recipes(self) -> dict[str, Recipe]:
        """Give the recipes of the workspace by name, read once; one with mistakes is left out."""
        with self._lock:
            if not self._recipes:
                root = self.workspace.root
                for file in sorted((*root.glob("*.y*ml"), *root.glob("*/*.y*ml"))):
                    if name := _recipe_name(file):
                        self._read_recipe(name, file)
            return self._recipes

    def _read_recipe(self, name: str, file: Path) -> None:
        first = recipe_file(name, self.workspace.root)
        if first is None or first != file:  # the same recipe in another language, say: the first one counts
            return
        try:
            self._recipes[name] = self.workspace.load(file)
        except SmeflowError:
            return  # its items are shown all the same; `smeflow check` says what is wrong with it

    def step(self, recipe: str, name: str) -> Step[Any] | None:
        """Give a step of a recipe; None where the recipe is not here."""
        entries = self.recipes()[recipe].entries if recipe in self.recipes() else ()
        return next((entry.step for entry in entries if entry.step.name == name), None)

    def items(self) -> dict[int, DeskItem]:
        """Give every item by its number, as it stands now."""
        with self._lock:
            mark = self._mark_now()
            if mark is None or mark != self._mark:
                with self.ledger() as ledger:
                    rows = list(ledger.items()) if ledger is not None else []
                    self._kept = {row.id: self._summed_up(ledger, row) for row in rows if ledger is not None}
                self._mark = mark
            return {number: item for number, (_, item) in self._kept.items()}

    def _summed_up(self, ledger: Ledger, row: ItemRow) -> tuple[object, DeskItem]:
        same = (row.version, row.state, row.reason, row.outcome)
        kept = self._kept.get(row.id)
        return kept if kept is not None and kept[0] == same else (same, summed_up(ledger, row))

    def today(self) -> date:
        """Give the day it is here."""
        return datetime.now().astimezone().date()

    def first_look(self) -> None:
        """Read everything once, while the browser still opens; what fails here is told by the page."""
        with suppress(SmeflowError, OSError):
            self.recipes()
            self.items()

    def waiting(self, today: date) -> list[DeskItem]:
        """Give what waits for a person, what matters most first."""
        return sorted((item for item in self.items().values() if item.waits), key=lambda i: i.rank(today))

    def month(self, today: date) -> Month:
        """Sum up what was done since the first of the month."""
        first = today.replace(day=1)
        items = self.items().values()
        done = [item for item in items if item.row.state == "done" and _day(item.row.ended_at) >= first]
        with self.ledger() as ledger:
            currency = self.workspace.settings.rates.currency
            spent = ledger.spent_in_month().cost if ledger is not None else Money(Decimal(0), currency)
        return Month(
            first=first,
            done=len(done),
            alone=sum(not item.decided for item in done),
            waiting=sum(item.waits for item in items),
            spent=spent,
        )

    def came_last(self, most: int = 8) -> list[DeskItem]:
        """Give what came in last, the newest first."""
        return sorted(self.items().values(), key=lambda i: (i.row.created_at, i.row.id), reverse=True)[:most]

    def search(self, written: str) -> list[DeskItem]:
        """Find items that have every word of *written*: names, numbers, amounts, what was quoted."""
        wanted = search_words(written)
        if not wanted:
            return []
        fitting = (item for item in self.items().values() if all(word in item.words for word in wanted))
        return sorted(fitting, key=lambda item: (not item.waits, -item.row.id))

    def state(self, number: int) -> ItemState:
        """Give all that is known of an item now.

        Raises:
            LedgerError: There is no such item.
        """
        with self.ledger() as ledger:
            row = ledger.item(None, number) if ledger is not None else None
            if ledger is None or row is None:
                raise LedgerError(say("There is no item {item} here.", item=number))
            values = values_of(ledger.store, row, (), ResultCodec())
            plain = {step: value for step, value in values.items() if isinstance(row.outcome[step], str)}
            kinds = {step: kind_of_value(ledger, row, step, value) for step, value in plain.items()}
            return ItemState(
                item=summed_up(ledger, row),
                values=plain,
                kinds={step: kind.result for step, kind in kinds.items()},
                records={step: kind.record for step, kind in kinds.items()},
                reviews=tuple(ledger.reviews(row)),
                hash=seen_now(ledger, row).hash,
            )

    def preview(self, number: int, changes: Mapping[str, str]) -> ItemState:
        """Give an item as it would be with these values, its checks run on them; nothing is kept.

        Raises:
            LedgerError: A value does not fit its field, or there is no such item or step.
        """
        state, codec = self.state(number), ResultCodec()
        values, kinds = dict(state.values), dict(state.kinds)
        for name, fields in by_step(changes).items():
            step = self.step(state.item.row.recipe, name)
            if step is None:
                raise LedgerError(say("There is no step {name}. Write STEP.FIELD=VALUE.", name=name))
            try:
                before = codec.read(step, json.dumps(values[name])) if name in values else None
                after = correct_result(step, before, fields, self.person)
            except InvalidCorrection as error:
                raise LedgerError(error.phrase) from error
            values[name], kinds[name] = json.loads(codec.write(step, after)), kind_of_step(step).result
        return replace(state, values=values, kinds=kinds)

    def decide(
        self,
        number: int,
        shown: str,
        action: str,
        *,
        changes: Mapping[str, str] = NO_CHANGES,
        note: str = "",
        wanted: bool | None = None,
    ) -> State:
        """Write a decision down on the item as it was *shown*; give the state it has then.

        Raises:
            LedgerError: It is another one now, or the decision does not fit it; the message says why.
        """
        before = self._mark_now()
        seen = replace(self.workspace.item(number), hash=shown)
        by = self.person
        if changes:
            self.preview(number, changes)  # all of it fits, or nothing is written
            for name, fields in by_step(changes).items():
                given = {f"{name}.{field}": text for field, text in fields.items()}
                seen = self.workspace.correct(seen, given, by=by, note=note)
        elif action == "reject":
            seen = self.workspace.reject(seen, note, by=by)
        elif action == "again":
            seen = self.workspace.ask_again(seen, by=by, note=note)
        else:
            seen = self.workspace.approve(seen, by=by, note=note, wanted=wanted)
        self._renew(number, before)
        return seen.state

    def take_back(self, number: int, decision: int) -> None:
        """Take a decision back, if it is the last one on the item.

        Raises:
            LedgerError: It is not, or what it let go was sent.
        """
        self.workspace.take_back(number, decision=decision, by=self.person)

    def split(self, number: int, shown: str, starts: Sequence[int]) -> None:
        """Let the next run make several items of a file, as it was *shown*.

        Raises:
            LedgerError: No new item can begin there, or it is another one now.
        """
        seen = replace(self.workspace.item(number), hash=shown)
        self.workspace.split(seen, starts, by=self.person)

    def note(self, number: int, text: str) -> None:
        """Keep a note on an item; it decides nothing.

        Raises:
            LedgerError: There is no such item.
        """
        with self.ledger(check=True) as ledger:
            row = ledger.item(None, number) if ledger is not None else None
            if ledger is None or row is None:
                raise LedgerError(say("There is no item {item} here.", item=number))
            record_note(ledger.store, row, person=self.person, note=text)

    def last_decision(self, number: int) -> ReviewRow | None:
        """Give the decision on an item that can be taken back; None where there is none."""
        with self.ledger() as ledger:
            row = ledger.item(None, number) if ledger is not None else None
            if ledger is None or row is None:
                return None
            in_force = decisions_in_force(ledger.reviews(row), row.version)
            return in_force[-1] if in_force else None

    def sent_at(self, number: int) -> datetime | None:
        """Give when the answer to an item was sent; None where none was."""
        with self.ledger() as ledger:
            rows = ledger.store.read("effects of item", item=number) if ledger is not None else []
        sent = [row["at"] for row in rows if row["kind"] == "send" and row["state"] == "done"]
        return datetime.fromisoformat(sent[-1]) if sent else None

    def _renew(self, number: int, before: object) -> None:
        """Take over the item that was decided on, if nothing else had changed *before* it.

        What another process wrote in that moment is seen at its next change; a decision on what is not so any
        more is refused, whatever the desk shows.
        """
        with self._lock:
            if before != self._mark or number not in self._kept:
                return
            with self.ledger() as ledger:
                row = ledger.item(None, number) if ledger is not None else None
                if ledger is None or row is None:
                    return
                self._kept[number] = self._summed_up(ledger, row)
            self._mark = self._mark_now()  # once it is closed: closing moves what was written


def _day(moment: datetime | None) -> date:
    return moment.astimezone().date() if moment is not None else datetime.min.replace(tzinfo=UTC).date()


def _mark_of(state: Path) -> object:
    """Give what changes whenever the ledger does: time and size of its files."""
    stats: list[tuple[int, int]] = []
    for name in ("ledger.db", "ledger.db-wal"):
        with suppress(FileNotFoundError):  # the last one to close the ledger takes the second away
            stat = (state / name).stat()
            stats.append((stat.st_mtime_ns, stat.st_size))
    return tuple(stats) or None


def _recipe_name(file: Path) -> str:
    lines = (line.split("#")[0] for line in file.read_text("utf-8", "replace").splitlines())
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("recipe:")), "")


def by_step(changes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Sort changes by the step they are about: each is named ``step.field``."""
    sorted_: dict[str, dict[str, str]] = {}
    for name, text in changes.items():
        step, _, field_name = name.partition(".")
        sorted_.setdefault(step, {})[field_name] = text
    return sorted_
