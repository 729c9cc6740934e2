"""What a child process does with a file: read it, or draw one of its pages."""

import struct
import zlib
from pkgutil import resolve_name
from typing import Any, BinaryIO

from smeflow._system import limit_cpu, limit_memory
from smeflow.documents.document import Box, Document, Limits
from smeflow.documents.file import PDF, UNREAD, File, limit_exceeded
from smeflow.documents.read import MESSAGE_FILES, read_in_process
from smeflow.documents.text import language_model
from smeflow.documents.tnef import TNEF_MAGIC
from smeflow.documents.workers import packed, packed_error, send, serve
from smeflow.errors import SmeflowError, UnreadableDocument, UnsupportedDocument
from smeflow.i18n import say

_CORES_OF_OCR = 4
"""A recogniser inside this process computes on several cores at once."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def draw_page(file: File, page: int, dpi: int) -> bytes:
    """Draw page *page* (from 1) of a PDF or picture; a PNG."""
    if file.media_type == PDF:
        return _pdf_page(file, page, dpi)
    if file.media_type.startswith("image/"):
        return _image_page(file, page)
    raise UnsupportedDocument(say("{name} has no pages to draw. Read its text instead.", name=file.name))


def _pdf_page(file: File, page: int, dpi: int) -> bytes:
    from smeflow.documents.pdf import open_pdf, scale_of

    pdf = open_pdf(file)
    try:
        if not 1 <= page <= len(pdf):
            raise UnsupportedDocument(
                say("{name} has no page {page}. Pages count from 1.", name=file.name, page=page)
            )
        if pdf.get_formtype():
            pdf.init_forms()
        sheet = pdf.get_page(page - 1)
        image = sheet.render(scale=scale_of(sheet, dpi, file), rev_byteorder=True)
        return encode_png(bytes(image.buffer), image.width, image.height, image.stride, image.n_channels)
    finally:
        pdf.close()


def _image_page(file: File, page: int) -> bytes:
    from smeflow.documents.image import open_image, seek_page, upright

    with open_image(file) as image:
        seek_page(image, page)
        grey = upright(image, file.name)
        grey.thumbnail((2000, 2000))
        return encode_png(grey.tobytes(), grey.width, grey.height, grey.width, 1)


def encode_png(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """Write points (grey, RGB or RGB with a fourth byte) as PNG."""
    rows = bytearray()
    for y in range(height):
        row = pixels[y * stride : y * stride + width * channels]
        if channels == 4:
            rgb = bytearray(width * 3)
            rgb[0::3], rgb[1::3], rgb[2::3] = row[0::4], row[1::4], row[2::4]
            row = bytes(rgb)
        rows.append(0)
        rows += row
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows, 6)), _chunk(b"IEND", b""))
    )


def _chunk(chunk_type: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + chunk_type + data + struct.pack(">I", zlib.crc32(chunk_type + data))


def answer(head: dict[str, Any], pieces: list[bytes], answers: BinaryIO) -> None:
    """Do what *head* asks for and send the outcome."""
    limits = Limits(**head["limits"])
    name = head["name"]
    sent: list[bytes] = []
    try:
        limit_cpu(head["cpu_seconds"])
        function = head.get("function")  # named by the parent, never by what is read
        if not function:
            limit_memory(
                head["most_memory_bytes"]
            )  # what the job before was given is too little for the model
            language_model()  # what loading it takes is no fault of the file
        limit_memory(limits.memory_bytes)
        if function:
            reply: dict[str, Any] = resolve_name(function)(head, pieces[0], sent)
        else:
            reply = _about(_file(head, pieces[0], limits, answers), head, sent)
    except SmeflowError as error:
        reply = {"error": packed_error(error)}
    except MemoryError:
        reply = {"error": packed_error(limit_exceeded("memory_bytes", limits.memory_bytes, None, name))}
    except RecursionError:
        reply = {"error": packed_error(limit_exceeded("depth", limits.depth, None, name))}
    except Exception as error:  # noqa: BLE001 - a parser's fault is a fact about this file
        phrase = say(
            "{name} is damaged: no reader understands it ({why}). Ask the sender for it again.",
            name=name,
            why=type(error).__name__,
        )
        reply = {"error": packed_error(UnreadableDocument(phrase))}
    if "error" in reply:
        sent = []
    send(answers, reply, sent)


def _file(head: dict[str, Any], data: bytes, limits: Limits, answers: BinaryIO) -> File:
    def more_time() -> None:
        limit_cpu(limits.seconds * _CORES_OF_OCR)
        limit_memory(head["most_memory_bytes"])
        send(answers, {"more_time": True}, [])

    return File(
        name=head["name"],
        media_type=head["media_type"],
        data=data,
        limits=limits,
        depth=head["depth"],
        ocr=head["ocr"],
        read_part=_leave_unread if head["media_type"] in MESSAGE_FILES else read_in_process,
        more_time=more_time,
    )


def _leave_unread(part: File) -> Document:
    """Leave what is attached to a mail to the parent: a file that kills its reader takes no mail with it.

    A ``winmail.dat`` is unwrapped here, since what is in it are the mail's attachments.
    """
    if part.data.startswith(TNEF_MAGIC):
        return read_in_process(part)
    return part.document(fields={UNREAD: str(part.depth)})


def _about(file: File, head: dict[str, Any], sent: list[bytes]) -> dict[str, Any]:
    if head["page"] is not None or head["strips"] is not None:
        limit_memory(head["most_memory_bytes"])  # it was read before, and is drawn as large as its page
    if head["page"] is not None:
        sent.append(draw_page(file, head["page"], head["dpi"]))
        return {}
    if head["strips"] is not None:
        from smeflow.documents.show import strips_here

        places = [(int(page), Box(*sides)) for page, *sides in head["strips"]]
        return {"texts": strips_here(file, places)}
    return {"document": packed(read_in_process(file), sent, with_data=False)}


if __name__ == "__main__":
    serve(answer)
