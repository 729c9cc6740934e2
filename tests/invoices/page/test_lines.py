"""The lines of an invoice: sums tell which rows they are, headings and neighbours what their numbers mean."""

from decimal import Decimal

import pytest

from smeflow.invoices.page.read import read_invoice

HEAD = """
Brennholz Ostermoor GmbH
Am Deich 4, 26127 Oldenburg
USt-IdNr. DE136695976
Rechnung Nr. 2026-118          Rechnungsdatum 03.04.2026
"""


def told(record):
    """Give quantity, price and net of each line."""
    return [(line.quantity, line.unit_price, line.net) for line in record.lines]


def numbers(*rows):
    """Give rows as `told` does; a dash is nothing."""
    return [tuple(None if cell == "-" else Decimal(cell) for cell in row.split()) for row in rows]


SUMS = """
Nettobetrag                                             {net}
MwSt. 19 %                                              {vat}
Gesamtbetrag                                            {gross}
"""
TABLES = {
    "a quantity without a price": (
        """
Menge     Bezeichnung          Artikel        Betrag netto
3,00      Buchenscheite        T7498                  36,00
2,00      Anzündholz           33403                  64,00
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("3 - 36", "2 - 64"),
    ),
    "the price before the quantity": (
        """
Bezeichnung              Preis         Menge         Betrag
Buchenscheite            28,00          1,00          28,00
Anzündholz               18,00          4,00          72,00
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("1 28 28", "4 18 72"),
    ),
    "a discount that no column shows": (
        """
Bezeichnung              Menge         Preis          Betrag
Buchenscheite            10            8,00            76,00
Anzündholz               2             12,00           24,00
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("10 8 76", "2 12 24"),
    ),
    "a sum and two terms between lines and net": (
        """
Bezeichnung              Menge         Preis          Betrag
Buchenscheite            10            8,00            80,00
Anzündholz               2             12,00           24,00
""",
        """
Zwischensumme                                          104,00
Treuerabatt                                             -9,00
Frachtkosten                                             5,00
"""
        + SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("10 8 80", "2 12 24"),
    ),
    "a sum so far that no label names": (
        """
Bezeichnung                                            Betrag
Aufbau des Gerüsts                                      30,00
Anstrich der Fassade                                    50,00
bis hierher                                             80,00
Abbau des Gerüsts                                       20,00
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("- - 30", "- - 50", "- - 20"),
    ),
    "freight, whose charges are its lines": (
        """
Bezeichnung                                            Betrag
Seefracht Hamburg - Oslo                                60,00
Umladen                                                 30,00
Fracht zum Lager                                        10,00
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("- - 60", "- - 30", "- - 10"),
    ),
    "numbers that follow words and stand in no column": (
        """
1. Buchenscheite, ofenfertig
Stück: 3 Einzelpreis: 12,00 Gesamt: 36,00
2. Anzündholz
Stück: 10 Einzelpreis: 6,40 Gesamt: 64,00
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("3 12 36", "10 6.40 64"),
    ),
    "the product on the line below": (
        """
Buchenscheite, ofenfertig                               36,00
3 x 12,00
Anzündholz                                              64,00
10 x 6,40
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("3 12 36", "10 6.40 64"),
    ),
    "a sign that touches the quantity's column": (
        """
Bezeichnung                               Menge     Betrag
Buchenscheite                                 3     €36,00
Anzündholz                                       24 €64,00
""",
        SUMS.format(net="100,00", vat="19,00", gross="119,00"),
        numbers("3 - 36", "24 - 64"),
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_lines_are_read_with_what_they_print(paper, case):
    """Rows are lines where they make the net; what their numbers are need not be proven by a product."""
    table, sums, wanted = TABLES[case]
    record = read_invoice([paper(HEAD + table + sums)]).record
    assert told(record) == wanted


def test_the_terms_between_lines_and_net_are_told(paper):
    """A discount and a charge are no lines: they have a field of their own, and the sums can be checked."""
    table, sums, _ = TABLES["a sum and two terms between lines and net"]
    record = read_invoice([paper(HEAD + table + sums)]).record
    terms = record.total_lines, record.total_allowances, record.total_charges
    assert terms == (Decimal(104), Decimal(9), Decimal(5))


def test_a_corrected_invoice_takes_back_lines_that_are_printed_without_a_minus(paper):
    """The sums are negative and the lines are not: read with the sign of the sums, they add up to them."""
    table, _, _ = TABLES["the price before the quantity"]
    sums = SUMS.format(net="-100,00", vat="-19,00", gross="-119,00")
    record = read_invoice(
        [paper(HEAD.replace("Rechnung Nr.", "Korrekturrechnung Nr.") + table + sums)]
    ).record
    assert sum(line.net for line in record.lines) == record.total_net
    assert [abs(line.quantity) for line in record.lines] == [1, 4]


TAXED = """
Bezeichnung              Menge         Preis        Gesamt brutto
Buchenscheite            2             35,70           71,40
Anzündholz               4             11,90           47,60
Gesamtbetrag                                           119,00
darin MwSt. 19 %                                        19,00
Nettobetrag                                            100,00
"""


def test_lines_whose_prices_hold_the_tax_have_no_net(paper):
    """They make the total and not the net: what lies between is the VAT, and no discount."""
    record = read_invoice([paper(HEAD + TAXED)]).record
    assert [(line.quantity, line.gross, line.net, line.unit_price) for line in record.lines] == [
        (2, Decimal("71.40"), None, None),
        (4, Decimal("47.60"), None, None),
    ]
    assert record.total_allowances is None


def test_rows_that_make_no_sum_are_no_lines(paper):
    """One amount that differs by a cent leaves the lines unread: none is better than one too many."""
    table, _, _ = TABLES["a sum so far that no label names"]
    sums = SUMS.format(net="100,01", vat="19,00", gross="119,01")
    assert read_invoice([paper(HEAD + table + sums)]).record.lines == ()
