"""``smeflow check``.

Find every mistake of a recipe before it runs; ``smeflow schema``: let an editor find them.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.arguments import Settings, parse_settings, recipe_files
from smeflow.cli.console import Screen
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.recipe.load import Recipe


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
    problems, loaded = 0, []
    for file in recipe_files(recipes or [Path()]):
        try:
            recipe, is_fit = _check_one(screen, file, parse_settings(settings))
            loaded.append(recipe)
            problems += not is_fit
        except RecipeError as error:
            problems += len(error.problems)
            for p in error.problems:
                screen.note(f"{error.file}:{p.line}:{p.column}: {screen.text(p.phrase)}", style="red")
    _tell_shared_mailboxes(screen, loaded)
    if problems:
        screen.note(say("Problems found: {n}.", n=problems))
        raise typer.Exit(2)


def _tell_shared_mailboxes(screen: Screen, recipes: "list[Recipe]") -> None:
    """Tell where of several recipes over one mailbox nobody takes a mail, or several take every mail."""
    from smeflow.mail.source import Mailbox

    by_mailbox: dict[str, dict[str, Mailbox]] = {}
    for recipe in recipes:
        if isinstance(recipe.source, Mailbox):
            by_mailbox.setdefault(recipe.source.mailbox, {})[recipe.name] = recipe.source
    for address, sources in by_mailbox.items():
        greedy = [name for name, source in sources.items() if not (source.only or source.rest_of)]
        if len(sources) > 1 and greedy:
            why = say(
                "{address}: {names} take every mail, also what another recipe takes. "
                "Give each only:, or rest_of:.",
                address=address,
                names=", ".join(greedy),
            )
            screen.note(why, style="yellow")
        elif sources and all(source.only for source in sources.values()):
            why = say(
                "{address}: a mail that fits nothing in only: is taken by no recipe ({names}). "
                "A recipe with rest_of: takes those.",
                address=address,
                names=", ".join(sources),
            )
            screen.note(why, style="yellow")


def _check_one(screen: Screen, file: Path, settings: dict[str, str]) -> "tuple[Recipe, bool]":
    from rich.text import Text

    from smeflow.core.fingerprints import unseen_by_fingerprint
    from smeflow.kinds.sources import path_of
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
    place = path_of(recipe.source)
    if place is not None and not place.exists():
        screen.note(
            say("There is no {path} yet: a run would find nothing to read.", path=place), style="yellow"
        )
    for entry in recipe.entries:
        for why in unseen_by_fingerprint(entry.step):
            screen.note(why, style="yellow")
    return recipe, _model_fits(screen, recipe)


def _model_fits(screen: Screen, recipe: "Recipe") -> bool:
    """Tell which model a run would use now; False where the recipe does not let it be asked."""
    from smeflow.engine.models import models_of_recipe, named_places, objection
    from smeflow.errors import LLMRejected

    try:
        models, reasons = models_of_recipe(recipe)
        places = [model.place for model in models.every]
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


def schema(
    ctx: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it to this file; else it is printed.")
    ] = None,
) -> None:
    """Give the JSON Schema of recipes: with it an editor completes keys and marks mistakes."""
    import json

    from smeflow.recipe.schema import recipe_schema
    from smeflow.recipe.workspace import WorkspaceSettings

    screen: Screen = ctx.obj
    left_out: list[Phrase] = []
    own = WorkspaceSettings.find(Path.cwd()).own_steps()
    text = json.dumps(recipe_schema(left_out, own), indent=2, ensure_ascii=False)
    for why in left_out:
        screen.note(why, style="yellow")
    if out is None:
        print(text)
        return
    out.write_text(text + "\n", encoding="utf-8")
    screen.note(
        say(
            "The schema is in {path}. First line for a recipe: # yaml-language-server: $schema={path}",
            path=out,
        )
    )
