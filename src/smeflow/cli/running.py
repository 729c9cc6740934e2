"""Run one recipe from the command line: load it, choose its model, show how far it is, stop when asked."""

import csv
import os
from collections.abc import Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.cli.backlog import tell_backlog
from smeflow.cli.consent import ask_once
from smeflow.cli.exits import LEFT, OK, STOPPED, code_of
from smeflow.cli.filed import take_filed
from smeflow.cli.models import closing_model, models_of, objection
from smeflow.cli.own_model import tell_busy, tell_own
from smeflow.cli.places import open_ledger, state_folder
from smeflow.cli.progress import Watching, progress
from smeflow.cli.screen import STATES, Screen, plain
from smeflow.cli.settings import settings_of
from smeflow.cli.stopping import Stop, stopping
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.llm.base import Connected
    from smeflow.recipe.base import Recipe
    from smeflow.recipe.workspace import Rates
    from smeflow.runner.runner import Summary


def run_one(
    screen: Screen,
    file: Path,
    *,
    state: Path | None = None,
    settings: Sequence[str] = (),
    llm: str = "",
    redo: str | None = None,
    workers: int | None = None,
    model: "Connected | None" = None,
    yes: bool = False,
    stop: Stop | None = None,
    watching: Watching | None = None,
) -> "tuple[Recipe, Summary, int]":
    """Run the recipe in *file* once; also give the code of a signal that stopped it, else 0.

    *model* stands in for the one called *llm*, and stays open; one that is made here ends with the run. *yes*
    agrees to each provider that is asked for the first time. *stop* is asked to stop instead of one of this
    run's own; *watching* says what more there is to tell while it runs.
    """
    from smeflow.governance.crew import Models
    from smeflow.recipe.load import load
    from smeflow.recipe.workspace import Workspace
    from smeflow.runner.runner import run_to_end

    recipe = load(file, settings=settings_of(settings), environ=os.environ)
    workspace = Workspace.find(file)
    models = Models(models=(model,)) if model is not None else models_of(recipe, llm)[0]
    if model is None:
        tell_busy(screen, recipe, llm)
    folder = state_folder(state, file)
    take_filed(screen, recipe, folder)
    tell_backlog(screen, recipe, folder)
    allowed = [one for one in models.every if objection(recipe, one.place) is None]
    if len(allowed) == len(models.every):  # else the run says why, and nothing is sent
        ask_once(screen, allowed, folder, yes=yes)
    for one in models.every:
        _tell_model(screen, recipe, one, workspace.rates)
    with ExitStack() as ending, progress(screen, recipe.name, watching) as told:
        asked = ending.enter_context(stopping()) if stop is None else stop
        if model is None:
            ending.enter_context(closing_model(models))
        summary = run_to_end(
            recipe,
            workspace,
            state=folder,
            llm=models if models.every else None,
            on_progress=told,
            redo=redo,
            workers=workers or recipe.workers,
            stop=asked.event,
        )
        if asked.code is not None:  # the process ends now, and what it keeps running ends with it
            ending.pop_all()
            asked.tell()
    return recipe, summary, asked.code or 0


def _tell_model(screen: Screen, recipe: "Recipe", llm: "Connected | None", rates: "Rates") -> None:
    """Before anything is sent off the machine, say where it goes and what it may cost at most."""
    if llm is None or llm.place.region == "local":
        tell_own(screen, llm)
        return
    limit = recipe.budget.run
    most = screen.amount(limit.amount, limit.currency) if limit is not None else say("without a limit")
    named = f"{llm.place.provider}/{llm.place.model}"
    screen.note(
        say("Asking {model}; this run may cost at most: {most}.", model=named, most=most),
        style="bright_black",
    )
    foreign = llm.place.price.currency if llm.place.price else rates.currency
    rate = rates.worth.get(foreign)
    if rate is not None and foreign != rates.currency:
        screen.note(_rate(foreign, rate, rates), style="bright_black")


