"""Draw a page as PNG. Runs in the child process, as all that opens foreign PDF does."""

import struct
import zlib

from smeflow.documents.file import File
from smeflow.documents.sniff import PDF
from smeflow.errors import UnsupportedDocument
from smeflow.i18n import say

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def page_picture(file: File, page: int, dpi: int) -> bytes:
    """Draw page *page* (from 1) of a PDF or picture; a PNG."""
    if file.media_type == PDF:
        return _pdf_page(file, page, dpi)
    if file.media_type.startswith("image/"):
        return _image_page(file, page)
    raise UnsupportedDocument(
        say("{name} has no pages to draw. Read its text instead.", name=file.name), name=file.name
    )


def _pdf_page(file: File, page: int, dpi: int) -> bytes:
    from smeflow.documents.pdf import opened

    pdf = opened(file)
    try:
        if not 1 <= page <= len(pdf):
            raise UnsupportedDocument(
                say("{name} has no page {page}. Pages count from 1.", name=file.name, page=page),
                name=file.name,
            )
        if pdf.get_formtype():
            pdf.init_forms()
        sheet = pdf.get_page(page - 1)
        width, height = sheet.get_size()
        scale = min(dpi / 72, (file.limits.pixels / max(width * height, 1)) ** 0.5)
        image = sheet.render(scale=scale, rev_byteorder=True)
        return png(bytes(image.buffer), image.width, image.height, image.stride, image.n_channels)
    finally:
        pdf.close()


def _image_page(file: File, page: int) -> bytes:
    from smeflow.documents.image import opened_image, upright

    with opened_image(file) as image:
        image.seek(min(page, getattr(image, "n_frames", 1)) - 1)
        grey = upright(image, file.name)
        grey.thumbnail((2000, 2000))
        return png(grey.tobytes(), grey.width, grey.height, grey.width, 1)


def png(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """Write points (grey, RGB or RGB with a fourth byte) as PNG."""
    kept = 1 if channels == 1 else 3
    rows = bytearray()
    for y in range(height):
        row = pixels[y * stride : y * stride + width * channels]
        if channels == 4:
            bare = bytearray(width * 3)
            bare[0::3], bare[1::3], bare[2::3] = row[0::4], row[1::4], row[2::4]
            row = bytes(bare)
        rows.append(0)
        rows += row
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if kept == 1 else 2, 0, 0, 0)
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows, 6)), _chunk(b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
