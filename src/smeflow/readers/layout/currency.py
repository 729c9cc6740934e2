"""Tell the currency: printed with the totals, else named once; a bare dollar only with its country."""

import re
from collections import Counter

from smeflow.documents.base import Quote
from smeflow.readers.amounts import CODES, SYMBOLS
from smeflow.readers.layout.ids import Ids
from smeflow.readers.layout.totals import Totals
from smeflow.readers.layout.view import View

_NAMED = re.compile(
    r"(?:devise|currency|w[äa]hrung|rechnungsw[äa]hrung|valuta|moneda|divisa|betr[äa]ge in|montants? en|"
    r"amounts? in|montants? exprim[ée]s en|total|betrag|summe|montant|amount|price)"
    r"\s*[:(]?\s*(?:en\s+|in\s+)?(?P<code>[A-Z]{3}|euros?)\b",
    re.IGNORECASE,
)
_CODE = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(CODES))})(?![\w-])")
_AMERICA = re.compile(r"\bUSA\b|\bU\.S\.A?\b|United States|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b(?! ?[A-Z])")
_SIGN = re.compile(
    "|".join(rf"(?<![^\W\d_]){re.escape(s)}(?![^\W\d_])" for s in ("RM", "DM", "zł", "Kč", "₹", "£", "€"))
)
_WORD = {"euro": "EUR", "euros": "EUR"}


def find_currency(view: View, totals: Totals) -> tuple[str, Quote] | None:
    """Find the currency; None where none is printed or two are and the totals do not tell which."""
    for choice in (totals.chosen.get(name) for name in ("total_gross", "amount_due", "total_net")):
        if choice and choice.spot and choice.spot.value.currency:
            return choice.spot.value.currency, view.quote(choice.spot)
    named = [(number, m) for number, page in enumerate(view.pages) for m in _NAMED.finditer(page.text)]
    codes = {_code(m["code"]) for _, m in named} - {None}
    if len(codes) == 1:
        number, match = next((n, m) for n, m in named if _code(m["code"]))
        code = codes.pop()
        return (code, view.quote_span(number, *match.span("code"))) if code else None
    return _most(view)


def _code(text: str) -> str | None:
    return _WORD.get(text.lower(), text.upper() if text.upper() in CODES and text.isupper() else None)


def _most(view: View) -> tuple[str, Quote] | None:
    """Take the one currency that stands beside amounts, or the one code or sign on the pages."""
    beside = Counter(spot.value.currency for spot in view.sums if spot.value.currency)
    if len(beside) == 1:
        code = next(iter(beside))
        spot = next(s for s in view.sums if s.value.currency == code)
        return code, view.quote(spot)
    found: dict[str, Quote] = {}
    for number, page in enumerate(view.pages):
        for match in _CODE.finditer(page.text):
            found.setdefault(match[0], view.quote_span(number, *match.span()))
        for match in _SIGN.finditer(page.text):
            if page.origin == "ocr" and not match[0].isalpha() and view.text.count(match[0]) < 2:
                continue  # a smudge is soon a sign; twice the same it is none
            found.setdefault(SYMBOLS[match[0]], view.quote_span(number, *match.span()))
    if not found:
        for number, page in enumerate(view.pages):
            at = page.text.find("$")
            if at >= 0 and _AMERICA.search(view.text):
                return "USD", view.quote_span(number, at, at + 1)
    return next(iter(found.items())) if len(found) == 1 and not beside else None


_EURO = frozenset(re.findall("..", "ATBECYDEEEESFIFRGRELHRIEITLTLULVMTNLPTSISK"))
"""Where the euro is the currency, as VAT identifiers begin."""


def home_currency(view: View, seller_ids: Ids) -> bool:
    """Tell whether a page without any currency is a euro country's: by the seller's identifiers."""
    vat = seller_ids.get("vat_id")
    french = "legal_id" in seller_ids and re.search(r"siret|siren|\brcs\b", view.text, re.IGNORECASE)
    return bool(french) if vat is None else vat[0][:2] in _EURO
