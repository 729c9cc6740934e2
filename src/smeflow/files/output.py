"""Put each item's file where it belongs: whole or not at all, never over a change by hand.

Its path, ``out/{kind.label}/{name}``, is made of harmless parts. The folder is opened part by part without
following links, so that a folder swapped for a link between two looks cannot lead a write elsewhere. Windows
has no such call: there the resolved path is checked instead.
"""

import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from smeflow._system import DISK_FULL, O_BINARY, O_NOFOLLOW, safe_path_part
from smeflow._text import sha256
from smeflow.errors import SinkError, os_error_reason
from smeflow.expressions.language import Expression, ExpressionError
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory
from smeflow.values.cells import cell_of, text_of

_GUARDED = os.open in os.supports_dir_fd and bool(O_NOFOLLOW)
_MAX_BESIDE = 99


@dataclass(frozen=True)
class WrittenFile:
    """What became of one file."""

    name: str
    changed: bool
    note: Phrase | None = None


@dataclass(frozen=True)
class OpenFolder:
    """An open folder to put files in."""

    folder: Path
    descriptor: int | None

    def read(self, name: str) -> bytes | None:
        """Give a file's bytes, None where there is none."""
        flags = os.O_RDONLY | O_NOFOLLOW | O_BINARY
        try:
            with os.fdopen(os.open(self._at(name), flags, dir_fd=self.descriptor), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def replace(self, name: str, data: bytes) -> None:
        """Put a file in place in one go; the bytes are on the disk before it appears."""
        draft = f".{name[:80]}.{secrets.token_hex(4)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | O_BINARY
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
def open_folder(folder: Path) -> Iterator[OpenFolder]:
    """Open *folder*, making it where it is not there.

    Raises:
        SinkError: It cannot be made or opened, or a part of its path has become a link.
    """
    with os_errors_as_sink_error(folder):
        if not _GUARDED:
            folder.mkdir(parents=True, exist_ok=True)
            if folder.resolve() != folder:
                raise SinkError(_link(folder))
            yield OpenFolder(folder, None)
            return
        descriptor = _descend(folder)
        try:
            yield OpenFolder(folder, descriptor)
        finally:
            os.close(descriptor)


def _descend(folder: Path) -> int:
    descriptor = os.open(folder.anchor or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folder.parts[1 if folder.anchor else 0 :]:
            try:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            except FileNotFoundError:
                os.mkdir(part, dir_fd=descriptor)
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def os_errors_as_sink_error(path: Path) -> Iterator[None]:
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
                reason=os_error_reason(error),
            )
        ) from error
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise SinkError(_link(path)) from error
        raise SinkError(
            say("{path} cannot be written: {reason}.", path=path, reason=os_error_reason(error))
        ) from error


def _link(path: Path) -> Phrase:
    return say("{path} cannot be written: a part of it is a link or no folder.", path=path)


def put_file(spot: OpenFolder, name: str, data: bytes, memory: SinkMemory, key: str) -> WrittenFile:
    """Put *data* under *name*, or beside it where somebody changed what was written last.

    *key* is what the memory knows the file by. Equal bytes are not written again.
    """
    new = sha256(data)
    current = _hash(spot, name)
    if current == new:
        if memory.get(key) != new:
            memory[key] = new
        return WrittenFile(name, changed=False)
    if current is None or current in memory.get(key, "").split():
        memory[key] = f"{current or '-'} {new}"  # either may be found after a crash; both are ours
        spot.replace(name, data)
        memory[key] = new
        return WrittenFile(name, changed=True)
    return _beside(spot, name, data, memory, key)


def _beside(spot: OpenFolder, name: str, data: bytes, memory: SinkMemory, key: str) -> WrittenFile:
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
            return WrittenFile(other, changed=current != sha256(data), note=note)
    raise SinkError(
        say("{path} was changed by hand, and so was every file beside it.", path=spot.folder / name)
    )


