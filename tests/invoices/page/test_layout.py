import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from smeflow.documents.document import text_document
from smeflow.documents.read import read
from smeflow.invoices.checks import check_sums
from smeflow.invoices.page.particulars import numbers_on_page
from smeflow.invoices.page.read import read_invoice
from smeflow.invoices.page.view import PageView
from smeflow.kinds.records import Labels

INBOX = Path(__file__).parents[3] / "recipes" / "supplier-mail" / "inbox"
D = Decimal
HEAD = """
Acme Tools Ltd                          {title}
12 High Street, Leeds LS1 4AB           {label} 20117
                                        Date: 15 May 2024
"""
SUMS = """
Total net            155.00
VAT 20 %              31.00
Total incl. VAT      {gross} £
"""


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("INVOICE", "invoice"),
        ("Tax Invoice", "invoice"),
        ("CREDIT NOTE", "credit_note"),
        ("Facture d'acompte", "prepayment"),
        ("Rechnungskorrektur", "corrected"),
        ("FACTURE", "invoice"),
        ("Gutschrift", "credit_note"),
    ],
)
def test_the_title_tells_the_kind(title, kind, paper):
    """BT-3 in words, in several languages."""
    reading = read_invoice(
        [paper(HEAD.format(title=title, label="Invoice No:") + SUMS.format(gross="186.00"))]
    )
    assert reading is not None
    assert reading.record.kind == kind


@pytest.mark.parametrize(
    ("title", "label", "refers", "corrects"),
    [
        ("CREDIT NOTE", "Credit note no:", "Original invoice: INV-877", "INV-877"),
        ("AVOIR", "Avoir n°", "Réf. facture : FA-0877 du 02/09/2024", "FA-0877"),
        ("Gutschrift", "Gutschrift Nr.:", "Rechnungsnummer: RE-0877", "RE-0877"),
        ("Gutschrift", "Gutschrift Nr.:", "", None),
        ("INVOICE", "Invoice No:", "Original invoice: INV-877", None),
    ],
)
def test_a_credit_note_names_what_it_corrects(title, label, refers, corrects, paper):
    """BT-25: also where it only says which invoice, beside its own number."""
    text = HEAD.format(title=title, label=label) + f"{refers}\n" + SUMS.format(gross="186.00")
    record = read_invoice([paper(text)]).record
    assert (record.number, record.preceding_invoice) == ("20117", corrects)


@pytest.mark.parametrize(
    "title",
    [
        "DEVIS N° D-12",
        "Pro forma invoice",
        "Facture pro forma",
        "PURCHASE ORDER",
        "Bon de livraison",
        "Statement of account",
        "MAHNUNG",
        "Relance",
        "Angebot Nr. 7",
        "Auftragsbestätigung",
        "OFFERTA",
        "Albarán",
        "Aanmaning",
    ],
)
def test_what_is_no_invoice_is_never_booked(title, paper):
    """A quote, order, delivery note, pro forma, statement or reminder fails a check, whatever its sums."""
    reading = read_invoice(
        [paper(HEAD.format(title=title, label="Invoice No:") + SUMS.format(gross="186.00"))]
    )
    assert reading is not None
    assert reading.record.kind is None
    assert [c.passed for c in reading.checks if c.name == "is_invoice"] == [False]
    assert reading.problems


def test_totals_that_do_not_add_up_are_never_made_to(paper):
    """What is labelled is given as it stands, and the check fails."""
    reading = read_invoice(
        [paper(HEAD.format(title="INVOICE", label="Invoice No:") + SUMS.format(gross="187.00"))]
    )
    assert reading is not None
    record = reading.record
    assert (record.total_net, record.total_vat, record.total_gross) == (D(155), D(31), D(187))
    assert [c.passed for c in check_sums(record) if c.name == "net+vat=gross"] == [False]


def test_two_numbers_with_labels_as_good_leave_the_number_open(paper):
    """Both are told; neither is taken."""
    text = (
        HEAD.format(title="INVOICE", label="Invoice No:")
        + "\nInvoice number: 20118\n"
        + SUMS.format(gross="186.00")
    )
    reading = read_invoice([paper(text)])
    assert reading is not None
    assert reading.record.number is None
    assert "20118" in str(reading.problems[0])


