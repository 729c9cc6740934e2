"""The `report` step: a report of a period, from its facts to sections, prose and the few things on top."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from smeflow.core.case import COMMENTS, EDITS, Case
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected
from smeflow.i18n import language_of, say
from smeflow.kinds.steps import StepFamily, is_no_model
from smeflow.llm.interface import LLM
from smeflow.reports.facts import FactSet, facts_of_case
from smeflow.reports.measures.measure import Measure
from smeflow.reports.measures.registry import AnyMeasure
from smeflow.reports.model_prose import Length, ModelProse, ProseStyle, write_prose
from smeflow.reports.sections import (
    PlannedSection,
    SectionAsked,
    make_section,
    most_changed,
    opening_sentence,
    plan_sections,
)
from smeflow.writing.locales import LocaleFormat, elides
from smeflow.writing.periods import Window
from smeflow.writing.references import ReferenceTable, reference_table
from smeflow.writing.report import PAGE_LOOK, Period, Report, ReportFact


class DraftReport(StepFamily):
    """Draft a report of a period: every figure computed from the source's tables, the prose checked.

    In a recipe::

        - report: report
          title: "Sales of {period}"
          facts:
            revenue: {sum: total, unit: EUR, good: up}
            countries: {top: country, by: total}
    """

    kind_id: ClassVar[str] = "smeflow.steps.report.DraftReport"
    revision: ClassVar[int] = 1

    facts: dict[str, AnyMeasure] = Field(min_length=1)
    """The figures by name, each a measure: ``{sum: amount}``, or an expression in SQL."""
    title: str = ""
    """What stands above it; ``{period}`` is filled in."""
    subtitle: str = ""
    """What stands below the title; ``{period}`` is filled in."""
    sections: tuple[SectionAsked, ...] = ()
    """The sections in their order; without them each fact finds its place by its shape."""
    locale: str = "en"
    """How numbers and dates are written, and the language of the text: ``fr-FR``, ``en-GB``."""
    prose: Literal["auto", "patterns"] = "auto"
    """``auto``: a model writes where there is one, else phrase patterns; ``patterns``: never a model."""
    audience: str = ""
    """Who reads it: ``the owner of the shop``."""
    tone: str = ""
    """How it sounds: ``plain and factual`` unless told."""
    length: Length = "normal"
    """``short``, ``normal`` or ``long``."""
    instructions: str = ""
    """What else a model should know: what matters to the reader."""
    glossary: dict[str, str] = Field(default_factory=dict)
    """The firm's own words and what they mean; prose may use them."""
    examples: tuple[str, ...] = ()
    """Paragraphs as the firm likes them. What people changed in earlier reports comes on top."""
    names: Literal["withheld", "shown"] = "withheld"
    """Whether a model sees the names of rows: customers, products. It writes of them by reference all the
    same; names that are people's are always withheld."""
    max_output_tokens: int = Field(default=2_500, ge=200)

    @property
    def returns(self) -> type[Report]:
        """The type of the result."""
        return Report

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What the recipe's source is to compute."""
        return self.facts

    def references(
        self, facts: Sequence[ReportFact], period: Period, names: Sequence[str] = ()
    ) -> ReferenceTable:
        """Give what may be said of *facts*."""
        window = Window.of(period.key) if period.key else None
        words = {name: measure.said for name, measure in self.facts.items()}
        return reference_table(facts, self.locale, window=window, synonyms=words, names=names)

    def __call__(self, case: Case, llm: LLM, /) -> Report:
        """Draft the report. Without any fact it is none, and says what is missing."""
        fact_set = facts_of_case(case, self.facts, self.locale)
        if fact_set is None:
            missing = (say("No facts came in with this case; its source computes none."),)
            return Report(title=self.title or case.id, locale=self.locale, missing=missing)
        fact_set = fact_set.only(self.facts)
        report = self._frame(fact_set)
        if report.missing:
            return report
        about = self.references(fact_set.facts, fact_set.period, fact_set.names)
        parts = plan_sections(fact_set.facts, self.sections, self.locale)
        prose, wanted = self._prose(parts, about, case, llm)
        by_model = prose.sections or ((),) * len(parts)
        sections = (
            make_section(part, about, paragraphs) for part, paragraphs in zip(parts, by_model, strict=True)
        )
        return replace(
            report,
            summary=(
                *(prose.opening or opening_sentence(fact_set.facts, about)),
                *most_changed(fact_set.facts, about),
            ),
            sections=tuple(sections),
            remarks=(*fact_set.missing, *prose.remarks),
            written=prose.written,
            wanted_model=wanted,
        )

    def _frame(self, fact_set: FactSet) -> Report:
        period = period_words(fact_set.period, self.locale)
        known = any(cell is not None for fact in fact_set.facts for row in fact.rows for cell in row[-1:])
        return Report(
            title=fill_period(self.title, period, self.locale) or period,
            subtitle=fill_period(self.subtitle, period, self.locale),
            locale=self.locale,
            period=fact_set.period,
            facts=fact_set.facts,
            sources=fact_set.sources,
            remarks=fact_set.missing,
            mistakes=fact_set.mistakes,
            look=PAGE_LOOK,
            missing=() if known else (fact_set.missing or (say("There are no facts."),)),
        )

    def _prose(
        self, parts: Sequence[PlannedSection], about: ReferenceTable, case: Case, llm: LLM
    ) -> tuple[ModelProse, bool]:
        """Have a model write; give nothing where there is none, or where it gives nothing usable."""
        if self.prose == "patterns":
            return ModelProse(), False
        liked = tuple(row.get("text", "") for row in case.known.rows(EDITS))
        comments = tuple(row.get("text", "") for row in case.known.rows(COMMENTS, item=case.id))
        style = ProseStyle(
            audience=self.audience,
            tone=self.tone,
            length=self.length,
            instructions=self.instructions,
            glossary=self.glossary,
            names=self.names == "shown",
            comments=comments,
            examples=(*self.examples, *liked),
        )
        try:
            return write_prose(parts, about, llm, style, max_output_tokens=self.max_output_tokens), False
        except LLMRejected as error:
            if not is_no_model(error):
                raise
            return ModelProse(), True
        except (AnswerInvalid, LLMRefused) as error:
            return ModelProse(remarks=(say("The patterns wrote the text: {why}", why=error.phrase),)), False


def period_words(period: Period, locale: str) -> str:
    """Say which period it is; of whole tables from which month to which, as far as their rows have days."""
    form = LocaleFormat(locale)
    if period.key:
        return form.period(period.key)
    if period.first is None or period.last is None:
        return say("all rows").render(language_of(locale))
    first, last = (form.period(f"{day:%Y-%m}") for day in (period.first, period.last))
    return first if first == last else f"{first} – {last}"


def fill_period(text: str, period: str, locale: str) -> str:
    """Put the period into a title; in French a vowel takes the one before it away: ``d'octobre``."""
    if language_of(locale) == "fr" and elides(period):
        text = re.sub(r"\b([Dd])e \{period\}", r"\1’{period}", text)
    return text.replace("{period}", period)
