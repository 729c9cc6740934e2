"""The facts of one document, and which of them it prints."""

import html
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from families import ids, places, sorts, words
from families.formats import Hand, cents, plain

RATES = {
    "FR": ("20", "10", "5.5"), "DE": ("19", "7", "7"), "AT": ("20", "10", "10"), "CH": ("8.1", "3.8", "2.6"),
    "GB": ("20", "20", "0"), "IE": ("23", "13.5", "0"), "NL": ("21", "9", "9"), "BE": ("21", "6", "6"),
    "IT": ("22", "10", "10"), "ES": ("21", "10", "10"), "PT": ("23", "6", "6"), "PL": ("23", "8", "5"),
}  # fmt: skip
"""The usual rate, that of hotels, and that of food, from 2024 to the end of 2025."""
MONEY = {"CH": "CHF", "GB": "GBP", "PL": "PLN"}
NUMBERED = ("{y}-{n:04}", "F{y}{m:02}-{n:03}", "{n:06}", "INV-{n:05}", "{y}/{n:03}", "{yy}{n:05}", "RE-{y}-{n:04}",
            "FA{yy}{m:02}{n:04}", "{n}/{m:02}/{y}", "{y}{m:02}{d:02}-{n:02}", "A-{n:05}", "{n}", "FV/{n}/{y}",
            "VK{yy}.{n:04}", "{n:04}/{yy}", "#{n}", "C{yy}/{n:05}", "{yy}-{m:02}/{n:03}", "FAC{n:07}", "R.{y}.{n:03}", "{y} / {n:04}",
            "90{y}{n:05}", "SI-{n:06}", "{n:03}-{yy}/{m:02}", "AR{n:08}", "{yy}/{n}/A", "2{n:04}1{m:02}")  # fmt: skip

NUMBERED_IN = {
    "PT": ("FT {y}/{n}", "FT A/{n}", "FT 1A{y}/{n}", "FR {y}A/{n}", "FT FA.{y}/{n}", "FAC {y}/{n:04}", "FT {yy}{m:02}/{n}"),
    "PL": ("FV/{n}/{m:02}/{y}", "FV {n}/{y}", "FS {n}/{m:02}/{y}", "{n}/FV/{y}", "FA/{n}/{m}/{y}/A", "{n}/{y}/FVS", "{n}/{m:02}/{y}"),
    "FR": ("FA{y}-{n:05}", "F{yy}{m:02}{n:03}", "FC{n:06}", "{y}-{m:02}-{n:04}", "FACT-{y}-{n:03}"),
    "DE": ("RE{y}{n:04}", "RG-{yy}-{n:05}", "AR-{y}-{n:03}", "{y}{n:05}", "R{n:06}"),
    "IT": ("{n}/{y}", "{n}/A", "FPR {n}/{yy}", "{n}/00{d}", "{n} / {y}"),
    "ES": ("A{yy}/{n:04}", "F{y}-{n:04}", "FV{yy}-{n:05}", "{y}/A/{n}"),
    "NL": ("{y}{n:04}", "F{y}-{n:04}", "{yy}7{n:05}"),
}  # fmt: skip
"""Ways to number that are a country's own."""


@dataclass(kw_only=True)
class Line:
    """One line of the table."""

    name: str
    extra: str
    ref: str
    quantity: Decimal
    unit: str
    price: Decimal
    rate: Decimal
    discount: int = 0

    @property
    def net(self) -> Decimal:
        """What the line costs."""
        return cents(self.quantity * self.price * (100 - self.discount) / 100)


Mark = Callable[[str, str], str]


def mark_html(key: str, text: str) -> str:
    """A printed value in HTML."""
    return f'<span data-field="{key}">{html.escape(text)}</span>'


def mark_typst(key: str, text: str) -> str:
    """A printed value in typst."""
    return f'#field("{key}")[#{json_text(text)}]'


