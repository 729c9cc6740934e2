"""Find seller and buyer: by labels, the firm's own names, where names recur and what stands beside them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from smeflow._text import folded
from smeflow.documents.base import Quote
from smeflow.readers.layout.ids import CLIENTS, Ids, share_ids
from smeflow.readers.layout.view import Label, View
from smeflow.readers.places import Piece

_FORMS = (
    r"s\.?a\.?r\.?l|s\.?a\.?s\.?u?|e\.?u\.?r\.?l|s\.?a|s\.?n\.?c|s\.?c\.?i|s\.?c\.?o\.?p|s\.?e\.?l\.?a\.?r\.?l|asbl|"
    r"s\.?p\.?r\.?l|auto-entrepreneur|gmbh(?:\s*&\s*co\.?\s*kg)?|ag|ug|ohg|kg|kgaa|e\.?\s?k\.?|e\.?\s?v\.?|a\.?\s?g\.?|"
    r"mbh|gbr|eg|se|verein|ltd|limited|llc|inc|corp|corporation|plc|llp|pty|pte|co|company|association|"
    r"sdn\.?\s*bhd|bhd|pvt|b\.?\s?v|n\.?\s?v|v\.?o\.?f|s\.?p\.?a|s\.?r\.?l|s\.?l|s\.?l\.?u|s\.?c\.?a|a/s|aps|oy|ab|"
    r"sp\.?\s*z\s*o\.?o|s\.r\.o|kft"
)
_FORM = re.compile(rf"(?<![\w&])(?:{_FORMS})\.?(?:\s(?:{_FORMS})\.?)*(?![\w&])", re.IGNORECASE)
_FORM_FIRST = re.compile(
    r"(?:SARL|S\.A\.R\.L\.|SASU?|S\.A\.S\.|SA|EURL|SCI|SNC|SCOP|Sarl|Société|Ets|Établissements|Etablissements|Entreprise|"
    r"Cabinet|Maison|Garage|Boulangerie|Fa\.)\s+(?=[A-ZÀ-Ý0-9])"
)
_ZIP = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,2}[- ])?\d{4,5}\s+[^\W\d_]{2}|\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b|"
    r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b|\b\d{4}\s?[A-Z]{2}\b"
)
_STREET = re.compile(
    r"\d.*\b(?:rue|avenue|av|bd|boulevard|place|chemin|allee|impasse|quai|route|street|st|road|rd|lane|ave|via|"
    r"viale|piazza|calle|camino|plaza|jalan|weg|platz)\b|"
    r"(?:str|strasse|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein)\.?\s*\d|"
    r"^(?:via|viale|piazza|corso|calle|c/|avda|plaza|rua)\b.*\d|^c/",
)
_OWN = re.compile(
    r"siret|siren|rcs|capital|\bape\b|\bnaf\b|hrb|hra\b|handelsregister|geschaftsfuhrer|amtsgericht|"
    r"registergericht|vorstand|ust-?id|steuer-?nr|steuernummer|\btva\b|vat (?:no|reg|number|id)|iban|"
    r"bankverbindung|kvk|btw|p\.?\s?iva|partita iva|\bcif\b|\bnif\b|gst|company (?:no|reg)|registered|"
    r"siege social|kontoinhaber|account holder|titulaire|www\.|http|@"
)
_SEPARATOR = re.compile(r"\s*(?:[·•●|¦]|\s[-–—]\s|,\s)\s*")
_FOREIGN = re.compile(r"[.:@]|https?|www|\btel\b|\bfax\b", re.IGNORECASE)
_GREETINGS = (
    r"herrn?|frau|firma|m\.|mme|mr\.?|mrs\.?|ms\.?|monsieur|madame|an|à|to|société|messrs\.?|z\.?\s?hd\.?"
)
_GREETING = re.compile(rf"^(?:{_GREETINGS})\s*$", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:@|www\.|https?://)(?:www\.)?([\w-]+(?:\.[\w-]+)*)\.[a-z]{2,}", re.IGNORECASE)
_MAILERS = (
    "gmail googlemail hotmail outlook yahoo orange wanadoo free gmx web t-online icloud laposte sfr example"
)
_FREE_MAIL = frozenset([*_MAILERS.split(" "), "localhost"])
_MARGIN = 0.9
_ENOUGH = 2.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A party found on the page."""

    name: str
    quote: Quote
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who sells and who buys, as far as it is clear, and their identifiers."""

    seller: Firm | None = None
    buyer: Firm | None = None
    seller_ids: Ids = field(default_factory=dict)
    buyer_ids: Ids = field(default_factory=dict)


@dataclass(slots=True)
class _Name:
    """A name under trial: where it stands, and what speaks for either role."""

    name: str
    page: int
    start: int
    end: int
    seller: float = 0.0
    buyer: float = 0.0
    labelled: bool = False


def find_parties(view: View, *, own_names: Sequence[str] = (), own_ids: Sequence[str] = ()) -> Parties:
    """Find seller and buyer of *view*; *own_names* and *own_ids* are the firm's own: it is the buyer."""
    names: dict[str, _Name] = {}
    for role in ("seller", "buyer"):
        for label in view.named(role):
            _from_label(view, label, role, names)
    _from_blocks(view, names)
    _from_forms(view, names)
    _from_other_labels(view, names)
    _from_foot(view, names)
    for key, name in names.items():
        _weigh(view, key, name, own_names)
    sellers = [n for n in names.values() if not _is_own(n.name, own_names)]
    told = any(n.labelled and n.buyer >= 2.5 for n in names.values())
    seller = _pick(sellers, "seller", 1.6 if told else _ENOUGH) or _only_firm(view, sellers)
    rest = [n for n in names.values() if seller is None or not _alike(n.name, seller.name)]
    buyer = _pick(rest, "buyer", 2.0) or (_left_over(rest) if seller else None)
    mine, theirs = share_ids(view, (buyer.page, buyer.start) if buyer else None, own_ids)
    return Parties(seller=_firm(view, seller), buyer=_firm(view, buyer), seller_ids=mine, buyer_ids=theirs)


