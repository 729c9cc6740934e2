"""Find labels of several parts: the tax of a total, headings over two lines, sentences about the day due.

The words of sentences are in ``letter_words.json``.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from itertools import groupby

from smeflow._text import folded
from smeflow.documents.page_text import Piece, folded_map
from smeflow.extract.labels import LabelHit, Lexicon

_TAX = r"(?:ust|mwst|umsatzsteuer|mehrwertsteuer|steuern?|vat|tva|tax(?:es?)?|gst|btw|iva|dph|moms|alv)"
_INCLUDING = r"(?:incl\w*|inkl\w*|inc|einschl\w*|including|inclusive|mit|with|con|com|avec|met|ivato)"
_EXCLUDING = r"(?:e(?:x[ck]|sc)l\w*|ex|ohne|without|before|hors|sans|zzgl|zuzgl|plus|sin|sem|senza|bez)"
_WITH = re.compile(rf"{_INCLUDING}[\s.:]*(?:of|de la|la|\d+\s*%)?[\s.:]*{_TAX}")
_WITHOUT = re.compile(rf"{_EXCLUDING}[\s.:]*(?:of|de la|la)?[\s.:]*{_TAX}")
_MONEY = frozenset({"total_net", "total_vat", "total_gross", "amount_due"})


def with_tax_words(hits: list[LabelHit], text: str) -> list[LabelHit]:
    """Let "incl. VAT" and "ohne USt." behind or before a total say which total it is."""
    if not any(hit.field in _MONEY for hit in hits):
        return hits
    flat, origin = folded_map(text)
    for pattern, field in ((_WITH, "total_gross"), (_WITHOUT, "total_net")):
        for match in pattern.finditer(flat):
            start, end = origin[match.start()], origin[match.end() - 1] + 1
            tied = [h for h in hits if h.field in _MONEY and h.start < end and -2 <= start - h.end < 3]
            after = [h for h in hits if h.field in _MONEY - {"total_vat"} and 0 <= h.start - end < 3]
            inside = [h for h in hits if start <= h.start and h.end <= end + 1]
            base = next((h for h in tied if h.field != "total_vat"), None) or (after[0] if after else None)
            if base is None and field == "total_net" and inside and start > 3:
                continue  # "zzgl. USt." alone announces the VAT
            if base is None and not (
                inside and start <= 3 and field == "total_net" and not re.match("z|plus", match[0])
            ):
                continue
            reach = [h for h in (base, *inside, *after) if h is not None]
            merged = LabelHit(field, min(h.start for h in reach), max(end, *(h.end for h in reach)))
            hits = [h for h in hits if h.end <= merged.start or merged.end <= h.start] + [merged]
    return sorted(hits, key=lambda h: h.start)


@lru_cache(maxsize=1)
def _letter_words() -> Mapping[str, str]:
    """Give for each sort of words what matches one of them, the longest first."""
    text = (resources.files("smeflow.invoices.page") / "letter_words.json").read_text(encoding="utf-8")
    sorts = {sort: words for sort, words in json.loads(text).items() if sort != "about"}
    patterns = {}
    for sort, by_language in sorts.items():
        every = {_matching(word) for words in by_language.values() for word in words}
        patterns[sort] = "|".join(sorted(every, key=lambda word: (-len(word), word)))
    return patterns


def _matching(word: str) -> str:
    stem = re.escape(folded(word.removesuffix("-"))).replace(r"\ ", r"\s+")
    return stem if word.endswith("-") else rf"{stem}(?!\w)"


@lru_cache(maxsize=16)
def letter_pattern(sort: str) -> re.Pattern[str]:
    """Give what finds the words of a sort in a folded text: ``paying``, ``closing``, ``another paper``."""
    return re.compile(rf"(?<!\w)(?:{_letter_words()[sort]})")


_SENTENCE = 4
"""So many words has a text at least that is a sentence or half of one."""


def reminds_of_another(text: str) -> bool:
    """Tell whether a sentence reminds of another paper, which is still to be paid."""
    return len(text.split()) >= _SENTENCE and speaks_of("another paper", text)


def speaks_of(sort: str, text: str) -> bool:
    """Tell whether a text holds one of the words of a sort."""
    return letter_pattern(sort).search(folded(text)) is not None


@lru_cache(maxsize=1)
def _deadline() -> re.Pattern[str]:
    """Give what finds "by", "bis zum" or "avant le" right before a day, be it behind a weekday."""
    day = r"(?=(?:[^\W\d_]{2,12}\.?,?\s+){0,2}\d)"
    return re.compile(rf"(?<!\w)(?P<until>{_letter_words()['until']})\s*:?\s*{day}")


def with_deadlines(hits: list[LabelHit], text: str) -> list[LabelHit]:
    """Let "by" or "avant le" before a day, in a sentence about paying, say that it is the day due.

    Not where a discount, a reminder or what was paid before is spoken of.
    """
    if not any(map(str.isdigit, text)) or len(text.split()) < _SENTENCE:
        return hits
    flat, origin = folded_map(text)
    until = next(_deadline().finditer(flat), None)
    if until is None or speaks_of("early or late", flat) or "%" in flat:
        return hits
    if not speaks_of("must" if speaks_of("paid already", flat) else "paying", flat):
        return hits
    start, end = origin[until.start("until")], origin[until.end("until") - 1] + 1
    if any(hit.field == "due_date" and not hit.weak and hit.end >= start for hit in hits):
        return hits
    kept = [hit for hit in hits if hit.end <= start or end <= hit.start]
    return sorted([*kept, LabelHit("due_date", start, end)], key=lambda h: h.start)


_LONGEST_HEADING, _MOST_HEADINGS = 30, 40
"""Letters of one line of a heading; columns of a table."""
_LEAST_HEADINGS = 3
_NEXT_LINE = 2.2
"""How many heights below the first line of a heading its second one stands at most."""
_SAME_EDGE = 0.01


def hits_over_two_lines(words: Lexicon, pieces: Sequence[Piece]) -> Mapping[int, tuple[int, LabelHit]]:
    """Find the labels that a narrow column of a table broke: "Date" over "d'émission".

    Gives by the index of a second line's piece that of the first, and the label as it stands in the second.
    """
    broken: dict[int, tuple[int, LabelHit]] = {}
    for upper, lower in _headings(pieces):
        above, below = pieces[upper].text, pieces[lower].text
        for hit in words.find(f"{above} {below}"):
            if hit.start < len(above) and hit.end > len(above) + 1:
                end = hit.end - len(above) - 1
                broken[lower] = upper, LabelHit(hit.field, 0, end, hit.weak)
                break
    return broken


def _headings(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """Give the two lines of each heading of a row that may be one of a table: words alone, in columns."""
    for _, row in groupby(enumerate(pieces), key=lambda numbered: numbered[1].line):
        cells = list(row)
        if not _LEAST_HEADINGS <= len(cells) <= _MOST_HEADINGS:
            continue
        if any(not _is_heading(piece.text) for _, piece in cells):
            continue
        last = cells[-1][0]
        for index, piece in cells:
            height = max(piece.box.height, 1e-6)
            for other in range(last + 1, min(len(pieces), last + 1 + _MOST_HEADINGS)):
                below = pieces[other]
                down = (below.box.top - piece.box.top) / height
                if down > _NEXT_LINE:
                    break
                if down > 0 and _is_heading(below.text) and _in_one_column(piece, below):
                    yield index, other
                    break


def _is_heading(text: str) -> bool:
    return len(text) <= _LONGEST_HEADING and not any(map(str.isdigit, text)) and text[-1:] != ":"


def _in_one_column(first: Piece, second: Piece) -> bool:
    """Tell whether two pieces have the same left edge, right edge or middle."""
    left, right = first.box.left - second.box.left, first.box.right - second.box.right
    return min(abs(left), abs(right), abs(left + right) / 2) < _SAME_EDGE
