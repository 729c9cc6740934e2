"""Where a field is printed: boxes [page from 1, left, top, right, bottom], in shares of the page."""

import ctypes
import io
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

import pypdfium2 as pdfium
from pypdfium2 import raw

from make_layouts.browser import same_dates

Box = list[float]
Boxes = dict[str, list[Box]]

BLANK = re.compile(r"[\s\u00a0\u00ad\u200b\u202f\ufffe\u0002]+")
VOID = {"br", "img", "hr", "meta", "link", "input", "col", "wbr"}


def box(page: int, size: tuple[float, float], edges: tuple[float, float, float, float]) -> Box:
    """A box from PDF edges (left, bottom, right, top)."""
    left, bottom, right, top = edges
    wide, high = size
    shares = (left / wide, 1 - top / high, right / wide, 1 - bottom / high)
    return [page, *(round(min(max(share, 0.0), 1.0), 5) for share in shares)]


def take_links(pdf: bytes, names: Sequence[str] | None) -> tuple[bytes, Boxes]:
    """Read the boxes that the links mark, and give the PDF without links.

    A link leads to ``http://box.example/N``, where N counts in ``names``, or is the field itself.
    """
    document = pdfium.PdfDocument(pdf)
    found: dict[tuple[str, int], list[tuple[float, float, float, float]]] = {}
    order: list[tuple[str, int]] = []
    sizes: list[tuple[float, float]] = []
    for number, page in enumerate(document, start=1):
        sizes.append(page.get_size())
        for index in reversed(range(raw.FPDFPage_GetAnnotCount(page))):
            annotation = raw.FPDFPage_GetAnnot(page, index)
            target = _target(document, annotation)
            rect = raw.FS_RECTF()
            raw.FPDFAnnot_GetRect(annotation, rect)
            raw.FPDFPage_CloseAnnot(annotation)
            if not target.startswith("http://box.example/"):
                continue
            raw.FPDFPage_RemoveAnnot(page, index)
            key = (target.removeprefix("http://box.example/"), number)
            if key not in found:
                order.append(key)
            found.setdefault(key, []).append((rect.left, rect.bottom, rect.right, rect.top))
    boxes: Boxes = {}
    for target, number in reversed(order):
        field = names[int(target)] if names is not None else target
        edges = found[target, number]
        for union in _join(edges, apart=names is None):
            boxes.setdefault(field, []).append(box(number, sizes[number - 1], union))
    out = io.BytesIO()
    document.save(out)
    document.close()
    return same_dates(out.getvalue()), {name: sorted(boxes[name]) for name in sorted(boxes)}


def _join(
    edges: list[tuple[float, float, float, float]], *, apart: bool
) -> list[tuple[float, float, float, float]]:
    """One box round all the rectangles; round each group of near ones where a field may be printed twice."""
    groups: list[tuple[float, float, float, float]] = []
    for edge in sorted(edges, key=lambda one: (-one[3], one[0])):
        for index, group in enumerate(groups):
            if not apart or (group[1] - edge[3] < 8 and edge[0] < group[2] + 8 and group[0] < edge[2] + 8):
                groups[index] = (
                    min(group[0], edge[0]),
                    min(group[1], edge[1]),
                    max(group[2], edge[2]),
                    max(group[3], edge[3]),
                )
                break
        else:
            groups.append(edge)
    return groups


def _target(document: pdfium.PdfDocument, annotation: object) -> str:
    if raw.FPDFAnnot_GetSubtype(annotation) != raw.FPDF_ANNOT_LINK:
        return ""
    link = raw.FPDFAnnot_GetLink(annotation)
    action = raw.FPDFLink_GetAction(link) if link else None
    if not action:
        return ""
    size = raw.FPDFAction_GetURIPath(document, action, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAction_GetURIPath(document, action, buffer, size)
    return buffer.value.decode(errors="replace")


class _Marks(HTMLParser):
    """The text of a page without its blanks, and where in it each marked element stands."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.marks: list[tuple[str, int, int]] = []
        self._open: list[tuple[str, str | None, int]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember where the element begins."""
        if tag in VOID:
            return
        self._hidden += tag in {"style", "title", "script"}
        self._open.append((tag, dict(attrs).get("data-field"), len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        """Close the element, with those that were left open in it."""
        while self._open:
            name, field, begin = self._open.pop()
            self._hidden -= name in {"style", "title", "script"}
            if field and len(self.text) > begin:
                self.marks.append((field, begin, len(self.text)))
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        """Take the text that is printed."""
        if not self._hidden:
            self.text += BLANK.sub("", data)


def search(pdf: bytes, html: str) -> Boxes:
    """Find the marked elements of a page in the text of its PDF: the n-th time a text is there in both."""
    reader = _Marks()
    reader.feed(html)
    document = pdfium.PdfDocument(pdf)
    text = ""
    places: list[tuple[int, int]] = []
    pages = [(page, page.get_textpage()) for page in document]
    for number, (_, textpage) in enumerate(pages):
        for index in range(textpage.count_chars()):
            letter = BLANK.sub("", chr(raw.FPDFText_GetUnicode(textpage, index)))
            text += letter
            places += [(number, index)] * len(letter)
    boxes: Boxes = {}
    for field, begin, end in reader.marks:
        wanted = reader.text[begin:end]
        starts = _all(text, wanted)
        if not starts:
            continue
        before = len(_all(reader.text[:begin], wanted))
        start = starts[min(before, len(starts) - 1)]
        number = places[start][0]
        page, textpage = pages[number]
        chars = [textpage.get_charbox(at) for on, at in places[start : start + len(wanted)] if on == number]
        edges = (
            min(one[0] for one in chars),
            min(one[1] for one in chars),
            max(one[2] for one in chars),
            max(one[3] for one in chars),
        )
        boxes.setdefault(field, []).append(box(number + 1, page.get_size(), edges))
    document.close()
    return {name: sorted(boxes[name]) for name in sorted(boxes)}


def _all(text: str, wanted: str) -> list[int]:
    found: list[int] = []
    at = text.find(wanted)
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + len(wanted))
    return found


def text_of(pdf: bytes) -> str:
    """All the text of a PDF."""
    document = pdfium.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


def moved(boxes: Mapping[str, Sequence[Box]], page: int, move: Sequence[float]) -> Boxes:
    """The boxes of one page after its picture was taken: ``move`` is a projection of shares to shares."""
    out: Boxes = {}
    for field, places in boxes.items():
        for on, left, top, right, bottom in places:
            if on != page:
                continue
            corners = [project(move, x, y) for x in (left, right) for y in (top, bottom)]
            edges = (
                min(x for x, _ in corners),
                min(y for _, y in corners),
                max(x for x, _ in corners),
                max(y for _, y in corners),
            )
            out.setdefault(field, []).append([page, *(round(min(max(edge, 0.0), 1.0), 5) for edge in edges)])
    return out


def project(move: Sequence[float], x: float, y: float) -> tuple[float, float]:
    """A point under a projection given by eight numbers."""
    a, b, c, d, e, f, g, h = move
    below = g * x + h * y + 1
    return (a * x + b * y + c) / below, (d * x + e * y + f) / below
