"""Make a report of facts: its sections, what changed most, and prose checked against the facts."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from smeflow.facts.bundle import FactSet, facts_of
from smeflow.facts.compose import SectionAsked, most_changed, parts_of, plain, section
from smeflow.facts.figures import Figures
from smeflow.facts.measures.base import Measure
from smeflow.facts.measures.kinds import OneMeasure
from smeflow.facts.references import sayable
from smeflow.facts.report import Report
from smeflow.facts.window import Window
from smeflow.i18n import say
from smeflow.llm.base import LLM
from smeflow.step import Case
from smeflow.steps.base import Family


class DraftReport(Family):
    """Draft a report of a period: every figure computed from the source's tables, the prose checked.

    In a recipe::

        - report: report
          title: "Sales of {period}"
          facts:
            revenue: {sum: total, unit: EUR, good: up}
            countries: {top: country, by: total}
    """

    revision: ClassVar[int] = 1

    facts: dict[str, OneMeasure] = Field(min_length=1)
    """The figures by name, each a measure: ``{sum: amount}``, or an expression in SQL."""
    title: str = ""
    """What stands above it; ``{period}`` is filled in."""
    subtitle: str = ""
    """What stands below the title; ``{period}`` is filled in."""
    sections: tuple[SectionAsked, ...] = ()
    """The sections in their order; without them each fact finds its place by its shape."""
    locale: str = "en"
    """How numbers and dates are written, and the language of the text: ``fr-FR``, ``en-GB``."""

    @property
    def returns(self) -> type[Report]:
        """The type of the result."""
        return Report

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What the recipe's source is to compute."""
        return self.facts

    def __call__(self, case: Case, llm: LLM, /) -> Report:
        """Draft the report."""
        found = facts_of(case)
        if found is None:
            missing = (say("No facts came in with this case; its source computes none."),)
            return Report(title=self.title or case.id, locale=self.locale, missing=missing)
        found = found.only(self.facts)
        window = Window.of(found.period.key) if found.period.key else None
        period = Figures(self.locale).period(found.period.key)
        said = {name: measure.said for name, measure in self.facts.items()}
        about = sayable(found.facts, self.locale, window=window, said=said, names=found.names)
        parts = parts_of(found.facts, self.sections, self.locale)
        return Report(
            title=self.title.replace("{period}", period) or period,
            subtitle=self.subtitle.replace("{period}", period),
            locale=self.locale,
            period=found.period,
            summary=most_changed(found.facts, about),
            facts=found.facts,
            sections=tuple(section(part, plain(part, about)) for part in parts) if self._any(found) else (),
            sources=found.sources,
            remarks=found.missing,
            missing=() if self._any(found) else (found.missing or (say("There are no facts."),)),
        )

    def _any(self, found: FactSet) -> bool:
        """Whether there is anything to report: one of the facts has a value."""
        return any(any(cell is not None for cell in row[-1:]) for fact in found.facts for row in fact.rows)
