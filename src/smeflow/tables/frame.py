"""Find the table in a grid of cells: its header, its rows, and the lines that are neither.

A line of totals summed with the rows it sums doubles every figure, so such lines are set aside and told.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from smeflow._text import folded
from smeflow.documents.text import normalize_text
from smeflow.i18n import Phrase, say
from smeflow.tables.read import Grid, checked_columns, non_empty_lines, refuse_table
from smeflow.values.amounts import decimal_mark, parse_amount
from smeflow.values.dates import parse_date

Line = tuple[int, Sequence[str]]
_TOTAL = re.compile(
    r"(?:(?:sous|sub)[ -]?tota(?:l|ux|ls)|(?:grand )?totals?|total general|totaux|somme|sum|zwischensumme|"
    r"gesamt(?:summe)?|summe|cumul|report|a reporter|totale|subtotale|suma)\b"
)
_BEGINNINGS = frozenset("tTsSgGcCrRzZaAàÀ")
"""What a word for a total begins with: most cells are done with at one look."""
LOOKED_AT = 40
"""How many lines, empty ones left out, are looked at for the header."""
_MOST_LISTED = 10


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A table as found: named columns, rows of text, and what was set aside."""

    columns: tuple[str, ...]
    rows: Sequence[Line] = field(repr=False)
    notes: tuple[Phrase, ...] = ()


def frame_table(grid: Grid) -> Frame:
    """Find the header and set aside what is no row.

    Raises:
        SourceError: There is no header, or no line at all.
    """
    lines = [(number, _composed(cells)) for number, cells in non_empty_lines(grid.lines)]
    if not lines:
        raise refuse_table(grid.name, say("it has no header line"))
    at = header_of([cells for _, cells in lines[:LOOKED_AT]])
    if at is None:
        width = max(len(cells) for _, cells in lines[:LOOKED_AT])
        columns, header, rest = tuple(f"column {n}" for n in range(1, width + 1)), 0, lines
    else:
        header, names = lines[at]
        above = lines[at - 1][1] if at and _spans(lines[at - 1][1], names) else ()
        columns, rest = _columns(names, above), lines[at + 1 :]
    notes = list(grid.notes)
    if at:
        notes.append(say("The header of {name} was found in line {line}.", name=grid.name, line=header))
    if at is None:
        notes.append(say("{name} has no header line; its columns were numbered.", name=grid.name))
    columns = checked_columns(grid.name, columns)
    rows, aside = set_aside(columns, rest)
    return Frame(columns=columns, rows=rows, notes=(*notes, *set_aside_notes(grid.name, aside)))


def _composed(cells: Sequence[str]) -> Sequence[str]:
    """Put cells in the form all documents have: letters composed, so that one customer is one."""
    joined = "".join(cells)
    return cells if joined.isascii() and "\r" not in joined else [normalize_text(cell) for cell in cells]


def usual_width(lines: Sequence[Sequence[str]]) -> int:
    """Give how many cells the lines fill mostly, titles left aside."""
    widths = Counter(_fill(cells) for cells in lines if not _is_title(cells))
    return max(widths, key=lambda n: (widths[n] * min(n, 3), n), default=0)


def header_of(lines: Sequence[Sequence[str]]) -> int | None:
    """Find the header: the first line of words only that is as wide as the rows below it; None if none."""
    usual = usual_width(lines)
    for at, cells in enumerate(lines):
        filled = [cell for cell in cells if cell.strip()]
        wide = len(filled) >= max(1, usual * 0.6) and not _is_title(cells)
        has_values = any(map(_is_value, filled))
        if wide and not has_values:
            return at + 1 if at + 1 < len(lines) and _has_second_line(cells, lines[at + 1]) else at
        if wide and at < len(lines) - 1 and _names_years(filled):
            return at
        if wide and len(filled) == usual and has_values:
            return None
    return 0


