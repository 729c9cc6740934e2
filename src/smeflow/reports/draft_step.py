"""The `draft` step: a text somebody may send, its facts results of steps or measured over a case's tables."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected, SourceError
from smeflow.expressions.language import Expression, parse_expression
from smeflow.extract.field_values import canonical_text
from smeflow.i18n import Phrase, say
from smeflow.kinds.steps import StepFamily, StepResult, is_no_model
from smeflow.llm.interface import LLM
from smeflow.money import Money
from smeflow.reports.facts import load_tables, table_name, tables_among
from smeflow.reports.measures.groups import Top
from smeflow.reports.measures.measure import Measure, MeasureContext, cell_is
from smeflow.reports.measures.registry import MEASURES
from smeflow.tables.book import LoadedTable, TableBook, quoted
from smeflow.writing.check import Fact
from smeflow.writing.drafts import UNKNOWN, Drafted, FactValue, Printable, checkable_fact, fill, names_in
from smeflow.writing.locales import LocaleFormat
from smeflow.writing.prompts import frame_documents, prompt_messages
from smeflow.writing.report import ReportFact

if TYPE_CHECKING:
    from smeflow.llm.ask import AnswerForm


KINDS = ("sum", "count", "average", "minimum", "maximum", "top")
"""The measures of reports that give one figure or one name; each is a key of recipes, in `FactFrom`."""
_MEASURE_WORDS = {"average": "mean"}
"""What reports call a measure that drafts have by another word, which recipes keep."""
_LEVEL = 100
"""So many names are looked at to tell whether several come first."""


class FactFrom(StepResult):
    """Where a fact comes from: an expression over earlier results, or a computation over a table.

    ``invoice.record.total_gross``, ``{sum: amount}``, ``{count: rows}``, ``{average: amount}``,
    ``{top: customer, by: amount}``; each with ``where: {column: value}`` and ``table: name`` if wanted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str | None = None
    """An expression in the language of conditions; writing the text alone will do."""
    sum: str | None = None
    count: str | None = None
    """``rows``, or a column whose different values are counted."""
    average: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    top: str | None = None
    """The value of this column with the greatest sum of column ``by``."""
    by: str | None = None
    where: dict[str, str] = Field(default_factory=dict)
    """Only rows whose cells equal these."""
    table: str | None = None
    """The document's name; by default the first table of the case."""
    digits: int | None = None
    """Digits behind the decimal mark; by default as many as the table has."""
    currency: str | None = None
    """The currency written behind an amount."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, written: object) -> object:
        return {"value": written} if isinstance(written, str) else written

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(bool(getattr(self, kind)) for kind in ("value", *KINDS)) != 1:
            raise ValueError(
                say("a fact is either an expression or one of sum, count, average, minimum, maximum, top")
            )
        if (self.top is None) != (self.by is None):
            raise ValueError(say("top and by go together: {{top: customer, by: amount}}"))
        return self

    @property
    def kind(self) -> str:
        """What is computed: ``sum``, ``top``."""
        return next(kind for kind in KINDS if getattr(self, kind))

    @property
    def of(self) -> str:
        """The column it is computed of, or ``rows``."""
        return str(getattr(self, self.kind))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it rests on, as they are written."""
        own = () if self.count == "rows" else (self.of,)
        return (*own, *((self.by,) if self.by else ()), *self.where)

    @property
    def formula(self) -> str:
        """What is computed, in words: ``sum(amount)``, ``top(customer) by sum(amount)``."""
        return f"{self.kind}({self.of})" + (f" by sum({self.by})" if self.by else "")


class MeasuredFact(NamedTuple):
    """What a fact came to."""

    value: Printable | None
    source: str
    doubts: tuple[Phrase, ...] = ()


