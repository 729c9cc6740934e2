"""A firm's folder, opened from Python: run its recipes, see what waits, decide, take the results along.

The command line is made of the same functions, so that both keep one ledger. Nothing is printed, no signal is
caught, and whatever fails raises a `SmeflowError`. A `Workspace` holds no connection and no lock between two
calls: one may serve the threads of a web server, a notebook and a schedule at once.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.errors import LedgerError, RecipeError
from smeflow.i18n import say
from smeflow.review.choosing import (
    ItemChoice,
    WorkspaceItem,
    chosen_row,
    person_name,
    recipe_file,
    shown_item,
    state_folder,
)

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from smeflow.core.case import Case, Step
    from smeflow.core.events import RunObserver
    from smeflow.engine.pool import RunProgress
    from smeflow.engine.run import RunSummary
    from smeflow.kinds.sinks import Put
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.postgres_connection import LedgerUrl, SharedLedger
    from smeflow.ledger.rows import ItemRow, State
    from smeflow.llm.interface import LLM
    from smeflow.llm.router import ModelSet
    from smeflow.recipe.load import Recipe

    Decide = Callable[[Ledger, ItemRow, str], object]


class Workspace:
    """A firm's folder: what ``smeflow.toml`` says, its recipes, and the ledger of what was done.

    *folder* is the one with ``smeflow.toml`` or any below it; without such a file it is the workspace itself.
    *state* is the folder the ledger is kept in; ``.smeflow`` in the workspace, unless told. Where
    ``smeflow.toml`` names a ledger in PostgreSQL and no *state* is told, it is that one.

    Raises:
        RecipeError: ``smeflow.toml`` has mistakes; all of them are told with their lines.
    """

    def __init__(self, folder: Path | str = ".", *, state: Path | str | None = None) -> None:
        from smeflow.recipe.workspace import WorkspaceSettings

        start = Path(folder)
        self.settings: WorkspaceSettings = WorkspaceSettings.find(start)
        self.state = state_folder(None if state is None else Path(state), start)
        self.shared: SharedLedger | None = self.settings.ledger if state is None else None
        self.ledger_url: LedgerUrl | None = self.shared.url if self.shared else None
        self._recipes: dict[str, Recipe] = {}

    def __repr__(self) -> str:
        return f"Workspace({str(self.root)!r})"

    @property
    def root(self) -> Path:
        """The folder of ``smeflow.toml``."""
        return self.settings.root

    def load(
        self, path: Path | str = "recipe.yaml", *, settings: Mapping[str, str] | None = None
    ) -> "Recipe":
        """Read a recipe of this workspace; *path* is meant from its folder.

        Raises:
            RecipeError: Every problem of the recipe, with line and column.
        """
        from smeflow.recipe.load import load

        return self._known(load(self.root / path, settings=settings))

    def _known(self, recipe: "Recipe") -> "Recipe":
        self._recipes[recipe.name] = recipe = recipe.within(self.settings)
        return recipe

    def run(
        self,
        recipe: "Recipe | str | Path",
        *,
        llm: "str | LLM | BaseChatModel | ModelSet | None" = None,
        on_progress: "Callable[[RunProgress], None] | None" = None,
        redo: str | None = None,
        workers: int | None = None,
        consent: bool = False,
        accept_loss: bool = False,
        strict: bool = True,
        stop: threading.Event | None = None,
        observers: "Sequence[RunObserver]" = (),
    ) -> "RunSummary":
        """Take every item of *recipe* as far as it can go; what was finished before costs nothing.

        *llm* stands in for the models the recipe names: a name, ``"none"``, or whatever `run` takes as a
        model, which stays open. *consent* agrees to each provider that is named and that nobody has agreed to
        in this workspace. *stop*, once set, ends the run within seconds, and the next one goes on. *redo* and
        *accept_loss* are those of `engine.run.run_recipe`. *on_progress* is called in a thread of the run.
        Without *strict*, what could not be read or written is told in the summary's ``failures``.

        Raises:
            RecipeError: *recipe* is a path, and the recipe there has mistakes.
            LedgerBusy: The recipe is being run already, here or elsewhere.
            LLMRejected: No key, data may not go there, or nobody agreed to the provider; nothing was sent.
            SourceError: The source cannot be read.
            SinkError: A target cannot be written; everything else is done and kept.
            LedgerDamaged: The ledger is not what was written.
            OSError: The disk is full.
            TypeError: *llm* is no model; the message says what to write.
        """
        from smeflow.engine.models import models_of_run
        from smeflow.engine.run import run_to_end

        plan = self.load(recipe) if isinstance(recipe, str | Path) else self._known(recipe)
        options: dict[str, Any] = {
            "on_progress": on_progress, "redo": redo, "accept_loss": accept_loss, "stop": stop,
            "workers": workers or plan.workers, "observers": observers,
        }  # fmt: skip
        with models_of_run(plan, llm, self.state, person_name, consent=consent) as models:
            if self.shared is not None:
                from smeflow.fleet.worker import run_shared

                summary = run_shared(plan, self.settings, self.shared, self.state, models, **options)
            else:
                some = models if models.every else None
                summary = run_to_end(plan, self.settings, state=self.state, llm=some, **options)
        if strict and summary.failures:
            raise summary.failures[0]
        return summary

    async def arun(
        self,
        recipe: "Recipe | str | Path",
        *,
        on_progress: "Callable[[RunProgress], None] | None" = None,
        stop: threading.Event | None = None,
        **options: Any,
    ) -> "RunSummary":
        """Run like `run` in a thread of its own, while the event loop goes on.

        *on_progress* is called in the loop. A task that is cancelled stops the run: no call starts after
        that, and those in flight are settled in the ledger before the task ends.

        Raises:
            SmeflowError: As `run` does.
            asyncio.CancelledError: The task was cancelled; the next run goes on.
        """
        from smeflow.engine.pool import run_beside_loop

        return await run_beside_loop(self.run, recipe, on_progress=on_progress, stop=stop, **options)

    def items(
        self, recipe: "Recipe | str | None" = None, *, state: "State | None" = None
    ) -> list[WorkspaceItem]:
        """Give the items of *recipe* (of all recipes) in the order they came, those in *state* alone if told.

        Raises:
            LedgerError: There is no ledger yet.
        """
        with self._ledger(check=False) as ledger:
            names = [_name(recipe)] if recipe is not None else ledger.recipes()
            if recipe is not None and not isinstance(recipe, str):
                self._known(recipe)
            return [self._shown(ledger, row) for name in names for row in ledger.items(name, state)]

    def review(self, recipe: "Recipe | str | None" = None) -> list[WorkspaceItem]:
        """Give the items that a person must look at: those in review and those that failed.

        Raises:
            LedgerError: There is no ledger yet.
        """
        from smeflow.review.decisions import waiting_items

        with self._ledger(check=False) as ledger:
            if recipe is not None and not isinstance(recipe, str):
                self._known(recipe)
            rows = waiting_items(ledger, "" if recipe is None else _name(recipe))
            return [self._shown(ledger, row) for row in rows]

    def item(self, item: ItemChoice, *, recipe: "Recipe | str | None" = None) -> WorkspaceItem:
        """Give one item as it stands now.

        Raises:
            LedgerError: There is no such item, or several.
        """
        with self._ledger(check=False) as ledger:
            return self._shown(ledger, self._row(ledger, item, recipe))

    def case(self, item: ItemChoice) -> "Case":
        """Give the case of an item: its documents, read again from the kept bytes, and its results.

        Raises:
            LedgerError: There is no such item, or several.
            DocumentError: It cannot be read.
        """
        from smeflow.engine.cases import case_of

        with self._ledger(check=False) as ledger:
            row = self._row(ledger, item, None)
            return case_of(ledger, row, self._steps(row.recipe).values(), self.settings.known())

    def approve(
        self, item: ItemChoice, *, by: str = "", note: str = "", wanted: bool | None = None
    ) -> WorkspaceItem:
        """Let what was found pass, as it is; *wanted* answers for a step whose condition cannot be decided.

        *by* is who decides; ``SMEFLOW_PERSON``, else the name of the login, unless told. The next run goes on
        with the item. One that is given as it was shown must still be what it was.

        Raises:
            LedgerError: It does not wait for that, or is no longer what was shown.
        """
        from smeflow.review import decisions

        return self._decide(
            item, by, lambda ledger, row, who: decisions.approve(ledger, row, who, note, wanted=wanted)
        )

    def correct(
        self, item: ItemChoice, changes: Mapping[str, Any], *, by: str = "", note: str = ""
    ) -> WorkspaceItem:
        """Put right values in the place of what was found, by field: ``{"invoice.total_net": "12.00"}``.

        Without the name of a step they are the fields of the one that waits. The checks run again, and later
        steps follow at the next run.

        Raises:
            LedgerError: A value does not fit its field, or the item is no longer what was shown.
        """
        from smeflow.review import decisions
        from smeflow.review.corrections import InvalidCorrection

        texts = {name: "" if value is None else str(value) for name, value in changes.items()}

        def correct(ledger: "Ledger", row: "ItemRow", who: str) -> object:
            steps = self._steps(row.recipe, required=True)
            try:
                return decisions.correct(ledger, row, steps, texts, who, note)
            except InvalidCorrection as error:
                raise LedgerError(error.phrase) from error

        return self._decide(item, by, correct)

    def reject(self, item: ItemChoice, reason: str, *, by: str = "") -> WorkspaceItem:
        """Put an item aside, for a *reason* that is kept: it goes into no table.

        Raises:
            LedgerError: It is put aside already, or is no longer what was shown.
        """
        from smeflow.review import decisions

        return self._decide(item, by, lambda ledger, row, who: decisions.reject(ledger, row, who, reason))

    def ask_again(self, item: ItemChoice, *, by: str = "", note: str = "") -> WorkspaceItem:
        """Ask the step in doubt once more at the next run; this may cost.

        Raises:
            LedgerError: It does not wait for that, or is no longer what was shown.
        """
        from smeflow.review import decisions

        return self._decide(item, by, lambda ledger, row, who: decisions.ask_again(ledger, row, who, note))

    def split(
        self, item: ItemChoice, starts: Sequence[int], *, by: str = "", note: str = ""
    ) -> WorkspaceItem:
        """Make several items of one file at the next run: a new one begins on each of the pages *starts*.

        Raises:
            LedgerError: No new item can begin there, or the item is no longer what was shown.
        """
        from smeflow.ledger.reviews import record_split

        pages = [page.number for page in self.case(item).documents[0].pages]

        def cut(ledger: "Ledger", row: "ItemRow", who: str) -> object:
            return record_split(ledger.store, row, starts, pages=pages, person=who, note=note)

        return self._decide(item, by, cut)

    def take_back(
        self, item: ItemChoice, *, decision: int = 0, by: str = "", note: str = ""
    ) -> WorkspaceItem:
        """Take the last decision on an item back; the next run goes on as if it had not been made.

        *decision*: the number of the one that is meant; without it the last one, whichever it is.

        Raises:
            LedgerError: There is none, another one came since, or what it let go was sent.
        """
        from smeflow.ledger.reviews import take_back

        def back(ledger: "Ledger", row: "ItemRow", who: str) -> object:
            return take_back(ledger.store, row, person=who, note=note, decision=decision)

        return self._decide(item, by, back, beside_others=True)

    def export(
        self,
        recipe: "Recipe | str",
        file: Path | str,
        *,
        rows: str | None = None,
        columns: Mapping[str, str] | None = None,
    ) -> "Put":
        """Write what is done into one *file*: a table (``.csv``, ``.xlsx``) or lines of JSON (``.jsonl``).

        *rows* is a record or a list of records, such as ``invoice.record``; *columns* names expressions by
        their headings, as the sink ``table`` does. Of ``.jsonl``, *rows* is the value of a line, all results
        unless told. *file* is meant from the workspace. No item is changed, and nothing is asked.

        Raises:
            SinkError: It cannot be written.
            LedgerError: There is no ledger, or the recipe is not known.
        """
        from smeflow.engine.exports import export_finished

        plan = self._find(recipe) if isinstance(recipe, str) else self._known(recipe)
        with self._ledger(check=False) as ledger:
            return export_finished(ledger, plan, self.settings, self.root / file, rows, columns)

    def _find(self, name: str) -> "Recipe":
        """Give the recipe called *name*: one this workspace has read or run, else its file's."""
        if name not in self._recipes:
            file = recipe_file(name, self.root)
            if file is None:
                raise LedgerError(
                    say(
                        "The file of recipe {recipe} is not in {folder}. Load it first: workspace.load(PATH)",
                        recipe=name,
                        folder=self.root,
                    )
                )
            self.load(file)
        return self._recipes[name]

    def _steps(self, recipe: str, *, required: bool = False) -> "dict[str, Step[Any]]":
        """Give the steps of a recipe by name; none where only its results are here, unless *required*."""
        try:
            return {entry.step.name: entry.step for entry in self._find(recipe).entries}
        except (LedgerError, RecipeError):
            if required:
                raise
            return {}

    @contextmanager
    def _ledger(self, *, check: bool = True) -> "Iterator[Ledger]":
        from smeflow.ledger.ledger import Ledger

        url = self.ledger_url
        if url is None and not self.state.is_dir():
            raise LedgerError(say("There is no ledger in {folder}: run a recipe first.", folder=self.state))
        currency = self.settings.rates.currency
        with Ledger.open(self.state, create=False, check=check, currency=currency, url=url) as ledger:
            yield ledger

    def _row(self, ledger: "Ledger", item: ItemChoice, recipe: "Recipe | str | None") -> "ItemRow":
        return chosen_row(ledger, item, "" if recipe is None else _name(recipe), self.state)

    def _shown(self, ledger: "Ledger", row: "ItemRow") -> WorkspaceItem:
        return shown_item(ledger, row, self._steps(row.recipe).values())

    def _decide(
        self, item: ItemChoice, by: str, decide: "Decide", *, beside_others: bool = False
    ) -> WorkspaceItem:
        """Take a decision on an item that is still what was shown; give the item after it.

        *beside_others*: it may stand beside what another person decided since.
        """
        from smeflow.review.decisions import forget_seen, require_unchanged

        person = person_name(by)
        with self._ledger() as ledger:
            row = self._row(ledger, item, None)
            digest = item.hash if isinstance(item, WorkspaceItem) else ""
            if not beside_others:
                require_unchanged(ledger, row, person, digest=digest)
            decide(ledger, row, person)
            forget_seen(ledger, row, person)
            return self._shown(ledger, ledger.item(row.recipe, row.id) or row)


def _name(recipe: "Recipe | str") -> str:
    return recipe if isinstance(recipe, str) else recipe.name
