"""Read dates and months as people print them, in a dozen languages; in doubt the day comes first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from smeflow._text import folded

_MONTHS = (
    (
        "january jan janvier janv januar jan. januari gennaio gen enero "
        "ene jaenner janeiro styczen stycznia sty ledna leden tammikuuta ianuarie"
    ),
    (
        "february feb fevrier fevr fev februar februari febbraio "
        "febrero fevereiro luty lutego lut unora unor helmikuuta februarie"
    ),
    "march mar mars maerz marz maart mrt marzo mrz marco marzec marca brezna brezen marts maaliskuuta martie",
    "april apr avril avr aprile abril abr kwiecien kwietnia kwi dubna duben huhtikuuta aprilie",
    "may mai mei maggio mag mayo maio maj maja kvetna kveten toukokuuta",
    "june jun juin juni giugno giu junio junho czerwiec czerwca cze cervna cerven kesakuuta iunie",
    "july jul juillet juil juli luglio lug julio julho lipiec lipca lip cervence cervenec heinakuuta iulie",
    "august aug aout augustus agosto ago aou sierpien sierpnia sie srpna srpen elokuuta",
    (
        "september sep sept septembre settembre set septiembre "
        "setembro wrzesien wrzesnia wrz zari syyskuuta septembrie"
    ),
    (
        "october oct octobre oktober okt ottobre ott octubre "
        "outubro out pazdziernik pazdziernika paz rijna rijen lokakuuta octombrie"
    ),
    "november nov novembre noviembre novembro listopad listopada lis listopadu marraskuuta noiembrie",
    (
        "december dec decembre dezember dez dicembre dic diciembre "
        "dezembro grudzien grudnia gru prosince prosinec joulukuuta decembrie"
    ),
)
MONTHS = {
    name.rstrip("."): number for number, names in enumerate(_MONTHS, start=1) for name in names.split(" ")
}
_NAME = r"[A-Za-zÀ-ž]{3,12}"
_YEAR = r"(?:19|20)\d{2}|\d{2}"
_PATTERNS = (
    re.compile(
        r"(?<![\w./-])(?P<y>(?:19|20)\d{2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?![\d/-]|\.\d)"
    ),
    re.compile(
        rf"(?<![\w./-])(?P<d>\d{{1,2}})(?P<s>\s?[/.\-]\s?)(?P<m>\d{{1,2}})(?P=s)(?P<y>{_YEAR})(?![\w/-]|[.,]\d)(?!\s?[€%])"
    ),
    re.compile(
        rf"(?<![\w.])(?P<d>\d{{1,2}})(?:er|st|nd|rd|th|\.|º|ª)?(?:\s+(?:de|of|del)\s+|\s*[-/.]?\s*)(?P<name>{_NAME})\.?,?"
        rf"(?:\s+(?:de|del)\s+|\s*[-/,.]?\s*)(?P<y>{_YEAR})(?![\w])",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<!\w)(?P<name>{_NAME})\.?\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s*(?P<y>(?:19|20)\d{{2}})(?!\w)",
        re.IGNORECASE,
    ),
)
_WEEKDAY_AND_TIME = re.compile(r"[a-z]{0,10}[.,]?\s*(?:(?:t|at|a|um|om|le)?\s*[\d:.]{4,}\S*( utc| gmt)?)?")
"""What may stand around a date and adds nothing to it: a weekday before, a time behind."""
_TIME = re.compile(
    r"(?:\s*T\s*|\s*,?\s*(?:(?:à|a|at|um|om|le|alle|kl\.?)\s+|[-–]\s*)?)(?<![\d.])"
    r"(?P<h>\d{1,2})(?:[hH](?P<hm>[0-5]\d)?|:(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:[.,](?P<f>\d{1,6}))?)?)"
    r"(?:\s*(?P<half>[aApP])\.?[mM]\b\.?|\s*(?:Uhr|h)\b)?"
    r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?![\w:])"
)
"""A time as it stands behind a day: ``14:05``, ``14h05``, ``2:05 pm``, ``T14:05:00+02:00``."""
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDate:
    """A date in a text."""

    value: date
    other: date | None = None
    """The other way to read it: ``03/04/2026`` with the month first."""
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDatetime:
    """A day and a time in a text."""

    value: datetime
    other: datetime | None = None
    """The other way to read its day."""
    start: int
    end: int


def parse_date(text: str, day_first: bool = True) -> date | None:  # noqa: FBT001, FBT002 - one switch, named by callers
    """Read *text* as one date; None when it is none.

    ISO, numbers with ``/ . -``, month names, ``20260815``. Two-digit years up to 69 are of this century.
    """
    text = text.strip().strip(":,; ").strip()
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _date(int(compact["y"]), int(compact["m"]), int(compact["d"]))
    dates = list(find_dates(text, day_first=day_first))
    if len(dates) != 1:
        return None
    rest = folded(text[: dates[0].start] + " " + text[dates[0].end :])
    return dates[0].value if _WEEKDAY_AND_TIME.fullmatch(rest) else None


def parse_datetime(text: str, *, day_first: bool = True) -> datetime | None:
    """Read *text* as one day with its time; None when it is none.

    A day alone is none: its time is not known.
    """
    text = text.strip().strip(":,; ").strip()
    moments = list(find_datetimes(text, day_first=day_first))
    if len(moments) != 1:
        return None
    rest = folded(text[: moments[0].start] + " " + text[moments[0].end :])
    return moments[0].value if re.fullmatch(r"(?:[a-z]{2,10}[.,]?)?", rest) else None


def find_datetimes(text: str, *, day_first: bool = True) -> Iterator[FoundDatetime]:
    """Find every day that has a time behind it, in order."""
    for day in find_dates(text, day_first=day_first):
        clock = _TIME.match(text, day.end)
        if clock is None or (hour := _hour(clock)) is None:
            continue
        fraction = int((clock["f"] or "").ljust(6, "0")[:6])
        moment = time(
            hour,
            int(clock["m"] or clock["hm"] or 0),
            int(clock["s"] or 0),
            fraction,
            tzinfo=_zone(clock["zone"]),
        )
        yield FoundDatetime(
            value=datetime.combine(day.value, moment),
            other=datetime.combine(day.other, moment) if day.other else None,
            start=day.start,
            end=clock.end(),
        )


def _hour(clock: re.Match[str]) -> int | None:
    hour, half = int(clock["h"]), (clock["half"] or "").lower()
    if half:
        return hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else None
    return hour if hour <= 23 else None


def _zone(printed: str | None) -> tzinfo | None:
    if printed is None:
        return None
    if printed[0] not in "+-":
        return UTC
    away = timedelta(hours=int(printed[1:3]), minutes=int(printed[-2:]))
    return timezone(-away if printed[0] == "-" else away)


def find_dates(text: str, *, day_first: bool = True) -> Iterator[FoundDate]:
    """Find every date in *text*, in order."""
    dates: list[FoundDate] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            overlaps = any(start < d.end and d.start < end for d in dates)
            if not overlaps and (read := _read(match, day_first=day_first)):
                dates.append(FoundDate(value=read[0], other=read[1], start=start, end=end))
    yield from sorted(dates, key=lambda d: d.start)


def _read(match: re.Match[str], *, day_first: bool) -> tuple[date, date | None] | None:
    parts = match.groupdict()
    year, first = int(parts["y"]), int(parts["d"])
    if len(parts["y"]) == 2:
        year += 2000 if year < 70 else 1900
    if parts.get("name"):
        month = MONTHS.get(folded(parts["name"]))
        value = _date(year, month, first) if month else None
        return (value, None) if value else None
    second = int(parts["m"])
    if match.re is _PATTERNS[0]:
        value = _date(year, second, first)
        return (value, None) if value else None
    likely, other = _date(year, second, first), _date(year, first, second)
    if not day_first:
        likely, other = other, likely
    if likely and other:
        return likely, other if other != likely else None
    only = likely or other
    return (only, None) if only else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


_DAYS = re.compile(
    r"(?:net\s*|innerhalb\s+(?:von\s+)?|within\s+|binnen\s+|a\s+|entro\s+)?(\d{1,3})\s*"
    r"(?:jours?|days?|tagen?|tage|dagen|giorni|gg|dias|dni|dagar|dage)\b"
)
_NET = re.compile(
    r"(\d{1,3})\s*(?:jours?|days?|tagen?|tage|dagen|giorni)\s*(?:rein\s*)?"
    r"(?:netto|net|ohne abzug|sans escompte)\b|"
    r"\bnet\s+(\d{1,3})\s*(?:jours?|days?)\b"
)
_MONTH_END = re.compile(
    r"fin de mois|end of (?:the )?month|monatsende|fine mese|fin de mes|einde (?:van de )?maand|\bfdm\b|"
    r"\bd\.?\s?f\.?\s?f\.?\s?m\b|\bf\.\s?m\.|fim do mes|koniec miesiaca|konca miesiaca"
)
_DAY_AFTER = re.compile(r"(?:mois|month|mese|mes|maand)\s*,?\s*(?:le|the|il|el|de)\s+\d{1,2}\b")
_AT_ONCE = re.compile(
    r"a reception|des reception|comptant|due (?:up)?on receipt|upon receipt|sofort|immediate(?:ly)?|"
    r"a vista|al contado"
)


def due_from_terms(terms: str, issued: date) -> date | None:
    """Compute the due date that payment terms such as "30 jours", "net 30" or "payable on receipt" give.

    None where they give none, several (a discount for paying early), or where the law knows two ways to count
    ("45 jours fin de mois").
    """
    text = re.sub(
        r"\bnet\s*(\d{1,3})\b(?!\s*(?:days|jours|tage|dagen|giorni))", r"net \1 days", folded(terms)
    )
    days = {int(match[1]) for match in _DAYS.finditer(text)}
    if not days:
        return issued if _AT_ONCE.search(text) else None
    plain = {int(match[1] or match[2]) for match in _NET.finditer(text)}
    if len(plain) == 1 and (len(days) > 1 or "%" in text):
        days = plain  # "14 Tage 2 % Skonto, 30 Tage netto": a discount is a term, the whole is due later
    elif len(days) > 1 or "%" in text:
        return None
    due = issued + timedelta(days=days.pop())
    if not _MONTH_END.search(text):
        return due
    if _DAY_AFTER.search(text):
        return None  # "30 jours fin de mois le 15": of which month, is counted in two ways
    if (due - issued).days in {0, 30, 60, 90} or month_end(due) == month_end(issued) + (due - issued):
        return month_end(due)
    return None


def has_month_end(terms: str) -> bool:
    """Tell whether payment terms count from or to the end of a month."""
    return _MONTH_END.search(folded(terms)) is not None


def month_end(day: date) -> date:
    """Give the last day of the month *day* lies in."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)


_YEAR_FIRST = re.compile(r"((?:19|20)\d{2})[-/.](0?[1-9]|1[0-2])")
_MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])[-/.]((?:19|20)\d{2})")
_MONTH_NAMED = re.compile(r"([a-z]+)\.?[ \-/.]+((?:19|20)?\d{2})")


def parse_month(cell: str) -> date | None:
    """Give the first day of the month a cell names; None where it names none."""
    text = cell.strip()
    if match := _YEAR_FIRST.fullmatch(text):
        return date(int(match[1]), int(match[2]), 1)
    if match := _MONTH_FIRST.fullmatch(text):
        return date(int(match[2]), int(match[1]), 1)
    match = _MONTH_NAMED.fullmatch(folded(text))
    if match and match[1] in MONTHS:
        year = int(match[2])
        return date(year if year > 99 else 2000 + year, MONTHS[match[1]], 1)
    return None
