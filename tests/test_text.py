"""Text in one form, and the way back to where a letter stood."""

import json
import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smeflow._iban import IBAN_LENGTHS, check_digits_ok
from smeflow._text import canonical_json, folded, folded_in_place, folded_map, mask_addresses

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.decimals(allow_nan=False)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner)
)


@given(VALUES)
def test_canonical_json_is_what_the_standard_library_writes(value):
    """Hashes of a ledger stand on these letters: no way of writing them may differ in one."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    assert canonical_json(value) == plain


@given(st.text())
def test_a_folded_letter_knows_where_it_came_from(text):
    """Each letter of the folded text comes from one letter of the text, in the text's order."""
    flat, origin = folded_map(text)
    assert len(flat) == len(origin)
    assert list(origin) == sorted(origin)
    assert all(letter == " " or letter in folded(text[at]) for letter, at in zip(flat, origin, strict=True))


def test_the_map_leads_back_to_what_was_printed():
    """Accents, ligatures and wide gaps are bridged."""
    text = "  Chère  Sœur"
    flat, origin = folded_map(text)
    assert flat == "chere soeur"
    at = flat.index("soeur")
    assert text[origin[at] : origin[at + 4] + 1] == "Sœur"


@given(st.text())
def test_folding_in_place_keeps_every_place(text):
    """Nothing moves, so a span found in the one is a span of the other."""
    assert len(folded_in_place(text)) == len(text)


def test_the_lengths_of_ibans_are_those_of_the_registry():
    """python-stdnum carries the registry, a line a country."""
    registry = resources.files("stdnum").joinpath("iban.dat").read_text(encoding="utf-8")
    lengths = {
        row[1]: 4 + sum(map(int, re.findall(r"(\d+)!", row[2])))
        for row in re.finditer(r'^([A-Z]{2}) .*bban="([^"]*)"', registry, re.MULTILINE)
    }
    known = IBAN_LENGTHS.keys() & lengths
    assert len(known) > 50
    assert {c: lengths[c] for c in known} == {c: IBAN_LENGTHS[c] for c in known}


def test_check_digits_are_reckoned():
    """ISO 7064; what is no capital or digit is not right."""
    assert check_digits_ok("FR7630006000011234567890189")
    assert not check_digits_ok("FR7630006000011234567890188")
    assert not check_digits_ok("FR76 3000")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://ann:secret@example.org/a", "https://***@example.org/a"),
        ("https://secret@example.org/a?b=1", "https://***@example.org/a?b=1"),
        ("https://example.org/?b=1&api_key=secret&c=2", "https://example.org/?b=1&api_key=***&c=2"),
        ("see postgresql://u:p@h/db, then write to ann@example.org", None),
        ("mailto ann@example.org", "mailto ann@example.org"),
        ("https://example.org/@ann?page=2", "https://example.org/@ann?page=2"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(written, shown):
    """User, password and what is called a key or token go; the rest stays as it is."""
    assert mask_addresses(written) == (shown or written.replace("u:p", "***"))
