from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smeflow.values.dates import MONTHS, due_from_terms, find_dates, parse_date, parse_month


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-08-15", "2026-08-15"),
        ("2026-08-15T12:00:00+02:00", "2026-08-15"),
        ("20260815", "2026-08-15"),
        ("15/08/2026", "2026-08-15"),
        ("08/31/2026", "2026-08-31"),
        ("07.01.97", "1997-01-07"),
        ("1er mars 2026", "2026-03-01"),
        ("5 août 2026", "2026-08-05"),
        ("3. März 2015", "2015-03-03"),
        ("Montag, 3. Mai 2021", "2021-05-03"),
        ("26.Feb.2018", "2018-02-26"),
        ("March 3, 2015", "2015-03-03"),
        ("3rd of March 2015", "2015-03-03"),
        ("12 de enero de 2024", "2024-01-12"),
        ("12 gennaio 2024", "2024-01-12"),
        ("4 mei 2024", "2024-05-04"),
        ("17/05/2017 12:34", "2017-05-17"),
    ],
)
def test_a_date_is_read_in_six_languages(text, iso):
    """Numbers, names of months, ordinals, weekdays and times."""
    assert parse_date(text) == date.fromisoformat(iso)


@pytest.mark.parametrize("text", ["", "31/02/2026", "2026", "1.2.3.4", "10/07/2026 and 11/07/2026", "12,50"])
def test_what_is_no_single_date_is_none(text):
    """A day the calendar does not have is no date."""
    assert parse_date(text) is None


def test_the_day_comes_first_unless_told_otherwise():
    """The other reading is kept for those who know more."""
    (found,) = find_dates("03/04/2026")
    assert (found.value, found.other) == (date(2026, 4, 3), date(2026, 3, 4))
    assert parse_date("03/04/2026", day_first=False) == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("terms", "iso"),
    [
        ("30 jours", "2026-02-14"),
        ("Net 30", "2026-02-14"),
        ("payable within 14 days", "2026-01-29"),
        ("Zahlbar innerhalb von 14 Tagen ohne Abzug", "2026-01-29"),
        ("30 jours fin de mois", "2026-02-28"),
        ("à réception", "2026-01-15"),
        ("2% 10 days, net 30 days", "2026-02-14"),
        ("14 Tage 2 % Skonto, 30 Tage netto", "2026-02-14"),
        ("30 days or 60 days", None),
        ("45 jours fin de mois", None),
        ("by agreement", None),
    ],
)
def test_a_due_date_is_reckoned_only_from_clear_terms(terms, iso):
    """Where the law knows two ways to count, there is no date."""
    assert due_from_terms(terms, date(2026, 1, 15)) == (date.fromisoformat(iso) if iso else None)


@given(
    st.dates(min_value=date(1971, 1, 1), max_value=date(2069, 12, 31)),
    st.sampled_from(sorted(MONTHS)),
    st.sampled_from(
        ["{d}/{m:02}/{y}", "{d:02}.{m:02}.{y}", "{d}-{m}-{y}", "{y}-{m:02}-{d:02}", "{d} {name} {y}"]
    ),
)
def test_any_printed_date_is_found_where_it_stands(day, name, form):
    """In any of the forms and any name of the month."""
    if "{name}" in form:
        day = day.replace(month=MONTHS[name], day=min(day.day, 28))
    printed = form.format(d=day.day, m=day.month, y=day.year, name=name)
    (found,) = find_dates(f"Le : {printed} ok")
    assert day in {found.value, found.other}
    assert f"Le : {printed} ok"[found.start : found.end] == printed


@settings(max_examples=40)
@given(
    st.text(max_size=60) | st.text("0123456789./- :TZ", max_size=24),
    st.dates(min_value=date(1971, 1, 1), max_value=date(2069, 12, 31)),
)
def test_no_text_breaks_the_search_for_days(text, issued):
    """Nor a month, nor a sentence on when to pay."""
    for each in find_dates(text):
        assert isinstance(each.value, date)
    assert isinstance(parse_date(text), date | None)
    assert isinstance(parse_month(text), date | None)
    assert isinstance(due_from_terms(text, issued), date | None)
