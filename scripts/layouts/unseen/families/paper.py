"""A page that is filled from facts: what a template prints of them becomes the truth, and nothing else does."""

import datetime as dt
import html
import random
import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

from drawing import Drawing, Engine

from families import numbers
from families.bill import Bill, Line
from families.places import COUNTRY, Firm

CHOICE = re.compile(r"‹([^‹›]*)›")
PLACE = re.compile(r"\{([a-z_]+(?:\.[a-z_0-9]+)*)(?::([^{}]*))?\}")
TRUTHS = {
    "kind", "number", "issue_date", "due_date", "delivery_date", "currency", "total_net", "total_vat",
    "total_gross", "amount_due", "prepaid", "iban", "preceding_invoice", "lines", "vat_breakdown",
}  # fmt: skip
PARTY = {"name", "street", "zip", "city", "country", "vat_id", "legal_id"}
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
MARKS = {
    "fr": ("\u00a0", ","),
    "de": (".", ","),
    "en": (",", "."),
    "ch": ("’", "."),
    "plain": ("", ","),
    "dot": ("", "."),
}
COLUMNS = {
    "name": ("name", "name", ""),
    "qty": ("quantity", "quantity", ""),
    "qty2": ("quantity", "quantity", "2"),
    "qty_unit": ("quantity", "quantity", ""),
    "price": ("unit_price_net", "price", ""),
    "n.price": ("unit_price_net", "price", "n"),
    "rate": ("vat_rate", "rate", ""),
    "rate%": ("vat_rate", "rate", ""),
    "rate2": ("vat_rate", "rate", "2"),
    "net": ("net", "net", ""),
    "n.net": ("net", "net", "n"),
    "-net": ("net", "net", "-"),
}
PLAIN = {"code", "unit", "note", "day"}
TYPST = re.compile(r"([\\#$*_@<>`~\[\]/])")


def figure(value: Decimal, style: str, places: int = 2) -> str:
    """Write a number with its marks of thousands and decimals."""
    thousands, point = MARKS[style]
    text = f"{value:,.{places}f}"
    return text.replace(",", "\0").replace(".", point).replace("\0", thousands)


def day(value: dt.date, form: str, language: str) -> str:
    """Write a date: D, DD, M, MM, YY, YYYY, MON and MONTH stand for its parts."""
    month = MONTHS[language].split()[value.month - 1]
    parts = {
        "YYYY": f"{value.year}", "YY": f"{value.year % 100:02}", "MONTH": month, "MON": month[:3],
        "MM": f"{value.month:02}", "DD": f"{value.day:02}", "M": str(value.month), "D": str(value.day),
    }  # fmt: skip
    return re.sub(r"YYYY|YY|MONTH|MON|MM|DD|M|D", lambda token: parts[token.group()], form)


