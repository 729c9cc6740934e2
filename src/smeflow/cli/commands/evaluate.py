"""``smeflow evaluate``: hold what a recipe found against the truth, and propose when a person should look."""

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


def tell_evaluation(screen: Screen, found: "Evaluation") -> None:
    """Say how right it is: as a whole, by field, reader, supplier and language, and what is wrong."""
    from smeflow.evaluate.evaluation import GROUPS
    from smeflow.evaluate.rates import by_field, by_reader, calibration, calibration_error, exact_by

    screen.fact(say("Cases with a known truth"), len(found.cases))
    if found.unmatched:
        more = " …" if len(found.unmatched) > 5 else ""
        screen.fact(say("Not in the ledger, or nothing found"), ", ".join(found.unmatched[:5]) + more)
    screen.fact(say("Right in every field"), _rate(screen, found.exact))
    screen.fact(say("Fields right"), _rate(screen, found.fields))
    screen.fact(say("Passed without a person and wrong"), _rate(screen, found.silent))
    screen.fact(say("Told as proven and wrong"), _rate(screen, found.proven_wrong))
    bins = calibration(found.cases)
    if bins:
        screen.fact(say("Confidence is off by"), _percent(screen, calibration_error(bins)))
    screen.print()
    _verdicts(screen, say("field"), by_field(found.cases))
    _verdicts(screen, say("reader"), by_reader(found.cases))
    headings = {"supplier": say("supplier"), "reader": say("reader"), "language": say("language")}
    for group in GROUPS:
        if group != "reader":
            _groups(screen, headings[group], exact_by(found.cases, group))
    wrong = [(case.name, one) for case in found.cases for one in case.fields if one.verdict != "right"]
    if wrong:
        columns = [
            ScreenColumn(heading=h) for h in (say("case"), say("field"), say("expected"), say("found"))
        ]
        rows = [(name, one.name, one.expected, one.found) for name, one in wrong[:SHOWN]]
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
    for name, found in counts.items():
        rate = Rate(found["right"], sum(found.values()))
        rows.append((name, *(str(found[v]) for v, _ in VERDICTS), *_share(screen, rate)))
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


def tell_proposal(screen: Screen, found: "Evaluation", made: "ThresholdProposal") -> None:
    """Say which threshold keeps the errors as low as was asked, or why none can be promised."""
    wanted, n = _percent(screen, made.wanted), len(found.cases)
    if made.point is None:
        told = say(
            "No threshold can promise at most {wanted} errors on {n} labelled cases: even the surest may "
            "be wrong in {bound}. It takes {needed} cases without an error; until then, keep all in review.",
            wanted=wanted,
            n=n,
            bound=_percent(screen, made.bound),
            needed=made.labels_needed,
        )
        screen.print(told, style="yellow")
        return
    told = say(
        "For at most {wanted} errors: review: {step}.confidence < {threshold}. It lets {share} pass "
        "without a person; at most {bound} of these are wrong, at 95 % confidence, by {n} labelled cases.",
        wanted=wanted,
        step=found.step,
        threshold=made.point.threshold,
        share=_percent(screen, made.point.coverage.value),
        bound=_percent(screen, made.bound),
        n=n,
    )
    screen.print(told, style="green")


def _rate(screen: Screen, rate: "Rate") -> str:
    low, high = rate.interval
    told = say(
        "{share} ({count} of {total}; {low} to {high} at 95 %)",
        share=_percent(screen, rate.value),
        count=rate.count,
        total=rate.total,
        low=_percent(screen, low),
        high=_percent(screen, high),
    )
    return screen.text(told)


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
    from smeflow.recipe.load import load

    screen: Screen = ctx.obj
    loaded = load(recipe_files([recipe])[0], settings=parse_settings(settings), environ=os.environ)
    truths = _truths(expected) if expected else None
    measured = _step(loaded, step, truths or [])
    with open_ledger(state, loaded.path.parent) as ledger:
        found = measure(ledger, loaded.name, measured, truths)
    if not found.cases:
        raise UsageProblem(_nothing(found, expected))
    proposal = propose_threshold(found.cases, max_error) if max_error else None
    if picture:
        _draw(found, picture, screen)
    if json:
        screen.json(evaluation_json(found, proposal))
    else:
        tell_evaluation(screen, found)
        if proposal:
            tell_proposal(screen, found, proposal)
    if fit:
        _fit(screen, found, fit)


def _step(recipe: "Recipe", asked: str, truths: "list[Truth]") -> "Step[Any]":
    """Give the step to measure: as asked, else the first of the kind the truth speaks of."""
    from smeflow.extract.step import Extract
    from smeflow.triage.step import Triage

    labels = any(truth.kind == "label" for truth in truths)
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
    from smeflow.evaluate.scoring import read_truth

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
    from smeflow.evaluate.evaluation import LEAST_CASES, fit_and_compare

    made = fit_and_compare(found.cases)
    if made.cases < LEAST_CASES:
        raise UsageProblem(
            say(
                "{n} labelled cases are too few to fit confidences; it takes {enough}. Nothing was written.",
                n=made.cases,
                enough=LEAST_CASES,
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
    from smeflow.evaluate.evaluation import draw_evaluation

    path.write_text(draw_evaluation(found.cases, screen.language), encoding="utf-8")
    screen.note(f"  → {path}", style="green")
