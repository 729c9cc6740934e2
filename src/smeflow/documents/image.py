"""Read a picture (PNG, JPEG, TIFF, HEIC) by OCR, after its size has been looked up without unpacking it."""

import io
from typing import TYPE_CHECKING, Any, SupportsInt

from smeflow.documents.document import Document, Page
from smeflow.documents.file import HEIC, File, check_limit
from smeflow.documents.ocr import recognise_words
from smeflow.documents.page_text import build_page
from smeflow.errors import MissingExtra, UnreadableDocument, UnsupportedDocument
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from PIL.Image import Image

_SCREEN_DPI = 96
_ORIENTATION = 0x0112


class MissingPillow(UnsupportedDocument):
    """The package that opens pictures is not installed."""

    def __init__(self, name: str) -> None:
        missing = MissingExtra(package="pillow", extra="ocr")
        super().__init__(say("The picture {name} was not read. {why}", name=name, why=missing.phrase))


class MissingHeif(UnsupportedDocument):
    """The package that opens the pictures of telephones is not installed."""

    def __init__(self, name: str) -> None:
        missing = MissingExtra(package="pi-heif", extra="ocr")
        super().__init__(
            say(
                "The picture {name} is in the HEIC format of telephones and was not read. Save it as JPEG "
                "(an iPhone takes JPEG under Settings, Camera, Formats, Most Compatible), or read HEIC: "
                "{why}",
                name=name,
                why=missing.phrase,
            )
        )


def _register_heic(name: str) -> None:
    """Teach Pillow to open HEIC; to do so twice changes nothing."""
    try:
        from pi_heif import register_heif_opener
    except ImportError as error:
        raise MissingHeif(name) from error
    register_heif_opener(thumbnails=False)


def import_pillow(name: str) -> Any:
    """Import Pillow's ``Image`` module, which opens pictures."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPillow(name) from error
    return Image


def read_image(file: File) -> Document:
    """Read every page of a picture.

    Raises:
        UnreadableDocument: It is cut or no picture at all.
        LimitExceeded: It has too many pages or points.
    """
    pages: list[Page] = []
    problems: list[Phrase] = []
    with open_image(file) as image:
        frames = frames_of(image)
        check_limit("pages", file.limits.pages, frames, file.name)
        for index in range(frames):
            image.seek(index)
            check_limit("pixels", file.limits.pixels, image.width * image.height, file.name)
            pages.append(_page(image, index + 1, file))
    if not any(page.words for page in pages):
        problems.append(say("No word was found in the picture {name}.", name=file.name))
    return file.document(pages=tuple(pages), problems=tuple(problems))


def open_image(file: File) -> "Image":
    """Open a picture without unpacking its points."""
    pil = import_pillow(file.name)
    pil.MAX_IMAGE_PIXELS = None  # our own limit is checked before anything is unpacked
    if file.media_type == HEIC:
        _register_heic(file.name)
    formats = ("HEIF",) if file.media_type == HEIC else ("PNG", "JPEG", "TIFF")
    try:
        image: Image = pil.open(io.BytesIO(file.data), formats=formats)
    except (OSError, ValueError, SyntaxError) as error:
        raise _damaged(file.name) from error
    check_limit("pixels", file.limits.pixels, image.width * image.height, file.name)
    return image


def frames_of(image: "Image") -> int:
    """Count the pages of a picture."""
    return int(getattr(image, "n_frames", 1))  # foreign: only formats that may hold several have it


def seek_page(image: "Image", number: int) -> None:
    """Go to page *number* (from 1) of a picture, the last one where it has fewer."""
    image.seek(min(number, frames_of(image)) - 1)


def upright(image: "Image", name: str) -> "Image":
    """Unpack a picture in grey, turned as its camera says it was held."""
    from PIL import ImageOps

    try:
        image.load()
        held = image.getexif().get(_ORIENTATION, 1)
        turned = image if held == 1 else ImageOps.exif_transpose(image)  # which copies what stands upright
        if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
            turned = _on_white(turned.convert("RGBA"))
        return turned.convert("L")
    except (OSError, ValueError, SyntaxError) as error:
        raise _damaged(name) from error


def _on_white(image: "Image") -> "Image":
    from PIL import Image

    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white


def _page(image: "Image", number: int, file: File) -> Page:
    grey = upright(image, file.name)
    width, height = grey.size
    dpi = _dpi_of(image)
    file.more_time()
    words = recognise_words(grey, file=file)
    scale = 72 / dpi
    return build_page(
        [word.scaled(scale) for word in words],
        number=number,
        width=width * scale,
        height=height * scale,
        origin="ocr",
    )


def _dpi_of(image: "Image") -> int:
    declared = image.info.get("dpi", (0, 0))[0]
    dpi = int(declared) if isinstance(declared, SupportsInt) else 0
    return dpi if 70 <= dpi <= 1200 else _SCREEN_DPI


def _damaged(name: str) -> UnreadableDocument:
    return UnreadableDocument(
        say("The picture {name} is cut or damaged. Ask the sender for it again.", name=name)
    )


def picture_sides(data: bytes) -> tuple[int, int] | None:
    """Look width and height up in the head of a PNG, GIF or JPEG; None where they are not found."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data.startswith(b"GIF8") and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if not data.startswith(b"\xff\xd8"):
        return None
    offset = 2
    while offset + 9 < len(data) and data[offset] == 0xFF:
        marker, length = data[offset + 1], int.from_bytes(data[offset + 2 : offset + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = data[offset + 5 : offset + 7], data[offset + 7 : offset + 9]
            return int.from_bytes(width), int.from_bytes(height)
        offset += 2 + length
    return None