def _rate(foreign: str, rate: Decimal, rates: "Rates") -> Phrase:
    if rates.estimated:
        return say(
            "It is paid in {foreign}, counted as {rate} {currency}: an estimate set high. Yours goes under "
            "[rates] in smeflow.toml.",
            foreign=foreign,
            rate=rate,
            currency=rates.currency,
        )
    return say(
        "It is paid in {foreign}, counted as {rate} {currency} as of {day}.",
        foreign=foreign,
        rate=rate,
        currency=rates.currency,
        day=rates.as_of,
    )


def exit_code(summary: "Summary", fail_on: Sequence[str]) -> int:
    """Give the code a run ends with; see `exits`."""
    if summary.stopped is not None:
        return STOPPED.get(summary.stopped, LEFT)
    if summary.failures:
        return code_of(summary.failures[0])
    failing = sum(getattr(summary, name) for name in fail_on)
    return LEFT if summary.open or failing else OK


def as_json(summary: "Summary") -> dict[str, Any]:
    """Give the line ``--json`` ends with; cost is a decimal string in the budget's currency."""
    return {
        "items": summary.items,
        **{name: getattr(summary, name) for name in STATES},
        "calls": summary.calls,
        "cost": plain(summary.cost.amount),
        "spared": summary.spared,
        "saved": None if summary.saved is None else plain(summary.saved.amount),
    }


def tell_summary(screen: Screen, recipe: "Recipe", summary: "Summary") -> None:
    """Say how many items are where, what the run cost, and what a person should know."""
    from rich.text import Text

    line = Text(recipe.name, style="bold").append(f"  {summary.items} ", style="default")
    line.append(screen.text(say("item") if summary.items == 1 else say("items")))
    for name, (word, style, sign) in STATES.items():
        number = getattr(summary, name)
        if number:
            line.append(f"   {sign} {number} {screen.text(word)}", style=style)
    screen.print(line)
    cost = screen.amount(summary.cost.amount, summary.cost.currency)
    if summary.calls:
        screen.print(say("{calls} calls, {cost}", calls=summary.calls, cost=cost), style="bright_black")
    if summary.spared and summary.worked:
        _tell_spared(screen, summary)
    tell_notes(screen, summary)
    if summary.review or summary.failed:
        screen.print(say("See what waits for you: smeflow review"), style="yellow")


def _tell_spared(screen: Screen, summary: "Summary") -> None:
    """Say how many items never needed the model, and what that saved."""
    told = say("{n} of {all} items needed no model", n=summary.spared, all=summary.worked)
    if summary.saved is not None and summary.saved.amount:
        saved = screen.amount(summary.saved.amount, summary.saved.currency)
        told = say("{told}; at the mean of the others that saved {saved}", told=told, saved=saved)
    screen.print(told, style="bright_black")


def tell_notes(screen: Screen, summary: "Summary") -> None:
    """Say on standard error what a person should know, and why something is left open."""
    for note in summary.notes:
        screen.note(f"• {screen.text(note)}", style="red" if summary.stopped else "yellow")
    for failure in summary.failures:
        screen.note(screen.text(failure.phrase), style="red")
    if summary.stopped == "interrupted":
        screen.note(say("Stopped. Nothing is lost: run the same command again to go on."))
    elif summary.open and summary.stopped is None:
        screen.note(say("{n} items are still open. Run the same command again later.", n=summary.open))


def write_waiting(screen: Screen, state: Path, recipe: str, file: Path) -> None:
    """Write what waits for a person as CSV: id, state, reason; whole or not at all."""
    from smeflow.cli.status import why
    from smeflow.review.waiting import waiting

    with open_ledger(state, file.parent) as ledger:
        rows = [(row.key, row.state, why(screen, row, ledger)) for row in waiting(ledger, recipe)]
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("id", "state", "reason"))
        writer.writerows(rows)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
