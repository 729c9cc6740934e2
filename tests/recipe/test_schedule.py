"""When a recipe runs by itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smeflow.i18n import Phrase
from smeflow.recipe.keys import parse_schedule

PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("text", "after", "found"),
    [
        ("0 7 1 * *", "2026-11-23T08:00", "2026-12-01T06:00"),
        ("0 7 1 * *", "2026-12-01T06:00", "2027-01-01T06:00"),
        ("*/15 8-18 * * mon-fri", "2026-11-20T17:50", "2026-11-23T07:00"),
        ("30 9 * * 1,4", "2026-11-23T09:00", "2026-11-26T08:30"),
        ("0 6 29 feb *", "2026-11-23T00:00", "2028-02-29T05:00"),
        ("0 8 13 * fri", "2026-11-23T00:00", "2026-11-27T07:00"),
        ("@monthly", "2026-11-23T00:00", "2026-11-30T23:00"),
        ("0 0 * * 7", "2026-11-23T12:00", "2026-11-28T23:00"),
    ],
)
def test_the_next_time_is_the_one_of_the_clock_on_the_wall(text, after, found):
    """Given in UTC, meant in the recipe's time zone."""
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse_schedule(text).after(moment, PARIS) == datetime.fromisoformat(found).replace(tzinfo=UTC)


def test_a_time_the_clock_leaps_over_still_comes():
    """On 28 March 2027 there is no half past two in Paris: it is half past three."""
    found = parse_schedule("30 2 * * *").after(datetime(2027, 3, 27, 12, tzinfo=UTC), PARIS)
    assert found == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("*/30 * * * *", ["00:00", "00:30", "01:00", "01:30", "02:00"]),
        ("0 * * * *", ["00:00", "01:00", "02:00", "03:00", "04:00"]),
        ("*/30 2 * * *", ["00:00", "00:30", "01:00", "01:30"]),
        ("30 2 * * *", ["00:30"]),
        ("0,30 2,3 * * *", ["00:00", "00:30", "02:00", "02:30"]),
    ],
)
def test_an_hour_that_comes_twice_counts_twice_for_what_runs_every_hour_or_minute(text, times):
    """On 25 October 2026 it is two o'clock twice in Paris; what has its own hour runs once."""
    schedule, moment, found = parse_schedule(text), datetime(2026, 10, 24, 23, 45, tzinfo=UTC), []
    for _ in times:
        moment = schedule.after(moment, PARIS)
        found.append(moment.strftime("%H:%M"))
    assert found == times


@pytest.mark.parametrize(
    "text", ["", "1 2 3", "61 * * * *", "0 7 31 2 *", "a * * * *", "5-1 * * * *", "*/0 * * * *"]
)
def test_what_is_no_schedule_is_refused(text):
    """Also one that never comes."""
    with pytest.raises(ValueError, match="schedule"):
        parse_schedule(text)


@pytest.mark.slow
@given(
    st.text(max_size=20)
    | st.lists(st.text("0123456789*/,-", max_size=5), min_size=5, max_size=5).map(" ".join)
)
def test_any_text_is_a_schedule_or_refused(text):
    """What is a schedule comes after now; nothing else fails in another way."""
    try:
        schedule = parse_schedule(text)
    except ValueError as error:
        assert isinstance(error.args[0], Phrase)
    else:
        assert schedule.after(datetime(2026, 11, 23, tzinfo=UTC), PARIS) > datetime(2026, 11, 23, tzinfo=UTC)
