"""What a month lacks, and its sums."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from tests.books.test_books import office, paper  # noqa: F401 - a fixture

from smeflow.books.close import close_month, close_sections, missing_suppliers, summary_phrase
from smeflow.invoices.books.purchases import Purchase, purchase_ledger, sums_by_rate
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.records import Invoice


def invoice(day: str, number: str = "", **more: Any) -> Invoice:
    fields = {"seller": "Orange", "number": number or day, "issue_date": day, "total_gross": "59.88"}
    return Invoice.model_validate(fields | {"currency": "EUR"} | more)


def missing(*days: str, period: str = "2026-11") -> list[tuple[str, int]]:
    found = missing_suppliers([invoice(day) for day in days], period)
    return [(str(each.last.issue_date), each.months) for each in found]


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (("2026-08-03", "2026-09-03", "2026-10-03"), [("2026-10-03", 1)]),
        (("2026-08-03", "2026-09-03", "2026-10-03", "2026-11-04"), []),
        (("2026-08-31", "2026-09-30", "2026-10-31"), [("2026-10-31", 1)]),
        (("2026-08-31", "2026-09-30", "2026-10-31", "2026-12-01"), []),
        (("2026-08-03", "2026-09-03", "2026-10-03", "2026-10-30"), []),
        (("2026-09-03", "2026-10-03"), []),
        (("2026-05-12", "2026-07-12", "2026-09-12"), [("2026-09-12", 2)]),
        (("2026-02-01", "2026-05-01", "2026-08-01"), [("2026-08-01", 3)]),
        (("2024-11-02", "2025-11-02"), [("2025-11-02", 12)]),
        (("2026-08-03", "2026-09-03"), []),
    ],
)
def test_who_writes_regularly_and_has_not_is_missing(days, told):
    """Every month, second month, quarter or year; a day or two beside the month is that month's."""
    assert missing(*days) == told


def test_two_names_of_one_number_are_one_supplier():
    """A firm that is renamed goes on writing."""
    details = {"legal_id": "380129866"}
    records = [
        invoice(day, seller=seller, seller_details=details)
        for day, seller in (("2026-08-03", "Orange"), ("2026-09-03", "Orange SA"), ("2026-10-03", "ORANGE"))
    ]
    assert [(each.name, each.usual) for each in missing_suppliers(records, "2026-11")] == [
        ("ORANGE", Decimal("59.88"))
    ]


RATES = [
    {"category": "S", "rate": "20.00", "base": "60.00", "amount": "12.00"},
    {"category": "S", "rate": "5.5", "base": "40.00", "amount": "2.20"},
]
TWO_RATES = {"vat": RATES, "total_net": "100.00", "total_vat": "14.20", "total_gross": "114.20"}
NOBODY = {"seller": "Nobody", "seller_details": {}}
CREDIT = {
    "kind": "credit_note", "total_net": "10.00", "total_vat": "2.00", "total_gross": "12.00",
    "vat": [{"category": "S", "rate": "20", "base": "10.00", "amount": "2.00"}],
}  # fmt: skip


def test_a_credit_note_is_taken_off_each_rate():
    """Rates written alike are one; an invoice without rates stands under none."""
    records = [
        invoice("2026-11-02", **TWO_RATES),
        invoice("2026-11-03", **CREDIT),
        invoice("2026-11-04", total_net="7.00", total_vat="1.40", total_gross="8.40"),
    ]
    assert [(each.rate, each.net, each.vat) for each in sums_by_rate(records)] == [
        (20, 50, 10),
        (Decimal("5.5"), 40, Decimal("2.20")),
        (None, 7, Decimal("1.40")),
    ]


def test_the_purchase_ledger_adds_up_and_prints_across():
    """Signs, SIREN, a pair of columns for each rate, totals that go on counting, headings on every page."""
    details = {"vat_id": "FR89380129866"}
    purchases = [
        Purchase(record=invoice("2026-11-02", seller_details=details, **TWO_RATES), file="a.pdf"),
        Purchase(record=invoice("2026-11-03", **CREDIT), file="b.pdf", entry="HA000001", account="626000"),
        Purchase(record=invoice("2026-11-03", "F-9", currency="USD", total_net="5", total_vat="0"), file="c"),
    ]
    data = purchase_ledger(purchases, "2026-11", "Toitures & Cie", "fr")
    assert data == purchase_ledger(purchases[::-1], "2026-11", "Toitures & Cie", "fr")
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["EUR", "USD"]
    heads, first, second, total = book.get_sheet_by_name("EUR").to_python()
    line = dict(zip(heads, first, strict=True))
    assert (line["SIREN"], line["fichier"], line["HT 20 %"], line["TVA 5,5 %"]) == (
        "380129866", "a.pdf", 60, 2.2,
    )  # fmt: skip
    taken = dict(zip(heads, second, strict=True))
    assert (taken["HT 20 %"], taken["total TTC"], taken["écriture"]) == (-10, -12, "HA000001")
    assert dict(zip(heads, total, strict=True))["total TTC"] == 102.2
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert 'orientation="landscape"' in sheet
        assert "<f>SUM(J2:J3)</f>" in sheet
        assert "Toitures &amp;&amp; Cie" in sheet
        assert "_xlnm.Print_Titles" in archive.read("xl/workbook.xml").decode()


def test_what_waits_for_a_person_is_told_once(office):  # noqa: F811
    """It is not booked either, but that is no second thing to do; one that lacks accounts is."""
    office.here = {"a": paper("F-1"), "c": paper("X", **NOBODY)}
    office.run()
    office.here["b"] = paper("F-1", net="7.00", vat="1.40")
    office.run()
    with office.ledger() as ledger:
        month = close_month(ledger, WorkspaceSettings.find(office.folder), "2026-10")
    assert [each.item.key for each in month.waiting] == ["b"]
    assert [each.item.key for each in month.unbooked.left_out] == ["c"]
    assert str(summary_phrase(month)).startswith(
        "2026-10 is not closed: 0 missing, 1 waiting, 0 not worked off, 2 "
    )


def test_a_month_says_what_is_not_booked_and_what_is_due(office):  # noqa: F811
    """Before the export it can be booked; after it nothing is left to do, and the total has its entry."""
    office.here = {"a": paper("F-1", due_date="2026-11-04"), "b": paper("F-2", kind="credit_note")}
    office.run()
    with office.ledger() as ledger:
        before = close_month(ledger, WorkspaceSettings.find(office.folder), "2026-10")
        assert (before.left_to_do, len(before.unbooked.entries), before.total) == (True, 2, 0)
        assert [each.record.due_date for each in before.due] == [date(2026, 11, 4)]
        assert office.item("a").state == "done"
    office.export()
    with office.ledger() as ledger:
        after = close_month(ledger, WorkspaceSettings.find(office.folder), "2026-10")
    assert (after.left_to_do, [each.entry for each in after.purchases]) == (False, ["HA000001", "HA000002"])
    assert [len(section.rows) for section in close_sections(after)] == [0, 0, 0, 1, 2]
