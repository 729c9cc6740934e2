"""Say what stands around a place on a page, in words a learned model can weigh: labels, words, place, size.

Nothing here knows an issuer. What is said is a short text such as ``ll:issue_date``: a label for the date of
issue stands to the left. What begins with ``l`` speaks of a known label, with ``w`` of the printed words.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from smeflow._text import folded
from smeflow.documents.document import Quote
from smeflow.documents.page_text import Piece
from smeflow.invoices.page.headings import letter_pattern
from smeflow.invoices.page.particulars import LEGAL_FORM, PARTICULARS, ZIP
from smeflow.invoices.page.view import PageView, PlacedLabel, once

_WORD = re.compile(r"[^\W\d_]+|%|[#№°]")
_NEAR_WORDS = 4
_FAR_ABOVE = 40
"""How many pieces further up a heading is looked for."""
_FAR_BELOW = 16
_FAR_INSIDE = 400
"""Letters of its own piece that are read before and behind a stretch; a longer piece is no line of a form."""
_MOST_LABELS = 20
"""Labels of its own piece that are named before a stretch."""


@dataclass(frozen=True, slots=True)
class Around:
    """The pieces around a piece, by index; None where there is none."""

    left: int | None
    first: int | None
    above: int | None
    heading: int | None
    """The next piece of words in its column, over the figures between them."""
    below: int | None
    steps: int
    """How many pieces of figures stand between it and the heading."""


@dataclass
class Surroundings:
    """The pages of a view, with what is needed again and again."""

    view: PageView
    _said: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def labels(self) -> dict[tuple[int, int], list[PlacedLabel]]:
        """The labels of each piece, by page and index of the piece."""
        labels: dict[tuple[int, int], list[PlacedLabel]] = {}
        for label in self.view.labels:
            labels.setdefault((label.page, label.piece), []).append(label)
        return labels

    @cached_property
    def words(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """The folded words of each piece."""
        return tuple(tuple(tuple(_WORD.findall(text)) for text in texts) for texts in self.flat)

    @cached_property
    def flat(self) -> tuple[tuple[str, ...], ...]:
        """The folded text of each piece."""
        return tuple(tuple(folded(p.text) for p in pieces) for pieces in self.view.pieces)

    @cached_property
    def heights(self) -> tuple[float, ...]:
        """The usual height of the letters on each page."""
        return tuple(
            median(p.box.bottom - p.box.top for p in pieces) if pieces else 1.0 for pieces in self.view.pieces
        )

    @cached_property
    def around(self) -> tuple[tuple[Around, ...], ...]:
        """What stands around each piece."""
        return tuple(tuple(self._around(page, pieces)) for page, pieces in enumerate(self.view.pieces))

    def _around(self, page: int, pieces: Sequence[Piece]) -> Iterator[Around]:
        first_of: dict[int, int] = {}
        spoken = [bool(words) for words in self.words[page]]
        for index, piece in enumerate(pieces):
            first = first_of.setdefault(piece.line, index)
            left = index - 1 if index > first else None
            above = heading = None
            steps = 0
            for other in range(first - 1, max(-1, first - 1 - _FAR_ABOVE), -1):
                box = pieces[other].box
                if box.left < piece.box.right and piece.box.left < box.right:
                    above = other if above is None else above
                    if spoken[other]:
                        heading = other
                        break
                    steps += 1
            yield Around(
                left, first if first != index else None, above, heading, _below(pieces, index), steps
            )

    @cached_property
    def tabular(self) -> tuple[frozenset[int], ...]:
        """The lines of each page that look like lines of a table: they hold two sums or more."""
        lines: list[set[int]] = [set() for _ in self.view.pieces]
        for (page, line), spots in self.view.amounts_by_line.items():
            if len(spots) > 1:
                lines[page].add(line)
        return tuple(map(frozenset, lines))

    def said_of_piece(self, page: int, index: int) -> tuple[str, ...]:
        """Say what stands left of a piece, above it and at the head of its line, and where it stands."""
        key = page, index
        if key not in self._said:
            self._said[key] = tuple(self._say_piece(page, index))
        return self._said[key]

    def _say_piece(self, page: int, index: int) -> Iterator[str]:
        pieces = self.view.pieces[page]
        piece, around = pieces[index], self.around[page][index]
        height = max(piece.box.bottom - piece.box.top, 1e-6)
        if around.left is not None:
            far = int(min(3, (piece.box.left - pieces[around.left].box.right) * 8))
            yield from self._say_other(page, around.left, "l", far)
            over = self.around[page][around.left].above
            if over is not None and over != around.above:
                yield from self._say_other(page, over, "k", None)
        else:
            yield "l-"
        if around.first is not None and around.first != around.left:
            yield from self._say_other(page, around.first, "r", None)
        if around.above is not None:
            down = (piece.box.top - pieces[around.above].box.top) / height
            yield from self._say_other(page, around.above, "a", 0 if down < 1.8 else 1 if down < 3.6 else 2)
        if around.heading is not None and around.heading != around.above:
            yield from self._say_other(page, around.heading, "h", min(2, around.steps))
        if around.below is not None:
            down = (pieces[around.below].box.top - piece.box.top) / height
            yield from self._say_other(page, around.below, "u", 0 if down < 1.8 else 1 if down < 3.6 else 2)
        yield from self._say_place(page, piece, height)

    def _say_other(self, page: int, index: int, where: str, far: int | None) -> Iterator[str]:
        """Say what another piece says: the labels in it, and its last and first words."""
        labels = self.labels.get((page, index), ())
        text = self.view.pieces[page][index]
        for label in labels[-3:]:
            name = label.hit.field + ("~" if label.hit.weak else "")
            yield f"l{where}:{name}"
            if far is not None:
                yield f"l{where}:{name}:{far}"
            if label.start == text.start and label.end >= text.end - 3:
                yield f"l{where}=:{name}"
        if not labels:
            yield f"l{where}:none"
        words = self.words[page][index]
        for word in words[-_NEAR_WORDS:]:
            yield f"w{where}:{word}"
            if len(word) > 6:
                yield f"w{where}:{word[:5]}-"
                yield f"w{where}:-{word[-5:]}"
        if len(words) > 1:
            yield f"w{where}2:{words[-2]} {words[-1]}"
        if words:
            yield f"w{where}1:{words[-1]}"
        digits = "d" if any(map(str.isdigit, text.text)) else ""
        yield f"n{where}:{min(6, len(words))}{digits}{':' if text.text[-1:] == ':' else ''}"

    def _say_place(self, page: int, piece: Piece, height: float) -> Iterator[str]:
        left, right, top = int(piece.box.left * 6), int(piece.box.right * 6), int(piece.box.top * 10)
        last = len(self.view.pieces) - 1
        sheet = "o" if last == 0 else "f" if page == 0 else "z" if page == last else "m"
        size = height / max(self.heights[page], 1e-6)
        yield f"px{left}"
        yield f"pr{right}"
        yield f"py{top}{sheet}"
        yield f"pxy{left // 2}.{top}"
        yield f"ps{0 if size < 0.85 else 1 if size < 1.15 else 2 if size < 1.5 else 3 if size < 2.2 else 4}"
        yield f"pt{piece.line in self.tabular[page]}"

    def said_inside(self, page: int, index: int, start: int, end: int) -> Iterator[str]:
        """Say what stands before and behind a stretch in its own piece."""
        piece = self.view.pieces[page][index]
        text = self.view.pages[page].text
        before = words_of(text[max(piece.start, start - _FAR_INSIDE) : start])
        behind = words_of(text[end : min(piece.end, end + _FAR_INSIDE)])
        yield f"nb{min(5, len(before))}"
        yield f"nf{min(3, len(behind))}"
        sign = text[max(piece.start, start - 2) : start].strip()[-1:]
        if sign and not sign.isalnum():
            yield f"sb{sign}"
        sign = text[end : min(piece.end, end + 2)].strip()[:1]
        if sign and not sign.isalnum():
            yield f"sf{sign}"
        placed = self.labels.get((page, index), [])
        later = bisect_left(placed, start, key=lambda label: label.start)
        labels = [label for label in placed[max(0, later - _MOST_LABELS) : later] if label.end <= start]
        if labels:
            label = labels[-1]
            name = label.hit.field + ("~" if label.hit.weak else "")
            far = min(3, len(words_of(text[max(label.end, start - _FAR_INSIDE) : start])))
            yield f"lo:{name}"
            yield f"lo:{name}:{far}"
            for other in labels[:-1]:
                yield f"lp:{other.hit.field}"
        elif before:
            yield "lo:none"
        following = bisect_left(placed, end, key=lambda label: label.start)
        if following < len(placed):
            yield f"lf:{placed[following].hit.field}"
        for word in before[-_NEAR_WORDS:]:
            yield f"wo:{word}"
            if len(word) > 6:
                yield f"wo:{word[:5]}-"
                yield f"wo:-{word[-5:]}"
        if before:
            yield f"wo1:{before[-1]}"
            yield f"wof:{before[0]}"
            yield f"wo2:{' '.join(before[-2:])}"
        for word in behind[:2]:
            yield f"wf:{word}"


@once
def surroundings_of(view: PageView) -> Surroundings:
    """Give what stands around the places of a view, looked at once."""
    return Surroundings(view)


def _below(pieces: Sequence[Piece], index: int) -> int | None:
    piece = pieces[index]
    for other in range(index + 1, min(len(pieces), index + _FAR_BELOW)):
        box = pieces[other].box
        if pieces[other].line > piece.line and box.left < piece.box.right and piece.box.left < box.right:
            return other
    return None


def words_of(text: str) -> list[str]:
    """Give the words of a text, folded."""
    return _WORD.findall(folded(text)) if text else []


def heads_column(view: PageView, label: PlacedLabel, right: Piece) -> bool:
    """Tell whether a label heads the words right under it, and what is to its right is another column's."""
    piece = view.piece_of(label)
    return right.box.left - piece.box.right > _FAR_RIGHT and any(
        abs(p.box.left - piece.box.left) < _ONE_EDGE
        and 0 < p.box.top - piece.box.top < 2.2 * piece.box.height
        and not any(o.page == label.page and o.start == p.start and not o.hit.weak for o in view.labels)
        for p in view.pieces[label.page]
    )


