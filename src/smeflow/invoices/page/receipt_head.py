"""Tell who sold from a receipt: the firm in its heading or at its foot, and what ties the paper to it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smeflow._text import folded
from smeflow.documents.page_text import Piece
from smeflow.i18n import Phrase, say
from smeflow.invoices.page.exclusion import FieldOpinion
from smeflow.invoices.page.heading import find_title
from smeflow.invoices.page.names import may_be_same_firm
from smeflow.invoices.page.particulars import (
    LEGAL_FORM,
    LEGAL_FORM_FIRST,
    PARTICULARS,
    STREET,
    ZIP,
    numbers_on_page,
)
from smeflow.invoices.page.parties import is_in_domain
from smeflow.invoices.page.receipt_rows import receipt_rows, word_list, words_in
from smeflow.invoices.page.surroundings import stands_whole
from smeflow.invoices.page.view import PageAmount, PageView, PlacedValue, once
from smeflow.invoices.record_parts import Party
from smeflow.kinds.records import FieldRival, Finding

_HEAD_LINES = 14
"""So many lines a heading has at most: name, address, numbers, greeting."""
_LONGEST_NAME = 60
_PARTICLE = 3
_NUMBER = re.compile(
    r"\s*(?:\((?=[^()]*\d{3})[^()]*\)?|(?:co\.?\s*)?reg(?:istration)?\.?\s*(?:no\.?|nr\.?|n°)?\s*:?\s*[\w-]+)\s*$",
    re.IGNORECASE,
)
"""A register's number behind a name: "(682288-V)"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeadName:
    """A line of the heading that may be the seller's name."""

    name: str
    page: int
    piece: Piece
    span: tuple[int, int]
    has_form: bool
    over_lines: bool = False
    """The line above or below may belong to it."""


def find_seller(view: PageView, own_names: Sequence[str]) -> Finding | None:
    """Find the firm in the heading: one with a legal form, else with a domain of its own.

    Else it is the one right above an address, else the first.
    """
    names = [
        n for n in head_names(view) if not any(may_be_same_firm(n.name, own) for own in own_names if own)
    ]
    ranked = (
        *(n for n in names if n.has_form),
        *(n for n in names if has_domain(view, n.name)),
        *(n for n in names if _above_address(view, n)),
        *names,
    )
    if not ranked:
        return None
    start, end = ranked[0].span
    return Finding(value=ranked[0].name, quote=view.quote_span(ranked[0].page, start, end))


@once
def head_names(view: PageView) -> tuple[_HeadName, ...]:
    """Give the lines of the heading that may be a name: no address, number, greeting or label."""
    return tuple(_head_names(view))


def _head_names(view: PageView) -> Iterator[_HeadName]:
    sums = [spot for row in receipt_rows(view) for spot in row.spots]
    first, last = (sums[0], sums[-1]) if sums else (None, None)
    buyers = (label for label in view.labels_of("buyer") if label.page == 0 and label.piece_start)
    told = (label.start for label in buyers if label.end - label.start > _PARTICLE)  # "to" and "an" are words
    buyer_from = min(told, default=None)
    title = find_title(view).quote
    named = past_address = False
    for page, piece in view.all_pieces():
        below = last is not None and (page, piece.line) > (last.page, last.line)
        above = page == 0 and piece.line <= view.pieces[0][0].line + _HEAD_LINES
        above = above and (first is None or first.page > 0 or piece.line < first.line)
        if not (above or below) or (page == 0 and buyer_from is not None and piece.start >= buyer_from):
            continue
        if (
            title is not None
            and title.start is not None
            and page == 0
            and piece.start <= title.start < piece.end
        ):
            continue
        name = _as_name(piece.text)
        found = _whole_name(view, page, piece, name) if name else None
        if found and below:
            if _above_address(view, found):
                yield found
        elif found and (found.has_form or not (past_address or _is_sold(found, first))):
            yield found
            named = True
        past_address = past_address or (named and _is_address(piece.text))


