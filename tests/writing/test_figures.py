from datetime import date
from decimal import Decimal

import pytest

from smeflow.writing.check import FIGURES, Fact, SourceEvidence, check_prose

FACTS = (
    Fact(name="sales", value=Decimal("12345.60"), text="12 345,60 €", unit="EUR"),
    Fact(name="growth", value=Decimal("-3.2"), unit="%"),
    Fact(name="closed", value=date(2026, 10, 31), text="31 octobre 2026"),
    Fact(name="invoice", value="FA-2026-0012"),
    Fact(name="customers", value=Decimal(17)),
)


@pytest.mark.parametrize(
    "text",
    [
        "Sales were 12 345,60 € with 17 customers.",
        "Sales were €12,345.60 by October 31, 2026.",
        "Les ventes : 12.345,60 EUR au 31/10/2026, soit -3,2 %.",
        "Facture FA-2026-0012.",
        "1. Sales: 12345.60\n2. Customers: 17",
        "Nothing was sold.",
    ],
)
def test_a_text_of_facts_passes_in_any_format(text):
    """Formats of French and English do not matter, values do."""
    assert check_prose(text, SourceEvidence(facts=FACTS, claims=FIGURES)).findings == ()


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("Sales were 12 345,61 €.", "12 345,61 €"),
        ("Sales grew by 3,2 %.", "3,2"),
        ("It closed on 30/10/2026.", "30/10/2026"),
        ("Invoice FA-2026-0013.", "FA-2026-0013"),
        ("About 12 000 €.", "12 000 €"),
        ("18 customers.", "18"),
        ("In 2026Q3 all was well.", "2026Q3"),
    ],
)
def test_a_figure_that_is_no_fact_is_named(text, figure):
    """Another number, a lost sign, a rounded amount, another day."""
    found = check_prose(text, SourceEvidence(facts=FACTS, claims=FIGURES)).findings
    assert [each.text for each in found] == [figure]
