"""The words that stand beside values, bundled and a user's own, and the reader of what stands beside one.

The bundled words live in ``labels.json``, by field and language; they are found whatever their case,
accents and dots. ``№`` is every way to write "number". A field's ``_weak`` words say less: "Total" may be net
or gross. ``other_…`` words name what is *not* wanted.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

from smeflow._text import folded
from smeflow.documents.document import Document, Page, Quote
from smeflow.documents.page_text import Piece, folded_map, occurrences, pieces_of, quote_of
from smeflow.extract.field_values import choice_words, parse_field
from smeflow.extract.grounding import ROW_MEDIA_TYPE
from smeflow.i18n import Phrase, say
from smeflow.kinds.record_kind import FieldSpec
from smeflow.kinds.records import FieldKind, FieldValue, Finding, Labels, Reading, parse_value
from smeflow.values.amounts import find_amounts
from smeflow.values.dates import find_dates, find_datetimes

_TOKEN = re.compile(r"n\.?\s?[°o](?=[\s.:]|\d|$)|n\.?\s?°|(?<!\w)n\.(?=\s?[\w#])|[^\W_]+|[#№]")
_NUMBER = frozenset(
    ["no", "nos", "nr", "nrs", "nro", "num", "numero", "number", "nummer", "numer", "numar", "nbr", "#", "№"]
)
_SPACED = re.compile(r"(?:[^\W\d_] ){4,}[^\W\d_][:.]?")
_MAX_GAP = 3
_MOST_REMEMBERED = 2048
_OTHER_INVOICES = frozenset({"ursprungsrechnung", "originalrechnung", "bezugsrechnung"})


@dataclass(frozen=True, slots=True)
class LabelHit:
    """A label found in a text."""

    field: str
    start: int
    end: int
    weak: bool = False


@dataclass(frozen=True)
class Lexicon:
    """All labels: by their first word, the longest first, each with its fields."""

    labels: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]

    def find(self, text: str) -> list[LabelHit]:
        """Find the labels in *text* from left to right; where several begin, the longest.

        A text of letters set apart is read as its word: "K u n d e".
        """
        if _SPACED.fullmatch(text):
            word = text.replace(" ", "")
            whole = [hit for hit in self.find(word) if hit.end - hit.start >= len(word.rstrip(":.")) - 1]
            return [replace(hit, start=0, end=len(text)) for hit in whole]
        return list(self._find_again(text))

    @cached_property
    def _find_again(self) -> Callable[[str], tuple[LabelHit, ...]]:
        """`_find_once`, remembered: what a page says is asked for again and again."""
        return lru_cache(maxsize=_MOST_REMEMBERED)(self._find_once)

    def _find_once(self, text: str) -> tuple[LabelHit, ...]:
        flat, origin = folded_map(text)
        tokens = self._rejoined([(_word(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(flat)])
        hits: list[LabelHit] = []
        index = 0
        while index < len(tokens):
            match = self._longest(tokens, index)
            if match is None:
                index += 1
                continue
            length, fields = match
            start, end = origin[tokens[index][1]], origin[tokens[index + length - 1][2] - 1] + 1
            hits += [LabelHit(f.removesuffix("_weak"), start, end, f.endswith("_weak")) for f in fields]
            index += length
        return tuple(hits)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The single words that labels are made of."""
        return frozenset(word for labels in self.labels.values() for words, _ in labels for word in words)

    def _rejoined(self, tokens: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
        """Join what a wide letter gap has split: "Ver käufer", of which only the whole is a word."""
        rejoined: list[tuple[str, int, int]] = []
        for word, start, end in tokens:
            previous = rejoined[-1] if rejoined else ("", 0, -9)
            joined = previous[0] + word
            halves = previous[0] in self.vocabulary and word in self.vocabulary
            if start - previous[2] == 1 and len(joined) > 5 and joined in self.vocabulary and not halves:
                rejoined[-1] = (joined, previous[1], end)
            else:
                rejoined.append((word, start, end))
        return rejoined

    def _longest(self, tokens: list[tuple[str, int, int]], index: int) -> tuple[int, tuple[str, ...]] | None:
        """Find the longest label that begins at a word."""
        for words, fields in self.labels.get(tokens[index][0], ()):
            if len(words) > 1 and (index + 1 == len(tokens) or tokens[index + 1][0] != words[1]):
                continue
            following = tokens[index : index + len(words)]
            if tuple(t[0] for t in following) != words:
                continue
            if all(right[1] - left[2] <= _MAX_GAP for left, right in pairwise(following)):
                return len(words), fields
        return None


def _word(token: str) -> str:
    if token.endswith("rechnung") and token not in _OTHER_INVOICES and len(token) > len("rechnung"):
        return "rechnung"  # Teilrechnung, Schlussrechnung, Handelsrechnung
    return "№" if token in _NUMBER or (token[0] == "n" and not token.isalnum()) else token


@lru_cache(maxsize=8)
def _compiled(extra: tuple[tuple[str, tuple[str, ...]], ...]) -> Lexicon:
    fields: dict[tuple[str, ...], tuple[str, ...]] = {}
    for field, labels in (*_bundled_labels().items(), *extra):
        for label in labels:
            words = tuple(_word(token) for token in _TOKEN.findall(folded(label.replace("№", "#"))))
            if words and field not in fields.get(words, ()):
                fields[words] = (*fields.get(words, ()), field)
    by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for words, names in sorted(fields.items(), key=lambda item: -len(item[0])):
        by_first.setdefault(words[0], []).append((words, names))
    return Lexicon({first: tuple(labels) for first, labels in by_first.items()})


@lru_cache(maxsize=1)
def _bundled_labels() -> Mapping[str, tuple[str, ...]]:
    data = json.loads((resources.files("smeflow.extract") / "labels.json").read_text(encoding="utf-8"))
    return {field: tuple(w for words in by.values() for w in words) for field, by in data.items()}


def fields_with_labels() -> frozenset[str]:
    """Give the fields that have labels; a user may add to each."""
    return frozenset(_bundled_labels())


def lexicon(labels: Labels | None = None) -> Lexicon:
    """Give the compiled labels, with a user's own beside the bundled ones."""
    extra = labels.words if labels else {}
    return _compiled(tuple((field, tuple(words)) for field, words in sorted(extra.items())))


_SHAPE = say("labels are words by field: {example}", example="number: [Vorgang]")


def parse_labels(content: Any) -> Labels:
    """Make labels of ``{number: [Vorgang]}``, or of the same by language as in ``labels.json``.

    Raises:
        ValueError: It is something else, or names a field that has no labels; the phrase says which.
    """
    known = fields_with_labels()
    words: dict[str, tuple[str, ...]] = {}
    if not isinstance(content, Mapping):
        raise ValueError(_SHAPE)  # noqa: TRY004 - told to the person who wrote it, as any other mistake
    for field, labels in content.items():
        if field not in known:
            names = ", ".join(sorted(known))
            raise ValueError(
                say("no labels are known for {name}; use one of {names}", name=field, names=names)
            )
        by_language = list(labels.values()) if isinstance(labels, Mapping) else [labels]
        flat = [word for listed in by_language for word in ([listed] if isinstance(listed, str) else listed)]
        if not all(isinstance(word, str) and word.strip() for word in flat):
            raise ValueError(_SHAPE)
        words[str(field)] = tuple(flat)
    return Labels(words=words)


def read_labels(path: Path) -> Labels:
    """Read a file of labels (JSON).

    Raises:
        ValueError: It cannot be read or is no such file; the phrase says so.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ValueError(
            say("{path} holds no labels: it must be JSON, words by field.", path=path.name)
        ) from error
    return parse_labels(content)


Wanted = FieldKind | tuple[str, ...] | list[str] | FieldSpec
"""A kind, the choices of a closed list, or the field itself where that alone tells how it is read."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "invoice_number": ("number",),
    "date": ("issue_date", "issue_date_weak"),
    "issue_date": ("issue_date", "issue_date_weak"),
    "due": ("due_date",),
    "total": ("total_gross", "total_gross_weak", "amount_due"),
    "amount": ("total_gross", "total_gross_weak", "amount_due"),
    "total_gross": ("total_gross", "total_gross_weak"),
    "net": ("total_net",),
    "vat": ("total_vat",),
    "supplier": ("seller",),
    "vendor": ("seller",),
    "customer": ("buyer",),
    "client": ("buyer",),
    "order": ("order_reference",),
    "order_number": ("order_reference",),
}
"""Other names a recipe may give a field, and the fields whose labels are meant."""
_BEHIND_LABEL = re.compile(r"[ \t]*(?:[:=]|\.{2,}|\u2026)[ \t]*")
_BEFORE_LABEL = re.compile(r"(?:^|[\n\t,;|•*>\-(]|  )\s*$")
_BELOW = 3.5
"""How many times its own height a value may stand below its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    value: FieldValue
    quote: Quote
    rank: tuple[int, int]


def read_labelled(
    documents: Sequence[Document], fields: Mapping[str, Wanted], *, labels: Labels | None = None
) -> Reading | None:
    """Read *fields* where they stand beside a label that is the field's name or a word known for it.

    A field is left out, and reported, where two places with equally good labels hold different values.
    """
    findings: dict[str, Finding] = {}
    problems: list[Phrase] = []
    for field, wanted in fields.items():
        candidates = [c for document in documents for c in _in_document(document, field, wanted, labels)]
        lowest = min((candidate.rank for candidate in candidates), default=None)
        best = [candidate for candidate in candidates if candidate.rank == lowest]
        values = {folded(str(candidate.value)) for candidate in best}
        if len(values) == 1:
            findings[field] = Finding(value=best[0].value, quote=best[0].quote)
        elif values:
            printed = ", ".join(dict.fromkeys(candidate.quote.text for candidate in best))
            problems.append(
                say("{field}: several values stand beside it: {values}.", field=field, values=printed)
            )
    if not findings and not problems:
        return None
    return Reading(reader="labels", findings=findings, problems=tuple(problems))


def _in_document(
    document: Document, field: str, wanted: Wanted, labels: Labels | None
) -> Iterator[_Candidate]:
    if document.media_type != ROW_MEDIA_TYPE:
        for page in document.pages:
            yield from _on_page(document, page, field, wanted, labels)
        return
    for column, cell in document.fields.items():
        if folded(column.replace("_", " ")) == folded(field.replace("_", " ")):
            value = _value_of_cell(cell, wanted)
            if value is not None:
                quote = Quote(text=cell, document=document.name, path=column, start=0, end=len(cell))
                yield _Candidate(value=value, quote=quote, rank=(0, 0))
        for candidate in _on_page(document, Page(number=1, text=cell), field, wanted, labels):
            yield replace(candidate, quote=replace(candidate.quote, page=None, path=column))


MOST_CHARACTERS = 40_000
"""No page that a person reads holds more; labels and values are held against each other on it."""


def page_beginning(page: Page) -> Page:
    """Give as much of a page as is searched for labels and their values."""
    if len(page.text) <= MOST_CHARACTERS:
        return page
    words = tuple(word for word in page.words if word.end <= MOST_CHARACTERS)
    return replace(page, text=page.text[:MOST_CHARACTERS], words=words)


def _on_page(
    document: Document, page: Page, field: str, wanted: Wanted, labels: Labels | None
) -> Iterator[_Candidate]:
    page = page_beginning(page)
    pieces = pieces_of(page)
    for fit, start, end in _labels_on(page, pieces, field, labels):
        for place, (left, right) in _beside(page, pieces, start, end):
            parsed = _value_at_start(page.text[left:right], wanted, place)
            if parsed:
                quote = quote_of(document, page, left + parsed[1], left + parsed[2])
                yield _Candidate(value=parsed[0], quote=quote, rank=(fit, place))
                break


def _labels_on(
    page: Page, pieces: Sequence[Piece], field: str, labels: Labels | None
) -> Iterator[tuple[int, int, int]]:
    """Give where the field's labels stand, each with how well it fits: 0 its own name, 1 a synonym."""
    name_spans = set(occurrences(page.text, field.replace("_", " "))) | set(occurrences(page.text, field))
    for start, end in name_spans:
        yield 0, start, end
    aliases = {alias.removesuffix("_weak") for alias in ALIASES.get(field, ())} | {field}
    weak = any(alias.endswith("_weak") for alias in ALIASES.get(field, ()))
    for piece in pieces:
        for hit in lexicon(labels).find(piece.text):
            span = piece.start + hit.start, piece.start + hit.end
            if hit.field in aliases and (weak or not hit.weak) and span not in name_spans:
                yield 1, *span


