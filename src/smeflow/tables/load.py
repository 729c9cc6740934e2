"""Load files and rows into the DuckDB book; a large CSV the quick way, which agrees with the careful one."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from smeflow._optional import import_extra
from smeflow._text import folded, sha256
from smeflow.documents.pool import shared_pool
from smeflow.errors import DocumentError, SourceError
from smeflow.i18n import Phrase, say
from smeflow.tables.book import LINE, LoadedTable, TableBook, literal, quoted, read_csv_sql
from smeflow.tables.columns import LINES_SHOWN, RAW, type_columns
from smeflow.tables.frame import (
    LOOKED_AT,
    MACHINE,
    Line,
    LineSorter,
    distinct_names,
    frame_table,
    header_of,
    names_total,
    number_of,
    set_aside_notes,
)
from smeflow.tables.read import (
    CHILD_LIMITS,
    MAX_COLUMNS,
    MAX_ROWS,
    Grid,
    find_separator,
    lines_of,
    non_empty_lines,
    read_bytes,
    read_grid,
)

_LARGE = 3_000_000
"""From so many bytes on, DuckDB is asked to read a CSV itself."""
_HEAD = 1_000_000
_MAX_LINE = 131_072
_BEGINNINGS = (
    *("tot", "sou", "sub", "gra", "som", "sum", "cum", "rep", "zwi", "ges"),
    *("a r", "a\u00a0r", "a\u202fr", "a\tr", "a  "),
)
"""How a word for a total begins."""
_CANDIDATES, _DISTINCT, _VALUES = 10_000, 20_000, 1_000
_BLANKS = "".join(chr(n) for n in range(0x3001) if chr(n).isspace())
_LOOSE_QUOTE = re.compile(rb'[,;\t|\n] +"|" +[,;\t|\r\n]|\xc2\xa0"|"\xc2\xa0')
"""A space between a quote and the end of its cell, which DuckDB drops."""

_NUMBER = "DECIMAL(38, 9)"
_LEAST_COLUMNS = 2

SetAside = list[tuple[int, str]]


def load_file(
    book: TableBook, name: str, path: Path, *, source: str = "", sheet: str | None = None
) -> LoadedTable:
    """Read a file into *book* as the table *name*.

    Raises:
        SourceError: It is not there, too large, or no table.
    """
    label = source or path.name
    data = read_bytes(path, label)
    if len(data) > _LARGE and path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        loaded = load_large_csv(book, name, data, label)
        if loaded is not None:
            return loaded
    return load_grid(book, name, read_grid(data, label, sheet), sha256(data))


def load_grid(book: TableBook, name: str, grid: Grid, digest: str) -> LoadedTable:
    """Read a grid of cells into *book* as the table *name*."""
    frame = frame_table(grid)
    width = len(frame.columns)
    wide = [number for number, cells in frame.rows if any(cell.strip() for cell in cells[width:])]
    notes = list(frame.notes)
    if wide:
        listed = ", ".join(map(str, wide[:LINES_SHOWN]))
        notes.append(
            say("Lines of {name} have more cells than the header: {lines}.", name=grid.name, lines=listed)
        )
    with _raw_table(book, width, frame.rows):
        notes += _repeated_rows(book, grid.name, width)
        return type_columns(book, name, grid.name, digest, frame.columns, notes)


def _repeated_rows(book: TableBook, name: str, width: int) -> list[Phrase]:
    """Tell of rows whose cells are all those of an earlier one: they count, and a person should know.

    One column alone says nothing: its values may well come again.
    """
    hashed = f"hash({', '.join(f'c{n}' for n in range(width))})"
    counts = book.con.execute(f"SELECT count(*), count(DISTINCT {hashed}) FROM {RAW}").fetchone()
    if width < _LEAST_COLUMNS or counts[0] == counts[1]:
        return []
    lines = book.con.execute(
        f"SELECT {LINE} FROM {RAW} QUALIFY row_number() OVER (PARTITION BY {hashed} ORDER BY {LINE}) > 1 "
        f"ORDER BY 1 LIMIT {LINES_SHOWN + 1}"
    ).fetchall()
    shown = ", ".join(str(line) for (line,) in lines[:LINES_SHOWN])
    return [
        say(
            "Rows of {name} that say the same as an earlier one, and count all the same: {n} "
            "(lines {lines}).",
            name=name,
            n=counts[0] - counts[1],
            lines=shown + (", …" if len(lines) > LINES_SHOWN else ""),
        )
    ]


@contextmanager
def _raw_table(book: TableBook, width: int, lines: Iterable[Line]) -> Iterator[None]:
    """Keep lines as the table of raw cells, all text, while they are typed."""
    columns = {LINE: "BIGINT", **{f"c{n}": "VARCHAR" for n in range(width)}}
    rows: Iterator[Sequence[str]] = (
        (str(number), *(cells[n] if n < len(cells) else "" for n in range(width))) for number, cells in lines
    )
    with book.rows_file(rows) as path:
        book.con.execute(f"CREATE OR REPLACE TEMP TABLE {RAW} AS SELECT * FROM {read_csv_sql(path, columns)}")
    try:
        yield
    finally:
        book.con.execute(f"DROP TABLE IF EXISTS {RAW}")


def load_rows(
    book: TableBook,
    name: str,
    columns: Sequence[str],
    rows: Iterator[Sequence[str]],
    *,
    source: str,
    digest: str = "",
    first: int = 2,
) -> LoadedTable:
    """Put rows into *book* that are rows for certain: those of a database or of a ledger.

    Their cells are typed as a file's are; the first one is line *first*.
    """
    content = hashlib.sha256()

    def hashed_lines() -> Iterator[Line]:
        for number, cells in enumerate(rows, first):
            content.update("\x1f".join(cells).encode("utf-8", "surrogatepass") + b"\x1e")
            yield number, cells

    names = distinct_names(
        (column.strip() or f"column {n}" for n, column in enumerate(columns, 1)), str.lower
    )
    with _raw_table(book, len(names), hashed_lines()):
        return type_columns(book, name, source, digest or content.hexdigest(), names, ())


def load_large_csv(book: TableBook, name: str, data: bytes, label: str) -> LoadedTable | None:
    """Let DuckDB read the file; None where it is not one row a line of UTF-8, or a line is in doubt."""
    text = _plain(data)
    if text is None:
        return None
    mark = find_separator(text)
    try:
        head = list(lines_of(text[:_HEAD].rpartition("\n")[0], label, mark=mark))
    except SourceError:
        return None
    lines = [cells for _, cells in non_empty_lines(head)][:LOOKED_AT]
    at = header_of(lines)
    if at is None or len(lines) < LOOKED_AT or [n for n, _ in head[: at + 2]] != [*range(1, at + 3)]:
        return None
    columns = tuple(" ".join(cell.split()) for cell in lines[at])
    if head[at][1] != lines[at] or len({folded(column) for column in columns}) < len(columns):
        return None
    if not all(columns) or len(columns) > MAX_COLUMNS:
        return None
    cells = [f"c{n}" for n in range(len(columns))]
    wide = "" if text.isascii() else "".join(blank for blank in _BLANKS if blank > "~" and blank in text)
    del text, head
    rows = data.count(b"\n") + (not data.endswith(b"\n")) - at - 1
    try:
        if rows > MAX_ROWS or not _load_raw_file(book, (data, label), mark, cells, at + 1, rows):
            return None
        aside = _set_aside(book, cells, lines[at], wide)
        if aside is None:
            return None
        notes = list(set_aside_notes(label, aside))
        if at:
            notes.insert(0, say("The header of {name} was found in line {line}.", name=label, line=at + 1))
        notes += _repeated_rows(book, label, len(cells))
        return type_columns(book, name, label, sha256(data), columns, notes)
    finally:
        for table in (RAW, *(_odd_cells(n) for n in range(len(cells)))):
            book.con.execute(f"DROP TABLE IF EXISTS {table}")


CSV_COPY, CSV_ROWS = "foreign.csv", "foreign.parquet"
"""What `read_large_csv` puts into its folder: the bytes as they came, and their rows."""


def read_large_csv(data: bytes, name: str, folder: Path, sql: str) -> bool:
    """Let DuckDB read a CSV in a child process; whether it could, and `CSV_ROWS` in *folder* has its rows.

    *sql* reads `CSV_COPY` and writes `CSV_ROWS`. A file that ends the child, or takes it too long, could
    not be read so, and is read line by line, in a child too.
    """
    head = {
        "function": f"{answer_large_csv.__module__}:{answer_large_csv.__name__}",
        "folder": str(folder),
        "sql": sql,
    }
    try:
        reply, _ = shared_pool().ask(name, data, CHILD_LIMITS, head)
    except DocumentError:
        return False
    finally:
        (folder / CSV_COPY).unlink(missing_ok=True)
    return bool(reply["read"])


def answer_large_csv(head: Mapping[str, Any], data: bytes, _sent: list[bytes]) -> dict[str, Any]:
    """Read a CSV in a child process; see `read_large_csv`."""
    duckdb = import_extra("duckdb", "report")
    (Path(head["folder"]) / CSV_COPY).write_bytes(data)
    config = {
        "memory_limit": "400MB",
        "threads": 2,
        "temp_directory": head["folder"],
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        connection.execute(head["sql"])
    except duckdb.Error:  # a quote that does not close, a wide row, a line break in a cell
        return {"read": False}
    finally:
        connection.close()
    return {"read": True}


def _plain(data: bytes) -> str | None:
    """Decode what both ways of reading understand alike."""
    if b"\0" in data or data.startswith(b"sep="):
        return None
    if b"\r" in data and not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"):
        return None
    if b'"' in data and _LOOSE_QUOTE.search(data):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else None


def _load_raw_file(
    book: TableBook, file: tuple[bytes, str], mark: str, cells: Sequence[str], skipped: int, rows: int
) -> bool:
    """Fill the table of raw cells, whose lines are the file's; whether each line was one row."""
    options = f"skip={skipped}, null_padding=true, max_line_size={_MAX_LINE}, "
    source, target = book.folder / CSV_COPY, book.folder / CSV_ROWS
    read = read_csv_sql(source, dict.fromkeys(cells, "VARCHAR"), separator=mark, options=options)
    numbered = f"SELECT row_number() OVER () + {skipped} AS {LINE}, * FROM {read}"
    try:
        if not read_large_csv(
            *file, book.folder, f"COPY ({numbered}) TO {literal(str(target))} (FORMAT parquet)"
        ):
            return False
        rows_read = f"SELECT * FROM read_parquet({literal(str(target))})"
        book.con.execute(f"CREATE OR REPLACE TEMP TABLE {RAW} AS {rows_read}")
    finally:
        target.unlink(missing_ok=True)
    return bool(book.con.execute(f"SELECT count(*) FROM {RAW}").fetchone()[0] == rows)