def _firm(view: View, name: _Name | None) -> Firm | None:
    if name is None:
        return None
    return Firm(
        name=name.name,
        quote=view.quote_span(name.page, name.start, name.end),
        score=max(name.seller, name.buyer),
    )


def _add(names: dict[str, _Name], view: View, page: int, start: int, end: int) -> _Name | None:
    """Register a stretch of text as a name, unless it cannot be one."""
    raw = view.pages[page].text[start:end]
    text = re.split(r"\s{2,}|\s[-–—·•●|]\s|[·•●|]|,\s(?!inc|llc|ltd)|\s\(|\n", raw)[0].strip(" :,;-–‘’'\"*_")
    start += raw.find(text) if text else 0
    key = _key(text)
    if (
        not (2 <= len(text) <= 70)
        or not re.search(r"[^\W\d_]{2}", text)
        or _FOREIGN.search(re.sub(_FORM, "", text)[:-1])
    ):
        return None
    if not re.search(r"[^\W\d_]{2}", _FORM.sub(" ", text)):
        return None
    if (
        sum(c.isdigit() for c in text) > 3
        or _ZIP.search(text)
        or _STREET.search(folded(text))
        or view_label(view, text)
    ):
        return None
    if key not in names:
        names[key] = _Name(text, page, start, start + len(text))
    return names[key]


def view_label(view: View, text: str) -> bool:
    """Tell whether a text is itself a label, or holds the label of an amount: no name."""
    hits = view.words.find(text)
    whole = any(h.end - h.start >= len(text.rstrip(" .:")) - 1 for h in hits)
    return whole or any(h.field.startswith(("total_", "amount_due")) and h.end - h.start > 4 for h in hits)


def _key(text: str) -> str:
    """Give a name without its legal form, case and dots."""
    flat = re.sub(r"[^\w&]+", " ", folded(_FORM.sub(" ", text))).strip()
    return flat or folded(text)


def _alike(one: str, other: str) -> bool:
    a, b = _key(one), _key(other)
    return bool(a and b) and (a == b or f" {a} " in f" {b} " or f" {b} " in f" {a} ")


def _is_own(name: str, own: Sequence[str]) -> bool:
    return any(_alike(name, mine) for mine in own if mine)


