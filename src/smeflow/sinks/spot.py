"""Put a file where it belongs: whole or not at all, never over a change by hand, never through a link.

The folder is opened part by part without following links, so that a folder swapped for a link between two
looks cannot lead a write elsewhere. Windows has no such call: there the resolved path is checked instead.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smeflow._text import sha256
from smeflow.errors import SinkError, system_words
from smeflow.i18n import Phrase, say
from smeflow.sinks.base import SinkMemory

_GUARDED = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_MAX_BESIDE = 99


@dataclass(frozen=True)
class Written:
    """What became of one file."""

    name: str
    changed: bool
    note: Phrase | None = None


@dataclass(frozen=True)
class Spot:
    """An open folder to put files in."""

    folder: Path
    descriptor: int | None

    def read(self, name: str) -> bytes | None:
        """Give a file's bytes, None where there is none."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(self._at(name), flags, dir_fd=self.descriptor), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def replace(self, name: str, data: bytes) -> None:
        """Put a file in place in one go; the bytes are on the disk before it appears."""
        draft = f".{name[:80]}.{secrets.token_hex(4)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._at(draft), flags, 0o666, dir_fd=self.descriptor)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(
                self._at(draft), self._at(name), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor
            )
        except BaseException:
            self.remove(draft)
            raise
        if self.descriptor is not None:
            os.fsync(self.descriptor)

    def remove(self, name: str) -> None:
        """Take a file away; it may be gone already."""
        try:
            os.unlink(self._at(name), dir_fd=self.descriptor)
        except FileNotFoundError:
            return

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else str(self.folder / name)


@contextmanager
def open_spot(folder: Path) -> Iterator[Spot]:
    """Open *folder*, making it where it is not there.

    Raises:
        SinkError: It cannot be made or opened, or a part of its path has become a link.
    """
    with told(folder):
        if not _GUARDED:
            folder.mkdir(parents=True, exist_ok=True)
            if folder.resolve() != folder:
                raise SinkError(_link(folder))
            yield Spot(folder, None)
            return
        descriptor = _descend(folder)
        try:
            yield Spot(folder, descriptor)
        finally:
            os.close(descriptor)


def _descend(folder: Path) -> int:
    here = os.open(folder.anchor or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folder.parts[1 if folder.anchor else 0 :]:
            try:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            except FileNotFoundError:
                os.mkdir(part, dir_fd=here)
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = inner
    except BaseException:
        os.close(here)
        raise
    return here


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the operating system says about *path* into a `SinkError` a person can act on.

    A full disk is left as it is: the runner stops for it.
    """
    import errno

    try:
        yield
    except PermissionError as error:
        raise SinkError(
            say(
                "{path} cannot be written: {reason}. Close it where it is open, then run again.",
                path=path,
                reason=system_words(error),
            )
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}:
            raise
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise SinkError(_link(path)) from error
        raise SinkError(
            say("{path} cannot be written: {reason}.", path=path, reason=system_words(error))
        ) from error


def _link(path: Path) -> Phrase:
    return say(
        "{path} cannot be written: a part of it is a link or no folder.",
        path=path,
    )


def put_file(spot: Spot, name: str, data: bytes, memory: SinkMemory, key: str) -> Written:
    """Put *data* under *name*, or beside it where somebody changed what was written last.

    *key* is what the memory knows the file by. Equal bytes are not written again.
    """
    new = sha256(data)
    current = _hash(spot, name)
    if current == new:
        if memory.get(key) != new:
            memory[key] = new
        return Written(name, changed=False)
    if current is None or current in memory.get(key, "").split():
        memory[key] = f"{current or '-'} {new}"  # either may be found after a crash; both are ours
        spot.replace(name, data)
        memory[key] = new
        return Written(name, changed=True)
    return _beside(spot, name, data, memory, key)


def _beside(spot: Spot, name: str, data: bytes, memory: SinkMemory, key: str) -> Written:
    stem, ending = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
    for n in range(1, _MAX_BESIDE):
        other = f"{stem}.new{n if n > 1 else ''}{ending}"
        current = _hash(spot, other)
        known = memory.get(f"{key}+{n}", "").split()
        if current is None or current == sha256(data) or current in known:
            note = say(
                "{path} was changed by hand and is left as it is; the new one is {other}.",
                path=spot.folder / name,
                other=other,
            )
            if key not in memory:
                note = say(
                    "{path} was not written from this ledger, but by hand or from another one (--state), "
                    "and is left as it is; the new one is {other}.",
                    path=spot.folder / name,
                    other=other,
                )
            if current != sha256(data):
                memory[f"{key}+{n}"] = f"{current or '-'} {sha256(data)}"
                spot.replace(other, data)
            memory[f"{key}+{n}"] = sha256(data)
            return Written(other, changed=current != sha256(data), note=note)
    raise SinkError(
        say("{path} was changed by hand, and so was every file beside it.", path=spot.folder / name)
    )


def take_file(spot: Spot, name: str, memory: SinkMemory, key: str) -> Phrase | None:
    """Take away a file that no longer belongs there, unless somebody changed it; forget it either way."""
    current = _hash(spot, name)
    ours = current is None or current in memory.get(key, "").split()
    if ours:
        spot.remove(name)
    memory.pop(key, None)
    if ours:
        return None
    return say("{path} is out of date and was changed by hand: it is left as it is.", path=spot.folder / name)


def _hash(spot: Spot, name: str) -> str | None:
    data = spot.read(name)
    return None if data is None else sha256(data)
