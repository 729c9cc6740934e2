"""Prose of a report by a model.

What it is told of the facts, how each sentence is checked, repaired, then cut.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from smeflow._text import sha256
from smeflow.errors import AnswerInvalid, LLMRefused
from smeflow.i18n import Phrase, language_of, say
from smeflow.llm.ask import AnswerForm, ask
from smeflow.llm.interface import LLM, Message
from smeflow.reports.sections import PlannedSection, draft_with_references, paragraph, put_references
from smeflow.writing.check import CheckedSentence, check_prose
from smeflow.writing.fact_evidence import FactEvidence
from smeflow.writing.prompts import DATA
from smeflow.writing.references import FactReference, ReferenceTable
from smeflow.writing.report import Authorship, Paragraph

MOST_ROWS_TOLD = 8
"""So many rows of a ranking are told: nobody reads prose about the ninth."""


def list_for_model(parts: Sequence[PlannedSection], about: ReferenceTable, *, names: bool = False) -> str:
    """List the sections with their facts, as a model is shown them.

    Names of rows are withheld unless *names* is set, and those that are people's always: the reference alone
    is enough to write of a row.
    """
    listing = ["{{period}} = " + about.references["period"].text] if "period" in about.references else []
    for number, part in enumerate(parts, 1):
        listing.append(f"\n[{number}] {part.heading}")
        for fact in part.facts:
            lines = list(_reference_lines(fact.name, about, withheld=fact.people or not names))
            if lines:
                listing.append(f"{fact.label}:")
                listing += lines
        if plain := draft_with_references(part, about):
            listing.append(f"Draft of [{number}], true as it stands: {plain}")
    return "\n".join(listing)


def _reference_lines(base: str, about: ReferenceTable, *, withheld: bool) -> Iterator[str]:
    nameless = say("(a name)").render(language_of(about.locale))
    for reference in about.references.values():
        if reference.base != base or reference.rank > MOST_ROWS_TOLD:
            continue
        text = nameless if withheld and reference.role == "name" else reference.text
        yield f"  {reference.written} = {text}{_rank_or_direction(reference)}"


def _rank_or_direction(reference: FactReference) -> str:
    if reference.role == "name" and reference.rank and not reference.tied:
        return f"  (#{reference.rank})"
    return f"  ({reference.direction})" if reference.direction and reference.role == "value" else ""


Length = Literal["short", "normal", "long"]
MAX_REPAIRS = 2
"""How many times sentences that do not hold are sent back before they are cut."""
_LENGTHS: Mapping[Length, str] = {
    "short": "one sentence a section, one for the opening",
    "normal": "two or three sentences a section, two for the opening",
    "long": "four to six sentences a section, three for the opening",
}
_LANGUAGES = {"en": "English", "fr": "French"}
PROMPT = """You write the prose of a business report in {language}.
Reader: {audience}. Tone: {tone}. Length: {length}.
You are given facts by name. You never write a figure, a date or the name of a row: you write its reference
in double braces exactly as listed, such as {{{{revenue}}}}; the text behind the equals sign takes its place.
Rules, each checked by a program; a sentence that breaks one is cut:
- Every sentence refers to at least one fact, and each part between commas does, too.
- Beside a reference stands the label of its fact, in the words of the list.
- A reference to a change already says which way and against what: write "revenue came to {{{{revenue}}}},
  {{{{revenue.change}}}}". A word for a direction or a rank may only say what the fact says.
- Rows of a ranking come in their order, each with its own figure; no other fact in that sentence.
- No causes, no forecasts, no judgement, no number words, no times, no negation: plain words only.
Example, were there a fact "Visits" with {{{{visits}}}} = 120 visits and {{{{visits.change}}}} = up 9% on May:
  right: Visits came to {{{{visits}}}}, {{{{visits.change}}}}.
  wrong, and cut: Visits came to 120, up 9% on May. / Visits rose since it was sunny.
