"""What ties a number, a day and a seller to their field where no label says it in full, and what does not."""

import pytest

from smeflow.core.case import Case
from smeflow.documents.page_text import PlacedWord, build_page
from smeflow.invoices.page.candidates import number_candidates
from smeflow.invoices.page.dates import has_town, is_of_number, is_of_other_paper
from smeflow.invoices.page.exclusion import Exclusion, form_numbers, number_of_form
from smeflow.invoices.page.firm_ties import SellerLaws
from smeflow.invoices.page.heading import find_invoice_numbers, find_title
from smeflow.invoices.page.names import find_names
from smeflow.invoices.page.particulars import find_ibans
from smeflow.invoices.page.view import PageView
from smeflow.kinds.records import Finding
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

STEP = Extract(name="invoice", into="Invoice", readers=("layout",))
LETTER = """\
Atelier Berthier SARL
14 rue des Fabriques
45000 Orléans                                Martin SAS
                                             3 quai Sud
                                             69002 Lyon

{line}
Facture
{form}

Désignation     Qté    PU HT     Total HT
Entretien         1   500,00       500,00
Total HT                           500,00 €
TVA 20 %                           100,00 €
Total TTC                          600,00 €
SIRET 732 829 320 00074   TVA FR44 732829320
"""


@pytest.fixture
def view(paper):
    def make(text):
        document = paper(text)
        return PageView(document, document.pages)

    return make


@pytest.fixture
def read(paper):
    def make(**parts):
        text = LETTER.format(**({"line": "Orléans, le 12/03/2026", "form": "Facture n° : FA-118"} | parts))
        return STEP(Case(id="1", documents=(paper(text),)), NoModel())

    return make


def failed(extraction, field):
    return {check.name for check in extraction.checks if check.passed is False and field in check.fields}


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ("N°  FA-118\nÉchéance  11/04/2026", "FA-118"),
        ("Beleg  2026-118\nBelegdatum  12.03.2026\nKundennummer  4711", "2026-118"),
        ("No.: INV-118\nYour PO: 88-12\nDue date: 11/04/2026", "INV-118"),
        ("Pedido nº  C-77\nReferencia  F26-118\nVencimiento  11/04/2026", "F26-118"),
    ],
)
def test_a_bare_word_in_a_form_calls_a_number(view, form, number):
    """The label fills its cell, and other labels of a paper stand beside it."""
    of_form = number_of_form(view(LETTER.format(line="", form=form)))
    assert of_form is not None
    assert of_form.text == number


@pytest.mark.parametrize(
    "form",
    [
        "N° FA-118\nWir danken",
        "Bestellung Nr.  88-12\nDatum  12.03.2026",
        "No.: INV-118\nRef: 88-12\nDue date: 11/04/2026",
        "Kundennummer  4711\nDatum  12.03.2026",
        "Facture client\n101 quai des Lavoirs\nNuméro : FV-45 | Émise le : 03/04/2025",
        "Facture\nA-101\nÉmise le  03/04/2025",
    ],
)
def test_a_bare_word_alone_or_twice_or_of_another_paper_calls_none(view, form):
    """Without a form, beside a second number called so, or with a label of its own, it says nothing."""
    assert number_of_form(view(LETTER.format(line="", form=form))) is None


def test_a_number_in_the_table_of_lines_is_of_no_form(view):
    """A column "N°" over rows of money holds positions."""
    assert not form_numbers(view("Facture\nN°   Date         Montant\nA-101  12/03/2026   500,00\n"))


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("N° ADELI 608215515", True),
        ("VAT GB101010766", True),
        ("02 36 22 32 25", True),
        ("(392) 555-5984", True),
        ("Galway H91 P2Q6", True),
        ("ZX-9981", False),
        ("AB 02 36 22", False),
    ],
)
def test_a_number_is_left_beside_telephones_postcodes_and_what_a_label_begins(view, line, left):
    """Each says what it is; letters and figures that nothing explains may be the number."""
    page = view(f"Nowak Studio\n{line}\n\nRachunek FA/2024/17\n")
    assert Exclusion(page, find_title(page)).number_is_left("fa/2024/17", 3.0) == left


@pytest.mark.parametrize("row", ["Date   Libellé   Débit   Crédit   Solde", "Facture   Avoir   Total   Dû"])
def test_a_heading_of_a_table_is_no_title(view, row):
    """A column called "Crédit" makes no credit note."""
    page = view(f"Hôtel du Port\nFacture n° 3049\n\n{row}\n20/07   Nuitée   156,00\n")
    assert find_title(page).kind == "invoice"


@pytest.mark.parametrize(
    ("line", "tied"),
    [
        ("Orléans, le 12/03/2026", True),
        ("Reçu, le 12/03/2026", False),
        ("Orléans, le 12/03/2026 à 9 h pour visite", False),
    ],
)
def test_a_letter_is_dated_behind_a_town_of_the_page(view, line, tied):
    """A stamp's word is no town, and a sentence is no letter's line."""
    page = view(LETTER.format(line=line, form=""))
    spot = page.dates[0]
    assert has_town(page, spot) == tied


