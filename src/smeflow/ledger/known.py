"""The items of one source that a ledger knows, by key and by content: read one by one, or all at once.

A source that tells only what is new costs what is new, however much came before; one that is gone through
whole is compared with everything.
"""

from collections.abc import Collection
from typing import NamedTuple

from smeflow.ledger.store import LedgerStore


class KnownItem(NamedTuple):
    """What an intake must know of an item to tell whether what comes in is new."""

    id: int
    """Zero for one that is being taken in."""
    key: str
    name: str
    version: str
    state: str

    @property
    def by_content(self) -> bool:
        """Whether its key is its content: a row without a key, whose every edit is another item."""
        return self.key.partition("#")[0] == self.version[:16]


class KnownItems:
    """What was taken in of one source, parts of items aside."""

    def __init__(self, store: LedgerStore, recipe: str, source: str) -> None:
        self._store, self._of = store, {"recipe": recipe, "source": source}
        self._by_key: dict[str, KnownItem | None] = {}
        self._first: dict[str, KnownItem | None] = {}
        self.last_seq = int((store.first("last seq", recipe=recipe) or (0,))[0])
        """The place of the recipe's last item in the order they came in."""
        self._whole = self.last_seq == 0

    def read_all(self) -> None:
        """Read everything, since everything is to be compared."""
        if self._whole:
            return
        self._whole = True
        known = [KnownItem._make(row) for row in self._store.tuples("known of source", **self._of)]
        self._by_key = {item.key: item for item in known}
        for item in sorted(known):
            if item.state != "skipped":
                self._first.setdefault(item.version, item)

    def all(self) -> Collection[KnownItem]:
        """Give every item there was; `read_all` comes first."""
        return [item for item in self._by_key.values() if item is not None]

    def get(self, key: str) -> KnownItem | None:
        """Give the item under *key*."""
        if key not in self._by_key and not self._whole:
            row = self._store.first("known by key", key=key, **self._of)
            self._by_key[key] = KnownItem._make(row) if row else None
        return self._by_key.get(key)

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: str) -> KnownItem:
        item = self.get(key)
        if item is None:
            raise KeyError(key)
        return item

    def first(self, version: str) -> KnownItem | None:
        """Give the first item with this content that is not left out."""
        if version not in self._first and not self._whole:
            row = self._store.first("known by version", version=version, **self._of)
            self._first[version] = KnownItem._make(row) if row else None
        return self._first.get(version)

    def begin(self, version: str, item: KnownItem) -> None:
        """Take note that *item* is now the first with this content."""
        self._first[version] = item

    def rename(self, item: KnownItem, key: str) -> None:
        """Take note that *item* has another key."""
        renamed = item._replace(key=key)
        del self._by_key[item.key]
        self._by_key[key] = renamed
        if self._first.get(item.version) == item:
            self._first[item.version] = renamed
