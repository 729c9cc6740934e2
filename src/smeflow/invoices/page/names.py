"""Find what may be the name of a seller or a buyer: beside labels, over addresses, with a legal form."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from smeflow._text import folded
from smeflow.documents.page_text import Piece
from smeflow.extract.labels import LabelHit
from smeflow.i18n import Phrase
from smeflow.invoices.checks import either_contains
from smeflow.invoices.page.heading import kind_of_title
from smeflow.invoices.page.particulars import (
    LEGAL_FORM,
    LEGAL_FORM_FIRST,
    LEGAL_FORMS,
    NOT_IN_NAMES,
    PARTICULARS,
    SALUTATION,
    SEPARATOR,
    STREET,
    ZIP,
    is_no_firm,
)
from smeflow.invoices.page.surroundings import heads_column
from smeflow.invoices.page.view import PageView, PlacedLabel, once


@dataclass(slots=True)
class NameCandidate:
    """A name under trial: where it stands, and what speaks for either role."""

    name: str
    page: int
    start: int
    end: int
    seller: float = 0.0
    buyer: float = 0.0
    """How much speaks for it as the seller's and as the buyer's."""
    labelled: bool = False
    first: bool = False
    """It heads the first page."""
    note: Phrase | None = None
    headline: bool = False
    """Nothing but its place at the head of the page says that it is a name: it may be a slogan."""
    joined: bool = False
    """It was put together of two lines: it may be two things."""

    def score(self, role: str) -> float:
        """Give what speaks for a role."""
        return self.seller if role == "seller" else self.buyer

    def add(self, *, seller: float = 0.0, buyer: float = 0.0) -> None:
        """Count something for or against the roles."""
        self.seller += seller
        self.buyer += buyer


def find_names(view: PageView) -> dict[str, NameCandidate]:
    """Give every name on the pages by its key, with what its place says for either role.

    They are the caller's own: what it adds to them stays there.
    """
    return {key: replace(name) for key, name in _names(view).items()}


@once
def _names(view: PageView) -> dict[str, NameCandidate]:
    names: dict[str, NameCandidate] = {}
    for role in ("seller", "buyer"):
        for label in view.labels_of(role):
            _from_label(view, label, role, names)
    _from_blocks(view, names)
    _from_head(view, names)
    _from_forms(view, names)
    _from_other_labels(view, names)
    _from_foot(view, names)
    return names


def _add_name(
    names: dict[str, NameCandidate],
    view: PageView,
    page: int,
    start: int,
    end: int,
    *,
    seller: float = 0.0,
    buyer: float = 0.0,
) -> NameCandidate | None:
    """Register a stretch of text as a name, with what its place says, unless it cannot be one."""
    raw = view.pages[page].text[start:end]
    text = re.split(r"\s{2,}|\s[-–—·•●|]\s|[·•●|]|,\s(?!(?i:inc|llc|ltd|corp)\b)|\s\((?=[^)]*\d)|\n", raw)[
        0
    ].strip(" :,;-–‘’'\"*_")
    start += raw.find(text) if text else 0
    key = name_key(text)
    if (
        not (2 <= len(text) <= 70)
        or not re.search(r"[^\W\d_]{2}", text)
        or NOT_IN_NAMES.search(LEGAL_FORM.sub("", text)[:-1])
        or not re.search(r"[^\W\d_]{2}", LEGAL_FORM.sub(" ", text))
        or text.count("(") != text.count(")")
        or sum(c.isdigit() for c in text) > 3
        or is_no_firm(text)
        or re.match(r"\d{1,4}\s?(?:bis|ter)?,?\s+[a-zà-ÿ]", text)
        or is_label(view, text)
        or is_somebody_else(view, text)
    ):
        return None
    name = names.setdefault(key, NameCandidate(text, page, start, start + len(text)))
    name.add(seller=seller, buyer=buyer)
    return name


def is_label(view: PageView, text: str) -> bool:
    """Tell whether a text is itself a label, or holds the label of an amount: no name."""
    hits = view.words.find(text)
    amounts = [h for h in hits if h.field.startswith(("total_", "amount_due")) and h.end - h.start > 4]
    return _is_whole(hits, text) or (bool(amounts) and not LEGAL_FORM.search(text))


def _is_whole(hits: Sequence[LabelHit], text: str) -> bool:
    return any(h.end - h.start >= len(text.rstrip(" .:")) - 1 for h in hits)


def is_somebody_else(view: PageView, text: str) -> bool:
    """Tell whether a text is a label, or begins with who else a firm is: "Member of the network X"."""
    hits = view.words.find(text)
    return _is_whole(hits, text) or any(
        hit.field == "other_party"
        and hit.start == 0
        and " " in text[: hit.end].strip()
        and hit.end < len(text)
        for hit in hits
    )


@lru_cache(maxsize=1 << 12)
def name_key(text: str) -> str:
    """Give a name without its legal form, case and dots."""
    flat = re.sub(r"[^\w&]+", " ", folded(LEGAL_FORM.sub(" ", text))).strip()
    return flat or folded(text)


def may_be_same_firm(first: str, second: str) -> bool:
    """Tell whether two names may be one firm's: one holds the other, legal forms apart."""
    return either_contains(name_key(first), name_key(second))