@pytest.mark.parametrize(
    ("cell", "own", "other"),
    [
        ("Facture FA-118 du 12/03/2026", True, False),
        ("N° FA-118 – Orléans, 12/03/2026", True, False),
        ("Commande C-77 / 12/03/2026", False, True),
        ("Devis DV-9 (12/03/2026)", False, True),
        ("Date 12/03/2026", False, False),
        ("45000 Orléans, 12/03/2026", False, False),
        ("FA-118 livré le 12/03/2026", False, False),
    ],
)
def test_a_day_in_the_cell_of_a_number_is_that_paper_s(view, cell, own, other):
    """The invoice's own number ties its day; another's explains one; a postcode and another label do not."""
    page = view(LETTER.format(line="", form=cell))
    spot = page.dates[0]
    assert is_of_number(page, spot, "FA-118") == own
    assert is_of_other_paper(page, spot, "FA-118") == other


def test_a_full_label_sets_a_day_without_any_aside(read):
    """A day that only stands in the head is another than the one called "Date de facture"."""
    extraction = read(line="24/02/2026", form="Facture n° : FA-118\nDate de facture : 12/03/2026")
    assert not failed(extraction, "issue_date")


def test_a_letter_s_line_is_not_set_aside_by_a_full_label(read):
    """Two days that each have a tie leave the field open: either may be it."""
    form = "Facture n° : FA-118\nDate de facture : 14/03/2026"
    assert failed(read(form=form), "issue_date") or not read(form=form).proven


def laws(page, seller, buyer, margin=4.0):
    findings = {
        name: Finding(value=value, quote=page.quote_span(0, at, at + len(value)))
        for name, value in (("seller", seller), ("buyer", buyer))
        if (at := page.text.find(value)) >= 0
    }
    far = "far" if margin >= 3 else None
    return SellerLaws(view=page, findings=findings, far_behind=far, margin=margin).opinion(findings["seller"])


WINDOW = """\
{sender}

Tannrath Handelshaus OHG
Friedhofsallee 27
48143 Münster

Rechnung
Rechnungsnummer  2026/203

{foot}
"""


@pytest.mark.parametrize(
    ("host", "tied"), [("feldfaehrt-technik", True), ("krumbrugg-technik", False), ("buero-sued", False)]
)
def test_a_domain_that_shares_words_with_both_firms_is_neither_s(view, host, tied):
    """The seller's mail has his name and his trade; the buyer's name has that trade too."""
    names = "Feldfaehrt Technik GmbH    Anke Krumbrugg\nLindenstr. 68    Lindenstr. 52"
    page = view(f"{names}\n99084 Erfurt    99084 Erfurt\noffice@{host}.example\n\nRechnung 26065\n")
    assert laws(page, "Feldfaehrt Technik GmbH", "Anke Krumbrugg").tied == tied


@pytest.mark.parametrize(
    "title", ["Faktura VAT", "Faktura sprzedaży VAT", "Faktura korygująca VAT", "Faktura VAT nr"]
)
def test_the_word_for_vat_in_a_title_is_no_part_of_the_number(view, title):
    """Polish invoices are called after the tax."""
    page = view(f"Kowemski S.C.\n{title} 20682111\nNIP 5686030020\n")
    assert {n.text for n in find_invoice_numbers(page, find_title(page))} == {"20682111"}
    assert not any(str(c.value).startswith("VAT") for c in number_candidates(page))


@pytest.mark.parametrize(
    ("sender", "tied"),
    [
        ("Haselrath Technik UG (haftungsbeschränkt) · Am Hafen 31 · 20457 Hamburg", True),
        ("Haselrath Technik GmbH | Am Hafen 31 | 20457 Hamburg", True),
        ("Lieferadresse: Haselrath Technik GmbH · Am Hafen 31 · 20457 Hamburg", False),
        ("Geliefert durch Haselrath Technik GmbH · Am Hafen 31 · 20457 Hamburg", False),
        ("Rechnung an Haselrath Technik GmbH · Am Hafen 31 · 20457 Hamburg", False),
        ("Haselrath Technik GmbH", False),
    ],
)
def test_the_line_over_a_window_names_the_sender(view, sender, tied):
    """It begins with the name and holds the whole address; a label before it names somebody else."""
    name = "Haselrath Technik UG (haftungsbeschränkt)" if "UG" in sender else "Haselrath Technik GmbH"
    page = view(WINDOW.format(sender=sender, foot=name))
    assert laws(page, name, "Tannrath Handelshaus OHG").tied == tied


def test_a_line_with_an_address_alone_may_be_a_carrier_s(view):
    """Whoever sends an invoice is named once more: in its foot, at its account."""
    sender = "Spedition Kranz GmbH, Hafenstr. 3, 20457 Hamburg"
    page = view(WINDOW.format(sender=sender, foot=""))
    assert not laws(page, "Spedition Kranz GmbH", "Tannrath Handelshaus OHG").tied


