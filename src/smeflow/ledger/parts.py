"""Split an item: its parts become items of their own, in the transaction that ends it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from smeflow._text import canonical_json, sha256
from smeflow.documents.pages import PageRange
from smeflow.i18n import Phrase, say
from smeflow.ledger.audit import chain
from smeflow.ledger.blobs import note_blob, place_file
from smeflow.ledger.items import change, end_of, new_item, reason_of, touch
from smeflow.ledger.rows import ItemRow, Reason
from smeflow.ledger.store import Store
from smeflow.ledger.writer import Row, Transaction

PAGES = "pages"
"""The field of an item that says which pages of its file it is."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of an item's content."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    pages: PageRange | None = None
    """Which pages of the file it is; None for the whole file."""

    @property
    def version(self) -> str:
        """What tells it from another part: the file's hash, and its pages."""
        whole = sha256(self.data)
        return self.pages.version(whole) if self.pages else whole


def split_into(store: Store, item: ItemRow, parts: Sequence[Part]) -> int:
    """End a claimed item as split, and let each part be an item ``parent/part``; gives how many there are.

    Raises:
        TakenOver: Somebody else holds the item now.
    """
    blobs = [place_file(store, part.data) for part in parts]
    names = _names(parts)

    def job(transaction: Transaction) -> None:
        at = store.now()
        known = {row["part"]: row for row in transaction.rows("children", parent=item.id)}
        for nth, (part, blob, name) in enumerate(zip(parts, blobs, names, strict=True), 1):
            note_blob(transaction, blob, part.data)
            _child(store, transaction, item, part, blob=blob, name=name, nth=nth, known=known.pop(name, None))
        for row in known.values():
            gone = Reason(kind="gone", phrases=(say("no longer in the source"),))
            change(
                transaction,
                row["id"],
                row["lease"],
                {**end_of("skipped", gone, at), "lease": row["lease"] + 1},
            )
        reason = Reason(kind="split", phrases=(_told(len(parts)),))
        changes = {**end_of("done", reason, at, outcome={}), "parts": len(parts), "tries": 0, "wanted": 0}
        change(transaction, item.id, item.lease, changes)
        chain(transaction, at=at, kind="split", item=item.id, salt=item.salt, payload=blobs)
        touch(transaction, item.recipe)

    store.write(job)
    return len(parts)


def _told(parts: int) -> Phrase:
    return say("its one part is an item of its own") if parts == 1 else say("split into {n} parts", n=parts)


def _names(parts: Sequence[Part]) -> list[str]:
    """Give each part a name of its own; the second ``a.pdf`` is ``a.pdf (2)``."""
    seen: dict[str, int] = {}
    names = []
    for part in parts:
        seen[part.name] = seen.get(part.name, 0) + 1
        names.append(part.name if seen[part.name] == 1 else f"{part.name} ({seen[part.name]})")
    return names


def _child(
    store: Store,
    transaction: Transaction,
    parent: ItemRow,
    part: Part,
    *,
    blob: str,
    name: str,
    nth: int,
    known: Row | None,
) -> None:
    at = store.now()
    version = part.version
    if known and known["version"] == version and reason_of(known["reason"]).kind != "gone":
        return
    key = f"{parent.key}/{name}"
    same = [
        row
        for row in transaction.rows("items by version", recipe=parent.recipe, version=version)
        if row["state"] != "skipped" and row["key"] != key
    ]
    twin = (
        Reason(kind="duplicate", phrases=(say("duplicate of {name}", name=same[0]["name"]),))
        if same
        else None
    )
    state = end_of("skipped", twin, at) if twin else end_of("open", Reason(kind="new"), at)
    fields = canonical_json({PAGES: str(part.pages)} if part.pages else {})
    what: Row = {
        "version": version,
        "media_type": part.media_type,
        "blob": blob,
        "fields": fields,
        "nth": nth,
    }
    what |= state
    if known:
        changes = {
            **what,
            "outcome": "{}",
            "takes": "{}",
            "wanted": 0,
            "lease": known["lease"] + 1,
            "tries": 0,
        }
        change(transaction, known["id"], known["lease"], changes)
        return
    row = new_item(
        store, recipe=parent.recipe, source=parent.source, key=key, name=name, seq=parent.seq, **what
    )
    row |= {"parent": parent.id, "part": name}
    number = transaction.add("items", row)
    chain(transaction, at=at, kind="arrived", item=number, salt=row["salt"], payload=[key, version])
