import json
import sqlite3

import pytest

from smeflow import ask
from smeflow.core.case import Case
from smeflow.core.step import step
from smeflow.engine.lookups import KnownWithSuppliers
from smeflow.extract.result import Extraction
from smeflow.ledger.ledger import Ledger
from smeflow.llm.interface import LLM
from smeflow.llm.testing import Scripted
from smeflow.recipe.known_tables import KnownTables
from smeflow.records import Invoice

FIRST, SECOND = "FR7630006000011234567890189", "FR7630001007941234567890185"
MARTIN = {"seller": "Martin SARL", "seller_details": {"vat_id": "FR32123456789"}}


@step
def invoice(case: Case, llm: LLM) -> Extraction[Invoice]:
    text = case.documents[0].fields["text"]
    return Extraction[Invoice](record=Invoice.model_validate_json(text), proven=True)


def paper(number: str, *, day: str = "2026-10-01", gross: str = "120.00", **more: object) -> str:
    return json.dumps(
        {"number": number, "issue_date": day, "total_gross": gross, "currency": "EUR", **MARTIN, **more}
    )


def _approve(office, key, note="called them"):
    with office.ledger() as ledger:
        item = ledger.item("r", key)
        before, seen = ledger.value(item, "invoice")
        ledger.record_decision(
            item,
            action="approve",
            person="Anne",
            step="invoice",
            result_hash=seen,
            before=before,
            note=note,
        )


def test_the_second_of_two_equal_invoices_goes_to_a_person(office):
    """The same supplier and number, written otherwise and in another file, is found; the first is done."""
    office.source.here = {
        "a": paper("F-2026/12"),
        "b": paper("f 2026 12", gross="99.00"),
        "c": paper("F-13", day="2026-10-02"),
    }
    office.plan(invoice)
    summary = office.run(workers=1)
    assert (summary.done, summary.review) == (2, 1)
    item = office.item("b")
    assert item.reason.kind == "between"
    assert str(item.reason) == (
        "invoice f 2026 12 of Martin SARL is there already: a. "
        "There it is over 120.00 EUR, 2026-10-01, here over 99.00 EUR, 2026-10-01"
    )


def test_the_same_amount_on_the_same_day_is_asked_about(office):
    """A number that was read wrongly does not hide a duplicate."""
    office.source.here = {"a": paper("F-12"), "b": paper("F-I2")}
    office.plan(invoice)
    assert office.run(workers=1).review == 1
    assert "same day over the same amount: 120.00 EUR is there already: a" in str(office.item("b").reason)


def test_one_number_of_two_suppliers_is_no_duplicate(office):
    """Firms of one name with different registered numbers are different firms."""
    other = {"seller": "Martin SARL", "seller_details": {"vat_id": "FR83404833048"}}
    office.source.here = {"a": paper("1"), "b": paper("1", **other)}
    office.plan(invoice)
    assert office.run().done == 2


def test_a_person_settles_a_duplicate_once(office):
    """What was approved beside another stays done, also when both are redone."""
    office.source.here = {"a": paper("F-12"), "b": paper("F-12")[:-1] + ', "notes": ["copy"]}'}
    office.plan(invoice)
    assert office.run(workers=1).review == 1
    _approve(office, "b")
    assert office.run().done == 2
    assert office.run(redo="all").done == 2


def test_the_first_and_every_other_account_of_a_supplier_is_approved_by_a_person(office):
    """The first account waits; once approved it is known; another one waits again."""
    office.plan(invoice)
    office.source.here = {"a": paper("1", iban=FIRST)}
    assert office.run().review == 1
    assert str(office.item("a").reason).startswith(f"first account of Martin SARL: {FIRST}.")
    _approve(office, "a")
    office.source.here["b"] = paper("2", day="2026-10-02", iban=FIRST)
    office.source.here["c"] = paper("3", day="2026-10-03", iban=SECOND)
    summary = office.run()
    assert (summary.done, summary.review) == (2, 1)
    assert "another account than before: " + SECOND in str(office.item("c").reason)
    _approve(office, "c")
    assert office.run().done == 3


def test_the_account_of_a_credit_note_is_approved_too(office):
    """Whoever reads the ledger pays to the account that stands there, whatever paper it came from."""
    office.plan(invoice)
    office.source.here = {"a": paper("1", iban=FIRST)}
    assert office.run().review == 1
    _approve(office, "a")
    office.source.here["b"] = paper("2", day="2026-10-02", iban=SECOND, kind="credit_note")
    assert office.run().review == 1
    assert "another account than before: " + SECOND in str(office.item("b").reason)


