"""``smeflow schema``: the JSON Schema of recipes, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from smeflow.cli.screen import Screen
from smeflow.i18n import Phrase, say


def schema(
    ctx: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it to this file; else it is printed.")
    ] = None,
) -> None:
    """Give the JSON Schema of recipes: with it an editor completes keys and marks mistakes."""
    import json

    from smeflow.recipe.schema import recipe_schema

    screen: Screen = ctx.obj
    left_out: list[Phrase] = []
    text = json.dumps(recipe_schema(left_out), indent=2, ensure_ascii=False)
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
