"""One reader of tables: a file holds the same for a source, a report, a draft and what the firm knows."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("duckdb")

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.errors import SourceError
from smeflow.recipe.known_tables import KnownTables
from smeflow.reports.facts import load_tables, tables_among
from smeflow.tables.book import TableBook
from smeflow.tables.json_lines import Lines
from smeflow.tables.load import load_file, load_large_csv
from smeflow.tables.read import cell_text, find_separator, read_grid
from smeflow.tables.rows import TableRows, read_table
from smeflow.triage.labels import read_examples
from smeflow.values.cells import csv_cell, csv_form

HARMLESS = ["Durand", "12", "1,5", "1 234,50 €", "2026-01-05", "n/a", "", "5", "7"]
ODD = [
    *("Total", "Sous-total", "TOTAL Énergies", "à reporter", " Total", "\u00a0Total", "A", "Soulier", "Jour"),
    *(" ", "\t", "\u00a0", "é", "e\u0301", 'a"b', '"q"', '"a;b"', '"a""b"', '""', ' "x"', '"x" ', '"x"y'),
    "a  reporter",
    *('"', '"two\nlines"', "'", "\\", "#", "100", "0", "x" * 40, "\x1f", "-", "x;y", "42;;"),
]  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Make a table of some sixty lines, most of them plain, of which a few are as people leave them."""
    plain = st.lists(st.sampled_from(HARMLESS), min_size=3, max_size=3)
    some = draw(st.lists(plain, min_size=1, max_size=4))
    lines = [";".join(cells) for cells in (some * 60)[:58]]
    odd = st.lists(st.sampled_from([*HARMLESS, *ODD]), min_size=0, max_size=4).map(";".join)
    for line in draw(st.lists(odd, max_size=3)):
        lines.insert(draw(st.sampled_from([*range(0, 58, 9), len(lines), len(lines)])), line)
    titles = draw(st.sampled_from([[], [], [], ["Journal des ventes"], ["Ventes, 2026;;"]]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    text = end.join([*titles, "Jour;Nom;Montant", *lines]) + draw(st.sampled_from(["", end, end + end]))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252"])), "replace")


@pytest.fixture(scope="module")
def book():
    with TableBook() as made:
        yield made


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=files())
def test_the_quick_way_agrees_with_the_careful_one(tmp_path_factory, book, data):
    """To the last cell, line number and sentence, or else it does not read the file at all."""
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_bytes(data)
    quick = load_large_csv(book, "quick", data, "t.csv")
    if quick is None:
        return
    slow = load_file(book, "slow", path)
    assert (quick.columns, quick.scales, quick.rows, quick.sha256) == (
        *(slow.columns, slow.scales, slow.rows, slow.sha256),
    )
    assert [str(phrase) for phrase in quick.notes] == [str(phrase) for phrase in slow.notes]
    assert book.con.execute("SELECT * FROM quick ORDER BY 1").fetchall() == (
        book.con.execute("SELECT * FROM slow ORDER BY 1").fetchall()
    )


def test_the_quick_way_is_taken(tmp_path, book):
    """Quotes, French amounts, totals and blanks do not send a large file the slow way."""
    lines = [f'2026-01-{n % 28 + 1:02};"Éts; {n}";1 234,{n % 90 + 10}' for n in range(80)]
    lines[50:50] = ["Sous-total;;99", "Remarque;;", ";;", "Jour;Nom;Montant"]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["Jour;Nom;Montant", *lines]) + "\n", encoding="utf-8")
    held = load_large_csv(book, "t", path.read_bytes(), "t.csv")
    assert held is not None
    assert held.rows == 80
    assert len(held.notes) == 3


