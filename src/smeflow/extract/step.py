"""Read a record out of a case's documents: exact readers first, then rules, then a model for what is left."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    Required,
    Self,
    TypedDict,
    Unpack,
    cast,
    overload,
)

from pydantic import (
    Field,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)

from smeflow.core.case import Case, Known
from smeflow.documents.document import Document
from smeflow.extract.confidence import Calibration, default_calibration, read_calibration, with_confidence
from smeflow.extract.fields import (
    FieldsRecord,
    FieldText,
    answer_shape,
    record_id,
    record_type,
    refuse_unanswerable,
    refuse_without_fields,
    spec_of,
    specs_of_model,
)
from smeflow.extract.model_reader import PROMPT, ModelReading, read_by_model
from smeflow.extract.papers import (
    PaperReadings,
    read_beside_labels,
    read_labelled_fields,
    read_papers,
    status_messages,
)
from smeflow.extract.proof import ExtractionTask, Judge, make_extraction, without_repeats
from smeflow.extract.result import Extraction, R, with_gaps
from smeflow.extract.second_look import Recogniser, look_again
from smeflow.extract.weighing import printed_choices, unproven_fields, weigh_model
from smeflow.i18n import say
from smeflow.kinds.field_names import FIELDS
from smeflow.kinds.lookup import KindError, OneOf
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.record_kind import (
    RECORDS,
    FieldSpec,
    Firm,
    ReaderContext,
    RecordKind,
    find_record_kind,
    kind_of,
    rule_names,
)
from smeflow.kinds.records import Labels, Reading, Record
from smeflow.kinds.steps import StepFamily
from smeflow.llm.interface import LLM

if TYPE_CHECKING:
    from smeflow.llm.ask import AnswerForm

ReaderName = Literal["exact", "layout", "model"]
Rule = Annotated[str, OneOf(rule_names)]
"""A set of rules of one of the kinds of records."""


class _Options(TypedDict, total=False):
    """What an `Extract` may be given besides ``into`` or ``fields``, which it describes."""

    name: Required[str]
    readers: tuple[ReaderName, ...]
    ocr: Recogniser
    ask: Literal["left", "always"]
    checks: tuple[str, ...]
    required: tuple[str, ...] | None
    instructions: str
    labels: Mapping[str, Sequence[str]] | str | None
    lines: bool
    max_characters: int
    pages_shown: int
    max_output_tokens: int
    calibration: Calibration | None
    constants: Mapping[str, Any]


class Extract(StepFamily, Generic[R]):
    """Read a record; every value is quoted from the documents or left out.

    Give either ``into`` (a Pydantic model, or the name of one of `smeflow.records`; by default the one that
    the step is called after) or ``fields``.
    """

    kind_id: ClassVar[str] = "smeflow.steps.extract.Extract"
    revision: ClassVar[int] = 1
    prompt: ClassVar[str] = PROMPT

    into: type[R] | None = None
    """The record's type: `Invoice`, `Receipt`, or any Pydantic model of plain fields; by default what the
    step's name names, such as ``receipt``."""
    fields: dict[str, FieldText] | None = None
    """Fields and their kinds: ``{number: text, total: money, due: date?, category: [a, b]}``."""
    readers: tuple[ReaderName, ...] = ("exact", "layout", "model")
    """Who may read, in this order."""
    ocr: Recogniser = "auto"
    """Who looks again at pictures: ``auto``: the second recogniser installed, at the few places that no sum
    confirms, or at the whole page where something is missing or in doubt; ``paddle``, ``rapidocr``: always at
    the whole page; ``tesseract``: it alone reads. What two read alike is confirmed."""
    ask: Literal["left", "always"] = "left"
    """Whether a model is asked only where something is missing or unproven, or always, as a second reader."""
    checks: tuple[Rule, ...] = ()
    """Rules an e-invoice must keep. What fails is a doubt; what fails or could not run is not proven."""
    required: tuple[str, ...] | None = None
    """What must be found; by default what the record's type or the fields demand."""
    instructions: str = ""
    """What a model should know about these documents; data in them is never taken as an instruction."""
    max_characters: int = Field(default=16_000, ge=500)
    """How much text a model is given; of a longer document its beginning and its end."""
    pages_shown: int = Field(default=0, ge=0, le=10)
    """How many pages a model that sees is shown as pictures, beside their text."""
    max_output_tokens: int = Field(default=2_000, ge=100)
    labels: dict[str, tuple[str, ...]] | None = None
    """The firm's own words beside values, by field (``number: [Vorgang]``), or a JSON file of them."""
    lines: bool = False
    """Whether a model is asked for an invoice's lines as well, where the page's reader found none."""
    calibration: Calibration | None = None
    """How sure the readers are on the firm's own documents: a file `smeflow evaluate --fit` wrote."""
    constants: Mapping[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """What the workspace says; ``company`` is the firm whose post it is."""

    if TYPE_CHECKING:

        @overload
        def __init__(self: "Extract[R]", *, into: type[R], **options: Unpack[_Options]) -> None: ...
        @overload
        def __init__(
            self: "Extract[Any]", *, into: str | RecordKind = "", **options: Unpack[_Options]
        ) -> None: ...
        @overload
        def __init__(
            self: "Extract[FieldsRecord]",
            *,
            fields: Mapping[str, str | Sequence[str]],
            **options: Unpack[_Options],
        ) -> None: ...
        def __init__(self, **_: Any) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _by_its_name(cls, values: object) -> object:
        """Take the record that the step's name names where it says neither ``into`` nor ``fields``."""
        if not isinstance(values, dict) or values.get("into") or values.get("fields"):
            return values
        word = next((word for word in RECORDS.names() if word.lower() == values.get("name")), None)
        return {**values, "into": word} if word else values

    @field_validator("into", mode="before")
    @classmethod
    def _named(cls, into: object) -> object:
        if isinstance(into, str):
            if into not in RECORDS.names():
                names = ", ".join(sorted(RECORDS.names()))
                raise ValueError(say("{name} is no record; use one of {names}", name=into, names=names))
            try:
                return find_record_kind(into).record
            except KindError as error:
                raise ValueError(error.phrase) from error
        return into.record if isinstance(into, RecordKind) else into

    @field_validator("fields")
    @classmethod
    def _kinds(cls, fields: dict[str, FieldText] | None) -> dict[str, FieldText] | None:
        for written in (fields or {}).values():
            spec_of(written)
        return fields

    @field_validator("calibration", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        return read_calibration(value, RecipeContext.of(info.context)) if isinstance(value, str) else value

    @field_validator("labels", mode="before")
    @classmethod
    def _words(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            return None
        from smeflow.extract.labels import parse_labels, read_labels

        if isinstance(value, str):
            return dict(read_labels(RecipeContext.of(info.context).path(value)).words)
        return dict(parse_labels(value).words)

    @field_serializer("into")
    def _identify(self, into: type[R] | None) -> str | None:
        return record_id(into) if into else None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.into is None) == (self.fields is None):
            raise ValueError(say("give either into or fields"))
        unknown = [name for name in self.required or () if name not in self.record_type.model_fields]
        if unknown:
            raise ValueError(
                say("required names fields that are not there: {fields}", fields=", ".join(unknown))
            )
        if self.into is not None:
            refuse_without_fields(self.into)
            own = self.kind.asked is not None
            if own or not self.kind.readers:
                refuse_unanswerable(self.into, self._own_specs if own else self.specs, self.readers)
        return self

    @cached_property
    def record_type(self) -> type[R]:
        """The type of the record: ``into``, or one made of ``fields``."""
        return self.into or cast("type[R]", record_type(self.name, self.specs))

    @cached_property
    def specs(self) -> dict[str, FieldSpec]:
        """What to look for, by field name."""
        if self.fields is not None:
            return {name: spec_of(written) for name, written in self.fields.items()}
        if self.kind.asked is not None:
            return {**self.kind.asked, **(self.kind.rows if self.lines else {}), **self._own_specs}
        return specs_of_model(self.record_type, read_elsewhere=bool(self.kind.readers))

    @cached_property
    def _own_specs(self) -> dict[str, FieldSpec]:
        """What a class adds to the record of a kind it is derived from; its kind's readers do not know it."""
        own = self.record_type.model_fields.keys() - self.kind.record.model_fields.keys()
        return specs_of_model(self.record_type, only=own)

    @cached_property
    def asked(self) -> dict[str, FieldSpec]:
        """What a model is asked for: all but an optional field of a class's own that may stand by a label."""
        own = self._own_specs if self.kind.asked is not None else {}
        return {
            n: spec for n, spec in self.specs.items() if n not in own or not (spec.optional and spec.plain)
        }

    @cached_property
    def kind(self) -> RecordKind:
        """What is known of records of this kind."""
        return kind_of(self.record_type)

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """The fields that must be found."""
        if self.required is not None:
            return self.required
        if self.kind.required is not None:
            own = self._own_specs if self.kind.asked is not None else {}
            return (*self.kind.required, *(name for name, spec in own.items() if not spec.optional))
        return tuple(name for name, spec in self.specs.items() if not spec.optional)

    @cached_property
    def returns(self) -> type[Extraction[R]]:
        """`Extraction` of the record's type."""
        return Extraction[self.record_type]  # type: ignore[name-defined]  # the type is made at run time

    @cached_property
    def answer(self) -> "AnswerForm[Any]":
        """The shape of a model's answer, made once."""
        return answer_shape(self.name, self.asked)

    def __call__(self, case: Case, llm: LLM, /) -> Extraction[R]:
        """Read the record. A model is asked where something wanted is missing or unproven, or ``always``."""
        firm: Firm | None = self.constants.get("company")
        kind, labels = self.kind, Labels(words=self.labels) if self.labels else None
        context = ReaderContext(firm=firm, labels=labels, known=case.known)

        def read(documents: Sequence[Document]) -> PaperReadings:
            if kind.readers:
                papers = read_papers(documents, kind, context, self.readers)
                return self._with_own_fields(papers) if kind.asked is not None else papers
            return read_labelled_fields(documents, self.specs, layout="layout" in self.readers)

        judge = Judge(
            ExtractionTask(
                kind=kind, record_type=self.record_type, specs=self.specs, wanted=self.wanted, firm=firm
            )
        )
        papers = look_again(
            case.documents,
            read(case.documents),
            read,
            self.ocr,
            is_complete=lambda papers: judge.of(papers).complete_and_closed,
            wanted=kind.required or self.wanted,
            read_twice=kind.papers.read_twice,
        )
        if not papers.readings and not any(d.text.strip() for d in papers.documents):
            return self._nothing_to_read(case)
        if papers.exact and self.checks and kind.rules:
            papers = replace(papers, checks=(*papers.checks, *kind.rules.run(case.documents, self.checks)))
        model = (
            self._ask_model(papers, llm, case.known, judge)
            if self._needs_model(papers, judge)
            else ModelReading()
        )
        if model.reading is not None:
            papers, weighed = weigh_model(papers, model.reading, self.kind.proof)
            model = replace(model, reading=weighed)
        extraction = make_extraction(self.returns, judge, papers, model)
        calibration = self.calibration or (default_calibration() if kind.fitted else None)
        confidences = with_confidence(extraction, calibration) if calibration else {}
        return extraction.model_copy(update=confidences).shown_on(case.documents)

    def _needs_model(self, papers: PaperReadings, judge: Judge) -> bool:
        """Tell whether a model is to be asked: something wanted is missing or unproven, or left to it."""
        return "model" in self.readers and (
            self._is_asked_for_values(papers, judge) or bool(self._unproven(papers, judge))
        )

    def _is_asked_for_values(self, papers: PaperReadings, judge: Judge) -> bool:
        """Tell whether the question is what it always was: a value is missing, or a second reader wanted.

        That question stays the same to the letter, for its answers are kept and paid for.
        """
        rows = self.lines and any(
            not any(name in reading.findings for reading in papers.readings) for name in self.kind.rows
        )
        missing = judge.of(papers).absent or judge.of(papers).questionable
        return self.ask == "always" or rows or self._left_to_a_model(papers) or bool(missing)

    def _unproven(self, papers: PaperReadings, judge: Judge) -> tuple[str, ...]:
        return unproven_fields(papers, judge.of(papers).checks, self.kind, self.wanted)

    def _left_to_a_model(self, papers: PaperReadings) -> bool:
        """Tell whether something was not read that only a model can answer, needed or not.

        Of a `Record` whose fields may all be missing nothing is asked unless it is ``required``.
        """
        if self.into is None or self.kind.readers or (issubclass(self.into, Record) and not self.wanted):
            return False
        read = {name for reading in papers.readings for name in reading.findings}
        beside_labels = "layout" in self.readers
        return any(
            not (spec.plain and beside_labels) and name not in read for name, spec in self.asked.items()
        )

    def _with_own_fields(self, papers: PaperReadings) -> PaperReadings:
        """Read what a class adds to its kind's record beside labels."""
        if not self._own_specs or "layout" not in self.readers:
            return papers
        reading = read_beside_labels(papers.documents, self._own_specs)
        if reading is None:
            return papers
        problems = (*papers.problems, *reading.problems)
        return replace(papers, readings=(*papers.readings, reading), problems=problems)

    def _ask_model(self, papers: PaperReadings, llm: LLM, known: Known, judge: Judge) -> ModelReading:
        judged = judge.of(papers)
        told = set(judged.questionable)
        unproven = () if self._is_asked_for_values(papers, judge) else self._unproven(papers, judge)

        def objections(reading: Reading) -> list[str]:
            new = [reason for reason in judge.objections(papers, reading) if reason not in told]
            told.update(new)
            return new

        return read_by_model(
            papers.documents,
            self.asked,
            llm,
            self.answer,
            instructions=self.instructions,
            examples=self.kind.earlier_examples(known, papers.readings),
            words={**FIELDS, **self.kind.words},
            max_characters=self.max_characters,
            max_output_tokens=self.max_output_tokens,
            pages_shown=self.pages_shown,
            questionable=judged.questionable,
            choices=printed_choices(papers, unproven),
            objections=objections,
        )

    def _nothing_to_read(self, case: Case) -> Extraction[R]:
        """Say that there is nothing to read, and invent nothing."""
        problems = [problem for document in case.documents for problem in document.problems]
        messages = status_messages(case.documents)
        reason = messages[0] if messages else say("There is no text in the documents.")
        return self.returns(
            record=with_gaps(self.record_type, {}),
            problems=without_repeats([reason, *problems]),
            doubts=(reason,),
        )
