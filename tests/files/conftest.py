"""Finished items for the tests of sinks."""

from support.sink_items import context, item

__all__ = ["context", "item"]
