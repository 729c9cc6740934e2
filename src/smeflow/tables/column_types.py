"""Tell what a column holds, and the SQL that reads its cells: numbers and dates in any European form."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from smeflow._text import folded
from smeflow.i18n import Phrase, say
from smeflow.values.amounts import CODES, SYMBOLS, decimal_mark, parse_amount
from smeflow.values.dates import parse_date, parse_month

ColumnKind = Literal["text", "number", "date"]
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}.*)?")
_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?(?:\d{2})?)")
_DAY_FIRST = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T]\d{2}:\d{2}.*)?")
_COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_NUMBER_NAMES = re.compile(
    r"\b(siret|siren|iban|bic|tel|telephone|phone|fax|zip|postal|cp|postcode|ean|gtin|isbn|compte|account|"
    r"comptenum|compauxnum|pieceref|ecriturenum|ecriturelet)\b"
)
_DATE_NAMES = re.compile(r"date|jour|day|echeance|datelet|piecedate|valid")
_NOTHING = frozenset({"-", "–", "—", "n/a", "na", "nc", "n.c.", "neant", "null", "none", "nan", "#n/a", "?"})
_ENOUGH = 0.9
_UNITS = "|".join([*sorted(CODES), *(re.escape(s) for s in SYMBOLS if not s.isalpha()), r"\$", "%"])
_STRIPPED = r"[\s\x{00a0}\x{202f}\x{2009}''’]|" + _UNITS
_GROUPED = {
    ",": r"[(+\-−]?(\d{1,3}([. \x{00a0}\x{202f}\x{2009}'’]\d{3})+|\d+)?(,\d+)?[)\-]?",
    ".": r"[(+\-−]?(\d{1,3}([, \x{00a0}\x{202f}\x{2009}'’]\d{3})+|\d+)?(\.\d+)?[)\-]?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType:
    """How the cells of a column are read."""

    kind: ColumnKind
    form: str = ""
    """``plain``, ``,`` or ``.`` (the decimal mark) for numbers; for days ``iso``, ``zoned`` (a time
    with its offset), ``month`` (the first of it) or a ``strptime`` form."""
    unit: str = ""
    """The one currency, or ``%``, that stands beside the numbers."""
    note: Phrase | None = None

    @property
    def decimal_mark(self) -> Literal[",", "."]:
        """What stands before the cents in its numbers."""
        return "," if self.form == "," else "."

    def sql(self, cell: str, scale: int) -> str:
        """Give the expression that reads *cell*; NULL where it cannot."""
        trimmed = f"trim({cell})"
        if self.kind == "number":
            wide = f"DECIMAL({38 if scale > 6 else 18},{scale})"
            if self.form == "plain":
                return f"TRY_CAST({cell} AS {wide})"
            bare = f"regexp_replace({trimmed}, '{_escaped(_STRIPPED)}', '', 'g')"
            other = "." if self.form == "," else ","
            digits = f"replace(replace(ltrim(rtrim({bare}, ')-'), '(+-−'), '{other}', ''), ',', '.')"
            minus = f"regexp_matches({bare}, '^[(\\-−]|-$')"
            fits = f"regexp_full_match(trim(regexp_replace({trimmed}, '{_escaped(_UNITS)}', '', 'g')), "
            fits += f"'{_escaped(_GROUPED[self.form])}')"
            value = f"TRY_CAST({digits} AS {wide})"
            return f"CASE WHEN {fits} THEN CASE WHEN {minus} THEN -{value} ELSE {value} END END"
        if self.kind == "date" and self.form == "month":
            ahead = (
                f"TRY_STRPTIME('01/' || replace(replace({trimmed}, '-', '/'), '.', '/'), '%d/%m/%Y')::DATE"
            )
            return f"coalesce(TRY_CAST({trimmed} || '-01' AS DATE), {ahead})"
        if self.kind == "date" and self.form == "zoned":  # the day it was in the book's time zone
            return f"CAST(TRY_CAST({trimmed} AS TIMESTAMPTZ) AS DATE)"
        if self.kind == "date" and self.form == "iso":
            return f"TRY_CAST(left({trimmed}, 10) AS DATE)"
        if self.kind == "date":
            return f"TRY_STRPTIME(split_part(replace({trimmed}, 'T', ' '), ' ', 1), '{self.form}')::DATE"
        return f"NULLIF({trimmed}, '')"


def _escaped(text: str) -> str:
    return text.replace("'", "''")


def infer_column_type(name: str, cells: Sequence[str]) -> ColumnType:
    """Decide how a column is read, by its name and some of its cells."""
    filled = [cell.strip() for cell in cells if cell.strip() and folded(cell) not in _NOTHING]
    if not filled:
        return ColumnType(kind="text")
    words = folded(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name))
    if sum(parse_month(cell) is not None for cell in filled) >= _ENOUGH * len(filled):
        return ColumnType(kind="date", form="month")
    if _DATE_NAMES.search(folded(name)) and _share(filled, _COMPACT) >= _ENOUGH:
        return ColumnType(kind="date", form="%Y%m%d")
    if date := _as_date(filled):
        return date
    if _NUMBER_NAMES.search(words) or _NUMBER_NAMES.search(folded(name)):
        return ColumnType(kind="text")
    return _as_number(filled) or ColumnType(kind="text")


def _share(cells: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.fullmatch(cell)) for cell in cells) / len(cells)


def _as_date(cells: Sequence[str]) -> ColumnType | None:
    if _share(cells, _ISO) >= _ENOUGH:
        return ColumnType(kind="date", form="zoned" if _share(cells, _ZONED) else "iso")
    matches = [match for cell in cells if (match := _DAY_FIRST.fullmatch(cell))]
    iso = len(cells) * _share(cells, _ISO)
    if iso + len(matches) >= _ENOUGH * len(cells):  # a spreadsheet may hold days, and texts that are days
        if iso > len(matches):
            return ColumnType(kind="date", form="iso")
        mark = Counter(match[2] for match in matches).most_common(1)[0][0]
        year = "%Y" if sum(len(match[4]) == 4 for match in matches) * 2 >= len(matches) else "%y"
        first, second = max(int(m[1]) for m in matches), max(int(m[3]) for m in matches)
        if second > 12 >= first:
            return ColumnType(kind="date", form=f"%m{mark}%d{mark}{year}")
        return ColumnType(kind="date", form=f"%d{mark}%m{mark}{year}")
    words = [cell for cell in cells if parse_date(cell) is not None and any(c.isalpha() for c in cell)]
    return ColumnType(kind="date", form="iso") if len(words) >= _ENOUGH * len(cells) else None


def _as_number(cells: Sequence[str]) -> ColumnType | None:
    plain = [cell for cell in cells if _PLAIN.fullmatch(cell)]
    if any(re.match(r"0\d", cell) for cell in plain):
        return None  # a number nobody counts with: a postcode, an account
    if any(len(cell.lstrip("+-").partition(".")[0]) > 15 for cell in plain):
        return None
    mark = decimal_mark("\n".join(cells))
    amounts = [parse_amount(cell.rstrip("% \u00a0\u202f"), decimal=mark) for cell in cells]
    read = [amount for amount in amounts if amount]
    if len(read) < _ENOUGH * len(cells):
        return None
    units = {amount.currency for amount in read if amount.currency}
    units |= {"%"} if any("%" in cell for cell in cells) else set()
    if len(plain) == len(cells):
        return ColumnType(kind="number", form="plain")
    form = mark or ("," if any(re.search(r",\d{1,2}\b|,\d{4,}", cell) for cell in cells) else ".")
    if not mark and any(re.search(r"\d,\d{3}\b", c) for c in cells) and not any("." in c for c in cells):
        form = "."
    note = None
    if len(units) > 1:
        note = say("it holds amounts of several currencies: {names}", names=", ".join(sorted(units)))
    elif any(amount.other is not None for amount in read):
        note = say("three digits behind a mark were read as thousands")
    return ColumnType(kind="number", form=form, unit=units.pop() if len(units) == 1 else "", note=note)
