"""Write a text from facts: a plain template, or prose by a model whose every figure is checked."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, Field, create_model, model_validator

from smeflow.documents.base import text_document
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected
from smeflow.expression import Expression, parse
from smeflow.facts.base import Fact
from smeflow.facts.figures import Figures
from smeflow.i18n import Phrase, say
from smeflow.llm.base import LLM
from smeflow.money import Money
from smeflow.step import Case
from smeflow.steps.base import Family, no_model
from smeflow.steps.drafted import Drafted, FactValue, Printable, known_as
from smeflow.steps.kinds import written
from smeflow.steps.measured import FactFrom, Measured, Measuring
from smeflow.steps.prompts import framed, question
from smeflow.steps.templates import UNKNOWN, fill, names_in

if TYPE_CHECKING:
    from smeflow.llm.ask import Answer

PROMPT = (
    "You write a text for an office, in the language {language}. What to write:\n{instructions}\n"
    "Use only the facts listed in the first document below, with every number, date and amount exactly as it "
    "is written there; never compute, round or add a figure of your own. Give subject, one line or an empty "
    "text, and text."
)


class Draft(Family):
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
        return {name: parse(text, constants=self.constants) for name, text in texts.items()}

    @cached_property
    def answer(self) -> "Answer[Any]":
        """The shape of a model's answer, made once."""
        from smeflow.llm.ask import Answer

        shape: type[BaseModel] = create_model("Written", subject=(str, ...), text=(str, ...))
        return Answer.of(shape)

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
            if not no_model(error):
                raise
            reasons = doubts if self.template else (*doubts, say("There is no model to write the text."))
            return plain.model_copy(update={"doubts": reasons, "wanted_model": True})
        except (AnswerInvalid, LLMRefused) as error:
            return plain.model_copy(update={"doubts": (*doubts, error.phrase)})

    def _facts(self, case: Case) -> tuple[tuple[FactValue, ...], tuple[Fact, ...], tuple[Phrase, ...]]:
        """Work out every fact, as it is kept and as a text is held against it; what is not known is told."""
        figures = Figures(self.locale)
        facts: list[FactValue] = []
        known: list[Fact] = []
        doubts: list[Phrase] = []
        with Measuring(case) as tables:
            for name in dict.fromkeys((*self.facts, *self.expressions)):
                fact = self.facts.get(name, FactFrom(value=name))
                value, source, told = self._value(name, fact, case, tables)
                doubts += told
                if value is None:
                    doubts.append(say("The fact {name} is not known.", name=name))
                    facts.append(FactValue(name=name, value=None, text=UNKNOWN, source=source))
                    continue
                shown = figures.write(value, fact.digits)
                facts.append(FactValue(name=name, value=written(value), text=shown, source=source))
                known.append(known_as(facts[-1], value))
        return tuple(facts), tuple(known), tuple(doubts)

    def _value(self, name: str, fact: FactFrom, case: Case, tables: Measuring) -> Measured:
        expression = self.expressions.get(name)
        if expression:
            value = expression(case)
            found = Measured(value if isinstance(value, Printable) else None, expression.text)
        else:
            found = tables.measure(fact)
        if fact.currency and isinstance(found.value, Decimal):
            return found._replace(value=Money(found.value, fact.currency))
        return found

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
        from smeflow.facts.check import check
        from smeflow.facts.quoting import FIGURES, Sources
        from smeflow.llm.ask import ask

        listed = text_document("\n".join(f"{f.name}: {f.text}" for f in facts), name="facts")
        others = tuple(d for d in case.documents if d.table is None and d.media_type != "text/csv")
        shown = framed((listed, *others), 8_000)
        task = PROMPT.format(language=self.locale, instructions=self.instructions)
        sources = Sources(
            texts=["\n".join([*d.fields.values(), d.text]) for d in others],
            values=[fact.text for fact in known],
            facts=known,
            claims=FIGURES,
        )

        def wrong(value: Any) -> list[str]:
            found = check(f"{value.subject}\n{value.text}", sources).findings
            told = (say("{figure} is in the text and is no fact.", figure=each.text) for each in found)
            return [str(phrase) for phrase in told]

        limit = self.max_output_tokens
        asked = ask(llm, question(task, shown), self.answer, check=wrong, max_output_tokens=limit)
        subject = " ".join(asked.value.subject.split())
        return Drafted(subject=subject, text=asked.value.text.strip(), facts=facts, reader="model")
