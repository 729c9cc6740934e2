"""Remember for a run what files were read as, so that each is parsed once.

A PDF is worked on, shown to a sink, and lies in a mail besides: it is one file as long as its bytes, its
name and the way to read it are the same.
"""

import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field

from smeflow._text import sha256
from smeflow.documents.base import Document
from smeflow.documents.file import File
from smeflow.documents.kinds import RISKY, sniffed
from smeflow.documents.read import read_guarded

MOST_BYTES = 64_000_000
_OF_A_WORD = 300
"""Bytes of memory, about, that a word with its box takes."""
_Key = tuple[object, ...]


@dataclass(frozen=True)
class _Read:
    document: Document
    depth: int
    """How deep it lay where it was read."""
    height: int
    """How deep what is inside it goes."""
    size: int


@dataclass
class Parsed:
    """Reads files like `read_guarded`, and gives again what was read lately. One a run, safe to share.

    Only files that are read in a child process are kept: the others cost less than finding them.
    """

    most_bytes: int = MOST_BYTES
    _kept: "OrderedDict[_Key, _Read]" = field(default_factory=OrderedDict, init=False, repr=False)
    _under_way: "dict[_Key, Future[_Read]]" = field(default_factory=dict, init=False, repr=False)
    _size: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def read(self, file: File) -> Document:
        """Read *file*, or give what it was read as; the same from several threads at once is read by one.

        Raises:
            DocumentError: It cannot be read.
        """
        file = sniffed(file)
        if file.media_type not in RISKY:
            return read_guarded(file)
        key = (sha256(file.data), file.name, file.media_type, file.ocr, file.limits)
        with self._lock:
            found = self._kept.get(key)
            if found is not None and _same_at(found, file):
                self._kept.move_to_end(key)
                return found.document
            other = self._under_way.get(key)
            mine: Future[_Read] = Future()
            if other is None:
                self._under_way[key] = mine
        if other is not None:
            found = other.result()
            return found.document if _same_at(found, file) else read_guarded(file)
        return self._read_first(key, file, mine)

    def _read_first(self, key: _Key, file: File, mine: "Future[_Read]") -> Document:
        try:
            document = read_guarded(file)
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            mine.set_exception(error)
            raise
        made = _Read(document, file.depth, _height(document), _size_of(document))
        with self._lock:
            del self._under_way[key]
            self._keep(key, made)
        mine.set_result(made)
        return document

    def _keep(self, key: _Key, made: _Read) -> None:
        old = self._kept.pop(key, None)
        self._size += made.size - (old.size if old else 0)
        self._kept[key] = made
        while self._size > self.most_bytes:
            self._size -= self._kept.popitem(last=False)[1].size


def _same_at(found: _Read, file: File) -> bool:
    """Tell whether a file reads the same at another depth: nothing in it lies deeper than is allowed."""
    return found.depth == file.depth or max(found.depth, file.depth) + found.height <= file.limits.depth


def _height(document: Document) -> int:
    return max((1 + _height(part) for part in document.parts), default=0)


def _size_of(document: Document) -> int:
    """Estimate the memory a document takes."""
    return sum(
        len(one.data) + sum(len(page.text) + _OF_A_WORD * len(page.words) for page in one.pages)
        for one in document.walk()
    )
