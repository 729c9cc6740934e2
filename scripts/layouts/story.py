"""Draw the month of the demo's two firms anew.

    PYTHONPATH=scripts/layouts/teaching python scripts/layouts/story.py [FOLDER]

Into ``recipes/`` unless told. All follows from ``story.json`` and `SEED`: suppliers with identifiers whose check
digits hold, their invoices and till slips by the families that teach, mails, sales. Three invoices have something
wrong with them, and only these: one asks to pay to an account that is not the supplier's, one is sent twice, the
sum of one is not that of its lines. Needs Chromium.
"""

import csv
import io
import json
import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from families import ids, places
from families.case import Case, Line
from families.compose import render, sheet
from families.plans import TRAIN_PLANS
from make_layouts import boxes
from make_layouts.browser import Browser

HERE = Path(__file__).resolve().parent
RECIPES = HERE.parents[1] / "recipes"
SEED = "november"
YEAR, MONTH = 2026, 11
TERM = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Supplier:
    """Who writes invoices to the firm, and how they look."""

    trade: str
    name: str
    plan: str
    lines: tuple[str, ...]
    """What it sells: ``name;unit;price;rate``."""
    prefix: str
    """How its numbers begin."""
    look: int = 0
    """Which of the plan's drawings."""


@dataclass(frozen=True, kw_only=True)
class Firm:
    """One firm, its suppliers and what came in the month."""

    folder: str
    locale: str
    party: places.Party
    suppliers: tuple[Supplier, ...]
    mails: tuple[tuple[str, str, str, str], ...]
    """Address, name, subject and text."""
    reminder: tuple[str, str]
    """Subject and text of the mail that sends an invoice a second time."""
    slips: tuple[str, ...]
    """The shops of the till slips."""
    sales: tuple[str, ...]
    """The customers."""
    products: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]
    reminded: str
    """The name of that mail's file."""


@dataclass(kw_only=True)
class Facts:
    """What is told of one document; everything else is drawn."""

    supplier: Supplier
    seller: places.Party
    account: str
    buyer: places.Party
    day: date
    number: str
    count: int = 2
    wrong_by: Decimal = Decimal(0)
    preceding: str = ""


def dice(*words: str) -> random.Random:
    """What draws one thing of the story, the same each time."""
    return random.Random(":".join((SEED, *words)))  # noqa: S311 - pages are drawn, nothing is kept secret


class StoryCase(Case):
    """A case with the firm's own parties, days and numbers in the place of drawn ones."""

    def __init__(self, facts: Facts, locale: str, sort: str, has: set[str]) -> None:
        self.facts = facts
        rng = dice(facts.supplier.name, str(facts.supplier.look))
        super().__init__(rng, locale, sort, has)

    def _days(self) -> None:
        super()._days()
        self.valid = True
        self.day, self.due, self.term = self.facts.day, self.facts.day + TERM, TERM.days
        self.delivered, self.ordered = self.day - timedelta(days=2), self.day - timedelta(days=9)
        self.number, self.preceding = self.facts.number, self.facts.preceding or self.preceding

    def _parties(self) -> None:
        super()._parties()
        self.private = False
        self.seller, self.buyer, self.iban = self.facts.seller, self.facts.buyer, self.facts.account

    def _lines(self) -> None:
        rng = dice(self.facts.number)
        self.lines = []
        for text in rng.sample(self.facts.supplier.lines, self.facts.count):
            name, unit, price, rate = text.split(";")
            self.lines.append(
                Line(
                    name=name,
                    extra="",
                    ref=f"{rng.choice('ABKM')}{rng.randint(100, 999)}",
                    quantity=Decimal(rng.choice([1, 2, 3, 4, 6, 8])),
                    unit=unit,
                    price=Decimal(price),
                    rate=Decimal(rate),
                )
            )

    def _sums(self) -> None:
        super()._sums()
        self.gross += self.facts.wrong_by
        self.amount_due += self.facts.wrong_by


