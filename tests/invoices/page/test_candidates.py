"""What could be a field's value: recall before all else."""

from hypothesis import example, given
from hypothesis import strategies as st

from smeflow.documents.document import Document, Page
from smeflow.invoices.page.candidates import find_candidates, firm_key
from smeflow.invoices.page.view import PageView


def view(text: str) -> PageView:
    page = Page(number=1, text=text)
    return PageView(Document(name="a.txt", media_type="text/plain", pages=(page,)), (page,))


def keys(text: str, kind: str) -> set[str]:
    return {candidate.key for candidate in getattr(find_candidates(view(text)), kind)}


def test_a_number_is_found_with_and_without_what_sticks_to_it():
    """A label that touches a number, and words that belong to it, give a candidate each."""
    found = keys("Invoice No.2024/17\nRef: FA 2026 / 0012", "numbers")
    assert {"2024/17", "fa 2026 / 0012"} <= found


def test_an_amount_in_a_sentence_with_one_bracket_is_an_amount():
    """What is due may stand in a sentence, net and VAT between brackets."""
    text = "Please remit 2,742.14 (net 2,266.23, VAT 475.91)."
    assert keys(text, "amounts") == {"2742.14", "2266.23", "475.91"}


def test_a_date_that_a_column_broke_is_whole():
    """A narrow column puts the year on the next line."""
    assert "2025-09-22" in keys("Date de facture\n22 septembre\n2025", "dates")


def test_a_day_that_can_be_read_in_two_ways_is_two_candidates():
    """Where neither language nor other dates decide, both readings are rivals."""
    found = find_candidates(view("The invoice for your payment\nDate: 03/04/2026")).dates
    assert {(c.key, c.reading) for c in found} == {("2026-04-03", "day first"), ("2026-03-04", "month first")}


def test_a_name_over_two_lines_is_one_candidate():
    """A narrow block breaks a name behind any word."""
    assert firm_key("Autofficina Calletti") in keys("Autofficina\nCalletti\nVia Olmi 3", "firms")


def test_a_firm_behind_a_word_for_a_buyer_is_found_in_a_sentence():
    """A line may hold label, name and address."""
    assert firm_key("Dupont SARL") in keys("Facturé à Dupont SARL, 65 place du Marché, 75001 Paris", "firms")


@example("100000000000000000000000000")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\f"), max_size=200))
def test_every_candidate_stands_where_it_says(text):
    """Whatever a page holds, each candidate points into a piece of its page."""
    of = view(text)
    found = find_candidates(of)
    for kind in ("dates", "amounts", "numbers", "firms", "currencies"):
        for candidate in getattr(found, kind):
            piece = of.pieces[candidate.page][candidate.piece]
            assert piece.start <= candidate.start < candidate.end <= piece.end
            assert candidate.key