def test_one_approval_is_enough_for_all_invoices_to_one_account(office):
    """What waits for the same account alone goes on by itself."""
    office.plan(invoice)
    office.source.here = {f"{n}": paper(f"{n}", day=f"2026-10-0{n}", iban=FIRST) for n in (1, 2, 3)}
    assert office.run().review == 3
    _approve(office, "2")
    assert office.run().done == 3


def test_an_account_in_the_firms_table_is_known(office):
    """The table of suppliers stands for an approval, and against another account."""
    office.folder.joinpath("smeflow.toml").write_text('[tables]\nsuppliers = "suppliers.csv"\n')
    office.folder.joinpath("suppliers.csv").write_text(f"name,vat_id,iban\nMartin,FR 32 123456789,{FIRST}\n")
    office.plan(invoice)
    office.source.here = {
        "a": paper("1", iban=FIRST),
        "b": paper("2", day="2026-10-02", iban=SECOND),
    }
    summary = office.run()
    assert (summary.done, summary.review) == (1, 1)
    assert office.item("b").state == "review"


def _reject(office, key, note="paid by card"):
    with office.ledger() as ledger:
        item = ledger.item("r", key)
        before, seen = ledger.value(item, "invoice")
        ledger.record_decision(
            item, action="reject", person="Anne", step="invoice", result_hash=seen, before=before, note=note
        )


def test_a_rejection_is_a_lasting_claim(office):
    """What was rejected and comes again goes to a person, who reads why, and both amounts if they differ."""
    office.plan(invoice)
    office.source.here = {"a": paper("F-12")}
    office.run()
    _reject(office, "a")
    office.source.here["b"] = paper("F-12", gross="121.00")
    assert office.run().review == 1
    assert str(office.item("b").reason) == (
        "invoice F-12 of Martin SARL was rejected by Anne as a: paid by card. "
        "There it is over 120.00 EUR, 2026-10-01, here over 121.00 EUR, 2026-10-01"
    )
    _approve(office, "b")
    summary = office.run()
    assert (summary.done, summary.skipped) == (1, 1)


def test_a_rejected_invoice_with_one_byte_changed_waits_under_its_own_path(office):
    """Also once another invoice stood in its place in between."""
    office.plan(invoice)
    office.source.here = {"a": paper("F-12")}
    office.run()
    _reject(office, "a")
    office.source.here["a"] = paper("F-13", day="2026-10-02")
    assert office.run().done == 1
    office.source.here["a"] = paper("F-12") + " "
    assert office.run().review == 1
    assert "was rejected by Anne as a: paid by card" in str(office.item("a").reason)
    _approve(office, "a")
    assert office.run().done == 1
    assert office.run(redo="all").done == 1


def test_a_copy_that_is_rejected_leaves_the_first_alone(office):
    """It was rejected beside the other: that one stays done, and a third is held against it."""
    office.plan(invoice)
    office.source.here = {"a": paper("F-12"), "b": paper("F-12") + " "}
    assert office.run(workers=1).review == 1
    _reject(office, "b", note="a copy")
    assert office.item("a").state == "done"
    assert office.run(redo="all").done == 1
    office.source.here["c"] = paper("F-12") + "  "
    office.run()
    assert "is there already: a" in str(office.item("c").reason)
    assert "rejected" not in str(office.item("c").reason)


def test_a_ledger_of_the_version_before_opens(office):
    """Tables that came later are added; nothing else changes."""
    office.plan(invoice)
    office.source.here = {"a": paper("F-12")}
    office.run()
    file = office.folder / ".smeflow" / "ledger.db"
    with sqlite3.connect(file) as old:
        old.execute("DROP TABLE claims")
        from smeflow.ledger.writer import crc

        old.execute("UPDATE meta SET value = '1', crc = ? WHERE name = 'schema'", (crc(("schema", "1")),))
    old.close()
    with Ledger.open(file.parent) as ledger:
        assert ledger.counts().done == 1
    office.source.here["b"] = paper("F-14", day="2026-11-01")
    assert office.run().done == 2


