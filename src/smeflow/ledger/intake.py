"""Take in what a source has now: new items, changed ones, the same bytes again, and what is gone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from smeflow._text import canonical_json, sha256
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import add_audit_entry
from smeflow.ledger.history import AwayItems
from smeflow.ledger.items import (
    change_item,
    leave_item,
    mark_changed,
    new_item_row,
    reason_of,
    state_changes,
)
from smeflow.ledger.known import KnownItem, KnownItems
from smeflow.ledger.rows import Reason
from smeflow.ledger.store import LedgerStore, record_blob, store_blob
from smeflow.ledger.writer import Row, Transaction

BATCH_ITEMS, BATCH_BYTES = 256, 8_000_000
"""How many arrivals (and bytes) become durable in one transaction and are held in memory."""
TOLERATED_LOSS, TOLERATED_SHARE = 5, 10
"""A mirror may lose so many items, or one in so many of them, without being asked about it."""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One thing a source has."""

    key: str
    version: str
    name: str
    media_type: str
    data: bytes = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=dict)
    unique: bool = False
    """The same bytes under another key are no duplicate of it: two equal rows are two rows."""
    refused: Phrase | None = None
    """It is there and could not be read."""


@dataclass
class IntakeCounts:
    """What an intake found."""

    seen: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    duplicates: int = 0
    unreadable: list[tuple[str, Phrase]] = field(default_factory=list)
    """What was taken in before and cannot be read now: it stays as it was."""


