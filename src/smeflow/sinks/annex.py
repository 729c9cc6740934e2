"""The annex of a report as a spreadsheet: each fact with its query and rows, and what was not printed."""

from collections.abc import Iterable

from smeflow.i18n import Language, Phrase, say
from smeflow.pages.base import Evidence, Pages
from smeflow.sinks.cells import MAX_TEXT, Cell, cell_of
from smeflow.sinks.sheet import Sheet, book_bytes


def annex_bytes(pages: Pages) -> bytes:
    """Write the annex. Values are numbers and days; what a name or a query says is text, never a formula."""
    word = _Words(pages.language)
    sheets = [_facts(pages, word)]
    sheets += [_rows(fact) for fact in pages.annex if fact.cells]
    if pages.sources:
        sheets.append(_sources(pages, word))
    if pages.cut or pages.notes:
        told = [*((note,) for note in pages.notes), *((cut,) for cut in pages.cut)]
        sheets.append(Sheet(name=word(say("Remarks")), header=(word(say("Remark")),), lines=_cells(told)))
    return book_bytes(sheets, pages.language)


class _Words:
    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, phrase: Phrase) -> str:
        return phrase.render(self._language)


def _facts(pages: Pages, word: _Words) -> Sheet:
    header = tuple(
        word(phrase)
        for phrase in (
            say("Name"), say("Fact"), say("Value"), say("Unit"), say("As printed"), say("Query"),
            say("Computed from"), say("Rows behind it"), say("Remark"),
        )
    )  # fmt: skip
    lines = [
        (
            fact.name, fact.title, fact.value, fact.unit, fact.shown, fact.query, fact.source,
            "; ".join(fact.links), fact.remark,
        )
        for fact in pages.annex
    ]  # fmt: skip
    return Sheet(name=word(say("Facts")), header=header, lines=_cells(lines))


def _rows(fact: Evidence) -> Sheet:
    return Sheet(name=fact.title, header=fact.columns, lines=_cells(fact.cells))


def _sources(pages: Pages, word: _Words) -> Sheet:
    header = (say("Table"), say("Rows"), "SHA-256", say("Columns"), say("Remarks"))
    lines = [
        (
            source.name,
            source.rows,
            source.sha256,
            ", ".join(f"{name} ({kind})" for name, kind in source.columns),
            " ".join(source.remarks),
        )
        for source in pages.sources
    ]
    titles = tuple(title if isinstance(title, str) else word(title) for title in header)
    return Sheet(name=word(say("Tables")), header=titles, lines=_cells(lines))


def _cells(lines: Iterable[Iterable[object]]) -> list[list[Cell]]:
    return [[_cut(cell_of(value)) for value in line] for line in lines]


def _cut(cell: Cell) -> Cell:
    return cell[:MAX_TEXT] + "…" if isinstance(cell, str) and len(cell) > MAX_TEXT else cell
