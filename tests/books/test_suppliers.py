"""Accounts of suppliers: proposed, approved, kept."""

import pytest
from tests.books.test_books import LEGAL_ORDER, Office, paper

from smeflow.books.export import batch_file, batch_file_name, export_batch, preview_batch
from smeflow.books.supplier_table import supplier_file
from smeflow.books.suppliers import (
    SupplierHistory,
    keep_suppliers,
    propose_suppliers,
    with_accounts,
)
from smeflow.errors import SinkError
from smeflow.recipe.workspace import WorkspaceSettings

EDF = {"seller": "EDF", "seller_details": {"legal_id": "552081317"}}


@pytest.fixture
def beginner(tmp_path):
    """A firm without any table."""
    (tmp_path / "smeflow.toml").write_text('[company]\nlocale = "fr_FR"\n')
    return Office(tmp_path)


def proposed(office, history=None):
    with office.ledger() as ledger:
        proposals = propose_suppliers(ledger, WorkspaceSettings.find(office.folder), history)
    return {each.name: (each.aux.account, each.expense.account, str(each.expense.why)) for each in proposals}


def accept(office, **more):
    firm = WorkspaceSettings.find(office.folder)
    with office.ledger() as ledger:
        proposals = [each for each in propose_suppliers(ledger, firm) if not each.in_table]
        return keep_suppliers(ledger, firm, [with_accounts(each, **more) for each in proposals], "Anne")


def test_a_firm_without_a_table_begins_with_what_names_say(beginner):
    """What was approved is in the table that is made for it, and the next export takes it."""
    lines = [{"name": "Abonnement mobile", "net": "1"}]
    beginner.here = {
        "a": paper("E-1", **EDF),
        "b": paper("X-1", seller="Kelig", seller_details={}, lines=lines),
        "c": paper("Y-1", seller="Inconnu SARL", seller_details={}),
    }
    beginner.run()
    found = proposed(beginner)
    assert found["EDF"][:2] == ("FEDF", "606100")
    assert "“edf” in its name" in found["EDF"][2]
    assert found["Kelig"] == (
        "FKELIG", "626000", "its lines speak of it (1): Frais postaux et de télécommunications",
    )  # fmt: skip
    assert found["Inconnu SARL"] == ("FINCONNU"[:8], "", "None")
    file = accept(beginner, expense="611000")
    text = file.read_bytes().decode("utf-8-sig")
    assert text.splitlines()[0] == "name;vat_id;legal_id;iban;aux_account;expense_account;vat_account"
    assert "EDF;;552081317;;FEDF;611000;" in text
    assert beginner.export()[0].entries == 3
    assert proposed(beginner)["EDF"][2] == "in the table"


def test_the_file_of_an_accounting_program_stands_before_names(beginner, tmp_path):
    """A FEC says both accounts, by the supplier's name without its legal form."""
    rows = [
        ("HA", "Achats", "1", "20250105", "602100", "Achats", "", "", "E", "20250105", "EDF", "90,00", "0"),
        ("HA", "Achats", "1", "20250105", "401000", "F", "0EDF", "E.D.F. SA", "E", "20250105", "", "0", "90"),
        ("HA", "Achats", "2", "20250205", "602100", "Achats", "", "", "E", "20250105", "EDF", "90,00", "0"),
        ("HA", "Achats", "2", "20250205", "401000", "F", "0EDF", "EDF", "E", "20250105", "", "0", "90"),
    ]
    fec = tmp_path / "552081317FEC20251231.txt"
    fec.write_text("\n".join("\t".join((*row, *[""] * (18 - len(row)))) for row in [LEGAL_ORDER, *rows]))
    beginner.here = {"a": paper("E-1", **EDF)}
    beginner.run()
    found = proposed(beginner, SupplierHistory.from_fec(fec))
    assert found["EDF"] == ("0EDF", "602100", "booked so in 552081317FEC20251231.txt")
    fec.write_text("a\tb\n1\t2\n")
    with pytest.raises(ValueError, match="no column EcritureNum"):
        SupplierHistory.from_fec(fec)


def test_numbers_of_a_table_go_on(beginner):
    """Where suppliers are numbered, the next one gets the next number."""
    table = b"name,aux_account,expense_account\r\nMartin SARL,F0041,606300\r\n"
    (beginner.folder / "suppliers.csv").write_bytes(table)
    beginner.here = {
        "a": paper("F-1"),
        "b": paper("E-1", **EDF),
        "c": paper("K", seller="K", seller_details={}),
    }
    beginner.run()
    assert [aux for aux, *_ in proposed(beginner).values()] == ["F0041", "F0042", "F0043"]