_FAR_RIGHT, _ONE_EDGE = 0.1, 0.012
"""What of the page's width lies between two columns, and by how much edges of one differ."""


def is_cut(view: PageView, quote: Quote | None) -> bool:
    """Tell whether a number goes on before or behind what was read of it: "2025-" at the end of a line."""
    page = next((p for p in view.pages if quote is not None and p.number == quote.page), None)
    if page is None or quote is None or quote.start is None or quote.end is None:
        return False
    before = page.text[max(0, quote.start - 2) : quote.start]
    return bool(_GOES_ON.match(page.text, quote.end) or re.search(r"[^\W_][/\-–]?\Z", before))


def is_broken(view: PageView, quote: Quote | None) -> bool:
    """Tell whether a narrow column may have broken a number: "FA" over it, or "2026/250" under "1FT"."""
    number = next((n for n, p in enumerate(view.pages) if quote is not None and p.number == quote.page), None)
    if number is None or quote is None or quote.start is None or quote.end is None:
        return False
    pieces, start, end = view.pieces[number], quote.start, quote.end
    index = next((i for i, p in enumerate(pieces) if p.start <= start < p.end), None)
    if index is None:
        return False
    own = pieces[index]
    for other in pieces[max(0, index - _NEAR) : index + _NEAR]:
        down = (other.box.top - own.box.top) / max(own.box.height, 1e-6)
        if not 0.5 < abs(down) < _NEXT_LINE or abs(other.box.left - own.box.left) > _SAME_EDGE:
            continue
        if down < 0 and own.start == start and _BEGINS_NUMBER.fullmatch(other.text):
            return True
        if down > 0 and own.end == end and own.start < start and _ENDS_NUMBER.fullmatch(other.text):
            return True
    return False


