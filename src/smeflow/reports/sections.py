"""Write a report's sections: which facts stand in which, and their paragraphs by patterns or by a person.

Every figure in a paragraph is put in for a reference to its fact.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from smeflow._text import folded
from smeflow.i18n import Phrase, language_of, say
from smeflow.reports.fixed_sentences import (
    EnglishPatterns,
    FactSentence,
    FrenchPatterns,
    LanguagePatterns,
    sentences_of,
)
from smeflow.writing.check import check_prose
from smeflow.writing.fact_evidence import REFERENCE, FactEvidence
from smeflow.writing.locales import lower_first
from smeflow.writing.references import FactReference, ReferenceTable, write_reference
from smeflow.writing.report import FigureSpan, Paragraph, Report, ReportFact, Section

PATTERNS: Mapping[str, LanguagePatterns] = {"en": EnglishPatterns(), "fr": FrenchPatterns()}
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
class PlannedSection:
    """A section to be written: its heading and its facts."""

    heading: str
    facts: tuple[ReportFact, ...]


def plan_sections(
    facts: Sequence[ReportFact], asked: Sequence[SectionAsked], locale: str
) -> list[PlannedSection]:
    """Group facts into sections: as asked, else the single figures first and each other fact by itself."""
    main = [fact for fact in facts if not is_companion(fact)]
    known = {fact.name: fact for fact in main}
    if asked:
        parts = [
            PlannedSection(heading=each.heading, facts=tuple(known[n] for n in each.facts if n in known))
            for each in asked
        ]
        return [part for part in parts if part.facts]
    wide = {fact.name for fact in main if fact.shape != "scalar"}
    beside = {fact.name: fact.name.partition(".")[0] for fact in main if fact.name.partition(".")[0] in wide}
    single = tuple(fact for fact in main if fact.name not in beside)
    heading = say("Key figures").render(language_of(locale))
    sections = [PlannedSection(heading=heading, facts=single)] if single else []
    for name in (fact.name for fact in main if fact.name in wide):
        facts = tuple(fact for fact in main if beside.get(fact.name) == name)
        sections.append(PlannedSection(heading=known[name].label, facts=facts))
    return sections


def is_companion(fact: ReportFact) -> bool:
    """Whether a fact only stands beside another: its change, its value of another time."""
    end = fact.name.rpartition(".")[2]
    return fact.measure in _COMES_WITH or ("." in fact.name and end in {"previous", "last_year"})


def write_by_patterns(part: PlannedSection, about: ReferenceTable) -> tuple[Paragraph, ...]:
    """Write a section by patterns: its single figures in one paragraph, each other fact in its own."""
    patterns = _patterns_of(about)
    single: list[FactSentence] = []
    paragraphs: list[Paragraph] = []
    for nth, fact in enumerate(part.facts):
        sentences = list(sentences_of(fact, about, patterns, nth))
        if fact.shape == "scalar":
            single += sentences
        else:
            paragraphs += [_join_sentences([sentence], about) for sentence in sentences]
    if single:
        paragraphs.insert(0, _join_sentences(single, about))
    return tuple(paragraphs)


def _patterns_of(about: ReferenceTable) -> LanguagePatterns:
    return PATTERNS.get(about.language, PATTERNS["en"])


def draft_with_references(part: PlannedSection, about: ReferenceTable) -> str:
    """Give what the patterns say of a section with its references, as far as it passes the check of prose."""
    patterns = _patterns_of(about)
    texts = [each.text for nth, f in enumerate(part.facts) for each in sentences_of(f, about, patterns, nth)]
    return " ".join(text for text in texts if not check_prose(text, FactEvidence(about=about)).findings)


def _join_sentences(sentences: Sequence[FactSentence], about: ReferenceTable) -> Paragraph:
    text = " ".join(sentence.text for sentence in sentences)
    names = tuple(name for sentence in sentences for name in sentence.facts)
    return replace(paragraph(text, about), facts=names)


def opening_sentence(facts: Sequence[ReportFact], about: ReferenceTable) -> tuple[Paragraph, ...]:
    """Say the first figure of the report in one sentence, with its period."""
    fact = next((f for f in facts if f.shape == "scalar" and f.name in about.references), None)
    sentence = next(iter(sentences_of(fact, about, _patterns_of(about))), None) if fact else None
    if sentence is None or "when" not in about.references:
        return ()
    begin = f"{about.references['when'].text}, "
    rest = paragraph(sentence.text, about)
    text = begin[:1].upper() + begin[1:] + lower_first(rest.text)
    spans = tuple((len(begin) + first, len(begin) + end, name) for first, end, name in rest.figures or ())
    return (Paragraph(text=text, facts=sentence.facts, figures=spans),)


def incomplete_warnings(part: PlannedSection, about: ReferenceTable) -> tuple[Paragraph, ...]:
    """Say which facts are not whole, and why, whoever writes the rest; one reason is told once."""
    language = language_of(about.locale)
    reasons: dict[str, list[ReportFact]] = {}
    for fact in part.facts:
        if fact.incomplete is not None:
            reasons.setdefault(fact.incomplete.render(language), []).append(fact)
    warnings = []
    for why, facts in reasons.items():
        labels = ", ".join(fact.label for fact in facts)
        text = say("{label}: the figures are not whole, since {why}.", label=labels, why=why)
        names = tuple(fact.name for fact in facts)
        warnings.append(Paragraph(text=text.render(language), facts=names, figures=()))
    return tuple(warnings)


def paragraph(text: str, about: ReferenceTable, by: Author = "pattern", *, begin: bool = False) -> Paragraph:
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
    whole = fill_references(text, about)
    return Paragraph(
        text=capitalize_sentences(whole) if begin else whole,
        facts=tuple(dict.fromkeys(REFERENCE.findall(text))),
        by=by,
        figures=tuple(spans),
    )


def capitalize_sentences(text: str) -> str:
    """Begin each sentence large: a reference at its beginning is written small."""
    return re.sub(r"(?:^|(?<=[.!?…] ))[^\W\d_ß]", lambda m: m[0].upper(), text)


def fill_references(text: str, about: ReferenceTable) -> str:
    """Put each reference's text in; in French with the apostrophe of printers."""
    text = REFERENCE.sub(lambda match: about.references[match[1]].text, text)
    return _APOSTROPHE.sub("\u2019", text) if about.locale.startswith("fr") else text


