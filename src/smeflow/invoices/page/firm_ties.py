"""Tell from the text around a firm's name whether it is whole, and what ties the paper to that firm."""

import re
from collections.abc import Iterable

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.invoices.page.names import name_key
from smeflow.invoices.page.particulars import LEGAL_FORM
from smeflow.invoices.page.view import PageView


def stands_whole(view: PageView, quote: Quote | None) -> bool:
    """Tell whether a name begins and ends where it is printed: no word, legal form or bracket goes on."""
    page = next((p for p in view.pages if quote is not None and p.number == quote.page), None)
    if page is None or quote is None or quote.start is None or quote.end is None:
        return False
    before = page.text[: quote.start].rpartition("\n")[2]
    behind = page.text[quote.end :].partition("\n")[0]
    cut = re.match(r"(?:\.?[A-Za-zÀ-ÿ]|\s?[&+(](?=\s?[^\W\d_])|-[^\W\d_])", behind)
    in_sentence = re.search(r"[^\W\d_]{2,}\s?$", before)
    return not cut and not in_sentence


def is_in_domain(view: PageView, name: str, other: str = "") -> bool:
    """Tell whether a domain on the page is made of the name, or of a word that the *other* firm's lacks.

    Whose page or mail it is, is not asked.
    """
    letters = re.sub(r"[^a-z0-9]", "", name_key(name))
    hosts = re.findall(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9.-]+)", folded(view.text))
    if len(letters) >= 5 and any(letters in host.replace("-", "").replace(".", "") for host in hosts):
        return True
    own = set(re.findall(r"[a-z0-9]{5,}", name_key(name))) - set(re.findall(r"[a-z0-9]+", name_key(other)))
    labels = {label for host in hosts for label in re.split(r"[.-]", host.rpartition(".")[0])}
    return bool(other) and bool(own & labels)


_REGISTERED = re.compile(
    r"[\s,–−-]*(?:s\.?a\.?s\.?u?|s\.?a\.?r\.?l\.?|s\.?a\.?)?[\s,–−-]*"
    r"(?:au capital|siege social|rcs|r\.c\.s|siren|siret|immatricul|registered|company (?:no|reg)|sitz|"
    r"hrb|kvk|registro mercantil|p\.?\s?iva)"
)


def is_registered(view: PageView, quote: Quote | None) -> bool:
    """Tell whether the law's particulars of a firm stand behind the name: its capital, its register."""
    page = next((p for p in view.pages if quote is not None and p.number == quote.page), None)
    if page is None or quote is None or not LEGAL_FORM.search(quote.text):
        return False
    places: Iterable[int] = (m.end() for m in re.finditer(re.escape(quote.text), page.text))
    return any(_REGISTERED.match(folded(page.text[end : end + 60])) for end in places)
