"""Where mails lie, and what recipes do with them, written down before it begins and after it ended."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from smeflow._text import canonical_json, hash_of
from smeflow.kinds.mailbox import Effect, FolderCursor, MailLocation
from smeflow.ledger.audit import add_audit_entry
from smeflow.ledger.items import item_of
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import LedgerStore
from smeflow.ledger.writer import Row, Transaction


@dataclass(frozen=True)
class LedgerMailIndex:
    """The places of one mailbox as one recipe has seen them."""

    store: LedgerStore
    recipe: str
    source: str

    def cursor(self, folder: str) -> FolderCursor | None:
        """Tell how far *folder* has been gone through; None where it was never looked into."""
        row = self.store.first("get memory", name_=self._name(folder))
        if row is None:
            return None
        validity, following = map(int, str(row[1]).split())
        return FolderCursor(validity=validity, following=following)

    def begin(self, folder: str, cursor: FolderCursor, places: list[MailLocation]) -> None:
        """Forget what was known of *folder* and note *places*, all at once: at first sight, or renumbered."""

        def job(transaction: Transaction) -> None:
            transaction.drop("forget places", folder=folder, **self._ours)
            for place in places:
                transaction.add("places", self._row(place))
            self._set(transaction, folder, cursor)

        self.store.write(job)

    def note(self, places: list[MailLocation], folder: str = "", cursor: FolderCursor | None = None) -> None:
        """Note where mails lie, and how far *folder* is gone through."""

        def job(transaction: Transaction) -> None:
            for place in places:
                where = {"folder": place.folder, "validity": place.validity, "uid": place.uid, **self._ours}
                known = transaction.rows("place at", **where)
                if not known:
                    transaction.add("places", self._row(place))
                elif place.key and not known[0]["key"]:
                    transaction.set("places", {**known[0], "key": place.key, "by": place.by})
            if cursor is not None:
                self._set(transaction, folder, cursor)

        if places or cursor is not None:
            self.store.write(job)

    def noted(self, folder: str, validity: int, start: int) -> set[int]:
        """Give the numbers from *start* that are noted already."""
        where = {"folder": folder, "validity": validity, "start": start, **self._ours}
        return {int(uid) for (uid,) in self.store.tuples("uids from", **where)}

    def in_folder(self, folder: str) -> list[MailLocation]:
        """Give all that is noted of *folder*, oldest note first."""
        return [place_of(row) for row in self.store.read("places of folder", folder=folder, **self._ours)]

    def of(self, key: str) -> list[MailLocation]:
        """Give every place an item was seen at, the last one last."""
        return [place_of(row) for row in self.store.read("places of key", key=key, **self._ours)]

    def marked(self, mark: str) -> list[MailLocation]:
        """Give every place a mail with this mark was seen at."""
        return [place_of(row) for row in self.store.read("places of mark", mark=mark, **self._ours)]

    @property
    def _ours(self) -> dict[str, str]:
        return {"recipe": self.recipe, "source": self.source}

    def _name(self, folder: str) -> str:
        return f"{self.recipe}\nfolder {self.source}\t{folder}"

    def _set(self, transaction: Transaction, folder: str, cursor: FolderCursor) -> None:
        row = {"name": self._name(folder), "value": f"{cursor.validity} {cursor.following}"}
        transaction.put("memory", row)

    def _row(self, place: MailLocation) -> Row:
        return {
            **self._ours,
            "folder": place.folder,
            "validity": place.validity,
            "uid": place.uid,
            "mark": place.mark,
            "key": place.key,
            "by": place.by,
            "at": self.store.now(),
        }


def place_of(row: Row) -> MailLocation:
    """Make a place of its row."""
    return MailLocation(**{name: row[name] for name in MailLocation.__slots__})


EffectState = Literal["observed", "begun", "done", "left", "undone"]
PLAN = "plan"


@dataclass(frozen=True, kw_only=True)
class EffectRow:
    """One effect on one item, as far as it came."""

    id: int = 0
    item: int
    effect: Effect
    state: EffectState
    detail: Mapping[str, Any] = field(default_factory=dict)
    run: int = 0
    at: datetime | None = None
    sink: str = ""
    """The sink that wants it, where it was read."""


@dataclass(frozen=True)
class EffectLog:
    """The effects one sink of one recipe has on the items."""

    store: LedgerStore
    recipe: str
    sink: str

    def unsettled(self, *, acting: bool) -> list[ItemRow]:
        """Give the finished items for which nothing was decided yet, in the order they came in."""
        state = "acted" if acting else "observed"
        rows = self.store.read("unsettled", recipe=self.recipe, sink=self.sink, state=state)
        return [item_of(row) for row in rows]

    def of_rejected(self) -> list[ItemRow]:
        """Give the items that were rejected after something was done with them, or may have been."""
        rows = self.store.read("rejected with effects", recipe=self.recipe, sink=self.sink)
        return [item for item in map(item_of, rows) if item.reason.kind == "rejected"]

    def of(self, item: int) -> dict[str, EffectRow]:
        """Give what was done, or begun, with an item: by kind, keywords by kind and word."""
        rows = self.store.read("effects of item", item=item)
        of_sink = [r for r in rows if r["sink"] == self.sink and r["kind"] != PLAN]
        return {slot_of(effect.effect): effect for effect in map(effect_of, of_sink)}

    def begun(self) -> list[EffectRow]:
        """Give the effects that were begun and whose end is unknown."""
        rows = self.store.read("effects in state", recipe=self.recipe, sink=self.sink, state="begun")
        return [effect_of(row) for row in rows]

    def write(self, rows: Iterable[EffectRow]) -> None:
        """Write how far effects came, all at once; each has one row, written over."""
        listed = list(rows)

        def job(transaction: Transaction) -> None:
            at = self.store.now()
            for row in listed:
                self._put(transaction, self._row(row, at))
                if row.state in ("done", "undone"):
                    payload = [row.effect.kind, row.effect.target]
                    add_audit_entry(
                        transaction, at=at, kind=f"effect {row.state}", item=row.item, payload=payload
                    )

        if listed:
            self.store.write(job)

    def settle(self, items: Iterable[ItemRow], run: int, *, acting: bool, decided: Mapping[int, Any]) -> None:
        """Note that nothing is left to do for *items* as they are now; *decided* says what was decided."""
        listed = list(items)

        def job(transaction: Transaction) -> None:
            at = self.store.now()
            for item in listed:
                row = {
                    "recipe": self.recipe,
                    "sink": self.sink,
                    "item": item.id,
                    "lease": item.lease,
                    "kind": PLAN,
                    "key": hash_of([self.recipe, self.sink, item.id, PLAN]),
                    "state": "acted" if acting else "observed",
                    "detail": canonical_json(decided.get(item.id, [])),
                    "run": run,
                    "at": at,
                }
                self._put(transaction, row)

        if listed:
            self.store.write(job)

    def _row(self, row: EffectRow, at: str) -> Row:
        effect = asdict(row.effect)
        return {
            "recipe": self.recipe,
            "sink": self.sink,
            "item": row.item,
            "lease": 0,
            "kind": row.effect.kind,
            "key": hash_of([self.recipe, self.sink, row.item, slot_of(row.effect)]),
            "state": row.state,
            "detail": canonical_json({"effect": effect, "detail": dict(row.detail)}),
            "run": row.run,
            "at": at,
        }

    def _put(self, transaction: Transaction, row: Row) -> None:
        existing = transaction.rows("effect by key", key=row["key"])
        if existing:
            transaction.set("effects", {**row, "id": existing[0]["id"]})
        else:
            transaction.add("effects", row)


def sent_within_a_day(store: LedgerStore, address: str, by: str) -> bool:
    """Tell whether any recipe sent something to *address* within a day that *by* let go."""
    since = (store.clock() - timedelta(days=1)).isoformat()
    rows = [effect_of(row) for row in store.read("effects sent", kind="send", since=since)]
    return any(
        row.effect.by == by and row.effect.target.casefold() == address.casefold() and row.detail.get("going")
        for row in rows
    )


def observed_effects(store: LedgerStore, recipe: str) -> list[tuple[ItemRow, list[list[str]]]]:
    """Give what would be done with each finished item, as kind and target, where nothing was done yet."""
    rows = store.read("effects of recipe", recipe=recipe)
    plans = [r for r in rows if r["kind"] == PLAN and r["state"] == "observed"]
    planned = [(item_of(store.read("get items", id_=r["item"])[0]), json.loads(r["detail"])) for r in plans]
    return [(item, effects) for item, effects in planned if effects and item.state == "done"]


def slot_of(effect: Effect) -> str:
    """Name what an item has one of: one move, one draft, but several keywords."""
    return f"{effect.kind} {effect.target}" if effect.kind in ("keyword", "flag", "webhook") else effect.kind


def effect_of(row: Row) -> EffectRow:
    """Make an effect of its row."""
    stored = json.loads(row["detail"])
    return EffectRow(
        id=row["id"],
        item=row["item"],
        effect=Effect(**stored["effect"]),
        state=row["state"],
        detail=stored["detail"],
        run=row["run"],
        at=datetime.fromisoformat(row["at"]),
        sink=row["sink"],
    )