def json_text(text: str) -> str:
    """A string of typst."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Case:
    """A document's facts; a block prints them by ``f``, and what was printed becomes the truth."""

    def __init__(
        self, rng: random.Random, locale: str, sort: str, has: Collection[str], mark: Mark = mark_html
    ) -> None:
        self.rng, self.sort, self.has, self.mark = rng, sort, set(has), mark
        self.language, self.country = locale.split("-")
        self.currency = MONEY.get(self.country, "EUR")
        if "foreign" in self.has:
            self.currency = rng.choice(
                [code for code in ("USD", "GBP", "CHF", "EUR") if code != self.currency]
            )
        second = (
            rng.choice([one for one in ("en", "fr", "de") if one != self.language])
            if "bilingual" in self.has
            else ""
        )
        self.w = words.Words(rng, self.language, second)
        self.hand = Hand(rng, self.language, self.country, self.currency)
        self.printed: dict[str, Any] = {}
        self.distractors: list[str] = []
        self.valid = rng.random() > (0.6 if "invalid" in self.has else 0.06)
        self._days()
        self._parties()
        self._lines()
        self._sums()

    def _days(self) -> None:
        rng = self.rng
        self.day = date(2024, 1, 15) + timedelta(days=rng.randrange(690))
        self.term = rng.choice([8, 10, 14, 15, 20, 30, 30, 30, 45, 60])
        self.due = self.day + timedelta(days=self.term)
        self.delivered = self.day - timedelta(days=rng.randint(0, 25))
        self.ordered = self.delivered - timedelta(days=rng.randint(3, 40))
        self.number = self.a_number()
        self.preceding = self.a_number(self.day - timedelta(days=rng.randint(5, 90)))

    def a_number(self, day: date | None = None) -> str:
        """A number of a document of that day, in a way of its own."""
        day = day or self.day
        values = {
            "y": day.year,
            "yy": day.year % 100,
            "m": day.month,
            "d": day.day,
            "n": self.rng.randint(3, 9800),
        }
        own = NUMBERED_IN.get(self.country, ())
        return self.rng.choice(own if own and self.rng.random() < 0.5 else NUMBERED).format(**values)

    def _parties(self) -> None:
        rng, home = self.rng, self.country
        self.seller = places.party(rng, home, self.language)
        abroad = "reverse" in self.has
        where = (
            rng.choice([code for code in ("DE", "FR", "NL", "BE", "AT", "IT", "ES", "PL") if code != home])
            if abroad
            else home
        )
        self.private = not abroad and rng.random() < (0.8 if "private" in self.has else 0.15)
        self.buyer = places.party(rng, where, self.language, private=self.private)
        for party in (self.seller, self.buyer):
            self._identify(party)
        self.small = "small" in self.has
        if self.small and home not in {"IT", "ES", "PT", "PL"}:
            self.seller.ids.pop("vat_id", None)
        if self.private:
            self.buyer.ids.clear()
        self.iban = ids.iban(home, rng, institute=f"{rng.randint(30000, 31999)}" if "qr" in self.has else "")
        self.bic = ids.bic(home, rng)
        tail = rng.choice(["Bank", "Banque", "Kreditkasse", "Crédit", "Savings"])
        self.bank = f"{places.surname(rng, self.seller.tongue)} {tail}"
        if not self.valid:
            for key in ("vat_id", "legal_id"):
                if key in self.seller.ids and any(letter.isdigit() for letter in self.seller.ids[key]):
                    self.seller.ids[key] = ids.broken(self.seller.ids[key], rng)
            if rng.random() < 0.5:
                self.iban = ids.broken(self.iban, rng)

    def _identify(self, party: places.Party) -> None:
        rng, country = self.rng, party.country
        number = ids.VAT[country](rng)
        legal = {
            "FR": lambda: number[4:] if rng.random() < 0.35 else ids.siret(number[4:], rng),
            "DE": lambda: f"HRB {rng.randint(1000, 99999)}",
            "AT": lambda: f"FN {rng.randint(100000, 599999)} {rng.choice('abdfghikmpstvwxyz')}",
            "GB": lambda: f"0{rng.randint(1000000, 9999999)}",
            "IE": lambda: f"{rng.randint(100000, 699999)}",
            "NL": lambda: f"{rng.randint(10000000, 89999999)}",
            "BE": lambda: number[2:],
            "IT": lambda: number[2:],
            "PL": lambda: ids.regon(rng),
            "CH": lambda: number,
        }
        party.ids["vat_id"] = number
        if country in {"ES", "PT", "PL", "IT"} and rng.random() < 0.6:
            party.ids["vat_id"] = number[2:]
        if country in legal:
            party.ids["legal_id"] = legal[country]()

    def _lines(self) -> None:
        rng, rates = self.rng, RATES[self.country]
        self.lines: list[Line] = []
        for sort in self.has & {"hotel", "energy", "telecom"}:
            for name, quantity, unit, price, rate in sorts.special(rng, self.language, rates, sort):
                ref = f"{rng.randint(100, 999)}"
                extra = unit if sort == "hotel" else ""
                self.lines.append(
                    Line(
                        name=name, extra=extra, ref=ref, quantity=quantity, unit=unit, price=price, rate=rate
                    )
                )
            return
        count = (
            rng.randint(26, 40) if "long" in self.has else rng.choice([1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 9, 12])
        )
        if "few" in self.has:
            count = rng.randint(1, 3)
        book = [entry.split(";") for entry in words.book(self.language)["product"]]
        sort = "food" if "food" in self.has else "std"
        kept = [entry for entry in book if entry[3] == sort]
        if "rates" in self.has:
            half = max(1, count // 2)
            food = [entry for entry in book if entry[3] == "food"]
            picked = rng.choices(food, k=half) + rng.choices(
                [one for one in book if one[3] == "std"], k=max(1, count - half)
            )
            rng.shuffle(picked)
        else:
            picked = (
                rng.sample(kept, min(count, len(kept))) if count <= len(kept) else rng.choices(kept, k=count)
            )
        free = self.small or "reverse" in self.has
        for name, unit, span, kind in picked:
            low, high = (int(part) for part in span.split("-"))
            price = Decimal(rng.randint(low * 100, high * 100 + 99)) / 100
            if rng.random() < 0.4:
                price = max(Decimal(round(price)), Decimal(1))
            quantity = Decimal(rng.choice([1, 1, 1, 2, 2, 3, 4, 5, 8, 10, 12, 20, 24]))
            if rng.random() < 0.25:
                quantity += rng.choice([Decimal("0.5"), Decimal("0.25"), Decimal("0.75")])
            if kind == "std" and low >= 100:
                quantity = Decimal(rng.choice([1, 1, 1, 2, 3]))
            rate = Decimal(0) if free else Decimal(rates[2] if kind == "food" else rates[0])
            discount = rng.choice([0, 0, 5, 10, 15]) if "discounts" in self.has else 0
            extra = self.remark() if rng.random() < 0.3 else ""
            ref = (
                f"{rng.choice('ABKMPRST')}{rng.randint(100, 9999)}"
                if rng.random() < 0.6
                else f"{rng.randint(10000, 99999)}"
            )
            self.lines.append(
                Line(
                    name=name,
                    extra=extra,
                    ref=ref,
                    quantity=quantity,
                    unit=unit,
                    price=price,
                    rate=rate,
                    discount=discount,
                )
            )

    def remark(self) -> str:
        """What stands below a line's text: numbers and dates that are nobody's field."""
        rng = self.rng
        first = self.hand.date(self.ordered)
        self.trap("remarks in lines")
        return rng.choice([
            f"{self.w('related')} {rng.randint(1000, 9999)}",
            f"S/N {rng.randint(10**7, 10**9)}",
            f"{self.w('period')} {first} - {self.hand.date(self.delivered)}",
            f"{first}, {places.person(rng, self.seller.tongue)}",
            f"{self.w('late')[:90]}",
            f"{rng.randint(2, 60)} x {rng.randint(20, 400)} mm, EAN {rng.randint(10**12, 10**13)}",
        ])  # fmt: skip

    def _sums(self) -> None:
        """Totals, rounded by rate; ``price`` of a line holds tax where the shop's prices do."""
        rng = self.rng
        self.with_tax = "gross" in self.has
        bases: dict[Decimal, Decimal] = {}
        for line in self.lines:
            bases[line.rate] = bases.get(line.rate, Decimal(0)) + line.net
        self.goods = sum(bases.values(), Decimal(0))
        self.shipping = self.rebate = Decimal(0)
        if "shipping" in self.has:
            self.shipping = Decimal(rng.randint(390, 4900)) / 100
            top = max(bases)
            bases[top] += self.shipping
        if "rebate" in self.has:
            self.percent = rng.choice([2, 3, 5, 10])
            for rate, base in list(bases.items()):
                part = cents(base * self.percent / 100)
                bases[rate] = base - part
                self.rebate += part
        self.rates: list[tuple[Decimal, Decimal, Decimal]] = []
        for rate in sorted(bases, reverse=rng.random() < 0.5):
            base = bases[rate]
            if self.with_tax:
                tax = cents(base * rate / (100 + rate))
                base -= tax
            else:
                tax = cents(base * rate / 100)
            self.rates.append((rate, base, tax))
        self.net = sum((base for _, base, _ in self.rates), Decimal(0))
        self.vat = sum((tax for _, _, tax in self.rates), Decimal(0))
        self.gross = self.net + self.vat
        self.prepaid = self.retention = Decimal(0)
        if "prepaid" in self.has:
            self.prepaid = cents(self.gross * rng.choice([10, 20, 30, 40, 50]) / 100)
        if "retention" in self.has:
            self.retention = cents(self.gross * 5 / 100)
        self.amount_due = self.gross - self.prepaid - self.retention

    def f(self, key: str, text: str, value: Any = None) -> str:
        """Print a value: its mark in the page, and the value in the truth."""
        self.printed[key] = text if value is None else value
        return self.mark(key, text)

    def money(self, key: str, value: Decimal, *, sign: bool | None = None, minus: bool = False) -> str:
        """Print an amount of the truth."""
        if sign is None:
            sign = "signs" in self.has
        if sign:
            self.printed["currency"] = self.currency
        written = self.hand.money(-value if minus and value else value, sign=sign)
        return self.f(key, written, f"{value:.2f}")

    def date(self, key: str, day: date) -> str:
        """Print a date of the truth."""
        return self.f(key, self.hand.date(day), day.isoformat())

    def trap(self, kind: str) -> None:
        """Note that something was printed that is not a field's."""
        if kind not in self.distractors:
            self.distractors.append(kind)

    def title(self) -> str:
        """What the document calls itself."""
        return self.w(
            {"credit_note": "credit", "receipt": "receipt", "deposit": "deposit"}.get(self.sort, "invoice")
        )

    def number_label(self) -> str:
        """The label of its number."""
        return self.w("number_credit" if self.sort == "credit_note" else "number")

    def line_field(self, index: int, column: str) -> str:
        """A cell of the table of lines."""
        line, key, hand = self.lines[index], f"lines.{index}", self.hand
        places = 2 if line.price == cents(line.price) else 4
        if column == "item":
            return self.f(f"{key}.name", line.name)
        if column == "qty":
            return self.f(f"{key}.quantity", hand.quantity(line.quantity), plain(line.quantity))
        if column == "rate":
            return self.f(f"{key}.vat_rate", hand.rate(line.rate), plain(line.rate))
        if self.with_tax:
            self.trap("prices with tax in lines")
            return hand.number(line.price if column == "price" else line.net)
        if column == "price":
            return self.f(
                f"{key}.unit_price_net", hand.number(line.price, places), f"{line.price:.{places}f}"
            )
        if column == "net":
            return self.money(f"{key}.net", line.net)
        raise KeyError(column)

    def truth(self) -> dict[str, Any]:
        """What was printed, by field."""
        found: dict[str, Any] = {"kind": "invoice" if self.sort == "deposit" else self.sort}
        lists: dict[str, dict[int, dict[str, Any]]] = {}
        for key, value in self.printed.items():
            parts = key.split(".")
            if len(parts) == 1:
                found[key] = value
            elif len(parts) == 2:
                found.setdefault(parts[0], {})[parts[1]] = value
            else:
                lists.setdefault(parts[0], {}).setdefault(int(parts[1]), {})[parts[2]] = value
        for name, rows in lists.items():
            found[name] = [rows[index] for index in sorted(rows)]
        if (self.small or "reverse" in self.has) and "total_gross" in found:
            found.setdefault("total_vat", "0.00")
            found.setdefault("total_net", found["total_gross"])
        return found

    def identifiers_valid(self) -> bool:
        """Whether the seller prints an identifier, and all hold."""
        told = self.printed.get("seller.vat_id") or self.printed.get("seller.legal_id")
        return self.valid and bool(told)
