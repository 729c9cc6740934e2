"""A case, what it works on, and the three members of a step."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import FunctionType, MappingProxyType
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from smeflow._text import a_kind_of, shortened
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

    def in_brief(self) -> str:
        """Say why."""
        return f"skipped: {self.why}"


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


@dataclass(frozen=True, kw_only=True, repr=False)
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
        read = [_as_document(d) for d in documents]
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
            TypeError: It is no step.
        """
        require_step(step, "a result is asked for with its step: case[kind]")
        if step.name not in self.results:
            raise LookupError(f"step {step.name!r} has not run on case {self.id!r}")
        value = self.results[step.name]
        if isinstance(value, Skipped):
            why = f"step {step.name!r} was skipped on case {self.id!r}: {value.why}"
            raise LookupError(why)  # noqa: TRY004 - the value is not there, whatever its type
        return cast("T", value)

    def get(self, step: Step[T]) -> T | None:
        """Give the result of *step*, or None where it has not run or was skipped."""
        require_step(step, "a result is asked for with its step: case.get(kind)")
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

    def __repr__(self) -> str:
        names = ", ".join(shortened(document.name, 60) for document in self.documents[:4])
        more = f" and {len(self.documents) - 4} more" if len(self.documents) > 4 else ""
        lines = [f"Case: {self.id}" + (f" ({names}{more})" if names and names != self.id else "")]
        lines += [f"  text: {shown_briefly(self.text)}"] if self.text else []
        lines += [f"  {name}: {shown_briefly(value)}" for name, value in self.results.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        rows = []
        for name, value in self.results.items():
            is_rich = isinstance(value, NotebookValue) and not isinstance(value, type)
            html = value._repr_html_() if is_rich else f"<code>{escape(repr(value))}</code>"
            rows.append(f"<tr><th style='vertical-align:top'>{escape(name)}</th><td>{html}</td></tr>")
        return f"<h4>{escape(self.id)}</h4><table>{''.join(rows)}</table>"


def require_case(given: object) -> Case:
    """Give *given* if it is a case.

    Raises:
        TypeError: It is none; the message says how to make one of it.
    """
    if isinstance(given, Case):
        return given
    if isinstance(given, Document | str):
        remedy = "make a case of it: Case.of(…)"
    elif isinstance(given, PurePath | bytes):
        remedy = "read it and make a case of it: Case.of(read(…))"
    elif isinstance(given, Iterable):
        remedy = "one case is run at a time; run_many(steps, cases) takes several"
    else:
        remedy = "a case is made of documents or a text: Case.of(read(…))"
    raise TypeError(f"{a_kind_of(given)} is no case: {remedy}")


def require_step(given: Any, otherwise: str = "a step is made with @step, or is one of smeflow.steps") -> Any:
    """Give *given* if it is a step.

    Raises:
        TypeError: It is none; the message says what to write, *otherwise* where nothing better is known.
    """
    name = getattr(given, "name", None)  # foreign: a step of a user's own is any class with the three members
    if isinstance(name, str) and callable(given) and not isinstance(given, type):
        return given
    if isinstance(given, FunctionType):
        raise TypeError(f"{given.__name__} is a function and no step: write @step above it")
    if isinstance(given, type):
        raise TypeError(f'{given.__name__} is a class: make a step of it, {given.__name__}(name="…", …)')
    raise TypeError(f"{a_kind_of(given)} is no step: {otherwise}")


_PATH_LIKE = re.compile(r"[^\n]{1,250}\.[A-Za-z0-9]{2,5}")


def _as_document(given: object) -> Document:
    if isinstance(given, Document):
        return given
    if isinstance(given, str):
        if _PATH_LIKE.fullmatch(given) and Path(given).is_file():
            raise ValueError(
                f"{given!r} is a file, and a text is taken as it is: write Case.of(read({given!r}))"
            )
        return text_document(given)
    if isinstance(given, PurePath):
        raise TypeError(f"a path is no document: write Case.of(read({str(given)!r}))")
    if isinstance(given, bytes):
        raise TypeError("bytes are no document: write Case.of(read(data, name='scan.pdf'))")
    if isinstance(given, list | tuple):
        raise TypeError("a list is no document: write Case.of(*documents)")
    raise TypeError(f"{a_kind_of(given)} is no document: write Case.of(read(…)) or Case.of('a text')")


MOST_SHOWN = 160


@runtime_checkable
class BriefValue(Protocol):
    """A result that knows what of it is worth one line."""

    def in_brief(self) -> str:
        """Say it in one line."""
        ...


def shown_briefly(value: object) -> str:
    """Show a result in one line."""
    if isinstance(value, str):
        text = value
    else:
        text = value.in_brief() if isinstance(value, BriefValue) else repr(value)
    return shortened(" ".join(text.split()), MOST_SHOWN)


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