_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")


def most_changed(facts: Sequence[ReportFact], about: ReferenceTable, n: int = 3) -> tuple[Paragraph, ...]:
    """Say what changed most by its share, against the period before, then against a year before."""
    changes: dict[str, ReportFact] = {}
    for end in (".change", ".change_last_year"):
        moved = [
            f for f in facts if f.measure == "change" and f.name.endswith(end) and f.name in about.references
        ]
        moved = [f for f in moved if f.direction != "flat"]
        moved.sort(key=lambda f: (-abs(f.value) if isinstance(f.value, Decimal) else Decimal(0), f.name))
        for change in moved:
            changes.setdefault(change.name.rpartition(".")[0], change)
    items = []
    for base, change in list(changes.items())[:n]:
        if base in about.references:
            label = about.references[base].label
            colon = "\u00a0: " if about.locale.startswith("fr") else ": "
            text = f"{label}{colon}{write_reference(base)}, {write_reference(change.name)}."
            items.append(replace(paragraph(text, about), kind="item"))
    return tuple(items)


def make_section(
    part: PlannedSection, about: ReferenceTable, paragraphs: tuple[Paragraph, ...] = ()
) -> Section:
    """Put a section together of a model's *paragraphs*; without any the patterns write it."""
    warnings = incomplete_warnings(part, about)
    return Section(
        heading=part.heading,
        paragraphs=(*(paragraphs or write_by_patterns(part, about)), *warnings),
        shows=tuple(fact.name for fact in part.facts),
    )


