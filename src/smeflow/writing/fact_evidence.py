"""What a sentence says of the facts it refers to: figures, dates, names, directions, ranks, causes.

Prose refers to facts and writes no figure itself, so what is checked is what it says *about* them. A sentence
holds only where every part of it refers to a fact and every word that claims something is borne out by the
facts referred to in the same part. A doubt counts against the sentence.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from smeflow._text import folded
from smeflow.i18n import Phrase, say
from smeflow.writing import vocabulary
from smeflow.writing.attribution import (
    PLACEHOLDER,
    Mention,
    check_comparisons,
    check_foreign_figures,
    check_own_names,
    check_ranks,
    inflected_pattern,
    unsupported,
)
from smeflow.writing.check import ProseFinding, capitals_of
from smeflow.writing.references import FactReference, ReferenceTable, write_reference

REFERENCE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_SHARP, _SOFT = 10, 5


@dataclass(frozen=True, kw_only=True)
class FactEvidence:
    """The facts a text may refer to; it writes no figure itself."""

    about: ReferenceTable
    glossary: Sequence[str] = ()
    """The firm's own words."""
    free: bool = False
    """Whether words need not be on the list of plain ones, and a cause may be told: for what a person wrote.

    Figures, dates, names, directions and ranks are held against the facts all the same.
    """

    def across(self, _text: str, /) -> tuple[ProseFinding, ...]:
        """Find nothing: what is said of a fact is said within one sentence."""
        return ()

    def within(self, sentence: str, /) -> Iterator[ProseFinding]:
        """Find what the facts referred to in *sentence* do not bear out."""
        return (
            ProseFinding(why=problem)
            for problem in _problems(sentence, self.about, self.glossary, free=self.free)
        )


def _problems(text: str, about: ReferenceTable, glossary: Sequence[str], *, free: bool) -> Iterator[Phrase]:
    names = REFERENCE.findall(text)
    unknown = [name for name in names if name not in about.references]
    if unknown:
        yield say("there is no fact {name}", name=write_reference(unknown[0]))
        return
    refs = [about.references[name] for name in names]
    if not refs:
        yield from _unproven(text) if free else iter([say("it refers to no fact")])
        return
    numbers = iter(range(len(refs)))
    marked = REFERENCE.sub(lambda _: f"\ufffc{next(numbers)}\ufffc", text)
    bare = PLACEHOLDER.sub("\ufffc", marked)
    if re.search(r"\d|[½¼¾%‰€$£{}<>]", bare) or any(c.isnumeric() for c in bare):
        yield say("it writes a figure itself; refer to a fact")
        return
    if strange := _STRANGE.search(bare):
        yield say("the sign {sign} has no place in it", sign=strange[0])
        return
    if sum(1 for _ in _FREE.finditer(marked)) != len(refs):
        yield say("a reference touches what stands beside it; put a space between")
        return
    line, mentions = _masked(marked, about, glossary)
    yield from _capitals(marked, about, glossary)
    yield from _named(line, about)
    causes = (vocabulary.CAUSE_WORDS, vocabulary.FUTURE_WORDS) if free else ()
    for listed, why in _ALWAYS:
        if listed not in causes and (claim := listed.find(PLACEHOLDER.sub(" ", line))):
            yield why(claim.strip())
    yield from _parts(line, refs, free=free)
    yield from check_own_names(line, refs, mentions, about)
    yield from check_ranks(line, refs)
    yield from check_comparisons(line, refs, about.language)
    yield from check_foreign_figures(line, refs, mentions)
    if not free and (word := vocabulary.unknown_word(PLACEHOLDER.sub(" ", line), about.language)):
        yield say("the word {word} says more than the facts do; use plain words", word=word)


_FREE = re.compile(r"(?:(?<=[\s('’«\"])|(?<=^))\ufffc\d+\ufffc(?=$|[\s)»\"]|[.,;:…](?:$|[\s)»\"])|\)[.,;:])")
"""A reference that nothing is glued to: a sign, a digit or another reference would make another figure."""
_STRANGE = re.compile(r"[^\w\s.,;:()'’\-–—…\ufffc\u00ab\u00bb\"]|_")


