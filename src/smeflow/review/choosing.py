"""What a person means and sees: which ledger, which recipe, which item, and whose decision it is."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from smeflow.errors import LedgerError
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.core.case import Step
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow, State

T = TypeVar("T")

STATE_FOLDER, WORKSPACE_FILE = ".smeflow", "smeflow.toml"
PERSON_VARIABLE = "SMEFLOW_PERSON"


def state_folder(state: Path | None, start: Path) -> Path:
    """Give the folder of the ledger: as asked, else ``.smeflow`` beside the nearest ``smeflow.toml``."""
    if state is not None:
        return state
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / WORKSPACE_FILE).is_file():
            return folder / STATE_FOLDER
    return (start if start.is_dir() else start.parent) / STATE_FOLDER


def person_name(by: str = "") -> str:
    """Give the name a decision is kept under: as told, else ``SMEFLOW_PERSON``, else the name of the login.

    Raises:
        LedgerError: There is none.
    """
    import getpass

    if name := by or os.environ.get(PERSON_VARIABLE, ""):
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise LedgerError(
            say("Who decides? Give a name with --by or in {variable}.", variable=PERSON_VARIABLE)
        ) from error


def recipe_file(name: str, *folders: Path) -> Path | None:
    """Find the file of the recipe called *name* in *folders* or a folder of theirs."""
    files = (file for folder in folders for file in (*folder.glob("*.y*ml"), *folder.glob("*/*.y*ml")))
    return next((file for file in files if is_called(file, name)), None)


def is_called(file: Path, recipe: str) -> bool:
    """Tell whether the recipe in *file* has that name."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.split("#")[0].split() == ["recipe:", recipe] for line in lines)


def items_called(ledger: "Ledger", name: str, recipe: str = "") -> "list[ItemRow]":
    """Find items by number, by key, else by the end of a key or the name of a file without its ending."""
    recipes = [recipe] if recipe else list(ledger.recipes())
    rows = [row for each in recipes for row in ledger.items(each)]
    exact = [row for row in rows if row.key == name or str(row.id) == name]
    return exact or [row for row in rows if row.key.endswith(name) or Path(row.name).stem == name]


@dataclass(frozen=True, kw_only=True)
class WorkspaceItem:
    """One item of a recipe as it stands: a file, a mail, a row of a table."""

    id: int
    """Its number in the ledger."""
    recipe: str
    key: str
    """What its source calls it: a path, the key of a row."""
    name: str
    state: "State"
    """``done``, ``review``, ``failed``, ``skipped`` or ``open``."""
    reasons: tuple[Phrase, ...] = ()
    """Why it is where it is; each prints as a sentence."""
    step: str = ""
    """The step a person is asked about."""
    results: Mapping[str, Any] = field(default_factory=dict)
    """What each step gave, a person's value before any machine's; plain JSON of a recipe that is not here."""
    hash: str = ""
    """Of all that is seen here: a decision on another state of the item is refused."""

    def __getitem__(self, step: "Step[T]") -> T:
        """Give the result of *step*.

        Raises:
            LookupError: It has not run, or was skipped.
        """
        from smeflow.core.case import Case

        return Case(id=self.key, results=MappingProxyType(dict(self.results)))[step]


ItemChoice = WorkspaceItem | int | str
"""An item as it was shown, its number, or its key."""


def chosen_row(ledger: "Ledger", item: ItemChoice, recipe: str, state: Path) -> "ItemRow":
    """Find the item that is meant in the ledger of *state*.

    Raises:
        LedgerError: There is none, or several.
    """
    if isinstance(item, WorkspaceItem):
        recipe, item = item.recipe, item.id
    by_number = ledger.item(recipe or None, item) if isinstance(item, int) else None
    rows = [by_number] if by_number is not None else items_called(ledger, str(item), recipe)
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise LedgerError(say("There is no item {item} in {folder}.", item=item, folder=state))
    choices = ", ".join(f"{row.id} ({row.recipe}: {row.key})" for row in rows[:5])
    raise LedgerError(say("{item} may be any of {choices}. Give the number.", item=item, choices=choices))


def shown_item(ledger: "Ledger", row: "ItemRow", steps: "Iterable[Step[Any]]") -> WorkspaceItem:
    """Give an item as a person is shown it, with the values of *steps* in their types."""
    from smeflow.engine.cases import ResultCodec, values_of
    from smeflow.review.decisions import seen_now

    return WorkspaceItem(
        id=row.id,
        recipe=row.recipe,
        key=row.key,
        name=row.name,
        state=row.state,
        reasons=row.reason.phrases,
        step=row.reason.step,
        results=MappingProxyType(values_of(ledger.store, row, steps, ResultCodec())),
        hash=seen_now(ledger, row).hash,
    )
