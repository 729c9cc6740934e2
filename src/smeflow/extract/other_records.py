"""What records of other programs hold: their single values, and which of our fields each of them is."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel

from smeflow._text import folded
from smeflow.errors import SmeflowError
from smeflow.i18n import say
from smeflow.kinds.record_kind import FieldSpec, RecordKind

_WRAPPED = ("value", "valueString", "valueDate", "valueNumber", "valueCurrency", "content", "text", "amount")
"""Where programs that give a value with its confidence or place keep the value itself, the first that is."""
_BESIDE_VALUES = frozenset(
    {
        *("confidence", "score", "citation", "citations", "quote", "reasoning", "type", "matching"),
        *("page", "pages", "box", "bbox", "bounding_box", "polygon", "boundingregions", "spans"),
        *("currencycode", "currencysymbol"),
    }
)
_NEUTRAL = frozenset(
    {
        *("data", "fields", "result", "record", "extracted", "extraction", "meta", "general", "details"),
        *("document", "documents", "invoice", "header", "summary", "totals", "total", "amounts", "amount"),
        *("dates", "payment", "payment_details", "bank"),
    }
)
"""Words of groups that say nothing of whose the value is."""


def plain_record(record: object) -> Mapping[str, Any]:
    """Give the values of a mapping or a Pydantic model by name.

    Raises:
        SmeflowError: It is neither.
    """
    if isinstance(record, BaseModel):
        return {name: getattr(record, name) for name in type(record).model_fields}
    if isinstance(record, Mapping):
        return record
    raise SmeflowError(
        say("{type} is no record; give a mapping or a Pydantic model.", type=type(record).__name__)
    )


def single_values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give every single value with its path; nothing for what is empty."""
    if isinstance(value, BaseModel):
        value = plain_record(value)
    if isinstance(value, Mapping):
        inner = _unwrapped(value)
        if inner is not value:
            yield from single_values(inner, path)
            return
        for name, member in value.items():
            yield from single_values(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple | set | frozenset):
        for number, member in enumerate(value):
            yield from single_values(member, f"{path}.{number}")
    elif value is not None and str(value).strip():
        yield path, value.value if isinstance(value, Enum) else value


def _unwrapped(value: Mapping[str, Any]) -> Any:
    """Take a value out of what says how sure somebody is of it, or where it stands."""
    keys = set(map(str, value))
    held = next((key for key in _WRAPPED if key in keys), None)
    if held is None or not {key.lower() for key in keys - set(_WRAPPED)} <= _BESIDE_VALUES:
        return value
    return value[held]


def fields_of_values(
    values: Mapping[str, Any], kind: RecordKind, specs: Mapping[str, FieldSpec], names: Mapping[str, str]
) -> dict[str, str]:
    """Tell which of our fields each value is, by path; one that could be two is none.

    Raises:
        SmeflowError: *names* speaks of a value or a field that is not there.
    """
    for path, name in names.items():
        if name not in specs or path not in values:
            known = ", ".join(specs if name not in specs else values)
            wrong = name if name not in specs else path
            raise SmeflowError(say("names: there is no {name}; use one of {known}", name=wrong, known=known))
    words = {_joined(name): name for name in specs}
    for name, others in kind.also_called.items():
        words |= {other: name for other in others if name in specs and other not in words}
    mapped: dict[str, str] = {}
    for path in values:
        own = names.get(path) or _field_of(path, words)
        if own is not None:
            mapped[path] = own
    by_own_name = {name for path, name in mapped.items() if path == name or path in names}
    several = {name for name in mapped.values() if list(mapped.values()).count(name) > 1}
    return {
        path: name
        for path, name in mapped.items()
        if name not in several or (name in by_own_name and (path == name or path in names))
    }


def _field_of(path: str, words: Mapping[str, str]) -> str | None:
    """Find the field a path speaks of; what stands in a list is none."""
    parts = [_joined(part) for part in path.split(".")]
    if any(part.isdecimal() for part in parts):
        return None
    while parts:
        whole = "_".join(parts)
        if whole in words:
            return words[whole]
        if parts[0] not in _NEUTRAL or len(parts) == 1:
            return None
        parts = parts[1:]
    return None


def _joined(name: str) -> str:
    """Write ``InvoiceTotal``, ``invoice-total`` and ``Invoice Total`` as ``invoice_total``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", folded(spaced)).strip("_")
