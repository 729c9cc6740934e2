"""Where each item's file goes: ``out/{kind.label}/{name}``, made of harmless parts."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from smeflow._paths import resolve, safe_part, shown
from smeflow._text import sha256
from smeflow.expression import Expression, ExpressionError, parse
from smeflow.i18n import Phrase, say
from smeflow.sinks.base import Put, SinkItem, SinkMemory
from smeflow.sinks.cells import cell_of, text_of
from smeflow.sinks.spot import open_spot, put_file, take_file, told

_FIELD = re.compile(r"\{([^{}]*)\}")
_OWN = ("key", "name", "stem", "suffix")
Piece = str | Expression
MAX_PARTS = 12


@dataclass(frozen=True)
class Target:
    """A path with holes: a fixed folder, and parts made for each item."""

    base: Path
    name: str
    """The whole path as the recipe names it."""
    parts: tuple[tuple[Piece, ...], ...]

    @classmethod
    def of(cls, written: str, context: Mapping[str, Any] | None) -> "Target":
        """Read a path such as ``out/{kind.label}/{name}``.

        Raises:
            ValueError: It leads out of the allowed folders, or a hole in it is no expression.
        """
        pieces = written.replace("\\", "/").split("/")
        fixed = 0
        while fixed < len(pieces) - 1 and "{" not in pieces[fixed]:
            fixed += 1
        folder = "/".join(pieces[:fixed]) or ("/" if written.startswith("/") else ".")
        base = resolve(folder, context) if context else Path(folder).resolve()
        if len(pieces) - fixed > MAX_PARTS or any(part in {"", ".", ".."} for part in pieces[fixed:]):
            raise ValueError(say("{path} is no path for files: a part is empty or leads back", path=written))
        compile_text: Callable[[str], Expression] = (context or {}).get("compile", parse)
        parts = tuple(_pieces(part, compile_text, written) for part in pieces[fixed:])
        inside = "/".join([shown(base, context) if context else folder, *pieces[fixed:]])
        return cls(base, inside.removeprefix("./"), parts)

    def path_of(self, item: SinkItem) -> tuple[str, ...]:
        """Give the parts of an item's path below ``base``."""
        return tuple(safe_part("".join(_filled(piece, item) for piece in part)) for part in self.parts)


@dataclass(frozen=True)
class Versioned(Target):
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
        *folders, last = Target.path_of(self, item)
        stem, dot, suffix = last.rpartition(".")
        return (*folders, f"{stem}-v{number}{dot}{suffix}" if number > 1 else last)


def _pieces(part: str, compile_text: Callable[[str], Expression], written: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    end = 0
    for hole in _FIELD.finditer(part):
        found.append(part[end : hole.start()])
        text = hole[1].strip()
        found.append(f"\0{text}" if text in _OWN else _read(text, compile_text, written))
        end = hole.end()
    found.append(part[end:])
    if any(isinstance(piece, str) and ("{" in piece or "}" in piece) for piece in found):
        raise ExpressionError(
            say("{path}: write {{name}} or {{step.field}}, with one pair of braces", path=written)
        )
    return tuple(piece for piece in found if piece != "")


def _read(text: str, compile_text: Callable[[str], Expression], written: str) -> Expression:
    expression = compile_text(text)
    if not expression.reads:
        raise ExpressionError(
            say("{path}: write {{name}} or {{step.field}}, with one pair of braces", path=written)
        )
    return expression


def _filled(piece: Piece, item: SinkItem) -> str:
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
    target: Target,
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
    seen = {key: memory[key] for key in list(memory) if key.startswith(prefix)}
    notes: list[Phrase] = []
    changed = False
    for folder, group in groupby(sorted(placed, key=lambda parts: (parts[:-1], parts)), lambda p: p[:-1]):
        place = target.base.joinpath(*folder)
        with open_spot(place) as spot, told(place):
            for parts in group:
                written = put_file(spot, parts[-1], placed[parts], seen, keys[parts])
                changed = changed or written.changed
                notes += [written.note] if written.note else []
    memory.update({key: value for key, value in seen.items() if memory.get(key) != value})
    kept = {prefix + "/".join(parts) for parts in keep}
    for key in sorted(seen.keys() - hashes.keys() - kept):
        if re.search(r"\+\d+$", key):  # stands beside a file changed by hand
            continue
        parts = tuple(key.removeprefix(prefix).split("/"))
        with open_spot(target.base.joinpath(*parts[:-1])) as spot, told(spot.folder):
            note = take_file(spot, parts[-1], memory, key)
        changed = True
        notes += [note] if note else []
    done = sha256("\n".join(f"{key} {hashes[key]}" for key in sorted(hashes)))
    return Put(path=str(target.base), rows=len(placed), sha256=done, changed=changed, notes=tuple(notes))


def _either(old: str | None, new: str) -> str:
    return " ".join([*(old or "").split()[-1:], new])


def _placed(
    target: Target, files: Iterable[tuple[SinkItem, bytes]]
) -> Iterable[tuple[tuple[str, ...], bytes]]:
    """Give each file its path; where two would share one, the later by key gets a mark of its item."""
    taken: set[str] = set()
    for item, data in sorted(files, key=lambda pair: pair[0].key):
        parts = target.path_of(item)
        if "/".join(parts).casefold() in taken:
            stem, dot, suffix = parts[-1].rpartition(".")
            mark = sha256(item.key)[:8]
            last = f"{stem}~{mark}{dot}{suffix}" if stem else f"{parts[-1]}~{mark}"
            parts = (*parts[:-1], last)
        taken.add("/".join(parts).casefold())
        yield parts, data
