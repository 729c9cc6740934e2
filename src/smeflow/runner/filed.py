"""Find the mails a person moved into a folder that stands for a label: the label they would have given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from smeflow.ledger.items import item_of
from smeflow.ledger.places import Places
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.store import Store
from smeflow.mailboxes.base import Account, Cursor, Place, Seen
from smeflow.mailboxes.connect import opened
from smeflow.mailboxes.session import Session

MEMORY = "\tfiled "
"""Marks how far a folder was looked through for this, apart from what a source notes of it."""


@runtime_checkable
class Filing(Protocol):
    """A sink that gives labels folders."""

    @property
    def account(self) -> Account | None:
        """The mailbox."""
        ...

    @property
    def filing(self) -> tuple[str, Mapping[str, str]] | None:
        """The step whose labels decide, and the label each folder stands for; None where there is no such."""
        ...


@dataclass(frozen=True, kw_only=True)
class Filed:
    """A mail that a person put under a label."""

    item: ItemRow
    step: str
    label: str
    folder: str


def filed_by_hand(store: Store, recipe: str, source: str, sinks: Iterable[object]) -> list[Filed]:
    """Look into the folders of labels; give what lies there and was not put there by smeflow, once.

    An item that is still open is told the next time. Nothing is changed in the mailbox.

    Raises:
        SourceError: The mailbox cannot be reached.
    """
    found: list[Filed] = []
    for sink in sinks:
        if not isinstance(sink, Filing) or sink.account is None or sink.filing is None:
            continue
        step, labels = sink.filing
        with opened(sink.account) as session:
            search = _Search(store, Places(store, recipe, source), session, recipe, source)
            for folder, label in labels.items():
                items = search.new_in(folder.replace("/", session.separator()))
                found += [Filed(item=one, step=step, label=label, folder=folder) for one in items]
    return found


@dataclass
class _Search:
    store: Store
    book: Places
    session: Session
    recipe: str
    source: str

    def new_in(self, folder: str) -> list[ItemRow]:
        """Give the items a person put into a folder since it was looked through."""
        if folder not in self.session.folders():
            return []
        there, before = self.session.open(folder), self.book.cursor(MEMORY + folder)
        start = before.following if before is not None and before.validity == there.validity else 1
        ours = {p.uid for p in self.book.in_folder(folder) if p.validity == there.validity and p.by}
        items: list[ItemRow] = []
        following = there.following
        for seen in self.session.look([uid for uid in self.session.from_uid(start) if uid not in ours]):
            item = self._item(seen)
            if item is not None and item.state == "open":
                following = min(following, seen.uid)
            elif item is not None:
                items += self._parts(item)
                place = Place(
                    folder=folder, validity=there.validity, uid=seen.uid, mark=seen.mark, key=item.key
                )
                self.book.note([place])
        self.book.note([], MEMORY + folder, Cursor(validity=there.validity, following=following))
        return items

    def _item(self, seen: Seen) -> ItemRow | None:
        """Recognise a mail by what stays when it is moved; none where two mails are alike."""
        keys = {p.key for p in self.book.marked(seen.mark) if p.key}
        if len(keys) != 1:
            return None
        rows = self.store.read("item by key", recipe=self.recipe, source=self.source, key=keys.pop())
        return item_of(rows[0]) if rows else None

    def _parts(self, item: ItemRow) -> list[ItemRow]:
        """Give the item, or its parts where it was split."""
        parts = [item_of(row) for row in self.store.read("children", parent=item.id)]
        return parts if item.parts is not None else [item]
