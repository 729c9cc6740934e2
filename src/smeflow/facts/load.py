"""Put a file's table into a book: header found, rows and totals parted, columns typed, bad cells told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from smeflow._text import sha256
from smeflow.facts.book import LINE, Book, FactError, Held, literal, quoted
from smeflow.facts.frame import apart, framed
from smeflow.facts.grid import Grid, read_bytes, read_grid
from smeflow.facts.kinds import ReadAs, read_as
from smeflow.facts.months import month_of
from smeflow.i18n import Phrase, say

_SAMPLE, _SAMPLE_LEAST = 1_500, 200
_SHOWN = 5
_MAX_SCALE = 12
_TOO_BAD = 0.1
_LARGE = 3_000_000


def hold_file(book: Book, name: str, path: Path, *, source: str = "", sheet: str | None = None) -> Held:
    """Read a file into *book* as the table *name*.

    Raises:
        SourceError: It is not there, too large, or no table.
    """
    called = source or path.name
    data = read_bytes(path, called)
    if len(data) > _LARGE and path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        from smeflow.facts.large import hold_large

        held = hold_large(book, name, path, data, called)
        if held is not None:
            return held
    return hold_grid(book, name, read_grid(data, called, sheet), sha256(data))


def hold_grid(book: Book, name: str, grid: Grid, digest: str) -> Held:
    """Read a grid of cells into *book* as the table *name*."""
    frame = framed(grid)
    width = len(frame.columns)
    wide = [number for number, cells in frame.rows if any(cell.strip() for cell in cells[width:])]
    told = list(frame.told)
    if wide:
        listed = ", ".join(map(str, wide[:_SHOWN]))
        told.append(
            say("Lines of {name} have more cells than the header: {lines}.", name=grid.name, lines=listed)
        )
    _raw(book, width, frame.rows)
    try:
        return typed(book, name, grid.name, digest, frame.columns, told)
    finally:
        book.con.execute("DROP TABLE IF EXISTS raw")


def _raw(book: Book, width: int, lines: Iterable[tuple[int, Sequence[str]]]) -> None:
    columns = {LINE: "BIGINT", **{f"c{n}": "VARCHAR" for n in range(width)}}
    told = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    rows: Iterator[Sequence[str]] = (
        (str(number), *(cells[n] if n < len(cells) else "" for n in range(width))) for number, cells in lines
    )
    with book.written(rows) as path:
        book.con.execute(
            f"CREATE OR REPLACE TEMP TABLE raw AS SELECT * FROM read_csv({literal(str(path))}, header=false, "
            f"auto_detect=false, delim=',', quote='\"', escape='\"', columns={{{told}}})"
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of the raw table and what it will be."""

    cell: str
    name: str
    how: ReadAs
    scale: int

    @property
    def sql(self) -> str:
        return self.how.sql(self.cell, self.scale)


def typed(
    book: Book, name: str, source: str, digest: str, columns: Sequence[str], told: Sequence[Phrase]
) -> Held:
    """Make the table *name* of ``raw``, each column as what it holds."""
    filled = _filled(book, len(columns))
    places = _places(book, columns, filled)
    said = list(told)
    _make(book, name, places)
    read = _read(book, name, places)
    for at, place in enumerate(places):
        if place.how.note is not None:
            said.append(
                say("Column {column} of {name}: {note}.", column=place.name, name=source, note=place.how.note)
            )
        bad = _bad(book, name, place) if read[at] != filled[at] else []
        if bad and len(bad) > _TOO_BAD * filled[at]:
            places[at] = _Place(place.cell, place.name, ReadAs(kind="text"), 0)
            said.append(_became_text(source, place, bad))
        elif bad:
            said.append(_told_bad(source, place, bad))
    if any(before.how.kind == "text" for before in places):
        _remake(book, name, places)
    count = book.con.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
    held = Held(
        name=name,
        source=source,
        sha256=digest,
        columns={place.name: place.how for place in places},
        scales={place.name: place.scale for place in places if place.how.kind == "number"},
        rows=count,
        told=tuple(said),
    )
    book.tables[name] = held
    return held


def _filled(book: Book, width: int) -> Sequence[int]:
    """Count the cells of each column that hold anything."""
    counts = ", ".join(f"count(NULLIF(c{n}, ''))" for n in range(width))
    found: Sequence[int] = book.con.execute(f"SELECT {counts} FROM raw").fetchone()
    return found


