"""The page being written, and what it has said so far."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html import escape, unescape
from typing import Any

from drawing import Drawing, Engine

from . import identifiers as ids
from .parties import Party, invent
from .places import COUNTRY_NAMES
from .sums import Line, Share
from .vocabulary import LABELS

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
WORDS = {"fr": "{d} {m} {y}", "de": "{d}. {m} {y}", "en": "{d} {m} {y}", "nl": "{d} {m} {y}", "it": "{d} {m} {y}",
         "es": "{d} de {m} de {y}", "pt": "{d} de {m} de {y}", "pl": "{d} {m} {y} r."}
DATE_STYLES = {
    "fr": ("%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y", "words"), "de": ("%d.%m.%Y", "%d.%m.%y", "words", "%Y-%m-%d"),
    "en": ("%d/%m/%Y", "%d %b %Y", "words", "%d-%b-%y", "%Y-%m-%d"), "nl": ("%d-%m-%Y", "%d-%m-%y", "words", "%d/%m/%Y"),
    "it": ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "words"), "es": ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "words"),
    "pt": ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "words"), "pl": ("%d.%m.%Y", "%Y-%m-%d", "%d-%m-%Y", "words"),
}
NUMBER_STYLES = {
    "FR": (("\u202f", ","), ("\xa0", ","), ("", ","), (" ", ","), (".", ",")), "DE": ((".", ","), (".", ","), ("\xa0", ","), ("", ",")),
    "AT": ((".", ","), (" ", ","), ("", ",")), "CH": (("’", "."), ("'", "."), ("\xa0", ".")), "GB": ((",", "."), (",", "."), ("", ".")),
    "PL": (("\xa0", ","), (" ", ","), ("", ",")),
}
SYMBOLS = {"EUR": ("€", "EUR", "€"), "GBP": ("£", "GBP", "£"), "USD": ("$", "USD", "US$"), "CHF": ("CHF", "Fr."), "PLN": ("zł", "PLN")}
NATIONAL = {"CH": "CHF", "GB": "GBP", "US": "USD", "PL": "PLN"}
UNCHECKED = {"US"}


def decimal_text(value: Decimal) -> str:
    """A plain decimal without needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Doc:
    """Writes marked values and keeps the truth of what it wrote."""

    def __init__(self, rng: random.Random, language: str, country: str, currency: str = "", *, engine: Engine = "chromium") -> None:
        """Choose how this document writes numbers, dates and labels."""
        self.rng, self.language, self.country, self.engine = rng, language, country, engine
        self.currency = currency or NATIONAL.get(country, "EUR")
        self.flat: dict[str, str] = {}
        self.traps: list[str] = []
        self.chosen: dict[str, str] = {}
        styles = NUMBER_STYLES["GB"] if country in {"IE", "US"} else NUMBER_STYLES.get(country, ((".", ","), ("\xa0", ","), ("", ",")))
        self.thousands, self.point = rng.choice(styles)
        self.symbol = rng.choice(SYMBOLS[self.currency])
        first = self.symbol in {"£", "$", "US$", "CHF"} or (country in {"NL", "IE", "AT"} and rng.random() < 0.7)
        self.place = rng.choice(("before", "before", "none") if first else ("after", "after", "none", "before"))
        self.date_style = "%b %d, %Y" if country == "US" else rng.choice(DATE_STYLES[language])
        self.valid = rng.random() > 0.07
        self.today = date(2025, 2, 3) + timedelta(days=rng.randint(0, 500))
        self.rate_style = rng.choice(("{} %", "{}%", "{}\xa0%", "{}"))

    # values ------------------------------------------------------------------------------------------

    def mark(self, field: str, value: str, shown: str | None = None) -> str:
        """The value in an element that carries the field's name; several fields are parted by spaces."""
        text = escape(value) if shown is None else shown
        for name in field.split():
            if self.flat.setdefault(name, value) != value:
                message = f"{name} is {self.flat[name]!r} and then {value!r}"
                raise ValueError(message)
            text = f'<span data-field="{name}">{text}</span>'
        return text

    def trap(self, *names: str) -> None:
        """Name what was printed to mislead."""
        self.traps.extend(name for name in names if name not in self.traps)

    def label(self, key: str) -> str:
        """One way to say it, the same all over the document."""
        if key not in self.chosen:
            self.chosen[key] = self.rng.choice(LABELS[self.language][key].split("|"))
        return escape(self.chosen[key])

    def number(self, value: Decimal, places: int = 2) -> str:
        """A number in the document's way."""
        text = f"{value:,.{places}f}"
        return text.replace(",", "\0").replace(".", self.point).replace("\0", self.thousands)

    def money(self, field: str, value: Decimal, *, place: str = "", sign: str = "", bare: bool = False) -> str:
        """An amount, marked when a field is given, with or without its currency."""
        shown = self.number(abs(value))
        text = self.mark(field, f"{abs(value):.2f}", shown) if field else shown
        place = "none" if bare else place or self.place
        text = f"{sign}{text}"
        symbol = self.mark("currency", self.currency, self.symbol) if field and place != "none" else self.symbol
        gap = "" if self.symbol in {"£", "$", "US$"} else "\xa0"
        return {"before": f"{symbol}{gap}{text}", "after": f"{text}\xa0{symbol}", "none": text}[place]

    def currency_note(self) -> str:
        """A line that says the currency of all amounts."""
        symbol = self.mark("currency", self.currency, self.rng.choice((self.symbol, self.currency)))
        pattern = {"fr": "Montants exprimés en {}", "de": "Alle Beträge in {}", "en": "All amounts in {}", "nl": "Bedragen in {}",
                   "it": "Importi in {}", "es": "Importes en {}", "pt": "Valores em {}", "pl": "Waluta: {}"}[self.language]
        return pattern.format(symbol)

    def rate(self, value: Decimal, field: str = "") -> str:
        """A rate of tax."""
        text = decimal_text(value).replace(".", self.point)
        shown = self.rate_style.format(text)
        return self.mark(field, f"{value:.2f}", shown) if field else shown

    def day(self, value: date, field: str = "", style: str = "") -> str:
        """A date, marked when a field is given."""
        style = style or self.date_style
        if style == "words":
            month = MONTHS[self.language].split()[value.month - 1]
            first = "1er" if value.day == 1 and self.language == "fr" else str(value.day)
            shown = WORDS[self.language].format(d=first, m=month, y=value.year)
        else:
            shown = value.strftime(style)
        return self.mark(field, value.isoformat(), shown) if field else shown

    def later(self, low: int, high: int) -> date:
        """A day some days after the document's."""
        return self.today + timedelta(days=self.rng.randint(low, high))

    def before(self, low: int, high: int) -> date:
        """A day some days before the document's."""
        return self.today - timedelta(days=self.rng.randint(low, high))

    def serial(self, day: date | None = None) -> str:
        """A document number in one of many shapes."""
        rng, when = self.rng, day or self.today
        count = rng.randint(1, 9999)
        return rng.choice((
            f"{when:%Y}-{count:04d}", f"F{when:%y%m}{count:04d}", f"{count:05d}", f"{when:%Y}/{rng.randint(1, 400)}", f"RE-{when:%Y}-{count}",
            f"{rng.choice('ABCVX')}{rng.randint(100000, 999999)}", f"{rng.randint(10, 99)}.{count:04d}.{when:%y}", f"FA {when:%y}{count:05d}",
            f"{rng.randint(2000000, 9899999)}", f"{when:%m}/{count % 300 + 1:03d}/{when:%Y}", f"INV{count:06d}", f"{count % 900 + 1}-{when:%y}/{rng.choice('ABK')}",
        ))

    # parties -----------------------------------------------------------------------------------------

    def seller(self, trade: str | None = None, *, private: bool = False) -> Party:
        """The seller, with spoiled numbers in a few documents."""
        party = invent(self.rng, self.country, trade, private=private)
        if not self.valid:
            legal = ids.spoil(party.legal_id) if party.country == "FR" else party.legal_id
            party = replace(party, vat_id=ids.spoil(party.vat_id), legal_id=legal)
        return party

    def buyer(self, country: str = "", *, private: bool = False, trade: str | None = None) -> Party:
        """The buyer."""
        return invent(self.rng, country or self.country, trade, private=private)

    def address(self, role: str, party: Party, *, country: bool = False, skip: Sequence[str] = ()) -> list[str]:
        """Name, street and town as lines."""
        name = self.mark(f"{role}.name", party.name)
        zip_code, city = self.mark(f"{role}.zip", party.zip), self.mark(f"{role}.city", party.city)
        if party.country in {"GB", "IE"}:
            town = [city, zip_code]
        elif party.country == "US":
            town = [f"{city}, TX {zip_code}"]
        else:
            prefix = {"CH": "CH-", "DE": "D-", "AT": "A-"}.get(party.country, "") if country and self.rng.random() < 0.4 else ""
            town = [f"{prefix}{zip_code} {city}"]
        lines = [] if "name" in skip else [name]
        if "street" not in skip:
            lines.append(self.mark(f"{role}.street", party.street))
        lines += town
        if country:
            lines.append(self.mark(f"{role}.country", party.country, COUNTRY_NAMES[self.language][party.country]))
        return lines

    def vat_number(self, role: str, party: Party) -> str:
        """The VAT number as it is printed."""
        text = party.vat_id
        shapes = {
            "FR": (text, ids.groups(text, 4, 3), f"{text[:2]} {text[2:4]} {text[4:]}"), "DE": (text, f"DE {ids.groups(text[2:], 3)}"), "AT": (text,),
            "CH": (f"{text[:3]}-{ids.groups(text[3:], 3, gap='.')}",), "BE": (f"BE {text[2:6]}.{text[6:9]}.{text[9:]}", text),
            "NL": (text, f"{text[:2]} {text[2:6]}.{text[6:8]}.{text[8:11]}.{text[11:]}"), "PL": (f"{text[:3]}-{text[3:6]}-{text[6:8]}-{text[8:]}", text),
            "GB": (f"GB {text[2:5]} {text[5:9]} {text[9:]}", text), "IT": (text, f"IT{text}"), "ES": (text, f"ES{text}"), "PT": (text, f"PT{text}"),
        }
        shown = self.rng.choice(shapes.get(party.country, (text,)))
        return self.mark(f"{role}.vat_id", self.flat.get(f"{role}.vat_id", re.sub(r"[^0-9A-Z]", "", shown)), shown)

    def legal_number(self, role: str, party: Party) -> str:
        """The register number as it is printed."""
        text = party.legal_id
        shown = self.rng.choice((text, ids.groups(text, 3, 3, 3, 5))) if party.country == "FR" else text
        return self.mark(f"{role}.legal_id", text, shown)

    def iban(self, party: Party, *, broken: bool = False) -> str:
        """The account, marked, over two lines when broken."""
        shown = self.rng.choice((ids.groups(party.iban, 4), ids.groups(party.iban, 4), party.iban))
        if broken:
            parts = ids.groups(party.iban, 4).split(" ")
            cut = self.rng.randint(2, len(parts) - 2)
            shown = f"{' '.join(parts[:cut])}<br>{' '.join(parts[cut:])}"
        return self.mark("iban", party.iban, shown)

    # lines and taxes ---------------------------------------------------------------------------------

    def line(self, place: int, line: Line, *, sign: str = "") -> dict[str, str]:
        """The cells of a line by column."""
        digits = 0 if line.quantity == int(line.quantity) else 2
        price_places = max(2, -int(line.price.as_tuple().exponent))
        key = f"lines.{place}"
        return {
            "pos": str(place + 1), "code": line.code, "unit": escape(line.unit),
            "desc": text_mark(self, f"{key}.name", line.name),
            "qty": self.mark_later(f"{key}.quantity", decimal_text(line.quantity), self.number(line.quantity, digits)),
            "price": self.mark_later(f"{key}.unit_price_net", f"{line.price:f}", self.number(line.price, price_places)),
            "rate": self.mark_later(f"{key}.vat_rate", f"{line.rate:.2f}", self.rate(line.rate)),
            "cut": f"{decimal_text(line.discount)} %" if line.discount else "",
            "amount": self.mark_later(f"{key}.net", f"{line.net:.2f}", sign + self.number(line.net)),
        }

    def mark_later(self, field: str, value: str, shown: str) -> str:
        """A marked element whose truth is taken up only when the page holds it."""
        return f'<span data-field="{field}" data-value="{escape(value)}">{shown}</span>'

    def share(self, place: int, share: Share) -> tuple[str, str, str]:
        """Rate, base and tax of one rate, marked when they are used."""
        key = f"vat_breakdown.{place}"
        return (self.mark_later(f"{key}.rate", f"{share.rate:.2f}", self.rate(share.rate)),
                self.mark_later(f"{key}.base", f"{share.base:.2f}", self.number(share.base)),
                self.mark_later(f"{key}.amount", f"{share.amount:.2f}", self.number(share.amount)))

    # the end -----------------------------------------------------------------------------------------

    def finish(self, html: str) -> Drawing:
        """The drawing of a whole page."""
        for field, value in re.findall(r'data-field="([^"]+)" data-value="([^"]*)"', html):
            if self.flat.setdefault(field, unescape(value)) != unescape(value):
                message = f"{field} is {self.flat[field]!r} and then {value!r}"
                raise ValueError(message)
        html = re.sub(r' data-value="[^"]*"', "", html)
        shown = set(re.findall(r'data-field="([^"]+)"', html))
        flat = {name: value for name, value in self.flat.items() if name in shown}
        checked = self.country not in UNCHECKED and ("seller.vat_id" in flat or "seller.legal_id" in flat)
        return Drawing(source=html, truth=nested(flat), language=self.language, engine=self.engine,
                       distractors=tuple(self.traps), identifiers_valid=self.valid and checked)


def text_mark(doc: Doc, field: str, value: str) -> str:
    """A text that is its own value."""
    return doc.mark_later(field, value, escape(value))


def nested(flat: dict[str, str]) -> dict[str, Any]:
    """Names with points made to objects and lists."""
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    return {name: listed(node) for name, node in tree.items()}


def listed(node: Any) -> Any:  # noqa: ANN401
    """A node whose keys are all numbers as a list in their order."""
    if isinstance(node, dict) and node and all(key.isdigit() for key in node):
        return [node[key] for key in sorted(node, key=int)]
    return node
