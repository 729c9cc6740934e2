"""The files of a folder, as they lie there now."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, PrivateAttr

from smeflow._text import sha256
from smeflow.documents.archives import mails_in
from smeflow.documents.document import MAIL
from smeflow.errors import SourceError, os_error_reason
from smeflow.i18n import Phrase, say
from smeflow.kinds.sources import Arrival, DiskSource, UnreadableArrival, make_arrival

MAX_BYTES = 50_000_000
_LEFT_OUT_ENDINGS = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".swp", "~")
_LEFT_OUT = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
_MEDIA_TYPES = {
    ".eml": MAIL,
    ".msg": "application/vnd.ms-outlook",
    ".pdf": "application/pdf",
    ".xml": "application/xml",
    ".html": "text/html",
    ".htm": "text/html",
    ".txt": "text/plain",
    ".md": "text/plain",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heic",
    ".heif": "image/heic",
    ".zip": "application/zip",
}


NamePatterns = Annotated[
    tuple[str, ...], BeforeValidator(lambda written: (written,) if isinstance(written, str) else written)
]
"""One pattern of names such as ``*.pdf``, or several."""


def name_matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name fits a pattern; one with a ``/`` is held against the whole path. Case does not count."""
    whole = name.casefold()
    last = whole.rpartition("/")[2]
    return any(fnmatchcase(whole if "/" in p else last, p) for p in map(str.casefold, patterns))


class Folder(DiskSource):
    """Every file of a folder and of the folders in it. A file is a case; of an ``.mbox`` each mail is one.

    What was taken in stays when its file is moved away; with ``mirror`` it goes along.
    """

    place: ClassVar[str] = "folder"

    folder: str
    """The folder, relative to the recipe."""
    match: NamePatterns = ("*",)
    """Which names: ``*.pdf``; with a ``/``, which paths: ``2026/*.eml``. Case does not count."""
    recursive: bool = True
    """Whether folders inside are gone through too."""
    mirror: bool = False
    """Whether a file that is taken out of the folder takes its rows out of tables and books."""
    _left_out: list[str] = PrivateAttr(default_factory=list)

    @property
    def keeps_items(self) -> bool:
        """What was taken in stays when it is filed elsewhere, unless the folder is a mirror."""
        return not self.mirror

    @property
    def left_out(self) -> tuple[str, ...]:
        """The files whose names no pattern fits."""
        return tuple(self._left_out)

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the files in the order of their paths."""
        if not self._path.is_dir():
            raise SourceError(say("The folder {path} is not there.", path=self._path))
        root = self._path.resolve()
        self._left_out.clear()
        for path, key in sorted(_files(root, root, recursive=self.recursive), key=lambda pair: pair[1]):
            if name_matches(key, self.match):
                yield from (
                    mails_of_archive(path, key) if _is_archive(path, root) else (_take(path, key, root),)
                )
            else:
                self._left_out.append(key)


def mails_of_archive(path: Path, key: str) -> Iterator[Arrival | UnreadableArrival]:
    """Give each mail of an archive (``.mbox``) as an item of its own, known by its content."""
    times: Counter[str] = Counter()
    try:
        with path.open("rb") as stream:
            for number, mail in enumerate(mails_in(stream, MAX_BYTES), 1):
                if mail is None:
                    why = say("mail {n} is larger than {limit} bytes", n=number, limit=MAX_BYTES)
                    yield UnreadableArrival(key=f"{key}/{number}", phrase=why)
                    continue
                mark = sha256(mail)[:20]
                times[mark] += 1
                again = f"-{times[mark]}" if times[mark] > 1 else ""
                yield make_arrival(
                    f"{key}/{mark}{again}", f"{path.stem} {number}.eml", _MEDIA_TYPES[".eml"], mail
                )
    except OSError as error:
        yield UnreadableArrival(
            key=key, phrase=say("cannot be read: {reason}", reason=os_error_reason(error))
        )
    if not times:
        yield UnreadableArrival(key=key, phrase=say("holds no mail"))


def _is_archive(path: Path, root: Path) -> bool:
    return path.suffix.casefold() == ".mbox" and path.is_file() and not _leads_out(path, root)


def _leads_out(path: Path, root: Path) -> bool:
    """Tell whether *path* is a link out of the folder; one that leads in a circle leads nowhere."""
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root)


def _files(folder: Path, root: Path, *, recursive: bool) -> Iterator[tuple[Path, str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        phrase = say(
            "The folder {path} cannot be read: {reason}.", path=folder, reason=os_error_reason(error)
        )
        raise SourceError(phrase) from None
    for entry in entries:
        if _left_out(entry.name):
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if recursive:
                yield from _files(path, root, recursive=True)
        else:
            # links to folders are not gone into: they may lead out, or round in a circle
            yield path, _printable(path.relative_to(root).as_posix())


def _left_out(name: str) -> bool:
    low = name.casefold()
    return low.startswith((".", "~$")) or low in _LEFT_OUT or low.endswith(_LEFT_OUT_ENDINGS)


def _printable(key: str) -> str:
    """A file's name may hold bytes that are no text; the ledger keeps text."""
    return key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _take(path: Path, key: str, root: Path) -> Arrival | UnreadableArrival:
    why = _refusal(path, root)
    if why is not None:
        return UnreadableArrival(key=key, phrase=why)
    try:
        data = _whole_bytes(path)
    except OSError as error:
        return UnreadableArrival(
            key=key, phrase=say("cannot be read: {reason}", reason=os_error_reason(error))
        )
    if data is None:
        return UnreadableArrival(key=key, phrase=say("is being written; the next run reads it"))
    media_type = _MEDIA_TYPES.get(path.suffix.casefold(), "application/octet-stream")
    return make_arrival(key, _printable(path.name), media_type, data)


_LOOKS = 3
"""So many times a file that changes while it is read is read again."""


def _whole_bytes(path: Path) -> bytes | None:
    """Give the bytes of a file as long as it says, which nobody wrote while it was read; else None.

    Some systems set the time of the last change late: a file that reads the same twice is whole too.
    """
    earlier: bytes | None = None
    for _ in range(_LOOKS):
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            data = file.read()
            after = os.fstat(file.fileno())
        if before.st_size == len(data) == after.st_size and (
            before.st_mtime_ns == after.st_mtime_ns or data == earlier
        ):
            return data
        earlier = data
    return None


def _refusal(path: Path, root: Path) -> Phrase | None:
    try:
        if _leads_out(path, root):
            return say("is a link that leads out of the folder")
        if not path.is_file():
            return say("is no file")
        size = path.stat().st_size
    except OSError as error:
        return say("cannot be read: {reason}", reason=os_error_reason(error))
    if size > MAX_BYTES:
        return say("is larger than {limit} bytes ({found})", limit=MAX_BYTES, found=size)
    return None
