"""Run one recipe from the command line.

What is told before it, its model, how far it is, and what came of it.
"""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.cli.arguments import ledger_url, load_recipe, open_ledger
from smeflow.cli.console import STATE_WORDS, ProgressNote, Screen, plain_decimal, show_progress
from smeflow.cli.exits import HALT_CODES, LEFT_TO_DO, OK, StopRequest, UsageProblem, code_of, stop_on_signals
from smeflow.cli.models import ask_consent_once, tell_local_model, tell_local_model_busy
from smeflow.engine.models import closing_model, models_of_recipe, objection
from smeflow.i18n import Phrase, say
from smeflow.review.choosing import state_folder

if TYPE_CHECKING:
    from smeflow.core.events import RunObserver
    from smeflow.engine.run import RunSummary
    from smeflow.engine.run_report import RunReport
    from smeflow.llm.interface import ConnectedLLM
    from smeflow.recipe.load import Recipe
    from smeflow.recipe.workspace import Rates


def has_ledger(state: Path | None, start: Path) -> bool:
    """Tell whether anything was ever run in the workspace around *start*."""
    from smeflow.ledger import ledger

    return ledger.has_ledger(state_folder(state, start), ledger_url(state, start))


def take_labels_filed_by_hand(screen: Screen, recipe: "Recipe", state: Path | None) -> int:
    """Take the labels people gave by moving mails since the last run; give how many changed."""
    from smeflow.errors import LedgerError, SourceError
    from smeflow.mail.sink import MailboxActions, filed_by_hand
    from smeflow.review.decisions import relabel

    if not any(isinstance(sink, MailboxActions) and sink.filing and sink.account for sink in recipe.sinks):
        return 0
    if not has_ledger(state, recipe.path):
        return 0
    steps = {entry.step.name: entry.step for entry in recipe.entries}
    changed = 0
    with open_ledger(state, recipe.path) as ledger:
        try:
            filed = filed_by_hand(ledger.store, recipe.name, recipe.source.name, recipe.sinks)
        except SourceError:
            return 0  # the run that follows says so
        for mail in filed:
            if ledger.value(mail.item, mail.step) is None:
                continue
            try:
                decision = relabel(ledger, mail.item, steps, mail.step, mail.label, recipe.source.name)
            except (LedgerError, ValueError):
                continue  # decided or changed in the meantime: what was decided there holds
            changed += decision is not None
    if changed:
        screen.note(
            say(
                "{n} mails were moved by hand into the folder of another label; that is their label now.",
                n=changed,
            )
        )
    return changed


INPUT_TOKENS = 4_000
"""What a question about a mail has at most: its text is cut before that."""
OUTPUT_TOKENS = 1_500


def tell_older_mail(screen: Screen, recipe: "Recipe", state: Path | None) -> None:
    """Before the first run with ``since``, say how much older mail it reads and what that may cost."""
    from smeflow.errors import SourceError
    from smeflow.mail.source import Mailbox

    source = recipe.source
    if not isinstance(source, Mailbox) or source.since is None or _has_run_before(recipe, state):
        return
    try:
        waiting = sum(n for _, _, n in counted(recipe, recipe.path, state))
    except SourceError:
        return  # the run that follows says so
    screen.note(say("{n} mails have arrived since {day}.", n=waiting, day=source.since))
    screen.note(cost_of_mails(screen, recipe, waiting))


def counted(recipe: "Recipe", file: Path, state: Path | None) -> list[tuple[str, int, int]]:
    """Count for each folder the mails that are there and those a run would read; changes nothing."""
    from smeflow.ledger.mail import LedgerMailIndex
    from smeflow.mail.connect import open_mailbox
    from smeflow.mail.source import Mailbox

    source = recipe.source
    if not isinstance(source, Mailbox):
        raise UsageProblem(
            say(
                "The recipe {recipe} reads no mailbox; for its source see docs/mailboxes.md",
                recipe=recipe.name,
            )
        )
    cursors = {}
    if has_ledger(state, file):
        with open_ledger(state, file) as ledger:
            book = LedgerMailIndex(ledger.store, recipe.name, source.name)
            cursors = {name: book.cursor(name) for name in source.folders}
    counts = []
    with open_mailbox(source.account) as session:
        for name in source.folders:
            opened, cursor = session.open(name), cursors.get(name)
            if cursor is not None and cursor.validity == opened.validity:
                waiting = len(session.from_uid(cursor.following))
            else:
                waiting = len(session.since(source.since)) if source.since and cursor is None else 0
            counts.append((name, opened.mails, waiting))
    return counts


def _has_run_before(recipe: "Recipe", state: Path | None) -> bool:
    if not has_ledger(state, recipe.path):
        return False
    with open_ledger(state, recipe.path) as ledger:
        return bool(ledger.runs(recipe.name))


