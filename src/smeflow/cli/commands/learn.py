"""``smeflow learn``: take up what people corrected as examples, unless it makes the measured result worse."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import (
    HERE,
    Json,
    RecipeFile,
    Settings,
    State,
    open_ledger,
    parse_settings,
    recipe_files,
)
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.evaluate.lessons import LearningOutcome, SortingScore
    from smeflow.recipe.load import Recipe
    from smeflow.triage.step import Triage


def learn(
    ctx: typer.Context,
    recipe: RecipeFile = HERE,
    step: Annotated[str, typer.Option("--step", metavar="NAME", help="The triage step to teach.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only measure; write nothing.")] = False,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    state: State = None,
    json: Json = False,
) -> None:
    """Make examples of what people corrected; what would make the result worse is not taken up."""
    from smeflow.evaluate.lessons import collect_lessons, write_examples
    from smeflow.evaluate.lessons import learn_from as measured
    from smeflow.recipe.load import load

    screen: Screen = ctx.obj
    loaded = load(recipe_files([recipe])[0], settings=parse_settings(settings), environ=os.environ)
    chosen = _step(loaded, step)
    file = loaded.folder / chosen.learned
    with open_ledger(state, loaded.folder) as ledger:
        decided = collect_lessons(ledger, loaded.name, chosen)
    made = measured(chosen, file, decided)
    if not dry_run and (made.taken or made.tests):
        write_examples(file, made)
    if json:
        screen.json(as_json(chosen, file, made))
    else:
        _tell(screen, chosen, file, made, written=not dry_run)


def _step(recipe: "Recipe", asked: str) -> "Triage":
    from smeflow.triage.step import Triage

    steps = [e.step for e in recipe.entries if isinstance(e.step, Triage)]
    chosen = (
        [one for one in steps if one.name == asked]
        if asked
        else [one for one in steps if one.learned] or steps
    )
    if not chosen:
        raise UsageProblem(say("Recipe {recipe} has no such step that sorts.", recipe=recipe.name))
    if not chosen[0].learned:
        raise UsageProblem(
            say(
                "Step {step} has no place for what it learns. Write into it: learned: {file}",
                step=chosen[0].name,
                file=f"{chosen[0].name}.learned.jsonl",
            )
        )
    return chosen[0]


def as_json(step: "Triage", file: Path, made: "LearningOutcome") -> dict[str, Any]:
    """Give what was learned as plain data."""
    return {
        "step": step.name,
        "file": str(file),
        "taken": [one.key for one in made.taken],
        "refused": [one.key for one in made.refused],
        "tests": [one.key for one in made.tests],
        "known": made.known,
        "before": _plain(made.before),
        "after": _plain(made.after),
    }


def _plain(measured: "SortingScore") -> dict[str, int]:
    return {"right": measured.right, "of": measured.of, "silent": measured.silent}


def _tell(screen: Screen, step: "Triage", file: Path, made: "LearningOutcome", *, written: bool) -> None:
    new = len(made.taken) + len(made.refused) + len(made.tests)
    if not new:
        screen.note(
            say(
                "Nothing new to learn for {step}: {n} decisions are known already.",
                step=step.name,
                n=made.known,
            )
        )
        return
    screen.print(
        say(
            "{step}: {taken} decisions teach, {tests} are kept apart to measure, {refused} are left.",
            step=step.name,
            taken=len(made.taken),
            tests=len(made.tests),
            refused=len(made.refused),
        )
    )
    told = say(
        "Right: {before} of {of} before, {after} now. Wrong and unseen: {silent} before, {still} now.",
        before=made.before.right,
        after=made.after.right,
        of=made.after.of,
        silent=made.before.silent,
        still=made.after.silent,
    )
    screen.print(told)
    if made.refused:
        worse = say(
            "With what was corrected to {labels} the result would be worse. Look at these again: {keys}",
            labels=", ".join(dict.fromkeys(one.example.label for one in made.refused)),
            keys=", ".join(one.key for one in made.refused[:5]),
        )
        screen.note(worse, style="yellow")
    if written and (made.taken or made.tests):
        screen.note(f"  → {file}", style="green")
