"""``smeflow run``: take every item of a recipe as far as it can go."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow._text import mask_addresses
from smeflow.cli.arguments import (
    HERE,
    Json,
    LogJson,
    OtherLlm,
    RecipeFile,
    Settings,
    State,
    Yes,
    ledger_url,
    load_recipe,
    open_ledger,
)
from smeflow.cli.commands.rerun import BY_NAME, agree_to_redo
from smeflow.cli.console import STATE_WORDS, Screen, plain_decimal
from smeflow.cli.exits import FULL, UsageProblem, code_of
from smeflow.cli.models import region_in_words
from smeflow.cli.running import (
    exit_code,
    run_recipe_file,
    summary_json,
    tell_notes,
    tell_summary,
    write_waiting_csv,
    written_report,
)
from smeflow.engine.models import closing_model, models_of_recipe
from smeflow.errors import SmeflowError
from smeflow.i18n import say
from smeflow.review.choosing import state_folder

if TYPE_CHECKING:
    from smeflow.engine.forecast import ModelDestination, RunForecast
    from smeflow.engine.usages import Span

SHOWN_PLACES = Decimal("0.000001")
FAILURES = ("review", "failed")
REDO = ("changed", "stale", "failed", "firm", "all")

Redo = Annotated[
    str,
    typer.Option(
        "--redo",
        metavar="WHICH",
        help="Also redo finished items: changed (by an older recipe), stale, failed, firm or all.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only tell what a run would do: items, calls, cost, what leaves this machine. Asks nothing.",
    ),
]


Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=512, help="How many items at once; else what the recipe says."),
]
Waiting = Annotated[
    Path | None,
    typer.Option(
        "--waiting", metavar="FILE", help="Write what waits for a person as CSV: id, state, reason."
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="FILE", help="Write how the run went as a page (.html) or for programs (.json)."
    ),
]
FailOn = Annotated[
    list[str],
    typer.Option("--fail-on", metavar="STATE", help="End with 1 when an item is in review or failed."),
]
AcceptLoss = Annotated[
    bool,
    typer.Option(
        "--accept-loss",
        help="Let a source that lost much go on, and a recipe under a new name send again.",
    ),
]


def run(
    ctx: typer.Context,
    recipe: RecipeFile = HERE,
    state: State = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    llm: OtherLlm = "",
    redo: Redo = "",
    workers: Workers = None,
    waiting: Waiting = None,
    report: Report = None,
    fail_on: FailOn = [],  # noqa: B006 - Typer copies it
    accept_loss: AcceptLoss = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    log_json: LogJson = False,
    json: Json = False,
) -> None:
    """Run a recipe. Stop it at any moment: the next run goes on where it was, and pays nothing twice."""
    screen: Screen = ctx.obj
    unknown = [name for name in fail_on if name not in FAILURES]
    if unknown:
        raise UsageProblem(say("--fail-on {name}: choose review or failed", name=unknown[0]))
    if redo and redo not in REDO:
        raise UsageProblem(say("--redo {name}: choose from {known}", name=redo, known=", ".join(REDO)))
    if dry_run:
        _rehearse(screen, recipe, state, settings, llm, redo, accept_loss=accept_loss, json=json)
        raise typer.Exit
    if redo in BY_NAME and not json and not _may_redo(screen, recipe, state, settings, redo, ask=not yes):
        raise typer.Exit
    with (
        _full_disk_told(screen, recipe, state, settings, json=json),
        written_report(screen, report) as observers,
    ):
        loaded, summary, stopped_by = run_recipe_file(
            screen, recipe, state=state, settings=settings, llm=llm, redo=redo or None,
            workers=workers, yes=yes, accept_loss=accept_loss, observers=observers,
        )  # fmt: skip
    if waiting is not None:
        write_waiting_csv(screen, state_folder(state, recipe), loaded.name, waiting)
    if json:
        tell_notes(screen, summary)
        screen.json(summary_json(summary))
    else:
        tell_summary(screen, loaded, summary)
    raise typer.Exit(stopped_by or exit_code(summary, fail_on))


def _rehearse(
    screen: Screen,
    file: Path,
    state: Path | None,
    settings: list[str],
    llm: str,
    redo: str,
    *,
    accept_loss: bool,
    json: bool,
) -> None:
    """Tell what a run would do."""
    from smeflow.engine.forecast import forecast_run
    from smeflow.recipe.workspace import WorkspaceSettings

    recipe = load_recipe(file, settings)
    models = models_of_recipe(recipe, llm)[0]
    with closing_model(models):
        forecast = forecast_run(
            recipe, WorkspaceSettings.find(file), state=state_folder(state, file), llm=models,
            redo=redo or None,
            accept_loss=accept_loss, url=ledger_url(state, file),
        )  # fmt: skip
    if json:
        screen.json(_forecast_json(forecast))
    else:
        _tell_forecast(screen, forecast)


def _forecast_json(forecast: "RunForecast") -> dict[str, Any]:
    usages = forecast.usages
    plain = {name: _plain_span(span) for name, span in vars(usages).items()}
    models = [
        {
            "provider": model.place.provider,
            "model": model.place.model,
            "region": model.place.region,
            "address": mask_addresses(model.place.base_url),
            "leaves": model.leaves,
            "refused": None if model.refused is None else str(model.refused),
        }
        for model in forecast.models
    ]
    counts = ("items", "new", "changed", "redone", "waiting", "gone", "duplicates", "unreadable")
    limits = {"run_limit": forecast.run_limit, "month_left": forecast.month_left}
    return {
        "recipe": forecast.recipe,
        **{name: getattr(forecast, name) for name in counts},
        "basis": forecast.basis,
        "basis_items": forecast.basis_items,
        **plain,
        "currency": forecast.currency,
        **{name: None if limit is None else plain_decimal(limit) for name, limit in limits.items()},
        "models": models,
        "sinks": [{"kind": s.kind, "does": s.does, "to": s.to, "account": s.account} for s in forecast.sinks],
    }


def _plain_span(span: "Span") -> dict[str, str]:
    return {name: plain_decimal(value.quantize(SHOWN_PLACES)) for name, value in vars(span).items()}


def _tell_forecast(screen: Screen, forecast: "RunForecast") -> None:
    for note in forecast.notes:
        screen.note(note, style="yellow")
    screen.print(
        say(
            "{n} items: {new} new, {changed} changed, {redone} to be redone, {waiting} open since before",
            n=forecast.items,
            new=forecast.new,
            changed=forecast.changed,
            redone=forecast.redone,
            waiting=forecast.waiting,
        ),
        style="bold",
    )
    beside = (
        (say("gone from the source"), forecast.gone),
        (say("there twice"), forecast.duplicates),
        (say("not readable"), forecast.unreadable),
    )
    for word, number in beside:
        if number:
            screen.fact(word, str(number))
    _tell_usages(screen, forecast)
    for model in forecast.models:
        _tell_destination(screen, model)
    if not any(model.leaves for model in forecast.models):
        screen.print(say("No text leaves this machine for a model."), style="green")
    does = {
        "writes": say("writes"),
        "sends": say("sends to"),
        "acts": say("acts on mails"),
        "lists": say("lists only"),
    }
    for sink in forecast.sinks:
        where = f"{sink.to} ({sink.account})" if sink.account else sink.to
        screen.fact(does[sink.does], where)
    screen.note(say("Nothing was asked, written or sent."))


def _tell_usages(screen: Screen, forecast: "RunForecast") -> None:
    if forecast.basis == "none":
        screen.print(say("No model is asked."), style="green")
        return
    usages = forecast.usages
    counts = (
        (say("calls"), usages.calls),
        (say("tokens sent"), usages.input_tokens),
        (say("tokens answered"), usages.output_tokens),
    )
    for word, span in counts:
        low, expected, high = (screen.number(n.quantize(Decimal(1))) for n in vars(span).values())
        screen.fact(word, say("{expected} ({low} to {high})", low=low, expected=expected, high=high))
    low, expected, high = (
        screen.amount(n.quantize(Decimal("0.0001")), forecast.currency) for n in vars(usages.cost).values()
    )
    screen.fact(say("cost"), say("{expected} ({low} to {high})", low=low, expected=expected, high=high))
    basis = {
        "calls": say("told from this recipe's own calls for {n} items", n=forecast.basis_items),
        "sample": say("told from the questions of {n} items, unanswered; at most, each is asked five times",
                      n=forecast.basis_items),
    }  # fmt: skip
    screen.print(f"  {screen.text(basis[forecast.basis])}", style="bright_black")
    limit = forecast.limit
    if limit is not None and usages.cost.expected > limit:
        left = screen.amount(limit, forecast.currency)
        screen.print(say("That is more than the budget leaves: {left}.", left=left), style="red")
    elif limit is not None and usages.cost.high > limit:
        left = screen.amount(limit, forecast.currency)
        screen.print(say("It may be more than the budget leaves: {left}.", left=left), style="yellow")


def _tell_destination(screen: Screen, model: "ModelDestination") -> None:
    name = f"{model.place.provider}/{model.place.model}"
    if model.refused is not None:
        screen.print(model.refused, style="red")
    elif model.leaves:
        screen.fact(
            say("texts go to"),
            say("{model}; data is processed: {where}", model=name, where=region_in_words(model.place)),
        )


def _may_redo(
    screen: Screen, file: Path, state: Path | None, settings: list[str], redo: str, *, ask: bool
) -> bool:

    recipe = load_recipe(file, settings)
    return not state_folder(state, file).is_dir() or agree_to_redo(screen, recipe, state, redo, ask=ask)


@contextmanager
def _full_disk_told(
    screen: Screen, file: Path, state: Path | None, settings: list[str], *, json: bool
) -> Iterator[None]:
    """Let a run whose disk is full end with its line of JSON all the same."""
    try:
        yield
    except Exception as error:
        if json and code_of(error) == FULL:
            with suppress(OSError, SmeflowError):
                screen.json(_counts(file, state, settings))
        raise


def _counts(file: Path, state: Path | None, settings: list[str]) -> dict[str, object]:
    """Give the promised line from the ledger where the run could not end: its disk is full."""
    recipe = load_recipe(file, settings)
    with open_ledger(state, file) as ledger:
        counts = ledger.counts(recipe.name)
        spent = ledger.cost_of_run(ledger.runs(recipe.name)[-1])
    states = {name: getattr(counts, name) for name in STATE_WORDS}
    return {"items": counts.items, **states, "calls": spent.calls, "cost": plain_decimal(spent.cost.amount)}
