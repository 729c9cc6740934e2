"""Find named references: the number of an order, invoice, customer, quotation, delivery, contract or file."""

import re
from collections.abc import Iterator

from smeflow.steps.details.base import LONGEST, Said

_NAMES = {
    "invoice": r"factures?|invoices?|rechnung(?:snummer|s-?nr\.?)?",
    "credit_note": r"avoirs?|credit\s+notes?|gutschrift",
    "order": (
        r"(?:bon\s+de\s+)?commandes?|(?:purchase\s+)?orders?|P\.?O\.?|"
        r"bestell(?:ung|nummer|-?nr\.?)|auftrag(?:snummer|s-?nr\.?)?"
    ),
    "customer": (
        r"(?:compte\s+)?clients?|code\s+client|customer(?:\s+(?:id|account))?|kunden(?:nummer|-?nr\.?)"
    ),
    "quote": r"devis|quot(?:e|ation)s?|estimate|angebot(?:snummer|s-?nr\.?)?",
    "delivery": (
        r"(?:bon\s+de\s+)?livraison|B\.?L\.?|delivery(?:\s+note)?|lieferschein(?:nummer)?|"
        r"tracking|suivi|colis|parcel|sendung(?:snummer)?"
    ),
    "contract": r"contrats?|contract|police|policy|vertrag(?:snummer|s-?nr\.?)?",
    "file": (
        r"dossiers?|tickets?|incidents?|case|file|r[ée]f(?:[ée]rence)?s?\.?|reference|"
        r"vorgang(?:snummer)?|aktenzeichen"
    ),
}
_MARK = r"(?:n\s?[°º]\.?|num[ée]ro|number|num\.?|no\.|nr\.?|#|id|r[ée]f\.?|ref\.?|:)"
_TOKEN = r"(?P<token>[A-Za-z0-9][A-Za-z0-9./_\-]{1,29})"  # noqa: S105 - no password
_PATTERNS = {
    kind: re.compile(rf"(?<![\w])(?P<name>{names})\s*(?P<mark>(?:{_MARK}\s*){{0,3}}){_TOKEN}", re.IGNORECASE)
    for kind, names in _NAMES.items()
}
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?|\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"\s?(?:[€$£%]|eur\b|euros?\b|usd\b|chf\b|,\d{2}\b|\s\d{3}\b)", re.IGNORECASE)


def references(text: str) -> list[Said]:
    """Find the references in *text*, in order, each value of a kind once."""
    text = text[:LONGEST]
    found = {(one.kind, one.value.casefold()): one for one in sorted(_all(text), key=lambda one: -one.start)}
    taken: dict[int, Said] = {}
    for one in sorted(found.values(), key=lambda one: (one.start, one.kind == "file")):
        end = one.start + len(one.quote)
        taken.setdefault(end, one)  # "réf. commande 4711" is the order's number, named twice
    return sorted(taken.values(), key=lambda one: one.start)


def _all(text: str) -> Iterator[Said]:
    for kind, pattern in _PATTERNS.items():
        for hit in pattern.finditer(text):
            token = hit["token"].rstrip("./-_")
            if _is_number(token, marked=bool(hit["mark"].strip())) and not _MONEY.match(
                text, hit.start("token") + len(token)
            ):
                end = hit.start("token") + len(token)
                yield Said(kind=kind, value=token, quote=text[hit.start() : end], start=hit.start())


def _is_number(token: str, *, marked: bool) -> bool:
    """Tell a reference from a date, a year or a plain word."""
    digits = sum(char.isdigit() for char in token)
    if not digits or _DATE.fullmatch(token):
        return False
    if token.isdigit():
        year = len(token) == 4 and token[:2] in {"19", "20"}
        return marked if year or len(token) < 4 else True
    return digits >= 2 or (marked and len(token) >= 3)