def _is_title(cells: Sequence[str]) -> bool:
    """Whether a line says one thing over several columns, as a merged title does."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and len(set(filled)) == 1


def _has_second_line(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a header has a second line: names under names of groups, or cells merged from above."""
    filled = [cell for cell in below if cell.strip()]
    if not filled or any(_is_value(cell) for cell in filled) or _is_title(below):
        return False
    pairs = [(a, b) for a, b in zip(cells, below, strict=False) if a.strip() and b.strip()]
    merged = sum(a == b for a, b in pairs)
    heads = [cell for cell in cells if cell.strip()]
    return len(pairs) > merged and (merged > 0 or len(set(heads)) < len(heads))


def _names_years(cells: Sequence[str]) -> bool:
    """A header may name years: words first, then years that grow by one."""
    years = [int(c) for c in cells if re.fullmatch(r"(19|20)\d\d", c.strip())]
    words = [c for c in cells if not _is_value(c)]
    return bool(words) and len(years) + len(words) == len(cells) and len(set(years)) == len(years)


def _is_value(cell: str) -> bool:
    return parse_amount(cell) is not None or parse_date(cell) is not None


def _fill(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _spans(above: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the line above gives groups of columns their names, needed where names repeat."""
    heads = [folded(name) for name in names if name.strip()]
    return len(set(heads)) < len(heads) and _fill(above) > 1


def _columns(cells: Sequence[str], above: Sequence[str]) -> tuple[str, ...]:
    cells = without_empty_end(cells)
    seen = Counter(folded(cell) for cell in cells)
    names: list[str] = []
    for n, cell in enumerate(cells):
        name = " ".join(cell.split()) or f"column {n + 1}"
        group = " ".join(above[n].split()) if n < len(above) else ""
        if seen[folded(cell)] > 1 and group and folded(group) != folded(name):
            name = f"{group} {name}"
        names.append(name)
    return distinct_names(names, folded)


def without_empty_end(cells: Sequence[str]) -> Sequence[str]:
    """Leave out the empty cells at the end of a line."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def distinct_names(names: Iterable[str], key: Callable[[str], str]) -> tuple[str, ...]:
    """Tell columns of one name apart by their number; names with the same *key* count as one."""
    distinct: dict[str, str] = {}
    for n, name in enumerate(names, 1):
        while key(name) in distinct:
            name = f"{name} ({n})"  # noqa: PLW2901 - the name until it is one of its own
        distinct[key(name)] = name
    return tuple(distinct.values())


def set_aside(columns: Sequence[str], lines: Sequence[Line]) -> tuple[list[Line], list[tuple[int, str]]]:
    """Part rows from repeated headers, totals and remarks; of those give the line and what it is."""
    sorter = LineSorter(columns, _usual_fill(lines), lines[-1][0] if lines else 0)
    rows: list[Line] = []
    aside: list[tuple[int, str]] = []
    for number, cells in lines:
        kind = sorter.kind(number, cells)
        if kind is None:
            rows.append((number, cells))
        else:
            aside.append((number, kind))
    return rows, aside


class LineSorter:
    """Tell rows from other lines, one after another."""

    def __init__(self, columns: Sequence[str], usual: int, last: int) -> None:
        self._heads = [folded(name) for name in columns]
        self._usual, self._last = usual, last
        self.sums = Sums(len(columns))

    def kind(self, number: int, cells: Sequence[str]) -> str | None:
        """Say what a line is: a repeated ``header``, a ``total``, a ``remark``; None for a row."""
        heads, fill = self._heads, _fill(cells)
        if cells[0] and folded(cells[0]) == heads[0] and [folded(c) for c in cells[: len(heads)]] == heads:
            return "header"
        if names_total(cells) and (fill < self._usual or self.sums.has_sum(cells)):
            self.sums.start_subtotal()
            return "total"
        if number == self._last and fill < self._usual and self.sums.has_only_sums(cells):
            return "total"
        if fill == 1 < self._usual and len(heads) > 2 and not _is_value(next(filter(str.strip, cells))):
            return "remark"
        self.sums.add(cells)
        return None

    def needs_sums(self, number: int, cells: Sequence[str]) -> bool:
        """Whether what the columns add up to decides what a line is."""
        fill = _fill(cells)
        if names_total(cells):
            return fill >= self._usual
        bare = number == self._last and fill < self._usual
        return bare and len(list(_numbers(cells, len(self._heads)))) == fill


def names_total(cells: Sequence[str]) -> bool:
    """Whether one of the first cells says that the line is a total."""
    return any(
        cell.lstrip()[:1] in _BEGINNINGS and _TOTAL.match(folded(cell[:60])) for cell in cells[:8] if cell
    )


def _usual_fill(lines: Sequence[Line]) -> int:
    fills = Counter(_fill(cells) for _, cells in lines)
    return max(fills, key=lambda n: (fills[n], n), default=0)


class Sums:
    """What the columns add up to, to tell a line of totals that does not say so everywhere."""

    def __init__(self, width: int) -> None:
        self.all = [Decimal(0)] * width
        self.since = [Decimal(0)] * width
        self.rows = 0
        self._pending: list[Sequence[str]] = []
        """Rows that are added up only when a line comes that may be a total: most tables have none."""

    def add(self, cells: Sequence[str]) -> None:
        """Add a row."""
        self.rows += 1
        self._pending.append(cells)

    def add_sums(self, rows: int, sums: Sequence[Decimal]) -> None:
        """Add *rows* that are added up already."""
        self.rows += rows
        for at, value in enumerate(sums):
            self.all[at] += value
            self.since[at] += value

    def start_subtotal(self) -> None:
        """Begin to add up anew, besides the sums of the whole table."""
        self._catch_up()
        self.since = [Decimal(0)] * len(self.since)

    def _catch_up(self) -> None:
        for cells in self._pending:
            for at, value in _numbers(cells, len(self.all)):
                self.all[at] += value
                self.since[at] += value
        self._pending.clear()

    def has_sum(self, cells: Sequence[str]) -> bool:
        """Whether some number of the line is what a column adds up to, of two rows or more."""
        self._catch_up()
        return self.rows > 1 and any(
            value and value in {self.all[at], self.since[at]} for at, value in _numbers(cells, len(self.all))
        )

    def has_only_sums(self, cells: Sequence[str]) -> bool:
        """Whether the line holds nothing but sums of whole columns."""
        self._catch_up()
        numbers = list(_numbers(cells, len(self.all)))
        return (
            self.rows > 2
            and len(numbers) == _fill(cells)
            and all(value == self.all[at] and value for at, value in numbers)
        )


def _numbers(cells: Sequence[str], width: int) -> Iterator[tuple[int, Decimal]]:
    for at, cell in enumerate(cells[:width]):
        value = number_of(cell)
        if value is not None:
            yield at, value


MACHINE = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")


def number_of(cell: str) -> Decimal | None:
    """Read the number a cell holds, whatever its form."""
    text = cell.strip()
    if MACHINE.fullmatch(text):
        return Decimal(text)
    if not text or text[-1].isalpha() or not any(c.isdigit() for c in text):
        return None
    amount = parse_amount(text, decimal=decimal_mark(text))
    return amount.value if amount else None


_NOTES: dict[str, tuple[Callable[..., Phrase], Callable[..., Phrase]]] = {
    "header": (
        lambda **d: say("Line {lines} of {name} repeats the header and was set aside.", **d),
        lambda **d: say("{n} lines of {name} repeat the header and were set aside: {lines}.", **d),
    ),
    "total": (
        lambda **d: say("Line {lines} of {name} is a total and was set aside.", **d),
        lambda **d: say("{n} lines of {name} are totals and were set aside: {lines}.", **d),
    ),
    "remark": (
        lambda **d: say("Line {lines} of {name} is a remark and was set aside.", **d),
        lambda **d: say("{n} lines of {name} are remarks and were set aside: {lines}.", **d),
    ),
}


def set_aside_notes(name: str, aside: Sequence[tuple[int, str]]) -> Iterator[Phrase]:
    """Say which lines were set aside, and as what."""
    for kind, (singular, plural) in _NOTES.items():
        numbers = [number for number, what in aside if what == kind]
        if len(numbers) == 1:
            yield singular(name=name, lines=numbers[0])
        elif numbers:
            listed = ", ".join(map(str, numbers[:_MOST_LISTED]))
            listed += ", …" if len(numbers) > _MOST_LISTED else ""
            yield plural(name=name, n=len(numbers), lines=listed)
