"""What is found, what is left alone, and that everything comes back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smeflow.llm.personal_data import Placeholders

FOUND = [
    "anna.martin@example.fr",
    "FR76 3000 6000 0112 3456 7890 189",
    "DE89370400440532013000",
    "4111 1111 1111 1111",
    "732 829 320 00074",
    "06 12 34 56 78",
    "+33 6 12 34 56 78",
    "0033612345678",
    "+49 30 901820",
    "2 55 08 14 168 025 38",
]
LEFT = [
    "INV-2026-000123",
    "1.234.567,89 EUR",
    "2026-11-23",
    "23/11/2026",
    "12345678901234",
    "FR00 3000 6000 0112 3456 7890 189",
    "4111 1111 1111 1112",
    "Total 1 234,56",
    "10:45:30",
]


@pytest.mark.parametrize("value", FOUND)
def test_personal_data_is_hidden_and_restored(value):
    """In a sentence, at its end, and twice."""
    vault = Placeholders("item")
    text = f"Please note {value}, and again: {value}."
    hidden = vault.hide(text)
    assert value not in hidden
    assert vault.show(hidden) == text


@pytest.mark.parametrize("value", LEFT)
def test_what_is_no_personal_data_is_left_alone(value):
    """Numbers with wrong check digits, amounts, dates and document numbers."""
    assert Placeholders("item").hide(f"See {value} here") == f"See {value} here"


def test_a_value_has_one_placeholder_in_an_item_and_another_in_another():
    """So a replay asks the same, and items cannot be joined by their placeholders."""
    one, again, other = (Placeholders(s).hide("a@example.org") for s in ("i", "i", "j"))
    assert one == again != other


def test_a_placeholder_the_model_wrote_in_small_letters_comes_back():
    """Models change case; a placeholder nobody made stays as it is."""
    vault = Placeholders("item")
    hidden = vault.hide("a@example.org")
    assert vault.show(hidden.lower()) == "a@example.org"
    assert vault.show("EMAIL_ABCDEFGHJK") == "EMAIL_ABCDEFGHJK"


@example("+000E")
@given(st.text(alphabet=st.sampled_from("a1 @.-+/,EURFR76éß\n0123456789"), max_size=120))
def test_every_text_comes_back_exactly(text):
    """Whatever was found in it."""
    vault = Placeholders("item")
    assert vault.show(vault.hide(text)) == text


PASSES = [
    "Anna Martin",
    "12 rue des Lilas, 69003 Lyon",
    "born on 14/08/1955",
    "FR40303265045",
    "303 265 045",
    "customer 204417",
    "passport 12AB34567",
]


@pytest.mark.parametrize("value", PASSES)
def test_what_passes_is_what_the_page_says(value):
    """Names, streets, dates of birth and other numbers reach the model: `docs/security.md` says so."""
    assert Placeholders("item").hide(f"For {value}.") == f"For {value}."


def test_the_docstring_names_every_kind_that_is_masked():
    """Whoever adds a kind says so where it is read."""
    from smeflow.llm.personal_data import PERSONAL_DATA_KINDS
    from smeflow.llm.wrappers.privacy import Redacted

    assert all(f"``{kind.name}``" in (Redacted.__doc__ or "") for kind in PERSONAL_DATA_KINDS)
