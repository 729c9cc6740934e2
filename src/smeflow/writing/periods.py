"""Months, quarters, weeks and years: what came before them, and whether the rows fill them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from smeflow.i18n import Phrase, say

Grain = Literal["month", "quarter", "week", "year"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One period, its first and last day included."""

    first: date
    last: date
    grain: Grain

    @classmethod
    def around(cls, day: date, grain: Grain) -> "Window":
        """Give the period that holds *day*."""
        if grain == "week":
            first = day - timedelta(days=day.weekday())
            return cls(first, first + timedelta(days=6), grain)
        if grain == "year":
            return cls(date(day.year, 1, 1), date(day.year, 12, 31), grain)
        months = 3 if grain == "quarter" else 1
        month = (day.month - 1) // months * months + 1
        first = date(day.year, month, 1)
        end = month + months
        following = date(day.year + (end > 12), end - 12 if end > 12 else end, 1)
        return cls(first, following - timedelta(days=1), grain)

    @classmethod
    def of(cls, key: str) -> "Window":
        """Give the period a key names: ``2026``, ``2026-Q4``, ``2026-11``, ``2026-W48``.

        Raises:
            ValueError: It names none.
        """
        year, _, part = key.partition("-")
        if not part:
            return cls.around(date(int(year), 1, 1), "year")
        if part[0] == "Q":
            return cls.around(date(int(year), int(part[1:]) * 3, 1), "quarter")
        if part[0] == "W":
            return cls.around(date.fromisocalendar(int(year), int(part[1:]), 1), "week")
        return cls.around(date(int(year), int(part), 1), "month")

    @property
    def key(self) -> str:
        """Its name, in the form that sorts by time."""
        if self.grain == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02d}"
        if self.grain == "quarter":
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return f"{self.first.year}" if self.grain == "year" else f"{self.first:%Y-%m}"

    @property
    def previous(self) -> "Window":
        """Give the period before."""
        return Window.around(self.first - timedelta(days=1), self.grain)

    @property
    def next(self) -> "Window":
        """Give the period after."""
        return Window.around(self.last + timedelta(days=1), self.grain)

    @property
    def last_year(self) -> "Window":
        """Give the same period a year before; of a week the one with the same number."""
        if self.grain == "week":
            year, week, _ = self.first.isocalendar()
            last = date(year - 1, 12, 28).isocalendar().week
            return Window.of(f"{year - 1}-W{min(week, last):02d}")
        return Window.around(date(self.first.year - 1, self.first.month, 1), self.grain)

    @property
    def year_to_date(self) -> "Window":
        """Give the days from the first of January to its end."""
        return Window(date(self.last.year, 1, 1), self.last, self.grain)


@dataclass(frozen=True, slots=True)
class Coverage:
    """On which days a table has rows, to tell a period that is not all there."""

    days: tuple[date, ...]
    """In their order."""

    def has(self, window: Window) -> bool:
        """Whether the table reaches back to the beginning of *window*, give or take its usual gap."""
        return bool(self.days) and self.days[0] <= window.first + timedelta(days=self._usual(window))

    def gap_in(self, window: Window) -> Phrase | None:
        """Say which days of *window* are missing; None where it is whole.

        Days without rows are normal. A gap is told when it is longer than every gap that was ever seen
        outside of the window, and longer than three days.
        """
        inside = [day for day in self.days if window.first <= day <= window.last]
        if not inside:
            return say("there are no rows between {first} and {last}", first=window.first, last=window.last)
        usual = self._usual(window)
        edges = [window.first - timedelta(days=1), *inside, window.last + timedelta(days=1)]
        worst = max(pairwise(edges), key=lambda pair: pair[1] - pair[0])
        gap = (worst[1] - worst[0]).days - 1
        if gap <= usual:
            return None
        first, last = worst[0] + timedelta(days=1), worst[1] - timedelta(days=1)
        return say("there are no rows from {first} to {last}", first=first, last=last)

    def _usual(self, window: Window) -> int:
        """Give the longest run of days without rows outside of *window*, at least three."""
        length = (window.last - window.first).days + 1
        outside = [day for day in self.days if not window.first <= day <= window.last]
        gaps = sorted((b - a).days - 1 for a, b in pairwise(outside))
        gaps = [gap for gap in gaps if gap < length]
        return max(gaps[-1] if gaps else length - 1, 3)


def windows(first: date, last: date, grain: Grain) -> Sequence[Window]:
    """List the periods from the one that holds *first* to the one that holds *last*."""
    listed = [Window.around(first, grain)]
    while listed[-1].last < last:
        listed.append(listed[-1].next)
    return listed
