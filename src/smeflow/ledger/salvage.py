"""Read what can still be read of a damaged SQLite file, page by page, whatever became of its trees.

A row of a table lies in a leaf page, and a leaf page says of itself that it is one. So every page is looked
at, but for those that the file lists as free: these keep what was deleted. Which table a row is of, and that
it is whole, its checksum says. The format is that of https://sqlite.org/fileformat2.html.
"""

import contextlib
import struct
import zlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from smeflow._text import sha256
from smeflow.ledger.opening import CompiledSql
from smeflow.ledger.writer import Row, checksum

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_PAGE_BYTES = 4096
"""What a page of ours has where the file no longer says it."""
_LEAF, _INTERIOR = 0x0D, 0x05
_INDEX_HEADER = {0x02: 12, 0x0A: 8}
"""The pages of indexes, and how long the header of each is."""
_WAL_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
_NUMBER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_MAX_OVERFLOW_BYTES = 1 << 31
Values: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class BrokenRow:
    """A row that is there and is not what was written."""

    table: str
    """Empty where no page tells of which table it is."""
    key: int


class DamagedFile:
    """The pages of a ledger's file, with what its write-ahead file adds. Nothing is written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._wal_path = path.with_name(path.name + "-wal")
        head = self._file.read(_HEADER_BYTES)
        self.page_bytes = _page_bytes(head)
        self._wal = self._wal_path.open("rb") if self._wal_path.is_file() else None
        self._newer = self._frames()
        size = path.stat().st_size
        self.pages = max(-(-size // self.page_bytes), *self._newer, 0)
        self.cut = bool(size % self.page_bytes)
        """The file ends within a page."""
        self.free = self._free_pages()
        self.overflow: set[int] = set()
        """Pages that hold the rest of a long row; known once the rows were gone through."""

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        if self._wal is not None:
            self._wal.close()

    def page(self, number: int) -> bytes:
        """Give a page, filled up with zeros where the file ends too early."""
        if number in self._newer and self._wal is not None:
            self._wal.seek(self._newer[number])
            return self._wal.read(self.page_bytes)
        self._file.seek((number - 1) * self.page_bytes)
        return self._file.read(self.page_bytes).ljust(self.page_bytes, b"\0")

    def _frames(self) -> dict[int, int]:
        """Give where the write-ahead file has a newer state of a page, committed and whole."""
        if self._wal is None:
            return {}
        head = self._wal.read(32)
        order = _WAL_MAGIC.get(int.from_bytes(head[:4], "big")) if len(head) == 32 else None
        if order is None or int.from_bytes(head[8:12], "big") != self.page_bytes:
            return {}
        sums = _wal_sums(head[:24], (0, 0), order)
        committed: dict[int, int] = {}
        pending: dict[int, int] = {}
        while len(frame := self._wal.read(24 + self.page_bytes)) == 24 + self.page_bytes:
            sums = _wal_sums(frame[24:], _wal_sums(frame[:8], sums, order), order)
            if frame[8:16] != head[16:24] or struct.unpack(">II", frame[16:24]) != sums:
                break
            pending[int.from_bytes(frame[:4], "big")] = self._wal.tell() - self.page_bytes
            if frame[4:8] != b"\0\0\0\0":
                committed |= pending
                pending = {}
        return committed

    def _free_pages(self) -> set[int]:
        """Give the pages that hold nothing any more; as many of them as the list can be followed for."""
        head = self.page(1)
        free: set[int] = set()
        if head[: len(_MAGIC)] != _MAGIC:
            return free
        trunk = int.from_bytes(head[32:36], "big")
        while 1 < trunk <= self.pages and trunk not in free:
            free.add(trunk)
            page = self.page(trunk)
            count = int.from_bytes(page[4:8], "big")
            if count > (self.page_bytes - 8) // 4:
                break
            free.update(struct.unpack(f">{count}I", page[8 : 8 + 4 * count]))
            trunk = int.from_bytes(page[:4], "big")
        return free

    def tables(self) -> dict[int, str]:
        """Give the table that pages are of, as far as the file's own trees can be followed."""
        owner: dict[int, str] = {1: ""}
        for leaf in self._leaves(1, {}):
            owner[leaf] = ""
            for _, row in self.rows(leaf) if self.page(leaf)[100 if leaf == 1 else 0] == _LEAF else ():
                if row is not None and len(row) == 5 and row[0] == "table" and isinstance(row[3], int):
                    for page in self._leaves(row[3], owner):
                        owner[page] = str(row[1])
        return owner

    def _leaves(self, root: int, seen: Container[int]) -> Iterator[int]:
        """Give the pages a tree ends in; one that is no leaf is broken."""
        below, met = [root], set[int]()
        while below:
            number = below.pop()
            if not 0 < number <= self.pages or number in met or (number in seen and number != root):
                continue
            met.add(number)
            page, start = self.page(number), _HEADER_BYTES if number == 1 else 0
            if page[start] != _INTERIOR:
                yield number
            else:
                below += [int.from_bytes(page[at : at + 4], "big") for at in self._cells(page, start, 12)]
                below.append(int.from_bytes(page[start + 8 : start + 12], "big"))

    def _cells(self, page: bytes, start: int, header: int) -> Iterator[int]:
        """Give where the cells of a page begin."""
        count = min(int.from_bytes(page[start + 3 : start + 5], "big"), self.page_bytes // 2)
        for n in range(start + header, start + header + 2 * count, 2):
            yield int.from_bytes(page[n : n + 2], "big")

    def leaves(self) -> Iterator[int]:
        """Give the pages in use that hold rows of tables, in order; not the list of tables itself."""
        for number in range(2, self.pages + 1):
            if number not in self.free and self.page(number)[0] == _LEAF:
                yield number

    def unreadable(self) -> list[int]:
        """Give the pages that are of no kind though in use, and the first cut off; ask after the rows."""
        head = self.page(1)
        whole = head[: len(_MAGIC)] == _MAGIC
        odd: set[int] = set()
        for number in range(2, self.pages + 1):
            kind = 0 if number in self.free else self.page(number)[0]
            if kind in _INDEX_HEADER:
                self._note_overflow(self.page(number), _INDEX_HEADER[kind])
            elif kind not in (_LEAF, _INTERIOR) and number not in self.free:
                odd.add(number)
        cut = [self.pages + 1] if self.pages_cut() else []
        return [*([] if whole else [1]), *sorted(odd - self.overflow), *cut]

    def pages_cut(self) -> int:
        """Count the pages behind the end of the file that it says it has."""
        head = self.page(1)
        believed = head[: len(_MAGIC)] == _MAGIC and head[24:28] == head[92:96]
        return max(int.from_bytes(head[28:32], "big") - self.pages, 0) if believed else 0

    def _note_overflow(self, page: bytes, header: int) -> None:
        """Note the pages that long keys of an index go on in."""
        most = (self.page_bytes - 12) * 64 // 255 - 23
        for at in self._cells(page, 0, header):
            with contextlib.suppress(ValueError, IndexError):
                size, start = _varint(page, at + header - 8)
                self._payload(page, start, size, most)

    def rows(self, number: int) -> Iterator[tuple[int, Values | None]]:
        """Give the number and the values of each row in a leaf page; None where they cannot be read."""
        page, start = self.page(number), _HEADER_BYTES if number == 1 else 0
        for at in self._cells(page, start, 8):
            key = 0
            try:
                size, begin = _varint(page, at)
                key, begin = _varint(page, begin)
                yield key, _values(self._payload(page, begin, size, self.page_bytes - 35))
            except (ValueError, IndexError, struct.error):
                yield key, None

    def _payload(self, page: bytes, at: int, size: int, most: int) -> bytes:
        """Give the bytes of a cell; *most* is how many of them a page holds itself."""
        if size <= most:
            return page[at : at + size]
        least = (self.page_bytes - 12) * 32 // 255 - 23
        local = least + (size - least) % (self.page_bytes - 4)
        local = local if local <= most else least
        if size > _MAX_OVERFLOW_BYTES:
            raise ValueError(size)
        parts, left = [page[at : at + local]], size - local
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        seen: set[int] = set()
        while left > 0:
            if not 1 < following <= self.pages or following in seen:
                raise ValueError(following)
            seen.add(following)
            more = self.page(following)
            parts.append(more[4 : 4 + left])
            left -= self.page_bytes - 4
            following = int.from_bytes(more[:4], "big")
        self.overflow |= seen
        return b"".join(parts)


def _page_bytes(head: bytes) -> int:
    size = int.from_bytes(head[16:18], "big") if head[: len(_MAGIC)] == _MAGIC else 0
    size = 65536 if size == 1 else size
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else _PAGE_BYTES


def _wal_sums(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for n in range(0, len(words), 2):
        first = (first + words[n] + second) & 0xFFFFFFFF
        second = (second + words[n + 1] + first) & 0xFFFFFFFF
    return first, second


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(8):
        byte = data[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >> 63 else value, at + 9


def _values(payload: bytes) -> Values:
    """Read a record: a list of types, then the values."""
    header, at = _varint(payload, 0)
    kinds = []
    while at < header:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[object] = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    if at > len(payload):
        raise ValueError(at)
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[object, int]:
    if kind >= 12:
        end = at + (kind - 12) // 2
        data = payload[at:end]
        return (data.decode() if kind % 2 else data), end
    if kind in _NUMBER_BYTES:
        end = at + _NUMBER_BYTES[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind == 7:
        return struct.unpack(">d", payload[at : at + 8])[0], at + 8
    return {0: None, 8: 0, 9: 1}[kind] if kind in (0, 8, 9) else _refuse(kind), at


def _refuse(kind: int) -> object:
    raise ValueError(kind)


class RowFinder:
    """Tells of which table a row is, and whether it is whole."""

    def __init__(self, sql: CompiledSql) -> None:
        self._sql = sql
        self._by_width: dict[int, list[str]] = {}
        for table, columns in sql.columns.items():
            self._by_width.setdefault(len(columns), []).append(table)

    def find(self, key: int, values: Values, owner: str | None) -> tuple[str, Row] | BrokenRow | None:
        """Give the table and the row; *owner* is the table its page is known to be of.

        None for a row of no table of ours, such as the list of tables itself.
        """
        if owner is not None and owner not in self._sql.columns:
            return None
        if owner is None and len(values) == 5 and values[0] in ("table", "index"):
            return None
        likely = [owner] if owner else self._by_width.get(len(values), [])
        for table in likely:
            row = self._row(table, key, values)
            if row is not None and (owner or _is_plausible(table, row)):
                return table, row
        return BrokenRow(table=owner or (likely[0] if len(likely) == 1 else ""), key=key)

    def _row(self, table: str, key: int, values: Values) -> Row | None:
        columns = self._sql.columns[table]
        if len(columns) != len(values):
            return None
        row: dict[str, Any] = dict(zip(columns, values, strict=True))
        if columns[0] in NUMBERED:
            row[columns[0]] = key
        if table == "blobs" and not (row["data"] is None or sha256(row["data"] or b"") == row["sha256"]):
            return None
        try:
            return row if checksum(table, row, self._sql) == row["crc"] else None
        except (TypeError, ValueError, zlib.error):
            return None


NUMBERED = frozenset({"id", "call", "n"})
"""First columns that are the row's number, which SQLite keeps beside the row."""
_WORDS: dict[str, Callable[[Row], bool]] = {
    "memory": lambda row: isinstance(row["value"], str) and row["name"] != "schema",
    "meta": lambda row: row["name"] == "schema",
    "spent": lambda row: (
        isinstance(row["nanos"], int) and row["purse"].startswith(("run ", "month ", "item "))
    ),
    "stamps": lambda row: isinstance(row["changes"], int),
    "deliveries": lambda row: isinstance(row["rows"], int),
    "places": lambda row: isinstance(row["uid"], int),
    "effects": lambda row: isinstance(row["run"], int),
    "reviews": lambda row: isinstance(row["item"], int),
}
"""What tells tables of one width apart where no page says which it is."""


def _is_plausible(table: str, row: Row) -> bool:
    """Tell whether a row of a page of no known table is one of *table*; the checksum holds already."""
    test = _WORDS.get(table)
    return test is None or test(row)