class Paper:
    """One document: its facts, its manner of writing them, and the truth as it is printed."""

    def __init__(
        self,
        rng: random.Random,
        language: str,
        *,
        seller: Firm,
        buyer: Firm | None,
        bill: Bill,
        number: str,
        kind: str = "invoice",
        money: str = "{}",
        style: str = "",
        dates: str = "DD.MM.YYYY",
        currency: str = "EUR",
        engine: Engine = "chromium",
    ) -> None:
        self.rng, self.language, self.engine = rng, language, engine
        self.money, self.style, self.dates = money, style or language, dates
        if self.style not in MARKS:
            self.style = "de"
        self.seller, self.buyer, self.bill = seller, buyer, bill
        self.issued = dt.date(2022, 1, 3) + dt.timedelta(days=rng.randint(0, 1450))
        for sign, form in (("YYYY", "%Y"), ("YY", "%y"), ("MM", "%m")):
            number = number.replace(sign, self.issued.strftime(form))
        self.facts: dict[str, Any] = {"number": number}
        self.facts |= {"issue_date": self.issued, "currency": currency}
        self.facts |= {"total_net": bill.net, "total_vat": bill.vat, "total_gross": bill.gross}
        self.facts |= {"iban": numbers.grouped(seller.more["iban"]), "bic": seller.more["bic"]}
        self._party("seller", seller)
        if buyer:
            self._party("buyer", buyer)
        for index, part in enumerate(bill.parts()):
            names = {"rate": part.rate, "base": part.base, "amount": part.vat, "gross": part.base + part.vat}
            self.facts |= {f"vat_breakdown.{index}.{name}": value for name, value in names.items()}
        self._truth: dict[str, Any] = {"kind": kind, "currency": currency}

    def _party(self, role: str, firm: Firm) -> None:
        self.facts |= {f"{role}.{name}": text for name, text in firm.more.items()}
        self.facts |= {f"{role}.{name}": getattr(firm, name) for name in PARTY}

    def after(self, days: int) -> dt.date:
        """A day counted from the issue."""
        return self.issued + dt.timedelta(days=days)

    @property
    def brand(self) -> str:
        """The firm's mark: the first word of its name."""
        return self.seller.name.split()[0]

    def set(self, **facts: Any) -> None:
        """Add facts; two underscores stand for a point."""
        self.facts |= {name.replace("__", "."): value for name, value in facts.items()}

    def show(self, path: str, form: str = "") -> str:
        """Print one fact; it becomes truth where it is a field."""
        value = self.facts[path]
        text = self.write(value, form, path)
        head, _, tail = path.partition(".")
        if tail.endswith(".gross"):
            return self.escape(text)
        if head in TRUTHS or (head in {"seller", "buyer"} and tail in PARTY):
            self._truth[path] = self.truth_of(path, value)
            return self.mark(path, text)
        return self.escape(text)

    def write(self, value: Any, form: str, path: str = "") -> str:
        """Write a value in this page's manner, or as ``form`` has it."""
        last = path.rpartition(".")[2]
        if isinstance(value, dt.date):
            return day(value, form or self.dates, self.language)
        if isinstance(value, Decimal) and last in {"rate", "vat_rate", "quantity"}:
            return self._short(value, int(form or 0))
        if isinstance(value, Decimal):
            sign = "-" if "-" in form else ""
            body = figure(value, self.style)
            return sign + body if "n" in form else sign + self.money.replace("{}", body)
        if last in {"vat_id", "legal_id", "iban", "siren", "siret"} and form:
            return self._grouped(str(value), form)
        if last == "country" and not form:
            return str(COUNTRY.get(str(value), value))
        return str(value)

    def _short(self, value: Decimal, places: int) -> str:
        text = f"{value.normalize():f}" if not places else f"{value:.{places}f}"
        return text.replace(".", MARKS[self.style][1])

    @staticmethod
    def _grouped(text: str, form: str) -> str:
        """Write a number by a picture: each ``x`` is one sign of it, the rest stands as it is."""
        signs = iter(re.sub(r"\s", "", text))
        return "".join(next(signs, "") if sign == "x" else sign for sign in form) + "".join(signs)

    @staticmethod
    def truth_of(path: str, value: Any) -> str:
        """Give a value as the truth has it."""
        last = path.rpartition(".")[2]
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, Decimal):
            return f"{value.normalize():f}" if last == "quantity" else f"{value:.2f}"
        if last in {"vat_id", "legal_id", "iban"}:
            return re.sub(r"[\s.]", "", str(value))
        return str(value)

    def mark(self, path: str, text: str) -> str:
        """Mark what is printed as a field's value."""
        if self.engine == "typst":
            return f'#field("{path}")[{self.escape(text)}]'
        return f'<span data-field="{path}">{self.escape(text)}</span>'

    def escape(self, text: str) -> str:
        """Write text so that the engine prints it."""
        if self.engine == "typst":
            return re.sub(r"^(\d+)\.", r"\1\\.", TYPST.sub(r"\\\1", text))
        return html.escape(text, quote=False)

    def fill(self, template: str) -> str:
        """Print a template; ``{path}`` or ``{path:form}`` is a fact."""
        return PLACE.sub(lambda place: self.show(place.group(1), place.group(2) or ""), template)

    def exempt(self) -> None:
        """Say what a mention of exemption means."""
        net = f"{self.bill.net:.2f}"
        self._truth |= {"total_net": net, "total_vat": "0.00", "total_gross": net}

    def cell(self, index: int, line: Line, column: str) -> str:
        """Print one cell of the table of lines."""
        if column in PLAIN:
            return self.escape(getattr(line, column))
        if column == "pos":
            return str(index + 1)
        if column == "pos2":
            return f"{(index + 1) * 10:03}"
        if column == "cut":
            return f"{self._short(line.cut, 0)} %" if line.cut else ""
        name, attribute, form = COLUMNS[column]
        path = f"lines.{index}.{name}"
        self.facts[path] = getattr(line, attribute)
        after = {"rate%": " %", "qty_unit": f" {self.escape(line.unit)}"}.get(column, "")
        return self.show(path, form) + after

    def rows(self, columns: str, start: int = 0, stop: int | None = None) -> list[list[str]]:
        """Print cells of the lines: ``columns`` names them, parted by blanks."""
        lines = list(enumerate(self.bill.lines))[start:stop]
        return [[self.cell(index, line, column) for column in columns.split()] for index, line in lines]

    def table(
        self,
        heads: str,
        columns: str,
        *,
        start: int = 0,
        stop: int | None = None,
        attrs: str = 'class="lines"',
        after: str = "",
    ) -> str:
        """Print an HTML table of the lines: heads parted by ``|``, ``after`` are rows that follow."""
        names = columns.split()
        kinds = ["l" if name in PLAIN | {"name", "pos", "pos2"} else "r" for name in names]
        head = "".join(
            _cell("th", kind, text.strip(), self.engine)
            for kind, text in zip(kinds, heads.split("|"), strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(_cell("td", kind, text, self.engine) for kind, text in zip(kinds, row, strict=True))
            + "</tr>"
            for row in self.rows(columns, start, stop)
        )
        head = f"<thead><tr>{head}</tr></thead>" if heads.strip("| ") else ""
        return f"<table {attrs}>{head}<tbody>{body}{self.fill(after)}</tbody></table>"

    def parts(self, template: str) -> str:
        """Print a template for each rate; in it ``{rate}``, ``{base}``, ``{amount}`` and ``{gross}`` are its values."""
        return "".join(
            self.fill(re.sub(r"\{(rate|base|amount|gross)", rf"{{vat_breakdown.{index}.\1", template))
            for index, _ in enumerate(self.bill.parts())
        )

    def drawing(self, body: str, css: str = "", *distractors: str, valid: bool = True) -> Drawing:
        """Close the page: ``body`` is filled, ``css`` is not; of ``‹this|that›`` one is taken."""
        printed = self.fill(CHOICE.sub(lambda words: self.rng.choice(words.group(1).split("|")), body))
        if self.engine != "typst":
            printed = f'<!DOCTYPE html><html lang="{self.language}"><head><meta charset="utf-8"><style>{css}</style></head><body>{printed}</body></html>'
        else:
            printed = f"#set smartquote(enabled: false)\n{css}\n{printed}"
        truth: dict[str, Any] = {}
        for path, value in self._truth.items():
            _put(truth, path.split("."), value)
        return Drawing(
            source=printed,
            truth=truth,
            language=self.language,
            engine=self.engine,
            distractors=distractors,
            identifiers_valid=valid,
        )


def _cell(tag: str, kind: str, text: str, engine: str) -> str:
    if engine == "libreoffice":
        side = "right" if kind == "r" else "left"
        return f'<{tag} align="{side}" valign="top">{text}</{tag}>'
    return f'<{tag} class="{kind}">{text}</{tag}>'


def _put(truth: Any, path: list[str], value: str) -> None:
    """Put a value into nested dicts and lists."""
    for part, following in pairwise(path):
        empty: Any = [] if following.isdigit() else {}
        if part.isdigit():
            while len(truth) <= int(part):
                truth.append({})
            truth = truth[int(part)]
        else:
            truth = truth.setdefault(part, empty)
    truth[path[-1]] = value
