"""Read a PDF: words with boxes in reading order, the files embedded in it, pages that are pictures by OCR."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from smeflow._text import shortened
from smeflow.documents.document import Document, Page
from smeflow.documents.file import File, check_limit, read_attached
from smeflow.documents.image import MissingPillow, import_pillow
from smeflow.documents.ocr import MissingTesseract, recognise_words
from smeflow.documents.page_text import PlacedWord, build_page, clean_word
from smeflow.documents.pdf_letters import (
    TINY_POINTS,
    DrawnObjects,
    HiddenReason,
    LetterRun,
    PagePixels,
    annotation_notes,
    clean_line,
    count_letters,
    drawn_objects,
    hidden_character_notes,
    hiding_suspected,
    is_invisible,
    letter_runs,
    overprinted,
)
from smeflow.errors import UnreadableDocument
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument, PdfPage

OCR_DPI = 200
_LOOK_DPI = 100
_PRIVATE = range(0xE000, 0xF900)
_TAIL = 4096
_SENTENCE = 25
"""A subject or keywords as long as this say more than what the file is."""
_FEW = 20
"""A page with so few words under a picture that covers it is a scan with a stamp on it."""


def read_pdf(file: File) -> Document:
    """Read all pages and embedded files of a PDF.

    Raises:
        UnreadableDocument: It is cut, damaged or locked with a password.
        LimitExceeded: It has too many pages, embedded files or letters, or they unpack to too much.
    """
    pdf = open_pdf(file)
    try:
        check_limit("pages", file.limits.pages, len(pdf), file.name)
        problems: list[Phrase] = []
        unread: list[Phrase] = []
        parts = tuple(_parts(pdf, file, unread))
        if pdf.get_formtype():
            pdf.init_forms()
        pages = tuple(_pages(pdf, file, problems, unread))
        problems = [*unread, *problems]
        if not parts and not any(p.text for p in pages) and problems:
            raise UnreadableDocument(problems[0], name=file.name)
        title = clean_line(pdf.get_metadata_value("Title") or "")[:200]
        problems.extend(metadata_notes(pdf, file.name, parts))
    finally:
        pdf.close()
    fields = {"title": title} if title else {}
    return file.document(
        pages=pages, parts=parts, fields=fields, problems=tuple(problems), unread=tuple(unread)
    )


def metadata_notes(pdf: "PdfDocument", name: str, parts: Sequence[Document] = ()) -> Iterator[Phrase]:
    """Say what a PDF's subject and keywords tell at length; they are not read.

    Factur-X names its invoice there; where the XML among *parts* says the same, nothing is hidden.
    """
    for key in ("Subject", "Keywords"):
        text = clean_line(pdf.get_metadata_value(key) or "")
        if len(text) >= _SENTENCE and " " in text and not _names_embedded_invoice(text, parts):
            yield say(
                "{name} says in its metadata what no page shows; it was not read: “{sample}”",
                name=name,
                sample=shortened(text, 60),
            )


_INVOICE_NAMED = re.compile(
    r"(?:[\w-]+ )?[^\W\d_]+ (?P<number>\S+) dated (?P<day>\d{4}-\d\d-\d\d) issued by (?P<seller>.+)"
)


def _names_embedded_invoice(text: str, parts: Sequence[Document]) -> bool:
    match = _INVOICE_NAMED.fullmatch(text)
    if match is None:
        return False
    told = (match["number"], match["seller"])
    days = (match["day"], match["day"].replace("-", ""))
    return any(
        all(each in part.text for each in told) and any(day in part.text for day in days)
        for part in parts
        if part.media_type.endswith("xml")
    )


def open_pdf(file: File) -> "PdfDocument":
    """Open a PDF, or say why it cannot be."""
    from pypdfium2 import PdfDocument, PdfiumError  # loads PDFium

    if b"%%EOF" not in file.data[-_TAIL:] and b"startxref" not in file.data[-_TAIL:]:
        raise UnreadableDocument(
            say("{name} is cut: the end of the PDF is missing. Ask the sender for it again.", name=file.name)
        )
    try:
        pdf = PdfDocument(file.data)
        if len(pdf) == 0:
            raise PdfiumError("no page")
        return pdf
    except PdfiumError as error:
        if "password" in str(error).lower():
            phrase = say(
                "{name} is locked with a password. Ask the sender for it without one.", name=file.name
            )
        else:
            phrase = say("{name} is a damaged PDF. Ask the sender for it again.", name=file.name)
        raise UnreadableDocument(phrase) from error


def _parts(pdf: "PdfDocument", file: File, unread: list[Phrase]) -> Iterator[Document]:
    from pypdfium2 import PdfiumError

    count = pdf.count_attachments()
    check_limit("parts", file.limits.parts, count, file.name)
    unpacked = 0
    for index in range(count):
        name = f"file {index + 1}"
        try:
            embedded = pdf.get_attachment(index)
            name = embedded.get_name() or name
            data = bytes(embedded.get_data())
        except PdfiumError:
            unread.append(say("The file {part} inside {name} cannot be unpacked.", part=name, name=file.name))
            continue
        unpacked += len(data)
        check_limit("ratio", file.limits.ratio, unpacked // max(len(file.data), 1), file.name)
        check_limit("bytes", file.limits.bytes, unpacked, file.name)
        yield read_attached(file, data, name=name)


def _pages(pdf: "PdfDocument", file: File, problems: list[Phrase], unread: list[Phrase]) -> Iterator[Page]:
    from pypdfium2 import PdfiumError

    letters = 0
    for index in range(len(pdf)):
        try:
            page = pdf.get_page(index)
            if pdf.formenv:
                page.flatten()
            page_read = _page(page, index + 1, file, problems)
            page.close()
        except PdfiumError:
            unread.append(
                say("Page {page} of {name} is damaged and was not read.", page=index + 1, name=file.name)
            )
            page_read = Page(number=index + 1, text="")
        letters += len(page_read.text)
        check_limit("characters", file.limits.characters, letters, file.name)
        yield page_read


def _page(page: "PdfPage", number: int, file: File, problems: list[Phrase]) -> Page:
    from pypdfium2 import raw

    width, height = page.get_size()
    sheet = PageGeometry(page.get_bbox(), page.get_rotation(), width or 1.0, height or 1.0)
    drawn = drawn_objects(page, raw)
    letters = page.get_textpage()
    check_limit("characters", file.limits.characters, count_letters(letters), file.name)
    runs = list(letter_runs(letters, drawn.orders))
    problems.extend(hidden_character_notes([letters.get_text_range()], number, file.name))
    problems.extend(annotation_notes(page, number, file.name))
    letters.close()
    unmapped = sum(1 for run in runs for c in run.text if ord(c) in _PRIVATE or c == "\ufffd")
    scanned = any(s.picture for s in drawn.surfaces)
    if runs and unmapped > 0.3 * sum(len(run.text) for run in runs):
        problems.append(
            say(
                "The letters of page {page} of {name} have no meaning in the file: its picture was read.",
                page=number,
                name=file.name,
            )
        )
        runs, scanned = [], True
    words, hidden, from_scan = _visible_words(runs, sheet, drawn, page)
    visible = {word.text for word in words}
    if drawn.replaced:
        hidden["replaced"] = [word for text in drawn.replaced for word in text.split()]
    for why, texts in hidden.items():
        if not visible.issuperset(texts):  # what also stands there for all to see is nothing to tell
            problems.append(_hidden_phrase(why, texts, number, file.name))
    origin: Literal["text", "ocr"] = "ocr" if from_scan > len(words) / 2 else "text"
    read = build_page(words, number=number, width=sheet.width, height=sheet.height, origin=origin)
    if words and (len(words) > _FEW or from_scan or not sheet.is_covered(drawn)):
        return read
    if not scanned and not drawn.surfaces:
        return read
    recognised = _recognised(page, number, sheet, file, problems)
    return recognised if len(recognised.words) > len(words) else read


def _recognised(
    page: "PdfPage", number: int, sheet: "PageGeometry", file: File, problems: list[Phrase]
) -> Page:
    scale = scale_of(page, OCR_DPI, file)
    file.more_time()
    words: list[PlacedWord] = []
    try:
        words = recognise_words(grey_picture(page, scale, file.name), file=file)
    except (MissingTesseract, MissingPillow) as error:
        problems.append(error.phrase)
    return build_page(
        [w.scaled(1 / scale) for w in words],
        number=number,
        width=sheet.width,
        height=sheet.height,
        origin="ocr",
    )


def scale_of(page: "PdfPage", dpi: float, file: File) -> float:
    """Give how large to draw a page: at *dpi*, or as large as the limit of pixels allows."""
    width, height = page.get_size()
    return float(min(dpi / 72, (file.limits.pixels / max(width * height, 1)) ** 0.5))


def grey_picture(page: "PdfPage", scale: float, name: str) -> "Image":
    """Draw a page in grey."""
    bitmap = page.render(scale=scale, grayscale=True)
    mode = "L" if bitmap.n_channels == 1 else "RGBX"
    size = (bitmap.width, bitmap.height)
    picture: Image = import_pillow(name).frombuffer(
        mode, size, bytes(bitmap.buffer), "raw", mode, bitmap.stride, 1
    )
    return picture.convert("L")


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """The page as it is shown: turned and cut."""

    bounds: tuple[float, float, float, float]
    rotation: int
    width: float
    height: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Give where a point of the page's own coordinates is seen, in points from the top left."""
        left, bottom, right, top = self.bounds
        match self.rotation % 360:
            case 90:
                return y - bottom, x - left
            case 180:
                return right - x, y - bottom
            case 270:
                return top - y, right - x
            case _:
                return x - left, top - y

    def is_covered(self, drawn: DrawnObjects) -> bool:
        """True when one picture covers most of the page."""
        left, bottom, right, top = self.bounds
        area = (right - left) * (top - bottom)
        sizes = ((s.right - s.left) * (s.top - s.bottom) for s in drawn.surfaces if s.picture)
        return max(sizes, default=0.0) > 0.6 * area

    def placed(self, run: LetterRun, text: str) -> PlacedWord:
        """Give the word as it is seen."""
        x1, y1 = self.point(run.left, run.top)
        x2, y2 = self.point(run.right, run.bottom)
        _, baseline = self.point(run.x, run.y)
        seen = (run.style.angle - self.rotation + 180) % 360 - 180
        return PlacedWord(
            text,
            min(x1, x2),
            min(y1, y2),
            max(x1, x2),
            max(y1, y2),
            baseline,
            run.style.size,
            turned=abs(seen) > 30,
        )


