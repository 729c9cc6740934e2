"""When a recipe runs by itself: ``0 7 1 * *`` is seven o'clock on the first of each month."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from smeflow.i18n import Phrase, say

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 1",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_FARTHEST_DAYS = 366 * 8 + 2
"""The 29th of February may be eight years away."""


@dataclass(frozen=True)
class Schedule:
    """Times that come again and again, by a clock on the wall."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """A day fits by its number or by its weekday, since both were written."""

    def after(self, moment: datetime, timezone: str) -> datetime:
        """Give the first time after *moment*; one that the clock leaps over in spring comes an hour later.

        Raises:
            ValueError: There is none: the 31st of February.
        """
        zone = ZoneInfo(timezone)
        local = moment.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
        day = local.date()
        for _ in range(_FARTHEST_DAYS):
            if self._fits(day.day, day.month, day.isoweekday() % 7):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        wall = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - given below
                        # through UTC and back: a time that does not exist becomes the one that does
                        found = wall.replace(tzinfo=zone).astimezone(UTC)
                        if found > moment:
                            return found
            day += timedelta(days=1)
        raise ValueError(say("the schedule {text} never comes", text=self.text))

    def _fits(self, day: int, month: int, weekday: int) -> bool:
        if month not in self.months:
            return False
        by_day, by_weekday = day in self.days, weekday in self.weekdays
        return by_day or by_weekday if self.either else by_day and by_weekday


def schedule_of(text: str) -> Schedule:
    """Read five fields: minute, hour, day, month, weekday; or ``@daily`` and its like.

    Raises:
        ValueError: It is no schedule; its argument is the phrase for a person.
    """
    parts = _SHORT.get(text.strip().lower(), text).split()
    if len(parts) != len(_FIELDS):
        raise ValueError(
            say("{text} is no schedule; write minute hour day month weekday, such as 0 7 1 * *", text=text)
        )
    found = [_field(part, *field, text) for part, field in zip(parts, _FIELDS, strict=True)]
    weekdays = frozenset(day % 7 for day in found[4])
    either = parts[2] != "*" and parts[4] != "*"
    made = Schedule(text, found[0], found[1], found[2], found[3], weekdays, either)
    made.after(datetime(2026, 1, 1, tzinfo=UTC), "UTC")
    return made


def _field(part: str, name: str, low: int, high: int, text: str) -> frozenset[int]:
    values: set[int] = set()
    for one in part.lower().split(","):
        span, _, step = one.partition("/")
        first, dash, last = span.partition("-")
        try:
            start = low if span == "*" else _number(first, name)
            end = high if span == "*" or (step and not dash) else _number(last, name) if dash else start
            by = int(step) if step else 1
        except ValueError:
            raise ValueError(_wrong(one, text)) from None
        if not low <= start <= end <= high or by < 1:
            raise ValueError(_wrong(one, text))
        values.update(range(start, end + 1, by))
    return frozenset(values)


def _number(word: str, name: str) -> int:
    if name == "month" and word[:3] in _MONTHS:
        return _MONTHS.index(word[:3]) + 1
    if name == "weekday" and word[:3] in _DAYS:
        return _DAYS.index(word[:3])
    return int(word)


def _wrong(one: str, text: str) -> Phrase:
    return say("{part} does not fit into the schedule {text}", part=one, text=text)
