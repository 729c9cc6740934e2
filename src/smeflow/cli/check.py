"""``smeflow check``: find every mistake of a recipe before it runs, and say what it would do."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from smeflow.cli.exits import UsageProblem
from smeflow.cli.options import Settings
from smeflow.cli.screen import Screen
from smeflow.cli.settings import settings_of
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.recipe.base import Recipe


def check(
    ctx: typer.Context,
    recipes: list[Path] = typer.Argument(
        None, help="Recipes, or folders of recipes; else those of this folder."
    ),
    settings: Settings = [],  # noqa: B006 - Typer copies it
) -> None:
    """Tell all mistakes of recipes at once, with line and column. Asks no model and changes nothing."""
    from smeflow.errors import RecipeError

    screen: Screen = ctx.obj
    problems = 0
    for file in recipe_files(recipes or [Path()]):
        try:
            problems += not _check_one(screen, file, settings_of(settings))
        except RecipeError as error:
            problems += len(error.problems)
            for p in error.problems:
                screen.note(f"{error.file}:{p.line}:{p.column}: {screen.text(p.phrase)}", style="red")
    if problems:
        screen.note(say("Problems found: {n}.", n=problems))
        raise typer.Exit(2)


def recipe_files(given: list[Path]) -> list[Path]:
    """Give the recipes that are named, or that lie in the folders named."""
    found: list[Path] = []
    for path in given:
        if (path / "recipe.yaml").is_file():
            found.append(path / "recipe.yaml")
        elif path.is_dir():
            inside = sorted(p for p in (*path.glob("*.yaml"), *path.glob("*.yml")) if _is_recipe(p))
            if not inside:
                raise UsageProblem(
                    say("There is no recipe in {folder}. Make one with: smeflow init", folder=path)
                )
            found.extend(inside)
        elif path.is_file():
            found.append(path)
        else:
            raise UsageProblem(say("{path} does not exist. Check the name.", path=path))
    return found


def _is_recipe(path: Path) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(line.startswith("recipe:") for line in text.splitlines())


def _check_one(screen: Screen, file: Path, settings: dict[str, str]) -> bool:
    from rich.text import Text

    from smeflow.recipe.load import load

    recipe = load(file, settings=settings, environ=os.environ)
    head = (
        Text("✓ ", style="green").append(recipe.name, style="bold").append(f"  {file}", style="bright_black")
    )
    screen.print(head)
    if recipe.about:
        screen.print(f"  {recipe.about}")
    lines = [
        (say("reads"), recipe.source.name),
        (say("steps"), ", ".join(entry.step.name for entry in recipe.entries)),
        (say("writes"), ", ".join(sink.name for sink in recipe.sinks) or say("nothing")),
        (say("data may go to"), _residency(recipe.residency)),
        (say("model"), recipe.llm),
    ]
    for word, value in lines:
        screen.fact(word, value, indent="  ")
    place = getattr(recipe.source, "path", None)
    if isinstance(place, Path) and str(place) != "-" and not place.exists():
        screen.note(
            say("There is no {path} yet: a run would find nothing to read.", path=place), style="yellow"
        )
    return _model_fits(screen, recipe)


def _model_fits(screen: Screen, recipe: "Recipe") -> bool:
    """Tell which model a run would use now; False where the recipe does not let it be asked."""
    from smeflow.cli.models import models_of, named_places, objection
    from smeflow.errors import LLMRejected

    try:
        models, reasons = models_of(recipe)
        places = [one.place for one in models.every]
    except LLMRejected as error:
        screen.note(error.phrase, style="yellow")
        if error.reason != "key":
            return False
        # no key here and now is a fault of this machine; where data would go is one of the recipe
        places, reasons = named_places(recipe), []
    for reason in reasons:
        screen.print(f"    {screen.text(reason)}", style="bright_black")
    against = [why for place in places if (why := objection(recipe, place)) is not None]
    for refused in against:
        screen.note(refused.phrase, style="red")
    return not against


def _residency(name: str) -> object:
    return {
        "local": say("this machine only"),
        "eu": say("this machine and the European Union"),
        "any": say("anywhere"),
    }.get(name, name)
