"""What a person makes of a report's paragraphs: held against the facts as a model's words are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from smeflow.facts.check import check
from smeflow.facts.compose import filled, paragraph
from smeflow.facts.references import Reference, Sayable
from smeflow.facts.referring import REFERENCE, Referring
from smeflow.facts.report import Paragraph, Report
from smeflow.i18n import Phrase, say


class Untrue(ValueError):
    """A paragraph says what no fact does; the phrase tells which sentence, and why."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.phrase = phrase


def paragraphs(report: Report) -> dict[str, Paragraph]:
    """Number the paragraphs as a person names them: ``p1``, ``p2``, the summary first."""
    return {f"p{n}": paragraph for n, paragraph in enumerate(_all(report), 1)}


def _all(report: Report) -> Iterator[Paragraph]:
    yield from report.summary
    for section in report.sections:
        yield from section.paragraphs


def edited(
    report: Report, changes: dict[str, str], about: Sayable, person: str, glossary: Sequence[str] = ()
) -> Report:
    """Put a person's *changes* in: texts by ``p1``, ``title``, ``subtitle``; an empty one takes it out.

    Raises:
        Untrue: A sentence says a number, date, name, direction or rank that no fact holds.
        KeyError: There is no such paragraph.
    """
    known = paragraphs(report)
    titles = [name for name in ("title", "subtitle") if name in changes]
    for name in changes:
        if name not in known and name not in titles:
            raise KeyError(name)
    made = {
        name: checked(text, about, glossary) if text.strip() else None
        for name, text in changes.items()
        if name in known
    }
    numbers = iter(known)

    def put(old: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
        new = []
        for before in old:
            name = next(numbers)
            one = made.get(name, before)
            if one is not None:
                new.append(replace(one, kind=before.kind))
        return tuple(new)

    summary = put(report.summary)
    sections = tuple(replace(section, paragraphs=put(section.paragraphs)) for section in report.sections)
    written = replace(report.written, by="person") if made else report.written
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


def checked(text: str, about: Sayable, glossary: Sequence[str] = ()) -> Paragraph:
    """Take what a person wrote, each figure found again among the facts.

    Raises:
        Untrue: It says what no fact does.
    """
    told = referenced(" ".join(text.split()), about)
    for sentence in check(told, Referring(about=about, glossary=glossary, free=True)).sentences:
        if not sentence.holds:
            raise Untrue(
                say(
                    '"{text}" does not hold: {why}.',
                    text=filled(_known(sentence.text, about), about),
                    why=sentence.problems[0],
                )
            )
    return paragraph(told, about, "person", begin=True)


def _known(text: str, about: Sayable) -> str:
    return REFERENCE.sub(lambda m: m[0] if m[1] in about.references else m[1], text)


def referenced(text: str, about: Sayable) -> str:
    """Put references in the place of texts of facts, the longest first.

    Where several facts read the same, the one whose name stands nearest before it is meant.
    """
    by_text: dict[str, list[Reference]] = {}
    for reference in about.references.values():
        if reference.role != "period" and len(reference.text) > 1:
            for spelt in {reference.text, reference.text.replace("'", "\u2019")}:
                by_text.setdefault(spelt, []).append(reference)
    found: list[tuple[int, int, str]] = []
    for spelt in sorted(by_text, key=len, reverse=True):
        pattern = re.escape(spelt).replace("\\ ", r"\s").replace("\u00a0", r"\s").replace("\u202f", r"\s")
        for match in re.finditer(rf"(?<![\w]){pattern}(?!\w|[.,]\d)", text):
            if not any(start < match.end() and match.start() < end for start, end, _ in found):
                name = _meant(by_text[spelt], text[: match.start()], about)
                found.append((match.start(), match.end(), "{{" + name + "}}"))
    for window in ("when", "period"):
        shown = about.references[window].text if window in about.references else ""
        for match in re.finditer(rf"(?i)(?<!\w){re.escape(shown)}(?!\w)", text) if shown else ():
            if not any(start < match.end() and match.start() < end for start, end, _ in found):
                found.append((match.start(), match.end(), "{{" + window + "}}"))
    for start, end, reference_text in sorted(found, reverse=True):
        text = text[:start] + reference_text + text[end:]
    return text


def _meant(candidates: Sequence[Reference], before: str, about: Sayable) -> str:
    """Choose by the label that was named last."""
    from smeflow._text import folded

    line = folded(before)

    def last(reference: Reference) -> int:
        return max((line.rfind(folded(word)) for word in about.labels.get(reference.base, ())), default=-1)

    return max(candidates, key=last).name