class Intake:
    """One pass over one source of one recipe. Only the holder of the recipe's run may make one."""

    def __init__(self, store: LedgerStore, recipe: str, source: str) -> None:
        self.store, self.recipe, self.source = store, recipe, source
        self.taken = IntakeCounts()
        self._known = KnownItems(store, recipe, source)
        self._seen: dict[str, str] = {}
        self._repeats: list[tuple[Incoming, KnownItem]] = []
        self._vacated: set[str] = set()
        self._keep = False
        self._away = AwayItems(store, recipe, source)
        self._seq = self._known.last_seq

    def take(
        self,
        incoming: Iterable[Incoming],
        *,
        complete: bool,
        keep: bool = False,
        accept_loss: bool = False,
    ) -> IntakeCounts:
        """Write down what is new, changed or (where *incoming* is *complete*) gone.

        With *keep* what was taken in stays when it is gone; a new file under its name is another item.

        Raises:
            SourceError: More is gone than is usual and *accept_loss* does not say so; nothing was written.
        """
        self._keep = keep and complete
        if complete:
            self._known.read_all()
        fresh = self._fresh(incoming)
        if complete and not keep and not accept_loss and self._live() > TOLERATED_LOSS:
            held = list(fresh)
            self._refuse_loss(held)
            fresh = iter(held)
        for batch in _batches(fresh):
            placed = [(arrival, store_blob(self.store, arrival.data)) for arrival in batch]
            self.store.write(partial(self._write, placed))
        if self._keep:
            self._note_away()
        elif complete:
            self._mark_gone()
        else:
            self._settle_again(gone=set())
        return self.taken

    def _fresh(self, incoming: Iterable[Incoming]) -> Iterator[Incoming]:
        """Pass on what must be written; the rest is as it was."""
        for arrival in incoming:
            self.taken.seen += 1
            known = self._known.get(arrival.key)
            if arrival.key in self._seen:
                if self._seen[arrival.key] != arrival.version:
                    self.taken.unreadable.append((arrival.name, say("another one has the same key")))
                continue
            self._seen[arrival.key] = arrival.version
            if self._keep and known and known.version and known.version != arrival.version:
                if arrival.refused is not None and known.state != "skipped":
                    self.taken.unreadable.append((arrival.name, arrival.refused))
                    continue
                if arrival.refused is None and known.id in self._away.numbers:
                    self._give_name_away(known)
                    known = None
            if (
                known
                and known.version == arrival.version
                and known.state != "skipped"
                and arrival.refused is None
            ):
                continue
            first = None if arrival.unique or arrival.refused else self._known.first(arrival.version)
            if first and first.key != arrival.key:
                if not (known and known.version == arrival.version):
                    self._repeats.append((replace(arrival, data=b""), first))
                continue
            if not arrival.unique and arrival.refused is None:
                new = KnownItem(0, arrival.key, arrival.name, arrival.version, "open")
                self._known.begin(arrival.version, known or new)
            yield arrival

    def _write(self, placed: list[tuple[Incoming, str]], transaction: Transaction) -> None:
        hashes = []
        for arrival, blob in placed:
            known = self._known.get(arrival.key)
            record_blob(transaction, blob, arrival.data)
            salt = (
                self._add(transaction, arrival, blob)
                if known is None
                else self._renew(transaction, known, arrival, blob)
            )
            hashes.append(sha256(salt + arrival.key + arrival.version))
        # One entry for all: each item's hash is in it, salted with what stands with the item.
        add_audit_entry(transaction, at=self.store.now(), kind="arrived", payload=hashes)

    def _add(self, transaction: Transaction, arrival: Incoming, blob: str) -> str:
        self._seq += 1
        self.taken.new += 1
        row = new_item_row(
            self.store, **_columns(arrival), recipe=self.recipe, source=self.source, blob=blob, seq=self._seq
        )
        if arrival.refused is not None:
            row |= state_changes("failed", _refusal(arrival.refused), self.store.now())
        transaction.add("items", row)
        return str(row["salt"])

    def _renew(self, transaction: Transaction, known: KnownItem, arrival: Incoming, blob: str) -> str:
        row = transaction.rows("get items", id_=known.id)[0]
        reason = _refusal(arrival.refused) if arrival.refused else Reason(kind="new")
        was = reason_of(row["reason"])
        if row["version"] == arrival.version and (
            was == reason or was.kind not in ("gone", "duplicate", "source")
        ):
            return str(row["salt"])  # rejected by a person, or could not be read last time either
        at = self.store.now()
        changes = state_changes("failed" if arrival.refused else "open", reason, at)
        if row["version"] != arrival.version:
            self.taken.changed += 1
            self._vacated.add(row["version"])
            changes |= {
                **_columns(arrival),
                "blob": blob,
                "outcome": "{}",
                "takes": "{}",
                "wanted": 0,
                "parts": None,
            }
        changes |= {"lease": row["lease"] + 1, "tries": 0}
        change_item(transaction, known.id, row["lease"], changes)
        mark_changed(transaction, self.recipe)
        return str(row["salt"])

    def _live(self) -> int:
        return sum(known.state != "skipped" for known in self._known.all())

    def _gone(self) -> set[str]:
        return {k.key for k in self._known.all() if k.key not in self._seen and k.state != "skipped"}

    def _refuse_loss(self, fresh: Iterable[Incoming]) -> None:
        gone = self._gone()
        lost = [self._known[key] for key in gone - self._moved_from(gone)]
        edited = sum(known.by_content for known in lost)
        written = sum(a.key not in self._known and a.key.partition("#")[0] == a.version[:16] for a in fresh)
        number, live = len(lost) - min(edited, written), self._live()
        if number > TOLERATED_LOSS and number * TOLERATED_SHARE > live:
            raise SourceError(
                say(
                    "{source}: {n} of {all} items are not there any more. Nothing was changed. "
                    "Look whether the source is whole; if they are to go, say so: "
                    "smeflow run {recipe} --accept-loss",
                    source=self.source,
                    n=number,
                    all=live,
                    recipe=self.recipe,
                )
            )

    def _note_away(self) -> None:
        """Let what is gone stay, and note that its name is free; what could never be read is gone."""
        gone = self._gone()
        moved = self._settle_again(gone)
        self._drop([self._known[key] for key in sorted(gone - moved) if not self._known[key].version])
        there = self._seen.keys() | moved
        self._away.note(k.id for k in self._known.all() if k.version and k.key not in there)

    def _give_name_away(self, known: KnownItem) -> None:
        """Call an item whose file is gone otherwise: another file has its name now."""
        stem, nth = f"{known.key}~{known.version[:8]}", 1
        while (key := stem if nth == 1 else f"{stem}-{nth}") in self._known:
            nth += 1

        def job(transaction: Transaction) -> None:
            same = transaction.rows("get items", id_=known.id)
            for row in (*same, *transaction.rows("children", parent=known.id)):
                renamed = {"key": key + row["key"].removeprefix(known.key), "lease": row["lease"] + 1}
                change_item(transaction, row["id"], row["lease"], renamed)
            mark_changed(transaction, self.recipe)

        self.store.write(job)
        self._known.rename(known, key)

    def _mark_gone(self) -> None:
        gone = self._gone()
        moved = self._settle_again(gone)
        self._drop([self._known[key] for key in sorted(gone - moved)])

    def _drop(self, lost: list[KnownItem]) -> None:
        def job(transaction: Transaction) -> None:
            for known in lost:
                leave_item(self.store, transaction, known.id)
                for child in transaction.rows("children", parent=known.id):
                    leave_item(self.store, transaction, child["id"])

        if lost:
            self.store.write(job)
        self.taken.gone = len(lost)
        self._vacated |= {known.version for known in lost}
        self._free_duplicates()

    def _settle_again(self, gone: set[str]) -> set[str]:
        """Settle what came under a second key: a duplicate, or (the first key is gone) a moved file."""
        free = self._moved_from(gone)
        moved = set(free)

        def job(transaction: Transaction) -> None:
            for arrival, first in self._repeats:
                if first.key in free and arrival.key not in self._known:
                    free.remove(first.key)
                    row = transaction.rows("get items", id_=first.id)[0]
                    change_item(
                        transaction,
                        first.id,
                        row["lease"],
                        {"key": arrival.key, "name": arrival.name, "lease": row["lease"] + 1},
                    )
                    mark_changed(transaction, self.recipe)
                else:
                    self._add_duplicate(transaction, arrival, first)

        if self._repeats:
            self.store.write(job)
            self._repeats.clear()
        return moved

    def _moved_from(self, gone: set[str]) -> set[str]:
        """Give the keys whose file has another now."""
        return {
            first.key
            for arrival, first in self._repeats
            if first.id and first.key in gone and arrival.key not in self._known
        }

    def _add_duplicate(self, transaction: Transaction, arrival: Incoming, first: KnownItem) -> None:
        self.taken.duplicates += 1
        at = self.store.now()
        reason = Reason(kind="duplicate", phrases=(say("duplicate of {name}", name=first.name),))
        known = self._known.get(arrival.key)
        original = transaction.rows("items by version", recipe=self.recipe, version=arrival.version)
        blob = original[0]["blob"] if original else ""
        if known is None:
            self._seq += 1
            row = new_item_row(
                self.store,
                **_columns(arrival),
                recipe=self.recipe,
                source=self.source,
                blob=blob,
                seq=self._seq,
            )
            transaction.add("items", row | state_changes("skipped", reason, at))
            return
        row = transaction.rows("get items", id_=known.id)[0]
        changes = {
            **state_changes("skipped", reason, at, outcome={}),
            **_columns(arrival),
            "blob": blob,
            "lease": row["lease"] + 1,
        }
        change_item(transaction, known.id, row["lease"], changes)
        mark_changed(transaction, self.recipe)

    def _free_duplicates(self) -> None:
        """Let the next file with the same bytes stand in for an item that is gone or has changed."""

        def job(transaction: Transaction) -> None:
            for version in sorted(self._vacated):
                same = transaction.rows("items by version", recipe=self.recipe, version=version)
                if any(row["state"] != "skipped" for row in same):
                    continue
                waiting = [
                    r
                    for r in same
                    if reason_of(r["reason"]).kind == "duplicate" and (self._keep or r["key"] in self._seen)
                ]
                for row in waiting[:1]:
                    opened = {
                        **state_changes("open", Reason(kind="new"), self.store.now()),
                        "lease": row["lease"] + 1,
                    }
                    change_item(transaction, row["id"], row["lease"], opened)

        if self._vacated:
            self.store.write(job)


def _columns(arrival: Incoming) -> Row:
    return {
        "key": arrival.key,
        "version": arrival.version,
        "name": arrival.name,
        "media_type": arrival.media_type,
        "fields": canonical_json(dict(arrival.fields)),
    }


def _refusal(phrase: Phrase) -> Reason:
    return Reason(kind="source", phrases=(phrase,))


def _batches(incoming: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    batch: list[Incoming] = []
    size = 0
    for arrival in incoming:
        batch.append(arrival)
        size += len(arrival.data)
        if len(batch) >= BATCH_ITEMS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