def _visible_words(
    runs: list[LetterRun], sheet: PageGeometry, drawn: DrawnObjects, page: "PdfPage"
) -> tuple[list[PlacedWord], dict[HiddenReason, list[str]], int]:
    """Keep the words a person can see; give the others by why not, and the number of those from a scan."""
    words: list[PlacedWord] = []
    hidden: dict[HiddenReason, list[str]] = {}
    doubles: Counter[tuple[str, int, int]] = Counter()
    picture: PagePixels | None = None
    from_scan = 0
    for run in runs:
        text = clean_word(_joined(run.text))
        if not text:
            continue
        word = sheet.placed(run, text)
        if word.size < TINY_POINTS and max(word.bottom - word.top, word.right - word.left) < TINY_POINTS * 4:
            word.size = max(word.bottom - word.top, 0.1)
        x, y = (run.left + run.right) / 2, (run.bottom + run.top) / 2
        no_ink, over_picture = is_invisible(run.style, x, y, drawn)
        why: HiddenReason | None = None
        if word.right <= 0 or word.bottom <= 0 or word.left >= sheet.width or word.top >= sheet.height:
            why = "outside"
        elif no_ink and not over_picture:
            why = "invisible"
        elif word.bottom - word.top < TINY_POINTS and run.style.size < TINY_POINTS:
            why = "tiny"
        elif not no_ink and (why := hiding_suspected(run.style, x, y, drawn)):
            picture = picture or _render_small(page)
            box = (word.left / sheet.width, word.top / sheet.height)
            is_visible = picture.shows(*box, word.right / sheet.width, word.bottom / sheet.height)
            if is_visible and not (why == "covered" and overprinted(run, runs, drawn)):
                why = None
        if why:
            hidden.setdefault(why, []).append(text)
            continue
        double = (text, round(word.left / 2), round(word.baseline / 2))
        doubles[double] += 1
        if doubles[double] == 1:
            words.append(word)
            from_scan += no_ink
    return words, hidden, from_scan


