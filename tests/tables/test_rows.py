"""The rows and the months of a table as cases, and lines of JSON."""

import io
import json
import sys
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from smeflow.documents.document import ROW
from smeflow.errors import SourceError
from smeflow.kinds.sources import Arrival, UnreadableArrival
from smeflow.reports.periods import Months
from smeflow.tables.json_lines import Lines
from smeflow.tables.read import MAX_COLUMNS
from smeflow.tables.rows import TableRows, read_table


@pytest.mark.parametrize(
    "content",
    [
        "n,text\n1,é\n".encode(),
        "n;text\r\n1;é\r\n".encode("cp1252"),
        "\ufeffn\ttext\n1\té\n".encode(),
        "n|text\n\n1|é".encode(),
        "n;text\n1;é\n".encode("utf-16"),
        '"n","text"\n"1","é"\n'.encode(),
    ],
)
def test_separator_and_encoding_are_found(tmp_path: Path, content: bytes) -> None:
    """Whatever program wrote the file."""
    (tmp_path / "t.csv").write_bytes(content)
    (row,) = TableRows(table=str(tmp_path / "t.csv")).cases()
    assert isinstance(row, Arrival)
    assert dict(row.fields) == {"n": "1", "text": "é"}
    assert row.media_type == ROW
    assert json.loads(row.data) == {"n": "1", "text": "é"}


