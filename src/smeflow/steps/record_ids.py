"""What ledgers know the type of a record by."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from smeflow._text import hash_of

_PATTERN_OF_DECIMALS = "^(?!^[-+.]*$)[+-]?0*"


def record_id(kind: type[BaseModel]) -> str:
    """Give a type's own ``record_id``, else its name and a hash of its schema.

    An inherited one does not count: a subclass is another record. The hash follows the class's fields, their
    types and what is said of them, and is the same under every version of Pydantic.
    """
    own = vars(kind).get("record_id")
    return str(own) if own else f"{kind.__qualname__}#{hash_of(_alike(kind.model_json_schema()))[:12]}"


def _alike(schema: Any) -> Any:
    """Leave the pattern of decimals out, which some versions of Pydantic write and others do not."""
    if isinstance(schema, Mapping):
        pattern = schema.get("pattern")
        drops = isinstance(pattern, str) and pattern.startswith(_PATTERN_OF_DECIMALS)
        return {k: _alike(v) for k, v in schema.items() if not (drops and k == "pattern")}
    return [_alike(v) for v in schema] if isinstance(schema, list) else schema