FRENCH = "name;aux_account;expense_account;note\r\nDupont;F1;601000;=ok\r\nEDF;;606100;'vu'\r\n"
FRENCH_AFTER = """\
name;aux_account;expense_account;note;vat_id;legal_id\r
Dupont;F1;601000;=ok\r
EDF;F2;606100;'vu';;552081317\r
"""
QUOTED = """\
name,vat_id,legal_id,iban,aux_account,expense_account,vat_account
"Le ""Bon"" Coin
sur deux lignes",,,,F1,601000,"""
OLD = "name\nÉté\n".encode("cp1252")
OLD_AFTER = "name,vat_id,legal_id,aux_account,expense_account\nÉté\nEDF,,552081317,FEDF,606100\n".encode(
    "cp1252"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FRENCH.encode(), FRENCH_AFTER.encode()),
        (QUOTED.encode(), f"{QUOTED}\nEDF,,552081317,,F2,606100,\n".encode()),
        (OLD, OLD_AFTER),
    ],
)
def test_what_people_wrote_in_the_table_stays(beginner, before, after):
    """Other rows, columns, quotes and line ends are as they were; an empty cell is filled."""
    (beginner.folder / "suppliers.csv").write_bytes(before)
    beginner.here = {"a": paper("E-1", **EDF)}
    beginner.run()
    assert accept(beginner).read_bytes() == after


def test_a_supplier_nobody_approved_an_invoice_of_gets_no_row(beginner):
    """What waits for a person must not become known by accepting a list."""
    beginner.here = {"a": paper("E-1", **EDF)}
    beginner.run()
    beginner.here["b"] = paper("E-1", net="9000.00", vat="1800.00", seller="EDF", seller_details={})
    beginner.run()
    with beginner.ledger() as ledger:
        assert ledger.item("r", "b").state == "review"
        proposals = propose_suppliers(ledger, WorkspaceSettings.find(beginner.folder))
    assert [(each.name, each.invoices, each.total) for each in proposals] == [("EDF", 1, 120)]


def test_what_was_approved_is_proposed_for_those_like_it(beginner):
    """A long word of the name says what is sold, unless two that share it are booked apart."""
    table = "name,aux_account,expense_account\nArdoises du Trégor,F1,602100\nGarage Bihan,F2,615500\n"
    (beginner.folder / "suppliers.csv").write_text(f"{table}Garage Moderne,F3,625100\n")
    beginner.here = {
        "a": paper("A", seller="Ardoises d'Anjou SAS", seller_details={}),
        "b": paper("B", seller="Garage du Port", seller_details={}),
    }
    beginner.run()
    found = proposed(beginner)
    assert found["Ardoises d'Anjou SAS"][1:] == ("602100", "like Ardoises du Trégor")
    assert found["Garage du Port"][1:] == ("615500", "“garage” in its name: " + MOVABLES)


MOVABLES = "Entretien et réparations sur biens mobiliers"


def test_two_firms_of_one_name_have_two_accounts(beginner):
    """What the first was booked on is not proposed for the second, whose number is another."""
    beginner.here = {"a": paper("E-1", **EDF)}
    beginner.run()
    accept(beginner)
    beginner.export()
    beginner.here["b"] = paper("X-9", seller="E.D.F.", seller_details={"legal_id": "404833048"})
    beginner.run()
    assert [aux for aux, *_ in proposed(beginner).values()] == ["FEDF", "FEDF2"]
    accept(beginner)
    rows = supplier_file(WorkspaceSettings.find(beginner.folder)).read_text("utf-8-sig").splitlines()
    assert rows[1:] == ["EDF;;552081317;;FEDF;606100;", "E.D.F.;;404833048;;FEDF2;606100;"]


def test_a_table_that_is_no_csv_file_is_left_alone(beginner):
    """It says what to do instead."""
    (beginner.folder / "s.xlsx").write_bytes(b"")
    (beginner.folder / "smeflow.toml").write_text('[tables]\nsuppliers = "s.xlsx"\n')
    beginner.run()
    firm = WorkspaceSettings.find(beginner.folder)
    with beginner.ledger() as ledger, pytest.raises(SinkError, match=r"save the table as \.csv"):
        keep_suppliers(ledger, firm, [], "Anne")
    assert supplier_file(firm).read_bytes() == b""


def test_a_preview_books_nothing_and_says_what_the_export_then_does(beginner):
    """The same file, the same numbers; nobody's item is held for it."""
    (beginner.folder / "suppliers.csv").write_text(
        "name,aux_account,expense_account\nMartin SARL,7000100,606300\n"
    )
    numbers = '\n[books.formats.datev]\nconsultant = 1001\nclient = "7"\n'
    (beginner.folder / "smeflow.toml").write_text(f"[books]\n{numbers}")
    beginner.here = {"a": paper("F-1"), "b": paper("E-1", **EDF)}
    beginner.run()
    firm = WorkspaceSettings.find(beginner.folder)
    with beginner.ledger() as ledger:
        looked = preview_batch(ledger, firm, period="2026-10", form="datev")
        assert [each.item.key for each in looked.left_out] == ["b"]
        assert {row.state for row in ledger.items("r")} == {"done"}
        made = export_batch(ledger, firm, period="2026-10", person="Anne", form="datev")
        assert batch_file_name(made.batch) == "EXTF_HA-2026-10-0001.csv"
        assert batch_file(ledger, made.batch) == looked.data
        assert {row.state for row in ledger.items("r")} == {"done", "review"}


def test_what_a_format_cannot_write_leaves_no_batch(beginner):
    """The mistake is told before a number is used up."""
    beginner.here = {"a": paper("F-1")}
    beginner.run()
    accept(beginner, expense="606300")
    with pytest.raises(ValueError, match=r"no account FMARTIN \(F-1\)"):
        beginner.export(form="datev")
    assert {line["EcritureNum"] for line in beginner.export()[1]} == {"HA000001"}