def test_a_spreadsheet_gives_text(tmp_path: Path) -> None:
    """Whole numbers without a point, days as ISO dates, formulas as what they came to."""
    from datetime import date

    book = xlsxwriter.Workbook(tmp_path / "t.xlsx")
    sheet = book.add_worksheet("One")
    sheet.write_row(0, 0, ["n", "amount", "day", "yes"])
    sheet.write_row(1, 0, [7, 12.5])
    sheet.write_datetime(1, 2, date(2026, 1, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_boolean(1, 3, True)
    book.close()
    (row,) = TableRows(table=str(tmp_path / "t.xlsx"), key="n").cases()
    assert isinstance(row, Arrival)
    assert dict(row.fields) == {"n": "7", "amount": "12.5", "day": "2026-01-31", "yes": "true"}
    assert (row.key, row.name) == ("7", "row 2")
    with pytest.raises(SourceError, match="there are: One"):
        list(TableRows(table=str(tmp_path / "t.xlsx"), sheet="Two").cases())


def test_a_key_column_keeps_an_item_through_changes(tmp_path: Path) -> None:
    """The same key with another content is the same item, changed; a key given twice stays two items."""
    path = tmp_path / "t.csv"
    path.write_text("n,a\n1,x\n2,y\n1,z\n")
    before = {c.key: c for c in TableRows(table=str(path), key="n").cases()}
    path.write_text("n,a\n2,y\n1,changed\n")
    after = {c.key: c for c in TableRows(table=str(path), key="n").cases()}
    assert list(before) == ["1", "2", "1#2"]
    assert before["2"].version == after["2"].version  # type: ignore[union-attr]
    assert before["1"].version != after["1"].version  # type: ignore[union-attr]
    with pytest.raises(SourceError, match="there are: n, a"):
        list(TableRows(table=str(path), key="m").cases())


def test_without_a_key_rows_may_be_moved(tmp_path: Path) -> None:
    """A row is known by its content: sorting the table makes nothing new."""
    path = tmp_path / "t.csv"
    path.write_text("a\nx\ny\nx\n")
    before = {c.key for c in TableRows(table=str(path)).cases()}
    path.write_text("a\nnew\nx\nx\ny\n")
    after = {c.key for c in TableRows(table=str(path)).cases()}
    assert len(before) == 3
    assert before < after


def test_odd_rows_are_told_or_mended(tmp_path: Path) -> None:
    """A short row has empty cells, a long one cannot be trusted; equal headings stay two columns."""
    path = tmp_path / "t.csv"
    path.write_text("a,a,\n1\n1,2,3,4\n1,2,,\n")
    short, long, right = TableRows(table=str(path)).cases()
    assert isinstance(short, Arrival)
    assert dict(short.fields) == {"a": "1", "a (2)": ""}
    assert isinstance(long, UnreadableArrival)
    assert "line 3" in str(long.phrase)
    assert isinstance(right, Arrival)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"", "no header line"),
        ("t.csv", b"a\0b\n", "no text"),
        ("t.csv", b"a\n" + b"x" * 200_000, "line 2"),
        (
            "t.csv",
            ",".join(f"c{n}" for n in range(MAX_COLUMNS + 1)).encode(),
            f"more than {MAX_COLUMNS} columns",
        ),
        ("t.xlsx", b"no zip", "cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """With the file's path and the reason."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=words) as caught:
        read_table(tmp_path / name)
    assert name in str(caught.value)


def test_a_spreadsheet_that_would_unpack_to_gigabytes_is_refused(tmp_path: Path) -> None:
    """Before anything of it is unpacked."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 30_000_000)
    (tmp_path / "t.xlsx").write_bytes(buffer.getvalue())
    with pytest.raises(SourceError, match="unpacks to"):
        read_table(tmp_path / "t.xlsx")


def test_a_missing_table_suggests_another(tmp_path: Path) -> None:
    """The file beside it with nearly that name."""
    (tmp_path / "sales.csv").write_text("a\n")
    with pytest.raises(SourceError, match=r"did you mean sales\.csv"):
        read_table(tmp_path / "sale.csv")


@pytest.mark.slow
def test_ten_thousand_rows_are_quick(tmp_path: Path) -> None:
    """Reading a table again costs next to nothing: well under a second of CPU."""
    path = tmp_path / "t.csv"
    path.write_text(
        "n;text;amount\n" + "".join(f"{n};some words about {n};1 234,50\n" for n in range(10_000))
    )
    assert sum(1 for _ in TableRows(table=str(path), key="n").cases()) == 10_000
    start = time.process_time()
    assert sum(1 for _ in TableRows(table=str(path), key="n").cases()) == 10_000
    assert time.process_time() - start < 1


def test_months_are_cases(tmp_path: Path) -> None:
    """Each with its rows as a table; a row without a day is told; a late row changes its month alone."""
    path = tmp_path / "sales.csv"
    path.write_text("day,total\n2026-02-01,3\n31/01/2026,1\nsoon,9\n2026-01-02,2\n")
    source = Months(months=str(path), date="day")
    broken, january, february = source.cases()
    assert isinstance(broken, UnreadableArrival)
    assert isinstance(january, Arrival)
    assert isinstance(february, Arrival)
    assert (january.key, january.data) == ("2026-01", b"day,total\n31/01/2026,1\n2026-01-02,2\n")
    path.write_text(path.read_text() + "2026-01-31,4\n")
    _, changed, same = source.cases()
    assert changed.version != january.version  # type: ignore[union-attr]
    assert same == february
    with pytest.raises(SourceError, match="there are: day, total"):
        list(Months(months=str(path), date="date").cases())


LINES = b'{"id": "7", "text": "a", "n": 3}\n\nnot json\n[1]\n{"text": "b"}\n{"id": "7"}\n'


def test_lines_of_json_are_cases(tmp_path: Path) -> None:
    """A line that is no object, or a key that was there before, is told and the others go on."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(LINES)
    found = list(Lines(lines=str(path)).cases())
    assert [case.key for case in found][:3] == ["7", "line 3", "line 4"]
    assert [type(case) for case in found] == [
        Arrival,
        UnreadableArrival,
        UnreadableArrival,
        Arrival,
        UnreadableArrival,
    ]
    assert found[0].fields == {"id": "7", "text": "a", "n": "3"}  # type: ignore[union-attr]
    assert Lines(lines=str(path)).complete


def test_the_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never holds all there is: what is not in it is not gone."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))
    assert next(case.key for case in Lines().cases()) == "7"
    assert not Lines().complete
