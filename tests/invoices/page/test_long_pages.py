"""A page too long to be one is searched in bounded time, and says that it was cut."""

import time

import pytest

from smeflow.core.case import Case
from smeflow.core.run import run
from smeflow.documents.document import text_document
from smeflow.steps import Extract

LONG = {
    "amounts on a line": "12,00 ",
    "prices on a line": "€ 1 ",
    "periods on a line": "du 01/02/2026 au ",
    "labels on lines": "Invoice no 123\n",
    "totals on lines": "Total 12,00\n",
    "rows of totals": "Total 12,00 13,00 14,00\n",
    "lines and charges": "Fracht 5,00\nHolz 3 2,00 6,00\nHolz 7,00\n",
    "headings over sums": "Total HT TVA Total TTC\n12,00 13,00 14,00\n",
}


@pytest.mark.parametrize("kind", LONG)
def test_a_text_of_400_kb_is_searched_in_seconds(kind):
    """Each value was held against each label and each other value: minutes, and four times that for twice."""
    text = "Invoice 7\n" + LONG[kind] * (400_000 // len(LONG[kind]))
    step = Extract(name="invoice", into="Invoice")
    began = time.process_time()
    result = run([step], Case.of(text_document(text, name="a.txt"), id="1"))[step]
    assert time.process_time() - began < 10
    assert any("first 40000 characters" in str(problem) for problem in result.problems)