_NEAR, _SAME_EDGE, _NEXT_LINE = 20, 0.01, 2.2
_BEGINS_NUMBER = re.compile(r"(?!NR\b|NO\b|N\b|REF\b|ID\b|NUM\b)[A-Z]{1,4}|.*\w[-/]")
_ENDS_NUMBER = re.compile(r"[A-Z]{0,3}/?\d{1,6}|\d{1,6}[-/]\d{1,8}")


_GOES_ON = re.compile(r"\w|\s?[/\-–][ \t]?(?:\d|[A-Z]\b|\n|$)")


def stands_whole(view: PageView, quote: Quote | None) -> bool:
    """Tell whether a name begins and ends where it is printed: nothing goes on behind it."""
    page = next((p for p in view.pages if quote is not None and p.number == quote.page), None)
    if page is None or quote is None or quote.start is None or quote.end is None:
        return False
    before = page.text[: quote.start].rpartition("\n")[2]
    behind = page.text[quote.end :].partition("\n")[0]
    cut = re.match(r"(?:\.?[A-Za-zÀ-ÿ]|\s?[&+(](?=\s?[^\W\d_])|-[^\W\d_]|\s?:\s?\S)", behind)
    dash = re.match(r"\s[-–—]\s(?P<rest>\S.*)", behind)
    if dash and not (ZIP.search(dash["rest"]) or PARTICULARS.search(folded(dash["rest"]))):
        cut = dash  # "Demo - Sliced Invoices" is one name; an address behind a dash is none of it
    in_sentence = re.search(r"[^\W\d_]{2,}\s?$", before)
    text = page.text[quote.start : quote.end]
    if letter_pattern("countries").fullmatch(folded(text).strip(" .,")):
        return False  # the last line of an address, or a half of the name of a branch
    return not (cut or in_sentence or _ENDS_OPEN.search(folded(text)) or _holds_more(view, text))


