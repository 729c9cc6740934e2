"""A case, what it works on, and the three members of a step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from smeflow.documents.document import DECORATION, Document, text_document
from smeflow.i18n import Phrase
from smeflow.llm.interface import LLM

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
NO_RESULTS: Mapping[str, Any] = MappingProxyType({})


class Known(Protocol):
    """What the firm already knows: tables of suppliers, customers, orders, approved examples. Read-only."""

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give the rows of *table* whose columns equal *where*; none where there is no such table."""
        ...

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give the *k* rows of *table* whose text is most like *text*, the nearest first."""
        ...


COMMENTS = "report comments"
"""The table of what people said when they asked for a text again: columns ``item`` and ``text``."""
EDITS = "report edits"
"""The table of what people made of a recipe's texts, one ``text`` a row, the oldest first."""


class NothingKnown:
    """Nothing is known yet."""

    def rows(self, table: str, **where: str) -> Sequence[Mapping[str, str]]:
        """Give no rows."""
        return ()

    def nearest(self, table: str, text: str, k: int = 3) -> Sequence[Mapping[str, str]]:
        """Give no rows."""
        return ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Stands in a case's results for a step whose ``when`` was false."""

    why: Phrase


class Step(Protocol[T_co]):
    """A named function from a case to a value. Exactly three members."""

    @property
    def name(self) -> str:
        """Where the result is kept."""
        ...

    @property
    def returns(self) -> type[T_co]:
        """The type of the result, so that it can be written down and read back."""
        ...

    def __call__(self, case: "Case", llm: LLM, /) -> T_co:
        """Compute the value. Whatever it needs from the world comes from *case* and *llm* alone."""
        ...


@runtime_checkable
class NotebookValue(Protocol):
    """A value that shows itself as HTML in a notebook."""

    def _repr_html_(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Case:
    """One piece of work: a mail with its attachments, an invoice, a row, a period. Frozen."""

    id: str
    documents: tuple[Document, ...] = ()
    text: str = ""
    """What a person would read first: the newest message of a mail, the text of a page, a row's cells."""
    results: Mapping[str, Any] = field(default_factory=lambda: NO_RESULTS)
    known: Known = field(default_factory=NothingKnown, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        *documents: Document | str,
        id: str | None = None,  # noqa: A002 - the field's own name
        known: Known | None = None,
    ) -> "Case":
        """Make a case of *documents* (text is taken as a document); a mail's attachments come along.

        So do those of a mail inside it. The id is the first document's name unless one is given.
        """
        read = [text_document(d) if isinstance(d, str) else d for d in documents]
        flat = [d for doc in read for d in _flat(doc)]
        return cls(
            id=id or (flat[0].name if flat else "empty"),
            documents=tuple(flat),
            text=next((d.text for d in flat if d.text.strip()), ""),
            known=known or NothingKnown(),
        )

    def __getitem__(self, step: Step[T]) -> T:
        """Give the result of *step*.

        Raises:
            LookupError: It has not run, or was skipped; the message says which and why.
        """
        if step.name not in self.results:
            raise LookupError(f"step {step.name!r} has not run on case {self.id!r}")
        value = self.results[step.name]
        if isinstance(value, Skipped):
            why = f"step {step.name!r} was skipped on case {self.id!r}: {value.why}"
            raise LookupError(why)  # noqa: TRY004 - the value is not there, whatever its type
        return cast("T", value)

    def get(self, step: Step[T]) -> T | None:
        """Give the result of *step*, or None where it has not run or was skipped."""
        value = self.results.get(step.name)
        return None if isinstance(value, Skipped) else cast("T | None", value)

    def with_result(self, name: str, value: object) -> "Case":
        """Give the same case with one more result."""
        return Case(
            id=self.id,
            documents=self.documents,
            text=self.text,
            results=MappingProxyType({**self.results, name: value}),
            known=self.known,
        )

    def _repr_html_(self) -> str:
        from html import escape

        rows = []
        for name, value in self.results.items():
            is_rich = isinstance(value, NotebookValue) and not isinstance(value, type)
            html = value._repr_html_() if is_rich else f"<code>{escape(repr(value))}</code>"
            rows.append(f"<tr><th style='vertical-align:top'>{escape(name)}</th><td>{html}</td></tr>")
        return f"<h4>{escape(self.id)}</h4><table>{''.join(rows)}</table>"


def kind_id(kind: type) -> str:
    """Give what ledgers know a kind of step by: its own ``kind_id``, else the name of its module and class.

    One that is inherited does not count: a subclass is another kind.
    """
    own = vars(kind).get("kind_id")
    if own is not None:
        return str(own)
    origin = vars(kind).get("__pydantic_generic_metadata__", {}).get("origin")
    if origin is not None:  # Extract[Invoice]: the id of Extract, and what stands in brackets
        return kind_id(origin) + kind.__qualname__.removeprefix(origin.__qualname__)
    return f"{kind.__module__}.{kind.__qualname__}"


def _flat(document: Document) -> Iterator[Document]:
    yield document
    for part in document.parts if document.is_message else ():
        if not part.fields.get(DECORATION):
            yield from _flat(part)
