"""Check each sentence of a prose against the facts: figures, dates, names, directions, ranks, causes.

Prose refers to facts and writes no figure itself, so what is checked is what it says *about* them. A sentence
holds only where every part of it refers to a fact and every word that claims something is borne out by the
facts referred to in the same part. A doubt counts against the sentence.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from smeflow._text import folded
from smeflow.facts import words
from smeflow.facts.references import Reference, Sayable
from smeflow.i18n import Phrase, say

REFERENCE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[^\s])|\n+")
_HELD = re.compile(r"\ufffc(\d+)\ufffc")
_SHARP, _SOFT = 10, 5
Mention = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as written, and what speaks against it."""

    text: str
    problems: tuple[Phrase, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing does."""
        return not self.problems


def check_text(text: str, about: Sayable, *, glossary: Sequence[str] = ()) -> list[Sentence]:
    """Cut *text* into sentences and check each."""
    return [
        Sentence(part, tuple(_problems(part, about, glossary)))
        for part in (p.strip() for p in _SENTENCE.split(text))
        if part
    ]


def _problems(text: str, about: Sayable, glossary: Sequence[str]) -> Iterator[Phrase]:
    names = REFERENCE.findall(text)
    unknown = [name for name in names if name not in about.references]
    if unknown:
        yield say("there is no fact {name}", name="{{" + unknown[0] + "}}")
        return
    refs = [about.references[name] for name in names]
    if not refs:
        yield say("it refers to no fact")
        return
    numbers = iter(range(len(refs)))
    held = REFERENCE.sub(lambda _: f"\ufffc{next(numbers)}\ufffc", text)
    bare = _HELD.sub("\ufffc", held)
    if re.search(r"\d|[½¼¾%‰€$£{}<>]", bare) or any(c.isnumeric() for c in bare):
        yield say("it writes a figure itself; refer to a fact")
        return
    line, mentions = _masked(held, about, glossary)
    yield from _capitals(held, about, glossary)
    yield from _named(line, about)
    for listed, why in _ALWAYS:
        if found := listed.find(_HELD.sub(" ", line)):
            yield why(found.strip())
    yield from _parts(line, refs, about)
    yield from _bound(line, refs, mentions, about)
    yield from _ranks(line, refs)


_ALWAYS: tuple[tuple[words.Words, Callable[[str], Phrase]], ...] = (
    (words.numbers, lambda word: say("the word {word} says a number or a quantity", word=word)),
    (words.times, lambda word: say("the word {word} says a time; refer to a fact", word=word)),
    (words.causes, lambda word: say("the word {word} gives a cause, and no fact holds one", word=word)),
    (words.future, lambda word: say("the word {word} foretells, and no fact does", word=word)),
)


def _masked(held: str, about: Sayable, glossary: Sequence[str]) -> tuple[str, list[Mention]]:
    """Fold a sentence and take labels and glossary words out of it; tell where which label stood."""
    line = _folded(held)
    mentions: list[Mention] = []
    spoken = [(phrase, base) for base, said in about.labels.items() for phrase in said]
    for phrase, base in sorted(spoken, key=lambda each: -len(each[0])):
        pattern = re.compile(rf"(?<![\w\ufffc])(?:[a-z]{{1,2}}')?{_inflected(phrase)}(?!\w)")
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


def _inflected(phrase: str) -> str:
    """Match a label in the singular and the plural."""
    parts = []
    for word in folded(phrase).split(" "):
        stem = re.sub(r"(?:ies|y|aux|al|es|s|x)$", "", word) if len(word) > 3 else word
        parts.append(re.escape(stem) + r"(?:ies|y|aux|al|es|s|x|e)?")
    return r"\s+".join(parts)


def _folded(held: str) -> str:
    """Fold text and keep the marks of references."""
    pieces = _HELD.split(held)
    out = []
    for at, piece in enumerate(pieces):
        if at % 2:
            out.append(f"\ufffc{piece}\ufffc")
        else:
            lead = " " if piece[:1].isspace() else ""
            tail = " " if piece[-1:].isspace() and piece.strip() else ""
            out.append(lead + folded(piece) + tail)
    return "".join(out)


_WORD = re.compile(r"[^\W\d_][\w'’\-]*")


def _capitals(held: str, about: Sayable, glossary: Sequence[str]) -> Iterator[Phrase]:
    """A word with a capital is a name unless it begins the sentence with a word of the language."""
    allowed = {folded(w) for said in about.labels.values() for phrase in said for w in phrase.split()}
    allowed |= {folded(w) for phrase in glossary for w in phrase.split()}
    bare = _HELD.sub(" \ufffc ", held)
    first = True
    for match in _WORD.finditer(bare):
        word = match[0]
        at_start = first
        first = False
        if not word[:1].isupper():
            continue
        plain = re.split(r"['’]", folded(word))
        known = (
            all(p in allowed or p in words.OPENERS for p in plain if p)
            if at_start
            else folded(word) in allowed
        )
        if word in {"I", "TVA", "HT", "TTC", "VAT"} and not at_start:
            continue
        if not known:
            yield say(
                "{name} is a name no fact holds; begin with a plain word, and name rows by reference",
                name=word,
            )
            return


def _named(line: str, about: Sayable) -> Iterator[Phrase]:
    for name in about.names:
        if name in line and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line):
            yield say("{name} is written out; name rows by reference", name=name)
            return


def _parts(line: str, refs: Sequence[Reference], about: Sayable) -> Iterator[Phrase]:
    for part in words.CLAUSES.split(line):
        own = [refs[int(n)] for n in _HELD.findall(part)]
        bare = " ".join(_HELD.sub(" ", part).split())
        if not own:
            spoken = re.findall(r"[a-z']+", bare)
            if spoken and not all(
                w in words.ASIDES or w in words.OPENERS for w in re.split(r"[' ]", " ".join(spoken)) if w
            ):
                yield say(
                    'the part "{part}" refers to no fact', part=bare.replace("\x01", "").strip()[:60] or "…"
                )
            continue
        yield from _directions(bare, own)
        yield from _superlatives(bare, own)


def _directions(bare: str, own: Sequence[Reference]) -> Iterator[Phrase]:
    claims = [(way, found) for way, listed in _WAYS if (found := listed.find(bare))]
    if words.strong.find(bare) or words.slight.find(bare):
        yield from _sizes(bare, own)
    if not claims:
        return
    if words.negation.find(bare):
        yield say("it denies a direction; say which way it went")
        return
    if len(claims) > 1:
        yield say(
            "{one} and {other} stand in one part of it", one=claims[0][1].strip(), other=claims[1][1].strip()
        )
        return
    way, found = claims[0]
    changes = [r for r in own if r.role == "change"]
    judged = changes or [r for r in own if r.role in {"value", "then"}]
    if not judged or any(r.direction != way for r in judged if not (r.role == "then" and len(judged) > 1)):
        yield say("no fact in this part says {word}", word=found.strip())


_WAYS: tuple[tuple[str, words.Words], ...] = (
    ("up", words.up),
    ("down", words.down),
    ("flat", words.flat),
)


def _sizes(bare: str, own: Sequence[Reference]) -> Iterator[Phrase]:
    sizes = [r.size for r in own if r.size is not None]
    if found := words.strong.find(bare):
        if not sizes or min(sizes) < _SHARP:
            yield say("no fact in this part says {word}", word=found.strip())
    elif (found := words.slight.find(bare)) and (not sizes or max(sizes) > _SOFT):
        yield say("no fact in this part says {word}", word=found.strip())


def _superlatives(bare: str, own: Sequence[Reference]) -> Iterator[Phrase]:
    for listed, wanted in ((words.low, "low"), (words.high, "high")):
        found = listed.find(bare)
        if not found:
            continue
        if wanted == "high" and words.low.find(bare):
            continue  # "the most modest" is judged as the low word in it
        bears = any(
            r.role == wanted
            or (r.role == "name" and r.rank == 1 and not r.tied and r.least == (wanted == "low"))
            for r in own
        )
        if not bears or words.negation.find(bare):
            yield say("no fact in this part says {word}", word=found.strip())
    if found := words.ordinals.find(bare):
        rank = words.ORDINALS[found.strip().rpartition("'")[2]]
        if not any(r.role == "name" and r.rank == rank for r in own):
            yield say("no fact in this part says {word}", word=found.strip())


def _bound(
    line: str, refs: Sequence[Reference], mentions: Sequence[Mention], about: Sayable
) -> Iterator[Phrase]:
    """Each figure stands with its own name: the nearest label before it, else the first one after it."""
    bases = {ref.base for ref in refs}
    spoken: dict[int, set[str]] = {}
    for start, _, base in sorted(mentions):
        spoken.setdefault(start, set()).add(base)
    for named in spoken.values():
        if not named & bases:
            yield say("{label} is named and its figure is not told", label=about.labels[min(named)][0])
            return
    for match in _HELD.finditer(line):
        ref = refs[int(match[1])]
        if ref.base in about.labels and _says_itself(ref, about):
            spoken.setdefault(match.start(), set()).add(ref.base)
    starts = sorted(spoken)
    for match in _HELD.finditer(line):
        ref = refs[int(match[1])]
        if ref.role == "period" or ref.base not in about.labels:
            continue
        before = [start for start in starts if start <= match.start()]
        near = before[-1:] or starts[:1]
        if not near:
            yield say(
                "{name} stands without its own name: {label}",
                name="{{" + ref.name + "}}",
                label=about.labels[ref.base][0],
            )
            return
        if ref.base not in spoken[near[0]]:
            yield say(
                "{name} stands under another name than its own: {label}",
                name="{{" + ref.name + "}}",
                label=about.labels[ref.base][0],
            )
            return


def _says_itself(ref: Reference, about: Sayable) -> bool:
    """Whether the text put in names what it is: "7 orders"."""
    text = folded(ref.text)
    return any(re.search(rf"(?<!\w){_inflected(phrase)}(?!\w)", text) for phrase in about.labels[ref.base])


def _ranks(line: str, refs: Sequence[Reference]) -> Iterator[Phrase]:
    """Names come in their order, and each figure of a row stands with the name of its row."""
    if sum(r.role == "name" for r in refs) > 1 and (found := words.behind.find(_HELD.sub(" ", line))):
        yield say("the rows are told in their order; leave out {word}", word=found.strip())
    if found := words.ahead.find(_HELD.sub(" ", line)):
        ranked = [r for r in refs if r.role == "name"]
        if len(ranked) < 2 or any(r.tied for r in ranked[:-1]):
            yield say("no fact in this part says {word}", word=found.strip())
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


def _paired(own: Sequence[Reference], role: str) -> bool:
    """Whether each figure comes after the name of its own row and before the next name."""
    current = 0
    for each in own:
        if each.role == "name":
            current = each.rank
        elif each.role == role and each.rank and each.rank != current:
            return False
    return True
