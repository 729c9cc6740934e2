"""An item's documents beside its fields: pictures of pages with their places, and texts with marks.

A document is never handed to the browser. Its pages are drawn as pictures in a process of their own, its text
is put into the page as text; so whatever is in it, nothing of it runs.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from smeflow.documents.document import Box, Document, Word
from smeflow.documents.file import PDF
from smeflow.documents.show import page_png
from smeflow.errors import DocumentError, LedgerError
from smeflow.i18n import Language, say
from smeflow.web.desk import Desk
from smeflow.web.item import FieldView

DPI = 110
MOST_PAGES, MOST_WORDS, MOST_TEXT = 12, 2_000, 40_000
KEPT_DOCUMENTS, KEPT_PICTURES = 8, 24
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A rectangle on a page, in thousandths of its width and height, as the drawing over a picture has it."""

    x: float
    y: float
    width: float
    height: float
    field: str = ""
    """Whose value stands there."""
    mark: str = ""
    text: str = ""
    """The word that stands there, to be put into a field."""


@dataclass(frozen=True, kw_only=True)
class PaperSheet:
    """One page to look at: a picture with places, or pieces of text."""

    document: int
    """Which of the item's documents it is of, from 0."""
    name: str
    number: int
    picture: bool
    places: tuple[Place, ...] = ()
    words: tuple[Place, ...] = ()
    pieces: tuple[tuple[str, str], ...] = ()
    """Text in order, each piece with the field whose value it is; empty for what lies between."""


@dataclass(frozen=True, kw_only=True)
class ItemPaper:
    """What there is to look at, and what a person should know of it."""

    sheets: tuple[PaperSheet, ...]
    remarks: tuple[str, ...] = ()


@dataclass
class Papers:
    """Reads documents and draws pages; what was looked at last is kept. Threads may share one."""

    desk: Desk
    _documents: "_Recent[tuple[Document, ...]]" = field(default_factory=lambda: _Recent(KEPT_DOCUMENTS))
    _pictures: "_Recent[bytes]" = field(default_factory=lambda: _Recent(KEPT_PICTURES))

    def documents(self, number: int) -> tuple[Document, ...]:
        """Give an item's documents with what is inside them.

        Raises:
            LedgerError: There is no such item.
            DocumentError: It cannot be read.
        """
        item = self.desk.items().get(number)
        if item is None:
            raise LedgerError(say("There is no item {item} here.", item=number))
        return self._documents.get(
            (number, item.row.version),
            lambda: tuple(d for outer in self.desk.workspace.case(number).documents for d in outer.walk()),
        )

    def paper(self, number: int, fields: Sequence[FieldView], language: Language) -> ItemPaper:
        """Give what is shown beside an item's *fields*; one that cannot be read says so.

        Raises:
            LedgerError: There is no such item.
        """
        try:
            documents = self.documents(number)
        except DocumentError as error:
            return ItemPaper(sheets=(), remarks=(error.phrase.render(language),))
        sheets = [sheet for n, document in enumerate(documents) for sheet in _sheets(n, document, fields)]
        problems = (problem.render(language) for document in documents for problem in document.problems)
        remarks = list(dict.fromkeys(problems))
        if len(sheets) > MOST_PAGES:
            more = say("{n} more pages are not shown here.", n=len(sheets) - MOST_PAGES)
            remarks.append(more.render(language))
        return ItemPaper(sheets=tuple(sheets[:MOST_PAGES]), remarks=tuple(remarks))

    def picture(self, number: int, document: int, page: int) -> bytes:
        """Draw a page as PNG.

        Raises:
            LedgerError: There is no such item, document or page.
            DocumentError: It cannot be drawn.
        """
        documents = self.documents(number)
        if not 0 <= document < len(documents) or not _has_page(documents[document], page):
            raise LedgerError(say("There is no such page."))
        chosen = documents[document]
        return self._pictures.get((chosen.sha256, page), lambda: page_png(chosen, page, DPI))


class _Recent(Generic[T]):
    """Keeps what was made last."""

    def __init__(self, most: int) -> None:
        self._most, self._made, self._lock = most, OrderedDict[object, T](), threading.Lock()

    def get(self, key: object, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()  # outside of the lock: two who ask at once may both make it
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return made


def _has_pictures(document: Document) -> bool:
    return bool(document.data) and (document.media_type == PDF or document.media_type.startswith("image/"))


def _has_page(document: Document, page: int) -> bool:
    return _has_pictures(document) and any(each.number == page for each in document.pages)


def _sheets(number: int, document: Document, fields: Sequence[FieldView]) -> Iterator[PaperSheet]:
    own = [each for each in fields if each.document == document.name]
    for page in document.pages:
        if _has_pictures(document):
            yield PaperSheet(
                document=number,
                name=document.name,
                number=page.number,
                picture=True,
                places=tuple(_places(own, page.number)),
                words=tuple(_word_place(word) for word in page.words[:MOST_WORDS]),
            )
        elif page.text.strip():
            on_page = [each for each in own if each.page in (None, page.number)]
            pieces = tuple(_pieces(page.text[:MOST_TEXT], on_page))
            yield PaperSheet(
                document=number, name=document.name, number=page.number, picture=False, pieces=pieces
            )


def _places(fields: Iterable[FieldView], page: int) -> Iterator[Place]:
    for each in fields:
        if each.page == page and each.box is not None:
            yield _place(Box(*each.box), field=each.name, mark=each.mark)


def _word_place(word: Word) -> Place:
    return _place(word.box, text=word.text)


def _place(box: Box, *, field: str = "", mark: str = "", text: str = "") -> Place:
    return Place(
        x=round(box.left * 1000, 1),
        y=round(box.top * 1000, 1),
        width=round(max(box.right - box.left, 0) * 1000, 1),
        height=round(max(box.bottom - box.top, 0) * 1000, 1),
        field=field,
        mark=mark,
        text=text,
    )


def _pieces(text: str, fields: Iterable[FieldView]) -> Iterator[tuple[str, str]]:
    """Cut a text where values stand in it: at their place, else where their quote stands and only there."""
    spans = sorted(
        (start, len(each.quote), each.name)
        for each in fields
        if each.quote and (start := _start(text, each)) is not None
    )
    position = 0
    for start, length, name in spans:
        if start < position:
            continue
        yield text[position:start], ""
        yield text[start : start + length], name
        position = start + length
    yield text[position:], ""


def _start(text: str, field: FieldView) -> int | None:
    if field.start is not None and text.startswith(field.quote, field.start):
        return field.start
    return text.index(field.quote) if text.count(field.quote) == 1 else None
