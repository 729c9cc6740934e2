"""``smeflow learn``: take up what people corrected as examples, unless it makes the measured result worse."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import (
    HERE,
    By,
    Json,
    RecipeFile,
    Settings,
    State,
    load_recipe,
    open_ledger,
    person_name,
    recipe_files,
)
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.evaluate.lessons import LearningOutcome, RuleProposal, SortingScore
    from smeflow.ledger.ledger import Ledger
    from smeflow.recipe.load import Recipe
    from smeflow.triage.step import Triage


def learn(
    ctx: typer.Context,
    recipe: RecipeFile = HERE,
    step: Annotated[str, typer.Option("--step", metavar="NAME", help="The triage step to teach.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only measure; write nothing.")] = False,
    accept: Annotated[
        list[int],
        typer.Option(
            "--accept", metavar="NUMBER", help="Take up the proposed rule of this number, and no more."
        ),
    ] = [],  # noqa: B006 - Typer copies it
    refuse: Annotated[
        list[int],
        typer.Option("--refuse", metavar="NUMBER", help="Propose the rule of this number no more."),
    ] = [],  # noqa: B006 - Typer copies it
    by: By = "",
    settings: Settings = [],  # noqa: B006 - Typer copies it
    state: State = None,
    json: Json = False,
) -> None:
    """Make examples of what people corrected; what would make the result worse is not taken up."""
    from smeflow.evaluate.lessons import collect_lessons, proposals_of, write_examples
    from smeflow.evaluate.lessons import learn_from as measured

    screen: Screen = ctx.obj
    loaded = load_recipe(recipe_files([recipe])[0], settings)
    chosen = _step(loaded, step)
    file = loaded.folder / chosen.learned
    with open_ledger(state, loaded.folder) as ledger:
        if accept or refuse:
            _settle_rules(screen, ledger, loaded, accept, refuse, person_name(by))
            return
        decided = collect_lessons(ledger, loaded.name, chosen)
        proposed = [proposal for _, _, proposal in proposals_of(ledger, loaded)]
    outcome = measured(chosen, file, decided)
    if not dry_run and (outcome.taken or outcome.tests):
        write_examples(file, outcome)
    if json:
        rules = [
            {
                "rule": each.rule.model_dump(mode="json", by_alias=True, exclude_defaults=True),
                "moved": each.moved,
            }
            for each in proposed
        ]
        screen.json({**as_json(chosen, file, outcome), **({"rules": rules} if rules else {})})
    else:
        _tell(screen, chosen, file, outcome, written=not dry_run)
        _tell_proposals(screen, proposed)


def _tell_proposals(screen: Screen, proposed: "list[RuleProposal]") -> None:
    """List the rules that corrections suggest, with the command that takes one up."""
    if not proposed:
        return
    screen.print(say("You moved these by hand more than once. As a rule it would be done for you:"))
    for number, each in enumerate(proposed, 1):
        rule = say("{n}  {rule}", n=number, rule=each.rule.in_words())
        screen.print(rule, style="bold")
        screen.print(f"   {', '.join(each.moved[:5])}", style="bright_black")
    screen.print(
        say("Take one up: smeflow learn --accept NUMBER.   Never again: smeflow learn --refuse NUMBER.")
    )


def _settle_rules(
    screen: Screen, ledger: "Ledger", recipe: "Recipe", accept: list[int], refuse: list[int], person: str
) -> None:
    """Write down which of the proposed rules are taken up and which are not wanted."""
    from smeflow.evaluate.lessons import proposals_of
    from smeflow.triage.labels import add_rule

    proposed = list(proposals_of(ledger, recipe))
    wrong = [number for number in (*accept, *refuse) if not 1 <= number <= len(proposed)]
    if wrong or set(accept) & set(refuse):
        number = wrong[0] if wrong else accept[0]
        raise UsageProblem(
            say(
                "There is no rule {n} to decide on: {count} are proposed. smeflow learn lists them.",
                n=number,
                count=len(proposed),
            )
        )
    for number in sorted({*accept, *refuse}):
        _, file, proposal = proposed[number - 1]
        refused = number in refuse
        add_rule(file, proposal.rule, person=person, at=ledger.store.clock(), refused=refused)
        message = say("not proposed again: {rule}", rule=proposal.rule.in_words())
        if not refused:
            message = say("taken up: {rule}", rule=proposal.rule.in_words())
        screen.print(message, style="" if refused else "green")
        screen.note(f"  → {file}")


def _step(recipe: "Recipe", asked: str) -> "Triage":
    from smeflow.triage.step import Triage

    steps = [e.step for e in recipe.entries if isinstance(e.step, Triage)]
    chosen = (
        [each for each in steps if each.name == asked]
        if asked
        else [each for each in steps if each.learned] or steps
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


def as_json(step: "Triage", file: Path, outcome: "LearningOutcome") -> dict[str, Any]:
    """Give what was learned as plain data."""
    return {
        "step": step.name,
        "file": str(file),
        "taken": [lesson.key for lesson in outcome.taken],
        "refused": [lesson.key for lesson in outcome.refused],
        "tests": [lesson.key for lesson in outcome.tests],
        "known": outcome.known,
        "before": _plain(outcome.before),
        "after": _plain(outcome.after),
    }


def _plain(measured: "SortingScore") -> dict[str, int]:
    return {"right": measured.right, "of": measured.of, "silent": measured.silent}


def _tell(screen: Screen, step: "Triage", file: Path, outcome: "LearningOutcome", *, written: bool) -> None:
    new = len(outcome.taken) + len(outcome.refused) + len(outcome.tests)
    if not new:
        screen.note(
            say(
                "Nothing new to learn for {step}: {n} decisions are known already.",
                step=step.name,
                n=outcome.known,
            )
        )
        return
    screen.print(
        say(
            "{step}: {taken} decisions teach, {tests} are kept apart to measure, {refused} are left.",
            step=step.name,
            taken=len(outcome.taken),
            tests=len(outcome.tests),
            refused=len(outcome.refused),
        )
    )
    message = say(
        "Right: {before} of {of} before, {after} now. Wrong and unseen: {silent} before, {still} now.",
        before=outcome.before.right,
        after=outcome.after.right,
        of=outcome.after.of,
        silent=outcome.before.silent,
        still=outcome.after.silent,
    )
    screen.print(message)
    if outcome.refused:
        worse = say(
            "With what was corrected to {labels} the result would be worse. Look at these again: {keys}",
            labels=", ".join(dict.fromkeys(lesson.example.label for lesson in outcome.refused)),
            keys=", ".join(lesson.key for lesson in outcome.refused[:5]),
        )
        screen.note(worse, style="yellow")
    if written and (outcome.taken or outcome.tests):
        screen.note(f"  → {file}", style="green")
