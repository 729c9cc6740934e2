"""Read a month written as such: ``2026-01``, ``01/2026``, ``janvier 2026``, ``Jan-26``."""

import re
from datetime import date

from smeflow._text import folded

_NAMES = (
    ("jan", "janvier", "january", "januar"),
    ("feb", "fev", "fevr", "fevrier", "february", "februar"),
    ("mar", "mars", "march", "marz", "maerz"),
    ("apr", "avr", "avril", "april"),
    ("may", "mai"),
    ("jun", "juin", "june", "juni"),
    ("jul", "juil", "juillet", "july", "juli"),
    ("aug", "aou", "aout", "august"),
    ("sep", "sept", "septembre", "september"),
    ("oct", "octobre", "october", "oktober", "okt"),
    ("nov", "novembre", "november"),
    ("dec", "decembre", "december", "dezember", "dez"),
)
_NUMBER = {name: n for n, names in enumerate(_NAMES, 1) for name in names}
_YEAR_FIRST = re.compile(r"((?:19|20)\d{2})[-/.](0?[1-9]|1[0-2])")
_MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])[-/.]((?:19|20)\d{2})")
_WORDS = re.compile(r"([a-z]+)\.?[ \-/.]+((?:19|20)?\d{2})")


def month_of(cell: str) -> date | None:
    """Give the first day of the month a cell names; None where it names none."""
    text = cell.strip()
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[2]), 1)
    if match := _MONTH_FIRST.fullmatch(text):
        return date(int(match[2]), int(match[1]), 1)
    match = _WORDS.fullmatch(folded(text))
    if match and match[1] in _NUMBER:
        year = int(match[2])
        return date(year if year > 99 else 2000 + year, _NUMBER[match[1]], 1)
    return None
