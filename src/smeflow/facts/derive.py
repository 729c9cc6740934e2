"""Make a table of a query over the others, such as lines joined with the invoices they belong to."""

import re

from smeflow._text import hash_of
from smeflow.facts.book import LINE, Book, FactError, Held, quoted
from smeflow.facts.kinds import ColumnKind, ReadAs
from smeflow.i18n import say

_SCALE = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")
_WHOLE = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?")
MAX_ROWS = 20_000_000


def hold_query(book: Book, name: str, sql: str) -> Held:
    """Keep what *sql* gives as the table *name*. It sees the tables in *book* and nothing else.

    Raises:
        FactError: It is no SELECT, or cannot be run.
    """
    sql = sql.strip().rstrip(";")
    book.check(sql)
    described = book.run(f"DESCRIBE SELECT * FROM ({sql})").fetchall()
    columns = {row[0]: str(row[1]) for row in described if not row[0].startswith(LINE)}
    if not columns:
        raise FactError(say("The table {name} has no columns.", name=name))
    listed = ", ".join(
        f"{quoted(c)}::DATE AS {quoted(c)}" if kind.startswith("TIMESTAMP") else quoted(c)
        for c, kind in columns.items()
    )
    book.run(
        f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT row_number() OVER () AS {LINE}, {listed} "
        f"FROM (SELECT * FROM ({sql}) LIMIT {MAX_ROWS + 1})"
    )
    rows = book.run(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0]
    if rows > MAX_ROWS:
        raise FactError(say("The table {name} has more than {limit} rows.", name=name, limit=MAX_ROWS))
    kinds = {column: _kind(kind) for column, kind in columns.items()}
    held = Held(
        name=name,
        source=name,
        sha256=hash_of([sql, *(t.sha256 for t in book.tables.values())]),
        columns={column: ReadAs(kind=kind) for column, kind in kinds.items()},
        scales={c: scale for c, kind in columns.items() if (scale := _scale(kind)) is not None},
        rows=rows,
        told=(say("{name} is made of other tables by a query.", name=name),),
    )
    book.tables[name] = held
    return held


def _kind(sql: str) -> ColumnKind:
    if sql.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or _WHOLE.fullmatch(sql):
        return "number"
    return "date" if sql.startswith(("DATE", "TIMESTAMP")) else "text"


def _scale(sql: str) -> int | None:
    found = _SCALE.match(sql)
    if found:
        return int(found[1])
    return 0 if _WHOLE.fullmatch(sql) else None