def _read(book: Book, name: str, places: Sequence[_Place]) -> Sequence[int]:
    """Count the cells of each column that were read as what it holds."""
    counts = ", ".join(f"count({quoted(place.name)})" for place in places)
    found: Sequence[int] = book.con.execute(f"SELECT {counts} FROM {quoted(name)}").fetchone()
    return found


def _places(book: Book, columns: Sequence[str], filled: Sequence[int]) -> list[_Place]:
    """Decide what each column holds, by some of its cells all over the table."""
    cells = [f"c{n}" for n in range(len(columns))]
    rows, first = book.con.execute(f"SELECT count(*), coalesce(min({LINE}), 0) FROM raw").fetchone()
    every = max(1, rows // _SAMPLE)
    sample = book.con.execute(
        f"SELECT {', '.join(cells)} FROM raw WHERE ({LINE} - {first}) % {every} = 0 "
        f"ORDER BY {LINE} LIMIT {_SAMPLE}"
    ).fetchall()
    hows = []
    for n, column in enumerate(columns):
        seen = [row[n] for row in sample if row[n] and not row[n].isspace()]
        if len(seen) < min(_SAMPLE_LEAST, filled[n]):
            sql = f"SELECT c{n} FROM raw WHERE trim(c{n}) <> '' LIMIT {_SAMPLE}"
            seen = [row[0] for row in book.con.execute(sql).fetchall()]
        hows.append(read_as(column, seen))
    scales = _scales(book, hows)
    return [_Place(*each) for each in zip(cells, columns, hows, scales, strict=True)]


def _scales(book: Book, hows: Sequence[ReadAs]) -> list[int]:
    """Find the most digits behind the mark in each column of numbers."""
    wanted = []
    for n, how in enumerate(hows):
        mark = "." if how.form in {"plain", "."} else ","
        digits = f"length(regexp_extract(c{n}, '[{mark}]([0-9]+)[^0-9]*$', 1))"
        if how.form == "plain":
            digits = f"CASE WHEN contains(c{n}, '.') THEN length(rtrim(c{n})) - strpos(c{n}, '.') ELSE 0 END"
        wanted.append(f"coalesce(max({digits}), 0)" if how.kind == "number" else "0")
    found = book.con.execute(f"SELECT {', '.join(wanted)} FROM raw").fetchone()
    return [min(_MAX_SCALE, scale) for scale in found]


def _make(book: Book, name: str, places: Sequence[_Place]) -> None:
    listed = ", ".join(f"{place.sql} AS {quoted(place.name)}" for place in places)
    book.con.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT {LINE}, {listed} FROM raw")


def _remake(book: Book, name: str, places: Sequence[_Place]) -> None:
    """Give the columns that turned out to be text their cells back."""
    kinds = dict(
        book.con.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_name = {literal(name)}"
        ).fetchall()
    )
    for place in places:
        if place.how.kind == "text" and kinds[place.name] != "VARCHAR":
            column = quoted(place.name)
            book.con.execute(f"ALTER TABLE {quoted(name)} ALTER {column} TYPE VARCHAR USING NULL")
            book.con.execute(
                f"UPDATE {quoted(name)} AS t SET {column} = NULLIF(trim(r.{place.cell}), '') FROM raw AS r "
                f"WHERE r.{LINE} = t.{LINE}"
            )


def _bad(book: Book, name: str, place: _Place) -> list[tuple[int, str]]:
    """Read again, one by one, what SQL could not; give the cells nobody can read, with their lines."""
    if place.how.kind == "text":
        return []
    table, column = quoted(name), quoted(place.name)
    cells = book.con.execute(
        f"SELECT r.{LINE}, r.{place.cell} FROM raw AS r JOIN {table} AS t USING ({LINE}) "
        f"WHERE t.{column} IS NULL AND trim(r.{place.cell}) <> '' ORDER BY 1"
    ).fetchall()
    known: dict[str, Any] = {}
    for _, cell in cells:
        if cell not in known and len(known) < 20_000:
            known[cell] = _one(cell, place)
    fixed = [(cell, str(value)) for cell, value in known.items() if value is not None]
    if fixed:
        book.con.execute("CREATE OR REPLACE TEMP TABLE fixed (cell VARCHAR, value VARCHAR)")
        book.con.executemany("INSERT INTO fixed VALUES (?, ?)", fixed)
        kind = "DATE" if place.how.kind == "date" else f"DECIMAL(38,{place.scale})"
        book.con.execute(
            f"UPDATE {table} AS t SET {column} = CAST(f.value AS {kind}) FROM raw AS r, fixed AS f "
            f"WHERE r.{LINE} = t.{LINE} AND r.{place.cell} = f.cell"
        )
    return [(line, cell) for line, cell in cells if known.get(cell) is None]


