"""What a PDF says where nobody looks: in annotations, in its metadata, in characters without a shape."""

import ctypes
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from smeflow.documents.lines import clean
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_MOST = 200
_LETTERS = 2_000
_POPUP, _LINK, _WIDGET = 16, 2, 20
"""Annotations that hold no words of their own: what opens another, a link, a field of a form."""
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_TAGS = frozenset(map(chr, range(0xE0000, 0xE0080)))
_NO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff")
_A_FEW = 3
"""A program may set so many characters without width for its own reasons."""
_SAMPLE = 60
_SENTENCE = 25
"""A subject or keywords as long as this say more than what the file is."""


def told_annotations(page: Any, number: int, name: str) -> Iterator[Phrase]:
    """Say which notes stand on a page besides what is printed; they are not read."""
    from pypdfium2 import raw

    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            if raw.FPDFAnnot_GetSubtype(annotation) not in (_POPUP, _LINK, _WIDGET):
                text = _string(raw, annotation, b"Contents")
                if text:
                    yield say(
                        "Page {page} of {name} holds a note that is not printed; it was not read: “{sample}”",
                        page=number,
                        name=name,
                        sample=_sample(text),
                    )
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _string(raw: Any, annotation: Any, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if size <= 2:
        return ""
    room = min(size, 2 * _LETTERS)
    buffer = (ctypes.c_ushort * (room // 2 + 1))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, room)
    return _plain(bytes(buffer)[:room].decode("utf-16-le", errors="replace"))


def told_letters(texts: Iterable[str], number: int, name: str) -> Iterator[Phrase]:
    """Say that a page holds characters nobody sees; they are left out of its words."""
    turning = hidden = 0
    for text in texts:
        turning += sum(c in _TURNING or c in _TAGS for c in text)
        hidden += sum(c in _NO_WIDTH for c in text)
    if turning or hidden > _A_FEW:
        yield say(
            "Page {page} of {name} holds {n} characters that nobody sees; they were left out.",
            page=number,
            name=name,
            n=turning + hidden,
        )


def told_metadata(pdf: "PdfDocument", name: str) -> Iterator[Phrase]:
    """Say what a PDF's subject and keywords tell at length; they are not read."""
    for key in ("Subject", "Keywords"):
        text = _plain(pdf.get_metadata_value(key) or "")
        if len(text) >= _SENTENCE and " " in text:
            yield say(
                "{name} says in its metadata what no page shows; it was not read: “{sample}”",
                name=name,
                sample=_sample(text),
            )


def _plain(text: str) -> str:
    return " ".join(filter(None, (clean(word) for word in text.replace("\0", " ").split())))


def _sample(text: str) -> str:
    return text if len(text) <= _SAMPLE else text[: _SAMPLE - 1] + "…"
