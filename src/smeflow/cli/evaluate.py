"""``smeflow evaluate``: hold what a recipe found against the truth, and propose when a person should look."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.check import recipe_files
from smeflow.cli.exits import UsageProblem
from smeflow.cli.measured import tell, tell_proposal
from smeflow.cli.options import HERE, Json, RecipeFile, Settings, State
from smeflow.cli.places import open_ledger
from smeflow.cli.screen import Screen
from smeflow.cli.settings import settings_of
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.evaluate.evaluation import Evaluation
    from smeflow.evaluate.truth import Truth
    from smeflow.recipe.base import Recipe
    from smeflow.step import Step


def evaluate(
    ctx: typer.Context,
    recipe: RecipeFile = HERE,
    expected: Annotated[
        Path | None,
        typer.Option(
            "--expected",
            metavar="FILE",
            help="The truth: lines of JSON, or a folder; else what people decided in review.",
        ),
    ] = None,
    step: Annotated[str, typer.Option("--step", metavar="NAME", help="The step to measure.")] = "",
    max_error: Annotated[
        float,
        typer.Option(
            "--max-error", min=0, max=0.5, help="Propose a threshold with at most this share of errors."
        ),
    ] = 0.0,
    fit: Annotated[
        Path | None,
        typer.Option("--fit", metavar="FILE", help="Fit the confidences on these cases into a file."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw it all into an SVG file.")
    ] = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    state: State = None,
    json: Json = False,
) -> None:
    """Hold what a recipe found against the truth. Asks no model and changes no item."""
    from smeflow.evaluate.evaluation import as_json
    from smeflow.evaluate.evaluation import evaluate as measure
    from smeflow.evaluate.tables import propose
    from smeflow.recipe.load import load

    screen: Screen = ctx.obj
    loaded = load(recipe_files([recipe])[0], settings=settings_of(settings), environ=os.environ)
    truths = _truths(expected) if expected else None
    measured = _step(loaded, step, truths or [])
    with open_ledger(state, loaded.path.parent) as ledger:
        found = measure(ledger, loaded.name, measured, truths)
    if not found.cases:
        raise UsageProblem(_nothing(found, expected))
    proposal = propose(found.cases, max_error) if max_error else None
    if picture:
        _draw(found, picture, screen)
    if json:
        screen.json(as_json(found, proposal))
    else:
        tell(screen, found)
        if proposal:
            tell_proposal(screen, found, proposal)
    if fit:
        _fit(screen, found, fit)


def _step(recipe: "Recipe", asked: str, truths: "list[Truth]") -> "Step[Any]":
    """Give the step to measure: as asked, else the first of the kind the truth speaks of."""
    from smeflow.steps.extract import Extract
    from smeflow.steps.triage import Triage

    labels = any("label" in truth.values for truth in truths)
    steps = [e.step for e in recipe.entries if isinstance(e.step, Extract | Triage)]
    steps.sort(key=lambda s: isinstance(s, Triage) is not labels)
    chosen = [s for s in steps if s.name == asked] if asked else steps[:1]
    if chosen:
        return chosen[0]
    names = ", ".join(s.name for s in steps)
    if asked:
        raise UsageProblem(
            say("There is no step {step} to measure. Choose one of: {names}", step=asked, names=names)
        )
    raise UsageProblem(say("Recipe {recipe} has no step that extracts or sorts.", recipe=recipe.name))


def _truths(path: Path) -> "list[Truth]":
    from smeflow.evaluate.truth import read_truth

    try:
        return read_truth(path)
    except OSError as error:
        raise UsageProblem(say("{path} cannot be read. Check the name.", path=path)) from error
    except ValueError as error:
        raise UsageProblem(error.args[0]) from error


def _nothing(found: "Evaluation", expected: Path | None) -> Phrase:
    if expected is None:
        return say(
            "Nobody decided on items of {recipe} yet. Give the truth with --expected, or review some.",
            recipe=found.recipe,
        )
    return say(
        "None of the {n} cases of {path} is in the ledger. Run the recipe first; the file names it.",
        n=len(found.unmatched),
        path=expected,
    )


def _fit(screen: Screen, found: "Evaluation", path: Path) -> None:
    from smeflow.evaluate.own import ENOUGH, fit_own

    made = fit_own(found.cases)
    if made.cases < ENOUGH:
        raise UsageProblem(
            say(
                "{n} labelled cases are too few to fit confidences; it takes {enough}. Nothing was written.",
                n=made.cases,
                enough=ENOUGH,
            )
        )
    if not made.better:
        screen.note(
            say(
                "On cases left out, the confidences that ship with smeflow are nearer the truth "
                "({shipped} against {own}, 0 is best). Nothing was written.",
                shipped=f"{made.brier_shipped:.4f}",
                own=f"{made.brier:.4f}",
            ),
            style="yellow",
        )
        return
    path.write_text(made.calibration.model_dump_json(indent=1) + "\n", encoding="utf-8")
    screen.note(
        say(
            "{path} is written. Put it into the step {step}: calibration: {path}",
            path=path,
            step=found.step,
        ),
        style="green",
    )


def _draw(found: "Evaluation", path: Path, screen: Screen) -> None:
    from smeflow.evaluate.picture import picture

    path.write_text(picture(found.cases, screen.language), encoding="utf-8")
    screen.note(f"  → {path}", style="green")
