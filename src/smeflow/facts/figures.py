"""Write numbers and dates as a country writes them. Nothing depends on the machine's own settings."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from smeflow.money import Money

_THIN = "\u202f"
_MARKS = {
    "en": (",", "."),
    "fr": (_THIN, ","),
    "de": (".", ","),
    "it": (".", ","),
    "es": (".", ","),
    "nl": (".", ","),
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_SIGNS = {"EUR": "€", "GBP": "£"}
_PARTS = {
    "en": ("Q{part} {year}", "week {part} of {year}"),
    "fr": ("{part}e trimestre {year}", "semaine {part} de {year}"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """How one locale writes."""

    locale: str

    @property
    def language(self) -> str:
        """The locale's language, two letters; English for one we do not know."""
        language = self.locale.lower()[:2]
        return language if language in _MARKS else "en"

    def write(self, value: object, digits: int | None = None) -> str:
        """Write *value* for a reader: ``1 234,50 €``, ``23 novembre 2026``."""
        if isinstance(value, Money):
            return self._money(value, digits)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, Decimal | int):
            return self._number(Decimal(value), digits)
        return self._day(value) if isinstance(value, date) else str(value)

    def measure(self, value: Decimal, *, unit: str = "", digits: int | None = None) -> str:
        """Write a measured *value* with its unit: a currency code, ``%``, or what is counted."""
        if unit == "%":
            return self._number(value, 1 if digits is None else digits) + self._percent
        if len(unit) == 3 and unit.isupper():
            return self._money(Money(value, unit), digits)
        number = self._number(value, digits)
        return f"{number}\u00a0{unit}" if unit else number

    def period(self, key: str) -> str:
        """Write a period's key for a reader: ``octobre 2026``, ``Q3 2026``, ``week 48 of 2026``."""
        year, _, part = key.partition("-")
        quarter, week = _PARTS.get(self.language, _PARTS["en"])
        if not part:
            return year
        if part[0] in "QW":
            number = "1er" if (part, self.language) == ("Q1", "fr") else part[1:].lstrip("0")
            form = quarter if part[0] == "Q" else week
            return form.format(part=number, year=year).replace("1ere", "1er")
        if part.isdigit() and len(part) == 2:
            months = _MONTHS.get(self.language, _MONTHS["en"]).split()
            return f"{months[int(part) - 1]} {year}"
        return self._day(date.fromisoformat(key)) if part[2:3] == "-" else key

    @property
    def _percent(self) -> str:
        return "%" if self.language == "en" else f"{_THIN}%" if self.language == "fr" else "\u00a0%"

    def _number(self, value: Decimal, digits: int | None) -> str:
        group, mark = _MARKS[self.language]
        if digits is not None:  # as offices round: a half goes up
            value = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
            value = value or abs(value)  # no minus before nothing
        shown = f"{value:,f}" if digits is None else f"{value:,.{digits}f}"
        return shown.replace(",", "\0").replace(".", mark).replace("\0", group)

    def _money(self, value: Money, digits: int | None) -> str:
        number = self._number(value.amount, 2 if digits is None else digits)
        sign = _SIGNS.get(value.currency)
        if self.language == "en" and sign:
            return f"-{sign}{number[1:]}" if number.startswith("-") else f"{sign}{number}"
        return f"{number}\u00a0{sign or value.currency}"

    def _day(self, value: date) -> str:
        months = _MONTHS.get(self.language)
        if months is None:
            return value.strftime("%d.%m.%Y")
        month = months.split()[value.month - 1]
        number = "1er" if self.language == "fr" and value.day == 1 else str(value.day)
        return f"{number}{'.' if self.language == 'de' else ''} {month} {value.year}"
