"""What those who act on finished items, or deliver them, are given."""

from typing import Protocol

from smeflow.ledger.rows import ItemRow
from smeflow.sinks.base import SinkItem


class Finished(Protocol):
    """Gives finished items whole."""

    @property
    def recipe(self) -> str:
        """The recipe."""
        ...

    @property
    def run(self) -> int:
        """The number of the run."""
        ...

    def whole(self, item: ItemRow) -> SinkItem:
        """Give one with its documents and results."""
        ...
