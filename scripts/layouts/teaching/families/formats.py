"""How numbers, dates and identifiers are written, by country and by the firm's own habit."""

import random
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "en": "January February March April May June July August September October November December",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
}
DATES = {
    "fr": ["%d/%m/%Y", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "{d} {month} %Y", "%d.%m.%Y", "{d1} {month} %Y", "%Y-%m-%d"],
    "de": ["%d.%m.%Y", "%d.%m.%Y", "%d.%m.%y", "{d}. {month} %Y", "{d}.{m}.%Y", "%Y-%m-%d", "%d. {mon} %Y"],
    "en": ["%d/%m/%Y", "{d} {month} %Y", "%d {mon} %Y", "%d-{mon}-%Y", "%Y-%m-%d", "%d.%m.%Y", "{month} {d}, %Y", "%d/%m/%y"],
    "nl": ["%d-%m-%Y", "%d-%m-%Y", "{d} {month} %Y", "%d/%m/%Y", "{d}-{m}-%Y", "%d-%m-%y", "%Y-%m-%d"],
    "it": ["%d/%m/%Y", "%d/%m/%Y", "%d-%m-%Y", "{d} {month} %Y", "%d/%m/%y", "%d.%m.%Y"],
    "es": ["%d/%m/%Y", "%d/%m/%Y", "%d-%m-%Y", "{d} de {month} de %Y", "%d/%m/%y", "{d}/{m}/%Y", "%Y-%m-%d"],
    "pt": ["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "{d} de {month} de %Y", "%d/%m/%y", "%d.%m.%Y"],
    "pl": ["%d.%m.%Y", "%Y-%m-%d", "%d-%m-%Y", "{d} {month} %Y", "%d/%m/%Y", "%d.%m.%Y r."],
}  # fmt: skip
NUMBERS = {
    "fr": [",\u202f", ",\u00a0", ", ", ",", ",."],
    "de": [",.", ",.", ",", ",.", ",\u00a0"],
    "en": [".,", ".,", ".", ".,"],
    "nl": [",.", ",.", ",", ",."],
    "it": [",.", ",.", ",", ",'"],
    "es": [",.", ",.", ",", ",.", ", "],
    "pt": [",.", ", ", ",", ",\u00a0", ",."],
    "pl": [", ", ",\u00a0", ",", ",\u00a0"],
}
SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "PLN": "zł", "CHF": "CHF", "SEK": "kr", "CZK": "Kč"}
CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    """Rounded half up to two decimals."""
    return value.quantize(CENT, ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """A number without needless zeros, for quantities and rates."""
    return f"{value.normalize():f}"


class Hand:
    """How one document writes."""

    def __init__(self, rng: random.Random, language: str, country: str, currency: str) -> None:
        self.language, self.currency = language, currency
        self._date = rng.choice(DATES[language])
        point = rng.choice(NUMBERS[language])
        if country == "CH":
            point = rng.choice([".'", ".'", ".’", ".\u00a0"])
        if country in {"GB", "IE"}:
            point = rng.choice([".,", ".,", "."])
        self._point, self._thousands = point[0], point[1:]
        sign = SIGNS[currency]
        before = (
            language in {"en", "nl"}
            or country == "CH"
            or (language in {"de", "it", "pt"} and rng.random() < 0.2)
        )
        if before:
            self._sign = rng.choice([sign + "{}", sign + " {}", currency + " {}"])
        else:
            self._sign = rng.choice(["{} " + sign, "{}\u00a0" + sign, "{} " + currency])
        if sign == currency or sign in {"kr", "Kč", "zł"}:
            self._sign = f"{currency if sign == currency else sign} {{}}" if before else "{} " + sign
        self._percent = rng.choice(["{} %", "{}%", "{}\u00a0%"])
        self._padded = rng.random() < 0.4
        self._long = rng.random() < 0.3
        self._iban = rng.choice([4, 4, 4, 0])
        self._vat = rng.choice(["", "", " ", "split"])

    def number(self, value: Decimal, places: int = 2) -> str:
        """A number with so many decimals."""
        text = f"{abs(value):,.{places}f}".replace(",", "\0").replace(".", self._point)
        return ("-" if value < 0 else "") + text.replace("\0", self._thousands)

    def money(self, value: Decimal, *, sign: bool = True) -> str:
        """An amount, with the currency's sign or without."""
        if not sign:
            return self.number(value)
        written = self._sign.format(self.number(abs(value)))
        return ("-" if value < 0 else "") + written

    def quantity(self, value: Decimal) -> str:
        """A quantity, as short as it is or with two decimals."""
        if self._long:
            return self.number(value)
        return plain(value).replace(".", self._point)

    def rate(self, value: Decimal) -> str:
        """A rate in per cent."""
        written = f"{value:.2f}" if self._padded else plain(value)
        return self._percent.format(written.replace(".", self._point))

    def date(self, day: date) -> str:
        """A date in the document's own way."""
        month = MONTHS[self.language].split()[day.month - 1]
        first = "1er" if day.day == 1 and self.language == "fr" else str(day.day)
        short = month[:3].capitalize() if self.language in {"de", "en"} else month[:3]
        written = self._date.format(d=day.day, d1=first, m=day.month, month=month, mon=short)
        return day.strftime(written)

    def iban(self, account: str) -> str:
        """An account in groups of four, or in one."""
        if not self._iban:
            return account
        return " ".join(account[start : start + 4] for start in range(0, len(account), 4))

    def vat_id(self, number: str) -> str:
        """A VAT number, in one or with blanks."""
        if number.startswith("CHE"):
            body = number[3:]
            return f"CHE-{body[:3]}.{body[3:6]}.{body[6:]}"
        if self._vat == "split":
            groups = {
                "FR": (2, 4, 7, 10),
                "BE": (2, 6, 9),
                "GB": (2, 5, 9),
                "DE": (2, 5, 8),
                "PL": (2, 5, 8, 10),
            }
            cuts = [0, *groups.get(number[:2], (2,)), len(number)]
            return " ".join(number[a:b] for a, b in pairwise(cuts) if a < b)
        return number[:2] + self._vat + number[2:]

    def legal_id(self, number: str, country: str) -> str:
        """A number of a register, with blanks or without."""
        if country == "CH":
            return self.vat_id(number)
        if country == "BE":
            return f"{number[:4]}.{number[4:7]}.{number[7:]}"
        if country == "FR" and self._vat:
            parts = [number[0:3], number[3:6], number[6:9], number[9:]]
            return " ".join(part for part in parts if part)
        return number
