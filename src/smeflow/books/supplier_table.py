"""The firm's table of suppliers as a CSV file: rows are added and empty cells filled, all else stays."""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from smeflow._text import folded
from smeflow.errors import SinkError
from smeflow.files.output import open_folder
from smeflow.i18n import say
from smeflow.invoices.checks import bare_number
from smeflow.invoices.claims import SUPPLIERS_TABLE
from smeflow.recipe.known_tables import KnownTables
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.tables.read import decode_table
from smeflow.values.cells import csv_cell, csv_form

COLUMNS = ("name", "vat_id", "legal_id", "iban", "aux_account", "expense_account", "vat_account")


def supplier_file(workspace: WorkspaceSettings) -> Path:
    """Tell where the table of suppliers is, or will be."""
    return workspace.tables.get(SUPPLIERS_TABLE, workspace.root / f"{SUPPLIERS_TABLE}.csv")


def supplier_tables(workspace: WorkspaceSettings) -> KnownTables:
    """Give the firm's tables, with the suppliers that were approved for the books among them."""
    file = supplier_file(workspace)
    return KnownTables({**workspace.tables, **({SUPPLIERS_TABLE: file} if file.is_file() else {})})


def write_rows(workspace: WorkspaceSettings, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write *rows* into the table, which is made where there is none; give its file.

    Raises:
        SinkError: The table is no CSV file, or was changed at the same moment.
    """
    file = supplier_file(workspace).resolve()
    if file.suffix.lower() != ".csv":
        raise SinkError(
            say("{path} is no CSV file: add the rows there yourself, or save the table as .csv", path=file)
        )
    with open_folder(file.parent) as spot:
        before = spot.read(file.name)
        french = workspace.company.locale.lower().startswith("fr")
        data = _with_rows(before, rows, french=french)
        if spot.read(file.name) != before:
            raise SinkError(say("{path} was changed at this moment; do it again", path=file))
        spot.replace(file.name, data)
    return file


def _with_rows(data: bytes | None, rows: Sequence[Mapping[str, str]], *, french: bool) -> bytes:
    """Add rows to a CSV file, or fill what is empty in the row of that name; every other line stays."""
    form = csv_form(None, None, french=french)
    if not data or not data.strip():
        data = form.mark + (form.separator.join(COLUMNS) + "\r\n").encode()
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    text = decode_table(data).removeprefix("\ufeff")
    encoding = "utf-8" if data.removeprefix(mark).decode("utf-8", "ignore") == text else "cp1252"
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    separator = max(",;\t", key=lines[0].count)
    columns = next(csv.reader(lines, delimiter=separator))
    records = _raw_records(lines, separator)
    head = columns + [column for column in rows[0] if column not in columns]
    if head != columns:
        records[0] = (head, _line(head, separator, end))
    for row in rows:
        at = next((n for n, (cells, _) in enumerate(records) if n and _is_row_of(cells, head, row)), None)
        cells = dict(zip(head, records[at][0], strict=False)) if at is not None else {}
        filled = [cells.get(column) or csv_cell(row.get(column, "")) for column in head]
        record = (filled, _line(filled, separator, end))
        if at is None:
            records.append(record)
        elif filled != [*records[at][0], *[""] * (len(head) - len(records[at][0]))]:
            records[at] = record
    whole = [raw if raw.endswith(("\n", "\r")) else raw + end for _, raw in records]
    return mark + "".join(whole).encode(encoding, "replace")


def _raw_records(lines: Sequence[str], separator: str) -> list[tuple[list[str], str]]:
    """Give each record with the lines it stands in, as they are."""
    reader, begin = csv.reader(lines, delimiter=separator), 0
    records: list[tuple[list[str], str]] = []
    for cells in reader:
        records.append((cells, "".join(lines[begin : reader.line_num])))
        begin = reader.line_num
    return records


def _is_row_of(cells: Sequence[str], head: Sequence[str], row: Mapping[str, str]) -> bool:
    known = dict(zip(head, cells, strict=False))
    if ids_of(known) & ids_of(row):
        return True
    return folded(known.get("name", "")) == folded(row["name"]) and not are_two(ids_of(known), ids_of(row))


def _line(cells: Sequence[str], separator: str, end: str) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator, lineterminator=end).writerow(cells)
    return buffer.getvalue()


def ids_of(row: Mapping[str, str]) -> frozenset[str]:
    """Give the registered numbers a row names."""
    return frozenset(bare_number(row.get(column)) for column in ("vat_id", "legal_id")) - {""}


def are_two(ids: Collection[str], others: Collection[str]) -> bool:
    """Tell whether registered numbers say that two firms of one name are two."""
    return bool(ids) and bool(others) and not set(ids) & set(others)