def _one(cell: str, place: _Place) -> Decimal | date | None:
    """Read one cell in any form people write; None where it stays in doubt."""
    from smeflow.readers.amounts import parse_amount
    from smeflow.readers.dates import parse_date

    if place.how.form == "month":
        return month_of(cell)
    if place.how.kind == "date":
        return parse_date(cell, day_first=not place.how.form.startswith("%m"))
    mark = "." if place.how.form in {"plain", "."} else ","
    bare = cell.rstrip("% \u00a0\u202f")
    amount = parse_amount(bare, decimal="," if mark == "," else ".")
    if amount is None or amount.other is not None or (place.how.form == "plain" and "," in cell):
        return None
    exact = amount.value == round(amount.value, place.scale)
    return amount.value if exact else None


def _told_bad(source: str, place: _Place, bad: Sequence[tuple[int, str]]) -> Phrase:
    shown = "; ".join(f"{line}: {cell.strip()[:30]}" for line, cell in bad[:_SHOWN])
    more = "; …" if len(bad) > _SHOWN else ""
    what = say("figure") if place.how.kind == "number" else say("day")
    return say(
        "Column {column} of {name} has cells that are no {what}, left empty: {n} (line: cell): {cells}.",
        column=place.name,
        name=source,
        n=len(bad),
        what=what,
        cells=shown + more,
    )


def _became_text(source: str, place: _Place, bad: Sequence[tuple[int, str]]) -> Phrase:
    line, cell = bad[0]
    return say(
        "Column {column} of {name} is read as text: {n} of its cells are no numbers or days, such as {cell} "
        "in line {line}.",
        column=place.name,
        name=source,
        n=len(bad),
        cell=cell.strip()[:30],
        line=line,
    )


def hold_rows(
    book: Book,
    name: str,
    columns: Sequence[str],
    rows: Iterator[Sequence[str]],
    *,
    source: str,
    digest: str = "",
    first: int = 2,
) -> Held:
    """Put rows into *book* that are rows for certain: those of a database or of a ledger.

    Their cells are typed as a file's are; the first one is line *first*.
    """
    import hashlib

    seen = hashlib.sha256()

    def passing() -> Iterator[tuple[int, Sequence[str]]]:
        for number, cells in enumerate(rows, first):
            seen.update("\x1f".join(cells).encode("utf-8", "surrogatepass") + b"\x1e")
            yield number, cells

    names = apart((column.strip() or f"column {n}" for n, column in enumerate(columns, 1)), str.lower)
    _raw(book, len(names), passing())
    try:
        return typed(book, name, source, digest or seen.hexdigest(), names, ())
    finally:
        book.con.execute("DROP TABLE IF EXISTS raw")


def hold_typed(
    book: Book,
    name: str,
    columns: Mapping[str, tuple[str, int]],
    rows: Sequence[Sequence[str | None]],
    *,
    source: str = "",
    digest: str = "",
    told: Sequence[Phrase] = (),
) -> Held:
    """Put rows whose types are known into *book*; the first cell of each is its line number.

    *columns* gives each column's kind and, for numbers, its digits behind the decimal mark.
    """
    kinds = {
        column: {
            "number": f"DECIMAL(38,{scale})" if scale > 6 else f"DECIMAL(18,{scale})",
            "date": "DATE",
        }.get(kind, "VARCHAR")
        for column, (kind, scale) in columns.items()
    }
    raw = {LINE: "BIGINT", **{f"c{n}": kind for n, kind in enumerate(kinds.values())}}
    listed = ", ".join(f"'{cell}': '{kind}'" for cell, kind in raw.items())
    named = ", ".join(f"c{n} AS {quoted(column)}" for n, column in enumerate(kinds))
    with book.written([cell or "" for cell in row] for row in rows) as path:
        book.con.execute(
            f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT {LINE}, {named} FROM "
            f"read_csv({literal(str(path))}, header=false, auto_detect=false, delim=',', quote='\"', "
            "escape='\"', "
            "allow_quoted_nulls=true, "
            f"nullstr='', columns={{{listed}}})"
        )
    held = Held(
        name=name,
        source=source,
        sha256=digest,
        columns={c: ReadAs(kind=kind) for c, (kind, _) in columns.items()},  # type: ignore[arg-type]  # written by us
        scales={c: scale for c, (kind, scale) in columns.items() if kind == "number"},
        rows=len(rows),
        told=tuple(told),
    )
    book.tables[name] = held
    return held


__all__ = ["FactError", "hold_file", "hold_grid", "hold_typed", "typed"]
