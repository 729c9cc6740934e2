"""Texts from facts: templates, tables, and a model whose figures are checked."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.money import Money
from smeflow.records import Invoice
from smeflow.steps import Draft, Drafted, Extract
from smeflow.writing.locales import LocaleFormat

SALES = "customer;amount;region\nACME;1 200,50;north\nBob & fils;300,00;south\nACME;20,00;south\n"
FACTS = {
    "revenue": {"sum": "amount", "currency": "EUR"},
    "orders": {"count": "rows"},
    "customers": {"count": "customer"},
    "best": {"top": "customer", "by": "amount"},
    "south": {"sum": "amount", "where": {"region": "south"}},
}
TEMPLATE = "{orders} orders of {customers} customers, {revenue}, of which {south} in the south. Best: {best}."


def table(text=SALES):
    return Case.of(text_document(text, media_type="text/csv", name="sales.csv"))


def report(**more):
    return Draft(name="report", facts=FACTS, template=TEMPLATE, **more)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en-GB", "3 orders of 2 customers, €1,520.50, of which 320.00 in the south. Best: ACME."),
        ("fr-FR", "3 orders of 2 customers, 1\u202f520,50\u00a0€, of which 320,00 in the south. Best: ACME."),
        ("de-DE", "3 orders of 2 customers, 1.520,50\u00a0€, of which 320,00 in the south. Best: ACME."),
    ],
)
def test_a_template_is_filled_with_facts_computed_over_a_table(locale, text):
    """Sums are exact, written as the country writes them, and no model is asked."""
    model = Scripted([])
    found = report(locale=locale)(table(), model)
    assert (found.text, found.reader, found.doubts) == (text, "template", ())
    assert model.requests == []
    assert next(f for f in found.facts if f.name == "revenue").value == "1520.50 EUR"


def test_a_cell_that_is_no_number_is_told_and_not_counted():
    """A sum over a damaged column goes to a person."""
    rows = "".join(f"Ann;{n},00;north\n" for n in range(1, 10))
    found = report()(table(SALES + rows + "Eve;n/a;south\n"), NoModel())
    assert next(f for f in found.facts if f.name == "revenue").value == "1565.50 EUR"
    assert str(found.doubts[0]) == (
        "Column amount of sales.csv has cells that are no figure, left empty: 1 (line: cell): 14: n/a."
    )


def test_a_column_of_which_many_cells_are_no_numbers_has_no_sum():
    """What is text is not added up, and the text says that the figure is not known."""
    found = report()(table(SALES + "Eve;n/a;south\n"), NoModel())
    assert found.text.startswith("4 orders of 3 customers, …")
    assert "is read as text" in str(found.doubts[0])
    assert str(found.doubts[1]) == "Column amount of sales holds no numbers."


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ({"average": "amount"}, "506.83"),
        ({"minimum": "amount"}, "20.00"),
        ({"maximum": "amount"}, "1200.50"),
        ({"count": "rows", "where": {"amount": "300"}}, "1"),
        ({"count": "rows", "where": {"day": "2/10/2026"}}, "2"),
        ({"count": "rows", "where": {"CUSTOMER": "acme", "region": "south"}}, "1"),
        ({"count": "rows", "where": {"region": ""}}, "1"),
        ({"top": "customer", "by": "amount", "where": {"region": "south"}}, "Bob & fils"),
    ],
)
def test_a_fact_is_what_a_report_says_of_the_same_rows(fact, value):
    """The measures are those of reports; a row is chosen by the number, the day or the word in its cell."""
    rows = SALES.replace("\n", ";02.10.2026\n").replace("region;02.10.2026", "region;day")
    rows = rows.replace("20,00;south;02.", "20,00;south;03.") + "Eve;;;04.10.2026\n"
    found = Draft(name="d", facts={"x": fact}, template="{x}")(table(rows), NoModel())
    assert (found.facts[0].value, found.doubts) == (value, ())


def test_every_table_of_a_case_has_its_own_name():
    """A table is called as its file is, a second one by its number; lines of totals count for nothing."""
    rows = "customer;amount\nAnn;1,00\nBob;2,00\nCid;4,00\nTotal;7,00\n"
    documents = [
        text_document(rows, media_type="text/csv", name="Sales 2026.csv"),
        text_document(
            '[{"amount": 5}, {"amount": 6}]', media_type="application/json", name="Sales 2026.json"
        ),
    ]
    facts = {
        "first": {"sum": "amount"},
        "named": {"sum": "amount", "table": "Sales 2026.csv"},
        "other": {"sum": "amount", "table": "sales_2026_2"},
    }
    found = Draft(name="d", facts=facts, template="{first} {named} {other}")(Case.of(*documents), NoModel())
    assert (found.text, found.doubts) == ("7.00 7.00 11", ())


def test_a_tie_has_no_winner():
    """Two customers with the same sum: neither is called the best."""
    found = report()(table("customer;amount;region\nA;5,00;south\nB;5,00;north\n"), NoModel())
    assert "Best: …" in found.text
    assert "A, B are level" in str(found.doubts[0])


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"x": {"sum": "price"}}, "Table sales has no column price; it has: customer, amount, region."),
        ({"x": {"sum": "amount", "table": "costs"}}, "There is no table costs; there are: sales."),
        ({"x": {"average": "amount", "where": {"region": "east"}}}, "The fact x is not known."),
    ],
)
def test_a_fact_that_cannot_be_computed_is_a_doubt(facts, says):
    """What is not known is written as an ellipsis and told."""
    found = Draft(name="d", facts=facts, template="{x}")(table(), NoModel())
    assert found.text == "…"
    assert says in [str(d) for d in found.doubts]


def test_fields_of_earlier_results_stand_in_a_template():
    """A name in braces may be a path to a result; amounts carry the record's currency."""
    step = Extract(name="invoice", into=Invoice)
    record = Invoice(number="F-1", currency="EUR", total_gross=Decimal("1234.50"), due_date="2026-03-01")
    case = Case(id="x").with_result("invoice", step.returns(record=record))
    draft = Draft(
        name="reply",
        locale="fr-FR",
        subject="Facture {invoice.record.number}",
        template="{invoice.record.total_gross}, à régler le {invoice.record.due_date}. {{fin}}",
    )
    found = draft(case, NoModel())
    assert found.subject == "Facture F-1"
    assert found.text == "1\u202f234,50\u00a0€, à régler le 1er mars 2026. {fin}"


