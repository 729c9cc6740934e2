"""Make the columns of a table numbers, days or text, by what all its cells say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from smeflow.i18n import Phrase, say
from smeflow.tables.book import LINE, LoadedTable, TableBook, literal, quoted
from smeflow.tables.column_types import ColumnType, infer_column_type
from smeflow.values.amounts import parse_amount
from smeflow.values.dates import parse_date, parse_month

_SAMPLE, _SAMPLE_LEAST = 1_500, 200
LINES_SHOWN = 5
RAW = quoted("raw cells")
"""A table's cells as text, while they are typed. A name with a space is no table's of a recipe."""
_FIXED = quoted("fixed cells")
_MAX_SCALE = 12
_MOST_READ_AGAIN = 20_000
"""Different cells of a column that are looked at one by one."""
_TOO_MANY_UNREADABLE = 0.1
"""Of the filled cells; a column with more is text."""


@dataclass(frozen=True, slots=True)
class _TypedColumn:
    """A column of the raw table and what it will be."""

    cell: str
    name: str
    type: ColumnType
    scale: int


def type_columns(
    book: TableBook, name: str, source: str, digest: str, columns: Sequence[str], notes: Sequence[Phrase]
) -> LoadedTable:
    """Make the table *name* of the raw cells, each column as what it holds."""
    filled = _count_cells(book, RAW, [f"NULLIF(c{n}, '')" for n in range(len(columns))])
    typed = _choose_types(book, columns, filled)
    remarks = list(notes)
    listed = ", ".join(
        f"{column.type.sql(column.cell, column.scale)} AS {quoted(column.name)}" for column in typed
    )
    book.con.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT {LINE}, {listed} FROM {RAW}")
    read = _count_cells(book, quoted(name), [quoted(column.name) for column in typed])
    for at, column in enumerate(typed):
        if note := column.type.note:
            remarks.append(
                say("Column {column} of {name}: {note}.", column=column.name, name=source, note=note)
            )
        unreadable = _read_again(book, name, column) if read[at] != filled[at] else []
        if len(unreadable) > _TOO_MANY_UNREADABLE * filled[at]:
            typed[at] = replace(column, type=ColumnType(kind="text"), scale=0)
            remarks.append(_became_text(source, column, unreadable))
        elif unreadable:
            remarks.append(_left_empty(source, column, unreadable))
    _restore_text(book, name, typed)
    return book.add(
        LoadedTable(
            name=name,
            source=source,
            sha256=digest,
            columns={column.name: column.type for column in typed},
            scales={column.name: column.scale for column in typed if column.type.kind == "number"},
            rows=book.con.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0],
            notes=tuple(remarks),
        )
    )


def _count_cells(book: TableBook, table: str, cells: Sequence[str]) -> Sequence[int]:
    """Count for each expression the rows in which it holds anything."""
    listed = ", ".join(f"count({cell})" for cell in cells)
    counts: Sequence[int] = book.con.execute(f"SELECT {listed} FROM {table}").fetchone()
    return counts


def _choose_types(book: TableBook, columns: Sequence[str], filled: Sequence[int]) -> list[_TypedColumn]:
    """Decide what each column holds, by some of its cells all over the table."""
    cells = [f"c{n}" for n in range(len(columns))]
    rows, first = book.con.execute(f"SELECT count(*), coalesce(min({LINE}), 0) FROM {RAW}").fetchone()
    every = max(1, rows // _SAMPLE)
    sample = book.con.execute(
        f"SELECT {', '.join(cells)} FROM {RAW} WHERE ({LINE} - {first}) % {every} = 0 "
        f"ORDER BY {LINE} LIMIT {_SAMPLE}"
    ).fetchall()
    types = []
    for n, column in enumerate(columns):
        seen = [row[n] for row in sample if row[n] and not row[n].isspace()]
        if len(seen) < min(_SAMPLE_LEAST, filled[n]):
            sql = f"SELECT c{n} FROM {RAW} WHERE trim(c{n}) <> '' LIMIT {_SAMPLE}"
            seen = [row[0] for row in book.con.execute(sql).fetchall()]
        types.append(infer_column_type(column, seen))
    scales = _scales(book, types)
    return [_TypedColumn(*each) for each in zip(cells, columns, types, scales, strict=True)]


def _scales(book: TableBook, types: Sequence[ColumnType]) -> list[int]:
    """Find the most digits behind the mark in each column of numbers."""
    counts = []
    for n, column_type in enumerate(types):
        digits = f"length(regexp_extract(c{n}, '[{column_type.decimal_mark}]([0-9]+)[^0-9]*$', 1))"
        if column_type.form == "plain":
            digits = f"CASE WHEN contains(c{n}, '.') THEN length(rtrim(c{n})) - strpos(c{n}, '.') ELSE 0 END"
        counts.append(f"coalesce(max({digits}), 0)" if column_type.kind == "number" else "0")
    # without one aggregate, a table without rows would answer nothing at all
    most = book.con.execute(f"SELECT {', '.join(('count(*)', *counts))} FROM {RAW}").fetchone() or ()
    return [min(_MAX_SCALE, scale) for scale in most[1:]]


def _restore_text(book: TableBook, name: str, typed: Sequence[_TypedColumn]) -> None:
    """Give the columns that turned out to be text their cells back."""
    kinds = dict(
        book.con.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_name = {literal(name)}"
        ).fetchall()
    )
    for column in typed:
        if column.type.kind == "text" and kinds[column.name] != "VARCHAR":
            cell = quoted(column.name)
            book.con.execute(f"ALTER TABLE {quoted(name)} ALTER {cell} TYPE VARCHAR USING NULL")
            book.con.execute(
                f"UPDATE {quoted(name)} AS t SET {cell} = NULLIF(trim(r.{column.cell}), '') FROM {RAW} AS r "
                f"WHERE r.{LINE} = t.{LINE}"
            )


def _read_again(book: TableBook, name: str, column: _TypedColumn) -> list[tuple[int, str]]:
    """Read one by one what SQL could not; give the cells nobody can read, with their lines."""
    if column.type.kind == "text":
        return []
    table, target = quoted(name), quoted(column.name)
    unread = book.con.execute(
        f"SELECT r.{LINE}, r.{column.cell} FROM {RAW} AS r JOIN {table} AS t USING ({LINE}) "
        f"WHERE t.{target} IS NULL AND trim(r.{column.cell}) <> '' ORDER BY 1"
    ).fetchall()
    distinct = list(dict.fromkeys(cell for _, cell in unread))[:_MOST_READ_AGAIN]
    values = {cell: value for cell in distinct if (value := _parse_cell(cell, column)) is not None}
    if values:
        book.con.execute(f"CREATE OR REPLACE TEMP TABLE {_FIXED} (cell VARCHAR, value VARCHAR)")
        book.con.executemany(f"INSERT INTO {_FIXED} VALUES (?, ?)", [(c, str(v)) for c, v in values.items()])
        kind = "DATE" if column.type.kind == "date" else f"DECIMAL(38,{column.scale})"
        book.con.execute(
            f"UPDATE {table} AS t SET {target} = CAST(f.value AS {kind}) FROM {RAW} AS r, {_FIXED} AS f "
            f"WHERE r.{LINE} = t.{LINE} AND r.{column.cell} = f.cell"
        )
    return [(line, cell) for line, cell in unread if cell not in values]


def _parse_cell(cell: str, column: _TypedColumn) -> Decimal | date | None:
    """Read one cell in any form people write; None where it stays in doubt."""
    if column.type.form == "month":
        return parse_month(cell)
    if column.type.kind == "date":
        return parse_date(cell, day_first=not column.type.form.startswith("%m"))
    amount = parse_amount(cell.rstrip("% \u00a0\u202f"), decimal=column.type.decimal_mark)
    if amount is None or amount.other is not None or (column.type.form == "plain" and "," in cell):
        return None
    exact = amount.value == round(amount.value, column.scale)
    return amount.value if exact else None


def _left_empty(source: str, column: _TypedColumn, unreadable: Sequence[tuple[int, str]]) -> Phrase:
    shown = "; ".join(f"{line}: {cell.strip()[:30]}" for line, cell in unreadable[:LINES_SHOWN])
    more = "; …" if len(unreadable) > LINES_SHOWN else ""
    what = say("figure") if column.type.kind == "number" else say("day")
    return say(
        "Column {column} of {name} has cells that are no {what}, left empty: {n} (line: cell): {cells}.",
        column=column.name,
        name=source,
        n=len(unreadable),
        what=what,
        cells=shown + more,
    )


def _became_text(source: str, column: _TypedColumn, unreadable: Sequence[tuple[int, str]]) -> Phrase:
    line, cell = unreadable[0]
    return say(
        "Column {column} of {name} is read as text: {n} of its cells are no numbers or days, such as {cell} "
        "in line {line}.",
        column=column.name,
        name=source,
        n=len(unreadable),
        cell=cell.strip()[:30],
        line=line,
    )