def put_whole_file(path: Path, data: bytes, memory: SinkMemory, key: str, *, rows: int) -> Put:
    """Put the one file of a sink at *path*, as `put_file` does; *rows* is what stands in it."""
    with open_folder(path.parent) as spot, os_errors_as_sink_error(path):
        written = put_file(spot, path.name, data, memory, key)
    return Put(
        path=str(path.with_name(written.name)),
        rows=rows,
        sha256=sha256(data),
        changed=written.changed,
        notes=(written.note,) if written.note else (),
    )


def remove_file(spot: OpenFolder, name: str, memory: SinkMemory, key: str) -> Phrase | None:
    """Take away a file that no longer belongs there, unless somebody changed it; forget it either way."""
    current = _hash(spot, name)
    ours = current is None or current in memory.get(key, "").split()
    if ours:
        spot.remove(name)
    memory.pop(key, None)
    if ours:
        return None
    return say("{path} is out of date and was changed by hand: it is left as it is.", path=spot.folder / name)


def _hash(spot: OpenFolder, name: str) -> str | None:
    data = spot.read(name)
    return None if data is None else sha256(data)


_FIELD = re.compile(r"\{([^{}]*)\}")
_OWN = ("key", "name", "stem", "suffix")
PathPiece = str | Expression
MAX_PARTS = 12


@dataclass(frozen=True)
class TargetPath:
    """A path with holes: a fixed folder, and parts made for each item."""

    base: Path
    name: str
    """The whole path as the recipe names it."""
    parts: tuple[tuple[PathPiece, ...], ...]

    @classmethod
    def of(cls, written: str, recipe: RecipeContext) -> "TargetPath":
        """Read a path such as ``out/{kind.label}/{name}``.

        Raises:
            ValueError: It leads out of the allowed folders, or a hole in it is no expression.
        """
        pieces = written.replace("\\", "/").split("/")
        fixed = 0
        while fixed < len(pieces) - 1 and "{" not in pieces[fixed]:
            fixed += 1
        folder = "/".join(pieces[:fixed]) or ("/" if written.startswith("/") else ".")
        base = recipe.path(folder).resolve()
        if len(pieces) - fixed > MAX_PARTS or any(part in {"", ".", ".."} for part in pieces[fixed:]):
            raise ValueError(say("{path} is no path for files: a part is empty or leads back", path=written))
        parts = tuple(_pieces(part, recipe.compile, written) for part in pieces[fixed:])
        inside = "/".join([recipe.shown(folder), *pieces[fixed:]])
        return cls(base, inside.removeprefix("./"), parts)

    def path_of(self, item: SinkItem) -> tuple[str, ...]:
        """Give the parts of an item's path below ``base``."""
        return tuple(safe_path_part("".join(_filled(piece, item) for piece in part)) for part in self.parts)


@dataclass(frozen=True)
class VersionedTargetPath(TargetPath):
    """A target whose items may have versions: ``2026-10.pdf``, then ``2026-10-v2.pdf`` beside it."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    """Which version an item has, by its key."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many versions there were of it."""

    def path_of(self, item: SinkItem) -> tuple[str, ...]:
        """Give the parts of an item's path, with the number of its version from the second on."""
        return self._numbered(item, self.numbers.get(item.key, 1))

    def all_of(self, items: Iterable[SinkItem]) -> Iterator[tuple[str, ...]]:
        """Give the paths of all versions there were of *items*."""
        for item in items:
            for number in range(1, self.counts.get(item.key, 0) + 1):
                yield self._numbered(item, number)

    def _numbered(self, item: SinkItem, number: int) -> tuple[str, ...]:
        *folders, last = TargetPath.path_of(self, item)
        stem, dot, suffix = last.rpartition(".")
        return (*folders, f"{stem}-v{number}{dot}{suffix}" if number > 1 else last)


def _pieces(part: str, compile_text: Callable[[str], Expression], written: str) -> tuple[PathPiece, ...]:
    pieces: list[PathPiece] = []
    end = 0
    for hole in _FIELD.finditer(part):
        pieces.append(part[end : hole.start()])
        text = hole[1].strip()
        pieces.append(f"\0{text}" if text in _OWN else _read(text, compile_text, written))
        end = hole.end()
    pieces.append(part[end:])
    if any(isinstance(piece, str) and ("{" in piece or "}" in piece) for piece in pieces):
        raise ExpressionError(
            say("{path}: write {{name}} or {{step.field}}, with one pair of braces", path=written)
        )
    return tuple(piece for piece in pieces if piece != "")


