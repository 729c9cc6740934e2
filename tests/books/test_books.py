import csv
import io
import json
import re
import shutil
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from smeflow.books import Export, batch_file, batch_file_name, export_batch
from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.documents.document import ROW
from smeflow.engine.run import run_recipe
from smeflow.extract.result import Extraction
from smeflow.invoices.books.entries import SupplierAccounts, make_entry
from smeflow.invoices.books.journal import Books, NotBookable
from smeflow.kinds.records import Check
from smeflow.kinds.sources import make_arrival
from smeflow.ledger.history import batches_of
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.llm.interface import LLM
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.records import Invoice
from smeflow.review.decisions import approve, reject

LEGAL_ORDER = [
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum"),
    *("CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet"),
    *("ValidDate", "Montantdevise", "Idevise"),
]
SUPPLIERS = "name,vat_id,aux_account,expense_account\nMartin SARL,FR32123456789,F0MARTIN,606300\n"
MARTIN = {"seller": "Martin SARL", "seller_details": {"vat_id": "FR32123456789"}, "currency": "EUR"}


def checked(data: bytes) -> list[dict[str, str]]:
    """Read a file as the decree has it, with nothing of smeflow; fail where it is not kept."""
    text = data.decode("utf-8")
    assert text.endswith("\r\n")
    separator = "\t" if "\t" in text.splitlines()[0] else "|"
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE))
    assert rows[0] == LEGAL_ORDER
    lines = [dict(zip(LEGAL_ORDER, row, strict=True)) for row in rows[1:]]
    sums: dict[str, Decimal] = {}
    for line in lines:
        assert re.fullmatch(r"\d{8}", line["EcritureDate"])
        assert re.fullmatch(r"\d{8}", line["PieceDate"])
        assert re.fullmatch(r"\d{3}[0-9A-Z]*", line["CompteNum"])
        assert line["CompteLib"]
        assert line["PieceRef"]
        assert line["EcritureLib"]
        assert line["ValidDate"] == ""
        debit, credit = (line[c] for c in ("Debit", "Credit"))
        assert re.fullmatch(r"\d+,\d\d", debit)
        assert re.fullmatch(r"\d+,\d\d", credit)
        assert (line["CompteNum"].startswith("401")) == bool(line["CompAuxNum"])
        assert bool(line["CompAuxNum"]) == bool(line["CompAuxLib"])
        amount = Decimal(debit.replace(",", ".")) - Decimal(credit.replace(",", "."))
        sums[line["EcritureNum"]] = sums.get(line["EcritureNum"], Decimal(0)) + amount
    assert set(sums.values()) <= {Decimal(0)}, "an entry does not balance"
    numbers = [int(number.removeprefix("HA")) for number in sums]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return lines


def paper(
    number: str, *, day: str = "2026-10-05", net: str = "100.00", vat: str = "20.00", **more: object
) -> str:
    gross = str(Decimal(net) + Decimal(vat))
    totals = {"total_net": net, "total_vat": vat, "total_gross": gross}
    return json.dumps({"number": number, "issue_date": day, **totals, **MARTIN, **more})


@step
def invoice(case: Case, llm: LLM) -> Extraction[Invoice]:
    record = Invoice.model_validate_json(case.documents[0].fields["text"])
    checks = (Check(name="is_invoice", passed=False, fields=("kind",)),) if record.number == "D-1" else ()
    return Extraction[Invoice](record=record, proven=True, checks=checks)


