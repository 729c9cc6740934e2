"""The facts of a month, and finished items for a sink."""

from support.october import english, french, october
from support.sink_items import context, item

__all__ = ["context", "english", "french", "item", "october"]
