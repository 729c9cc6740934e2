"""The steps that need no craft: a rule over earlier results, and the parts of a case."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from html import escape
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from smeflow._text import sha256
from smeflow.core.case import Case
from smeflow.documents.document import DECORATION, Document, PageRange, select_pages
from smeflow.documents.xml import STATUS_FIELD
from smeflow.expressions.language import Expression, parse_expression
from smeflow.i18n import Phrase, say
from smeflow.kinds.record_kind import SplitRule, record_kinds
from smeflow.kinds.steps import StepFamily, StepResult
from smeflow.llm.interface import LLM
from smeflow.money import Money

Scalar = str | bool | int | float | None
Value = str | bool | int | Decimal | Money | date | None


def _tag_value(value: Value) -> object:
    """Write a value so that its type comes back from JSON."""
    if isinstance(value, Money):
        return {"money": [str(value.amount), value.currency]}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def untag_value(written: object) -> object:
    """Give the value again that a rule's result was written down with."""
    if not isinstance(written, Mapping):
        return written
    match dict(written):
        case {"money": [amount, currency]}:
            return Money(Decimal(amount), currency)
        case {"number": str(number)}:
            return Decimal(number)
        case {"date": str(day)}:
            return date.fromisoformat(day)
    return written


class Ruled(StepResult):
    """The value a rule gave; None where it could not be decided."""

    result_id: ClassVar[str] = "ruling"

    value: Annotated[Value, BeforeValidator(untag_value), PlainSerializer(_tag_value, when_used="json")] = (
        None
    )
    because: str = ""
    """The condition that held, as it was written."""
    doubts: tuple[Phrase, ...] = ()
    accepted_by: str | None = None

    def in_brief(self) -> str:
        """Say it in one line."""
        return f"{self.value} ({self.because})" if self.because else str(self.value)

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(str(self.value))}</b> <small>{escape(self.because)}</small></p>"


class Choice(StepResult):
    """One line of a rule: when this holds, that is the value."""

    when: str
    """A condition, as in a recipe: ``invoice.record.total_gross > 5000``."""
    value: str | bool | int | float