def _from_label(view: PageView, label: PlacedLabel, role: str, names: dict[str, NameCandidate]) -> None:
    """Take the name behind, right of or below a label for a party."""
    piece = view.piece_of(label)
    before, following = view.text_before(label), view.text_behind(label)
    if re.fullmatch(r"[\W_]*", LEGAL_FORM.sub("", following)) and re.search(r"\w", following):
        return  # the word is part of a name: "Lieferant GmbH"
    if before.strip(" /&") and not re.search(r"[/&|]\s*$", before):
        return
    short = label.end - label.start <= 4  # "à", "de", "to", "an", "from": words of every sentence
    named = not short and re.match(r"\s+[^\W\d_]", following) and LEGAL_FORM.search(following)
    if named or re.match(r"\s*[:=]\s*\S", following):
        start = label.end + len(following) - len(following.lstrip(" :="))
        _credit(_add_name(names, view, label.page, start, piece.end), role)
    elif not re.sub(r"[\W_]|leistungsempfanger", "", folded(following)) or (
        not short and following.strip()[:1] in "/("
    ):
        right = [p for p in view.pieces[label.page] if p.line == piece.line and p.start >= piece.end]
        if (
            right
            and not short
            and not heads_column(view, label, right[0])
            and not _HEADING.fullmatch(right[0].text.strip(" :."))
            and not is_label(view, right[0].text)
            and not view.has_label(label.page, right[0])
            and (name := _add_name(names, view, label.page, right[0].start, right[0].end))
        ):
            _credit(name, role)
            return
        _from_below(view, label, role, names)


_HEADING = re.compile(
    r"pages?|dates?|num[ée]ro|number|nummer|montant|amount|betrag|r[ée]f[ée]rences?|code|[ée]ch[ée]ance|mode|"
    r"r[èe]glement|seite|pagina|n°|no|nr|id|tva|vat", re.IGNORECASE,
)  # fmt: skip
"""What heads the next column of a table of fields, and is no name."""


def _from_below(view: PageView, label: PlacedLabel, role: str, names: dict[str, NameCandidate]) -> None:
    """Take the first line under a label that can be a name; lines such as "Number: 12" are skipped."""
    pieces = view.pieces[label.page]
    label_piece = pieces[label.piece]
    height = label_piece.box.height
    below = [
        p for p in pieces
        if label_piece.box.left - 0.04 < p.box.left < max(label_piece.box.right, label_piece.box.left + 0.12)
        and 0 < p.line - label_piece.line <= 5 and 0 < p.box.top - label_piece.box.top < 14 * height
    ]  # fmt: skip
    reach = label_piece.box.top + 5.5 * height
    for first in sorted(below, key=lambda p: (p.line, p.start))[:6]:
        if first.box.top > reach:
            return
        beside = [p for p in pieces if p.line == first.line and p.start > first.end]
        piece = beside[0] if beside and _NAME_LABEL.fullmatch(first.text) else first
        begin = _after_name_label(piece)
        if begin is None or SALUTATION.match(piece.text) or re.fullmatch(r"\(.*\)", piece.text.strip()):
            reach = piece.box.top + 5.5 * height
            continue
        if name := _add_name(names, view, label.page, begin, piece.end):
            _credit(name, role)
            other = _continuation(view, label.page, piece, name.name) or _beginning_above(view, label, piece)
            if other:
                name.seller, name.buyer = min(name.seller, 1.0), min(name.buyer, 1.0)
                _join(piece, other, name, role, names)
            return