class DraftMeasures:
    """The tables of one case, read when the first fact asks for them. Use as a context manager."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "_book" in self.__dict__:
            self._book.close()

    @cached_property
    def _book(self) -> TableBook:
        return TableBook()

    @cached_property
    def _tables(self) -> Mapping[str, LoadedTable]:
        return load_tables(self._book, tables_among(self._case.documents))

    def measure(self, fact: FactFrom) -> MeasuredFact:
        """Measure one fact; where it cannot be, its doubts say why."""
        doubts: tuple[Phrase, ...] = ()
        try:
            table = self._table(fact.table)
            columns = {table.column(name) for name in fact.columns}
            doubts = tuple(note for note in table.notes if note.data.get("column") in columns)
            measure = _measure_for(fact, table, " AND ".join(self._where(fact, table)))
            measured = next(measure.facts("fact", MeasureContext(book=self._book)))
        except SourceError as error:
            return MeasuredFact(None, "", (*doubts, error.phrase))
        value, ties = _first(measured) if fact.top else (_rounded(measured), ())
        return MeasuredFact(value, f"{table.source}: {fact.formula}", (*doubts, *ties))

    def _table(self, name: str | None) -> LoadedTable:
        by_name = self._tables  # read before the book is asked for its first
        known = by_name.get(table_name(name)) if name else None
        return known or self._book.table(name)

    def _where(self, fact: FactFrom, table: LoadedTable) -> Iterator[str]:
        """Write the conditions that a row's cells equal what the fact names."""
        for name, wanted in fact.where.items():
            yield cell_is(self._book, table, table.column(name), wanted)
        if fact.top:
            yield f"{quoted(table.column(fact.top))} IS NOT NULL"


def _measure_for(fact: FactFrom, table: LoadedTable, where: str) -> Measure:
    """Give the measure of reports that a fact asks for."""
    if fact.top and fact.by:
        top, by = table.column(fact.top), table.column(fact.by)
        return Top(top=top, by=by, n=_LEVEL, shares=False, table=table.name, where=where)
    kind = MEASURES[_MEASURE_WORDS.get(fact.kind, fact.kind)]
    column = "rows" if fact.count == "rows" else table.column(fact.of)
    return kind.model_validate({kind.word: column, "table": table.name, "where": where, "compare": ()})


def _first(ranking: ReportFact) -> tuple[str | None, tuple[Phrase, ...]]:
    """Give the name that comes first in a ranking; where several are level, none does."""
    level = [row for row in ranking.rows[:_LEVEL] if row[1] == ranking.rows[0][1]]
    names = sorted(str(name) for name, *_ in level)
    if len(names) > 1:
        return None, (say("{names} are level: {amount}.", names=", ".join(names), amount=level[0][1]),)
    return (names[0] if names else None), ()


def _rounded(fact: ReportFact) -> Decimal | None:
    """Give a value with the digits it is shown with: a mean has no last one of its own."""
    value, digits = fact.value, fact.columns[0].digits
    if not isinstance(value, Decimal):
        return None
    return value if digits is None else value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


PROMPT = (
    "You write a text for an office, in the language {language}. What to write:\n{instructions}\n"
    "Use only the facts listed in the first document below, with every number, date and amount exactly as it "
    "is written there; never compute, round or add a figure of your own. Give subject, one line or an empty "
    "text, and text."
)


