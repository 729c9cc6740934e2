"""References: numbers that name an order, an invoice, a customer."""

import pytest

from smeflow.triage.details import find_references


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "concernant la commande n° CMD-2026-118 (client 0045)",
            [("order", "CMD-2026-118"), ("customer", "0045")],
        ),
        ("Order #4711 and invoice INV-2026-0042", [("order", "4711"), ("invoice", "INV-2026-0042")]),
        ("Rechnung Nr. 2026/88, Kundennummer: 77812", [("invoice", "2026/88"), ("customer", "77812")]),
        (
            "notre devis D2026-14 et le bon de livraison BL0088",
            [("quote", "D2026-14"), ("delivery", "BL0088")],
        ),
        ("réf. commande 4711", [("order", "4711")]),
        ("votre dossier n°A-77", [("file", "A-77")]),
        ("facture 2026-001 ... facture 2026-001", [("invoice", "2026-001")]),
        ("facture n° 12", [("invoice", "12")]),
    ],
)
def test_a_reference_has_its_kind_and_number(text, found):
    """In three languages, with or without a mark, each once."""
    told = find_references(text)
    assert [(one.kind, one.value) for one in told] == found
    assert all(text[one.start :].startswith(one.quote) for one in told)


@pytest.mark.parametrize(
    "text",
    [
        "Total invoice 2450€",
        "3 orders",
        "la facture du 12/03/2026",
        "invoice 2026",
        "client fidèle",
        "commande 12,50 EUR",
    ],
)
def test_amounts_dates_years_and_words_are_none(text):
    """What only stands beside such a word is no reference."""
    assert find_references(text) == []