def _join(
    piece: Piece, other: Piece, name: NameCandidate, role: str, names: dict[str, NameCandidate]
) -> None:
    """Add the name of two lines; whether they are one name, nothing tells."""
    first, last = sorted((piece, other), key=lambda p: p.line)
    text = f"{other.text} {name.name}" if first is other else f"{name.name} {other.text}"
    key = name_key(text)
    if len(text) <= 70 and key not in names:
        names[key] = NameCandidate(text, name.page, first.start, last.end, joined=True)
        _credit(names[key], role)


def _continuation(view: PageView, page: int, piece: Piece, name: str) -> Piece | None:
    """Give the next line where it may belong to the name: it has the legal form that the first line lacks."""
    if LEGAL_FORM.search(name):
        return None
    height = piece.box.height
    for other in view.pieces[page]:
        down = other.box.top - piece.box.top
        if 0 < down < 2 * height and abs(other.box.left - piece.box.left) < 0.03:
            form = LEGAL_FORM.search(other.text)
            continues = bool(form) and not ZIP.search(other.text) and not STREET.search(folded(other.text))
            return other if continues else None
    return None


_NAME_WORDS = "name|nom|raison sociale|ragione sociale|denominazione|razón social|firma|company|société"
_NAME_LABEL = re.compile(rf"(?:{_NAME_WORDS})\s*:", re.IGNORECASE)


def _beginning_above(view: PageView, label: PlacedLabel, piece: Piece) -> Piece | None:
    """Give the line above a name where it stands in its column, alone, and may be the name's beginning."""
    height = piece.box.height
    for above in view.pieces[label.page]:
        if 0 < piece.box.top - above.box.top < 1.8 * height and abs(above.box.left - piece.box.left) < 0.01:
            left = [p for p in view.pieces[label.page] if p.line == above.line and p.start < above.start]
            title = above.line == label.line or above.start <= label.start < above.end
            plain = not SALUTATION.match(above.text) and not re.search(r"\d|[:()]", above.text)
            return above if not left and not title and plain else None
    return None


def _after_name_label(piece: Piece) -> int | None:
    """Skip "Nummer: 549910" between a party's label and its name, and the word "Name:" before it."""
    match = re.match(rf"(?:{_NAME_WORDS})\s*:?\s+(?=\S)", piece.text, re.IGNORECASE)
    if match:
        return piece.start + match.end()
    return None if re.match(r"[^:]{2,30}:", piece.text) else piece.start


def _credit(name: NameCandidate | None, role: str) -> None:
    if name is not None:
        name.labelled = True
        if role == "seller":
            name.add(seller=3.0, buyer=-2.0)
        else:
            name.add(seller=-3.0, buyer=3.0)


def _from_blocks(view: PageView, names: dict[str, NameCandidate]) -> None:
    """Take the first line of each address block on the first page."""
    if not view.pieces:
        return
    pieces = view.pieces[0]
    for piece in pieces:
        if not ZIP.search(piece.text) or piece.box.top > 0.5:
            continue
        first = SEPARATOR.split(piece.text.strip(" ·•●|"))[0]
        in_one = SEPARATOR.search(piece.text) and not _TOWN_ALONE.fullmatch(piece.text.strip())
        if in_one and not _is_street(first):  # a sender's line: name, street and town
            _add_name(names, view, 0, piece.start, piece.end, seller=2.0, buyer=-1.0)
            continue
        block = _block(pieces, piece)
        heading = next((line for line in block if not SALUTATION.match(line.text)), None)
        if heading:
            _add_name(names, view, 0, heading.start, heading.end, buyer=0.8 if len(block) > 1 else 0.0)


_TOWN_ALONE = re.compile(r"[^\d,]+,\s[A-Z]{2}\s+\d{5}(?:-\d{4})?")
"""A town as it is written in America: "Austin, TX 78704"."""


def _is_street(text: str) -> bool:
    """Tell whether a text is a street with its number, or the beginning of one."""
    flat = folded(text)
    return bool(
        STREET.search(flat)
        or re.match(r"(?:via|viale|piazza|corso|calle|c/|avda|plaza|rua)\b", flat)
        or re.fullmatch(r"\D{4,}\s\d{1,4}\s?[a-z]?", flat)
        or re.match(r"\d{1,4}\s?(?:bis|ter|[a-z])?,?\s\D", flat)
    )