@pytest.mark.parametrize("number", ["F-12", None])
def test_an_invoice_without_a_seller_claims_nothing(office, number):
    """Nothing is compared that is not known."""
    bare = json.dumps({"number": number, "total_gross": "1.00"})
    office.plan(invoice)
    office.source.here = {"a": bare, "b": bare[:-1] + ', "notes": ["x"]}'}
    assert office.run().done == 2


def test_the_list_of_suppliers_grows_with_what_a_person_approves(office):
    """An approved seller is known by its number and its name; one that nobody looked at is not."""
    office.source.here = {"a": paper("1", iban=FIRST)}
    office.plan(invoice)
    office.run(workers=1)
    with office.ledger() as ledger:
        known = KnownWithSuppliers(KnownTables({}), ledger.store)
        assert known.rows("suppliers", vat_id="FR32123456789") == []
    _approve(office, "a")
    with office.ledger() as ledger:
        known = KnownWithSuppliers(KnownTables({}), ledger.store)
        (row,) = known.rows("suppliers", vat_id="FR 32 123456789")
        assert row["name"] == "Martin SARL"
        assert "iban" not in row  # accounts are compared when an item ends, not looked up
        assert known.rows("suppliers", name="martin sarl")
        assert known.rows("suppliers", name="Autre") == []
        assert known.rows("approved invoices", name="Martin SARL")[0]["printed"] == "{}"


def test_an_invoice_keeps_within_what_is_left_of_its_order(office):
    """The table says what was ordered; what was done before is taken off, and a credit note gives back."""
    office.folder.joinpath("smeflow.toml").write_text('[tables]\norders = "orders.csv"\n')
    office.folder.joinpath("orders.csv").write_text(
        'number,supplier,total_gross,currency\nBC-7,Martin,"300,00",EUR\nBC-8,Durand SA,50,EUR\nBC-9,,,USD\n'
    )
    office.source.here = {
        "1": paper("1", day="2026-10-01", gross="200.00", order_reference="BC-7"),
        "2": paper("2", day="2026-10-02", gross="120.00", order_reference="BC-7"),
        "3": paper("3", day="2026-10-03", gross="100.00", order_reference="BC-7"),
        "unknown": paper("4", day="2026-10-04", order_reference="BC-1"),
        "other": paper("5", day="2026-10-05", gross="20.00", order_reference="BC-8"),
        "dollars": paper("6", day="2026-10-06", order_reference="BC-9"),
        "none": paper("7", day="2026-10-07"),
    }
    office.plan(invoice)
    summary = office.run(workers=1)
    assert (summary.done, summary.review) == (3, 4)
    assert str(office.item("2").reason) == (
        "order BC-7 is over 300.00; 200.00 of it came before and 120.00 comes now"
    )
    assert "in no row of your table" in str(office.item("unknown").reason)
    assert "was given to Durand SA, not to Martin SARL" in str(office.item("other").reason)
    assert "is in USD, the invoice in EUR" in str(office.item("dollars").reason)
    office.source.here["back"] = paper(
        "A-1", day="2026-10-08", gross="300.00", kind="credit_note", order_reference="BC-7"
    )
    office.source.here["8"] = paper("8", day="2026-10-09", gross="250.00", order_reference="BC-7")
    office.run(workers=1)
    assert office.item("8").state == "done"


def city_of(supplier: str) -> str:
    """Give the city of a supplier."""
    return {"Nova": "Lyon"}[supplier]


@step
def city(case: Case, llm: LLM) -> str:
    return ask(llm, "Where is Nova?", into=str, tools=[city_of])


def test_a_call_of_a_steps_own_function_is_noted_with_the_result(office):
    """Beside look-ups in tables; it is not called again outside of its step."""
    office.source.here = {"a": "x"}
    office.plan(city)
    model = Scripted(
        [
            {"look_up": {"look_up": "city_of", "supplier": "Nova"}, "answer": None},
            {"look_up": None, "answer": {"answer": "Lyon"}},
        ]
    )
    assert office.run(model).done == 1
    assert office.values("a") == {"city": "Lyon"}
    with sqlite3.connect(office.folder / ".smeflow" / "ledger.db") as ledger:
        ((lookups,),) = ledger.execute("SELECT lookups FROM results").fetchall()
    ((asked, _),) = json.loads(lookups)
    assert json.loads(asked) == ["call", "city_of", {"supplier": "Nova"}]
    assert office.run(model, redo="stale").done == 1
    assert len(model.requests) == 2
