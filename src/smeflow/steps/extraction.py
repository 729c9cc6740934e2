"""What an `Extract` step finds: a record, and for every field of it the evidence."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic, Self, TypeVar, cast

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_serializer, field_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from smeflow.claims import Claim
from smeflow.documents.base import Document, Quote
from smeflow.field_names import FIELDS
from smeflow.i18n import Phrase
from smeflow.readers.base import Check
from smeflow.record_kinds import kind_of
from smeflow.step import Known
from smeflow.steps.base import FieldReading, Result
from smeflow.steps.shown import Shown, extraction_html

R = TypeVar("R", bound=BaseModel)


class Extraction(Result, Generic[R]):
    """A record and its evidence."""

    record: R
    """What was read. A field that is not known is None, also where the record's type would demand a value."""
    fields: dict[str, FieldReading] = Field(default_factory=dict)
    """The evidence, by field name; a field inside a field is written with a dot."""
    proven: bool = False
    """The truth table in ``docs/proof.md`` holds. One model alone never proves anything."""
    reader: str | None = None
    """Who read most: ``einvoice``, ``layout``, ``labels``, ``model`` or ``person``."""
    confidence: float | None = None
    """None until it was fitted on labelled cases."""
    checks: tuple[Check, ...] = ()
    problems: tuple[Phrase, ...] = ()
    """What a person should know; does not stop anything by itself."""
    doubts: tuple[Phrase, ...] = ()
    """What speaks against the result: a case with any goes to a person."""
    wanted_model: bool = False
    """A model would have helped, and there was none."""
    several: int = 1
    """How many records of this kind the documents hold."""
    accepted_by: str | None = None
    """The person who gave or confirmed values."""

    @field_validator("record", mode="wrap")
    @classmethod
    def _keep_gaps(cls, value: object, handler: ModelWrapValidatorHandler[R]) -> R:
        """Read a record back that had gaps when it was written."""
        try:
            return handler(value)
        except ValidationError:
            kind = cls.model_fields["record"].annotation
            if not isinstance(value, Mapping) or not isinstance(kind, type):
                raise
            return with_gaps(cast("type[R]", kind), value)

    @field_serializer("record", when_used="json")
    def _write(self, record: R) -> dict[str, Any]:
        return record.model_dump(
            mode="json", warnings=False
        )  # gaps are None where the type says they cannot be

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """What it was read from, where that is at hand; never written down with it."""
        return ()

    def shown_on(self, documents: Iterable[Document]) -> Self:
        """Give the same extraction, which shows its quotes on the pages of *documents*."""
        shown = self.model_copy()
        shown.__dict__["documents"] = tuple(documents)  # no field: it is neither compared nor written down
        return shown

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """Every place a value was read from."""
        return tuple(place for reading in self.fields.values() if (place := reading.place))

    def claims(self, known: Known, /) -> Iterator[Claim]:
        """Say what must be compared with other items, as the kind of the record has it."""
        claims = kind_of(type(self.record)).claims
        if claims is not None:
            yield from claims(self.record, known)

    def settled(self) -> bool:
        """Tell whether it may be acted on unseen: it is proven, or a person gave or confirmed it."""
        return self.proven or bool(self.accepted_by)

    @property
    def missing(self) -> tuple[str, ...]:
        """The record's own fields that hold no value, in order."""
        return tuple(name for name in type(self.record).model_fields if getattr(self.record, name) is None)

    def _repr_html_(self) -> str:
        this = Shown(
            fields=self.fields,
            proven=self.proven,
            accepted_by=self.accepted_by,
            checks=[(check.name, check.passed) for check in self.checks],
            said=(*self.doubts, *self.problems),
            words=kind_of(type(self.record)).words or FIELDS,
        )
        return extraction_html(this) + self._pages()

    def _pages(self) -> str:
        """Show the documents the values stand in, each value marked on its page."""
        from smeflow.documents.show import document_html  # draws pages: only when something is shown

        quoted = {quote.document for quote in self.quotes}
        found = [d for document in self.documents for d in document.walk() if d.name in quoted]
        return "".join(document_html(document, self.quotes) for document in dict.fromkeys(found))


def with_gaps(kind: type[R], values: Mapping[str, Any]) -> R:
    """Make a record of what is known; the rest is its default or None, even where the type demands a value.

    A value that does not fit its field is left out: this never raises.
    """
    try:
        return kind.model_validate(values)
    except ValidationError:
        known: dict[str, Any] = {}
        for name, info in kind.model_fields.items():
            known[name] = (
                None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
            )
            if values.get(name) is None:
                continue
            try:
                known[name] = TypeAdapter(info.rebuild_annotation()).validate_python(values[name])
            except ValidationError:
                continue
        return kind.model_construct(**known)
