"""``smeflow test``: does a recipe still give what people approved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.arguments import HERE, Json, RecipeFile, Settings, State, Yes, load_recipe, recipe_files
from smeflow.cli.console import Screen
from smeflow.cli.exits import LEFT_TO_DO, UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.llm.interface import ConnectedLLM
    from smeflow.recipe.load import Recipe
    from smeflow.testing import ExpectedCheck

Expected = Annotated[
    Path | None,
    typer.Option(
        "--expected",
        metavar="FILE",
        help="What is expected, as --write made it; else expected.jsonl beside the recipe.",
    ),
]
Write = Annotated[
    bool, typer.Option("--write", help="Write the file, of the items people approved as they were found.")
]
Record = Annotated[
    bool,
    typer.Option("--record", help="Ask the recipe's model what is not recorded yet, and record it."),
]


def recipe_test(
    ctx: typer.Context,
    recipe: RecipeFile = HERE,
    expected: Expected = None,
    write: Write = False,
    record: Record = False,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    state: State = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Tell whether a recipe still gives what people approved. Changes no item and sends nothing."""
    from smeflow.testing import check_expected, write_expected
    from smeflow.workspace import Workspace

    screen: Screen = ctx.obj
    loaded = load_recipe(recipe_files([recipe])[0], settings)
    file = expected or loaded.folder / "expected.jsonl"
    if write:
        count = write_expected(Workspace(loaded.path, state=state), loaded, file)
        screen.note(say("{n} approved items are in {file}.", n=count, file=file))
        return
    if not file.is_file():
        raise UsageProblem(
            say("There is no {file}. Approve some items, then write it: smeflow test --write", file=file)
        )
    try:
        checks = check_expected(loaded, file, llm=_model(screen, loaded, file, record=record, yes=yes))
    except OSError as error:
        raise UsageProblem(say("{path} cannot be read. Check the name.", path=error.filename)) from error
    except ValueError as error:
        raise UsageProblem(error.args[0]) from error
    if json:
        screen.json([_plain(check) for check in checks])
    else:
        _tell(screen, checks)
    raise typer.Exit(LEFT_TO_DO if any(check.differences for check in checks) else 0)


def _model(screen: Screen, recipe: "Recipe", file: Path, *, record: bool, yes: bool) -> "str | ConnectedLLM":
    """Give the model that answers from the recording beside *file*; *record* asks the recipe's too."""
    from smeflow.cli.models import ask_consent_once
    from smeflow.engine.models import models_of_recipe
    from smeflow.llm.testing import Recorded
    from smeflow.review.choosing import state_folder

    replies = file.with_suffix(".replies.jsonl")
    if record:
        models = models_of_recipe(recipe)[0].every
        if models:
            ask_consent_once(screen, models[:1], state_folder(None, recipe.path), yes=yes)
            return Recorded(models[0], replies)
    return Recorded(None, replies, sealed=True) if replies.is_file() else "none"


def _tell(screen: Screen, checks: "tuple[ExpectedCheck, ...]") -> None:
    for check in checks:
        style, sign = ("red", "✗") if check.differences else ("green", "✓")
        screen.print(f"{sign} {check.file}", style=style)
        for difference in check.differences:
            screen.print(f"    {difference}")
    right = sum(not check.differences for check in checks)
    screen.print(say("{n} of {all} documents give what was approved.", n=right, all=len(checks)))


def _plain(check: "ExpectedCheck") -> dict[str, object]:
    return {"file": check.file, "differences": [vars(each) for each in check.differences]}
