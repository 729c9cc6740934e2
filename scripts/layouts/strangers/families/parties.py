"""Invented firms and people."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from . import identifiers as ids
from .places import CITIES, FIRST_NAMES, FORMS, ROOTS, STREETS, TRADES


@dataclass(frozen=True, kw_only=True)
class Party:
    """A firm or a person with all that an invoice may print of it; numbers are compact."""

    name: str
    root: str
    country: str
    street: str
    zip: str
    city: str
    vat_id: str
    legal_id: str
    iban: str
    bic: str
    phone: str
    email: str
    web: str
    person: str
    capital: int
    private: bool = False


def plain(text: str) -> str:
    """The text in lower ASCII letters only, for a domain."""
    bare = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ß", "ss"))
    return "".join(char for char in bare.lower() if char.isascii() and char.isalnum())


def surname(rng: random.Random, country: str) -> str:
    """An invented family name."""
    heads, tails = ROOTS[country]
    return rng.choice(heads) + rng.choice(tails)


def person(rng: random.Random, country: str) -> str:
    """An invented person's name."""
    return f"{rng.choice(FIRST_NAMES[country])} {surname(rng, country)}"


def street(rng: random.Random, country: str) -> str:
    """An invented street with its number."""
    return rng.choice(STREETS[country]).format(n=rng.randint(2, 98))


def phone(rng: random.Random, country: str) -> str:
    """A telephone number in the country's way of writing."""
    def pairs(count: int) -> str:
        return " ".join(f"{rng.randint(0, 99):02d}" for _ in range(count))

    shapes: dict[str, Callable[[], str]] = {
        "FR": lambda: f"0{rng.randint(1, 5)} {pairs(4)}", "DE": lambda: f"0{rng.randint(201, 989)} / {ids.digits(rng, 6)}",
        "AT": lambda: f"+43 {rng.randint(1, 7)} {ids.digits(rng, 7)}", "CH": lambda: f"+41 44 {rng.randint(200, 999)} {pairs(2)}",
        "BE": lambda: f"+32 {rng.randint(2, 9)} {rng.randint(200, 899)} {pairs(2)}", "NL": lambda: f"0{rng.randint(20, 79)}-{ids.digits(rng, 7)}",
        "IT": lambda: f"0{rng.randint(10, 99)} {ids.digits(rng, 7)}", "ES": lambda: f"9{rng.randint(10, 89)} {pairs(3)}",
        "PT": lambda: f"2{rng.randint(10, 99)} {rng.randint(100, 999)} {rng.randint(100, 999)}",
        "PL": lambda: f"{rng.randint(12, 89)} {rng.randint(200, 999)} {pairs(2)}", "GB": lambda: f"01{rng.randint(13, 99)} {ids.digits(rng, 6)}",
        "IE": lambda: f"+353 {rng.randint(1, 9)} {ids.digits(rng, 7)}", "US": lambda: f"({rng.randint(210, 989)}) 555-{ids.digits(rng, 4)}",
    }
    return shapes[country]()


def numbers(rng: random.Random, country: str, *, private: bool) -> tuple[str, str]:
    """VAT number and register number of a firm, compact."""
    company = ids.siren(rng)
    makers: dict[str, Callable[[], tuple[str, str]]] = {
        "FR": lambda: (ids.fr_vat(company), ids.siret(rng, company)),
        "DE": lambda: (ids.de_vat(rng), f"HRB {rng.randint(1200, 98000)}"),
        "AT": lambda: (ids.at_vat(rng), f"FN {rng.randint(100000, 599999)}{rng.choice('adfgkmpw')}"),
        "CH": lambda: (ids.ch_uid(rng), ""), "BE": lambda: (ids.be_vat(rng), ""),
        "NL": lambda: (ids.nl_vat(rng), ids.digits(rng, 8)), "IT": lambda: (ids.it_vat(rng), ""),
        "ES": lambda: (ids.es_person(rng) if private else ids.es_firm(rng), ""),
        "PT": lambda: (ids.pt_nif(rng, "2" if private else "5"), ""), "PL": lambda: (ids.pl_nip(rng), ids.pl_regon(rng)),
        "GB": lambda: (ids.gb_vat(rng), f"{rng.randint(4000000, 15999999):08d}"),
        "IE": lambda: (ids.ie_vat(rng), f"{rng.randint(300000, 759999)}"),
        "US": lambda: (f"{rng.randint(10, 98)}-{ids.digits(rng, 7)}", ""),
    }
    return makers[country]()


def invent(rng: random.Random, country: str, trade: str | None = None, *, private: bool = False) -> Party:
    """A firm of a trade, or a person when private."""
    root = surname(rng, country)
    who = f"{rng.choice(FIRST_NAMES[country])} {root}"
    word, form = trade if trade is not None else rng.choice(TRADES[country]), rng.choice(FORMS[country])
    if private:
        name = who
    elif country in {"GB", "IE", "US", "DE", "AT", "NL"} and rng.random() < 0.75:
        name = f"{root} {word} {form}"
    else:
        name = f"{word} {root} {form}"
    name = " ".join(name.split())
    vat_id, legal_id = numbers(rng, country, private=private)
    zip_code, city = rng.choice(CITIES[country])
    host = f"{plain(root)}{rng.choice(('', '-' + plain(word) if word else ''))}.example"
    return Party(
        name=name, root=root, country=country, street=street(rng, country), zip=zip_code, city=city, vat_id=vat_id,
        legal_id=legal_id, iban="" if country == "US" else ids.iban(rng, country),
        bic="".join(rng.choice("BCDFGKLMNPRST") for _ in range(4)) + country + rng.choice(("2X", "PP", "22", "33", "MM")),
        phone=phone(rng, country), email=f"{rng.choice(('info', 'contact', 'office', 'mail'))}@{host}", web=f"www.{host}",
        person=who if private else person(rng, country), capital=rng.choice((1000, 5000, 8000, 50000, 100000, 37000)),
        private=private,
    )
