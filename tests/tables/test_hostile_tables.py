"""A table of another's making ends as rows or as a reason, and never ends the process that asked."""

import pytest
from support.hostile import far_cells, xlsx

from smeflow.documents.pool import Pool, shared_pool
from smeflow.errors import SourceError, UnreadableDocument
from smeflow.i18n import say
from smeflow.tables.book import TableBook
from smeflow.tables.load import load_file
from smeflow.tables.read import read_grid


@pytest.fixture
def book():
    with TableBook() as made:
        yield made


def test_a_spreadsheet_that_aborts_its_reader_is_refused():
    """A cell in the last corner makes the reader ask for half a terabyte; it ends by SIGABRT."""
    with pytest.raises(SourceError, match=r"far\.xlsx.*memory_bytes"):
        read_grid(far_cells("XFD1048576"), "far.xlsx")
    good = xlsx('<sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData>')
    assert read_grid(good, "good.xlsx").lines[0][1] == ["7"]


def test_json_with_another_key_in_each_row_is_refused_by_its_columns():
    """Rows times columns grow with the square of such a file."""
    rows = ",".join(f'{{"k{n}": 1}}' for n in range(600))
    with pytest.raises(SourceError, match="500 columns"):
        read_grid(f"[{rows}]".encode(), "a.json")


def test_a_large_csv_is_read_in_a_child_alone(tmp_path, book, monkeypatch):
    """This process never reads it, and one that ends the child is read line by line in another."""
    lines = ["id;day;amount"] + [f"{n};2026-01-{n % 28 + 1:02d};{n}.25" for n in range(120_000)]
    path = tmp_path / "large.csv"
    path.write_text("\n".join(lines) + "\n")
    assert path.stat().st_size > 2_000_000
    monkeypatch.setattr("smeflow.tables.load._LARGE", 1_000_000)
    monkeypatch.setattr("smeflow.tables.read._SMALL", {})
    asked = []
    pool = shared_pool()

    def watched(name, data, limits, head):
        asked.append(head["function"].partition(":")[2])
        if ending and "large" in asked[-1]:
            raise UnreadableDocument(say("it broke down"))
        return Pool.ask(pool, name, data, limits, head)

    ending = False
    monkeypatch.setattr(pool, "ask", watched, raising=False)
    quick = load_file(book, "quick", path)
    assert asked == ["answer_large_csv"]
    ending = True
    careful = load_file(book, "careful", path)
    assert asked[1:] == ["answer_large_csv", "answer_grid"]
    assert quick.rows == careful.rows == 120_000
    assert quick.columns == careful.columns
    assert book.select("SELECT * FROM quick EXCEPT SELECT * FROM careful")[1] == []
    assert not list(book.folder.iterdir())


def test_a_hostile_line_of_a_large_csv_is_refused_in_a_child(tmp_path, book, monkeypatch):
    """A quote that never closes takes neither the memory nor the process."""
    path = tmp_path / "quote.csv"
    path.write_text("id;name\n" + "".join(f"{n};a\n" for n in range(50)) + '51;"' + "x" * 4_000_000)
    monkeypatch.setattr("smeflow.tables.load._LARGE", 1)
    with pytest.raises(SourceError, match=r"quote\.csv"):
        load_file(book, "t", path)
