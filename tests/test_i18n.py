"""Sentences: the same in both languages, with amounts and dates as their readers write them."""

import json
from datetime import date
from decimal import Decimal

import pytest

from smeflow.i18n import localized_text, phrase_from_json, phrase_to_json, say
from smeflow.money import Money

SENTENCE = say(
    "{net} {money} {day} {why}",
    net=Decimal("-1234567.80"),
    money=Money(Decimal("5.00"), "EUR"),
    day=date(2026, 11, 3),
    why=say("yes"),
)


def test_amounts_and_dates_are_written_as_the_reader_does():
    """A French accountant reads a decimal comma, and English keeps the point."""
    assert SENTENCE.render("fr") == "-1\u202f234\u202f567,80 5,00 EUR 03/11/2026 oui"
    assert str(SENTENCE) == "-1234567.80 5.00 EUR 2026-11-03 yes"


def test_a_sentence_kept_as_json_reads_the_same_afterwards():
    """What the ledger keeps is told in either language later."""
    kept = say("{net} {day} {why}", **{k: SENTENCE.data[k] for k in ("net", "day", "why")})
    again = phrase_from_json(json.loads(json.dumps(phrase_to_json(kept))))
    assert again == kept
    assert again.render("fr") == "-1\u202f234\u202f567,80 03/11/2026 oui"


@pytest.mark.parametrize(
    ("text", "french", "english"),
    [
        ("496.00", "496,00", "496.00"),
        ("12345.5", "12\u202f345,50", "12345.50"),
        ("2026-01-31", "31/01/2026", "2026-01-31"),
        ("RE-2026/1", "RE-2026/1", "RE-2026/1"),
        (None, "", ""),
    ],
)
def test_a_value_kept_as_text_is_written_as_its_readers_do(text, french, english):
    """Amounts and days have the language's form, other words their own."""
    assert (localized_text(text, "fr"), localized_text(text, "en")) == (french, english)