_ALWAYS: tuple[tuple[vocabulary.WordList, Callable[[str], Phrase]], ...] = (
    (vocabulary.NUMBER_WORDS, lambda word: say("the word {word} says a number or a quantity", word=word)),
    (vocabulary.TIME_WORDS, lambda word: say("the word {word} says a time; refer to a fact", word=word)),
    (
        vocabulary.CAUSE_WORDS,
        lambda word: say("the word {word} gives a cause, and no fact holds one", word=word),
    ),
    (vocabulary.FUTURE_WORDS, lambda word: say("the word {word} foretells, and no fact does", word=word)),
)


def _masked(marked: str, about: ReferenceTable, glossary: Sequence[str]) -> tuple[str, list[Mention]]:
    """Fold a sentence and take labels and glossary words out of it; tell where which label stood."""
    line = _folded(marked)
    mentions: list[Mention] = []
    phrases = [(phrase, base) for base, names in about.labels.items() for phrase in names]
    for phrase, base in sorted(phrases, key=lambda each: -len(each[0])):
        pattern = re.compile(rf"(?<![\w\ufffc])(?:[a-z]{{1,2}}')?{inflected_pattern(phrase)}(?!\w)")
        mentions += [(match.start(), match.end(), base) for match in pattern.finditer(line)]
    for start, end, _ in mentions:
        line = line[:start] + "\x01" * (end - start) + line[end:]
    for word in glossary:
        line = re.sub(rf"(?<!\w){re.escape(folded(word))}(?!\w)", lambda m: "\x01" * len(m[0]), line)
    return line, _longest(mentions)


def _longest(mentions: list[Mention]) -> list[Mention]:
    """Keep a label only where no longer one covers it: "average order" is not "orders"."""
    return [
        m
        for m in mentions
        if not any(o[0] <= m[0] and m[1] <= o[1] and (o[1] - o[0]) > (m[1] - m[0]) for o in mentions)
    ]


def _folded(marked: str) -> str:
    """Fold text and keep the marks of references."""
    pieces = PLACEHOLDER.split(marked)
    parts = []
    for at, piece in enumerate(pieces):
        if at % 2:
            parts.append(f"\ufffc{piece}\ufffc")
        else:
            lead = " " if piece[:1].isspace() else ""
            tail = " " if piece[-1:].isspace() and piece.strip() else ""
            parts.append(lead + folded(piece) + tail)
    return "".join(parts)


def _capitals(marked: str, about: ReferenceTable, glossary: Sequence[str]) -> Iterator[Phrase]:
    """A word with a capital is a name unless it begins the sentence with a word of the language."""
    allowed = {folded(w) for names in about.labels.values() for phrase in names for w in phrase.split()}
    allowed |= {folded(w) for phrase in glossary for w in phrase.split()}
    for word, parts, before in capitals_of(PLACEHOLDER.sub(" \ufffc ", marked)):
        if before:
            known = folded(word) in allowed or word in _NAMELESS
        else:
            language = about.language
            known = all(
                p in allowed or not vocabulary.unknown_word(p, language, vocabulary.OPENERS) for p in parts
            )
        if not known:
            yield say(
                "{name} is a name no fact holds; begin with a plain word, and name rows by reference",
                name=word,
            )
            return


_NAMELESS = frozenset({"I", "TVA", "HT", "TTC", "VAT"})


def _named(line: str, about: ReferenceTable) -> Iterator[Phrase]:
    for name in about.names:
        if name in line and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line):
            yield say("{name} is written out; name rows by reference", name=name)
            return


