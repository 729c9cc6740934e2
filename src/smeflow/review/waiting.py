"""What waits for a person."""

from typing import TYPE_CHECKING

from smeflow.ledger.rows import ItemRow, State

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger

WAITING: tuple[State, ...] = ("review", "failed")


def waiting(ledger: "Ledger", recipe: str = "") -> list[ItemRow]:
    """Give the items of *recipe* (of all recipes) that a person must look at, in the order they came."""
    names = [recipe] if recipe else ledger.recipes()
    rows = [row for name in names for state in WAITING for row in ledger.items(name, state)]
    return sorted(rows, key=lambda row: (row.recipe, row.seq, row.nth))