def test_what_is_filled_in_is_not_looked_at_again():
    """A document cannot smuggle in a name of its own."""
    found = Draft(name="d", facts={"x": {"top": "customer", "by": "amount"}}, template="{x}")(
        table("customer;amount\n{secret};1\n"), NoModel()
    )
    assert found.text == "{secret}"


@pytest.mark.parametrize("template", ["{a.__class__}", "{open('x')}", "{", "a } b", "{}"])
def test_a_template_holds_names_and_no_code(template):
    """What is no name is refused when the step is made."""
    with pytest.raises(ValidationError):
        Draft(name="d", template=template)


def test_without_a_model_the_template_stands_in():
    """Instructions want a model; where there is none the template does, marked so."""
    found = report(instructions="Write two friendly sentences.")(table(), NoModel())
    assert (found.reader, found.wanted_model, found.doubts) == ("template", True, ())
    bare = Draft(name="d", facts={"n": {"count": "rows"}}, instructions="Write.")(table(), NoModel())
    assert (bare.text, bare.reader, bare.wanted_model) == ("n: 3", None, True)
    assert bare.doubts


def test_prose_with_the_facts_alone_is_taken():
    """The model's text stands when every figure in it is a fact."""
    prose = "This month 3 orders came in, worth €1,520.50; ACME bought most."
    model = Scripted([{"subject": "Report", "text": prose}])
    found = report(instructions="Write one sentence.")(table(), model)
    assert (found.subject, found.text, found.reader, found.doubts) == ("Report", prose, "model", ())
    assert "revenue: €1,520.50" in model.requests[0].messages[1].content


def test_a_figure_that_is_no_fact_is_asked_again_and_then_not_sent():
    """An invented figure is told to the model; if it insists, the template stands in and a person looks."""
    wrong = {"subject": "", "text": "Revenue rose by 12 % to €1,700.00."}
    right = {"subject": "", "text": "Revenue came to €1,520.50."}
    mended = report(instructions="Write one sentence.")(table(), Scripted([wrong, right]))
    assert (mended.text, mended.doubts) == ("Revenue came to €1,520.50.", ())
    stubborn = report(instructions="Write one sentence.")(table(), Scripted([wrong], for_ever=True))
    assert "1,700" not in stubborn.text
    assert stubborn.reader == "template"
    assert stubborn.doubts


def test_a_draft_comes_back_from_json():
    """Facts, text and doubts survive being written down."""
    found = report()(table(SALES + "Eve;n/a;south\n"), NoModel())
    assert found.doubts
    adapter = TypeAdapter(Drafted)
    assert adapter.validate_json(adapter.dump_json(found)).model_dump() == found.model_dump()


@pytest.mark.parametrize(
    ("value", "locale", "text"),
    [
        (Decimal("-1234567.5"), "fr", "-1\u202f234\u202f567,5"),
        (Decimal("0.005"), "de", "0,005"),
        (Money(Decimal("-12.5"), "EUR"), "en", "-€12.50"),
        (Money(Decimal(12), "CHF"), "fr-CH", "12,00\u00a0CHF"),
        (7, "xx", "7"),
        (True, "en", "true"),
    ],
)
def test_figures_are_written_as_the_country_writes_them(value, locale, text):
    """Grouping, decimal mark and sign follow the locale, never the machine."""
    assert LocaleFormat(locale).write(value) == text


def test_bundled_sales_give_the_same_sum_as_plain_python():
    """The sum over a bundled table is what adding its cells up gives."""
    import csv

    path = Path(__file__).parents[2] / "recipes" / "monthly-sales" / "sales.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    column = next(c for c in rows[0] if "total" in c.lower() or "amount" in c.lower())
    case = Case.of(text_document(path.read_text(encoding="utf-8"), media_type="text/csv", name="sales.csv"))
    draft = Draft(name="d", facts={"sum": {"sum": column}}, template="{sum}")
    found = draft(case, NoModel())
    assert found.facts[0].value == str(sum(Decimal(row[column]) for row in rows))