@dataclass
class Office:
    """A workspace whose invoices are rows."""

    folder: Path
    here: dict[str, str] = field(default_factory=dict)
    name: str = "things"
    complete: bool = True

    def cases(self):
        for key, text in self.here.items():
            data = json.dumps({"id": key.rpartition("/")[2], "text": text}).encode()
            yield make_arrival(key, key, ROW, data)

    def run(self, recipe: str = "r") -> None:
        recipe = Recipe(
            name=recipe,
            path=self.folder / "r.yaml",
            text_hash="t",
            source=self,
            steps=(Entry(step=invoice),),
        )
        run_recipe(recipe, WorkspaceSettings.find(self.folder), state=self.folder / ".smeflow")

    def export(self, period: str = "2026-10", **more: Any):
        with self.ledger() as ledger:
            made = export_batch(
                ledger, WorkspaceSettings.find(self.folder), period=period, person="Anne", **more
            )
            return made, (checked(batch_file(ledger, made.batch)) if made.batch else [])

    def put(self, made: Export, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        with self.ledger() as ledger:
            (folder / batch_file_name(made.batch)).write_bytes(batch_file(ledger, made.batch))

    def item(self, key: str) -> ItemRow:
        with self.ledger() as ledger:
            return ledger.item("r", key)

    def correct(self, key: str, **fields: str) -> None:
        with self.ledger() as ledger:
            item = ledger.item("r", key)
            before, seen = ledger.value(item, "invoice")
            value = json.loads(before)
            value["record"] |= fields
            ledger.record_decision(
                item,
                action="correct",
                person="Anne",
                step="invoice",
                result_hash=seen,
                before=before,
                after=json.dumps(value),
            )

    def ledger(self) -> Ledger:
        return Ledger.open(self.folder / ".smeflow")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n')
    (tmp_path / "suppliers.csv").write_text(SUPPLIERS)
    return Office(tmp_path)


def test_an_invoice_becomes_a_balanced_entry(office):
    """Expense, VAT and supplier, with the accounts of the supplier's row."""
    office.here = {"a": paper("F-1")}
    office.run()
    made, lines = office.export()
    assert made.entries == 1
    assert [(x["CompteNum"], x["Debit"], x["Credit"], x["CompAuxNum"]) for x in lines] == [
        ("606300", "100,00", "0,00", ""),
        ("445660", "20,00", "0,00", ""),
        ("401000", "0,00", "120,00", "F0MARTIN"),
    ]
    assert lines[0]["EcritureDate"] == "20261005"


def test_an_entry_leaves_in_exactly_one_batch(office):
    """A second export has only what is new, and its numbers go on."""
    office.here = {"a": paper("F-1"), "b": paper("F-2", net="50.00", vat="10.00")}
    office.run()
    assert office.export()[0].entries == 2
    assert office.export()[0].batch is None
    office.here["c"] = paper("F-3", net="7.00", vat="1.40")
    office.run()
    made, lines = office.export()
    assert (made.entries, {x["EcritureNum"] for x in lines}) == (1, {"HA000003"})


def test_a_month_has_only_its_own_invoices(office):
    """What is dated in another month waits for that month's export."""
    office.here = {"a": paper("F-1"), "b": paper("F-2", day="2026-11-01")}
    office.run()
    assert office.export()[0].entries == 1
    assert office.export("2026-11")[0].entries == 1


def test_a_correction_leaves_as_a_reversal_and_a_new_entry(office):
    """What left is never changed: it is taken back, and booked anew."""
    office.here = {"a": paper("F-1")}
    office.run()
    office.export()
    office.correct("a", total_net="110.00", total_gross="130.00")
    office.run()
    made, lines = office.export("2026-11")
    assert (made.entries, made.reversals) == (1, 1)
    back, new = lines[:3], lines[3:]
    assert [(x["Debit"], x["Credit"]) for x in back] == [
        ("0,00", "100,00"),
        ("0,00", "20,00"),
        ("120,00", "0,00"),
    ]
    assert {x["EcritureDate"] for x in lines} == {"20261130"}
    assert {x["PieceDate"] for x in lines} == {"20261005"}
    assert new[-1]["Credit"] == "130,00"
    assert office.export("2026-11")[0].batch is None


def test_a_quote_is_not_booked_even_where_a_person_approved_it(office):
    """It fails the check that it is an invoice; a person who says of what kind it is books it."""
    office.here = {"quote": paper("D-1", kind=None), "invoice": paper("F-2", net="50.00", vat="10.00")}
    office.run()
    made, lines = office.export()
    assert (made.entries, lines[0]["PieceRef"]) == (1, "F-2")


def test_an_unmapped_invoice_waits_and_the_others_leave(office):
    """It is told what lacks, waits in review, and goes with the export after it was added."""
    office.here = {"a": paper("F-1"), "b": paper("X-1", seller="Neu GmbH", seller_details={})}
    office.run()
    made, _ = office.export()
    assert made.entries == 1
    assert "Neu GmbH has no aux_account, expense_account" in str(made.left_out[0].why)
    with office.ledger() as ledger:
        assert ledger.item("r", "b").state == "review"
    (office.folder / "suppliers.csv").write_text(SUPPLIERS + "Neu GmbH,,F0NEU,611000\n")
    made, lines = office.export()
    assert (made.entries, lines[0]["CompteNum"]) == (1, "611000")
    with office.ledger() as ledger:
        assert ledger.item("r", "b").state == "done"


def test_batches_are_written_again_byte_for_byte(office):
    """Whatever changes in the settings later."""
    office.here = {"a": paper("F-1", seller="Martin | SARL\t")}
    office.run()
    made, _ = office.export(separator="pipe")
    with office.ledger() as ledger:
        first = batch_file(ledger, made.batch)
        assert batch_file_name(made.batch) == "HA-2026-10-0001.txt"
    (office.folder / "smeflow.toml").write_text(
        '[tables]\nsuppliers = "suppliers.csv"\n\n[books]\nvat_account = "445661"\n'
    )
    with office.ledger() as ledger:
        assert [batch_file(ledger, row) for row in batches_of(ledger.store, "HA")] == [first]


MAPPED = SupplierAccounts(aux="F1", aux_name="Martin", expense="606300", vat="445660")


def booked(**more: object) -> list[tuple[str, Decimal]]:
    """Give account and debit less credit of each posting."""
    record = Invoice.model_validate(json.loads(paper("1")) | more)
    entry = make_entry(record, MAPPED, Books(), currency="EUR", country="FR")
    return [(p.account, p.debit - p.credit) for p in entry.postings]


def test_a_credit_note_has_the_sides_changed():
    """Its totals are positive, as the standard has them."""
    assert booked(kind="credit_note") == [("606300", -100), ("445660", -20), ("401000", 120)]


GERMAN = {"seller_details": {"vat_id": "DE136695976"}}


@pytest.mark.parametrize(
    ("category", "seller", "deductible", "due"),
    [
        ("AE", GERMAN, "445662", "445200"),
        ("K", GERMAN, "445662", "445200"),
        ("AE", {}, "445660", "445710"),
        ("AE", {"seller_details": {"legal_id": "30326504500015"}}, "445660", "445710"),
    ],
)
def test_both_sides_of_a_reverse_charge_are_written(category, seller, deductible, due):
    """Building work of a French subcontractor is on the domestic accounts, what comes from abroad is not."""
    found = booked(
        vat=[{"category": category, "rate": "0", "base": "100.00", "amount": "0"}],
        total_vat="0.00",
        total_gross="100.00",
        **seller,
    )
    assert found == [("606300", 100), (deductible, 20), (due, -20), ("401000", -100)]


def test_each_rate_is_a_posting_of_its_own():
    """Where the rates make the totals."""
    rates = [
        {"category": "S", "rate": "20", "base": "60.00", "amount": "12.00"},
        {"category": "S", "rate": "5.5", "base": "40.00", "amount": "2.20"},
    ]
    record = json.loads(paper("1", net="100.00", vat="14.20")) | {"vat": rates}
    entry = make_entry(Invoice.model_validate(record), MAPPED, Books(), currency="EUR", country="FR")
    assert [p.debit for p in entry.postings[:4]] == [60, 40, 12, Decimal("2.20")]


def test_a_prepayment_is_an_advance():
    """Not yet an expense."""
    assert booked(kind="prepayment")[0] == ("409100", 100)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            {"seller_details": {}, "vat": [{"category": "AE", "base": "100.00"}], "total_vat": "0.00"},
            "which country",
        ),
        ({"currency": "USD"}, "it is in USD"),
        ({"prepaid": "20.00"}, "deducts a prepayment of 20.00"),
        ({"total_gross": "121.00"}, "do not make 121.00"),
        ({"number": None}, "not known"),
        (
            {"seller_details": {"vat_id": "DE136695976"}, "total_vat": "0.00", "total_gross": "100.00"},
            "no VAT is charged by a seller in DE",
        ),
    ],
)
def test_what_no_rule_can_book_is_left_to_a_bookkeeper(more, why):
    """It is told why."""
    with pytest.raises(NotBookable, match=why):
        booked(**more)


