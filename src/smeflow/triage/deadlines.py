"""Find the day something is asked for by, in French, English and German.

A day counts only behind a word that makes it a deadline ("avant le", "by", "bis zum"). What is told relative
to the day of writing ("vendredi", "within 5 days", "15/02") is reckoned from it; where that day is unknown,
it is left out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from smeflow._text import folded
from smeflow.values.dates import MONTHS, find_dates, month_end

Urgency = Literal["high", "normal", "low"]
SEARCHED_CHARACTERS = 8_000
"""Characters that are searched: what is asked stands near the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedValue:
    """One thing a text says."""

    value: str
    quote: str
    """As it stands in the text."""
    start: int
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A day something is asked for by."""

    day: date
    quote: str
    start: int


_CUE = re.compile(
    r"\b(?:avant(?:\s+le)?|d['’]ici(?:\s+(?:au|le|la|à))?|au\s+plus\s+tard(?:\s+(?:le|pour\s+le))?|jusqu['’]au|"
    r"pour\s+le|pour\s+(?=demain|ce\s+soir|lundi|mardi|mercredi|jeudi|vendredi)|[ée]ch[ée]ance(?:\s+(?:au|le|est))?|"
    r"date\s+limite(?:\s+de\s+\w+)?|d[ée]lai|deadline(?:\s+is)?|by|before|until|no\s+later\s+than|at\s+the\s+latest|"
    r"due(?:\s+(?:on|by|date))?|expire\s+le|expires?(?:\s+on)?|bis(?:\s+(?:zum|sp[äa]testens))?|"
    r"sp[äa]testens(?:\s+(?:am|bis|bis\s+zum))?|vor\s+dem|frist(?:\s+bis)?|f[äa]llig(?:\s+am)?)[\s:,–-]*",
    re.IGNORECASE,
)
_SOON = re.compile(
    r"\b(?:sous|dans\s+(?:les|un\s+d[ée]lai\s+de)|within|innerhalb(?:\s+von)?|binnen)\s+(?:the\s+next\s+)?"
    r"(\d{1,3})\s*(h\b|heures?|hours?|stunden|jours?|days?|tagen?|semaines?|weeks?|wochen)"
    r"(\s+ouvr[ée]s|\s+ouvrables)?",
    re.IGNORECASE,
)
_BUSINESS = re.compile(
    r"\bwithin\s+(\d{1,3})\s+(?:business|working)\s+days|\binnerhalb\s+von\s+(\d{1,3})\s+werktagen",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:\w+day,?\s+|\w+di\s+|\w+tag,?\s+(?:den\s+)?)?(?:the\s+)?"
    r"(?:(\d{1,2})(?:er|st|nd|rd|th|\.)?\s*(?:of\s+)?([A-Za-zÀ-ÿ]{3,10})|([A-Za-zÀ-ÿ]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?"
    r"|(\d{1,2})[/.](\d{1,2}))(?![\w/%€]|[.,]\d)"
)
_BEFORE_DATE = re.compile(r"(?:\w+day,?\s+|\w+di\s+|\w+tag,?\s+)?(?:the\s+|den\s+|le\s+)?", re.IGNORECASE)
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "lundi monday montag",
            "mardi tuesday dienstag",
            "mercredi wednesday mittwoch",
            "jeudi thursday donnerstag",
            "vendredi friday freitag",
            "samedi saturday samstag",
            "dimanche sunday sonntag",
        )
    )
    for name in names.split()
}


_RELATIVE: tuple[tuple[re.Pattern[str], Callable[[date], date]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), reckon)
    for pattern, reckon in (
        (r"(?:le\s+)?apr[èe]s-demain|the\s+day\s+after\s+tomorrow|[üu]bermorgen", lambda d: d + timedelta(2)),
        (r"demain|tomorrow|morgen", lambda d: d + timedelta(1)),
        (r"aujourd['’]hui|ce\s+soir|today|tonight|heute|end\s+of\s+(?:the\s+)?day|eod\b", lambda d: d),
        (
            r"(?:la\s+)?fin\s+de\s+(?:la\s+|cette\s+)?semaine|(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?week|eow\b",
            lambda d: d + timedelta((4 - d.weekday()) % 7),
        ),
        (r"ende\s+der\s+woche|wochenende", lambda d: d + timedelta((4 - d.weekday()) % 7)),
        (
            r"(?:la\s+)?fin\s+d[ue]\s+(?:ce\s+)?mois|(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?month|monatsende|ende\s+des\s+monats",
            month_end,
        ),
    )
)
_MONTH_END = re.compile(
    r"(?:la\s+)?fin\s+(?:du\s+mois\s+de\s+)?([a-zà-ÿ]{3,10})|(?:the\s+)?end\s+of\s+([a-z]{3,10})|ende\s+([a-zä]{3,10})",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"(?:ce\s+|le\s+|this\s+|next\s+|kommenden\s+)?([A-Za-z]{5,10})(?:\s+(?:prochain|next))?", re.IGNORECASE
)
FARTHEST = timedelta(days=550)
"""A deadline further away than this is none."""


def find_deadlines(text: str, written: date | None) -> list[Deadline]:
    """Find every day asked for in *text*, the earliest first; none before the day it was *written*."""
    text = text[:SEARCHED_CHARACTERS]
    deadlines = [*_behind_cues(text, written), *(_within_days(text, written) if written else ())]
    if written is not None:
        deadlines = [each for each in deadlines if written <= each.day <= written + FARTHEST]
    return sorted(deadlines, key=lambda deadline: (deadline.day, deadline.start))


def _behind_cues(text: str, written: date | None) -> Iterator[Deadline]:
    for cue in _CUE.finditer(text):
        rest = text[cue.end() : cue.end() + 45]
        match = _absolute(rest) or (_relative(rest, written) if written else None)
        if match:
            day, length = match
            yield Deadline(day=day, quote=text[cue.start() : cue.end() + length].strip(), start=cue.start())


def _absolute(rest: str) -> tuple[date, int] | None:
    skipped = _BEFORE_DATE.match(rest)
    start = skipped.end() if skipped else 0
    return next(((day.value, day.end) for day in find_dates(rest) if day.start <= start), None)


def _relative(rest: str, written: date) -> tuple[date, int] | None:
    for pattern, reckon in _RELATIVE:
        match = pattern.match(rest)
        if match:
            return reckon(written), match.end()
    match = _MONTH_END.match(rest)
    month = MONTHS.get(folded(next(filter(None, match.groups()), ""))) if match else None
    if match and month:
        return month_end(date(written.year + (month < written.month), month, 1)), match.end()
    match = _BARE.match(rest)
    day = _without_year(match, written) if match else None
    if match and day:
        return day, match.end()
    match = _DAY.match(rest)
    weekday = _WEEKDAYS.get(folded(match[1])) if match else None
    if match and weekday is not None:
        return written + timedelta((weekday - written.weekday() - 1) % 7 + 1), match.end()
    return None


def _without_year(match: re.Match[str], written: date) -> date | None:
    """Read a day and month as the next such day."""
    day_first, name, name_first, day_second, day_number, month_number = match.groups()
    month = MONTHS.get(folded(name or name_first or "")) if name or name_first else int(month_number)
    day = int(day_first or day_second or day_number)
    if not month:
        return None
    for year in (written.year, written.year + 1):
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate >= written:
            return candidate
    return None


def _within_days(text: str, written: date) -> Iterator[Deadline]:
    for match in _SOON.finditer(text):
        count, unit = int(match[1]), folded(match[2])
        if unit.startswith(("h", "st")):
            day = written + timedelta(days=-(-count // 24))
        elif unit.startswith(("s", "w")):
            day = written + timedelta(weeks=count)
        else:
            day = _working_days_from(written, count) if match[3] else written + timedelta(days=count)
        yield Deadline(day=day, quote=match[0], start=match.start())
    for match in _BUSINESS.finditer(text):
        day = _working_days_from(written, int(match[1] or match[2]))
        yield Deadline(day=day, quote=match[0], start=match.start())


def _working_days_from(start: date, days: int) -> date:
    """Count *days* from *start* without Saturdays and Sundays."""
    day = start
    for _ in range(min(days, 260)):
        day += timedelta(1)
        while day.weekday() >= 5:
            day += timedelta(1)
    return day