Each section comes with a plain draft that holds: make it read well, and change as little as that takes.
{instructions}{glossary}{examples}Give `opening`, the few sentences at the top, and for each section its
number and text."""
REPAIR = (
    "These sentences do not hold. Write each again so that it holds, or give an empty text to leave it out."
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int
    text: str


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid")
    opening: str
    sections: list[_Section]


class _Again(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int
    text: str


class _Repaired(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sentences: list[_Again]


class ProseStyle(BaseModel):
    """How prose is to sound."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    audience: str = ""
    """Who reads it: ``the owner of the shop``."""
    tone: str = ""
    """``plain and factual`` unless told."""
    length: Length = "normal"
    """``short``, ``normal`` or ``long``."""
    instructions: str = ""
    """What else a model should know: what matters to the reader."""
    glossary: dict[str, str] = Field(default_factory=dict)
    """The firm's own words and what they mean; prose may use them."""
    names: bool = False
    """Whether the model sees the names of rows."""
    comments: tuple[str, ...] = ()
    """What a person said of the draft before."""
    examples: tuple[str, ...] = ()
    """Paragraphs as the firm likes them: what people changed is kept here by smeflow."""


@dataclass(frozen=True, kw_only=True)
class ModelProse:
    """What a model wrote, as far as it holds."""

    opening: tuple[Paragraph, ...] = ()
    sections: tuple[tuple[Paragraph, ...], ...] = ()
    """In the order of the parts; empty where nothing of it holds."""
    remarks: tuple[Phrase, ...] = ()
    """What was cut, and why."""
    written: Authorship = Authorship()  # noqa: RUF009 - frozen


@dataclass(frozen=True)
class _SentenceState:
    """A sentence on its way: where it stands, what it says now, what was wrong with it first."""

    section: int
    block: int
    sentences: tuple[CheckedSentence, ...]
    first: CheckedSentence | None = None
    """As it was written where it did not hold."""

    @property
    def holds(self) -> bool:
        return all(sentence.holds for sentence in self.sentences)


def write_prose(
    parts: Sequence[PlannedSection],
    about: ReferenceTable,
    llm: LLM,
    style: ProseStyle,
    *,
    max_output_tokens: int,
) -> ModelProse:
    """Have a model write about *parts*; keep the sentences that hold.

    Raises:
        LLMError: There is no model, it declines, or gives nothing that can be read.
    """
    messages = _question(parts, about, style)
    known = FactEvidence(about=about, glossary=tuple(style.glossary))
    answer = ask(llm, messages, _prose_answer(), max_output_tokens=max_output_tokens)
    lines = _check_sentences(answer.value, len(parts), known)
    first_reply = Message("assistant", answer.reply.text[:20_000])
    for _ in range(MAX_REPAIRS):
        wrong = [n for n, line in enumerate(lines) if not line.holds]
        if not wrong:
            break
        correction = Message("user", _repair_request([lines[n] for n in wrong], about))
        try:
            again = ask(
                llm,
                (*messages, first_reply, correction),
                _repair_answer(),
                max_output_tokens=max_output_tokens,
            )
        except (AnswerInvalid, LLMRefused):
            break  # what held before still holds
        texts = {each.number: each.text.strip() for each in again.value.sentences}
        before = list(lines)
        for place, n in enumerate(wrong, 1):
            if place in texts:
                checked = check_prose(texts[place], known).sentences
                mended = tuple(sentence for each in checked for sentence in _mend(each, known))
                lines[n] = replace(lines[n], sentences=mended)
        if lines == before:
            break  # it insists
    return _assemble(lines, len(parts), about)


