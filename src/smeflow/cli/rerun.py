"""``smeflow rerun``: take finished items again, after telling what it costs and what would change."""

from typing import Annotated

import typer

from smeflow.cli.options import Json, Llm, RecipeFile, Settings, State


def rerun(
    ctx: typer.Context,
    recipe: RecipeFile,
    where: Annotated[
        str,
        typer.Option(
            "--where",
            metavar="WHICH",
            help="changed (made by an older recipe), stale, done, review, failed or an item.",
        ),
    ] = "changed",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what it would take and cost.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before paying.")] = False,
    state: State = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    llm: Llm = "",
    json: Json = False,
) -> None:
    """Redo finished items. Cost and number first; a person's decisions stay."""