def _whole_name(view: PageView, page: int, piece: Piece, name: str) -> _HeadName:
    """Join a name with the legal form below it, or with the line above that it goes on from."""
    start = piece.start + max(0, piece.text.find(name))
    end = start + len(name)
    index = view.pieces[page].index(piece)
    after = view.pieces[page][index + 1] if index + 1 < len(view.pieces[page]) else None
    before = view.pieces[page][index - 1] if index else None
    open_end = (
        after is not None and after.text.lstrip().startswith("(") and not re.search(r"\d{3}", after.text)
    )
    if after is not None and not has_form(name):
        form = LEGAL_FORM.fullmatch(re.sub(r"\s*\([^()]*\)?\s*$", "", after.text).strip())
        if form is not None:
            whole = f"{name} {form[0]}"
            span = start, after.start + after.text.find(form[0]) + len(form[0])
            return _HeadName(name=whole, page=page, piece=piece, span=span, has_form=True, over_lines=True)
    if before is not None and has_form(name) and _goes_on(view, page, before, piece):
        joint = "" if before.text.rstrip().endswith("-") else " "
        whole = f"{before.text.strip()}{joint}{name}"
        return _HeadName(
            name=whole, page=page, piece=piece, span=(before.start, end), has_form=True, over_lines=True
        )
    return _HeadName(
        name=name, page=page, piece=piece, span=(start, end), has_form=has_form(name), over_lines=open_end
    )


def _goes_on(view: PageView, page: int, before: Piece, piece: Piece) -> bool:
    """Tell whether a name may begin on the line above: plain words, where its next word did not fit.

    In another size or case it is another name, as that of a shop above its firm's.
    """
    text = before.text.strip()
    if re.search(r"[-&+,/]$", text):
        return True
    if _as_name(text) is None or has_form(text) or text.isupper() != _upper(piece.text):
        return False
    heights = sorted((before.box.height, piece.box.height))
    if before.line + 1 < piece.line or heights[1] > 1.4 * heights[0]:
        return False
    widest = max(p.box.right for p in view.pieces[page]) - min(p.box.left for p in view.pieces[page])
    width = piece.box.right - piece.box.left
    word = width * (len(piece.text.split()[0]) + 1) / max(1, len(piece.text))
    return before.box.right - before.box.left + word > _FULL * widest


_FULL = 0.9
"""Of the widest line of a page: a line that would be longer with the next word was broken for it."""


def _upper(text: str) -> bool:
    """Tell whether a name is in capitals, its legal form apart."""
    return LEGAL_FORM.sub("", text).isupper()


def _is_sold(name: _HeadName, first: PlacedValue[PageAmount] | None) -> bool:
    """Tell whether the first amounts stand on the next line: then it names what was sold."""
    return first is not None and name.page == first.page and name.piece.line == first.line - 1


def _as_name(text: str) -> str | None:
    """Give a line without a register's number, where it may be a firm's name."""
    name = re.sub(r"\(\s*$", "", _NUMBER.sub("", text)).strip(" .,:;-–_*'\"")
    if text.rstrip().endswith(".") and LEGAL_FORM.search(f"{name}."):
        name = f"{name}." if f"{name}." in text else name
    flat, words = folded(name), words_in(name)
    letters = sum(map(str.isalpha, name))
    if ":" in name or text.rstrip().endswith(":") or not name[:1].isupper():
        return None
    if any(w.islower() and len(re.sub(r"\W", "", w)) > _PARTICLE for w in name.split()[1:]):
        return None  # a sentence
    if len(name) > _LONGEST_NAME or letters < 4 or letters < 0.7 * len(name.replace(" ", "")):
        return None
    if re.search(r"[^\W\d_] \d{1,4}[a-z]?$", flat) and not has_form(name):
        return None  # a house's number
    if STREET.search(flat) or ZIP.search(text) or PARTICULARS.search(folded(text)) or not words:
        return None
    return None if set(words) & word_list("no_seller") else name


def _above_address(view: PageView, name: _HeadName) -> bool:
    """Tell whether an address or a telephone stands on one of the next lines."""
    below = [p.text for p in view.pieces[name.page] if 0 < p.line - name.piece.line < _NEXT]
    return any(_is_address(text) or _TELEPHONE.search(folded(text)) for text in below)


