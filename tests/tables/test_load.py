"""Tables as people send them: header found, totals set aside, cells typed, what cannot be read told."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("duckdb")

from smeflow.tables.book import FactError, TableBook
from smeflow.tables.load import load_file

FRENCH = """Journal des ventes;;;;
;;;;
Date;Client;Libellé;Montant HT;TVA
01/03/2026;Durand;Pièce n°1;1 234,50 €;246,90
02/03/2026;TOTAL Énergies;x;100,00 €;20,00
Sous-total;;;1 334,50 €;266,90
Date;Client;Libellé;Montant HT;TVA
05/03/2026;Éts Lefèvre;y;(12,00) €;n/a
31/02/2026;Zut;z;10,5 €;1
03/04/2026;Zut;z;10,5 €;1
07/04/2026;Zut;z;10,5 €;1
08/04/2026;Zut;z;10,5 €;1
09/04/2026;Zut;z;10,5 €;1
10/04/2026;Zut;z;10,5 €;1
11/04/2026;Zut;z;10,5 €;1
12/04/2026;Zut;z;10,5 €;1
Total général;;;1 406,50 €;274,90
"""


@pytest.fixture
def book():
    with TableBook() as made:
        yield made


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_french_export_is_read_as_it_is_meant(tmp_path, book, encoding):
    """Header below a title, decimal commas, brackets for minus, and totals that are never summed."""
    path = tmp_path / "ventes.csv"
    path.write_bytes(FRENCH.encode(encoding))
    held = load_file(book, "ventes", path)
    kinds = {name: how.kind for name, how in held.columns.items()}
    assert kinds == {
        "Date": "date",
        "Client": "text",
        "Libellé": "text",
        "Montant HT": "number",
        "TVA": "number",
    }
    assert held.rows == 11
    assert book.select('SELECT sum("Montant HT"), min("Date") FROM ventes')[1] == [
        (Decimal("1406.50"), date(2026, 3, 1))
    ]
    told = "\n".join(map(str, held.notes))
    assert "2 lines of ventes.csv are totals and were set aside: 6, 17." in told
    assert "Line 7 of ventes.csv repeats the header" in told
    assert "9: 31/02/2026" in told
    assert "8: n/a" in told


def test_a_customer_called_total_is_no_total(tmp_path, book):
    """A row is set aside for what it is, not for a name in it."""
    path = tmp_path / "t.csv"
    path.write_text(
        "day,customer,amount\n2026-01-01,Total SA,5\n2026-01-02,Durand,7\n2026-01-03,Total SA,9\n"
    )
    assert load_file(book, "t", path).rows == 3


def test_a_last_line_of_bare_sums_is_set_aside(tmp_path, book):
    """A total needs no name: a line of nothing but what the columns add up to is one."""
    path = tmp_path / "t.csv"
    path.write_text("name;n;amount\na;1;10,5\nb;2;20\nc;3;30\n;6;60,5\n")
    held = load_file(book, "t", path)
    assert held.rows == 3
    assert [str(phrase) for phrase in held.notes] == ["Line 5 of t.csv is a total and was set aside."]


def test_a_spreadsheet_is_read_from_its_fullest_sheet_with_merged_cells(tmp_path, book):
    """The sheet with the table is found; a merged cell stands for all of its rows."""
    import xlsxwriter

    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as out:
        out.add_worksheet("Notes").write(0, 0, "voir l'autre feuille")
        sheet = out.add_worksheet("Ventes")
        sheet.write(0, 0, "Ventes 2026")
        sheet.write_row(2, 0, ["Région", "Jour", "Montant"])
        sheet.merge_range(3, 0, 4, 0, "Nord")
        sheet.write_row(5, 0, ["Sud"])
        for n in range(3):
            sheet.write_datetime(3 + n, 1, datetime(2026, 1, n + 1))  # noqa: DTZ001 - a spreadsheet knows no zones
            sheet.write_number(3 + n, 2, 0.1 * (n + 1))
        sheet.write_row(6, 0, ["Total", "", 0.6])
    held = load_file(book, "ventes", path)
    assert book.select("SELECT * EXCLUDE (_line) FROM ventes")[1] == [
        ("Nord", date(2026, 1, 1), Decimal("0.1")),
        ("Nord", date(2026, 1, 2), Decimal("0.2")),
        ("Sud", date(2026, 1, 3), Decimal("0.3")),
    ]
    assert any("the sheet Ventes was read" in str(phrase) for phrase in held.notes)


def test_json_is_a_table(tmp_path, book):
    """A list of objects, alone or inside an object, gives a row each."""
    path = tmp_path / "t.json"
    path.write_text('{"rows": [{"a": "x", "n": 1.5}, {"a": "y", "n": 2, "extra": null}]}')
    load_file(book, "t", path)
    assert book.select("SELECT sum(n), count(a) FROM t")[1] == [(Decimal("3.5"), 2)]


def test_identifiers_stay_text(tmp_path, book):
    """Postcodes, SIREN and account numbers are not counted with."""
    path = tmp_path / "t.csv"
    path.write_text("siren;code postal;compte;montant\n552100554;01000;707000;5\n732829320;75001;707100;6\n")
    held = load_file(book, "t", path)
    assert [how.kind for how in held.columns.values()] == ["text", "text", "text", "number"]


def test_american_numbers_and_dates_are_told_by_their_own_column(tmp_path, book):
    """A day above twelve in the second place means that the month comes first."""
    path = tmp_path / "t.csv"
    path.write_text('when,amount\n01/31/2026,"1,234.50"\n02/01/2026,"12,000.00"\n')
    load_file(book, "t", path)
    assert book.select('SELECT min("when"), max("when"), sum(amount) FROM t')[1] == [
        (date(2026, 1, 31), date(2026, 2, 1), Decimal("13234.50"))
    ]


def test_a_large_file_gives_what_a_small_one_does(tmp_path, book, monkeypatch):
    """Both ways of reading agree to the last row, total and bad cell."""
    lines = ["id;day;name;amount"] + [f"{n};2026-01-{n % 28 + 1:02d};n{n % 7};{n}.25" for n in range(500)]
    lines[100] = "99;2026-01-05;n1;oops"
    lines.append("Total;;;124874.75")
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n")
    small = load_file(book, "small", path)
    monkeypatch.setattr("smeflow.tables.load._LARGE", 1)
    large = load_file(book, "large", path)
    assert [str(p) for p in small.notes] == [str(p) for p in large.notes]
    assert small.columns == large.columns
    assert book.select("SELECT * FROM small EXCEPT SELECT * FROM large")[1] == []
    assert small.rows == large.rows == 500


def test_a_query_sees_the_tables_and_nothing_else(tmp_path, book):
    """No file, no second statement, nothing but a SELECT."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    load_file(book, "t", secret)
    for sql in (
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM '{secret}'",
        "DROP TABLE t",
        "SELECT 1; SELECT 2",
        "COPY t TO '/tmp/x'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(FactError):
            book.select(sql)
    assert book.select("SELECT count(*) FROM t")[1] == [(1,)]


def test_empty_and_broken_files_are_told(tmp_path, book):
    """No traceback, and no table."""
    from smeflow.errors import SourceError

    for name, data in (("a.csv", b""), ("b.xlsx", b"PK no book"), ("c.json", b"{"), ("d.json", b"[1, 2]")):
        path = Path(tmp_path / name)
        path.write_bytes(data)
        with pytest.raises(SourceError):
            load_file(book, "t", path)
    with pytest.raises(SourceError):
        load_file(book, "t", tmp_path / "missing.csv")
