"""What the sentences of a paper say: the day it is due, another paper, and words that are no firm."""

from datetime import date

import pytest

from smeflow.core.case import Case
from smeflow.invoices.page.candidates import find_candidates
from smeflow.invoices.page.exclusion import Exclusion
from smeflow.invoices.page.heading import find_title
from smeflow.invoices.page.headings import reminds_of_another, with_deadlines
from smeflow.invoices.page.names import find_names
from smeflow.invoices.page.particulars import is_no_firm, is_of_buyer, numbers_on_page
from smeflow.invoices.page.surroundings import is_broken
from smeflow.invoices.page.view import PageView
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

STEP = Extract(name="invoice", into="Invoice", readers=("layout",))


@pytest.fixture
def view(paper):
    def make(text):
        document = paper(text)
        return PageView(document, document.pages)

    return make


@pytest.mark.parametrize(
    "text",
    [
        "Merci de régler cette somme avant le 31/07/2026, sur le compte :",
        "La facture doit être réglée au plus tard le 31/07/2026",
        "Bitte überweisen Sie den Betrag von 6.276,90 € bis 31.07.2026.",
        "Wir bitten um Ausgleich der Rechnung spätestens zum 31.07.2026",
        "Please transfer the balance no later than Friday 31 July 2026",
        "Gelieve het bedrag over te maken vóór 31-07-2026",
        "Bonifico bancario sul conto indicato, entro il giorno 31/07/2026",
        "Rogamos abonen el importe por transferencia antes del día 31/07/2026",
        "Agradecemos o pagamento por transferência até ao dia 31/07/2026",
        "Prosimy o zapłatę kwoty 123,00 zł najpóźniej do dnia 31.07.2026",
    ],
)
def test_a_sentence_about_paying_says_by_when(text, view):
    """The word before the day is a label, in each language."""
    (label,) = (o for o in view(text).labels if o.hit.field == "due_date")
    assert "31" in text[label.end : label.end + 14]


@pytest.mark.parametrize(
    "text",
    [
        "Bei Zahlung bis 31.07.2026 gewähren wir 2 % Skonto",
        "Berücksichtigte Zahlungen bis 31.07.2026: 876,00 €",
        "Betaalde termijnen tot en met 31-07-2026 worden verrekend",
        "Réclamations et escompte pour paiement à faire avant le 31/07/2026",
        "Klachten dienen voor 31-07-2026 te zijn ingediend",
        "Travaux exécutés du 01/07/2026 au 31/07/2026",
    ],
)
def test_another_deadline_is_not_the_day_due(text):
    """A discount's day, what was paid until a day and a complaint's last day are others."""
    hits = with_deadlines([], text)
    assert not any(hit.field == "due_date" for hit in hits)


def test_a_labelled_day_due_is_not_given_up_for_one_in_a_sentence(paper):
    """The next instalment's day stands further down."""
    text = """
Energie Rijdorp B.V.
Korenmolenweg 36, 1013 AP Amsterdam
BTW NL165521119B03

Factuurdatum   27/12/2025
Factuurnummer  206899948
Vervaldatum    16/01/2026

Totaal excl. btw    911,46
BTW 21 %            191,41
Totaal             1102,87
Uw nieuwe termijnbedrag is 84,00 per maand, voor het eerst op 29/01/2026.
"""
    found = STEP(Case(id="1", documents=(paper(text),)), NoModel())
    assert str(found.record.due_date) == "2026-01-16"


@pytest.mark.parametrize(
    ("text", "reminds"),
    [
        ("Rappel : ma facture F26020293 du 09/02/26 reste en attente de règlement", True),
        ("Hinweis: Rechnung 2025-3731 vom 3.4.2026 ist noch offen", True),
        ("Facture n° F26020293 du 09/02/2026", False),
        ("Mahngebühr 5,00 €", False),
    ],
)
def test_a_sentence_reminds_of_another_paper(text, reminds):
    """Its number and its day are not this paper's."""
    assert reminds_of_another(text) is reminds