def _from_label(view: View, label: Label, role: str, names: dict[str, _Name]) -> None:
    """Take the name behind, right of or below a label for a party."""
    page = view.pages[label.page]
    pieces = view.pieces[label.page]
    own = pieces[label.piece]
    before = page.text[own.start : label.start]
    word = folded(page.text[label.start : label.end])
    behind = page.text[label.end : own.end]
    if re.fullmatch(r"[\W_]*", _FORM.sub("", behind)) and re.search(r"\w", behind):
        return  # the word is part of a name: "Lieferant GmbH"
    short = len(word) <= 4  # "à", "de", "to", "an", "from": words of every sentence
    if before.strip(" /&") and not re.search(r"[/&|]\s*$", before):
        return
    if re.match(r"\s*[:=]\s*\S", behind) or (
        not short and re.match(r"\s+[^\W\d_]", behind) and _FORM.search(behind)
    ):
        start = label.end + len(behind) - len(behind.lstrip(" :="))
        _credit(_add(names, view, label.page, start, own.end), role)
        return
    if re.sub(r"[\W_]|leistungsempfanger", "", folded(behind)) and not (
        short is False and behind.strip()[:1] in "/("
    ):
        return
    below = [
        p for p in pieces
        if own.box.left - 0.04 < p.box.left < max(own.box.right, own.box.left + 0.12)
        and 0 < p.box.top - own.box.top < 5.5 * (own.box.bottom - own.box.top)
    ]  # fmt: skip
    right = [p for p in pieces if p.line == own.line and p.start >= own.end]
    if (
        right
        and not short
        and not view_label(view, right[0].text)
        and not _labelled_piece(view, label.page, right[0])
    ):
        found = _add(names, view, label.page, right[0].start, right[0].end)
        if found:
            _credit(found, role)
            return
    for piece in sorted(below, key=lambda p: (p.line, p.start))[:5]:
        if _NAME_LABEL.fullmatch(piece.text):
            beside = [p for p in pieces if p.line == piece.line and p.start > piece.end]
            piece = beside[0] if beside else piece  # noqa: PLW2901 - the name stands in the cell beside
        begin = _after_name_label(piece)
        if begin is None or _GREETING.match(piece.text):
            continue
        found = _add(names, view, label.page, begin, piece.end)
        if found:
            _credit(found, role)
            if _goes_on(view, label.page, piece, found.name) or _begins_above(view, label, piece):
                found.seller, found.buyer = min(found.seller, 1.0), min(found.buyer, 1.0)
            return


def _goes_on(view: View, page: int, piece: Piece, name: str) -> bool:
    """Tell whether the next line may belong to the name: it has the legal form that the first line lacks."""
    if _FORM.search(name):
        return False
    height = piece.box.bottom - piece.box.top
    for other in view.pieces[page]:
        down = other.box.top - piece.box.top
        if 0 < down < 2 * height and abs(other.box.left - piece.box.left) < 0.03:
            form = _FORM.search(other.text)
            return bool(form) and not _ZIP.search(other.text) and not _STREET.search(folded(other.text))
    return False


_NAME_LABEL = re.compile(r"(?:name|nom|raison sociale|firma|company|société)\s*:", re.IGNORECASE)


def _begins_above(view: View, label: Label, piece: Piece) -> bool:
    """Tell whether the line above a name, in its column and alone, may be the beginning of the name."""
    height = piece.box.bottom - piece.box.top
    for above in view.pieces[label.page]:
        if 0 < piece.box.top - above.box.top < 1.8 * height and abs(above.box.left - piece.box.left) < 0.01:
            left = [p for p in view.pieces[label.page] if p.line == above.line and p.start < above.start]
            title = above.line == label.line or above.start <= label.start < above.end
            return (
                not left
                and not title
                and not _GREETING.match(above.text)
                and not re.search(r"\d|:", above.text)
            )
    return False


def _after_name_label(piece: Piece) -> int | None:
    """Skip "Nummer: 549910" between a party's label and its name, and the word "Name:" before it."""
    match = re.match(
        r"(?:name|nom|raison sociale|firma|company|société)\s*:?\s+(?=\S)", piece.text, re.IGNORECASE
    )
    if match:
        return piece.start + match.end()
    return None if re.match(r"[^:]{2,30}:", piece.text) else piece.start


def _labelled_piece(view: View, page: int, piece: Piece, *fields: str) -> bool:
    labels = view.named(*fields) if fields else view.labels
    return any(o.page == page and piece.start <= o.start < piece.end for o in labels)


