"""Draft the answer to a mail, in its language, from what is known alone.

That is facts, the customer's row in a table, and the firm's own answers; never the mail's word for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from smeflow.core.case import Case
from smeflow.documents.document import MAIL, Document, text_document
from smeflow.errors import AnswerInvalid, LLMRefused, LLMRejected
from smeflow.expressions.language import Expression, parse_expression
from smeflow.extract.field_values import canonical_text
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.record_kind import Firm
from smeflow.kinds.steps import StepFamily, is_no_model
from smeflow.llm.interface import LLM, Message
from smeflow.mail.senders import domain_of, envelope_sender, reason_not_to_answer, registered_domain
from smeflow.writing.check import Fact, SourceEvidence, check_prose
from smeflow.writing.drafts import (
    UNKNOWN,
    Drafted,
    FactValue,
    Printable,
    Wording,
    best_wording,
    checkable_fact,
    courtesies,
    fill_wording,
    is_familiar,
    nearest_answers,
    read_answers,
    read_templates,
    sender_address,
    sender_name,
)
from smeflow.writing.locales import LocaleFormat
from smeflow.writing.prompts import frame_documents, prompt_messages

if TYPE_CHECKING:
    from smeflow.llm.ask import AnswerForm

PROMPT = (
    "You write the answer of an office to the mail shown last, in the language {language}, {register}. "
    "{instructions}\nUse only the facts, the customer's data and the office's own answers shown before it: "
    "every figure, date, name, address and promise in your text must stand there, written the same. What is "
    "asked and stands nowhere there, say that it is being looked into. Give subject, one line or an empty "
    "text, and text."
)
AGAIN = "Write it once more. These passages stand in none of the sources; leave them out: {passages}"
STANDARD = "{greeting}\n\n{answer}\n\n{closing}"
"""The template where a recipe has answers and no template."""
SENDER = "sender"
ANSWERS_SHOWN = 3
"""How many of the firm's answers a model is shown."""