def _question(
    parts: Sequence[PlannedSection], about: ReferenceTable, style: ProseStyle
) -> tuple[Message, ...]:
    facts = list_for_model(parts, about, names=style.names)
    key = sha256(facts)[:12]
    words = "".join(f"\n  {word}: {meaning}" for word, meaning in style.glossary.items())
    liked = "".join(f"\n  {text}" for text in style.examples[-5:])
    wishes = [
        style.instructions.strip(),
        *(f"A reader said of the draft: {c.strip()}" for c in style.comments),
    ]
    task = PROMPT.format(
        language=_LANGUAGES[language_of(about.locale)],
        audience=style.audience or "the owner of a small firm",
        tone=style.tone or "plain and factual",
        length=_LENGTHS[style.length],
        instructions="".join(f"- {each}\n" for each in wishes if each),
        glossary=f"The firm's own words:{words}\n" if words else "",
        examples=f"Paragraphs as the firm likes them:{liked}\n" if liked else "",
    )
    shown = f"<<<{key} facts\n{facts}\n{key}>>>"
    return Message("system", f"{task}\n\n{DATA.format(key=key)}"), Message("user", shown)


def _check_sentences(written: _Written, count: int, known: FactEvidence) -> list[_SentenceState]:
    texts = [(0, written.opening)]
    texts += [(each.number, each.text) for each in written.sections if 1 <= each.number <= count]
    states = []
    for number, text in texts:
        for block, passage in enumerate(part for part in text.split("\n\n") if part.strip()):
            for sentence in check_prose(passage, known).sentences:
                first = None if sentence.holds else sentence
                states.append(_SentenceState(number, block, _mend(sentence, known), first))
    return states


_UNIT = re.compile(r"(\{\{[\w.]+\}\})\s*(?:[€$£%]|[A-Z]{3}\b|euros?\b|dollars?\b)")
"""A unit written again behind a figure that brings its own."""


def _mend(sentence: CheckedSentence, known: FactEvidence) -> tuple[CheckedSentence, ...]:
    """Put references where a sentence quotes a fact's text letter for letter; keep it where it holds then."""
    if sentence.holds:
        return (sentence,)
    sentence = replace(sentence, text=_UNIT.sub(r"\1", sentence.text))
    again = check_prose(put_references(sentence.text, known.about), known).sentences
    return again if again and all(each.holds for each in again) else (sentence,)


def _repair_request(lines: Sequence[_SentenceState], about: ReferenceTable) -> str:
    language = language_of(about.locale)
    request = [REPAIR]
    for number, line in enumerate(lines, 1):
        failing = [sentence for sentence in line.sentences if not sentence.holds]
        why = "; ".join(phrase.render(language) for sentence in failing for phrase in sentence.problems[:3])
        request.append(f"{number}. {' '.join(s.text for s in line.sentences)}\n   {why}")
    return "\n".join(request)


def _assemble(lines: Sequence[_SentenceState], count: int, about: ReferenceTable) -> ModelProse:
    kept: dict[tuple[int, int], list[str]] = {}
    remarks: list[Phrase] = []
    whole = repaired = cut = 0
    for line in lines:
        holding = [sentence.text for sentence in line.sentences if sentence.holds]
        if holding:
            kept.setdefault((line.section, line.block), []).extend(holding)
        if line.first is None:
            whole += 1
        elif line.sentences and line.holds:
            repaired += 1
        else:
            cut += 1
            failing = next((sentence for sentence in line.sentences if not sentence.holds), line.first)
            why = say("it was left out when it was sent back") if not line.sentences else failing.problems[0]
            remarks.append(say('A sentence was cut: "{text}": {why}.', text=_shortened(line.first), why=why))
    blocks = {
        at: paragraph(" ".join(sentences), about, "model", begin=True)
        for at, sentences in sorted(kept.items())
    }
    sections = [tuple(p for (s, _), p in blocks.items() if s == number) for number in range(count + 1)]
    return ModelProse(
        opening=sections[0],
        sections=tuple(sections[1:]),
        remarks=tuple(remarks),
        written=Authorship(by="model" if kept else "pattern", kept=whole, repaired=repaired, cut=cut),
    )


def _shortened(sentence: CheckedSentence) -> str:
    return sentence.text if len(sentence.text) <= 300 else sentence.text[:299] + "…"


@cache
def _prose_answer() -> AnswerForm[_Written]:
    return AnswerForm.of(_Written, name="Written")


@cache
def _repair_answer() -> AnswerForm[_Repaired]:
    return AnswerForm.of(_Repaired, name="Repaired")