def _beside(
    page: Page, pieces: Sequence[Piece], start: int, end: int
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Give the stretches of text that may hold the value of a label: behind it, to its right, below it."""
    label_piece = next((p for p in pieces if p.start <= start < p.end), None)
    if label_piece is None or not _BEFORE_LABEL.search(page.text[max(0, start - 40) : start]):
        return
    colon = _BEHIND_LABEL.match(page.text, end)
    if colon and colon.end() < label_piece.end:
        yield 0, (colon.end(), label_piece.end)
        return
    alone = not page.text[end : label_piece.end].strip(" .:=*")
    if not alone:
        yield 1, (end, label_piece.end)
        return
    right = [p for p in pieces if p.line == label_piece.line and p.start >= label_piece.end]
    if right:
        yield (0 if colon else 1), (right[0].start, right[0].end)
    below = [
        p
        for p in pieces
        if p.box.left < label_piece.box.right
        and label_piece.box.left < p.box.right
        and 0 < p.box.top - label_piece.box.top < _BELOW * label_piece.box.height
    ]
    if below:
        nearest = min(below, key=lambda p: p.box.top)
        yield 2, (nearest.start, nearest.end)


def _value_of_cell(cell: str, wanted: Wanted) -> FieldValue | None:
    if isinstance(wanted, FieldSpec):
        parsed = parse_field(cell, wanted)
        return parsed.value if parsed else None
    kind, choices = _kind_and_choices(wanted)
    return parse_value(cell, kind, choices=choices)


def _kind_and_choices(wanted: FieldKind | tuple[str, ...] | list[str]) -> tuple[FieldKind, tuple[str, ...]]:
    return ("choice", tuple(wanted)) if isinstance(wanted, tuple | list) else (wanted, ())


def _value_at_start(text: str, wanted: Wanted, place: int) -> tuple[FieldValue, int, int] | None:
    """Read the value at the start of *text*; give it with its span. A bare text needs a colon or a cell."""
    text = re.split(r"\s[|•]\s|\s{2,}|[;,]\s+(?=[^\W\d_][\w ]{0,30}[:=])", text.rstrip(" ,;"))[0]
    if isinstance(wanted, FieldSpec):
        return _value_of_field(text, wanted, place)
    kind, choices = _kind_and_choices(wanted)
    lead = len(text) - len(text.lstrip())
    if kind in {"money", "number"}:
        amount = next(find_amounts(text), None)
        return (amount.value, amount.start, amount.end) if amount and amount.start <= 2 else None
    if kind == "date":
        day = next(find_dates(text), None)
        fits = day is not None and re.fullmatch(r"\s*[^\W\d_]{0,10}\.?,?\s*", text[: day.start])
        return (day.value, day.start, day.end) if day and fits else None
    if kind == "choice":
        matching = [c for c in choices if f"{folded(text)} ".startswith(f"{folded(c)} ")]
        return (max(matching, key=len), lead, len(text)) if matching else None
    if place == 1:  # without colon or cell only a number-like word is sure to be the value
        word = text.split(maxsplit=1)[0]
        text = text[: lead + len(word)] if any(c.isdigit() for c in word) else ""
    value = parse_value(text, kind)
    return (value, lead, len(text)) if value is not None else None


def _value_of_field(text: str, spec: FieldSpec, place: int) -> tuple[FieldValue, int, int] | None:
    """Read a value whose kind alone does not tell how: yes or no, a moment, a name of a choice, a union."""
    lead = len(text) - len(text.lstrip())
    if spec.kind == "datetime":
        moment = next(find_datetimes(text), None)
        fits = moment is not None and re.fullmatch(r"\s*[^\W\d_]{0,10}\.?,?\s*", text[: moment.start])
        return (moment.value, moment.start, moment.end) if moment and fits else None
    if spec.kind == "number":  # a float that is 1234 or 1.234 is neither
        amount = next(find_amounts(text), None)
        sure = amount is not None and amount.start <= 2 and amount.other is None
        return (amount.value, amount.start, amount.end) if amount and sure else None
    if spec.kind == "choice":
        begun = [c for c in spec.choices if f"{folded(text)} ".startswith(f"{folded(c)} ")]
        named = [choice for word, choice in choice_words(spec).items() if folded(word) == folded(text)]
        return (max(begun, key=len) if begun else named[0], lead, len(text)) if begun or named else None
    if spec.kind == "union" and place == 1 and not re.fullmatch(r"\s*(?=\S*\d)\S+", text):
        return None  # several words without a colon: where the value ends is not sure
    whole = re.split(r"\s*[(,;.]\s|\s*\(", text, maxsplit=1)[0] if spec.kind == "boolean" else text
    parsed = parse_field(whole, spec)
    return (parsed.value, lead, len(whole.rstrip())) if parsed else None