def _credit(name: _Name | None, role: str) -> None:
    if name is not None:
        name.labelled = True
        if role == "seller":
            name.seller += 3.0
            name.buyer -= 2.0
        else:
            name.buyer += 3.0
            name.seller -= 3.0


def _from_blocks(view: View, names: dict[str, _Name]) -> None:
    """Take the first line of each address block on the first page."""
    if not view.pieces:
        return
    pieces = view.pieces[0]
    for piece in pieces:
        if not _ZIP.search(piece.text) or piece.box.top > 0.5:
            continue
        if _SEPARATOR.search(piece.text):  # a sender's line: name, street and town in one
            found = _add(names, view, 0, piece.start, piece.end)
            if found:
                found.seller += 2.0
                found.buyer -= 1.0
            continue
        block = _block(pieces, piece)
        for first in block:
            if _GREETING.match(first.text):
                continue
            found = _add(names, view, 0, first.start, first.end)
            if found and len(block) > 1:
                found.buyer += 0.8
            break


def _block(pieces: Sequence[Piece], town: Piece) -> list[Piece]:
    """Give the pieces above the line with the town that stand in one column with it, from the top."""
    block = [town]
    for piece in sorted((p for p in pieces if p.line < town.line), key=lambda p: -p.line):
        top = block[0]
        height = town.box.bottom - town.box.top
        if abs(piece.box.left - town.box.left) < 0.02 and top.box.top - piece.box.bottom < 1.3 * height:
            if len(block) >= 6:
                break
            block.insert(0, piece)
    return block


def _from_forms(view: View, names: dict[str, _Name]) -> None:
    """Take every piece that names a legal form."""
    for number, pieces in enumerate(view.pieces):
        for piece in pieces:
            first = _FORM_FIRST.match(piece.text)
            if first and len(piece.text.split()) > 1 and len(piece.text) < 90:
                _add(names, view, number, piece.start, piece.end)
                continue
            match = _FORM.search(piece.text)
            if match and match.start() > 2 and len(piece.text) < 140:
                before = re.sub(r",(?=\s*$)", " ", piece.text[: match.start()])  # "Web Services, Inc."
                head = re.split(r"[·•●|]|\s[-–—]\s|,\s|:\s", before + match[0])[-1]
                if re.match(r"[A-ZÀ-Ý0-9]", head.strip(" ‘'\"*_")) and len(head.split()) <= 7:
                    at = piece.start + match.end() - len(head)
                    _add(names, view, number, at, piece.start + match.end())


def _from_foot(view: View, names: dict[str, _Name]) -> None:
    """Take the short line above a firm's own particulars at the foot of a page, and who owns the account."""
    for number, pieces in enumerate(view.pieces):
        for above, piece in pairwise(pieces):
            flat = folded(piece.text)
            if (
                piece.box.top > 0.7
                and _OWN.search(flat)
                and above.line == piece.line - 1
                and len(above.text) < 40
            ):
                found = _add(names, view, number, above.start, above.end)
                if found:
                    found.seller += 0.5
            holder = re.search(
                r"(?:titulaire(?: du compte)?|kontoinhaber|account holder|account name)\s*:\s*", flat
            )
            if holder:
                named = names.get(_key(piece.text[-(len(flat) - holder.end()) :]))
                if named:
                    named.seller += 1.0


def _from_other_labels(view: View, names: dict[str, _Name]) -> None:
    """Count against both roles what stands behind "Ship to" or "Contact"."""
    for label in view.named("other_party"):
        own = view.pieces[label.page][label.piece]
        behind = view.pages[label.page].text[label.end : own.end].strip(" :")
        name = names.get(_key(behind)) if behind else None
        if name and not name.labelled:
            name.seller -= 0.5


