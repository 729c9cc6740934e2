"""Make an item a case again: its documents from the kept bytes, its results from their JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from smeflow.core.case import Case, Known, NothingKnown, Skipped, Step, kind_id
from smeflow.documents.document import MAIL, ROW, Document, PageRange, is_message, select_pages
from smeflow.documents.file import MSG, File
from smeflow.documents.mail import headers_of
from smeflow.documents.read import DocumentCache, read, read_guarded
from smeflow.errors import DocumentError
from smeflow.extract.result import Extraction, record_type_in
from smeflow.i18n import phrase_from_json
from smeflow.kinds.record_kind import recognised_record, record_word
from smeflow.kinds.steps import recognised, result_id
from smeflow.ledger.finish import PAGES, results_of
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.reviews import reviews_of, standing_decisions
from smeflow.ledger.rows import ItemRow, ResultKind
from smeflow.ledger.store import LedgerStore, blob_data


@dataclass
class ResultCodec:
    """Writes results as JSON and reads them back by their step's type; makes each type's reader once."""

    _adapters: dict[Any, TypeAdapter[Any]] = field(default_factory=dict)

    def _adapter(self, kind: Any) -> TypeAdapter[Any]:
        adapter = self._adapters.get(kind)
        if adapter is None:
            adapter = self._adapters[kind] = TypeAdapter(kind)
        return adapter

    def write(self, step: Step[Any], value: object) -> str:
        """Write a step's value."""
        return self._adapter(step.returns).serializer.to_json(value, warnings="error").decode()

    def read(self, step: Step[Any], text: str) -> Any:
        """Read a step's value."""
        return self._adapter(step.returns).validator.validate_json(text)


ReadFile = Callable[[File], Document]


def document_of(store: LedgerStore, item: ItemRow, read_file: ReadFile = read_guarded) -> Document:
    """Read an item's document from the kept bytes; of a part, its pages alone.

    Raises:
        DocumentError: It cannot be read.
        LedgerDamaged: The bytes are not what was kept.
    """
    document = read(
        blob_data(store, item.blob), name=item.name, media_type=item.media_type, read_file=read_file
    )
    pages = item.fields.get(PAGES) if item.parent is not None else None
    return select_pages(document, PageRange.of(pages)) if pages else document


def case_without_results(
    store: LedgerStore, item: ItemRow, known: Known | None = None, read_file: ReadFile = read_guarded
) -> Case:
    """Make the case of an item, without results."""
    return Case.of(document_of(store, item, read_file), id=item.key, known=known or NothingKnown())


def case_to_work_on(store: LedgerStore, item: ItemRow, known: Known, parsed: DocumentCache) -> Case:
    """Make the case a run works on; a document nobody can read is empty where a person typed in what it says.

    Raises:
        DocumentError: It cannot be read.
    """
    try:
        return case_without_results(store, item, known, parsed.read)
    except DocumentError:
        decisions = standing_decisions(reviews_of(store, item.id), item.version)
        if all(decision.action != "correct" for decision in decisions.values()):
            raise
        return Case.of(stored_document(store, item, parsed), id=item.key, known=known)


def case_of(
    ledger: Ledger, item: ItemRow, steps: Iterable[Step[Any]] = (), known: Known | None = None
) -> Case:
    """Make the case of an item as it stands: its documents read again, and its values.

    Values of *steps* have their types; others are plain JSON.
    """
    case = case_without_results(ledger.store, item, known)
    for name, value in values_of(ledger.store, item, steps, ResultCodec()).items():
        case = case.with_result(name, value)
    return case


def kind_of_step(step: Step[Any]) -> ResultKind:
    """Give of which kind the results of *step* are, as ledgers write it down."""
    record = record_type_in(step.returns)
    return ResultKind(
        step=kind_id(type(step)), result=result_id(step.returns), record=record_word(record) if record else ""
    )


def kind_of_value(ledger: Ledger, item: ItemRow, step: str, value: Any) -> ResultKind:
    """Give of which kind the *value* is that a step has on an item.

    A ledger from before kinds were named says nothing of its results: there the value is recognised.
    """
    return ledger.kind(item, step) or recognised_kind(value)


def recognised_kind(value: Any) -> ResultKind:
    """Recognise the kind of a *value* whose ledger names none."""
    result = recognised(value)
    record = recognised_record(value["record"]) if result == Extraction.result_id else ""
    return ResultKind(step="", result=result, record=record)


def result_kind(ledger: Ledger, item: ItemRow, step: str, value: object) -> str:
    """Give the kind of the *value* a step has on an item, by its name in `RESULTS`; empty for one without."""
    return kind_of_value(ledger, item, step, value).result


def values_of(
    store: LedgerStore,
    item: ItemRow,
    steps: Iterable[Step[Any]],
    codec: ResultCodec,
    results: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """Give the values an item was finished with, by step; what no step in *steps* gives stays plain JSON.

    *results* spares reading where they are known already: numbers of results and their JSON.
    """
    by_name = {step.name: step for step in steps}
    texts = results if results is not None else {r.id: r.value for r in results_of(store, item.id)}
    decided = {}
    if any(isinstance(where, str) and where.startswith("d") for where in item.outcome.values()):
        decided = {r.id: r.after for r in reviews_of(store, item.id)}
    values: dict[str, Any] = {}
    for name, where in item.outcome.items():
        if not isinstance(where, str):
            values[name] = Skipped(phrase_from_json(where))
            continue
        text = texts[int(where[1:])] if where.startswith("r") else decided[int(where[1:])] or "null"
        values[name] = codec.read(by_name[name], text) if name in by_name else json.loads(text)
    return values


def stored_document(store: LedgerStore, item: ItemRow, parsed: DocumentCache) -> Document:
    """Give an item's document as bytes, name and fields. A row is read whole, a file's pages are not."""
    if item.media_type == ROW:
        return document_of(store, item)
    fields = _LazyHeaders(store, item, parsed) if has_headers(item.media_type) else item.fields
    document = StoredDocument(name=item.name, media_type=item.media_type, fields=fields, sha256=item.blob)
    document.__dict__.pop("data")
    document.__dict__["_fetch"] = lambda: blob_data(store, item.blob)
    return document


def has_headers(media_type: str) -> bool:
    """Whether a document of *media_type* is a mail."""
    return is_message(media_type) or media_type == MSG


_TEXT_FIELDS = ("language", "body")
"""What the headers alone do not say."""


class _LazyHeaders(Mapping[str, str]):
    """The fields of a message, read from its kept bytes when the first of them is asked for."""

    def __init__(self, store: LedgerStore, item: ItemRow, parsed: DocumentCache) -> None:
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
        fields = self._fields()
        if name in _TEXT_FIELDS and name not in fields:
            fields = self._found = {**self._whole(), **fields}
        return fields[name]

    def _whole(self) -> Mapping[str, str]:
        return document_of(self._store, self._item, self._parsed.read).fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields())

    def __len__(self) -> int:
        return len(self._fields())


class _FetchedBytes:
    """Gives a document's bytes when they are asked for, and keeps none."""

    def __get__(self, document: Any, _owner: type) -> bytes:
        return b"" if document is None else bytes(document.__dict__["_fetch"]())


class StoredDocument(Document):
    """A document whose bytes stay in the ledger until they are wanted."""

    data = _FetchedBytes()