def test_the_quick_way_adds_up_where_that_decides(tmp_path, book):
    """A full line called total is one if it says what the rows add up to, and else a customer."""
    names = ["Durand", *["Total SA", "Zut"] * 30]
    lines = [f"2026-01-{n % 28 + 1:02};{names[n]};1 0{n % 90 + 10},5" for n in range(60)]
    total = sum(10_00 + n % 90 + 10 for n in range(60)) + 30
    path = tmp_path / "t.csv"
    lines = ["Jour;Nom;Montant", *lines, f"2026-01-31;Total;{total}", ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    quick = load_large_csv(book, "quick", path.read_bytes(), "t.csv")
    slow = load_file(book, "slow", path)
    assert quick is not None
    assert (quick.rows, quick.notes) == (slow.rows, slow.notes)
    assert quick.rows == 60
    assert "Line 62 of t.csv is a total" in str(quick.notes[0])
    assert {row[0] for row in book.con.execute("SHOW TABLES").fetchall()} <= {"quick", "slow", "t"}


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(";,\t|\"'\n=+"), max_size=20)
CELLS = (
    TEXT | st.booleans() | st.integers(-(10**12), 10**12) | st.dates() | st.decimals(-1000, 1000, places=2)
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    mark=st.sampled_from([",", ";", "\t"]),
    french=st.booleans(),
)
def test_what_our_table_sink_writes_reads_back_the_same(rows, mark, french):
    """Each cell is the text that was written, in its row and its column."""
    import csv
    import io

    how = csv_form(mark, None, french=french)
    written = [[csv_cell(cell, how.decimal) for cell in row] for row in rows]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=how.separator, lineterminator="\r\n").writerows(
        [["first", "second", "third"], *written]
    )
    grid = read_grid(how.mark + buffer.getvalue().encode(), "t.csv")
    assert [cells for _, cells in grid.lines] == [["first", "second", "third"], *written]


def spreadsheet(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def every_way(path: Path) -> list[list[list[str]]]:
    """Read a file in each way a recipe can: as cases, as what the firm knows, as a report's table."""
    found = [dict(each.fields) for each in TableRows(table=str(path)).cases()]  # type: ignore[union-attr]
    known = KnownTables({"t": path}).rows("t")
    with TableBook() as made:
        held = load_file(made, "t", path)
        columns = ", ".join(f'"{column}"::VARCHAR' for column in held.columns)
        facts = [
            [cell or "" for cell in row] for row in made.con.execute(f"SELECT {columns} FROM t").fetchall()
        ]
    return [[list(row.values()) for row in found], [list(row.values()) for row in known], facts]


def test_one_file_has_the_same_values_everywhere(tmp_path):
    """0.1 + 0.2 is what the spreadsheet shows; the sheet is one sheet, and the header one line."""
    rows = [["name", "amount"], ["a", 0.1 + 0.2], ["b", 12.0], ["c", 1e-7], ["d", 2.5], ["e", 1234567.891]]
    path = spreadsheet(tmp_path / "t.xlsx", {"Cover": [["Sales"]], "Sales": rows})
    source, known, _ = every_way(path)
    assert source == known
    assert [row[1] for row in source] == ["0.3", "12", "0.0000001", "2.5", "1234567.891"]
    with TableBook() as made:
        load_file(made, "t", path)
        amounts = made.con.execute("SELECT amount FROM t").fetchall()
    assert [amount for (amount,) in amounts] == [Decimal(row[1]) for row in source]


def test_a_table_below_a_title_is_the_same_everywhere(tmp_path):
    """The separator is that of the table and not of its title; the draft step reads it too."""
    path = tmp_path / "t.csv"
    text = 'Ventes, 2026, Nord\nnom;note\nDurand;"oui; et, non"\nZut;"deux\nlignes"\n'
    path.write_text(text, encoding="utf-8")
    wanted = [["Durand", "oui; et, non"], ["Zut", "deux\nlignes"]]
    assert every_way(path) == [wanted] * 3
    case = Case.of(text_document(text, media_type="text/csv", name="t.csv"))
    with TableBook() as book:
        assert load_tables(book, tables_among(case.documents))["t"].rows == 2
        assert book.select("SELECT nom, note FROM t ORDER BY _line")[1] == list(map(tuple, wanted))
    source = TableRows(table=str(path))
    assert [each.name for each in source.cases()] == ["row 3", "row 5"]  # type: ignore[union-attr]
    assert "found in line 2" in str(source.remarks[0])


@pytest.mark.parametrize("text", ['a,b\n"1,2\n3,4\n5,6\n', 'a,b\n1,"2\n3,"4"\n5,6\n', 'a,b\n3,4\n5,"6'])
def test_a_quote_that_does_not_close_is_told_with_its_line(tmp_path, text):
    """The rows behind it would be lost in one cell."""
    path = tmp_path / "t.csv"
    path.write_text(text)
    line = next(n for n, each in enumerate(text.splitlines(), 1) if each.count('"') % 2)
    for read in (read_table, lambda p: load_file(TableBook(), "t", p)):
        with pytest.raises(SourceError, match=f"line {line}: a quote opens here"):
            read(path)


def test_a_stray_quote_inside_a_line_loses_nothing(tmp_path):
    """Inches, and words behind a closed quote, stay in their cell."""
    path = tmp_path / "t.csv"
    path.write_text('a,b\n5" pipe,x\n"so" called,y\n')
    assert [list(row.values()) for _, row in read_table(path).rows()] == [
        ['5" pipe', "x"],
        ["so called", "y"],
    ]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("a,b\n1;2,3\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("sep=|\na,b|c\n1|2\n", "|"),
        ("text\none, two\nthree; four; five\nsix\nseven\n", ","),
        ('id;text\n1;"a, b,\nc, d, e"\n2;"f, g, h, i"\n', ";"),
        ("Ventes, janvier, 2026\na;b\n1;2\n3;4\n", ";"),
        ("", ","),
    ],
)
def test_the_separator_is_what_cuts_the_lines_alike(text, mark):
    """The header's where the lines agree to it; a title, a quoted text and decimal commas do not mislead."""
    assert find_separator(text) == mark