def test_an_invoice_that_two_recipes_read_is_booked_once(office):
    """Supplier and number say which invoice it is, not the item it came as; the other is named."""
    office.here = {"a": paper("F-1")}
    office.run()
    office.run(recipe="other")
    made, _ = office.export()
    assert (made.entries, [str(each.why) for each in made.known]) == (1, ["booked already as a"])
    assert office.export()[0].batch is None


def test_a_booked_invoice_that_comes_back_elsewhere_is_not_booked_again(office):
    """The file was away for one run and comes back under another path: its entry stands."""
    office.here = {"a": paper("F-1")}
    office.run()
    office.export()
    moved = office.here.pop("a")
    office.run()
    office.here["archive/a"] = moved
    office.run()
    assert office.item("archive/a").state == "done"
    assert office.export()[0].batch is None


def test_an_invoice_that_came_back_elsewhere_is_corrected_in_the_books(office):
    """The entry it left under its first path is taken back, and booked anew."""
    office.here = {"a": paper("F-1")}
    office.run()
    office.export()
    office.here = {}
    office.run()
    office.here = {"archive/a": paper("F-1")}
    office.run()
    office.correct("archive/a", total_net="110.00", total_gross="130.00")
    office.run()
    made, lines = office.export()
    assert (made.entries, made.reversals, lines[-1]["Credit"]) == (1, 1, "130,00")
    assert office.export()[0].batch is None


