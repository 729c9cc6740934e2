"""Find the workspace, the ledger and an item from what a command was given."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow
    from smeflow.recipe.base import Recipe
    from smeflow.step import Step

FOLDER = ".smeflow"


def state_folder(state: Path | None, start: Path) -> Path:
    """Give the folder of the ledger: as asked, else ``.smeflow`` beside the nearest ``smeflow.toml``."""
    if state is not None:
        return state
    from smeflow.cli.language import MARK

    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return folder / FOLDER
    return (start if start.is_dir() else start.parent) / FOLDER


def open_ledger(state: Path | None, start: Path) -> "Ledger":
    """Open the ledger that is there; a command that only reads makes none."""
    from smeflow.ledger.ledger import Ledger

    folder = state_folder(state, start)
    if not folder.is_dir():
        raise UsageProblem(
            say(
                "There is no ledger in {folder}. Run a recipe first, or name the folder with --state.",
                folder=folder,
            )
        )
    return Ledger.open(folder, create=False)


def steps_of(recipe: str, state: Path | None, file: Path | None) -> "dict[str, Step[Any]]":
    """Give the steps of the recipe called *recipe*, by name; its file is looked for beside the ledger."""
    return {entry.step.name: entry.step for entry in recipe_called(recipe, state, file).entries}


def recipe_called(recipe: str, state: Path | None, file: Path | None) -> "Recipe":
    """Read the recipe called *recipe*; its file is looked for beside the ledger."""
    import os

    from smeflow.recipe.load import load

    if file is None:
        root = state_folder(state, Path.cwd()).parent
        places = [p for start in (Path.cwd(), root) for p in (*start.glob("*.y*ml"), *start.glob("*/*.y*ml"))]
        file = next((p for p in places if _calls_itself(p, recipe)), None)
    if file is None:
        raise UsageProblem(
            say("The file of recipe {recipe} is not here. Name it with --file.", recipe=recipe)
        )
    return load(file, environ=os.environ)


def _calls_itself(file: Path, recipe: str) -> bool:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.split("#")[0].split() == ["recipe:", recipe] for line in lines)


def find_item(ledger: "Ledger", asked: str, recipe: str = "") -> "ItemRow":
    """Find an item by its number, its key, or the end of its key where only one item has it."""
    recipes = [recipe] if recipe else list(ledger.recipes())
    rows = [row for name in recipes for row in ledger.items(name)]
    exact = [row for row in rows if row.key == asked or str(row.id) == asked]
    found = exact or [row for row in rows if row.key.endswith(asked) or Path(row.name).stem == asked]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageProblem(
            say("There is no item {item}. See them all with: smeflow status --all", item=asked)
        )
    choices = ", ".join(f"{row.id} ({row.recipe}: {row.key})" for row in found[:5])
    raise UsageProblem(say("{item} may be any of {choices}. Give the number.", item=asked, choices=choices))