def _set_aside(book: TableBook, cells: Sequence[str], heads: Sequence[str], wide: str) -> SetAside | None:
    """Take out of the raw cells what `frame.set_aside` takes out; None where it stays in doubt.

    *wide* are the blanks beyond ASCII that the text has.
    """
    fill = _fill(book, cells, wide)
    book.con.execute(f"DELETE FROM {RAW} WHERE {fill} = 0")
    last = book.con.execute(f"SELECT max({LINE}) FROM {RAW}").fetchone()[0]
    if last is None:
        return []
    usual = book.con.execute(
        f"SELECT {fill} FROM {RAW} GROUP BY 1 ORDER BY count(*) DESC, 1 DESC LIMIT 1"
    ).fetchone()[0]
    doubtful = [f"{LINE} = {last}"]
    for at, cell in enumerate(cells[:8]):
        values = _total_words(book, cell, wide, heads[at])
        if len(values) > _VALUES:
            return None
        if values:
            doubtful.append(f"{cell} IN ({', '.join(map(literal, values))})")
    if usual > 1:
        doubtful.append(f"{fill} = 1")
    rows = book.con.execute(
        f"SELECT {LINE}, {', '.join(cells)} FROM {RAW} WHERE {' OR '.join(doubtful)} "
        f"ORDER BY 1 LIMIT {_CANDIDATES}"
    ).fetchall()
    if len(rows) == _CANDIDATES:
        return None
    lines = [(line, [value or "" for value in values]) for line, *values in rows]
    aside = _classify(book, lines, LineSorter(heads, usual, last))
    if aside:
        numbers = ", ".join(str(line) for line, _ in aside)
        book.con.execute(f"DELETE FROM {RAW} WHERE {LINE} IN ({numbers})")
    return aside


