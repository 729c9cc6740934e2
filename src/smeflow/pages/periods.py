"""Periods as an axis shows them: short, with the year only where it begins."""

from collections.abc import Mapping
from datetime import date

from smeflow.i18n import Language, Phrase, say

_MONTHS: Mapping[Language, str] = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
}
_QUARTER: Mapping[Language, str] = {"en": "Q", "fr": "T"}
_WEEK: Mapping[Language, str] = {"en": "W", "fr": "S"}


def tick(key: str, language: Language) -> str:
    """Write a period's key (``2026-11``, ``2026-Q4``, ``2026-W48``, ``2026-11-03``) for an axis.

    The year stands on a line below, after a ``|``; the axis shows it where it is a new one.
    """
    year, _, part = key.partition("-")
    if part[:1] == "Q":
        return f"{_QUARTER[language]}{part[1:]}|{year}"
    if part[:1] == "W":
        return f"{_WEEK[language]}{part[1:].lstrip('0')}|{year}"
    names = _MONTHS[language].split()
    if len(part) == 2 and part.isdigit() and 1 <= int(part) <= 12:
        return f"{names[int(part) - 1]}|{year}"
    try:
        day = date.fromisoformat(key)
    except ValueError:
        return key.replace("|", "/")
    return f"{day.day} {names[day.month - 1]}|{year}"


def against(key: str, change: str) -> Phrase:
    """Say against which period something changed."""
    part = key.partition("-")[2]
    if part[:1] == "Q":
        return say("{change} on the quarter before", change=change)
    if part[:1] == "W":
        return say("{change} on the week before", change=change)
    if len(part) == 2:
        return say("{change} on the month before", change=change)
    if key.isdigit() and len(key) == 4:
        return say("{change} on the year before", change=change)
    return say("{change} on the period before", change=change)
