"""Make the columns of a table numbers, days or text, by what all its cells say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from smeflow.i18n import Phrase, say
from smeflow.tables.book import LINE, LoadedTable, TableBook, literal, quoted
from smeflow.tables.column_types import ColumnType, infer_column_type
from smeflow.values.dates import parse_month

_SAMPLE, _SAMPLE_LEAST = 1_500, 200
LINES_SHOWN = 5
_MAX_SCALE = 12
_TOO_BAD = 0.1


@dataclass(frozen=True, slots=True)
class _TypedColumn:
    """A column of the raw table and what it will be."""

    cell: str
    name: str
    how: ColumnType
    scale: int

    @property
    def sql(self) -> str:
        return self.how.sql(self.cell, self.scale)


def type_columns(
    book: TableBook, name: str, source: str, digest: str, columns: Sequence[str], told: Sequence[Phrase]
) -> LoadedTable:
    """Make the table *name* of ``raw``, each column as what it holds."""
    filled = _filled(book, len(columns))
    places = _places(book, columns, filled)
    said = list(told)
    _make(book, name, places)
    read = _read_columns(book, name, places)
    for at, place in enumerate(places):
        if place.how.note is not None:
            said.append(
                say("Column {column} of {name}: {note}.", column=place.name, name=source, note=place.how.note)
            )
        bad = _bad(book, name, place) if read[at] != filled[at] else []
        if bad and len(bad) > _TOO_BAD * filled[at]:
            places[at] = _TypedColumn(place.cell, place.name, ColumnType(kind="text"), 0)
            said.append(_became_text(source, place, bad))
        elif bad:
            said.append(_told_bad(source, place, bad))
    if any(before.how.kind == "text" for before in places):
        _remake(book, name, places)
    count = book.con.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
    held = LoadedTable(
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


def _filled(book: TableBook, width: int) -> Sequence[int]:
    """Count the cells of each column that hold anything."""
    counts = ", ".join(f"count(NULLIF(c{n}, ''))" for n in range(width))
    found: Sequence[int] = book.con.execute(f"SELECT {counts} FROM raw").fetchone()
    return found


def _read_columns(book: TableBook, name: str, places: Sequence[_TypedColumn]) -> Sequence[int]:
    """Count the cells of each column that were read as what it holds."""
    counts = ", ".join(f"count({quoted(place.name)})" for place in places)
    found: Sequence[int] = book.con.execute(f"SELECT {counts} FROM {quoted(name)}").fetchone()
    return found


def _places(book: TableBook, columns: Sequence[str], filled: Sequence[int]) -> list[_TypedColumn]:
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
        hows.append(infer_column_type(column, seen))
    scales = _scales(book, hows)
    return [_TypedColumn(*each) for each in zip(cells, columns, hows, scales, strict=True)]


def _scales(book: TableBook, hows: Sequence[ColumnType]) -> list[int]:
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


def _make(book: TableBook, name: str, places: Sequence[_TypedColumn]) -> None:
    listed = ", ".join(f"{place.sql} AS {quoted(place.name)}" for place in places)
    book.con.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT {LINE}, {listed} FROM raw")


def _remake(book: TableBook, name: str, places: Sequence[_TypedColumn]) -> None:
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


def _bad(book: TableBook, name: str, place: _TypedColumn) -> list[tuple[int, str]]:
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


def _one(cell: str, place: _TypedColumn) -> Decimal | date | None:
    """Read one cell in any form people write; None where it stays in doubt."""
    from smeflow.values.amounts import parse_amount
    from smeflow.values.dates import parse_date

    if place.how.form == "month":
        return parse_month(cell)
    if place.how.kind == "date":
        return parse_date(cell, day_first=not place.how.form.startswith("%m"))
    mark = "." if place.how.form in {"plain", "."} else ","
    bare = cell.rstrip("% \u00a0\u202f")
    amount = parse_amount(bare, decimal="," if mark == "," else ".")
    if amount is None or amount.other is not None or (place.how.form == "plain" and "," in cell):
        return None
    exact = amount.value == round(amount.value, place.scale)
    return amount.value if exact else None


def _told_bad(source: str, place: _TypedColumn, bad: Sequence[tuple[int, str]]) -> Phrase:
    shown = "; ".join(f"{line}: {cell.strip()[:30]}" for line, cell in bad[:LINES_SHOWN])
    more = "; …" if len(bad) > LINES_SHOWN else ""
    what = say("figure") if place.how.kind == "number" else say("day")
    return say(
        "Column {column} of {name} has cells that are no {what}, left empty: {n} (line: cell): {cells}.",
        column=place.name,
        name=source,
        n=len(bad),
        what=what,
        cells=shown + more,
    )


def _became_text(source: str, place: _TypedColumn, bad: Sequence[tuple[int, str]]) -> Phrase:
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