def test_a_rejection_is_about_the_invoice_and_not_the_item(office):
    """The same paper in another recipe waits, and the entry is taken back."""
    office.here = {"a": paper("F-1")}
    office.run()
    office.run(recipe="z")
    office.export()
    with office.ledger() as ledger:
        reject(ledger, ledger.item("r", "a"), "Anne", "paid by card")
        other = ledger.item("z", "a")
    assert (other.state, str(other.reason)) == ("review", "it was rejected by Anne as a: paid by card")
    made, _ = office.export()
    assert (made.entries, made.reversals) == (0, 1)
    with office.ledger() as ledger:
        approve(ledger, ledger.item("z", "a"), "Bea", "it was not paid, I called them")
    office.run(recipe="z")
    made, _ = office.export()
    assert (made.entries, made.reversals) == (1, 0)


def test_what_is_rejected_where_it_came_back_is_taken_back_too(office):
    """The entry was left by the item under the first path."""
    office.here = {"a": paper("F-1")}
    office.run()
    office.export()
    office.here = {}
    office.run()
    office.here = {"archive/a": paper("F-1")}
    office.run()
    with office.ledger() as ledger:
        reject(ledger, ledger.item("r", "archive/a"), "Anne", "paid by card")
    made, _ = office.export()
    assert (made.entries, made.reversals) == (0, 1)
    assert office.export()[0].batch is None


def test_numbers_go_on_behind_files_that_a_restored_ledger_does_not_know(office):
    """Neither a number nor an invoice that stands in such a file is used again; its name stays free."""
    folder = office.folder / "books"
    folder.mkdir()
    office.here = {"a": paper("F-1")}
    office.run()
    backup = office.folder / "backup"
    shutil.copytree(office.folder / ".smeflow", backup)
    made, _ = office.export(folder=folder)
    office.put(made, folder)
    shutil.rmtree(office.folder / ".smeflow")
    backup.rename(office.folder / ".smeflow")
    office.here["b"] = paper("F-2", net="50.00", vat="10.00")
    office.run()
    made, lines = office.export(folder=folder)
    assert {line["EcritureNum"] for line in lines} == {"HA000002"}
    assert {line["PieceRef"] for line in lines} == {"F-2"}
    assert "HA-2026-10-0001.txt" in str(made.known[0].why)
    office.put(made, folder)
    assert {file.name for file in folder.iterdir()} == {"HA-2026-10-0001.txt", "HA-2026-10-0002.txt"}
    with office.ledger() as ledger:
        assert [batch_file_name(row) for row in batches_of(ledger.store, "HA")] == ["HA-2026-10-0002.txt"]
    made, _ = office.export(folder=folder)
    assert (made.batch, len(made.known)) == (None, 1)


def test_an_invoice_in_an_unknown_file_over_another_amount_waits(office):
    """Both amounts are a person's business."""
    office.here = {"a": paper("F-1")}
    office.run()
    made, _ = office.export()
    office.put(made, office.folder / "books")
    shutil.rmtree(office.folder / ".smeflow")
    office.here = {"a": paper("F-1", net="200.00", vat="40.00")}
    office.run()
    made, _ = office.export(folder=office.folder / "books")
    assert made.batch is None
    assert "booked already over 120.00 in HA-2026-10-0001.txt" in str(made.left_out[0].why)


def test_a_file_in_another_format_is_known_again_too(office):
    """Where a ledger was begun anew, numbers and invoices of a file for Sage are not used again."""
    folder = office.folder / "books"
    office.here = {"a": paper("F-1")}
    office.run()
    made, _ = export_in(office, "sage", folder)
    office.put(made, folder)
    shutil.rmtree(office.folder / ".smeflow")
    office.here["b"] = paper("F-2", net="50.00", vat="10.00")
    office.run()
    made, data = export_in(office, "sage", folder)
    assert b"HA000002" in data
    assert b"F-1" not in data
    assert batch_file_name(made.batch) == "HA-2026-10-0002-sage.txt"


def export_in(office, form, folder):
    firm = WorkspaceSettings.find(office.folder)
    with office.ledger() as ledger:
        made = export_batch(ledger, firm, period="2026-10", person="Anne", form=form, folder=folder)
        return made, batch_file(ledger, made.batch)
