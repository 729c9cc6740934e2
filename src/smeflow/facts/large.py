"""Put a large CSV file into a book without taking its cells through Python."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from smeflow._text import folded, sha256
from smeflow.facts.book import LINE, Book, Held, literal
from smeflow.facts.frame import header_of, names_total, told_aside
from smeflow.facts.grid import separator
from smeflow.facts.load import typed
from smeflow.i18n import say

_HEAD = 65_536
_LOOKED_AT = 40
_BEGINNINGS = ("tot", "sou", "sub", "gra", "som", "sum", "cum", "rep", "zwi", "ges", "a r", "à r")
_CANDIDATES = 10_000


def hold_large(book: Book, name: str, path: Path, data: bytes, called: str) -> Held | None:
    """Let DuckDB read the file; None where it is no plain UTF-8 with one row a line."""
    try:
        head = data[:_HEAD].decode("utf-8-sig")
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    mark = separator(head)
    lines = list(csv.reader(io.StringIO(head, newline=""), delimiter=mark))[:_LOOKED_AT]
    at = header_of(lines)
    if at is None or not all(lines[: at + 2]):
        return None
    columns = tuple(" ".join(cell.split()) for cell in lines[at])
    if len({folded(column) for column in columns}) < len(columns) or not all(columns):
        return None
    digest, breaks = sha256(data), data.count(b"\n") + (not data.endswith(b"\n"))
    cells = [f"c{n}" for n in range(len(columns))]
    kinds = ", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)
    book.con.execute(
        f"CREATE OR REPLACE TEMP TABLE raw AS SELECT row_number() OVER () + {at + 1} AS {LINE}, * FROM "
        f"read_csv({literal(str(path))}, header=false, auto_detect=false, delim={literal(mark)}, quote='\"', "
        f"escape='\"', skip={at + 1}, null_padding=true, strict_mode=false, columns={{{kinds}}})"
    )
    try:
        if book.con.execute("SELECT count(*) FROM raw").fetchone()[0] != breaks - at - 1:
            return None
        told = list(told_aside(called, _set_aside(book, cells, columns)))
        if at:
            told.insert(0, say("The header of {name} was found in line {line}.", name=called, line=at + 1))
        return typed(book, name, called, digest, columns, told)
    finally:
        book.con.execute("DROP TABLE IF EXISTS raw")


def _set_aside(book: Book, cells: Sequence[str], columns: Sequence[str]) -> list[tuple[int, str]]:
    """Take repeated headers and totals out of the raw table; give their lines."""
    fill = " + ".join(f"(coalesce({cell}, '') <> '')::INT" for cell in cells)
    usual = book.con.execute(f"SELECT mode({fill}) FROM (SELECT * FROM raw LIMIT 10000)").fetchone()[0]
    repeats = " AND ".join(f"{cell} = {literal(name)}" for cell, name in zip(cells, columns, strict=True))
    begins = ", ".join(map(literal, _BEGINNINGS))
    named = " OR ".join(f"lower(left(ltrim({cell}), 3)) IN ({begins})" for cell in cells[:8])
    listed = ", ".join(cells)
    rows = book.con.execute(
        f"SELECT {LINE}, {repeats}, {listed} FROM raw WHERE ({repeats}) OR ({fill} < {usual} AND ({named})) "
        f"ORDER BY 1 LIMIT {_CANDIDATES}"
    ).fetchall()
    aside = [(row[0], "header") for row in rows if row[1]]
    aside += [(row[0], "total") for row in rows if not row[1] and names_total([c or "" for c in row[2:]])]
    if aside:
        numbers = ", ".join(str(line) for line, _ in aside)
        book.con.execute(f"DELETE FROM raw WHERE {LINE} IN ({numbers})")
    return aside