def _render_small(page: "PdfPage") -> PagePixels:
    width, height = page.get_size()
    scale = min(_LOOK_DPI / 72, 3000 / max(width, height, 1))
    image = page.render(scale=scale)
    return PagePixels(bytes(image.buffer), image.width, image.height, image.stride, image.n_channels)


def _joined(text: str) -> str:
    """Put the two halves of letters beyond the basic plane together."""
    if any(0xD800 <= ord(c) < 0xE000 for c in text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _hidden_phrase(why: HiddenReason, texts: list[str], page: int, name: str) -> Phrase:
    data = {"name": name, "page": page, "sample": shortened(" ".join(texts), 60)}
    return Phrase(HIDDEN_PHRASES[why].template, data)


HIDDEN_PHRASES: dict[HiddenReason, Phrase] = {
    "invisible": say("Page {page} of {name} holds text drawn without ink; it was not read: “{sample}”"),
    "tiny": say("Page {page} of {name} holds text too small to see; it was not read: “{sample}”"),
    "outside": say("Page {page} of {name} holds text outside the page; it was not read: “{sample}”"),
    "same colour": say(
        "Page {page} of {name} holds text in the colour of its ground; it was not read: “{sample}”"
    ),
    "covered": say("Page {page} of {name} holds text covered by something; it was not read: “{sample}”"),
    "replaced": say("Page {page} of {name} names other text than it draws; it was not read: “{sample}”"),
}