def _classify(book: TableBook, lines: Sequence[Line], sorter: LineSorter) -> SetAside | None:
    """Tell what each line in doubt is, with what the columns add up to where that decides."""
    doubtful = any(sorter.needs_sums(number, cells) for number, cells in lines)
    between = _sums_between(book, [number for number, _ in lines], len(lines[0][1])) if doubtful else {}
    if between is None:
        return None
    aside: SetAside = []
    before: int | None = None
    for number, cells in lines:
        if before in between:
            rows, *sums = between[before]
            sorter.sums.add_sums(rows, [value or Decimal(0) for value in sums])
        kind = sorter.kind(number, cells)
        if kind is not None:
            aside.append((number, kind))
        before = number
    return aside


def _sums_between(
    book: TableBook, numbers: Sequence[int], width: int
) -> Mapping[int | None, Sequence[Any]] | None:
    """Count and add up the rows behind each line in doubt, the first ones under None."""
    sums, joined = [], []
    for n in range(width):
        plain = f"TRY_CAST(CASE WHEN regexp_full_match(c{n}, '{MACHINE.pattern}') THEN c{n} END AS {_NUMBER})"
        odd = book.con.execute(
            f"SELECT DISTINCT c{n} FROM {RAW} WHERE regexp_matches(c{n}, '[0-9]|[^\\x00-\\x7F]') "
            f"AND NOT regexp_full_match(c{n}, '{MACHINE.pattern}')"
        ).fetchall()
        read = [(cell, value) for (cell,) in odd if (value := number_of(cell)) is not None]
        if any(abs(value) >= 10**15 or value != round(value, 9) for _, value in read):
            return None  # no more fits
        if read:
            with book.rows_file([cell, f"{value:f}"] for cell, value in read) as path:
                file = read_csv_sql(path, {"cell": "VARCHAR", "value": _NUMBER})
                book.con.execute(f"CREATE OR REPLACE TEMP TABLE {_odd_cells(n)} AS SELECT * FROM {file}")
            joined.append(f"LEFT JOIN {_odd_cells(n)} ON {RAW}.c{n} = {_odd_cells(n)}.cell")
            plain = f"coalesce({plain}, {_odd_cells(n)}.value)"
        sums.append(f"sum({plain})")
    listed = ", ".join(map(str, numbers))
    groups = book.con.execute(
        f"SELECT doubt.line, count(*), {', '.join(sums)} FROM {RAW} "
        f"ASOF LEFT JOIN (SELECT unnest([{listed}]::BIGINT[]) AS line) AS doubt "
        f"ON {RAW}.{LINE} >= doubt.line "
        f"{' '.join(joined)} WHERE doubt.line IS NULL OR {RAW}.{LINE} <> doubt.line GROUP BY 1"
    ).fetchall()
    return {line: rest for line, *rest in groups}