def _holds_more(view: PageView, text: str) -> bool:
    """Tell whether a name begins with a label or "sent by", or goes on behind its legal form."""
    form = LEGAL_FORM.search(text)
    if form is not None and form.start() > 0 and re.search(r"[^\W\d_]{3}", text[form.end() :]):
        return True
    if _BY_WHOM.search(text):
        return True
    labels = [hit for hit in view.words.find(text) if hit.field not in _IN_NAMES or form is None]
    return any(hit.start == 0 and _A_LABEL <= hit.end < len(text.rstrip(" .:")) for hit in labels)


_IN_NAMES = frozenset({"other_number", "order_reference"})
"""The field of words that firms bear too: "Mobile Dupont SAS", "Projekt Nord GmbH"."""
_BY_WHOM = re.compile(r"^\w+(?: \w+)? (?:par|by|von|durch|door|da|por|przez|od|pela?|dalla?) ")
"""What somebody else did: "Expédié par", "Delivered by", "Geliefert von"."""
_A_LABEL = 4
"""So many letters are a label at the beginning of a name: "le" and "von" are none."""


_ENDS_OPEN = re.compile(
    r"(?:\bsp\.? ?z(?: ?o\.?)?|\bspolka(?: z(?: o\.?)?)?|\bs\. ?r\.?|[&+,/-]|\b(?:and|et|und|en|of|de|du))$"
)
"""What no name ends with: its rest, often of the legal form, stands on the next line."""
