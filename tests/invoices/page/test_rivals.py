"""What else a field could be is told: with its place, the words beside it, and why it was set aside."""

from smeflow.cli.console import Screen
from smeflow.cli.results import print_result
from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.extract.shown import rival_text
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

INVOICE = """\
Atelier Berthier SARL
14 rue des Fabriques, 45000 Orléans
SIRET 732 829 320 00074, TVA FR44 732829320

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
"""


def read(meta):
    case = Case(id="1", documents=(text_document(INVOICE.format(meta=meta)),))
    return Extract(name="invoice", into="Invoice", readers=("layout",))(case, NoModel())


def doubts(extraction, language="en"):
    return [doubt.render(language) for doubt in extraction.doubts]


def test_the_doubt_names_the_other_value_its_page_and_the_words_beside_it():
    """A person reads where to look, in French as in English."""
    extraction = read(meta="Émise le 14/03/2026")
    line = next(text for text in doubts(extraction) if "2026-03-14" in text)
    assert "could also be 2026-03-14 (page 1, beside “Émise le”)" in line
    french = next(text for text in doubts(extraction, "fr") if "14/03/2026" in text)
    assert "ce peut aussi être 14/03/2026 (page 1, à côté de « Émise le »)" in french


def test_a_rival_of_a_proven_field_says_why_it_was_set_aside():
    """The due date of a proven invoice stands among the rivals of its date, with the reason."""
    extraction = read(meta="Date d'échéance : 11/04/2026")
    assert extraction.proven
    rival = next(r for r in extraction.fields["issue_date"].rivals if r.value == "2026-04-11")
    assert (rival.page, rival.label) == (1, "Date d'échéance")
    assert str(rival.why) == "Its label says that it is another date."
    shown = rival_text("issue_date", rival, "fr")
    assert shown.startswith("ou 11/04/2026 (page 1, à côté de « Date d'échéance ») – ")


def test_every_rival_of_a_proven_record_has_its_reason():
    """What nothing explains would leave the field open."""
    extraction = read(meta="Commande n° : C-77")
    assert extraction.proven
    assert all(rival.why for field in extraction.fields.values() for rival in field.rivals)


def test_a_screen_shows_what_else_a_field_could_be(capsys):
    """`show` and the review have the rivals under the values, from the JSON that the ledger keeps."""
    extraction = read(meta="Date d'émission : 14/03/2026")
    print_result(Screen(language="en"), extraction.model_dump(mode="json"), "extraction")
    text = " ".join(capsys.readouterr().out.split())
    assert "or 2026-03-14 (page 1, beside “Date d'émission”)" in text