def _odd_cells(n: int) -> str:
    """Name the table of what cells of a column say that SQL cannot read."""
    return quoted(f"odd cells {n}")


def _fill(book: TableBook, cells: Sequence[str], wide: str) -> str:
    """Write how many cells of a row are filled; blanks are taken off only where a cell begins with one."""
    contents = []
    for cell in cells:
        blank = book.con.execute(f"SELECT 1 FROM {RAW} WHERE {_begins_blank(cell, wide)} LIMIT 1").fetchone()
        content = f"coalesce({cell}, '')"
        contents.append(f"trim({content}, {literal(_BLANKS)})" if blank else content)
    return " + ".join(f"({content} <> '')::INT" for content in contents)


def _begins_blank(cell: str, wide: str) -> str:
    return f"({cell} < '!' AND {cell} <> ''" + (
        f" OR left({cell}, 1) IN ({', '.join(map(literal, wide))}))" if wide else ")"
    )


def _total_words(book: TableBook, cell: str, wide: str, head: str) -> list[str]:
    """List the values of a column that say it is a total, or repeat its name."""
    words = f"SELECT DISTINCT {cell} FROM {RAW} WHERE ({cell} >= 'A' OR {_begins_blank(cell, wide)})"
    values = book.con.execute(f"{words} LIMIT {_DISTINCT}").fetchall()
    if len(values) == _DISTINCT:
        begins = ", ".join(map(literal, (*_BEGINNINGS, folded(head)[:3])))
        first = f"strip_accents(lower(left({cell}, 3)))"
        values = book.con.execute(
            f"{words} AND ({first} IN ({begins}) OR {_begins_blank(cell, wide)})"
        ).fetchall()
    return [value for (value,) in values if names_total([value]) or folded(value) == folded(head)]