def page(facts: Facts, locale: str, sort: str = "invoice") -> str:
    """The page of a document, by the plan of its supplier."""
    plan = TRAIN_PLANS[facts.supplier.plan]
    case = StoryCase(facts, locale, sort, {"signs"} | ({"gross"} if sort == "receipt" else set()))
    body = render(case, plan.blocks)
    return (
        f'<!doctype html><html lang="{case.language}"><head><meta charset="utf-8">'
        f"<title>{case.title()}</title>"
        f"<style>{sheet(case, plan)}</style></head><body>{body}</body></html>"
    )


def party(name: str, country: str, language: str) -> places.Party:
    """A firm called *name* at a drawn address, with identifiers that hold."""
    rng = dice("party", name)
    drawn = places.party(rng, country, language)
    drawn.name, drawn.stem = name, name.rsplit(" ", 1)[0]
    number = ids.VAT[country](rng)
    drawn.ids["vat_id"] = number
    registered = ids.siret(number[4:], rng) if country == "FR" else f"{rng.randint(100000, 699999)}"
    drawn.ids["legal_id"] = registered
    return drawn


def accounts(name: str, country: str) -> Iterator[str]:
    """The accounts of a firm: its own, then strange ones."""
    rng = dice("account", name)
    while True:
        yield ids.iban(country, rng)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A supplier with what it is known by."""

    supplier: Supplier
    party: places.Party
    account: str
    strange_account: str


def known(firm: Firm) -> list[Known]:
    """The suppliers with addresses and accounts."""
    language, country = firm.locale.split("-")
    every = []
    for supplier in firm.suppliers:
        own = accounts(supplier.name, country)
        every.append(
            Known(
                supplier=supplier,
                party=party(supplier.name, country, language),
                account=next(own),
                strange_account=next(own),
            )
        )
    return every


def invoices(firm: Firm) -> Iterator[tuple[str, Facts, str]]:
    """Each invoice of the month: the name of its file, its facts, and what it is."""
    every = known(firm)
    days = {0: (3, 17), 1: (4, 20), 2: (5, 24), 3: (9, 25), 4: (12,), 5: (18,)}
    for index, told in enumerate(every):
        for nth, day in enumerate(days[index]):
            facts = Facts(
                supplier=told.supplier,
                seller=told.party,
                account=told.account,
                buyer=firm.party,
                day=date(YEAR, MONTH, day),
                number=f"{told.supplier.prefix}{YEAR}-{120 + 37 * index + 11 * nth:04}",
                count=1 if (index, nth) == (1, 1) else 2 + (index + nth) % 2,
            )
            name = f"{told.supplier.trade}-{facts.number}"
            if (index, nth) == (2, 1):
                facts.account = told.strange_account
            if (index, nth) == (5, 0):
                facts.wrong_by = Decimal(90)
            sort = "credit_note" if (index, nth) == (1, 1) else "invoice"
            if sort == "credit_note":
                facts.preceding = f"{told.supplier.prefix}{YEAR}-{120 + 37 * index:04}"
            yield name, facts, sort


def slips(firm: Firm) -> Iterator[tuple[str, Facts]]:
    """The till slips."""
    language, country = firm.locale.split("-")
    for index, text in enumerate(firm.slips):
        trade, name, plan, look, *lines = text.split("|")
        shop = Supplier(trade=trade, name=name, plan=plan, lines=tuple(lines), prefix="T", look=int(look))
        yield (
            f"{trade}-{YEAR}-{MONTH}-{6 + 7 * index:02}",
            Facts(
                supplier=shop,
                seller=party(name, country, language),
                account=next(accounts(name, country)),
                buyer=firm.party,
                day=date(YEAR, MONTH, 6 + 7 * index),
                number=f"T{4120 + 233 * index}",
                count=len(lines),
            ),
        )


def mail(
    sender: tuple[str, str], firm: Firm, subject: str, text: str, day: int, attached: Mapping[str, bytes]
) -> bytes:
    """A mail to the firm, the same bytes each time."""
    message = EmailMessage()
    message["From"] = f'"{sender[1]}" <{sender[0]}>'
    message["To"] = f"{'bonjour' if firm.locale == 'fr-FR' else 'hello'}@{firm.party.domain}"
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime(YEAR, MONTH, day, 8, 30, tzinfo=UTC))
    message["Message-ID"] = f"<{day}.{len(text)}@{sender[0].partition('@')[2]}>"
    message.set_content(text)
    for name, data in attached.items():
        message.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    if message.is_multipart():
        message.set_boundary("=====the-month-of-a-small-firm=====")
    return message.as_bytes()


def table(rows: list[tuple[Any, ...]], *, separator: str = ",") -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def sales(firm: Firm) -> list[tuple[Any, ...]]:
    """Two months of sales in euros."""
    rng = dice("sales")
    french = firm.locale == "fr-FR"
    rows: list[tuple[Any, ...]] = [firm.columns]
    for day in (date(YEAR, MONTH - 1, 1) + timedelta(days=n) for n in range(61)):
        if day.weekday() > 4 or rng.random() < 0.35:
            continue
        product, price = rng.choice(firm.products)
        count = rng.randint(1, 6)
        net = f"{price * count}.{rng.choice(['00', '50'])}"
        rows.append(
            (
                day.strftime("%d/%m/%Y") if french else day.isoformat(),
                rng.choice(firm.sales),
                product,
                count,
                net.replace(".", ",") if french else net,
            )
        )
    return rows


def draw(firm: Firm, browser: Browser) -> dict[str, bytes]:
    """Every file of a firm's month, by its path in the firm's folder."""
    files: dict[str, bytes] = {}
    for name, facts, sort in invoices(firm):
        printed, fields = browser.pdf(page(facts, firm.locale, sort))
        files[f"inbox/{name}.pdf"] = boxes.take_links(printed, fields)[0]
    for name, slip in slips(firm):
        printed, fields = browser.pdf(page(slip, firm.locale, "receipt"))
        files[f"receipts/{name}.pdf"] = boxes.take_links(printed, fields)[0]
    first = known(firm)[0]
    again = next(path for path in files if path.startswith(f"inbox/{first.supplier.trade}-"))
    sender = (f"accounts@{first.party.domain}", first.supplier.name)
    files[f"inbox/{firm.reminded}.eml"] = mail(
        sender, firm, *firm.reminder, 27, {Path(again).name: files[again]}
    )
    for index, (address, name, subject, text) in enumerate(firm.mails):
        host = address.partition("@")[2].partition(".")[0]
        sent = mail((address, name), firm, subject, text, 3 + 3 * index, {})
        files[f"mail/{index + 1:02}-{host}.eml"] = sent
    rows: list[tuple[Any, ...]] = [("name", "vat_id", "legal_id", "iban")]
    for each in known(firm):
        numbers = each.party.ids
        rows.append((each.supplier.name, numbers["vat_id"], numbers["legal_id"], each.account))
    files["suppliers.csv"] = table(rows)
    french = firm.locale == "fr-FR"
    files["ventes.csv" if french else "sales.csv"] = table(sales(firm), separator=";" if french else ",")
    return files


def read_firm(written: dict[str, Any]) -> Firm:
    """The firm that ``story.json`` tells of."""
    language, country = written["locale"].split("-")
    suppliers = tuple(Supplier(**each) for each in written.pop("suppliers"))
    return Firm(party=party(written.pop("name"), country, language), suppliers=suppliers, **written)


def main(into: Path) -> None:
    """Write both firms' months."""
    browser = Browser()
    try:
        for firm in map(read_firm, json.loads((HERE / "story.json").read_text(encoding="utf-8"))):
            for path, data in draw(firm, browser).items():
                file = into / firm.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            (into / firm.folder / "smeflow.toml").write_text(settings(firm), encoding="utf-8")
    finally:
        browser.close()


def settings(firm: Firm) -> str:
    """What the firm says of itself."""
    country = firm.locale[-2:]
    numbers = f'siren = "{firm.party.ids["legal_id"][:9]}"\n' if country == "FR" else ""
    return (
        f'[company]\nnames = ["{firm.party.name}"]\n{numbers}vat_ids = ["{firm.party.ids["vat_id"]}"]\n'
        f'ibans = ["{next(accounts(firm.party.name, country))}"]\nlocale = "{firm.locale}"\n\n'
        '[tables]\nsuppliers = "suppliers.csv"\n'
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RECIPES)