def test_the_firms_own_name_is_the_buyer(paper):
    """Wherever it stands: a firm does not sell to itself."""
    text = "Alpha SARL\n1 rue A\n75001 Paris\n\nBeta SARL\n2 rue B\n69001 Lyon\n" + SUMS.format(
        gross="186.00"
    )
    seller = read_invoice([paper(text)], company_names=["ALPHA"])
    buyer = read_invoice([paper(text)], company_names=["Beta"])
    assert seller is not None
    assert buyer is not None
    assert seller.record.seller != "Alpha SARL"
    assert seller.record.buyer == "Alpha SARL"
    assert buyer.record.buyer == "Beta SARL"


def test_two_accounts_leave_the_account_open(paper):
    """Money would go there."""
    one, two = "IBAN DE89 3704 0044 0532 0130 00", "IBAN NL50 INGB 0683 2513 09"
    text = HEAD.format(title="INVOICE", label="Invoice No:") + SUMS.format(gross="186.00")
    alone, both = read_invoice([paper(text + one)]), read_invoice([paper(text + one + "\n" + two)])
    assert alone is not None
    assert both is not None
    assert alone.record.iban == "DE89370400440532013000"
    assert both.record.iban is None


def test_an_ambiguous_day_in_english_is_left_open(paper):
    """03/04 is March in one country and April in another; a day above 12 elsewhere decides."""
    text = "INVOICE No 20117\nInvoice date: 03/04/2024\nThank you for the payment of the amount due.\n"
    assert (
        read_invoice([paper(text + SUMS.format(gross="186.00").replace("£", "€"))]).record.issue_date is None
    )
    decided = read_invoice([paper(text + "Due date: 05/24/2024\n")])
    assert decided is not None
    assert decided.record.issue_date.isoformat() == "2024-03-04"


def test_pages_with_different_numbers_and_totals_are_several_invoices(paper):
    """The first is read, the number of them is told."""
    pages = [
        HEAD.format(title="INVOICE", label="Invoice No:").replace("20117", number)
        + SUMS.format(gross="186.00")
        for number in ("20117", "20118", "20119")
    ]
    reading = read_invoice([paper(*pages)])
    assert reading is not None
    assert (reading.several, reading.record.number) == (3, "20117")


def test_one_invoice_on_two_pages_is_one(paper):
    """The number stands on both, the totals on the last."""
    head = HEAD.format(title="INVOICE", label="Invoice No:")
    reading = read_invoice([paper(head + "Hammer   95.00", head + SUMS.format(gross="186.00"))])
    assert reading is not None
    assert (reading.several, reading.record.total_gross) == (1, D(186))


def test_what_was_recognised_once_from_a_picture_needs_a_second_look(paper):
    """No arithmetic would catch a misread day."""
    text = HEAD.format(title="INVOICE", label="Invoice No:") + SUMS.format(gross="186.00")
    once = read_invoice([paper(text, origin="ocr")])
    twice = read_invoice([paper(text + text.replace("{", ""), origin="ocr")])
    assert once is not None
    assert twice is not None
    assert [c.passed for c in once.checks if c.name == "recognised"] == [False]
    assert [c.passed for c in twice.checks if c.name == "recognised"] == [True]


def test_a_users_own_labels_are_known(paper):
    """`Labels` adds words for a field: of two numbers it is the one behind the firm's own word."""
    text = HEAD.format(title="INVOICE", label="Vorgang:") + "Zeichen: 20118\n" + SUMS.format(gross="186.00")
    for word, number in (("Vorgang", "20117"), ("Zeichen", "20118")):
        own = read_invoice([paper(text)], labels=Labels(words={"number": (word,)}))
        assert own is not None
        assert own.record.number == number


def test_a_mandatory_mention_proves_that_no_vat_is_charged(paper):
    """A small business in France (article 293 B) states why; without the mention nothing is assumed."""
    text = "Julie Moreau\nFacture n° 7-24\nDate : 5 février 2024\nTotal à payer  800,00 €\n"
    exempt = read_invoice([paper(text + "TVA non applicable, art. 293 B du CGI")])
    silent = read_invoice([paper(text)])
    assert exempt is not None
    assert silent is not None
    assert (exempt.record.total_vat, exempt.record.total_net) == (D(0), D(800))
    assert "293 B" in exempt.findings["total_vat"].quote.text
    assert silent.record.total_vat is None


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("netpresse-2022089083", "2022089083 2022-11-28 EUR 46.68 9.34 56.02 NETPRESSE"),
        ("kraxi-2014-03", "2014-03 2014-07-11 EUR 845.00 160.55 1005.55 Kraxi GmbH"),
        (
            "azure-interior-INV-2023-03-0008",
            "INV/2023/03/0008 2023-03-20 USD 262.90 16.94 279.84 Azure Interior",
        ),
        ("au-bon-moulin-FA-2017-0008", "FA-2017-0008 2017-11-03 EUR 2076.76 0.00 2076.76 Au bon moulin SARL"),
        ("au-bon-moulin-AV-2017-0005", "AV-2017-0005 2017-11-16 EUR 218.48 14.99 233.47 Au bon moulin SARL"),
        ("lieferant-rabatte-471102", "471102 2013-06-05 EUR 193.83 21.31 215.14 Lieferant GmbH"),
    ],
)
def test_a_real_page_is_read_without_its_data(file, expected):
    """French, German and English; a credit note; month first; discounts; no VAT within the Union."""
    reading = read_invoice([read(INBOX / f"{file}.pdf")])
    assert reading is not None
    r = reading.record
    found = (r.number, r.issue_date, r.currency, r.total_net, r.total_vat, r.total_gross, r.seller)
    assert " ".join(map(str, found)) == expected


