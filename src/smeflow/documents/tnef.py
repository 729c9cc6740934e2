"""Unwrap ``winmail.dat`` (TNEF): what Outlook makes of attachments for those who do not use Outlook.

Only the files in it are taken; its copy of the text in Outlook's own form is left aside. See [MS-OXTNEF].
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from smeflow.documents.document import Document
from smeflow.documents.file import File, check_limit, read_attached
from smeflow.documents.text import decode_text
from smeflow.errors import UnreadableDocument
from smeflow.i18n import say

TNEF = "application/ms-tnef"
TNEF_MAGIC = b"\x78\x9f\x3e\x22"
_RENDER, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_LONG_NAME, _NAME, _OBJECT = 0x3707, 0x3704, 0x3701
_MANY = 0x1000
"""A property of several values says so in its type."""
_WIDE, _EMBEDDED = 0x1F, 0x0D
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
    note = say(
        "{name} is a wrapping that only Outlook opens; {n} files were taken out of it.",
        name=file.name,
        n=len(files),
    )
    return file.document(parts=parts, problems=(note,))


def files_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give name and bytes of each file; where the data are cut, those before the cut.

    Some writers leave the place of the bytes empty and keep them among the properties.
    """
    name, content, open_ = "", b"", False
    for tag, value in _attributes(data):
        if tag == _RENDER:
            if open_:
                yield name, content
            name, content, open_ = "", b"", True
        elif tag == _TITLE and not name:
            name = decode_text(value.rstrip(b"\0"))
        elif tag == _DATA:
            content, open_ = content or value, True
        elif tag == _PROPERTIES:
            properties = _properties(value)
            name = properties.name or name
            content = properties.content or content
    if open_:
        yield name, content


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 6  # the magic number and a key nobody needs
    while offset + 9 <= len(data):
        tag, length = struct.unpack_from("<HxxI", data, offset + 1)
        start = offset + 9
        if start + length > len(data):
            return
        yield tag, data[start : start + length]
        offset = start + length + 2  # a checksum that many programs write wrong


@dataclass(slots=True)
class _Properties:
    """What the properties of a file say of it."""

    name: str = ""
    content: bytes = b""

    def note(self, property_type: int, tag: int, value: bytes) -> None:
        """Keep a value that is a name or the bytes of the file."""
        if tag == _LONG_NAME or (tag == _NAME and not self.name):
            self.name = _string(value, wide=property_type == _WIDE)
        elif tag == _OBJECT:
            self.content = (
                value[16:] if property_type == _EMBEDDED else value
            )  # 16 bytes say what kind of object


def _properties(data: bytes) -> _Properties:
    """Find name and bytes of a file among its properties, as far as they are understood."""
    properties = _Properties()
    try:
        (count,) = struct.unpack_from("<I", data, 0)
        offset = 4
        for _ in range(min(count, 1_000)):
            property_type, tag = struct.unpack_from("<HH", data, offset)
            offset += 4
            if tag >= 0x8000:
                offset = _past_named(data, offset)
            width = _WIDTHS.get(property_type & ~_MANY)
            if width and not property_type & _MANY:
                offset += width
                continue
            (values,) = struct.unpack_from("<I", data, offset)
            offset += 4
            if width:
                offset += width * values
                continue
            for _ in range(min(values, 1_000)):
                (length,) = struct.unpack_from("<I", data, offset)
                properties.note(property_type, tag, data[offset + 4 : offset + 4 + length])
                offset += 4 + length + (-length % 4)
    except struct.error:
        return properties
    return properties


def _past_named(data: bytes, offset: int) -> int:
    """Step over the name of a property that has one."""
    (by_name,) = struct.unpack_from("<I", data, offset + 16)
    if not by_name:
        return offset + 24
    (length,) = struct.unpack_from("<I", data, offset + 20)
    return offset + 24 + int(length) + (-int(length) % 4)


def _string(value: bytes, *, wide: bool) -> str:
    text = value.decode("utf-16-le", "replace") if wide else decode_text(value)
    return text.rstrip("\0")