@pytest.mark.parametrize(
    ("cell", "text"),
    [(0.1 + 0.2, "0.3"), (7.0, "7"), (-0.0, "0"), (1e21, "1" + "0" * 21), (1.5e-9, "0.0000000015"),
     (True, "true"), (None, ""), (date(2026, 1, 31), "2026-01-31"), (Decimal("1.50"), "1.50"),
     ([1, "é"], '[1,"é"]')],
)  # fmt: skip
def test_a_cell_is_written_as_a_spreadsheet_shows_it(cell, text):
    """No exponent, no point behind a whole number."""
    assert cell_text(cell) == text


def test_lines_of_json_write_numbers_as_tables_do(tmp_path):
    """A row is the same text from JSON lines and from a spreadsheet."""
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": 1.0, "n": 0.1 + 0.2, "l": [1, 2]}))
    (case,) = Lines(lines=str(tmp_path / "t.jsonl")).cases()
    assert dict(case.fields) == {"id": "1", "n": "0.3", "l": "[1,2]"}  # type: ignore[union-attr]


def test_a_merged_cell_stands_for_all_its_rows(tmp_path):
    """For a case as for a report."""
    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["region", "n"])
        sheet.merge_range(1, 0, 2, 0, "Nord")
        sheet.write_column(1, 1, ["x", "y"])
    assert every_way(path) == [[["Nord", "x"], ["Nord", "y"]]] * 3


def test_a_much_fuller_sheet_is_taken_and_told(tmp_path):
    """A cover is passed over; two sheets of about one size leave the first."""
    table = [["a", "b"], *([["x", "y"]] * 5)]
    cover = TableRows(table=str(spreadsheet(tmp_path / "a.xlsx", {"Notes": [["see", "b"]], "Data": table})))
    assert len(list(cover.cases())) == 5
    assert "the sheet Data was read" in str(cover.remarks[0])
    first = TableRows(table=str(spreadsheet(tmp_path / "b.xlsx", {"2025": table[:3], "2026": table})))
    assert len(list(first.cases())) == 2
    assert first.remarks == ()


def test_examples_are_a_table_like_any_other(tmp_path):
    """Of any separator and encoding; an open quote is told with its line."""
    path = tmp_path / "examples.csv"
    path.write_bytes('label;text\nfacture;"ci-joint\nla pièce"\n'.encode("cp1252"))
    (example,) = read_examples(path)
    assert (example.label, example.text) == ("facture", "ci-joint\nla pièce")
    path.write_text('label,text\nfacture,"oui\n')
    with pytest.raises(ValueError, match="line 2: a quote opens here"):
        read_examples(path)
