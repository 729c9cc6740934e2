"""``smeflow evaluate``: hold what a recipe found against the truth, and propose when a person should look."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import (
    HERE,
    Json,
    RecipeFile,
    Settings,
    State,
    load_recipe,
    open_ledger,
    recipe_files,
)
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.core.case import Step
    from smeflow.evaluate.evaluation import Evaluation
    from smeflow.evaluate.rates import Rate, ThresholdProposal
    from smeflow.evaluate.scoring import Truth
    from smeflow.recipe.load import Recipe

SHOWN = 15
INTERVAL = say("95 % interval")
VERDICTS = (
    ("right", say("right")),
    ("wrong", say("wrong")),
    ("missing", say("missing")),
    ("invented", say("invented")),
)


def tell_evaluation(screen: Screen, evaluation: "Evaluation") -> None:
    """Say how right it is: as a whole, by field, reader, supplier and language, and what is wrong."""
    from smeflow.evaluate.evaluation import GROUPS
    from smeflow.evaluate.rates import by_field, by_reader, calibration, calibration_error, exact_by

    screen.fact(say("Cases with a known truth"), len(evaluation.cases))
    if evaluation.unmatched:
        more = " …" if len(evaluation.unmatched) > 5 else ""
        screen.fact(say("Not in the ledger, or nothing found"), ", ".join(evaluation.unmatched[:5]) + more)
    screen.fact(say("Right in every field"), _rate(screen, evaluation.exact))
    screen.fact(say("Fields right"), _rate(screen, evaluation.fields))
    screen.fact(say("Passed without a person and wrong"), _rate(screen, evaluation.silent))
    screen.fact(say("Told as proven and wrong"), _rate(screen, evaluation.proven_wrong))
    bins = calibration(evaluation.cases)
    if bins:
        screen.fact(say("Confidence is off by"), _percent(screen, calibration_error(bins)))
    screen.print()
    _verdicts(screen, say("field"), by_field(evaluation.cases))
    _verdicts(screen, say("reader"), by_reader(evaluation.cases))
    headings = {"supplier": say("supplier"), "reader": say("reader"), "language": say("language")}
    for group in GROUPS:
        if group != "reader":
            _groups(screen, headings[group], exact_by(evaluation.cases, group))
    wrong = [
        (case.name, score) for case in evaluation.cases for score in case.fields if score.verdict != "right"
    ]
    if wrong:
        columns = [
            ScreenColumn(heading=h) for h in (say("case"), say("field"), say("expected"), say("found"))
        ]
        rows = [(name, score.name, score.expected, score.found) for name, score in wrong[:SHOWN]]
        screen.print(screen.table(columns, rows))
        if len(wrong) > SHOWN:
            screen.print(say("… and {n} more; all with --json", n=len(wrong) - SHOWN), style="bright_black")


def _verdicts(screen: Screen, what: Phrase, counts: dict[str, dict[str, int]]) -> None:
    from smeflow.evaluate.rates import Rate

    columns = [
        ScreenColumn(heading=what),
        *(ScreenColumn(heading=heading, right=True) for _, heading in VERDICTS),
        ScreenColumn(heading=say("share right"), right=True),
        ScreenColumn(heading=INTERVAL),
    ]
    rows = []
    for name, verdicts in counts.items():
        rate = Rate(verdicts["right"], sum(verdicts.values()))
        rows.append((name, *(str(verdicts[v]) for v, _ in VERDICTS), *_share(screen, rate)))
    screen.print(screen.table(columns, rows))
    screen.print()


def _groups(screen: Screen, what: Phrase, rates: "dict[str, Rate]") -> None:
    if not rates:
        return
    worst = sorted(rates.items(), key=lambda pair: (pair[1].value, pair[0]))
    columns = [
        ScreenColumn(heading=what),
        ScreenColumn(heading=say("cases"), right=True),
        ScreenColumn(heading=say("right in every field"), right=True),
        ScreenColumn(heading=INTERVAL),
    ]
    rows = [(name, str(rate.total), *_share(screen, rate)) for name, rate in worst[:SHOWN]]
    screen.print(screen.table(columns, rows))
    screen.print()


def tell_proposal(screen: Screen, evaluation: "Evaluation", proposal: "ThresholdProposal") -> None:
    """Say which threshold keeps the errors as low as was asked, or why none can be promised."""
    wanted, n = _percent(screen, proposal.wanted), len(evaluation.cases)
    if proposal.point is None:
        message = say(
            "No threshold can promise at most {wanted} errors on {n} labelled cases: even the surest may "
            "be wrong in {bound}. It takes {needed} cases without an error; until then, keep all in review.",
            wanted=wanted,
            n=n,
            bound=_percent(screen, proposal.bound),
            needed=proposal.labels_needed,
        )
        screen.print(message, style="yellow")
        return
    message = say(
        "For at most {wanted} errors: review: {step}.confidence < {threshold}. It lets {share} pass "
        "without a person; at most {bound} of these are wrong, at 95 % confidence, by {n} labelled cases.",
        wanted=wanted,
        step=evaluation.step,
        threshold=proposal.point.threshold,
        share=_percent(screen, proposal.point.coverage.value),
        bound=_percent(screen, proposal.bound),
        n=n,
    )
    screen.print(message, style="green")


def _rate(screen: Screen, rate: "Rate") -> str:
    low, high = rate.interval
    message = say(
        "{share} ({count} of {total}; {low} to {high} at 95 %)",
        share=_percent(screen, rate.value),
        count=rate.count,
        total=rate.total,
        low=_percent(screen, low),
        high=_percent(screen, high),
    )
    return screen.text(message)


def _share(screen: Screen, rate: "Rate") -> tuple[str, str]:
    low, high = rate.interval
    return _percent(screen, rate.value), f"{_percent(screen, low)} – {_percent(screen, high)}"


def _percent(screen: Screen, share: float) -> str:
    text = f"{share:.1%}"
    return text.replace(".", ",").replace("%", "\u202f%") if screen.language == "fr" else text


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
    from smeflow.evaluate.evaluation import evaluate as measure
    from smeflow.evaluate.evaluation import evaluation_json
    from smeflow.evaluate.rates import propose_threshold

    screen: Screen = ctx.obj
    loaded = load_recipe(recipe_files([recipe])[0], settings)
    truths = _truths(expected) if expected else None
    measured = _step(loaded, step, truths or [])
    with open_ledger(state, loaded.path.parent) as ledger:
        evaluation = measure(ledger, loaded.name, measured, truths)
    if not evaluation.cases:
        raise UsageProblem(_nothing(evaluation, expected))
    proposal = propose_threshold(evaluation.cases, max_error) if max_error else None
    if picture:
        _draw(evaluation, picture, screen)
    if json:
        screen.json(evaluation_json(evaluation, proposal))
    else:
        tell_evaluation(screen, evaluation)
        if proposal:
            tell_proposal(screen, evaluation, proposal)
    if fit:
        _fit(screen, evaluation, fit)


def _step(recipe: "Recipe", asked: str, truths: "list[Truth]") -> "Step[Any]":
    """Give the step to measure: as asked, else the first of the kind the truth speaks of, else the first."""
    from smeflow.extract.step import Extract
    from smeflow.triage.step import Triage

    labels = any(truth.kind == "label" for truth in truths)
    first = Triage if labels else Extract
    steps = [entry.step for entry in recipe.entries]
    steps.sort(key=lambda s: (not isinstance(s, Extract | Triage), not isinstance(s, first)))
    chosen = [s for s in steps if s.name == asked] if asked else steps[:1]
    if chosen:
        return chosen[0]
    names = ", ".join(s.name for s in steps)
    raise UsageProblem(
        say("There is no step {step} to measure. Choose one of: {names}", step=asked, names=names)
    )


def _truths(path: Path) -> "list[Truth]":
    from smeflow.evaluate.scoring import read_truth

    try:
        return read_truth(path)
    except OSError as error:
        raise UsageProblem(say("{path} cannot be read. Check the name.", path=path)) from error
    except ValueError as error:
        raise UsageProblem(error.args[0]) from error


def _nothing(evaluation: "Evaluation", expected: Path | None) -> Phrase:
    if expected is None:
        return say(
            "Nobody decided on items of {recipe} yet. Give the truth with --expected, or review some.",
            recipe=evaluation.recipe,
        )
    return say(
        "None of the {n} cases of {path} is in the ledger. Run the recipe first; the file names it.",
        n=len(evaluation.unmatched),
        path=expected,
    )


def _fit(screen: Screen, evaluation: "Evaluation", path: Path) -> None:
    from smeflow.evaluate.evaluation import LEAST_CASES, fit_and_compare

    fitted = fit_and_compare(evaluation.cases)
    if fitted.cases < LEAST_CASES:
        raise UsageProblem(
            say(
                "{n} labelled cases are too few to fit confidences; it takes {enough}. Nothing was written.",
                n=fitted.cases,
                enough=LEAST_CASES,
            )
        )
    if not fitted.better:
        screen.note(
            say(
                "On cases left out, the confidences that ship with smeflow are nearer the truth "
                "({shipped} against {own}, 0 is best). Nothing was written.",
                shipped=f"{fitted.brier_shipped:.4f}",
                own=f"{fitted.brier:.4f}",
            ),
            style="yellow",
        )
        return
    path.write_text(fitted.calibration.model_dump_json(indent=1) + "\n", encoding="utf-8")
    screen.note(
        say(
            "{path} is written. Put it into the step {step}: calibration: {path}",
            path=path,
            step=evaluation.step,
        ),
        style="green",
    )


def _draw(evaluation: "Evaluation", path: Path, screen: Screen) -> None:
    from smeflow.evaluate.evaluation import draw_evaluation

    path.write_text(draw_evaluation(evaluation.cases, screen.language), encoding="utf-8")
    screen.note(f"  → {path}", style="green")
