"""How values are written for people."""

from datetime import date
from decimal import Decimal

from smeflow.cli.console import STATE_WORDS, Screen, ScreenColumn
from smeflow.i18n import say

EN, FR = Screen(language="en"), Screen(language="fr")


def test_amounts_have_the_languages_separators_and_two_decimals():
    """A French reader expects a comma and a narrow space, an English one the reverse."""
    assert EN.amount(Decimal("1234.5"), "EUR") == "1,234.50 EUR"
    assert FR.amount(Decimal("1234.5"), "EUR") == "1\u202f234,50 EUR"


def test_small_costs_keep_their_digits():
    """A call that costs less than a cent is not shown as free."""
    assert EN.amount(Decimal("0.00042"), "USD") == "0.00042 USD"


def test_an_unknown_amount_is_empty_and_not_zero():
    """What is not known is not shown as a number."""
    assert EN.amount(None, "EUR") == ""


def test_dates_are_written_as_the_language_writes_them():
    """Day first in French, ISO in English, where day and month are mixed up."""
    assert FR.text(date(2026, 11, 3)) == "03/11/2026"
    assert EN.text(date(2026, 11, 3)) == "2026-11-03"


def test_every_state_has_a_sign_of_its_own():
    """Who sees no colour still tells the states apart."""
    assert len({sign for _, _, sign in STATE_WORDS.values()}) == 5


def test_markup_in_data_is_not_obeyed(capsys):
    """A file name with brackets is shown as it is, never taken as a style."""
    table = EN.table([ScreenColumn(heading=say("item"))], [("[red]a[/red].pdf",)])
    EN.out.print(table)
    EN.print("[bold]b[/bold].pdf")
    out = capsys.readouterr().out
    assert "[red]a[/red].pdf" in out
    assert "[bold]b[/bold].pdf" in out
