"""Compose a report: sections, what changed most, and prose by patterns or by whoever wrote it, checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from smeflow.facts.check import check
from smeflow.facts.french import lowered
from smeflow.facts.patterns.base import Said, Tongue, sentences
from smeflow.facts.patterns.en import English
from smeflow.facts.patterns.fr import French
from smeflow.facts.references import Sayable
from smeflow.facts.referring import REFERENCE, Referring
from smeflow.facts.report import FactValue, FigureSpan, Paragraph, Section
from smeflow.i18n import language_of, say

TONGUES: Mapping[str, Tongue] = {"en": English(), "fr": French()}
_COMES_WITH = frozenset({"change", "difference", "year_to_date"})
Author = Literal["pattern", "model", "person"]


class SectionAsked(BaseModel):
    """A section a recipe names: its heading and the facts under it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    heading: str
    """What stands above it."""
    facts: tuple[str, ...] = Field(min_length=1)
    """The names of its facts, in the order they are shown."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section to be written: its heading and its facts."""

    heading: str
    facts: tuple[FactValue, ...]


def parts_of(facts: Sequence[FactValue], asked: Sequence[SectionAsked], locale: str) -> list[Part]:
    """Group facts into sections: as asked, else the single figures first and each other fact by itself."""
    own = [fact for fact in facts if not comes_with(fact)]
    known = {fact.name: fact for fact in own}
    if asked:
        parts = [
            Part(heading=each.heading, facts=tuple(known[n] for n in each.facts if n in known))
            for each in asked
        ]
        return [part for part in parts if part.facts]
    wide = {fact.name for fact in own if fact.shape != "scalar"}
    beside = {fact.name: fact.name.partition(".")[0] for fact in own if fact.name.partition(".")[0] in wide}
    single = tuple(fact for fact in own if fact.name not in beside)
    heading = say("Key figures").render(language_of(locale))
    found = [Part(heading=heading, facts=single)] if single else []
    for name in (fact.name for fact in own if fact.name in wide):
        facts = tuple(fact for fact in own if beside.get(fact.name) == name)
        found.append(Part(heading=known[name].label, facts=facts))
    return found


def comes_with(fact: FactValue) -> bool:
    """Whether a fact only stands beside another: its change, its value of another time."""
    end = fact.name.rpartition(".")[2]
    return fact.measure in _COMES_WITH or ("." in fact.name and end in {"previous", "last_year"})


def plain(part: Part, about: Sayable) -> tuple[Paragraph, ...]:
    """Write a section by patterns: its single figures in one paragraph, each other fact in its own."""
    tongue = TONGUES.get(about.locale[:2].lower(), TONGUES["en"])
    single: list[Said] = []
    found: list[Paragraph] = []
    for nth, fact in enumerate(part.facts):
        said = list(sentences(fact, about, tongue, nth))
        if fact.shape == "scalar":
            single += said
        else:
            found += [_joined([each], about) for each in said]
    return (*([_joined(single, about)] if single else []), *found, *warned(part, about))


def drafted(part: Part, about: Sayable) -> str:
    """Give what the patterns say of a section with its references, as far as it passes the check of prose."""
    tongue = TONGUES.get(about.locale[:2].lower(), TONGUES["en"])
    said = [each.text for nth, f in enumerate(part.facts) for each in sentences(f, about, tongue, nth)]
    return " ".join(text for text in said if not check(text, Referring(about=about)).findings)


def _joined(said: Sequence[Said], about: Sayable) -> Paragraph:
    text = " ".join(each.text for each in said)
    return replace(paragraph(text, about), facts=tuple(name for each in said for name in each.facts))


def opening(facts: Sequence[FactValue], about: Sayable) -> tuple[Paragraph, ...]:
    """Say the first figure of the report in one sentence, with its period."""
    fact = next((f for f in facts if f.shape == "scalar" and f.name in about.references), None)
    tongue = TONGUES.get(about.locale[:2].lower(), TONGUES["en"])
    said = next(iter(sentences(fact, about, tongue)), None) if fact else None
    if said is None or "when" not in about.references:
        return ()
    begin = f"{about.references['when'].text}, "
    rest = paragraph(said.text, about)
    text = begin[:1].upper() + begin[1:] + lowered(rest.text)
    spans = tuple((len(begin) + first, len(begin) + end, name) for first, end, name in rest.figures or ())
    return (Paragraph(text=text, facts=said.facts, figures=spans),)


def warned(part: Part, about: Sayable) -> tuple[Paragraph, ...]:
    """Say which facts are not whole, and why, whoever writes the rest; one reason is told once."""
    language = language_of(about.locale)
    reasons: dict[str, list[FactValue]] = {}
    for fact in part.facts:
        if fact.incomplete is not None:
            reasons.setdefault(fact.incomplete.render(language), []).append(fact)
    found = []
    for why, facts in reasons.items():
        labels = ", ".join(fact.label for fact in facts)
        text = say("{label}: the figures are not whole, since {why}.", label=labels, why=why)
        names = tuple(fact.name for fact in facts)
        found.append(Paragraph(text=text.render(language), facts=names, figures=()))
    return tuple(found)


def paragraph(text: str, about: Sayable, by: Author = "pattern", *, begin: bool = False) -> Paragraph:
    """Put each reference's text in, and keep which fact each figure is."""
    spans: list[FigureSpan] = []
    shift = 0
    for match in REFERENCE.finditer(text):
        reference = about.references[match[1]]
        first = reference.text.find(reference.figure)
        if reference.figure and first >= 0:
            first += match.start() + shift
            spans.append((first, first + len(reference.figure), reference.fact))
        shift += len(reference.text) - len(match[0])
    whole = filled(text, about)
    return Paragraph(
        text=begun(whole) if begin else whole,
        facts=tuple(dict.fromkeys(REFERENCE.findall(text))),
        by=by,
        figures=tuple(spans),
    )


def begun(text: str) -> str:
    """Begin each sentence large: a reference at its beginning is written small."""
    return re.sub(r"(?:^|(?<=[.!?…] ))[^\W\d_ß]", lambda m: m[0].upper(), text)


def filled(text: str, about: Sayable) -> str:
    """Put each reference's text in; in French with the apostrophe of printers."""
    text = REFERENCE.sub(lambda match: about.references[match[1]].text, text)
    return _APOSTROPHE.sub("\u2019", text) if about.locale.startswith("fr") else text


_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")


def most_changed(facts: Sequence[FactValue], about: Sayable, n: int = 3) -> tuple[Paragraph, ...]:
    """Say what changed most by its share, against the period before, then against a year before."""
    changes: dict[str, FactValue] = {}
    for end in (".change", ".change_last_year"):
        moved = [
            f for f in facts if f.measure == "change" and f.name.endswith(end) and f.name in about.references
        ]
        moved = [f for f in moved if f.direction != "flat"]
        moved.sort(key=lambda f: (-abs(f.value) if isinstance(f.value, Decimal) else Decimal(0), f.name))
        for change in moved:
            changes.setdefault(change.name.rpartition(".")[0], change)
    found = []
    for base, change in list(changes.items())[:n]:
        if base in about.references:
            label = about.references[base].label
            colon = "\u00a0: " if about.locale.startswith("fr") else ": "
            text = f"{label}{colon}{{{{{base}}}}}, {{{{{change.name}}}}}."
            found.append(replace(paragraph(text, about), kind="item"))
    return tuple(found)


def section(part: Part, paragraphs: Sequence[Paragraph]) -> Section:
    """Put a section together."""
    return Section(
        heading=part.heading, paragraphs=tuple(paragraphs), shows=tuple(f.name for f in part.facts)
    )
