"""A model is asked where something is not proven; the laws of the page judge what it says, never its word."""

import pytest

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract

PAGE = """\
Atelier Berthier SARL
14 rue des Fabriques, 45000 Orléans
SIRET 732 829 320 00074, TVA FR44 732829320

FACTURE
{number}
Date de facture : 12/03/2026
{meta}
Client : Martin SAS

Désignation     Qté    PU HT     Total HT
Entretien         1   500,00       500,00
Total HT        500,00 €
TVA 20 %        100,00 €
Total TTC       600,00 €
"""
NUMBER = "Facture n° : FA-2026-118"
STEP = Extract(name="invoice", into="Invoice", readers=("layout", "model"))


def said(**values):
    right = {
        "number": "FA-2026-118", "issue_date": "12/03/2026", "due_date": None, "currency": "EUR",
        "seller": "Atelier Berthier SARL", "seller_details_vat_id": "FR44732829320", "buyer": "Martin SAS",
        "total_net": "500,00", "total_vat": "100,00", "total_gross": "600,00",
        "amount_due": None, "iban": None, "order_reference": None,
    }  # fmt: skip
    return {**right, **values}


def read(answer, number=NUMBER, meta=""):
    model = NoModel() if answer is None else Scripted([answer] * 3)
    document = text_document(PAGE.format(number=number, meta=meta))
    return STEP(Case(id="1", documents=(document,)), model), model


def test_nobody_is_asked_about_what_is_proven():
    """Each value has its label and nothing else could be it."""
    found, model = read(said())
    assert found.proven
    assert model.requests == []


def test_the_question_has_the_values_a_field_could_have():
    """Both days stand under a label of the field; the model is shown both, each with its words."""
    found, model = read(said(), meta="Émise le 14/03/2026")
    question = model.requests[0].messages[-1].content
    assert "issue_date: 12/03/2026 | 14/03/2026 (beside: Émise le)" in question
    assert not found.proven


def test_a_second_opinion_on_what_is_proven_is_asked_for_as_before():
    """A question about a proven record has no choices in it: old answers to it stay good."""
    step, model = STEP.model_copy(update={"ask": "always"}), Scripted([said()])
    step(Case(id="1", documents=(text_document(PAGE.format(number=NUMBER, meta="")),)), model)
    assert "choices" not in model.requests[0].messages[-1].content


def test_of_two_values_that_are_tied_alike_the_model_gives_one_and_a_person_chooses():
    """Neither outranks the other by law: both are shown, and the record waits."""
    found, _ = read(said(issue_date="14/03/2026"), meta="Émise le 14/03/2026")
    assert str(found.record.issue_date) == "2026-03-14"
    assert "2026-03-12" in [rival.value for rival in found.fields["issue_date"].rivals]
    assert any("2026-03-12" in str(doubt) for doubt in found.doubts)
    assert not found.proven


def test_a_value_that_only_a_model_read_is_proven_where_the_laws_of_the_page_uphold_it():
    """Its own label, and no other number on the page: the page says it, whoever read it."""
    from smeflow.extract.papers import PaperReadings
    from smeflow.extract.weighing import weigh_model
    from smeflow.invoices.kind import INVOICE
    from smeflow.invoices.page.read import read_invoice
    from smeflow.kinds.records import Finding, Reading

    document = text_document(PAGE.format(number=NUMBER, meta=""))
    page = read_invoice((document,))
    quote = page.findings["number"].quote
    model = Reading(reader="model", findings={"number": Finding(value="FA-2026-118", quote=quote)})
    gap = page.judged_with({})
    gap = type(gap)(**{**vars(gap), "findings": {n: f for n, f in gap.findings.items() if n != "number"}})
    _, weighed = weigh_model(PaperReadings(documents=(document,), readings=(gap,)), model, INVOICE.proof)
    assert weighed.upheld == {"number"}


@pytest.mark.parametrize(
    "lie",
    [
        {"issue_date": "11/04/2026", "due_date": "12/03/2026"},
        {"seller": "Martin SAS", "buyer": "Atelier Berthier SARL"},
        {"number": "C-77"},
        {"total_net": "600,00", "total_gross": "500,00"},
        {"total_net": "250,00", "total_vat": "50,00", "total_gross": "300,00"},
        {"iban": "DE89 3704 0044 0532 0130 00"},
    ],
    ids="+".join,
)
@pytest.mark.parametrize("number", [NUMBER, "Merci de rappeler FA-2026-118"])
def test_no_lie_passes_without_a_doubt(lie, number):
    """Swapped, invented and printed elsewhere: a person sees it, and nothing is proven."""
    step = STEP.model_copy(update={"ask": "always"})
    text = PAGE.format(number=number, meta="Date d'échéance : 11/04/2026\nCommande n° : C-77")
    found = step(Case(id="1", documents=(text_document(text),)), Scripted([said(**lie)] * 3))
    assert found.doubts
    assert not found.proven


def test_two_readers_that_say_the_same_leave_it_unproven_and_in_no_doubt():
    """A number that nothing ties to its field: a model that agrees is no proof."""
    alone, _ = read(None, number="FA-2026-118", meta="ZK-2026-77")
    found, _ = read(said(), number="FA-2026-118", meta="ZK-2026-77")
    assert alone.record.number == found.record.number == "FA-2026-118"
    assert not found.proven
    assert found.doubts == ()


def test_two_that_agree_on_a_firm_settle_nothing_where_the_other_writes_from_its_domain():
    """Both take the firm over the window for the seller; the mail address is made of the other's name."""
    text = """
Pichlmoser Handel KG
Ahornweg 27
4020 Linz                                                     Grubegger Werkstatt OG
                                                              Feldgasse 49
                                                              4020 Linz

RECHNUNG
Beleg  RE-9149          Datum  03.03.2026
Artikel                  Menge     Betrag
Wartung                      1     500,00
Summe netto                        500,00
MwSt. 20 %                         100,00
Gesamtbetrag                       600,00
Alle Beträge in EUR
USt-IdNr. ATU58277420              info@grubegger-werkstatt.example
"""
    lie = said(
        number="RE-9149", issue_date="03.03.2026", seller="Pichlmoser Handel KG", seller_details_vat_id=None,
        buyer="Grubegger Werkstatt OG",
    )  # fmt: skip
    document = text_document(text)
    found = STEP(Case(id="1", documents=(document,)), Scripted([lie] * 3))
    assert not found.proven
    assert any("Pichlmoser" in str(doubt) for doubt in found.doubts)


def test_a_day_that_can_be_read_in_two_orders_is_not_upheld_in_the_other():
    """The label is its own, and still the model's word alone would decide between two days."""
    text = "INVOICE\nAcme Plumbing\nInvoice no. INV01699\nInvoice Date: 07/09/18\nBill to: Wexford Ltd\n"
    text += "Total net 739.00 USD\nTax 22.17 USD\nTotal 761.17 USD\n"
    answer = said(
        number="INV01699", issue_date="2018-07-09", seller="Acme Plumbing", buyer="Wexford Ltd",
        seller_details_vat_id=None, currency="USD",
        total_net="739.00", total_vat="22.17", total_gross="761.17",
    )  # fmt: skip
    found = STEP(Case(id="1", documents=(text_document(text),)), Scripted([answer] * 3))
    assert any("issue date" in str(doubt) for doubt in found.doubts)
    assert not found.proven