def test_a_page_without_words_gives_no_reading(paper):
    """Nothing to say is None."""
    assert read_invoice([paper(" ")]) is None
    assert read_invoice([]) is None


@pytest.mark.slow
@pytest.mark.parametrize("text", ["123 456 789 " * 3000, "Total 1,00\n" * 1000, "1 " * 10000, "." * 20000])
def test_a_hostile_page_is_read_in_reasonable_time(text):
    """The work grows with the page, not with its square."""
    begun = time.process_time()
    read_invoice([text_document(text)])
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("text", "number", "day", "due"),
    [
        (
            """
Nowak Budownictwo Sp. z o.o.             FAKTURA VAT nr FV/12/10/2024
ul. Kwiatowa 12                          Data wystawienia: 03.10.2024
00-950 Warszawa                          Data sprzedaży: 01.10.2024
NIP: 5252248481                          Termin płatności: 17.10.2024
Nabywca: Kowalski Transport Sp. j.
Razem netto          100,00
VAT 23%               23,00
Razem brutto         123,00 zł
""",
            "FV/12/10/2024",
            date(2024, 10, 3),
            date(2024, 10, 17),
        ),
        (
            """
Silva e Filhos, Lda.                     Fatura n.º FT A/117
Rua das Flores 90                        Data de emissão: 9 de março de 2025
1200-109 Lisboa                          Vencimento: 8 de abril de 2025
Contribuinte: 515368130                  ATCUD: JFX4B7MM-117
Exmo. Sr.: Pendes Lda
Total ilíquido       100,00
IVA 23%               23,00
Total da fatura      123,00 EUR
""",
            "FT A/117",
            date(2025, 3, 9),
            date(2025, 4, 8),
        ),
        (
            """
Novák a.s.                               Faktura č. 20240012
Dlouhá 12, 110 00 Praha                  Datum vystavení: 03.10.2024
DIČ: CZ12345679                          Datum splatnosti: 17.10.2024
Celkem                123,00 EUR
""",
            "20240012",
            date(2024, 10, 3),
            date(2024, 10, 17),
        ),
    ],
)
def test_invoices_of_more_countries_name_number_and_days_in_their_own_words(text, number, day, due, paper):
    """Polish, Portuguese and Czech: the title, the number behind it, three kinds of days."""
    record = read_invoice([paper(text)]).record
    assert (record.kind, record.number, record.issue_date, record.due_date) == ("invoice", number, day, due)


def test_a_quote_that_is_only_mentioned_forbids_nothing(paper):
    """A label of a form, over or before its number, is no title; the paper names itself an invoice's."""
    text = """
Acme Tools Ltd                Quote        Invoice date     Invoice no
12 High Street, Leeds         A-04579      15 May 2024      20117
"""
    reading = read_invoice([paper(text + SUMS.format(gross="186.00"))])
    assert reading.record.kind == "invoice" or reading.record.number
    assert not [check for check in reading.checks if check.name == "is_invoice"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NIP: 525-224-84-81", "PL5252248481"),
        ("Contribuinte n.º: 515368130", "PT515368130"),
        ("P.IVA 12720840821", "IT12720840821"),
        ("NIP: 525-224-84-82", None),
        ("Tel. 525 224 84 81", None),
    ],
)
def test_a_vat_number_is_known_without_its_country_behind_its_label(line, value, paper):
    """The check digits must be right, and the letters of the country are added."""
    document = paper(line)
    found = [number.value for number in numbers_on_page(PageView(document, document.pages))]
    assert found == ([value] if value else [])
