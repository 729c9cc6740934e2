"""Tell seller and buyer: by the list of suppliers, labels, the firm's own names, and what is beside them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.documents.page_text import Piece
from smeflow.i18n import Phrase, say
from smeflow.invoices.checks import bare_number
from smeflow.invoices.page.names import NameCandidate, find_names, may_be_same_firm, name_key
from smeflow.invoices.page.particulars import (
    BUYER_WORDS,
    LEGAL_FORM,
    PARTICULARS,
    PartyNumbers,
    assign_numbers,
    find_ibans,
    numbers_on_page,
)
from smeflow.invoices.page.view import PageView
from smeflow.invoices.record_parts import Party
from smeflow.kinds.records import Finding, SupplierLookup

_SIREN = 9


def known_supplier(
    view: PageView, names: Sequence[NameCandidate], own_ids: Sequence[str], suppliers: SupplierLookup
) -> NameCandidate | None:
    """Give the one supplier of the list that the page names; None where it names none or several."""
    own = set(map(bare_number, own_ids))
    by_number: dict[str, NameCandidate] = {}
    for number in numbers_on_page(view):
        if number.value in own or number.value[:_SIREN] in own:
            continue
        name = _by_number(number.kind, number.value, suppliers)
        if name:
            note = say("Known from the list of suppliers by {number}.", number=number.value)
            by_number.setdefault(
                name, NameCandidate(name, number.page, number.start, number.end, seller=9.0, note=note)
            )
    if by_number:
        return _as_printed(by_number.popitem()[1], names) if len(by_number) == 1 else None
    listed = [(known, name) for name in names if (known := suppliers("name", name.name)) is not None]
    if len({known for known, _ in listed}) != 1:
        return None
    known, best = max(listed, key=lambda pair: pair[1].seller)
    if best.buyer - best.seller > 2.0:
        return None  # it is named as the one who pays
    return replace(best, note=say("Known from the list of suppliers as {name}.", name=known))


def _by_number(kind: str, value: str, suppliers: SupplierLookup) -> str | None:
    name = suppliers(kind, value)
    if name is None and kind == "legal_id" and len(value) > _SIREN:
        name = suppliers(kind, value[:_SIREN])  # the list has the company's number, the page the branch's
    return name


def _as_printed(known: NameCandidate, names: Sequence[NameCandidate]) -> NameCandidate:
    """Give the name as the page prints it, where it does: a logo is a picture."""
    printed = [name for name in names if may_be_same_firm(name.name, known.name)]
    return replace(printed[0], note=known.note) if printed else known


_DOMAIN = re.compile(r"(?:@|www\.|https?://)(?:www\.)?([\w-]+(?:\.[\w-]+)*)\.[a-z]{2,}", re.IGNORECASE)
_MAILERS = "gmail googlemail hotmail outlook yahoo orange wanadoo free gmx web t-online icloud laposte sfr"
_RESERVED = ("example", "localhost")
"""Names that are kept from everybody (RFC 2606, RFC 6761)."""
_NOBODYS_OWN = frozenset([*_MAILERS.split(" "), *_RESERVED])
_MARGIN = 0.9
_ENOUGH = 2.4
_HEADLINE = 1.5
_HEADING = 2.2
"""Enough for a name that heads the first page and is far ahead of every other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParty:
    """A party found on the page."""

    name: str
    quote: Quote
    joined: bool = False
    """Two lines were taken for one name."""
    placed: bool = False
    """Only its place on the page tells its role."""
    note: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who sells and who buys, as far as it is clear, and their identifiers."""

    seller: PageParty | None = None
    buyer: PageParty | None = None
    seller_ids: PartyNumbers = field(default_factory=dict)
    buyer_ids: PartyNumbers = field(default_factory=dict)


def find_parties(
    view: PageView,
    *,
    own_names: Sequence[str] = (),
    own_ids: Sequence[str] = (),
    suppliers: SupplierLookup | None = None,
) -> Parties:
    """Find seller and buyer of *view*; *own_names* and *own_ids* are the firm's own: it is the buyer.

    One of *suppliers* is the seller: by a number on the page, even where its name is but a logo, or by name.
    """
    names = find_names(view)
    for key, name in names.items():
        _weigh(view, key, name, own_names)
        if name.headline and not _is_firm(view, key, name):
            name.seller = min(name.seller, _HEADLINE)
    sellers = [n for n in names.values() if not _is_own(n.name, own_names)]
    known = known_supplier(view, sellers, own_ids, suppliers) if suppliers else None
    buyer_named = any(name.labelled and name.buyer >= 2.5 for name in names.values())
    enough = 1.6 if buyer_named else _ENOUGH
    seller = known or _pick(sellers, "seller", enough) or _only_firm(view, sellers)
    seller = seller or _head_of_receipt(view)
    placed = None if seller else _by_place(view, sellers)
    seller = seller or placed
    rest = [n for n in names.values() if seller is None or not may_be_same_firm(n.name, seller.name)]
    buyer = _pick(rest, "buyer", 2.0) or (_remaining_address(rest) if seller else None)
    seller_ids, buyer_ids = assign_numbers(view, (buyer.page, buyer.start) if buyer else None, own_ids)
    return Parties(
        seller=_page_party(view, seller, placed=placed is not None),
        buyer=_page_party(view, buyer),
        seller_ids=seller_ids,
        buyer_ids=buyer_ids,
    )


def _page_party(view: PageView, name: NameCandidate | None, *, placed: bool = False) -> PageParty | None:
    if name is None:
        return None
    return PageParty(
        name=name.name,
        quote=view.quote_span(name.page, name.start, name.end),
        joined=name.joined,
        placed=placed,
        note=name.note,
    )


def _is_firm(view: PageView, key: str, name: NameCandidate) -> bool:
    """Tell whether a headline has a legal form or a firm's particulars under it: a slogan has neither."""
    return bool(LEGAL_FORM.search(name.name)) or any(
        particulars_below(view, number, piece) for number, piece in _places_of(view, key)
    )