class Draft(StepFamily):
    """Write a text. With ``instructions`` a model writes it; ``template`` stands in where there is none.

    In a recipe::

        - draft: report
          facts:
            revenue: {sum: amount, currency: EUR}
            orders: {count: rows}
            best: {top: customer, by: amount}
          template: "{orders} orders, {revenue}; best customer: {best}."
          locale: en-GB
    """

    kind_id: ClassVar[str] = "smeflow.steps.draft.Draft"
    revision: ClassVar[int] = 1
    prompt: ClassVar[str] = PROMPT

    template: str = ""
    """Plain text with facts, or fields of results, in braces: ``Dear {customer}``. ``{{`` is a brace."""
    subject: str = ""
    """The subject line, with facts in braces."""
    instructions: str = ""
    """What a model should write; without it no model is asked."""
    facts: dict[str, FactFrom] = Field(default_factory=dict)
    """What the text may use, by name."""
    locale: str = "en"
    """How numbers and dates are written, and the language of the text: ``fr-FR``, ``en-GB``."""
    max_output_tokens: int = Field(default=1_500, ge=100)
    constants: Mapping[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """Names that facts may use besides steps, such as ``company``."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.template and not self.instructions:
            raise ValueError(say("give a template, or instructions for a model, or both"))
        _ = self.expressions  # a mistake in a name is told when the step is made
        return self

    @cached_property
    def expressions(self) -> dict[str, Expression]:
        """The facts that are expressions, and the names in the template that are no facts."""
        texts = {name: fact.value for name, fact in self.facts.items() if fact.value}
        for template in (self.template, self.subject):
            texts.update({name: name for name in names_in(template) if name not in self.facts})
        return {name: parse_expression(text, constants=self.constants) for name, text in texts.items()}

    @cached_property
    def answer(self) -> "AnswerForm[Any]":
        """The shape of a model's answer, made once."""
        from smeflow.llm.ask import AnswerForm

        shape: type[BaseModel] = create_model("Written", subject=(str, ...), text=(str, ...))
        return AnswerForm.of(shape)

    @property
    def returns(self) -> type[Drafted]:
        """`Drafted`."""
        return Drafted

    def __call__(self, case: Case, llm: LLM, /) -> Drafted:
        """Write the text; a figure that is no fact, or a fact that is not known, is a doubt."""
        facts, known, doubts = self._facts(case)
        plain = self._plain(facts).model_copy(update={"doubts": doubts})
        if not self.instructions:
            return plain
        try:
            return self._by_model(case, llm, facts, known).model_copy(update={"doubts": doubts})
        except LLMRejected as error:
            if not is_no_model(error):
                raise
            reasons = doubts if self.template else (*doubts, say("There is no model to write the text."))
            return plain.model_copy(update={"doubts": reasons, "wanted_model": True})
        except (AnswerInvalid, LLMRefused) as error:
            return plain.model_copy(update={"doubts": (*doubts, error.phrase)})

    def _facts(self, case: Case) -> tuple[tuple[FactValue, ...], tuple[Fact, ...], tuple[Phrase, ...]]:
        """Work out every fact, as it is kept and as a text is held against it; what is not known is told."""
        figures = LocaleFormat(self.locale)
        facts: list[FactValue] = []
        known: list[Fact] = []
        doubts: list[Phrase] = []
        with DraftMeasures(case) as tables:
            for name in dict.fromkeys((*self.facts, *self.expressions)):
                fact = self.facts.get(name, FactFrom(value=name))
                value, source, reasons = self._value(name, fact, case, tables)
                doubts += reasons
                if value is None:
                    doubts.append(say("The fact {name} is not known.", name=name))
                    facts.append(FactValue(name=name, value=None, text=UNKNOWN, source=source))
                    continue
                shown = figures.write(value, fact.digits)
                facts.append(FactValue(name=name, value=canonical_text(value), text=shown, source=source))
                known.append(checkable_fact(facts[-1], value))
        return tuple(facts), tuple(known), tuple(doubts)

    def _value(self, name: str, fact: FactFrom, case: Case, tables: DraftMeasures) -> MeasuredFact:
        if expression := self.expressions.get(name):
            value = expression(case)
            measured = MeasuredFact(value if isinstance(value, Printable) else None, expression.text)
        else:
            measured = tables.measure(fact)
        if fact.currency and isinstance(measured.value, Decimal):
            return measured._replace(value=Money(measured.value, fact.currency))
        return measured

    def _plain(self, facts: tuple[FactValue, ...]) -> Drafted:
        """Fill the template; without one the text lists the facts."""
        texts = {fact.name: fact.text for fact in facts}
        subject = " ".join(fill(self.subject, texts.__getitem__).split())
        template = self.template or "\n".join(f"{name}: {{{name}}}" for name in self.facts)
        text = fill(template, texts.__getitem__)
        return Drafted(subject=subject, text=text, facts=facts, reader="template" if self.template else None)

    def _by_model(
        self, case: Case, llm: LLM, facts: tuple[FactValue, ...], known: tuple[Fact, ...]
    ) -> Drafted:
        from smeflow.llm.ask import ask
        from smeflow.writing.check import FIGURES, SourceEvidence, check_prose

        listed = text_document("\n".join(f"{f.name}: {f.text}" for f in facts), name="facts")
        others = tuple(d for d in case.documents if d.table is None and d.media_type != "text/csv")
        shown = frame_documents((listed, *others), 8_000)
        task = PROMPT.format(language=self.locale, instructions=self.instructions)
        sources = SourceEvidence(
            texts=["\n".join([*d.fields.values(), d.text]) for d in others],
            values=[fact.text for fact in known],
            facts=known,
            claims=FIGURES,
        )

        def unproven(value: Any) -> list[str]:
            findings = check_prose(f"{value.subject}\n{value.text}", sources).findings
            return [str(say("{figure} is in the text and is no fact.", figure=f.text)) for f in findings]

        limit = self.max_output_tokens
        answer = ask(llm, prompt_messages(task, shown), self.answer, check=unproven, max_output_tokens=limit)
        subject = " ".join(answer.value.subject.split())
        return Drafted(subject=subject, text=answer.value.text.strip(), facts=facts, reader="model")
