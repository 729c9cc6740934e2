"""Say of each candidate for a firm what a learned model weighs: its form, its block, the numbers near it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from smeflow._text import folded
from smeflow.documents.page_text import Piece
from smeflow.invoices.page.candidates import Candidate
from smeflow.invoices.page.features import CandidateContext
from smeflow.invoices.page.heading import kind_of_title
from smeflow.invoices.page.names import may_be_same_firm
from smeflow.invoices.page.particulars import LEGAL_FORM, PARTICULARS, SALUTATION, STREET, ZIP
from smeflow.invoices.page.surroundings import words_of

_DOMAIN = re.compile(r"(?:@|www\.|https?://)(?:www\.)?([\w-]+(?:\.[\w-]+)*)\.[a-z]{2,}", re.IGNORECASE)
_SENTENCE = re.compile(r"[!?]|\.\s|\.$")
_BLOCK = 8
"""Lines of an address block that are looked at under a name."""
_FAR = 200
"""Pieces that are passed on the way down or up a block: more stand on no four lines of a page."""
_MOST_FORMAL = 200
"""Names with a legal form that are held against every name, the first of the pages."""


def say_firms(of: CandidateContext) -> Iterator[list[str]]:
    """Say of each name what it looks like, what its block holds, and how often it stands on the pages."""
    firms = of.candidates.firms
    counts = Counter(c.key for c in firms)
    hosts = {re.sub(r"[\W_]", "", folded(m[1]).split(".")[-1]) for m in _DOMAIN.finditer(of.view.text)}
    hosts = {host for host in hosts if len(host) > 3}
    blocks = _Blocks(of)
    order = {key: place for place, key in enumerate(dict.fromkeys(c.key for c in firms))}
    forms = dict.fromkeys(c.key for c in firms if len(c.key) > 3 and LEGAL_FORM.search(str(c.value)))
    formal = tuple(islice(forms, _MOST_FORMAL))
    for candidate in firms:
        said = of.general(candidate)
        said += ["sub"] * any(candidate.key in key and candidate.key != key for key in formal)
        said += ["sup"] * any(key in candidate.key and candidate.key != key for key in formal)
        said += _form(of, candidate)
        said += [f"c{min(3, counts[candidate.key])}", f"o{min(4, order[candidate.key])}"]
        key = candidate.key
        said += ["dom"] * any(host in key or (len(key) > 3 and key in host) for host in hosts)
        said += ["own"] * any(may_be_same_firm(str(candidate.value), name) for name in of.own_names if name)
        said += blocks.said(candidate.page, candidate.piece)
        said += _beside(of, candidate)
        yield said


def _form(of: CandidateContext, candidate: Candidate) -> Iterator[str]:
    """Say what a name looks like."""
    text = str(candidate.value)
    form = LEGAL_FORM.search(text)
    yield f"lf{form is not None}"
    if form and form.end() < len(text) - 1:
        yield "lfin"
    words = re.findall(r"[^\W\d_]+", text)
    yield f"wc{min(6, len(words))}"
    yield f"up{text.isupper()}{all(w[0].isupper() for w in words if len(w) > 3)}"
    yield f"dg{any(map(str.isdigit, text))}"
    piece = of.view.pieces[candidate.page][candidate.piece]
    whole = candidate.start == piece.start and candidate.end >= piece.end
    yield f"wh{whole}{candidate.start == piece.start}"
    labels = of.around.labels.get((candidate.page, candidate.piece), ())
    hits = [label for label in labels if candidate.start <= label.start and label.end <= candidate.end]
    covered = sum(h.end - h.start for h in hits)
    yield f"lw{min(4, int(4 * covered / max(1, len(text))))}"
    for hit in hits[:3]:
        yield f"lx:{hit.hit.field}"
    vocabulary = of.view.words.vocabulary
    for word in of.around.words[candidate.page][candidate.piece] if whole else words_of(text):
        yield f"wx:{word}{'!' if word in vocabulary else ''}"
        if len(word) > 7:
            yield f"wx:-{word[-5:]}"
    if len(words) < 6 and kind_of_title(text):
        yield "tit"
    if SALUTATION.match(text):
        yield "sal"
    if _SENTENCE.search(text) and _SENTENCE.search(LEGAL_FORM.sub("", text)):
        yield "sent"


def _beside(of: CandidateContext, candidate: Candidate) -> Iterator[str]:
    pieces = of.view.pieces[candidate.page]
    piece = pieces[candidate.piece]
    yield f"first{candidate.page == 0 and candidate.piece == 0}"
    yield f"last{min(4, pieces[-1].line - piece.line)}"
    if len(piece.text) > candidate.end - candidate.start + 3:
        flat = of.around.flat[candidate.page][candidate.piece]
        if ZIP.search(piece.text):
            yield "zip="
        if STREET.search(flat.replace(folded(str(candidate.value)), " ")):
            yield "str="
        if PARTICULARS.search(flat):
            yield "part"


class _Blocks:
    """What the column under and over each piece holds, each looked at once."""

    def __init__(self, of: CandidateContext) -> None:
        self._of = of
        self._said: dict[tuple[int, int], tuple[str, ...]] = {}
        self._lines: dict[tuple[int, int], tuple[str, ...]] = {}

    def said(self, page: int, index: int) -> tuple[str, ...]:
        key = page, index
        if key not in self._said:
            self._said[key] = tuple(self._say(page, index))
        return self._said[key]

    def _line(self, page: int, index: int) -> tuple[str, ...]:
        """Say what a line of a block is: a town, a street, a number of the firm."""
        key = page, index
        if key not in self._lines:
            flat, piece = self._of.around.flat[page][index], self._of.view.pieces[page][index]
            text = piece.text
            match = PARTICULARS.search(flat)
            self._lines[key] = (
                *(["bz"] if ZIP.search(text) else []),
                *(["bs"] if STREET.search(flat) else []),
                *(["breg"] if self._of.holds_registered(page, piece.start, piece.end) else []),
                *([f"bp:{match[0][:8]}"] if match else []),
            )
        return self._lines[key]

    def _say(self, page: int, index: int) -> Iterator[str]:
        pieces = self._of.view.pieces[page]
        below = list(_column(pieces, index, 1))
        for step, other in enumerate(below):
            near = min(3, step)
            yield from (f"{said}{near}" for said in self._line(page, other))
            for label in self._of.around.labels.get((page, other), ())[:2]:
                yield f"lb:{label.hit.field}"
        yield f"bn{min(5, len(below))}"
        above = list(_column(pieces, index, -1))
        yield f"an{min(4, len(above))}"
        for step, other in enumerate(above):
            for label in self._of.around.labels.get((page, other), ())[:2]:
                yield f"lt:{label.hit.field}:{min(2, step)}"
            if step:
                for word in self._of.around.words[page][other][:3]:
                    yield f"wt:{word}"


def _column(pieces: Sequence[Piece], index: int, way: int) -> Iterator[int]:
    """Go down (1) or up (-1) a block: pieces with the same left edge and no gap between them."""
    last = pieces[index]
    height = max(last.box.bottom - last.box.top, 1e-6)
    steps = 0
    others = range(index + way, len(pieces), 1) if way > 0 else range(index - 1, -1, -1)
    for other in others[:_FAR]:
        piece = pieces[other]
        if steps == _BLOCK or abs(piece.line - last.line) >= 4:
            return
        if piece.line != last.line and abs(piece.box.left - last.box.left) < 0.02:
            gap = (piece.box.top - last.box.bottom) if way > 0 else (last.box.top - piece.box.bottom)
            if gap > 1.6 * height:
                return
            yield other
            last = piece
            steps += 1
