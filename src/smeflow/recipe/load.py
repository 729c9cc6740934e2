"""A recipe that is ready to run, and the reading of its file.

All of it is checked, every problem told at once at its place.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from smeflow._text import hash_of, sha256
from smeflow.core.case import Step
from smeflow.core.fingerprints import fingerprint
from smeflow.core.plan import Entry
from smeflow.errors import Problem, RecipeError, os_error_reason
from smeflow.expressions.language import ExpressionError
from smeflow.i18n import Phrase, say
from smeflow.kinds.sinks import ActingSink, DeliveringSink, Sink
from smeflow.kinds.sources import Source
from smeflow.llm.interface import Price, Region
from smeflow.llm.providers import Residency
from smeflow.recipe.build import RecipeBuilder
from smeflow.recipe.code_steps import entries_of
from smeflow.recipe.keys import RecipeText, Schedule, parse_money, parse_schedule
from smeflow.recipe.problems import nearest_word, problems_of
from smeflow.recipe.settings import FilledRecipe, RecipeEnvironment, fill_in
from smeflow.recipe.workspace import Budgets, WorkspaceSettings
from smeflow.recipe.yaml import KeyPath, MarkedYaml, read_yaml


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Where cases come from, what is done with each, where results go.

    `Recipe.load` reads one from a file. One made in code takes what its author leaves open from
    ``smeflow.toml`` when a `Workspace` runs it; its source and sinks find files from the working folder.

    Raises:
        RecipeError: It has no step, two of one name, or a condition that cannot be read.
    """

    name: str
    about: str = ""
    path: Path = Path()
    """The file it was read from."""
    text_hash: str = ""
    """Of the file as it is written, and of what was set from the command line; else of what the code says."""
    llm: str = "auto"
    allow: tuple[str, ...] = ()
    """What ``auto`` may use: the recipe's own list and that of ``smeflow.toml``."""
    region: str | None = None
    """``eu``: any provider there whose key is set may be asked too."""
    regions: Mapping[str, Region] = field(default_factory=dict)
    """Where the firm's own servers and deployments compute, by provider or address."""
    residency: Residency = "eu"
    residency_mark: str = ""
    """Which line would change it: ``recipe.yaml:7``, or the file to write one in."""
    budget: Budgets = field(default_factory=Budgets)
    """The recipe's own limits over those of ``smeflow.toml``."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """The firm's own prices, from ``smeflow.toml``."""
    source: Source
    steps: Sequence[Step[Any] | Entry]
    """What is done with each case, in order; an `Entry` where a step has conditions or models of its own."""
    sinks: tuple[Sink | ActingSink | DeliveringSink, ...] = ()
    split: str | None = None
    """Make an item of each record of a kind, by the kind's word, or of each attachment."""
    redact: bool = False
    private: tuple[str, ...] = ()
    """Fields of an item whose values no model sees."""
    hours: int | None = None
    """How long an answer may take, where batches may be used."""
    timezone: str = "Europe/Paris"
    workers: int = 8
    schedule: Schedule | None = None
    """When `smeflow watch` runs it; None for whenever something comes in."""

    def __post_init__(self) -> None:
        """Make an entry of each step, and check what no file was checked for."""
        object.__setattr__(self, "sinks", tuple(self.sinks))
        if not self.text_hash:
            plan = [[fingerprint(e.step), e.when_text, e.review_text, e.llm, e.agree] for e in self.entries]
            text = hash_of([self.name, plan, repr(self.source), [repr(sink) for sink in self.sinks]])
            object.__setattr__(self, "text_hash", text)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The plan: an entry for each step."""
        if self.path != Path() and all(isinstance(e, Entry) and e.is_parsed for e in self.steps):
            return tuple(cast("Sequence[Entry]", self.steps))  # as the reader of a file makes them
        return entries_of(self.steps, f"Recipe {self.name}")

    @classmethod
    def load(cls, path: Path | str, *, settings: Mapping[str, str] | None = None) -> "Recipe":
        """Read the recipe in *path*; see `load`.

        Raises:
            RecipeError: Every problem of the recipe, or of its ``smeflow.toml``, with line and column.
        """
        return load(path, settings=settings)

    def within(self, settings: WorkspaceSettings) -> "Recipe":
        """Take from ``smeflow.toml`` what a recipe made in code leaves open; one from a file has done so."""
        if self.path != Path():
            return self
        return replace(
            self,
            allow=tuple(dict.fromkeys([*self.allow, *settings.allow])),
            region=self.region or settings.region,
            regions={**settings.regions, **self.regions},
            residency=self.residency if self.residency != "eu" else settings.residency,
            prices={**settings.prices, **self.prices},
            budget=settings.budgets if self.budget == Budgets() else self.budget,
        )

    @property
    def folder(self) -> Path:
        """The folder its paths are relative to."""
        return self.path.parent


__all__ = ["Recipe", "load"]
RECIPE_FILE = "recipe.yaml"


def load(
    path: Path | str,
    *,
    settings: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Recipe:
    """Read the recipe in *path*: a file, or a folder with a ``recipe.yaml``.

    *settings* are values a person sets over the file's: ``{"source.folder": "inbox"}``. A path among them is
    meant from *cwd*; all others are relative to the recipe's folder and may not lead out of the workspace.

    Raises:
        RecipeError: Every problem of the recipe, or of its ``smeflow.toml``, with line and column.
    """
    file, raw = _read(Path(path))
    duplicates: list[Problem] = []
    marked = read_yaml(raw, str(path if Path(path).is_file() else file), duplicates)
    environ = os.environ if environ is None else environ
    workspace = WorkspaceSettings.find(file.parent)
    environment = RecipeEnvironment(variables=environ, workspace=workspace)
    filled = fill_in(marked, settings or {}, environment, cwd or Path.cwd())
    return _RecipeLoader(
        file, sha256(raw), marked, filled, workspace, dict(settings or {}), duplicates
    ).recipe()


def _read(path: Path) -> tuple[Path, bytes]:
    file = path / RECIPE_FILE if path.is_dir() else path
    try:
        return file.resolve(), file.read_bytes()
    except FileNotFoundError:
        phrase = _missing_file(path)
    except OSError as error:
        phrase = say("the file cannot be read: {reason}", reason=os_error_reason(error))
    raise RecipeError(str(path), [Problem(1, 1, phrase)]) from None


def _missing_file(path: Path) -> Phrase:
    if path.is_dir():
        return say("there is no recipe.yaml in this folder; smeflow init writes one")
    siblings = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
    near = nearest_word(path.name, siblings)
    if near:
        return say("there is no such recipe; did you mean {near}?", near=path.parent / near)
    return say("there is no such recipe; smeflow init writes one")


@dataclass
class _RecipeLoader:
    """One recipe on its way from text to something that runs."""

    file: Path
    raw_hash: str
    marked: MarkedYaml
    filled: FilledRecipe
    workspace: WorkspaceSettings
    settings: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def recipe(self) -> Recipe:
        self.problems += self.filled.problems
        text = self._keys()
        builder = RecipeBuilder(
            folder=self.file.parent,
            roots=(self._root(), *self.workspace.folders, *self.filled.roots),
            workspace=self.workspace,
            report=self.report,
            timezone=text.timezone if text else None,
        )
        data = self.filled.data if isinstance(self.filled.data, dict) else {}
        source = builder.source(data.get("source"))
        split, entries = builder.steps(data.get("steps"))
        source = builder.with_facts(source, entries)
        sinks = builder.sinks(data.get("sinks"), source)
        if text is not None and text.budget.over == "cheaper":
            self._check_cheaper([text.llm, *(entry.llm for entry in entries)])
        if self.problems or text is None or source is None:
            raise RecipeError(self.marked.file, self.problems or [Problem(1, 1, say("the recipe is empty"))])
        return self._recipe(text, source, entries, sinks, split)

    def _check_cheaper(self, chains: Iterable[str]) -> None:
        """Report that there is no other model to turn to."""
        if all("," not in names for names in chains):
            phrase = say("over: cheaper needs a second model to turn to, such as llm: [NAME, local]")
            self.report(("budget", "over"), phrase)

    def _root(self) -> Path:
        folder = self.file.parent
        return self.workspace.root if folder.is_relative_to(self.workspace.root) else folder

    def _keys(self) -> RecipeText | None:
        data = self.filled.data
        if not isinstance(data, dict):
            problem = (
                say("the recipe is empty") if data is None else say("a recipe is made of keys with values")
            )
            self.report((), problem)
            return None
        try:
            return RecipeText.model_validate(data)
        except ValidationError as error:
            for loc, phrase, is_key in problems_of(error, RecipeText):
                if loc[:1] not in {("source",), ("steps",), ("sinks",)} or len(loc) == 1:
                    self.report(loc, phrase, key=is_key)
            return None

    def report(self, path: KeyPath, phrase: Phrase | ExpressionError, *, key: bool = False) -> None:
        """Note a problem at *path*; parts of it that do not stand in the file are left out."""
        real: KeyPath = ()
        for part in path:
            if self._is_written((*real, part)):
                real = (*real, part)
        if isinstance(phrase, ExpressionError):
            mark = self.marked.inside(real, phrase.offset)
            phrase = phrase.phrase
        else:
            mark = self.marked.at(real, key=key)
        setters = [self.filled.set_by.get(real[:n]) for n in range(len(real), 0, -1)]
        setter = next((each for each in setters if each), None)
        if setter is None and real and real not in self.marked.keys and real not in self.marked.values:
            setter = next(
                (key for place, key in self.filled.set_by.items() if place[: len(real)] == real), None
            )
        if setter:
            phrase = say("{what} (set by --set {key})", what=phrase, key=setter)
        problem = Problem(mark.line, mark.column, self.filled.redacted(phrase))
        if problem not in self.problems:
            self.problems.append(problem)

    def _is_written(self, path: KeyPath) -> bool:
        if path in self.marked.values or path in self.marked.keys:
            return True
        return any(place[: len(path)] == path for place in self.filled.set_by)

    def _recipe(
        self,
        text: RecipeText,
        source: Source,
        entries: tuple[Entry, ...],
        sinks: tuple[Sink | ActingSink | DeliveringSink, ...],
        split: str | None,
    ) -> Recipe:
        currency = self.workspace.company.currency
        own: dict[str, Any] = {
            name: parse_money(amount, currency) for name, amount in text.budget.amounts.items()
        }
        own |= {"over": text.budget.over} if text.budget.over else {}
        return Recipe(
            name=text.recipe,
            about=text.about,
            path=self.file,
            text_hash=hash_of([self.raw_hash, self.settings]),
            llm=text.llm,
            allow=tuple(dict.fromkeys([*text.allow, *self.workspace.allow])),
            region=text.region or self.workspace.region,
            regions=self.workspace.regions,
            residency=text.residency or self.workspace.residency,
            residency_mark=self._residency_mark(text),
            prices=self.workspace.prices,
            budget=replace(self.workspace.budgets, **own),
            source=source,
            steps=entries,
            sinks=sinks,
            split=split or text.split,
            redact=text.redact,
            private=text.private,
            hours=text.hours,
            timezone=text.timezone or "Europe/Paris",
            workers=text.workers,
            schedule=parse_schedule(text.schedule) if text.schedule else None,
        )

    def _residency_mark(self, text: RecipeText) -> str:
        if text.residency is not None:
            return f"{self.marked.file}:{self.marked.at(('residency',), key=True).line}"
        if self.workspace.residency_line:
            return f"{self.workspace.root / 'smeflow.toml'}:{self.workspace.residency_line}"
        return self.marked.file
