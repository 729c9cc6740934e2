"""Unwrap ``winmail.dat`` (TNEF): what Outlook makes of attachments for those who do not use Outlook.

Only the files in it are taken; its copy of the text in Outlook's own form is left aside. See [MS-OXTNEF].
"""

import struct
from collections.abc import Iterator

from smeflow.documents.document import Document
from smeflow.documents.file import File, check_limit, read_attached
from smeflow.documents.text import decode_text
from smeflow.errors import UnreadableDocument
from smeflow.i18n import say

TNEF = "application/ms-tnef"
TNEF_MAGIC = b"\x78\x9f\x3e\x22"
_RENDER, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_LONG_NAME, _NAME = 0x3707, 0x3704
_WIDTHS = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
"""Bytes of a property of fixed length, by its type."""


def read_tnef(file: File) -> Document:
    """Read the files in a ``winmail.dat`` as parts, and tell what it is.

    Raises:
        UnreadableDocument: It is no TNEF.
        LimitExceeded: It holds too many files.
    """
    if not file.data.startswith(TNEF_MAGIC):
        raise UnreadableDocument(say("{name} is no winmail.dat.", name=file.name), name=file.name)
    files = list(files_in(file.data))
    check_limit("parts", file.limits.parts, len(files), file.name)
    parts = tuple(
        read_attached(file, data, name=name or f"part {n}") for n, (name, data) in enumerate(files, 1)
    )
    told = say(
        "{name} is a wrapping that only Outlook opens; {n} files were taken out of it.",
        name=file.name,
        n=len(files),
    )
    return file.document(parts=parts, problems=(told,))


def files_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give name and bytes of each file; where the data are cut, those before the cut."""
    name, content, open_ = "", b"", False
    for tag, value in _attributes(data):
        if tag == _RENDER:
            if open_:
                yield name, content
            name, content, open_ = "", b"", True
        elif tag == _TITLE and not name:
            name = decode_text(value.rstrip(b"\0"))
        elif tag == _DATA:
            content, open_ = value, True
        elif tag == _PROPERTIES:
            name = _long_name(value) or name
    if open_:
        yield name, content


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 6  # the magic number and a key nobody needs
    while place + 9 <= len(data):
        tag, length = struct.unpack_from("<HxxI", data, place + 1)
        start = place + 9
        if start + length > len(data):
            return
        yield tag, data[start : start + length]
        place = start + length + 2  # a checksum that many programs write wrong


def _long_name(data: bytes) -> str:
    """Find the name of a file among its properties; empty where it has none or they are not understood."""
    found = ""
    try:
        (count,) = struct.unpack_from("<I", data, 0)
        place = 4
        for _ in range(min(count, 1_000)):
            kind, tag = struct.unpack_from("<HH", data, place)
            place += 4
            if tag >= 0x8000:
                place = _past_named(data, place)
            if kind in _WIDTHS:
                place += _WIDTHS[kind]
                continue
            (values,) = struct.unpack_from("<I", data, place)
            place += 4
            for _ in range(min(values, 1_000)):
                (length,) = struct.unpack_from("<I", data, place)
                value = data[place + 4 : place + 4 + length]
                place += 4 + length + (-length % 4)
                if tag in (_LONG_NAME, _NAME) and (tag == _LONG_NAME or not found):
                    found = _string(value, wide=kind == 0x1F)
    except struct.error:
        return found
    return found


def _past_named(data: bytes, place: int) -> int:
    """Step over the name of a property that has one."""
    (kind,) = struct.unpack_from("<I", data, place + 16)
    if not kind:
        return place + 24
    (length,) = struct.unpack_from("<I", data, place + 20)
    return place + 24 + int(length) + (-int(length) % 4)


def _string(value: bytes, *, wide: bool) -> str:
    text = value.decode("utf-16-le", "replace") if wide else decode_text(value)
    return text.rstrip("\0")