def cost_of_mails(screen: Screen, recipe: "Recipe", mails: int) -> Phrase:
    """Say what *mails* may cost at most, with the model the recipe would ask."""
    paid = [llm for llm in models_of_recipe(recipe)[0].every if llm.place.region != "local"]
    model = paid[0] if paid else None
    if model is None or model.place.region == "local":
        return say("They cost nothing: no paid model is asked.")
    if model.place.price is None:
        return say("What they cost is not known: no list has a price for {model}.", model=model.place.model)
    asking = sum(_questions_per_mail(entry.step) for entry in recipe.entries)
    each = model.place.price.of(INPUT_TOKENS, OUTPUT_TOKENS)
    most = screen.amount(each.amount * asking * mails, each.currency)
    limit = recipe.budget.run
    stop = screen.amount(limit.amount, limit.currency) if limit is not None else say("no limit")
    return say(
        "With {model} they cost at most about {most}; the run ends at its budget ({limit}).",
        model=model.place.model,
        most=most,
        limit=stop,
    )


def _questions_per_mail(step: object) -> Decimal:
    """Count the questions a step may put to a model for one mail."""
    from smeflow.extract.step import Extract
    from smeflow.kinds.steps import PromptedStep
    from smeflow.triage.step import Triage

    asks = isinstance(step, Triage | Extract) or (isinstance(step, PromptedStep) and step.instructions)
    return Decimal(1 if asks else 0)


def run_recipe_file(
    screen: Screen,
    file: Path,
    *,
    state: Path | None = None,
    settings: Sequence[str] = (),
    llm: str = "",
    redo: str | None = None,
    workers: int | None = None,
    model: "ConnectedLLM | None" = None,
    yes: bool = False,
    accept_loss: bool = False,
    stop: StopRequest | None = None,
    watching: ProgressNote | None = None,
    observers: "Sequence[RunObserver]" = (),
) -> "tuple[Recipe, RunSummary, int]":
    """Run the recipe in *file* once; also give the code of a signal that stopped it, else 0.

    *model* stands in for the one called *llm*, and stays open; one that is made here ends with the run. *yes*
    agrees to each provider that is asked for the first time, *accept_loss* to a source that lost much. *stop*
    is asked to stop instead of one of this run's own; *watching* says what more there is to tell meanwhile.
    *observers* are told what happens, and so is whoever asked for ``--log-json``.
    """
    from smeflow.llm.router import ModelSet
    from smeflow.workspace import Workspace

    recipe = load_recipe(file, settings)
    workspace = Workspace(file, state=state)
    models = ModelSet(models=(model,)) if model is not None else models_of_recipe(recipe, llm)[0]
    if model is None:
        tell_local_model_busy(screen, recipe, llm)
    take_labels_filed_by_hand(screen, recipe, state)
    tell_older_mail(screen, recipe, state)
    allowed = [each for each in models.every if objection(recipe, each.place) is None]
    if len(allowed) == len(models.every):  # else the run says why, and nothing is sent
        ask_consent_once(screen, allowed, workspace.state, yes=yes)
    for each in models.every:
        _tell_model(screen, recipe, each, workspace.settings.rates)
    with ExitStack() as ending, show_progress(screen, recipe.name, watching) as report_progress:
        asked = ending.enter_context(stop_on_signals()) if stop is None else stop
        if model is None:
            ending.enter_context(closing_model(models))
        summary = workspace.run(
            recipe,
            llm=models,
            on_progress=report_progress,
            redo=redo,
            workers=workers,
            accept_loss=accept_loss,
            strict=False,
            stop=asked.event,
            observers=(*([screen.log] if screen.log_json else []), *observers),
        )
        if asked.code is not None:  # the process ends now, and what it keeps running ends with it
            ending.pop_all()
            asked.tell()
    return recipe, summary, asked.code or 0


def _tell_model(screen: Screen, recipe: "Recipe", llm: "ConnectedLLM | None", rates: "Rates") -> None:
    """Before anything is sent off the machine, say where it goes and what it may cost at most."""
    if llm is None or llm.place.region == "local":
        tell_local_model(screen, llm)
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
        screen.note(_exchange_rate(foreign, rate, rates), style="bright_black")


def _exchange_rate(foreign: str, rate: Decimal, rates: "Rates") -> Phrase:
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


def exit_code(summary: "RunSummary", fail_on: Sequence[str]) -> int:
    """Give the code a run ends with; see `exits`."""
    if summary.stopped is not None:
        return HALT_CODES.get(summary.stopped, LEFT_TO_DO)
    if summary.failures:
        return code_of(summary.failures[0])
    failing = sum(getattr(summary, name) for name in fail_on)
    return LEFT_TO_DO if summary.open or failing else OK


