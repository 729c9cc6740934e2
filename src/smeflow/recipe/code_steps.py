"""Steps that stand in Python: those of a recipe made in code, and those of the files ``smeflow.toml`` names.

A recipe names words, never code: which files of Python are run is said in ``smeflow.toml`` alone.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from inspect import Parameter, signature
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from smeflow._text import sha256
from smeflow.core.case import Step
from smeflow.core.plan import Entry
from smeflow.core.step import FunctionStep
from smeflow.errors import Problem, RecipeError
from smeflow.expressions.language import ExpressionError
from smeflow.i18n import Phrase, say
from smeflow.kinds import registry
from smeflow.kinds.steps import StepFamily
from smeflow.recipe.conditions import checked_expression


def entries_of(steps: Sequence[Step[Any] | Entry], file: str) -> tuple[Entry, ...]:
    """Make the entries of a plan written in code; a condition may stand there as text alone.

    Raises:
        RecipeError: There is no step, something is none, two have one name, or a condition cannot be read.
            The line of a problem is the number of the step.
    """
    problems: list[Problem] = []
    results: dict[str, Any] = {}
    entries: list[Entry] = []
    for number, each in enumerate(steps, 1):
        entry = each if isinstance(each, Entry) else Entry(step=each)
        if registry.missing_members("steps", entry.step):
            name = getattr(entry.step, "__name__", type(entry.step).__name__)  # foreign: whatever was given
            problem = say("{name} is no step: put @step in front of the function", name=name)
            problems.append(Problem(number, 1, problem))
            continue
        if entry.step.name in results:
            problems.append(Problem(number, 1, say("there is a step {name} already", name=entry.step.name)))
        try:
            entries.append(_with_conditions(entry, results))
        except ExpressionError as error:
            problems.append(Problem(number, error.offset + 1, error.phrase))
        results[entry.step.name] = entry.step.returns
    if not steps:
        problems.append(Problem(1, 1, say("a recipe needs at least one step, such as extract: invoice")))
    if problems:
        raise RecipeError(file, problems)
    return tuple(entries)


def _with_conditions(entry: Entry, before: Mapping[str, Any]) -> Entry:
    """Parse the conditions of *entry* that stand there as text alone; ``review`` may read its own result.

    One that is a function is told to people by its name.
    """
    parsed: dict[str, Any] = {
        f"{name}_text": getattr(condition, "__name__", repr(condition))  # foreign: any callable decides
        for name, condition, text in (
            ("when", entry.when, entry.when_text),
            ("review", entry.review, entry.review_text),
        )
        if condition is not None and not text
    }
    if entry.when_text and entry.when is None:
        parsed["when"] = checked_expression(entry.when_text, before, frozenset(), {}, "EUR").decides
    if entry.review_text and entry.review is None:
        known = {**before, entry.step.name: entry.step.returns}
        review = checked_expression(entry.review_text, known, frozenset(), {}, "EUR")
        parsed |= {"review": review.decides, "undecided": review.undecided}
    return replace(entry, **parsed)


def load_own_steps(files: Sequence[Path], settings_file: Path, line: int) -> Mapping[str, Any]:
    """Run the Python files that ``smeflow.toml`` names; give the steps in them by the word of a recipe.

    A function under ``@step`` is called as the function is, a class of steps as the class is, in small
    letters: ``DueSoon`` is ``due_soon``. Steps a file imports are not its own.

    Raises:
        RecipeError: A file is not there, breaks, or takes a word that is in use; told at the *line* of
            *settings_file*.
    """
    words: dict[str, Any] = {}
    problems: list[Phrase] = []
    for file in files:
        try:
            stat = file.stat()
            module = _run_file(file, stat.st_mtime_ns, stat.st_size)
        except Exception as error:  # noqa: BLE001 - code of the user's own may raise whatever it likes
            reason = f"{type(error).__name__}: {error}"
            place = file.relative_to(settings_file.parent).as_posix()
            problems.append(
                say("{name} ({place}) cannot be loaded: {reason}", name="steps", place=place, reason=reason)
            )
            continue
        for word, kind in _steps_in(module).items():
            if word in registry.kind_names("steps") or word in words:
                problems.append(say("{file}: there is a step {name} already", file=file.name, name=word))
            words[word] = kind
    if problems:
        raise RecipeError(str(settings_file), [Problem(line, 1, problem) for problem in problems])
    return words


@lru_cache(maxsize=64)
def _run_file(file: Path, changed: int, size: int) -> ModuleType:
    """Run *file* as a module; once, until it is changed."""
    name = f"{file.stem}_{sha256(str(file))[:12]}"  # two workspaces may have files of one name
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = module_from_spec(spec)
    sys.modules[name] = module  # Pydantic looks annotations up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, StepFamily) and "kind_id" not in vars(kind):
            kind.kind_id = f"{file.stem}.{kind.__qualname__}"  # the same wherever the workspace lies
    return module


def _steps_in(module: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in vars(module).items():
        if isinstance(value, FunctionStep) and value.function.__module__ == module.__name__:
            found[value.name] = value
        elif (
            isinstance(value, type) and issubclass(value, StepFamily) and value.__module__ == module.__name__
        ):
            found["".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")] = value
    return found


def parameters_of(function: Callable[..., Any]) -> type[BaseModel]:
    """Give what a recipe may say of a step made of *function*: its keyword arguments, with their types."""
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        name: (hints.get(name, Any), ... if each.default is Parameter.empty else each.default)
        for name, each in signature(function).parameters.items()
        if each.kind is Parameter.KEYWORD_ONLY
    }
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    return create_model(function.__name__, __config__=config, **fields)
