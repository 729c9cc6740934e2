"""Which name a figure stands with: its own label, its own row, and nothing of another fact's."""

import re
from collections.abc import Iterator, Sequence

from smeflow._text import folded
from smeflow.i18n import Phrase, say
from smeflow.writing import vocabulary
from smeflow.writing.references import FactReference, ReferenceTable

PLACEHOLDER = re.compile(r"\ufffc(\d+)\ufffc")
Mention = tuple[int, int, str]


def unsupported(word: str) -> Phrase:
    """Say that a word claims what no fact referred to in its part of the sentence does."""
    return say("no fact in this part says {word}", word=word.strip())


def check_own_names(
    line: str, refs: Sequence[FactReference], mentions: Sequence[Mention], about: ReferenceTable
) -> Iterator[Phrase]:
    """Each figure stands with its own name: the nearest label before it, else the first one after it."""
    bases = {ref.base for ref in refs}
    mentioned: dict[int, set[str]] = {}
    for start, _, base in sorted(mentions):
        mentioned.setdefault(start, set()).add(base)
    for named in mentioned.values():
        if not named & bases:
            yield say("{label} is named and its figure is not told", label=about.labels[min(named)][0])
            return
    for match in PLACEHOLDER.finditer(line):
        ref = refs[int(match[1])]
        if ref.base in about.labels and _says_itself(ref, about):
            mentioned.setdefault(match.start(), set()).add(ref.base)
    starts = sorted(mentioned)
    for match in PLACEHOLDER.finditer(line):
        ref = refs[int(match[1])]
        if ref.role == "period" or ref.base not in about.labels:
            continue
        before = [start for start in starts if start <= match.start()]
        near = before[-1:] or starts[:1]
        if not near:
            yield say(
                "{name} stands without its own name: {label}",
                name=ref.written,
                label=about.labels[ref.base][0],
            )
            return
        if ref.base not in mentioned[near[0]]:
            yield say(
                "{name} stands under another name than its own: {label}",
                name=ref.written,
                label=about.labels[ref.base][0],
            )
            return


def _says_itself(ref: FactReference, about: ReferenceTable) -> bool:
    """Whether the text put in names what it is: "7 orders"."""
    text = folded(ref.text)
    return any(
        re.search(rf"(?<!\w){inflected_pattern(phrase)}(?!\w)", text) for phrase in about.labels[ref.base]
    )


def check_ranks(line: str, refs: Sequence[FactReference]) -> Iterator[Phrase]:
    """Names come in their order, and each figure of a row stands with the name of its row."""
    if sum(r.role == "name" for r in refs) > 1 and (
        word := vocabulary.BEHIND_WORDS.find(PLACEHOLDER.sub(" ", line))
    ):
        yield say("the rows are told in their order; leave out {word}", word=word.strip())
    if word := vocabulary.AHEAD_WORDS.find(PLACEHOLDER.sub(" ", line)):
        ranked = [r for r in refs if r.role == "name"]
        if len(ranked) < 2 or any(r.tied for r in ranked[:-1]):
            yield unsupported(word)
    for base in dict.fromkeys(r.base for r in refs if r.rank or r.role in {"row", "share"}):
        own = [r for r in refs if r.base == base]
        names = [r.rank for r in own if r.role == "name"]
        if names != sorted(set(names)):
            yield say("the rows of {name} are not in their order", name=base)
            return
        for role in ("row", "share"):
            ranks = [r.rank for r in own if r.role == role and r.rank]
            if ranks and ranks != names and not _paired(own, role):
                yield say("a figure of {name} stands with another row's name", name=base)
                return


def _paired(own: Sequence[FactReference], role: str) -> bool:
    """Whether each figure comes after the name of its own row and before the next name."""
    current = 0
    for each in own:
        if each.role == "name":
            current = each.rank
        elif each.role == role and each.rank and each.rank != current:
            return False
    return True


_FROM_TO = re.compile(
    rf"(?:\bfrom|\bde|\bd'un|\bdu) {PLACEHOLDER.pattern} (?:to|a|jusqu'a) {PLACEHOLDER.pattern}"
)
_AGAINST = re.compile(
    r"(?:\bcompar\w+ (?:with|to|a|avec)|\b(?:than|against|versus|contre)|\brapport (?:a|au)|"
    rf"\bregard (?:de|du)) {PLACEHOLDER.pattern}"
)
_EACH = {
    "en": re.compile(rf"{PLACEHOLDER.pattern} (?:per|by|a|an|each|other than|except|but for|excluding)\b"),
    "fr": re.compile(rf"{PLACEHOLDER.pattern} (?:par|chacune?|chaque|hors|sauf|excepte)\b"),
}