def _block(pieces: Sequence[Piece], town: Piece) -> list[Piece]:
    """Give the pieces above the line with the town that stand in one column with it, from the top."""
    block = [town]
    for piece in sorted((p for p in pieces if p.line < town.line), key=lambda p: -p.line):
        top = block[0]
        height = town.box.height
        if abs(piece.box.left - town.box.left) < 0.02 and top.box.top - piece.box.bottom < 1.3 * height:
            if len(block) >= 6:
                break
            block.insert(0, piece)
    return block


_PAPER = re.compile(
    r"rechnung|facture|invoice|factuur|fattura|factura|receipt|recu\b|avoir|credit|gutschrift|original|copie"
)


def _from_head(view: PageView, names: dict[str, NameCandidate]) -> None:
    """Take the first line of the first page, where it says nothing but a few words."""
    first = view.pieces[0][0] if view.pieces and view.pieces[0] else None
    if first is None or first.box.top > 0.2 or not 1 < len(first.text.split()) < 8:
        return
    label = any(o.page == 0 and o.start == first.start and not o.hit.weak for o in view.labels)
    plain = first.text[:1].isupper() and not re.search(r"[\d@:]", first.text) and not label
    if plain and kind_of_title(first.text) is None and not _PAPER.search(folded(first.text)):
        known = set(names)
        name = _add_name(names, view, 0, first.start, first.end)
        if name and name_key(name.name) not in known:
            name.headline = True


def _from_forms(view: PageView, names: dict[str, NameCandidate]) -> None:
    """Take every piece that names a legal form."""
    for number, piece in view.all_pieces():
        first = LEGAL_FORM_FIRST.match(piece.text)
        if first and len(piece.text.split()) > 1 and len(piece.text) < 90:
            _add_name(names, view, number, piece.start, piece.end)
            continue
        mention = _MENTION.match(piece.text)
        if mention:
            _add_name(names, view, number, piece.start, piece.start + mention.end("name"), seller=1.2)
            continue
        match = LEGAL_FORM.search(piece.text)
        if match and match.start() > 2 and len(piece.text) < 140:
            before = re.sub(r",(?=\s*$)", " ", piece.text[: match.start()])  # "Web Services, Inc."
            head = re.split(r"[·•●|]|\s[-–—]\s|,\s|:\s", before + match[0])[-1]
            if re.match(r"[A-ZÀ-Ý0-9]", head.strip(" ‘'\"*_")) and len(head.split()) <= 7:
                at = piece.start + match.end() - len(head)
                _add_name(names, view, number, at, piece.start + match.end())


_MENTION = re.compile(
    rf"(?P<name>[A-ZÀ-Ý0-9][^,;:|]{{1,45}}?\s(?:{LEGAL_FORMS})\.?)[\s,–−-]+"
    r"(?:au capital|[àa] capital|capital|siège social|RCS|R\.C\.S|SIREN|SIRET|immatricul|Registered|"
    r"Company (?:No|Reg)|Sitz|HRB|KvK)",
    re.IGNORECASE,
)
"""What the law has a firm print: its name, its legal form, and how it is registered."""


def _from_foot(view: PageView, names: dict[str, NameCandidate]) -> None:
    """Take the short line above a firm's own particulars at the foot of a page, and who owns the account."""
    for number, pieces in enumerate(view.pieces):
        for above, piece in pairwise(pieces):
            flat = folded(piece.text)
            if (
                piece.box.top > 0.7
                and PARTICULARS.search(flat)
                and above.line == piece.line - 1
                and len(above.text) < 40
            ):
                _add_name(names, view, number, above.start, above.end, seller=0.5)
            holder = re.search(
                r"(?:titulaire(?: du compte)?|kontoinhaber|account holder|account name)\s*:\s*", flat
            )
            if holder and (owner := names.get(name_key(piece.text[-(len(flat) - holder.end()) :]))):
                owner.add(seller=1.0)


def _from_other_labels(view: PageView, names: dict[str, NameCandidate]) -> None:
    """Count against both roles what stands behind "Ship to" or "Contact"."""
    for label in view.labels_of("other_party"):
        following = view.text_behind(label).strip(" :")
        name = names.get(name_key(following)) if following else None
        if name and not name.labelled:
            name.add(seller=-0.5)
