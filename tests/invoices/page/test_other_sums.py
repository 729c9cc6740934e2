"""Sums that are not this paper's: of a whole order, an early payment, a year, or before a correction."""

from decimal import Decimal

import pytest

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.invoices.page.read import read_invoice
from smeflow.invoices.page.sums import is_told_in_sentence
from smeflow.invoices.page.view import PageView
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

INVOICE = """\
Atelier Berthier SARL
14 rue des Fabriques, 45000 Orléans
SIRET 732 829 320 00074, TVA FR44 732829320

FACTURE
Facture n° : FA-2026-118
Date de facture : 12/03/2026
Client : Martin SAS

Désignation     Qté    PU HT     Total HT
Entretien         1   500,00       500,00
{before}
Total HT        500,00 €
TVA 20 %        100,00 €
Total TTC       600,00 €
{foot}
"""
STEP = Extract(name="invoice", into="Invoice", readers=("layout",))
SMALLER = "Total HT 490,00 €\nTVA 20 % 98,00 €\nTotal TTC 588,00 €"
LARGER = "Total HT 700,00 €\nTVA 20 % 140,00 €\nTotal TTC 840,00 €"


def read(*, before="", foot=""):
    text = INVOICE.format(before=before, foot=foot)
    return STEP(Case(id="1", documents=(text_document(text),)), NoModel())


def leaves_open(extraction):
    field = extraction.fields["total_gross"]
    return {rival.value for rival in field.rivals if rival.why is None}


@pytest.mark.parametrize("place", ["before", "foot"])
@pytest.mark.parametrize(
    "box",
    [
        f"Montants si vous réglez sous 8 jours (escompte déduit)\n{SMALLER}",
        f"Rappel du montant total de la commande (livraisons partielles)\n{LARGER}",
        f"Pour information : vos achats depuis le début de l'année\n{LARGER}",
    ],
)
def test_words_over_sums_set_them_aside(place, box):
    """The paper's own sums are read and proven, whichever stand first."""
    extraction = read(**{place: box})
    assert extraction.record.total_gross == 600
    assert leaves_open(extraction) == set()
    assert extraction.proven, [str(check.detail) for check in extraction.checks if check.passed is False]


@pytest.mark.parametrize(
    "foot",
    [
        LARGER,
        f"Montants si vous réglez sous 8 jours (escompte déduit)\n{LARGER}",
        "Escompte déduit\nTotal HT 530,00 €\nTVA 10 % 53,00 €\nTotal TTC 583,00 €",
        f"Conditions de règlement\n{SMALLER}",
        f"Rappel du montant total de la commande\n\n\n\n\n\n\n\n\n\n\n{LARGER}",
    ],
)
def test_what_the_words_do_not_fit_stays_a_rival(foot):
    """More is due for no early payment; sums without such words, or far below them, may be the paper's."""
    extraction = read(foot=foot)
    assert not extraction.proven


def test_words_over_the_only_sums_change_nothing():
    """A part delivery is invoiced with these sums and no others."""
    extraction = read(before="Livraison partielle de la commande")
    assert extraction.record.total_gross == 600
    assert extraction.proven


@pytest.mark.parametrize(
    ("foot", "is_open"),
    [
        ("Devis n° D24-30 signé le 26/02/2026, montant total TTC 1 200,00 €", False),
        ("Acompte versé 1 200,00 €", False),
        ("Montant total TTC 1 200,00 €", True),
    ],
)
def test_a_label_of_another_amount_or_paper_explains_a_greater_total(foot, is_open):
    """What a quote came to is not what the invoice comes to."""
    assert leaves_open(read(foot=foot)) == ({"1200.00"} if is_open else set())


CORRECTION = """\
Hurtownia Polska Sp. z o.o.
NIP PL8567346215

Faktura korygująca nr KOR/7/2026
do faktury FV/12/2026 z dnia 06.02.2026
Data wystawienia: 12.03.2026
Nabywca: Marcin S.A.

                     Netto        VAT     Kwota VAT      Brutto
Przed korektą      1846,00        23%        424,58     2270,58
Po korekcie         300,00        23%         69,00      369,00
{difference}
"""


def test_a_correction_that_takes_back_is_a_credit_note(paper):
    """What counts is the difference, not what was invoiced before and after."""
    lines = "Korekta           -1546,00        23%       -355,58    -1901,58\nKwota do zwrotu: 1901,58 PLN"
    record = read_invoice([paper(CORRECTION.format(difference=lines))]).record
    assert (record.kind, record.total_net, record.total_vat, record.total_gross) == (
        "credit_note",
        Decimal("1546.00"),
        Decimal("355.58"),
        Decimal("1901.58"),
    )
    more = "Korekta            1546,00        23%        355,58     1901,58\nDo dopłaty: 1901,58 PLN"
    assert read_invoice([paper(CORRECTION.format(difference=more))]).record.kind == "corrected"


@pytest.mark.parametrize(
    ("foot", "alone"),
    [
        ("Total converti : 648,00 USD", True),
        ("Total TTC : 648,00 €", False),
        ("Total HT 540,00 USD\nTVA 20 % 108,00 USD\nTotal TTC 648,00 USD", False),
        ("Poids total : 648,00 kg", True),
    ],
)
def test_a_total_turned_into_another_currency_is_no_rival_unless_sums_make_it(foot, alone):
    """A converted total and a weight stand by themselves; sums that add up may be the paper's own."""
    extraction = read(foot=foot)
    assert extraction.proven is alone
    assert extraction.record.total_gross == Decimal(600) or not alone


PLEA = """\
Atelier Berthier SARL
14 rue des Fabriques, 45000 Orléans
SIRET 732 829 320 00074, TVA FR44 732829320

FACTURE
Facture n° : FA-2026-118
Date de facture : 12/03/2026
Client : Martin SAS

Entretien : 2 x 250,00 = 500,00 €
{sentence}
Déjà dû de l'an passé : 900,00 €
"""


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Facture de 600,00 € toutes taxes comprises, soit 500,00 € hors taxes et 100,00 € de TVA.", True),
        ("Facture de 600,00 € toutes taxes comprises, soit 500,00 € de pièces et 100,00 € de pose.", False),
        ("Facture de 600,00 € TTC dont 20,00 € de port, soit 500,00 € HT et 100,00 € de TVA.", False),
        ("Acompte reçu de 600,00 € TTC, soit 500,00 € hors taxes et 100,00 € de TVA.", False),
    ],
)
def test_one_sentence_ties_the_three_sums_that_it_names(sentence, told, paper):
    """The total comes first, VAT is called so, and neither a payment nor another amount stands there."""
    document = paper(PLEA.format(sentence=sentence))
    sums = (Decimal(500), Decimal(100), Decimal(600))
    assert is_told_in_sentence(PageView(document, document.pages), sums) is told