def _read(text: str, compile_text: Callable[[str], Expression], written: str) -> Expression:
    expression = compile_text(text)
    if not expression.reads:
        raise ExpressionError(
            say("{path}: write {{name}} or {{step.field}}, with one pair of braces", path=written)
        )
    return expression


def _filled(piece: PathPiece, item: SinkItem) -> str:
    if isinstance(piece, Expression):
        return text_of(cell_of(piece(item.case))) or "_"
    if not piece.startswith("\0"):
        return piece
    stem, dot, suffix = item.name.rpartition(".")
    if not stem or len(suffix) > 8:
        stem, dot, suffix = item.name, "", ""
    own = {"key": item.key, "name": item.name, "stem": stem, "suffix": dot + suffix}
    return own[piece[1:]]


def put_files(
    target: TargetPath,
    files: Iterable[tuple[SinkItem, bytes]],
    memory: SinkMemory,
    kind: str,
    *,
    keep: Collection[tuple[str, ...]] = (),
) -> Put:
    """Put a file for each item, and take away what was put there before and no item asks for any more.

    *keep*: files that stay although no item asks for them: approved once, while a new version waits.
    """
    prefix = f"{kind} {target.name}\t"
    placed = dict(_placed(target, files))
    keys = {parts: prefix + "/".join(parts) for parts in placed}
    # what will be there is noted for all files at once, before the first is written and again behind the last
    hashes = {keys[parts]: sha256(data) for parts, data in placed.items()}
    memory.update({k: _either(memory.get(k), new) for k, new in hashes.items() if memory.get(k) != new})
    remembered = {key: memory[key] for key in list(memory) if key.startswith(prefix)}
    notes: list[Phrase] = []
    changed = False
    for folder, group in groupby(sorted(placed, key=lambda parts: (parts[:-1], parts)), lambda p: p[:-1]):
        place = target.base.joinpath(*folder)
        with open_folder(place) as spot, os_errors_as_sink_error(place):
            for parts in group:
                written = put_file(spot, parts[-1], placed[parts], remembered, keys[parts])
                changed = changed or written.changed
                notes += [written.note] if written.note else []
    memory.update({key: value for key, value in remembered.items() if memory.get(key) != value})
    kept = {prefix + "/".join(parts) for parts in keep}
    for key in sorted(remembered.keys() - hashes.keys() - kept):
        if re.search(r"\+\d+$", key):  # stands beside a file changed by hand
            continue
        parts = tuple(key.removeprefix(prefix).split("/"))
        with open_folder(target.base.joinpath(*parts[:-1])) as spot, os_errors_as_sink_error(spot.folder):
            note = remove_file(spot, parts[-1], memory, key)
        changed = True
        notes += [note] if note else []
    done = sha256("\n".join(f"{key} {hashes[key]}" for key in sorted(hashes)))
    return Put(path=str(target.base), rows=len(placed), sha256=done, changed=changed, notes=tuple(notes))


def _either(old: str | None, new: str) -> str:
    return " ".join([*(old or "").split()[-1:], new])


def _placed(
    target: TargetPath, files: Iterable[tuple[SinkItem, bytes]]
) -> Iterable[tuple[tuple[str, ...], bytes]]:
    """Give each file its path; where two would share one, the later by key gets a mark of its item."""
    taken: set[str] = set()
    for item, data in sorted(files, key=lambda pair: pair[0].key):
        parts = target.path_of(item)
        stem, dot, suffix = parts[-1].rpartition(".")
        mark = sha256(item.key)
        while "/".join(parts).casefold() in taken:  # a file may be called as another one is marked
            last = f"{stem}~{mark[:8]}{dot}{suffix}" if stem else f"{dot}{suffix}~{mark[:8]}"
            parts, mark = (*parts[:-1], last), sha256(mark)
        taken.add("/".join(parts).casefold())
        yield parts, data
