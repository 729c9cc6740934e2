"""Tell what ties a paper to the firms on it, and give them and the account as findings.

Whether a firm's name is whole is told from the text around it.
"""

import re
from collections.abc import Iterable

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.invoices.page.names import name_key
from smeflow.invoices.page.particulars import LEGAL_FORM, find_ibans
from smeflow.invoices.page.parties import Parties
from smeflow.invoices.page.view import PageView
from smeflow.invoices.record_parts import Party
from smeflow.kinds.records import Finding


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


def is_in_domain(view: PageView, name: str) -> bool:
    """Tell whether a domain on the page is made of the name; whose page or mail it is, is not asked."""
    letters = re.sub(r"[^a-z0-9]", "", name_key(name))
    hosts = re.findall(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9.-]+)", folded(view.text))
    return len(letters) >= 5 and any(letters in host.replace("-", "").replace(".", "") for host in hosts)


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


def party_findings(parties: Parties) -> dict[str, Finding]:
    """Give seller and buyer with what is known of each."""
    findings: dict[str, Finding] = {}
    sides = (("seller", parties.seller, parties.seller_ids), ("buyer", parties.buyer, parties.buyer_ids))
    for role, firm, ids in sides:
        if firm:
            findings[role] = Finding(value=firm.name, quote=firm.quote, note=firm.note)
        values = {kind: value for kind, (value, _) in ids.items()}
        quote: Quote | None = firm.quote if firm else next((q for _, q in ids.values()), None)
        if firm or values:
            details = Party.model_validate({"name": firm.name if firm else None, **values})
            findings[f"{role}_details"] = Finding(value=details, quote=quote)
    return findings


def account_finding(view: PageView) -> dict[str, Finding]:
    """Take the IBAN where there is one; of several none is chosen, since money would go there."""
    ibans = find_ibans(view)
    return {"iban": Finding(value=ibans[0][0], quote=ibans[0][1])} if len(ibans) == 1 else {}