def _is_own(name: str, own: Sequence[str]) -> bool:
    return any(may_be_same_firm(name, own_name) for own_name in own if own_name)


def _weigh(view: PageView, key: str, name: NameCandidate, own: Sequence[str]) -> None:
    """Add up what the places of a name say."""
    if _is_own(name.name, own):
        name.add(seller=-6.0, buyer=5.0)
    if LEGAL_FORM.search(name.name):
        name.add(seller=0.4, buyer=0.2)
    places = list(_places_of(view, key))
    foot = [p for number, p in places if p.box.top > 0.75 or _in_last_lines(view, number, p)]
    top = [p for n, p in places if n == 0 and p.box.top < 0.12]
    if foot:
        name.seller += 1.2 if len(places) > 1 else 0.7
    if top:
        name.seller += 0.7
    if len(places) > 2:
        name.seller += 0.3
    if any(PARTICULARS.search(folded(p.text)) and not BUYER_WORDS.search(folded(p.text)) for _, p in places):
        name.seller += 1.2
    elif name.buyer < 2.5:
        name.seller += max((particulars_below(view, number, piece) for number, piece in places), default=0.0)
    compact = key.replace(" ", "")
    for match in _DOMAIN.finditer(view.text):
        host = folded(match[1]).split(".")[-1].replace("-", "")
        if (
            len(host) > 3
            and host not in _NOBODYS_OWN
            and (host in compact or (len(compact) > 3 and compact in host))
        ):
            in_buyers_block = name.buyer >= 2.0 and name.page == 0 and match.start() > 0
            name.seller += 0.0 if in_buyers_block else 1.5
            break
    if places and places[0][0] == 0 and places[0][1].start == view.pieces[0][0].start:
        name.seller += 0.8
        name.first = True


_LONGEST_BLOCK = 40
"""Lines of the block under a name."""


def particulars_below(view: PageView, page: int, piece: Piece) -> float:
    """Weigh the particulars in the block under a name: a seller tells more of itself than a buyer."""
    height = piece.box.height
    last = piece.box.bottom
    particulars: set[str] = set()
    for other in view.pieces[page]:
        if other.line <= piece.line or abs(other.box.left - piece.box.left) > 0.02:
            continue
        if other.line > piece.line + _LONGEST_BLOCK:
            break
        is_label = any(o.start == other.start for o in view.labels_of("buyer", "seller") if o.page == page)
        sums = any(s.value.money for s in view.amounts_by_line.get((page, other.line), ()))
        capital = "capital" in folded(other.text)
        if other.box.top - last > 1.3 * height or is_label or (sums and not capital):
            break
        last = other.box.bottom
        particulars |= {match.lastgroup or "" for match in _PARTICULARS.finditer(folded(other.text))}
    if particulars & {"registered", "bank"}:
        return 1.6
    return 1.2 if len(particulars) > 1 else 0.8 if particulars else 0.0


_PARTICULARS = re.compile(
    r"(?P<registered>\br\.?c\.?s\b|capital|\bape\b|\bnaf\b|\bhrb\b|\bkvk\b|registered|company no)|"
    r"(?P<bank>\biban\b|\bbic\b)|"
    r"(?P<number>siret|siren|ust-?id|vat (?:no|reg|id)|\bvat\b.{0,4}[a-z]{2}\s?\d|\btva\b|\bbtw\b|\bcvr\b|"
    r"p\.?\s?iva|\bnif\b|\bcif\b|\babn\b)|"
    r"(?P<phone>\bt[ée]l|phone|\bfax\b|\+\d\d\s?\d|📞)|(?P<mail>@|✉)|(?P<web>www\.|https?:)"
)


def _in_last_lines(view: PageView, page: int, piece: Piece) -> bool:
    """Tell whether a piece with a firm's particulars stands on one of the last lines of a page."""
    last = view.pieces[page][-1].line
    return last - 4 < piece.line and piece.line > 12 and bool(PARTICULARS.search(folded(piece.text)))


