"""Bring every sink to what the ledger says. Leave out what has not changed since."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from smeflow._text import hash_of, sha256
from smeflow.documents.base import MAIL, Document, is_message
from smeflow.documents.mail import headers_of
from smeflow.documents.parsed import Parsed
from smeflow.documents.sniff import MSG
from smeflow.errors import SinkError
from smeflow.i18n import Phrase
from smeflow.ledger.blobs import blob_data
from smeflow.ledger.cases import Codec, document_of, values_of
from smeflow.ledger.items import changes_of, item_of
from smeflow.ledger.results import results_of
from smeflow.ledger.reviews import reviews_of, standing
from smeflow.ledger.rows import ItemRow
from smeflow.ledger.runs import Memory, delivered, last_delivery
from smeflow.ledger.store import Store
from smeflow.runner.acting import act_on
from smeflow.runner.delivering import deliver
from smeflow.sinks.base import Acting, Delivering, Put, Sink, SinkItem
from smeflow.sources.base import ROW
from smeflow.step import Case, Known, Step


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The sinks of one recipe."""

    store: Store
    recipe: str
    steps: tuple[Step[Any], ...]
    sinks: tuple[Sink | Acting | Delivering, ...]
    meaning: str
    """Identifies what decides the sinks' content besides the items: the recipe's text, smeflow's version."""
    root: Path
    known: Known
    source: str = ""
    """What the recipe's source calls itself: whose mail it is."""
    run: int = 0
    acting: bool = True
    """Whether the source was gone through, so that it is known where each mail lies."""
    codec: Codec = field(default_factory=Codec)
    parsed: Parsed = field(default_factory=Parsed)
    """Reads documents; the run's, which has parsed them already."""

    def put(self) -> tuple[list[Phrase], list[SinkError]]:
        """Put all finished items into every sink; give what people should know, and what went wrong.

        One sink that cannot be written does not keep the others from it.
        """
        memory = Memory(self.store, self.recipe)
        notes: list[Phrase] = []
        errors: list[SinkError] = []
        for sink in self.sinks:
            try:
                if isinstance(sink, Acting):
                    notes.extend(act_on(self.store, sink, self, self.source) if self.acting else ())
                elif isinstance(sink, Delivering):
                    notes.extend(deliver(self.store, sink, self))
                else:
                    notes.extend(self._put(sink, memory))
            except SinkError as error:
                errors.append(error)
        return notes, errors

    def _put(self, sink: Sink, memory: Memory) -> Iterable[Phrase]:
        mark = f"\nput {sink.name}"  # a name no sink uses for itself
        state = hash_of([changes_of(self.store, self.recipe), self.meaning])
        if memory.get(mark, "").split(" ")[:1] == [state] and self._untouched(memory[mark]):
            return ()
        held = self._held() if getattr(sink, "keeps_held", False) else ()
        put = sink.put(chain(self.items(), held), memory)
        last = last_delivery(self.store, self.recipe, sink.name)
        if put.changed or last is None or last.sha256 != put.sha256:
            self._note(sink, put)
        if not put.notes and Path(put.path).is_file():
            memory[mark] = f"{state} {_file_hash(Path(put.path))} {put.path}"
        return put.notes

    def _note(self, sink: Sink, put: Put) -> None:
        delivered(
            self.store,
            recipe=self.recipe,
            sink=sink.name,
            path=put.path,
            sha256=put.sha256,
            key=hash_of([self.recipe, sink.name, put.sha256]),
            rows=put.rows,
        )

    def _untouched(self, mark: str) -> bool:
        """Tell whether the file is as it was left. A folder of files is always looked through by its sink."""
        _, content, path = mark.split(" ", 2)
        file = Path(path)
        return file.is_file() and _file_hash(file) == content

    def items(self) -> Iterator[SinkItem]:
        """Go through the finished items in the order they came in; what was split has no row of its own."""
        names: dict[int, str] = {}
        with self.store.snapshot() as now:
            values = groupby(now.rows("values of recipe", recipe=self.recipe), key=itemgetter("item"))
            following = next(values, None)
            for row in now.rows("items in state", recipe=self.recipe, state="done"):
                item = item_of(row)
                found: dict[int, str] = {}
                if following is not None and following[0] == item.id:
                    found = {result["id"]: result["value"] for result in following[1]}
                    following = next(values, None)
                names[item.id] = item.key
                if item.parts is None:  # what was split has no row of its own
                    yield self._item(item, found, names)

    def _held(self) -> Iterator[SinkItem]:
        """Go through the items that wait, for sinks that keep what was put for them when they were done."""
        for state in ("review", "open"):
            for row in self.store.read("items in state", recipe=self.recipe, state=state):
                item = item_of(row)
                case = Case(id=item.key, known=self.known)
                yield SinkItem(
                    recipe=self.recipe,
                    key=item.key,
                    name=item.name,
                    version=item.version,
                    case=case,
                    held=True,
                )

    def _item(self, item: ItemRow, found: Mapping[int, str], names: Mapping[int, str]) -> SinkItem:
        case = Case(id=item.key, documents=(self._document(item),), known=self.known)
        for name, value in values_of(self.store, item, self.steps, self.codec, found).items():
            case = case.having(name, value)
        return SinkItem(
            recipe=self.recipe,
            key=item.key,
            name=item.name,
            version=item.version,
            case=case,
            parent=names.get(item.parent) if item.parent is not None else None,
            finished_at=item.ended_at,
        )

    def whole(self, item: ItemRow) -> SinkItem:
        """Give one finished item with its documents read again: for what is done once."""
        case = Case.of(document_of(self.store, item, self.parsed.read), id=item.key, known=self.known)
        for name, value in values_of(self.store, item, self.steps, self.codec).items():
            case = case.having(name, value)
        return SinkItem(
            recipe=self.recipe,
            key=item.key,
            name=item.name,
            version=item.version,
            case=case,
            finished_at=item.ended_at,
            approved=approvals(self.store, item),
        )

    def _document(self, item: ItemRow) -> Document:
        """Give the document as bytes, name and fields. A row is read whole, a file's pages are not."""
        if item.media_type == ROW:
            return document_of(self.store, item)
        fields = _Headers(self.store, item, self.parsed) if _has_headers(item.media_type) else item.fields
        document = Kept(name=item.name, media_type=item.media_type, fields=fields, sha256=item.blob)
        document.__dict__.pop("data")
        document.__dict__["_fetch"] = lambda: blob_data(self.store, item.blob)
        return document