def summary_json(summary: "RunSummary") -> dict[str, Any]:
    """Give the line ``--json`` ends with; cost is a decimal string in the budget's currency."""
    from smeflow.engine.run import left_out_counted

    return {
        "items": summary.items,
        **{name: getattr(summary, name) for name in STATE_WORDS},
        "calls": summary.calls,
        "cost": plain_decimal(summary.cost.amount),
        "spared": summary.spared,
        "left_out": left_out_counted(summary.left_out),
        "saved": None if summary.saved is None else plain_decimal(summary.saved.amount),
        "audit": summary.audit,
    }


def tell_summary(screen: Screen, recipe: "Recipe", summary: "RunSummary") -> None:
    """Say how many items are where, what the run cost, and what a person should know."""
    from rich.text import Text

    line = Text(recipe.name, style="bold").append(f"  {summary.items} ", style="default")
    line.append(screen.text(say("item") if summary.items == 1 else say("items")))
    for name, (word, style, sign) in STATE_WORDS.items():
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
    if not summary.items and not summary.stopped:
        _tell_empty(screen, recipe)
    if summary.review or summary.failed:
        screen.print(say("See what waits for you: smeflow review"), style="yellow")


def _tell_empty(screen: Screen, recipe: "Recipe") -> None:
    """Say what to do where nothing was there to work on."""
    from smeflow.kinds.sources import DiskSource

    if isinstance(recipe.source, DiskSource):
        place = recipe.source.path
        screen.note(say("Nothing is there to read. Put something in {place}, then run again.", place=place))
    else:
        screen.note(say("Nothing came yet. Run again later."))


def _tell_spared(screen: Screen, summary: "RunSummary") -> None:
    """Say how many items never needed the model, and what that saved."""
    message = say("{n} of {all} items needed no model", n=summary.spared, all=summary.worked)
    if summary.saved is not None and summary.saved.amount:
        saved = screen.amount(summary.saved.amount, summary.saved.currency)
        message = say("{told}; at the mean of the others that saved {saved}", told=message, saved=saved)
    screen.print(message, style="bright_black")


def tell_notes(screen: Screen, summary: "RunSummary") -> None:
    """Say on standard error what a person should know, and why something is left open."""
    if summary.left_out:
        screen.note(left_out_phrase(len(summary.left_out), summary.left_out), style="yellow")
    for note in summary.notes:
        screen.note(f"• {screen.text(note)}", style="red" if summary.stopped else "yellow")
    for failure in summary.failures:
        screen.note(screen.text(failure.phrase), style="red")
    if summary.stopped == "interrupted":
        screen.note(say("Stopped. Nothing is lost: run the same command again to go on."))
    elif summary.open and summary.stopped is None:
        screen.note(say("{n} items are still open. Run the same command again later.", n=summary.open))


def left_out_phrase(number: int, names: Sequence[str]) -> Phrase:
    """Say how many files no pattern of the recipe fits, and name the first of them."""
    shown = ", ".join(names[:5]) + (" …" if number > 5 else "")
    if number == 1:
        return say("1 file is left out, since the recipe does not ask for its kind: {names}", names=shown)
    return say(
        "{n} files are left out, since the recipe does not ask for their kind: {names}", n=number, names=shown
    )


@contextmanager
def written_report(screen: Screen, file: Path | None) -> "Iterator[Sequence[RunObserver]]":
    """Give who takes note of a run, and write its report to *file* however the run ends."""
    from smeflow.engine.run_report import RunReport

    if file is None:
        yield ()
        return
    require_report_name(file)
    report = RunReport()
    try:
        yield (report,)
    finally:
        if report.begun is not None:
            write_report(screen, report, file)


def require_report_name(file: Path) -> None:
    """Refuse a name that says neither page nor JSON."""
    if file.suffix.lower() not in {".html", ".htm", ".json"}:
        raise UsageProblem(say("--report {file}: end its name with .html or .json", file=file))


def write_report(screen: Screen, report: "RunReport", file: Path) -> None:
    """Write the report of a run as a page or as JSON, as its name says."""
    from smeflow.engine.run_report_page import report_page
    from smeflow.files.output import open_folder

    plain = file.suffix.lower() == ".json"
    text = json.dumps(report.as_json(), indent=1) if plain else report_page(report, screen.language)
    with open_folder(file.resolve().parent) as place:
        place.replace(file.name, text.encode())


def write_waiting_csv(screen: Screen, state: Path, recipe: str, file: Path) -> None:
    """Write what waits for a person as CSV: id, state, reason; whole or not at all."""
    from smeflow.cli.results import why
    from smeflow.review.decisions import waiting_items

    with open_ledger(state, file.parent) as ledger:
        rows = [(row.key, row.state, why(screen, row, ledger)) for row in waiting_items(ledger, recipe)]
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("id", "state", "reason"))
        writer.writerows(rows)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