def _places_of(view: PageView, key: str) -> Iterator[tuple[int, Piece]]:
    """Give the pieces that hold the name as whole words."""
    for number, piece in view.all_pieces():
        if f" {key} " in _spaced_words(piece.text):
            yield number, piece


@lru_cache(maxsize=1 << 11)
def _spaced_words(text: str) -> str:
    """Give the folded words of a text with a space before and behind each."""
    words = re.sub(r"[^\w&]+", " ", folded(text))
    return f" {words} "


def _remaining_address(names: Sequence[NameCandidate]) -> NameCandidate | None:
    """Take the only address that is not the seller's."""
    blocks = [n for n in names if n.buyer >= 0.8 and n.seller < 1.5 and n.page == 0]
    return blocks[0] if blocks and all(may_be_same_firm(n.name, blocks[0].name) for n in blocks) else None


def _pick(names: Sequence[NameCandidate], role: str, enough: float) -> NameCandidate | None:
    """Take the name with the best score where it is clearly ahead."""
    ranked = sorted(names, key=lambda name: -name.score(role))
    if not ranked:
        return None
    best, *others = ranked
    score, against = best.score(role), best.score("buyer" if role == "seller" else "seller")
    rivals = (other.score(role) for other in others if not may_be_same_firm(other.name, best.name))
    ahead = score - next(rivals, 0.0)
    if ahead > 1.2 and role == "seller" and best.first:
        enough = min(enough, _HEADING)
    if score < enough or ahead < _MARGIN or (against > score and not best.labelled):
        return None
    same = (other for other in others if may_be_same_firm(other.name, best.name))
    return best if best.labelled else next((other for other in same if other.labelled), best)


def _by_place(view: PageView, names: Sequence[NameCandidate]) -> NameCandidate | None:
    """Take the name at the head of the first page where no other is as good; it stays to be looked at."""
    ranked = sorted((n for n in names if n.page == 0 and not n.joined), key=lambda n: -n.seller)
    best = ranked[0] if ranked else None
    if best is None or best.seller < 1.4 or best.buyer >= 2.0:
        return None
    rivals = [
        n for n in ranked[1:] if not may_be_same_firm(n.name, best.name) and best.seller - n.seller < 0.35
    ]
    return None if rivals else best


def _head_of_receipt(view: PageView) -> NameCandidate | None:
    """Take the first line in plain letters at the head of a till receipt."""
    for piece in view.pieces[0] if view.is_receipt else ():
        text = piece.text.strip()
        words = re.findall(r"[^\W\d_]+", text)
        named = len(words) > 1 and all(w[0].isupper() for w in words) and max(map(len, words)) > 3
        if piece.box.top < 0.2 and len(text) >= 10 and sum(map(len, words)) > 0.8 * len(text) and named:
            if view.has_label(0, piece) or len(text) > 50:
                return None
            return NameCandidate(text, 0, piece.start, piece.start + len(piece.text))
    return None


def _only_firm(view: PageView, names: Sequence[NameCandidate]) -> NameCandidate | None:
    """Take the only firm on a page that heads it, as on a till receipt."""
    firms = [n for n in names if LEGAL_FORM.search(n.name) and n.buyer < 2]
    head = view.pieces[0][0].end if view.pieces and view.pieces[0] else 0
    better = [n for n in names if firms and n.seller > firms[0].seller and not (n.first and n.end <= head)]
    if not firms or better or any(n.buyer >= 2 for n in names):
        return None
    if any(not may_be_same_firm(n.name, firms[0].name) for n in firms):
        return None
    piece = next((p for p in view.pieces[firms[0].page] if p.start <= firms[0].start < p.end), None)
    if piece is None or firms[0].page != 0 or piece.box.top > 0.25 or len(view.pages) > 1:
        return None
    if view.is_receipt:
        return firms[0]
    height = piece.box.height
    above = [
        p
        for p in view.pieces[0]
        if 0 < piece.box.top - p.box.top < 2 * height and p.box.left < piece.box.right
    ]
    worded = [p for p in above if re.search(r"[^\W\d_]{4}", p.text)]
    return _two_lines(view, worded, piece, firms[0]) if worded else firms[0]


def _two_lines(
    view: PageView, above: Sequence[Piece], piece: Piece, name: NameCandidate
) -> NameCandidate | None:
    """Join the head of a page with the line under it that has the legal form; it stays to be looked at."""
    first = above[0]
    heads = len(above) == 1 and first.start == view.pieces[0][0].start
    if not heads or abs(first.box.left - piece.box.left) > 0.01 or re.search(r"[\d:()@]", first.text):
        return None
    full_name = f"{first.text.strip()} {name.name}"
    return NameCandidate(full_name, name.page, first.start, piece.end, seller=name.seller, joined=True)


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
