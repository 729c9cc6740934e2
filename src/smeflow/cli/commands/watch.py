"""``smeflow watch``: run recipes day after day, when mail comes, files change or their time has come."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smeflow.cli.arguments import LogJson, Settings, State, load_recipe, open_ledger, recipe_files
from smeflow.cli.console import Screen
from smeflow.cli.exits import StopRequest, stop_on_signals
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from smeflow.engine.notify import Notifier
    from smeflow.engine.run import RunSummary
    from smeflow.engine.watch import NextRun
    from smeflow.recipe.load import Recipe

GLANCE_SECONDS = 0.25


def watch(
    ctx: typer.Context,
    recipes: Annotated[
        list[Path] | None, typer.Argument(help="Recipes, or folders of recipes; else those of this folder.")
    ] = None,
    state: State = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    every: Annotated[
        float,
        typer.Option("--every", min=1, metavar="SECONDS", help="How often to look into folders and tables."),
    ] = 60.0,
    llm: Annotated[
        str,
        typer.Option("--llm", metavar="NAME", help="Another model than the recipe says; none asks no model."),
    ] = "",
    log_json: LogJson = False,
) -> None:
    """Run recipes whenever there is something to do, until stopped. Nothing is lost by stopping it."""
    from smeflow.engine.watch import MailboxWatcher, NextRun
    from smeflow.errors import LedgerDamaged
    from smeflow.kinds.mailbox import MailboxSource

    screen: Screen = ctx.obj
    files = recipe_files(recipes or [Path()])
    notices = Notices(screen, state)
    with stop_on_signals() as stop:
        dues: dict[Path, NextRun] = {}
        for file in files:
            recipe = load_recipe(file, settings)
            due = dues[file] = NextRun.of(recipe, every, _last_run(file, state, recipe), datetime.now(UTC))
            _tell_start(screen, due)
            if isinstance(recipe.source, MailboxSource) and recipe.schedule is None:
                tell = notices.teller(file, recipe.source.account.address)
                MailboxWatcher(recipe.source, due.wake, tell, stop.event).start()
        while dues and not stop.event.wait(GLANCE_SECONDS):
            for file, due in list(dues.items()):
                if stop.event.is_set() or not due.is_due(datetime.now(UTC)):
                    continue
                try:
                    _run_due(screen, file, due, stop, notices, state=state, settings=settings, llm=llm)
                except LedgerDamaged as error:  # it stays so until a person mends it; the others go on
                    notices.failed(file, due.recipe.name, error)
                    del dues[file]
                    if not dues:
                        raise
                    _log(screen, error.phrase)
                    _log(screen, say("{recipe} is watched no more; the others are", recipe=due.recipe.name))
    raise typer.Exit(stop.code or 0)


def _run_due(
    screen: Screen,
    file: Path,
    due: "NextRun",
    stop: StopRequest,
    notices: "Notices",
    *,
    state: Path | None,
    settings: list[str],
    llm: str,
) -> None:
    from smeflow.cli.exits import HALT_CODES
    from smeflow.cli.running import run_recipe_file
    from smeflow.engine.watch import failure_phrase
    from smeflow.errors import LedgerDamaged

    due.began()
    try:
        recipe, summary, stopped_by = run_recipe_file(screen, file, state=state, settings=settings, llm=llm)
    except LedgerDamaged:
        raise
    except Exception as error:  # noqa: BLE001 - whatever ends this recipe's run, the others are watched
        if not due.failures:
            _log(screen, failure_phrase(error))
        notices.failed(file, due.recipe.name, error)
        due.failed()
        return
    if stopped_by and stop.code is None:
        stop.code = stopped_by
        stop.event.set()
    notices.ended(file, recipe.name, summary)
    first = not due.failures
    if summary.failures or (summary.stopped in HALT_CODES and summary.stopped != "interrupted"):
        due.failed()
    else:
        due.ended(datetime.now(UTC))
    if first or summary.worked:  # the same failure is told once, not at every attempt
        _tell_run(screen, recipe, summary)


class Notices:
    """Whom the firms of the watched recipes want told; a firm without ``[notify]`` is told nothing."""

    def __init__(self, screen: Screen, state: Path | None) -> None:
        self.screen, self.state = screen, state
        self._by_folder: dict[Path, Notifier | None] = {}

    def teller(self, file: Path, address: str) -> "Callable[[Phrase], None]":
        """Give what the watcher of a mailbox says its sentences to."""
        from smeflow.engine.watch import is_silence

        def tell(phrase: Phrase) -> None:
            _log(self.screen, phrase)
            notifier = self._of(file)
            if notifier is not None and is_silence(phrase):
                notifier.silent(address, phrase)

        return tell

    def failed(self, file: Path, recipe: str, error: Exception) -> None:
        """Tell of what ended a run."""
        notifier = self._of(file)
        if notifier is not None:
            notifier.failed(recipe, error)

    def ended(self, file: Path, recipe: str, summary: "RunSummary") -> None:
        """Tell of a run that ended, and of what waits after it."""
        from smeflow.cli.running import has_ledger

        notifier = self._of(file)
        if notifier is None:
            return
        notifier.ended(recipe, summary)
        if has_ledger(self.state, file):
            with open_ledger(self.state, file) as ledger:
                notifier.look(ledger)

    def _of(self, file: Path) -> "Notifier | None":
        from smeflow.engine.notify import Notifier
        from smeflow.recipe.workspace import WorkspaceSettings
        from smeflow.review.choosing import state_folder

        folder = file.resolve().parent
        if folder not in self._by_folder:
            firm = WorkspaceSettings.find(file)
            notifier = None
            if firm.notify:
                notifier = Notifier(
                    settings=firm.notify,
                    folder=firm.root,
                    state=state_folder(self.state, file),
                    language=firm.language,
                    log=lambda phrase: _log(self.screen, phrase),
                )
            self._by_folder[folder] = notifier
        return self._by_folder[folder]


def _last_run(file: Path, state: Path | None, recipe: "Recipe") -> datetime | None:
    from smeflow.cli.running import has_ledger

    if not has_ledger(state, file):
        return None
    with open_ledger(state, file) as ledger:
        runs = ledger.runs(recipe.name)
    return runs[-1].started_at if runs else None


def _tell_start(screen: Screen, due: "NextRun") -> None:
    recipe = due.recipe
    if due.on_wall is not None:
        when = say("{recipe}: next run at {time}", recipe=recipe.name, time=screen.text(due.on_wall))
    else:
        when = say("{recipe}: watching {source}", recipe=recipe.name, source=recipe.source.name)
    _log(screen, when)


def _tell_run(screen: Screen, recipe: "Recipe", summary: "RunSummary") -> None:
    """Say one line for a run that found something; nothing for the others."""
    from smeflow.cli.running import tell_notes

    if summary.worked or summary.notes or summary.failures:
        line = say(
            "{recipe}: {worked} worked on; {done} done, {review} for review, {failed} failed, {open} open",
            recipe=recipe.name,
            worked=summary.worked,
            done=summary.done,
            review=summary.review,
            failed=summary.failed,
            open=summary.open,
        )
        _log(screen, line)
        tell_notes(screen, summary)


def _log(screen: Screen, what: object) -> None:
    """Say *what* with the time, as a log is read."""
    screen.note(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {screen.text(what)}")
