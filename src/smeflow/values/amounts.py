"""Read amounts as people print them.

``1 234,56 €``, ``1,234.56``, ``CHF 1'234.50``, ``(12.00)``, ``12,00-``.

The sign is kept: a credit note read as an invoice would be paid. Where grouping and decimals look the
same (``1,234``), the other reading is given too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

DecimalMark = Literal[",", "."]

_SYMBOLS_OF = {
    "EUR": "€",
    "GBP": "£",
    "USD": "US$",
    "CAD": "CA$ C$",
    "AUD": "A$",
    "NZD": "NZ$",
    "HKD": "HK$",
    "SGD": "S$",
    "BRL": "R$",
    "PLN": "zł",
    "INR": "₹ Rs",
    "MYR": "RM",
    "JPY": "¥",
    "TRY": "₺",
    "CZK": "Kč",
    "HUF": "Ft",
    "DEM": "DM",
    "CHF": "SFr Fr.",
}
SYMBOLS = {symbol: code for code, symbols in _SYMBOLS_OF.items() for symbol in symbols.split(" ")}
"""What stands for one currency. ``$`` and ``kr`` stand for several and so for none."""
_CODES = (
    "EUR USD GBP CHF DKK SEK NOK PLN CZK HUF RON BGN ISK TRY CAD AUD NZD JPY CNY INR MYR SGD HKD ZAR BRL MXN "
    "AED SAR MAD TND DZD XOF XAF XPF DEM FRF ILS KRW THB IDR PHP UAH RSD MKD BAM GEL"
)
CODES = frozenset(_CODES.split(" "))
_SPACE = "[ \u00a0\u202f\u2009\u2007]"
_NAMES = "|".join(sorted((re.escape(s) for s in SYMBOLS if s.isalpha()), key=len, reverse=True))
_SIGNS = "|".join(sorted((re.escape(s) for s in SYMBOLS if not s.isalpha()), key=len, reverse=True))
_WORDS = rf"(?:{_CODES.replace(' ', '|')}|euros?|{_NAMES}|kr)(?![^\W\d_])\.?"
_CURRENCY = rf"(?:(?<![^\W\d_])(?:{_SIGNS}|{_WORDS})|\$)"
_GROUPED = rf"\d{{1,3}}(?P<group>['’.,]|{_SPACE})\d{{3}}(?!\d)(?:(?P=group)\d{{3}}(?!\d)){{0,5}}"
_INDIAN = r"\d{1,2}(?:,\d\d)+,\d{3}(?!\d)"
_BODY = rf"(?:{_INDIAN}|{_GROUPED}|\d+|(?=[.,]\d))(?:[.,](?:\d+|-{{1,2}}|–|—)(?!\d))?"
_OF_NEXT = rf"(?!(?:{_SPACE}|(?<={_SPACE})){_CURRENCY}\d)"
"""In ``24 €1.763,04`` the sign belongs to what it stands before."""
_AMOUNT = re.compile(
    rf"(?P<open>\()?{_SPACE}?(?P<minus>[-−–‒+]{_SPACE}?)?(?P<before>{_CURRENCY})?{_SPACE}?(?P<minus2>[-−–]{_SPACE}?)?"
    rf"(?P<body>{_BODY})(?:{_OF_NEXT}{_SPACE}?(?P<after>{_CURRENCY}))?{_SPACE}?(?P<tail>\)|[-−–](?![\w-])|CR\b|DR\b)?"
    rf"(?P<last>{_OF_NEXT}{_SPACE}?{_CURRENCY})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedAmount:
    """An amount as printed."""

    value: Decimal
    currency: str | None = None
    other: Decimal | None = None
    """The other way to read it, where there is one: ``1,234`` is 1234 and perhaps 1.234."""
    start: int = 0
    end: int = 0
    """Where it stands in the text it was found in."""


def parse_amount(text: str, *, decimal: DecimalMark | None = None) -> PrintedAmount | None:
    """Read *text* as one amount; None when it is none or more than one.

    *decimal* settles what the text alone leaves open; without it three digits behind a single mark are taken
    as thousands, and the other reading is given as ``other``.
    """
    stripped = text.strip().strip("*=: ").strip()
    match = _AMOUNT.fullmatch(stripped)
    return _amount(match, decimal, 0) if match else None


def find_amounts(text: str, *, decimal: DecimalMark | None = None) -> Iterator[PrintedAmount]:
    """Find every amount in *text*, in order. Numbers inside words, dates and longer numbers are none."""
    position = 0
    while match := _AMOUNT.search(text, position):
        match = _without_lone_bracket(text, match)
        start, end = match.span()
        start, end = end - len(text[start:end].lstrip()), start + len(text[start:end].rstrip())
        amount = _amount(match, decimal, start, end)
        if amount and not _is_embedded(text, start, end):
            yield amount
            position = end
        else:
            position = match.start("body") + _token_length(text, match.start("body"))


def _without_lone_bracket(text: str, match: re.Match[str]) -> re.Match[str]:
    """Match again without a bracket that has no partner: "(net 90.00, VAT 17.10)" holds two amounts."""
    closed = match["tail"] == ")"
    if bool(match["open"]) == closed:
        return match
    start, end = (match.start(), match.end("tail") - 1) if closed else (match.end("open"), len(text))
    return _AMOUNT.search(text, start, end) or match


def decimal_mark(text: str) -> DecimalMark | None:
    """Tell the decimal mark of *text* by its unambiguous amounts; None where they disagree."""
    marks = {
        m.group(1)
        for m in re.finditer(r"(?<![\d.,])\d{1,3}(?:[.,'’\s]\d{3}){0,4}([.,])\d{2}(?![\d.,]|\s?%)", text)
    }
    return marks.pop() if len(marks) == 1 else None  # type: ignore[return-value]  # the pattern has no other mark


def _token_length(text: str, start: int) -> int:
    """Measure the number-like run that begins at *start*."""
    match = re.compile(r"[\w.,'’/:\-]+").match(text, start)
    return max(1, match.end() - start) if match else 1


def _is_embedded(text: str, start: int, end: int) -> bool:
    """Tell whether the span is a piece of a word, a date, a longer number or an identifier."""
    before, after = text[start - 1 : start], text[end : end + 2]
    if (before and (before.isalnum() or before in "/_#")) or re.search(
        r"\d[.,'’:\-]$", text[max(0, start - 2) : start]
    ):
        return True
    return bool(re.match(r"[\w/_]|[.,:\-'’]\d|-\w", after)) and not re.match(r"[\s€$£]", after)


def _amount(
    match: re.Match[str], decimal: DecimalMark | None, start: int, end: int | None = None
) -> PrintedAmount | None:
    read = _number(match["body"], decimal)
    if read is None:
        return None
    value, other = read
    brackets = match["open"], match["tail"]
    if (brackets[0] == "(") != (brackets[1] == ")"):
        return None
    marks = [bool(m) and m[0] in "-−–‒" for m in (match["minus"], match["minus2"], match["tail"] or "")]
    credit = (match["tail"] or "").upper() == "CR"
    negative = sum(marks) + (brackets[0] == "(") + credit
    if negative > 1:
        return None
    names = {c for c in (_currency(match[g]) for g in ("before", "after", "last")) if c}
    if len(names) > 1:
        return None
    sign = -1 if negative else 1
    return PrintedAmount(
        value=sign * value,
        currency=names.pop() if names else None,
        other=None if other is None else sign * other,
        start=start,
        end=len(match.string) if end is None else end,
    )


def _currency(text: str | None) -> str | None:
    text = (text or "").strip().rstrip(".")
    if not text:
        return None
    if text.upper() in CODES:
        return text.upper()
    if text.lower() in {"euro", "euros"}:
        return "EUR"
    return next(
        (code for symbol, code in SYMBOLS.items() if symbol.rstrip(".").lower() == text.lower()), None
    )


def _number(body: str, decimal: DecimalMark | None) -> tuple[Decimal, Decimal | None] | None:
    """Read the digits; the second value is the other reading."""
    body = re.sub(r"[.,](?:-{1,2}|–|—)$", "", body)  # 12,- is 12
    plain = re.sub(_SPACE + "|['’]", "", body)
    marks = [c for c in plain if c in ".,"]
    if not marks:
        return Decimal(plain), None
    whole, mark, rest = plain.rpartition(marks[-1])
    if len(set(marks)) == 2:  # the last one is the decimal mark, the other groups
        return (Decimal(re.sub("[.,]", "", whole) + "." + rest), None) if marks.count(mark) == 1 else None
    if len(marks) > 1:
        return (Decimal(re.sub("[.,]", "", plain)), None) if len(rest) == 3 else None
    as_decimal = Decimal(f"{whole or '0'}.{rest}")
    grouped = (
        len(rest) == 3
        and 1 <= len(whole) <= 3
        and whole.lstrip("0") == whole
        and whole != ""
        and plain == body
    )
    if not grouped or decimal == mark:
        return as_decimal, None
    as_thousands = Decimal(whole + rest)
    return as_thousands, None if decimal else as_decimal