@pytest.mark.parametrize(
    "text",
    [
        "Freundliche Grüße",
        "Mit freundlichen Grüßen, Ihr Kundenservice",
        "Veuillez agréer nos salutations distinguées",
        "Kind regards",
        "Z poważaniem",
        "Beispiel-Rechnungen für ZUGFeRD 2.2",
        "Nous contacter",
        "Travessa do Forno",
        "Largo da Fonte",
    ],
)
def test_a_greeting_a_heading_and_a_street_are_no_firm(text, view):
    """None of them is even looked at as a seller."""
    assert is_no_firm(text)
    page = view(f"{text}\n12 rue Basse\n75001 Paris")
    assert text not in {c.value for c in find_candidates(page).firms}


@pytest.mark.parametrize("text", ["Thanks Ltd", "Rue Royale SARL", "Gebr. Grüße GmbH", "Salon Dupont"])
def test_a_firm_may_bear_such_words(text):
    """A legal form says that it is a firm."""
    assert not is_no_firm(text)


def test_a_label_heads_the_words_under_it_and_not_the_other_column(view):
    """The seller's name stands far to the right of "Sr./Sres.", on the same line."""
    page = view("""
Sr./Sres.                                         Talleres Ribaderrama S.L.
Hermanos Albarreda S.L.                           Plaza del Molino, 7
C/ del Olivar, 28                                 50003 Zaragoza
08025 Barcelona                                   N.I.F. ESB33370073
""")
    names = {name.name: name for name in find_names(page).values()}
    assert names["Hermanos Albarreda S.L."].buyer > 2
    assert not names["Talleres Ribaderrama S.L."].labelled


def test_a_name_may_hold_an_abbreviation(view):
    """In Italian "F.lli" says brothers."""
    page = view("Spett.le\nF.lli Moresato S.n.c.\nVia dei Mille 9\n10121 Torino")
    assert any(name.labelled and name.name == "F.lli Moresato S.n.c." for name in find_names(page).values())


def test_your_number_is_the_buyer_s(view):
    """The words "Ihre UID" and "V/ NIF" say whose it is."""
    page = view("Unsere UID   ATU25733221\nIhre UID     ATU26624418\nV/ NIF 531196712")
    assert [is_of_buyer(page, number) for number in numbers_on_page(page)] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "number", "broken"),
    [
        ("Rg.-Nr.   Datum\nFA        4.1.2026\n2607095   ", "2607095", True),
        ("Honorarrechnung\nRE-\n2025-1209", "2025-1209", True),
        ("Fatura 1FT\n2026/250", "1FT", True),
        ("Rechnungsnr.  4711\nKundennr.     8812", "4711", False),
        ("No.\n4711", "4711", False),
    ],
)
def test_a_number_that_a_narrow_column_broke_is_not_whole(text, number, broken, view):
    """Its series stands over it, or its rest below."""
    page = view(text)
    start = page.text.index(number)
    assert is_broken(page, page.quote_span(0, start, start + len(number))) is broken


def test_a_term_leads_from_no_day_of_another_paper(view):
    """A day behind "Pièce liée du" may fit by chance."""
    page = view("Facture\n12/03/2026\nPièce liée du 20/03/2026\nÉchéance : 28/03/2026")
    labels = Exclusion(page, find_title(page))
    assert labels.fits_terms(date(2026, 3, 12), frozenset({16}))
    assert not labels.fits_terms(date(2026, 3, 20), frozenset({8}))


def test_a_brand_is_not_proven_where_the_firm_is_named_in_full(paper):
    """The foot names who sells, with the legal form and the register."""
    text = """
Elec Entreprises                             Facture n° : FA-2024-118
Service Clients                              Date de facture : 04/05/2024
92099 La Défense
                                             Client
                                             Boulangerie Petit SARL
                                             21000 Dijon

Total HT                                         500,00 €
TVA 20 %                                         100,00 €
Total TTC                                        600,00 €
Elec SA au capital de 2 084 365 041 euros - 552 081 317 RCS Paris - FR 03 552 081 317
"""
    found = STEP(Case(id="1", documents=(paper(text),)), NoModel())
    assert found.record.seller == "Elec SA" or not found.proven