class UnsupportedEdit(ValueError):
    """A paragraph says what no fact does; the phrase tells which sentence, and why."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


def numbered_paragraphs(report: Report) -> dict[str, Paragraph]:
    """Number the paragraphs as a person names them: ``p1``, ``p2``, the summary first."""
    return {f"p{n}": paragraph for n, paragraph in enumerate(_all_paragraphs(report), 1)}


def _all_paragraphs(report: Report) -> Iterator[Paragraph]:
    yield from report.summary
    for section in report.sections:
        yield from section.paragraphs


def apply_edits(
    report: Report, changes: dict[str, str], about: ReferenceTable, person: str, glossary: Sequence[str] = ()
) -> Report:
    """Put a person's *changes* in: texts by ``p1``, ``title``, ``subtitle``; an empty one takes it out.

    Raises:
        UnsupportedEdit: A sentence says a number, date, name, direction or rank that no fact holds.
        KeyError: There is no such paragraph.
    """
    known = numbered_paragraphs(report)
    titles = [name for name in ("title", "subtitle") if name in changes]
    for name in changes:
        if name not in known and name not in titles:
            raise KeyError(name)
    edits = {
        name: check_paragraph(text, about, glossary, known[name].text) if text.strip() else None
        for name, text in changes.items()
        if name in known
    }
    numbers = iter(known)

    def put(old: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
        new = []
        for before in old:
            edited = edits.get(next(numbers), before)
            if edited is not None:
                new.append(replace(edited, kind=before.kind))
        return tuple(new)

    summary = put(report.summary)
    sections = tuple(replace(section, paragraphs=put(section.paragraphs)) for section in report.sections)
    written = replace(report.written, by="person") if edits else report.written
    return replace(
        report,
        title=changes.get("title", report.title).strip() or report.title,
        subtitle=changes.get("subtitle", report.subtitle).strip(),
        summary=summary,
        sections=sections,
        written=written,
        accepted_by=person,
        wanted_model=False,
    )


def check_paragraph(
    text: str, about: ReferenceTable, glossary: Sequence[str] = (), before: str = ""
) -> Paragraph:
    """Take what a person wrote, each figure found again among the facts.

    A whole sentence that stood there *before* is left as it was: whoever wrote it, it was checked then.

    Raises:
        UnsupportedEdit: It says what no fact does.
    """
    evidence = FactEvidence(about=about, glossary=glossary, free=True)
    written, earlier = (put_references(" ".join(each.split()), about) for each in (text, before))
    stood = {sentence.text for sentence in check_prose(earlier, evidence).sentences}
    for sentence in check_prose(written, evidence).sentences:
        if not sentence.holds and sentence.text not in stood:
            raise UnsupportedEdit(
                say(
                    '"{text}" does not hold: {why}.',
                    text=fill_references(_without_unknown_references(sentence.text, about), about),
                    why=sentence.problems[0],
                )
            )
    return paragraph(written, about, "person", begin=True)


def _without_unknown_references(text: str, about: ReferenceTable) -> str:
    return REFERENCE.sub(lambda m: m[0] if m[1] in about.references else m[1], text)


def put_references(text: str, about: ReferenceTable) -> str:
    """Put references in the place of texts of facts, the longest first.

    Where several facts read the same, the one whose name stands nearest before it is meant.
    """
    by_text: dict[str, list[FactReference]] = {}
    for reference in about.references.values():
        if reference.role != "period" and len(reference.text) > 1:
            for spelt in {reference.text, reference.text.replace("'", "\u2019")}:
                by_text.setdefault(spelt, []).append(reference)
    spans: list[tuple[int, int, str]] = []

    def put(match: re.Match[str], name: str) -> None:
        if not any(start < match.end() and match.start() < end for start, end, _ in spans):
            spans.append((match.start(), match.end(), write_reference(name)))

    for spelt in sorted(by_text, key=len, reverse=True):
        pattern = re.escape(spelt).replace("\\ ", r"\s").replace("\u00a0", r"\s").replace("\u202f", r"\s")
        for match in re.finditer(rf"(?<![\w]){pattern}(?!\w|[.,]\d)", text):
            put(match, _closest_reference(by_text[spelt], text[: match.start()], about))
    for window in ("when", "period"):
        shown = about.references[window].text if window in about.references else ""
        for match in re.finditer(rf"(?i)(?<!\w){re.escape(shown)}(?!\w)", text) if shown else ():
            put(match, window)
    for start, end, reference_text in sorted(spans, reverse=True):
        text = text[:start] + reference_text + text[end:]
    return text


def _closest_reference(candidates: Sequence[FactReference], before: str, about: ReferenceTable) -> str:
    """Choose by the label that was named last."""
    line = folded(before)

    def last(reference: FactReference) -> int:
        return max((line.rfind(folded(word)) for word in about.labels.get(reference.base, ())), default=-1)

    return max(candidates, key=last).name