def _unproven(text: str) -> Iterator[Phrase]:
    """Whatever a person says without a fact claims nothing of the figures."""
    line = folded(text)
    if re.search(r"\d", line) or any(c.isnumeric() for c in line):
        yield say("it writes a figure that no fact holds")
    for word in vocabulary.NUMBER_WORDS.pattern.findall(line):
        if word not in vocabulary.LOOSE_QUANTITIES:
            yield say("the word {word} says a number or a quantity", word=word)
            return
    for listed in (
        vocabulary.UP_WORDS,
        vocabulary.DOWN_WORDS,
        vocabulary.FLAT_WORDS,
        vocabulary.HIGH_WORDS,
        vocabulary.LOW_WORDS,
    ):
        if claim := listed.find(line):
            yield unsupported(claim)
            return


def _parts(line: str, refs: Sequence[FactReference], *, free: bool) -> Iterator[Phrase]:
    for part in vocabulary.CLAUSES.split(line):
        own = [refs[int(n)] for n in PLACEHOLDER.findall(part)]
        bare = " ".join(PLACEHOLDER.sub(" ", part).split())
        if not own and free:
            yield from _unproven(bare)
            continue
        if not own:
            words = re.findall(r"[a-z]+", bare)
            if not all(w in vocabulary.ASIDES or w in vocabulary.LINKING_WORDS for w in words):
                yield say(
                    'the part "{part}" refers to no fact', part=bare.replace("\x01", "").strip()[:60] or "…"
                )
            continue
        if denied := vocabulary.NEGATIONS.find(bare):
            yield say("the word {word} denies; say what is, not what is not", word=denied.strip())
            continue
        yield from _directions(bare, own, refs)
        yield from _superlatives(bare, own)
        if (claim := vocabulary.SHARE_WORDS.find(bare)) and not any(r.role == "share" for r in own):
            yield unsupported(claim)


def _directions(bare: str, own: Sequence[FactReference], refs: Sequence[FactReference]) -> Iterator[Phrase]:
    claims = [(way, claim) for way, listed in _WAYS if (claim := listed.find(bare))]
    if vocabulary.STRONG_WORDS.find(bare) or vocabulary.SLIGHT_WORDS.find(bare):
        yield from _sizes(bare, own)
    if not claims:
        return
    if len(claims) > 1:
        yield say(
            "{one} and {other} stand in one part of it", one=claims[0][1].strip(), other=claims[1][1].strip()
        )
        return
    way, claim = claims[0]
    changes = [r for r in own if r.role == "change"]
    judged = changes or [r for r in own if r.role == "value"]
    bases = {r.base for r in own}
    then = [r for r in refs if r.role == "then" and r.base in bases]  # whatever it is compared with, anywhere
    if not judged or any(r.direction != way for r in (*judged, *then)):
        yield unsupported(claim)


_WAYS: tuple[tuple[str, vocabulary.WordList], ...] = (
    ("up", vocabulary.UP_WORDS),
    ("down", vocabulary.DOWN_WORDS),
    ("flat", vocabulary.FLAT_WORDS),
)


def _sizes(bare: str, own: Sequence[FactReference]) -> Iterator[Phrase]:
    sizes = [r.size for r in own if r.size is not None]
    if claim := vocabulary.STRONG_WORDS.find(bare):
        if not sizes or min(sizes) < _SHARP:
            yield unsupported(claim)
    elif (claim := vocabulary.SLIGHT_WORDS.find(bare)) and (not sizes or max(sizes) > _SOFT):
        yield unsupported(claim)


def _superlatives(bare: str, own: Sequence[FactReference]) -> Iterator[Phrase]:
    for listed, wanted in ((vocabulary.LOW_WORDS, "low"), (vocabulary.HIGH_WORDS, "high")):
        claim = listed.find(bare)
        if not claim:
            continue
        if wanted == "high" and vocabulary.LOW_WORDS.find(bare):
            continue  # "the most modest" is judged as the low word in it
        bears = any(
            r.role == wanted
            or (r.role == "name" and r.rank == 1 and not r.tied and r.least == (wanted == "low"))
            for r in own
        )
        if not bears:
            yield unsupported(claim)
    if claim := vocabulary.ORDINAL_WORDS.find(bare):
        rank = vocabulary.ORDINALS[claim.strip().rpartition("'")[2]]
        if not any(r.role == "name" and r.rank == rank for r in own):
            yield unsupported(claim)
