"""Where mails lie, and how far each folder was gone through."""

from dataclasses import dataclass

from smeflow.ledger.store import Store
from smeflow.ledger.writer import Row, Transaction
from smeflow.mailboxes.base import Cursor, Place


@dataclass(frozen=True)
class Places:
    """The places of one mailbox as one recipe has seen them."""

    store: Store
    recipe: str
    source: str

    def cursor(self, folder: str) -> Cursor | None:
        """Tell how far *folder* has been gone through; None where it was never looked into."""
        found = self.store.first("get memory", name_=self._name(folder))
        if found is None:
            return None
        validity, following = map(int, str(found[1]).split())
        return Cursor(validity=validity, following=following)

    def begin(self, folder: str, cursor: Cursor, places: list[Place]) -> None:
        """Forget what was known of *folder* and note *places*, all at once: at first sight, or renumbered."""

        def job(transaction: Transaction) -> None:
            transaction.drop("forget places", folder=folder, **self._ours)
            for place in places:
                transaction.add("places", self._row(place))
            self._set(transaction, folder, cursor)

        self.store.write(job)

    def note(self, places: list[Place], folder: str = "", cursor: Cursor | None = None) -> None:
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

    def in_folder(self, folder: str) -> list[Place]:
        """Give all that is noted of *folder*, oldest note first."""
        return [place_of(row) for row in self.store.read("places of folder", folder=folder, **self._ours)]

    def of(self, key: str) -> list[Place]:
        """Give every place an item was seen at, the last one last."""
        return [place_of(row) for row in self.store.read("places of key", key=key, **self._ours)]

    def marked(self, mark: str) -> list[Place]:
        """Give every place a mail with this mark was seen at."""
        return [place_of(row) for row in self.store.read("places of mark", mark=mark, **self._ours)]

    @property
    def _ours(self) -> dict[str, str]:
        return {"recipe": self.recipe, "source": self.source}

    def _name(self, folder: str) -> str:
        return f"{self.recipe}\nfolder {self.source}\t{folder}"

    def _set(self, transaction: Transaction, folder: str, cursor: Cursor) -> None:
        row = {"name": self._name(folder), "value": f"{cursor.validity} {cursor.following}"}
        if transaction.set("memory", dict(row)) == 0:
            transaction.add("memory", dict(row))

    def _row(self, place: Place) -> Row:
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


def place_of(row: Row) -> Place:
    """Make a place of its row."""
    return Place(**{name: row[name] for name in Place.__slots__})
