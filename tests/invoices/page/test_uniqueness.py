"""What is proven has no rival: every other date, number, firm and sum is something else."""

from datetime import date

import pytest

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.invoices.page.exclusion import Exclusion
from smeflow.invoices.page.heading import find_title
from smeflow.invoices.page.surroundings import is_cut
from smeflow.invoices.page.view import PageView
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

INVOICE = """\
Atelier Berthier SARL
14 rue des Fabriques, 45000 Orléans
SIRET 732 829 320 00074, TVA FR44 732829320
{head}
FACTURE
Facture n° : FA-2026-118
Date de facture : 12/03/2026
{meta}
Client : Martin SAS

Désignation     Qté    PU HT     Total HT
Entretien         1   500,00       500,00
Total HT        500,00 €
TVA 20 %        100,00 €
Total TTC       600,00 €
{foot}
"""
STEP = Extract(name="invoice", into="Invoice", readers=("layout",))


def read(head="", meta="", foot=""):
    text = INVOICE.format(head=head, meta=meta, foot=foot)
    return STEP(Case(id="1", documents=(text_document(text),)), NoModel())


def open_fields(extraction):
    return {
        name for name, field in extraction.fields.items() if any(rival.why is None for rival in field.rivals)
    }


def test_a_page_without_a_rival_is_proven():
    """Each value has its own label, and the seller his numbers."""
    extraction = read()
    assert extraction.proven, [str(check.detail) for check in extraction.checks if check.passed is False]
    assert open_fields(extraction) == set()


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ("number", {"meta": "Numéro de facture : FA-2026-119"}),
        ("issue_date", {"meta": "Date d'émission : 14/03/2026"}),
        ("total_gross", {"foot": "Total HT 700,00 €\nTVA 20 % 140,00 €\nTotal TTC 840,00 €"}),
    ],
)
def test_a_second_value_under_an_equal_label_leaves_the_field_open(field, where):
    """Nothing tells which of the two it is, so nothing is proven, and both are shown."""
    extraction = read(**where)
    assert not extraction.proven
    reading = extraction.fields.get(field)
    assert reading is None or reading.value is None or field in open_fields(extraction)


@pytest.mark.parametrize(
    "where",
    [
        {"meta": "Date d'échéance : 11/04/2026"},
        {"meta": "Date de livraison : 10/03/2026"},
        {"meta": "Commande n° : C-77"},
    ],
)
def test_what_its_own_label_explains_is_no_rival(where):
    """A due date, a delivery date and an order's number are told apart by what they are called."""
    extraction = read(**where)
    assert extraction.proven, [str(check.detail) for check in extraction.checks if check.passed is False]


def test_a_rate_that_is_not_legal_proves_no_total():
    """Two lines that happen to add up are no net and VAT."""
    text = INVOICE.replace("100,00 €", "145,00 €").replace("600,00 €", "645,00 €").replace("TVA 20 %", "TVA")
    extraction = STEP(
        Case(id="1", documents=(text_document(text.format(head="", meta="", foot="")),)), NoModel()
    )
    assert not extraction.proven


@pytest.mark.parametrize(
    ("meta", "tied"),
    [
        ("", True),
        ("Livré le : 10/03/2026\nÉchéance : 11/04/2026", True),
        ("10/03/2026", False),
    ],
)
def test_a_day_without_a_label_is_tied_where_every_other_is_called_something_else(meta, tied):
    """What is left in the head when delivery and due date are labelled is the day of issue."""
    text = INVOICE.replace("Date de facture : 12/03/2026", "Orléans, le 12/03/2026")
    paper = text_document(text.format(head="", meta=meta, foot=""))
    extraction = STEP(Case(id="1", documents=(paper,)), NoModel())
    names = {
        check.name for check in extraction.checks if check.passed is False and "issue_date" in check.fields
    }
    assert bool(names & {"tied", "unique"}) != tied


@pytest.mark.parametrize(("terms", "fits"), [("30 jours", True), ("45 jours", False)])
def test_a_payment_term_leads_from_the_day_of_issue_to_the_day_it_is_due(terms, fits, paper):
    """Of two days in the head it tells which is meant, where a label says which day is due."""
    view = view_of(f"Facture\n12/03/2026\n10/03/2026\nÉchéance : 11/04/2026\nRèglement à {terms}", paper)
    exclusion = Exclusion(view, find_title(view))
    found = frozenset({int(terms[:2])})
    assert exclusion.fits_terms(date(2026, 3, 12), found) is fits
    assert not exclusion.fits_terms(date(2026, 3, 10), found)


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("Facture n° 2025-", True),
        ("Facture n° 2025 / 4016", True),
        ("Facture n° 2025-4016", True),
        ("Facture n° 2025", False),
        ("Facture n° 2025 du 12/03/2026", False),
    ],
)
def test_a_number_that_goes_on_is_only_a_part(line, cut, paper):
    """The rest stands on the next line, or behind a sign."""
    view = view_of(f"{line}\n4529", paper)
    start = line.index("2025")
    assert is_cut(view, view.quote_span(0, start, start + 4)) is cut


def test_a_number_is_left_where_all_others_are_called_something_else(paper):
    """Addresses, orders, customers and registered numbers explain theirs."""
    text = """
Nowak Budownictwo Sp. z o.o.
ul. Kwiatowa 12, 00-950 Warszawa
NIP: 5252248481
Zamowienie nr 4711     Nr klienta 10015
Rachunek FA/2024/17
{more}
"""
    view = view_of(text.format(more=""), paper)
    assert Exclusion(view, find_title(view)).number_is_left("fa/2024/17", 3.0)
    view = view_of(text.format(more="ZX-9981"), paper)
    assert not Exclusion(view, find_title(view)).number_is_left("fa/2024/17", 3.0)


def view_of(text, paper):
    document = paper(text)
    return PageView(document, document.pages)


@pytest.mark.parametrize("own", ["Avoir n° : AV-7", "Réf. : AV-7"])
def test_on_a_credit_note_an_invoice_s_number_is_not_proven_to_be_its_own(own):
    """What a label calls an invoice's number may be that of the invoice it corrects."""
    text = INVOICE.format(head="", meta="", foot="Avoir sur la facture n° FA-2026-090").replace(
        "FACTURE\n", "AVOIR\n"
    )
    text = text.replace("Date de facture", f"{own}\nDate")
    extraction = STEP(Case(id="1", documents=(text_document(text),)), NoModel())
    assert extraction.record.kind == "credit_note"
    assert extraction.record.number == "AV-7" or not extraction.proven


@pytest.mark.parametrize(
    "head",
    ["Zugehörige Rechnung vom 18.10.2025", "Expédié par Transports Durieux SA, 12 quai Sud, 69002 Lyon"],
)
def test_a_line_about_something_else_proves_nothing_of_its_own(head):
    """The day of another paper and the firm that only delivered stand in the head too."""
    text = INVOICE.format(head="", meta="", foot="").replace(
        "Date de facture : 12/03/2026", "Orléans, le 12/03/2026"
    )
    extraction = STEP(Case(id="1", documents=(text_document(f"{head}\n{text}"),)), NoModel())
    right = (extraction.record.issue_date, extraction.record.seller) == (
        date(2026, 3, 12),
        "Atelier Berthier SARL",
    )
    assert right or not extraction.proven
