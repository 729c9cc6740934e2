"""What every record is, and what an identifier is."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """A frozen record; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    record_id: ClassVar[str]
    """What ledgers know the record by, whatever its schema says; without it, a hash of its schema."""
    bare_amounts: ClassVar[bool] = False
    """Whether an amount without a currency is in the firm's own; else it compares with nothing."""


def is_empty(value: object) -> bool:
    """Tell whether a term says nothing: None, no member, or a group without any term."""
    if isinstance(value, Record):
        return all(is_empty(getattr(value, name)) for name in type(value).model_fields)
    return value is None or value == ()


UNTOLD = Field(exclude_if=is_empty)
"""Leave a term out of what is written where it says nothing: most invoices use few of them."""
Text = Annotated[str | None, UNTOLD]
Day = Annotated[date | None, UNTOLD]
Amount = Annotated[Decimal | None, UNTOLD]


class Identifier(Record):
    """A number and the list it is of."""

    id: str | None = None
    """The number itself."""
    scheme: Text = None
    """ISO 6523 ICD (``0002`` SIREN, ``0009`` SIRET, ``0088`` GLN) or the code list the term names."""