class CustomerRow(BaseModel):
    """Where the row of whoever wrote stands."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    table: str
    """A table named in ``smeflow.toml``."""
    where: dict[str, str] = Field(min_length=1)
    """Which row: columns, each with an expression, or with ``sender`` for the address of who wrote."""


class DraftReply(StepFamily):
    """Draft the answer to a mail. A template alone does; with ``instructions`` a model writes it.

    In a recipe::

        - reply: answer
          template: replies/order
          answers: answers
          customer: {table: customers, where: {email: sender}}
          facts: {number: order.record.number}
    """

    kind_id: ClassVar[str] = "smeflow.steps.reply.Reply"
    revision: ClassVar[int] = 1
    prompt: ClassVar[str] = PROMPT

    template: tuple[Wording, ...] = ()
    """A text, or the path of one without language and ending: ``replies/order`` takes ``order.fr.md``,
    ``order.en.md``, and ``order.fr.md.j2`` for Jinja."""
    subject: str = ""
    """The subject line, with names in braces; without it, that of the mail."""
    answers: tuple[Wording, ...] = ()
    """The firm's own answers: a folder of texts. The nearest to the mail is ``{answer}``."""
    customer: CustomerRow | None = None
    """Where the customer's row stands; its columns are ``{customer.name}``."""
    facts: dict[str, str] = Field(default_factory=dict)
    """What the text may use besides, by name: expressions over earlier results."""
    instructions: str = ""
    """What a model should write; without it no model is asked."""
    locale: str = "en"
    """The language where the mail's is not clear, and how figures are written in it."""
    max_output_tokens: int = Field(default=1_500, ge=100)
    constants: Mapping[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """Names that facts may use besides steps, such as ``company``."""

    @field_validator("template", mode="before")
    @classmethod
    def _templates(cls, written: object, info: ValidationInfo) -> object:
        return read_templates(written, RecipeContext.of(info.context))

    @field_validator("answers", mode="before")
    @classmethod
    def _answers(cls, written: object, info: ValidationInfo) -> object:
        return read_answers(written, RecipeContext.of(info.context))

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.template and not self.answers and not self.instructions:
            raise ValueError(say("give a template, or the firm's answers, or instructions for a model"))
        _ = self.expressions  # a mistake in a name is told when the step is made
        return self

    @cached_property
    def expressions(self) -> dict[str, Expression]:
        """The facts, and what finds the customer's row."""
        texts = {f"fact {name}": text for name, text in self.facts.items()}
        if self.customer:
            texts |= {f"row {c}": text for c, text in self.customer.where.items() if text != SENDER}
        return {name: parse_expression(text, constants=self.constants) for name, text in texts.items()}

    @cached_property
    def answer(self) -> "AnswerForm[Any]":
        """The shape of a model's answer, made once."""
        from smeflow.llm.ask import AnswerForm

        shape: type[BaseModel] = create_model("Answered", subject=(str, ...), text=(str, ...))
        return AnswerForm.of(shape)

    @property
    def returns(self) -> type[Drafted]:
        """`Drafted`."""
        return Drafted

    def __call__(self, case: Case, llm: LLM, /) -> Drafted:
        """Write the answer; what stands in no source is marked and a doubt. A program's mail gets none."""
        mail = case.documents[0] if case.documents else None
        if mail is None or mail.media_type != MAIL:
            return Drafted(doubts=(say("There is no mail to answer."),))
        why = reason_not_to_answer(mail)
        if why is not None:
            return Drafted(problems=(say("No answer is written: {why}.", why=why),))
        known = _ReplyFacts.of(self, case, mail)
        by_template = self._by_template(known)
        if not self.instructions:
            return by_template
        try:
            return self._by_model(known, llm)
        except LLMRejected as error:
            if not is_no_model(error):
                raise
            no_model = say("There is no model to write the text.")
            doubts = by_template.doubts if by_template.text else (no_model,)
            return by_template.model_copy(update={"doubts": doubts, "wanted_model": True})
        except (AnswerInvalid, LLMRefused) as error:
            return by_template.model_copy(update={"doubts": (*by_template.doubts, error.phrase)})

    def _by_template(self, known: "_ReplyFacts") -> Drafted:
        """Fill the template in the mail's language."""
        standard = f"{STANDARD}\n{{company}}" if known.company else STANDARD
        wordings = self.template or ((Wording(name="", text=standard),) if self.answers else ())
        wording = best_wording(wordings, known.language, familiar=known.familiar)
        if wording is None:
            no_template = say(
                "There is no template in the language of the mail ({language}).", language=known.language
            )
            return known.drafted("", "", None, (no_template,) if wordings else ())
        subject, no_subject, bad_subject = fill_wording(
            Wording(name="subject", text=self.subject), known.names
        )
        text, missing, bad_text = fill_wording(wording, known.names)
        unknown = dict.fromkeys((*no_subject, *missing))
        gaps = [say("The fact {name} is not known.", name=name) for name in unknown]
        doubts = (*gaps, *bad_subject, *bad_text)
        return known.drafted(" ".join(subject.split()), text, "template", doubts, (wording.text,))

    def _by_model(self, known: "_ReplyFacts", llm: LLM) -> Drafted:
        from smeflow.llm.ask import ask

        register = (
            "as one writes to somebody one knows well (tu, du)" if known.familiar else "politely (vous, Sie)"
        )
        task = PROMPT.format(language=known.language, register=register, instructions=self.instructions)
        messages: tuple[Message, ...] = prompt_messages(task, frame_documents(known.shown, 8_000))
        drafts: list[Drafted] = []
        while len(drafts) < 2:
            value = ask(llm, messages, self.answer, max_output_tokens=self.max_output_tokens).value
            text = str(value.text).strip()
            draft = known.drafted(" ".join(value.subject.split()), text, "model", ())
            drafts.append(draft)
            if not draft.marked:
                break
            passages = "; ".join(f'"{mark}"' for mark in draft.marked[:10])
            messages = (
                *messages,
                Message(role="assistant", content=text),
                Message(role="user", content=AGAIN.format(passages=passages)),
            )
        return min(drafts, key=lambda draft: len(draft.marked))


@dataclass(frozen=True, kw_only=True)
class _ReplyFacts:
    """All that one answer may rest on."""

    mail: Document
    language: str
    familiar: bool
    facts: tuple[FactValue, ...]
    values: tuple[Fact, ...]
    """The facts that are known, as a check of prose compares them."""
    customer: Mapping[str, str]
    answers: tuple[Wording, ...]
    company: str
    doubts: tuple[Phrase, ...]

    @classmethod
    def of(cls, step: DraftReply, case: Case, mail: Document) -> "_ReplyFacts":
        """Look everything up."""
        language = mail.language or step.locale[:2].lower()
        familiar = is_familiar(mail.text, language)
        locale = step.locale if step.locale[:2].lower() == language else language
        facts, values = _facts(step, case, LocaleFormat(locale))
        customer, doubts = _customer_row(step, case, mail)
        understood = [answer for answer in step.answers if answer.language in (language, None)]
        text = f"{mail.fields.get('subject', '')}\n{mail.text}"
        firm: Firm | None = step.constants.get("company")
        return cls(
            mail=mail,
            language=language,
            familiar=familiar,
            facts=facts,
            values=values,
            customer=customer,
            answers=tuple(nearest_answers(understood, text, ANSWERS_SHOWN)),
            company=firm.names[0] if firm and firm.names else "",
            doubts=doubts,
        )

    @cached_property
    def who(self) -> str:
        """The name of who wrote, as the firm has it, else as the mail does."""
        return (
            self.customer.get("contact")
            or self.customer.get("name")
            or sender_name(self.mail.fields.get("from", ""))
        )

    @cached_property
    def names(self) -> dict[str, Any]:
        """What a template may use."""
        return {
            **courtesies(self.language, self.who, familiar=self.familiar),
            "answer": self.answers[0].text if self.answers else "",
            "company": self.company,
            "customer": dict(self.customer),
            "familiar": self.familiar,
            "mail": {
                "subject": self.mail.fields.get("subject", ""),
                "from": self.mail.fields.get("from", ""),
                "name": self.who,
                "language": self.language,
            },
            **{fact.name: "" if fact.value is None else fact.text for fact in self.facts},
        }

    @property
    def shown(self) -> tuple[Document, ...]:
        """What a model is shown: facts, the customer's row, the firm's answers, the mail last."""
        lines = [f"{f.name}: {f.text if f.value is not None else 'not known'}" for f in self.facts]
        lines += [f"customer {column}: {cell}" for column, cell in self.customer.items() if cell]
        lines += [f"our firm: {self.company}"] if self.company else []
        facts = text_document("\n".join(lines) or "none", name="facts")
        answers = (text_document(w.text, name=f"answer {w.name}") for w in self.answers)
        return (facts, *answers, self.mail)

    def drafted(
        self,
        subject: str,
        text: str,
        reader: str | None,
        doubts: tuple[Phrase, ...],
        own_texts: tuple[str, ...] = (),
    ) -> Drafted:
        """Make the result: what stands in no source is marked."""
        courtesy = courtesies(self.language, self.who, familiar=self.familiar)
        sources = SourceEvidence(
            texts=(*own_texts, *(w.text for w in self.answers), *courtesy.values()),
            values=(*self.customer.values(), *(f.text for f in self.facts if f.value is not None)),
            facts=self.values,
            names=(self.who, self.company, self.mail.fields.get("subject", "") if not text else ""),
            language=self.language,
        )
        findings = check_prose(f"{subject}\n{text}".strip(), sources).findings
        return Drafted(
            subject=subject,
            text=text,
            facts=self.facts,
            reader=reader,
            marked=tuple(finding.text for finding in findings),
            language=self.language,
            doubts=(*self.doubts, *doubts, *(finding.why for finding in findings)) if text or doubts else (),
        )


def _facts(
    step: DraftReply, case: Case, locale: LocaleFormat
) -> tuple[tuple[FactValue, ...], tuple[Fact, ...]]:
    facts: list[FactValue] = []
    values: list[Fact] = []
    for name, text in step.facts.items():
        value = step.expressions[f"fact {name}"](case)
        if not isinstance(value, Printable) or value == "":
            facts.append(FactValue(name=name, value=None, text=UNKNOWN, source=text))
            continue
        fact = FactValue(name=name, value=canonical_text(value), text=locale.write(value), source=text)
        facts.append(fact)
        values.append(checkable_fact(fact, value))
    return tuple(facts), tuple(values)


def _customer_row(
    step: DraftReply, case: Case, mail: Document
) -> tuple[Mapping[str, str], tuple[Phrase, ...]]:
    """Find the customer's row: one, or none."""
    if step.customer is None:
        return {}, ()
    writer = sender_address(mail.fields.get("from", ""))
    where = {}
    for column, text in step.customer.where.items():
        value = writer if text == SENDER else step.expressions[f"row {column}"](case)
        where[column] = "" if value is None else str(value)
    if not all(where.values()):
        return {}, ()
    rows = case.known.rows(step.customer.table, **where)
    if len(rows) > 1:
        return {}, (say("{n} rows of {table} fit this mail.", n=len(rows), table=step.customer.table),)
    if not rows:
        return {}, ()
    returned = envelope_sender(mail)
    elsewhere = returned and registered_domain(domain_of(returned)) != registered_domain(domain_of(writer))
    doubt = say(
        "The mail says it is from {writer} and came from {returned}: see whom the answer goes to.",
        writer=writer,
        returned=returned,
    )
    return rows[0], (doubt,) if elsewhere else ()