class Rule(StepFamily):
    """Choose a value by conditions, the first that holds decides; or compute it.

    In a recipe::

        - rule: priority
          choose:
            - {when: invoice.record.total_gross > 5000, value: high}
            - {when: invoice.record.days_to_pay < 7, value: high}
          otherwise: normal
        - rule: discount
          value: invoice.record.total_net * 0.02
    """

    kind_id: ClassVar[str] = "smeflow.steps.rule.Rule"
    revision: ClassVar[int] = 1

    choose: tuple[Choice, ...] = ()
    otherwise: Scalar = None
    """The value where no condition holds."""
    value: str | None = None
    """An expression that gives the value, instead of ``choose``."""
    constants: Mapping[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """Names that conditions may use besides steps, such as ``company``."""
    currency: str = Field(default="EUR", exclude=True, repr=False)
    """What a bare number beside an amount of money is taken as."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.choose) == bool(self.value):
            raise ValueError(say("give either choose, with conditions, or value, with an expression"))
        if self.value and self.otherwise is not None:
            raise ValueError(say("otherwise belongs to choose"))
        _ = self.expressions  # a mistake in a condition is told when the rule is made
        return self

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """The conditions, or the one expression, ready to be asked."""
        texts = [self.value] if self.value else [choice.when for choice in self.choose]
        return tuple(
            parse_expression(text, constants=self.constants, currency=self.currency) for text in texts
        )

    @property
    def returns(self) -> type[Ruled]:
        """`Ruled`."""
        return Ruled

    def __call__(self, case: Case, llm: LLM, /) -> Ruled:
        """Go through the conditions in order; one that cannot be decided stops here and says so."""
        if self.value:
            return self._computed(self.expressions[0], case)
        for choice, expression in zip(self.choose, self.expressions, strict=True):
            verdict = expression.decides(case)
            if verdict is None:
                return self._undecided(choice.when)
            if verdict:
                return Ruled(value=_exact(choice.value), because=choice.when)
        return Ruled(value=_exact(self.otherwise), because="otherwise")

    def _computed(self, expression: Expression, case: Case) -> Ruled:
        value = expression(case)
        if value is None or not isinstance(value, str | bool | int | Decimal | Money | date):
            return self._undecided(expression.text)
        return Ruled(value=value, because=expression.text)

    def _undecided(self, condition: str) -> Ruled:
        doubt = say("rule {name}: cannot decide {condition}", name=self.name, condition=condition)
        return Ruled(because=condition, doubts=(doubt,))


def _exact(value: Scalar) -> Value:
    return Decimal(repr(value)) if isinstance(value, float) else value


ZIP_TYPE = "application/zip"
INVOICE_TYPES = ("application/pdf", "application/xml", "text/xml", "image/", "application/zip")
"""What an invoice comes as; an archive that is left is a pair, or one that could not be opened."""


def split(case: Case, word: str) -> tuple[Case, ...]:
    """Give the cases *case* holds, called ``case/part``; nothing where it is one piece.

    ``attachments``: each attachment of a mail, each file of an archive. A kind's own word, ``invoices``: each
    of these that may be one, and each invoice of a PDF that surely holds several: where that is not sure the
    file stays whole, and the step that reads it says so.
    """
    if not case.documents:
        return ()
    first = case.documents[0]
    inside = list(pair_data_and_page(open_archives(_possible_papers(case))))
    own = next((row.split for row in record_kinds() if row.split and row.split.word == word), None)
    if own and first.media_type == ZIP_TYPE and [d.sha256 for d in inside] == [first.sha256]:
        return ()  # data and page of one invoice: they are read together
    if own:
        pieces = [
            p for d in inside if d.media_type.startswith(INVOICE_TYPES) for p in (*_pieces(d, own),) or (d,)
        ]
        pieces = pieces if first.is_message or first.media_type == ZIP_TYPE or pieces != [first] else []
    elif first.is_message:
        pieces = [
            d for d in first.parts if d.data and not d.fields.get(DECORATION)
        ]  # a mail in it is one piece
    else:
        pieces = list(open_archives(first.parts)) if first.media_type == ZIP_TYPE else []
    return tuple(Case.of(document, id=f"{case.id}/{document.name}", known=case.known) for document in pieces)


def split_at(case: Case, starts: Sequence[int]) -> tuple[Case, ...]:
    """Give the cases a person cut a file into: one begins on its first page, and one on each of *starts*."""
    whole = case.documents[0]
    numbers = [page.number for page in whole.pages]
    firsts = [numbers[0], *(start for start in starts if start in numbers[1:])]
    lasts = [*(first - 1 for first in firsts[1:]), numbers[-1]]
    ranges = [PageRange(first, last) for first, last in zip(firsts, lasts, strict=True)]
    pieces = (replace(select_pages(whole, pages), name=pages.named(whole.name)) for pages in ranges)
    return tuple(Case.of(piece, id=f"{case.id}/{piece.name}", known=case.known) for piece in pieces)


def left_beside(case: Case, pieces: Iterable[Case]) -> list[Document]:
    """Give the files that came with *case* and are in none of its *pieces*, and hold no piece either."""
    if not case.documents or not case.documents[0].is_message:
        return []
    taken = {paper.sha256 for piece in pieces for paper in piece.documents}
    return [
        paper
        for paper in case.documents[1:]
        if paper.sha256 not in taken
        and not (paper.fields.get(DECORATION) or paper.is_message)
        and not (paper.media_type == ZIP_TYPE and paper.parts)
    ]


def _possible_papers(case: Case) -> Sequence[Document]:
    """Give what may hold invoices: a mail's attachments, an archive's files, a file that stands alone."""
    first = case.documents[0]
    if first.is_message:
        return [d for d in case.documents[1:] if d.data]
    return case.documents if len(case.documents) == 1 else ()


def open_archives(documents: Iterable[Document]) -> Iterator[Document]:
    """Open archives, however deep; one that could not be opened stays as it is."""
    for document in documents:
        if document.media_type == ZIP_TYPE and document.parts:
            yield from open_archives(document.parts)
        else:
            yield document


def pair_data_and_page(documents: Iterable[Document]) -> Iterator[Document]:
    """Put the data and the page of one invoice together again: ``F1.xml`` and ``F1.pdf`` are one paper."""
    papers = list(documents)
    by_stem: dict[str, list[Document]] = {}
    for document in papers:
        by_stem.setdefault(document.name.rpartition(".")[0].casefold(), []).append(document)
    done: set[int] = set()
    for document in papers:
        both = by_stem[document.name.rpartition(".")[0].casefold()]
        kinds = sorted(paper.media_type.rpartition("/")[2] for paper in both)
        if kinds != ["pdf", "xml"] or any(paper.fields.get(STATUS_FIELD) for paper in both):
            yield document
        elif id(both) not in done:
            done.add(id(both))
            yield _bundle(both)


def _bundle(both: Sequence[Document]) -> Document:
    """Make one file of two, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for document in sorted(both, key=lambda part: part.name):
            archive.writestr(zipfile.ZipInfo(document.name), document.data)
    data = buffer.getvalue()
    name = f"{both[0].name.rpartition('.')[0]}.zip"
    return Document(name=name, media_type=ZIP_TYPE, data=data, sha256=sha256(data), parts=tuple(both))


def _pieces(document: Document, own: SplitRule) -> Iterator[Document]:
    for pages in own.find(document):
        yield replace(select_pages(document, pages), name=pages.named(document.name))