def check_comparisons(line: str, refs: Sequence[FactReference], language: str) -> Iterator[Phrase]:
    """A way from one figure to another goes forward in time, and what is compared with is a figure."""
    for match in _FROM_TO.finditer(line):
        before, after = refs[int(match[1])], refs[int(match[2])]
        if (before.role, after.role) != ("then", "value") or before.base != after.base:
            yield say("it goes from one figure to another that does not come after it")
    yield from _changed(line, refs)
    for match in _AGAINST.finditer(line):
        ref = refs[int(match[1])]
        if ref.role in {"period", "name"}:
            yield say("{name} is no figure to compare with", name=ref.written)
    for match in _EACH.get(language, _EACH["en"]).finditer(line):
        ref = refs[int(match[1])]
        if ref.role not in {"period", "change"}:
            yield say("what stands behind {name} makes another figure of it", name=ref.written)


def _changed(line: str, refs: Sequence[FactReference]) -> Iterator[Phrase]:
    """A change stands behind the figure that changed, and what rose or fell stands behind the word for it."""
    last: dict[str, tuple[FactReference, bool]] = {}
    forward = {int(match[2]) for match in _FROM_TO.finditer(line)}
    end = 0
    for match in PLACEHOLDER.finditer(line):
        ref, moves = refs[int(match[1])], _moves(line[end : match.start()])
        before, moved = last.get(ref.base, (ref, False))
        last[ref.base], end = (ref, moves), match.end()
        if before.role != "then" or int(match[1]) in forward:
            continue
        if ref.role == "change" or (ref.role == "value" and moved):
            yield say("{name} stands behind a figure of another time; put it before", name=ref.written)
            return


def _moves(text: str) -> bool:
    return any(
        listed.find(text) for listed in (vocabulary.UP_WORDS, vocabulary.DOWN_WORDS, vocabulary.FLAT_WORDS)
    )


_PIECES = re.compile(rf"[;:,]|\b(?:{vocabulary.CONTRASTS})\b")


def check_foreign_figures(
    line: str, refs: Sequence[FactReference], mentions: Sequence[Mention]
) -> Iterator[Phrase]:
    """A row's name and another fact's figure do not stand in one part: the figure is not the row's."""
    yield from _goes_on(line, refs)
    for start, end in _pieces(line):
        own = [refs[int(m[1])] for m in PLACEHOLDER.finditer(line, start, end)]
        for name in (ref for ref in own if ref.role == "name"):
            if any(_is_foreign(ref, name) for ref in own):
                yield say("{name} stands with a figure that is not its own", name=name.written)
                return
            if any(_is_foreign(ref, name) for ref in refs) and not _is_placed(
                line[start:end], name, own, [m[2] for m in mentions if start <= m[0] < end]
            ):
                yield say("{name} stands without a figure or rank of its own", name=name.written)
                return


_TURN = re.compile(r";|\b(?:while|whereas|but|tandis que|alors que|mais|quand)\b")


def _goes_on(line: str, refs: Sequence[FactReference]) -> Iterator[Phrase]:
    """Behind a row's name another fact's figure would be read as the row's, until the sentence turns."""
    name: FactReference | None = None
    end = 0
    for match in PLACEHOLDER.finditer(line):
        ref = refs[int(match[1])]
        if _TURN.search(line, end, match.start()):
            name = None
        end = match.end()
        if ref.role == "name":
            name = ref
        elif name is not None and _is_foreign(ref, name):
            yield say(
                "{figure} comes behind {name} and is not its own; begin another sentence",
                figure=ref.written,
                name=name.written,
            )
            return


def _pieces(line: str) -> Iterator[tuple[int, int]]:
    start = 0
    for cut in _PIECES.finditer(line):
        yield start, cut.start()
        start = cut.end()
    yield start, len(line)


def _is_foreign(ref: FactReference, name: FactReference) -> bool:
    return ref.base != name.base and ref.role in {"value", "then", "change", "high", "low"}


def _is_placed(piece: str, name: FactReference, own: Sequence[FactReference], spoken: Sequence[str]) -> bool:
    bare = PLACEHOLDER.sub(" ", piece)
    if any(ref.base == name.base and ref.rank == name.rank and ref.role in {"row", "share"} for ref in own):
        return True
    ranked = any(
        each.find(bare)
        for each in (
            vocabulary.HIGH_WORDS,
            vocabulary.LOW_WORDS,
            vocabulary.ORDINAL_WORDS,
            vocabulary.AHEAD_WORDS,
        )
    )
    return ranked or name.base in spoken


def inflected_pattern(phrase: str) -> str:
    """Match a label in the singular and the plural."""
    parts = []
    for word in folded(phrase).split(" "):
        stem = re.sub(r"(?:ies|y|aux|al|es|s|x)$", "", word) if len(word) > 3 else word
        parts.append(re.escape(stem) + r"(?:ies|y|aux|al|es|s|x|e)?")
    return r"\s+".join(parts)