@pytest.mark.parametrize(("line", "tied"), [("Orléans, le 12/03/2026", True), ("Lyon, le 12/03/2026", False)])
def test_a_letter_comes_from_the_town_it_is_dated_at(view, line, tied):
    """The firm whose block names the town writes; dated from the buyer's town it says nothing."""
    page = view(LETTER.format(line=line, form="").partition("SIRET")[0])
    assert laws(page, "Atelier Berthier SARL", "Martin SAS").tied == tied


def test_whom_a_label_calls_the_buyer_is_never_tied_as_the_seller(view):
    """Its whole address and its numbers may stand in one line with it."""
    page = view(
        "Facturado a Bergaquera S.L., Polígono El Prado, 29001 Málaga, NIF B44225175\n\nJardines Sur\n"
    )
    assert not laws(page, "Bergaquera S.L", "Jardines Sur", margin=9.0).tied


def placed(text, gap, size=10.0):
    """Lay out words letter by letter; a blank is three gaps wide."""
    words, x = [], 50.0
    for letter in text:
        if letter == " ":
            x += 2 * gap
            continue
        words.append(PlacedWord(letter, x, 90.0, x + 6, 100.0, 98.0, size))
        x += 6 + gap
    return words


@pytest.mark.parametrize("gap", [2.0, 5.0])
def test_letters_set_apart_are_closed_up_to_their_words(gap):
    """Letters with one gap between them are a word; where the gap is wider, the next one begins."""
    page = build_page(placed("FACTURE FA 2603711", gap), number=1, width=595, height=842)
    assert page.text.split() == ["FACTURE", "FA", "2603711"]


def test_figures_in_columns_are_not_closed_up():
    """Single figures far apart, as in a table, stay what they are."""
    page = build_page(placed("12345", 40.0), number=1, width=595, height=842)
    assert page.text.split() == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("rest", "found"), [("606 BIC AGRIFRPP", True), ("607 BIC AGRIFRPP", False)])
def test_an_account_over_two_lines_is_read_where_its_check_digits_agree(view, rest, found):
    """The rest stands at the head of the next line; with other digits nothing is guessed."""
    ibans = [iban for iban, _ in find_ibans(view(f"IBAN FR14 2004 1010 0505 0001 3M02\n{rest}\n"))]
    assert ibans == (["FR1420041010050500013M02606"] if found else [])


@pytest.mark.parametrize(
    ("block", "tied"),
    [
        ("Vendedor\nAna Marques\nRua Nova 3\n1200-192 Lisboa", True),
        ("Vendedor  Marques\nData  12-03-2026", False),
    ],
)
def test_a_name_under_the_seller_s_label_is_a_party_s_or_a_clerk_s(view, block, tied):
    """An address makes it a party; in a form of particulars it is the person who served."""
    page = view(f"Fatura\n\n{block}\n\nCliente\nIrmãos Sul Lda.\n4700-314 Braga\n")
    assert laws(page, "Ana Marques" if tied else "Marques", "Irmãos Sul Lda.").tied == tied


@pytest.mark.parametrize("word", ["Ragione sociale", "Razón social", "Raison sociale"])
def test_the_word_for_a_firm_s_name_is_no_part_of_it(word, view):
    """A form says "name" before the name, in each country's words."""
    page = view(f"Fornitore / Vendeur / Proveedor\n{word} Peltore S.n.c.\nVia Olmi 9\n50123 Firenze\n")
    assert [name.name for name in find_names(page).values() if name.labelled] == ["Peltore S.n.c."]


PAID = """\
Rechnung an
{buyer}
Friedhofsallee 27
48143 Münster

Rechnung
Rechnungsnummer  2026/203
{mention}

Empfänger: {owner}
Bank: Sparkasse Erfurt
IBAN: DE89370400440532013000
"""


@pytest.mark.parametrize(
    ("mention", "tied"), [("", True), ("Wir buchen den Betrag per SEPA-Lastschrift ab.", False)]
)
def test_whoever_is_paid_sells_where_a_label_says_who_buys(view, mention, tied):
    """The word over the account is one for a buyer too; an account that is debited may be the buyer's."""
    page = view(PAID.format(buyer="Tannrath Handelshaus", mention=mention, owner="Haselrath Technik"))
    assert laws(page, "Haselrath Technik", "Tannrath Handelshaus").tied == tied


@pytest.mark.parametrize("country", ["Polska", "Deutschland", "The Netherlands", "Royaume-Uni"])
def test_a_country_alone_is_no_firm_that_is_tied(view, country):
    """A recogniser may leave a branch's country on a line of its own, over the seller's address."""
    page = view(PAID.format(buyer="Tannrath Handelshaus", mention="", owner=country))
    assert not laws(page, country, "Tannrath Handelshaus", margin=9.0).tied


@pytest.mark.parametrize(("reference", "tied"), [("FA-118", True), ("40827", False)])
def test_a_number_the_payment_is_to_name_is_the_paper_s(read, reference, tied):
    """It stands in the head as well; another number there leaves it as it was."""
    paper = read(form=f"Facture FA-118\nVZ-40827-11\nRéférence à rappeler : {reference}")
    assert paper.record.number == "FA-118"
    assert (not failed(paper, "number")) == tied