def approvals(store: Store, item: ItemRow) -> dict[str, str]:
    """Give the steps whose result, as the item was finished with it, a person let pass or gave."""
    hashes = {f"r{one.id}": one.hash for one in results_of(store, item.id)}
    decided = standing(reviews_of(store, item.id), item.version)
    return {
        step: one.person
        for step, one in decided.items()
        if (one.action == "approve" and hashes.get(str(item.outcome.get(step))) == one.result_hash)
        or (one.action == "correct" and item.outcome.get(step) == f"d{one.id}")
    }


def _has_headers(media_type: str) -> bool:
    return is_message(media_type) or media_type == MSG


_OF_TEXT = ("language", "body")
"""What the headers alone do not say."""


class _Headers(Mapping[str, str]):
    """The fields of a message, read from its kept bytes when the first of them is asked for."""

    def __init__(self, store: Store, item: ItemRow, parsed: Parsed) -> None:
        self._store, self._item, self._parsed = store, item, parsed
        self._found: Mapping[str, str] | None = None

    def _fields(self) -> Mapping[str, str]:
        if self._found is None:
            data = blob_data(self._store, self._item.blob)
            plain = self._item.media_type == MAIL
            read = headers_of(data) if plain else self._whole()
            self._found = {**read, **self._item.fields}
        return self._found

    def __getitem__(self, name: str) -> str:
        found = self._fields()
        if name in _OF_TEXT and name not in found:
            found = self._found = {**self._whole(), **found}
        return found[name]

    def _whole(self) -> Mapping[str, str]:
        return document_of(self._store, self._item, self._parsed.read).fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields())

    def __len__(self) -> int:
        return len(self._fields())


class _Fetched:
    """Gives a document's bytes when they are asked for, and keeps none."""

    def __get__(self, document: Any, _owner: type) -> bytes:
        return b"" if document is None else bytes(document.__dict__["_fetch"]())


class Kept(Document):
    """A document whose bytes stay in the ledger until they are wanted."""

    data = _Fetched()


def _file_hash(path: Path) -> str:
    return sha256(path.read_bytes())