def _is_address(text: str) -> bool:
    return bool(STREET.search(folded(text)) or ZIP.search(text))


_NEXT = 5
_TELEPHONE = re.compile(r"^tel\b|^phone\b|\(?\d{3}\)?[ -]\d{3}[ -]\d{4}$")


def has_domain(view: PageView, name: str) -> bool:
    """Tell whether a domain on the receipt is made of the name, or of a word of it."""
    if is_in_domain(view, name):
        return True
    words = set(re.findall(r"[a-z0-9]{5,}", re.sub(r"['’]", "", folded(name))))
    hosts = re.findall(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9.-]+)", folded(view.text))
    return any(label in words for host in hosts for label in host.split(".")[:-1])


def has_form(name: str) -> bool:
    """Tell whether a name ends with a legal form, or begins with one that stands first."""
    if LEGAL_FORM_FIRST.match(name):
        return True
    name = re.sub(r"\s*\([^()\d]*\)$", "", name)  # "UG (haftungsbeschränkt)"
    forms = list(LEGAL_FORM.finditer(name))
    if not forms or forms[-1].end() < len(name.rstrip(" .")) or forms[-1].start() == 0:
        return False
    form = forms[-1][0].strip(". ")
    return len(re.sub(r"\W", "", form)) > 3 or not form.islower()  # "se" and "co" are words too


def seller_opinion(
    view: PageView, finding: Finding, details: Finding | None, own_names: Sequence[str]
) -> FieldOpinion:
    """Say what ties the paper to its seller, and which other firm of the heading it could be."""
    name = str(finding.value)
    names = head_names(view)
    mine = [n for n in names if may_be_same_firm(n.name, name)]
    others = [n for n in names if not may_be_same_firm(n.name, name)]
    is_own = any(may_be_same_firm(name, own) for own in own_names if own)
    number = details is not None and bool(mine) and _number_in_block(view, mine[0], details.value)
    with_form = [n for n in others if n.has_form]
    tied = bool(mine) and not is_own and stands_whole(view, finding.quote)
    tied = tied and not any(n.over_lines for n in mine)
    tied = tied and (has_form(name) or has_domain(view, name) or number)
    why: Phrase | None = say("It has no legal form, and the seller has.") if has_form(name) else None
    rivals = [
        FieldRival(
            value=other.name,
            quote=view.quote_span(other.page, *other.span),
            why=None if other in with_form else why or say("Nothing says that it sells."),
        )
        for other in others
    ]
    return FieldOpinion(tied=tied, rivals=tuple(rivals))


def _number_in_block(view: PageView, name: _HeadName, details: Party) -> bool:
    """Tell whether a registered number stands below the name, with no sum and no other firm between."""
    if not (name.has_form or _heads_page(view, name)):
        return False
    for number in numbers_on_page(view):
        between = range(name.piece.line + 1, number.piece.line)
        if number.value not in (details.vat_id, details.legal_id) or number.page != name.page:
            continue
        others = (o for o in head_names(view) if o.page == name.page and o.piece.line in between)
        strange = any(o.has_form and not may_be_same_firm(o.name, name.name) for o in others)
        sums = any(view.money_on(name.page, line) for line in between)
        if 0 <= number.piece.line - name.piece.line <= _BLOCK and not strange and not sums:
            return True
    return False


def _heads_page(view: PageView, name: _HeadName) -> bool:
    """Tell whether a name without a legal form is whole: the page's first words, an address below."""
    pieces = view.pieces[name.page]
    index = pieces.index(name.piece)
    title = find_title(view).quote
    at = title.start if title is not None and title.start is not None else -1
    words = [p for p in pieces[:index] if re.search(r"[^\W\d_]{3}", p.text) and not p.start <= at < p.end]
    below = pieces[index + 1].text if index + 1 < len(pieces) else ""
    return name.page == 0 and not words and _is_address(below)


_BLOCK = 8
"""So many lines below its name a firm's number stands at most."""