def _weigh(view: View, key: str, name: _Name, own: Sequence[str]) -> None:
    """Add up what the places of a name say."""
    if _is_own(name.name, own):
        name.buyer += 5.0
        name.seller -= 6.0
    if _FORM.search(name.name):
        name.seller += 0.4
        name.buyer += 0.2
    places = list(_places_of(view, key))
    foot = [p for _, p in places if p.box.top > 0.75]
    top = [p for n, p in places if n == 0 and p.box.top < 0.12]
    if foot and len(places) > 1:
        name.seller += 1.2
    elif foot:
        name.seller += 0.7
    if top:
        name.seller += 0.7
    if len(places) > 2:
        name.seller += 0.3
    if any(_OWN.search(folded(p.text)) and not CLIENTS.search(folded(p.text)) for _, p in places):
        name.seller += 1.2
    elif any(_particulars_below(view, number, piece) for number, piece in places if name.buyer < 2.5):
        name.seller += 0.8
    compact = key.replace(" ", "")
    for match in _DOMAIN.finditer(view.text):
        host = folded(match[1]).split(".")[-1].replace("-", "")
        if (
            len(host) > 3
            and host not in _FREE_MAIL
            and (host in compact or (len(compact) > 3 and compact in host))
        ):
            near = _buyer_mail(view, match.start(), name)
            name.seller += 0.0 if near else 1.5
            break
    if places and places[0][0] == 0 and places[0][1].start == view.pieces[0][0].start:
        name.seller += 0.8


def _particulars_below(view: View, page: int, piece: Piece) -> bool:
    """Tell whether a firm's particulars stand in the block under its name."""
    height = piece.box.bottom - piece.box.top
    last = piece.box.bottom
    for other in view.pieces[page]:
        if other.line <= piece.line or abs(other.box.left - piece.box.left) > 0.02:
            continue
        if other.box.top - last > 1.3 * height or _labelled_piece(view, page, other, "buyer", "seller"):
            return False
        last = other.box.bottom
        if re.search(r"siret|siren|rcs|hrb|ust-?id|vat (?:no|reg|id)|p\.?\s?iva|\bnif\b|\bcif\b|kvk|\babn\b", folded(other.text)):
            return True
    return False


def _buyer_mail(view: View, at: int, name: _Name) -> bool:
    """Tell whether the address with the name's domain stands in the name's own block, as buyers' do."""
    return name.buyer >= 2.0 and name.page == 0 and at > 0


def _places_of(view: View, key: str) -> Iterator[tuple[int, Piece]]:
    """Give the pieces that hold the name as whole words."""
    for number, pieces in enumerate(view.pieces):
        for piece in pieces:
            words = re.sub(r"[^\w&]+", " ", folded(piece.text))
            if f" {key} " in f" {words} ":
                yield number, piece


def _left_over(names: Sequence[_Name]) -> _Name | None:
    """Take the only address that is not the seller's."""
    blocks = [n for n in names if n.buyer >= 0.8 and n.seller < 1.5 and n.page == 0]
    return blocks[0] if blocks and all(_alike(n.name, blocks[0].name) for n in blocks) else None


def _pick(names: Sequence[_Name], role: str, enough: float) -> _Name | None:
    """Take the name with the best score where it is clearly ahead."""
    ranked = sorted(names, key=lambda n: -(n.seller if role == "seller" else n.buyer))
    if not ranked:
        return None
    best = ranked[0]
    score = best.seller if role == "seller" else best.buyer
    against = best.buyer if role == "seller" else best.seller
    others = [n for n in ranked[1:] if not _alike(n.name, best.name)]
    second = (others[0].seller if role == "seller" else others[0].buyer) if others else 0.0
    if score < enough or score - second < _MARGIN or (against > score and not best.labelled):
        return None
    same = [n for n in ranked if _alike(n.name, best.name) and n is not best]
    labelled = [n for n in same if n.labelled and not best.labelled]
    return labelled[0] if labelled else best


def _only_firm(view: View, names: Sequence[_Name]) -> _Name | None:
    """Take the only firm on a page that heads it, as on a till receipt."""
    firms = [n for n in names if _FORM.search(n.name) and n.buyer < 2]
    if not firms or any(not _alike(n.name, firms[0].name) for n in firms) or any(n.buyer >= 2 for n in names):
        return None
    piece = next((p for p in view.pieces[firms[0].page] if p.start <= firms[0].start < p.end), None)
    if piece is None or firms[0].page != 0 or piece.box.top > 0.25 or len(view.pages) > 1:
        return None
    height = piece.box.bottom - piece.box.top
    above = [
        p
        for p in view.pieces[0]
        if 0 < piece.box.top - p.box.top < 2 * height and p.box.left < piece.box.right
    ]
    # A line right above may be the beginning of the name.
    return None if any(re.search(r"[^\W\d_]{4}", p.text) for p in above) else firms[0]
