"""What is done, written into one file a person asks for: a table, or lines of JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from smeflow.engine.outputs import Projection
from smeflow.errors import SinkError
from smeflow.expressions.language import ExpressionError
from smeflow.i18n import Phrase, say
from smeflow.kinds.sinks import Put, Sink
from smeflow.ledger.history import LedgerSinkMemory
from smeflow.ledger.ledger import Ledger
from smeflow.recipe.build import RecipeBuilder
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings

LINES = frozenset((".jsonl", ".ndjson"))


def export_finished(
    ledger: Ledger,
    recipe: Recipe,
    settings: WorkspaceSettings,
    file: Path,
    rows: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Put:
    """Write the finished items of *recipe* into *file*, as a sink ``table`` or ``lines`` of it would.

    A file somebody changed since it was written is left alone, and the new one is put beside it.

    Raises:
        SinkError: *rows* or *columns* read what is not there, or the file cannot be written.
    """
    sink = _sink(recipe, settings, file, rows, columns)
    finished = Projection(
        store=ledger.store,
        recipe=recipe.name,
        steps=tuple(entry.step for entry in recipe.entries),
        sinks=(),
        meaning="",
        root=settings.root,
        known=settings.known(),
    )
    return sink.put(finished.items(), LedgerSinkMemory(ledger.store, f"export {recipe.name} {file.parent}"))


def _sink(
    recipe: Recipe,
    settings: WorkspaceSettings,
    file: Path,
    rows: str | None,
    columns: Mapping[str, str] | None,
) -> Sink:
    """Make the sink that writes *file*, checked as a line of the recipe would be."""
    problems: list[Phrase] = []

    def report(path: object, phrase: Phrase | ExpressionError, *, key: bool = False) -> None:
        problems.append(phrase.phrase if isinstance(phrase, ExpressionError) else phrase)

    builder = RecipeBuilder(
        folder=file.parent,
        roots=(file.parent,),
        workspace=settings,
        report=report,
        results={entry.step.name: entry.step.returns for entry in recipe.entries},
    )
    line: dict[str, Any] = {"lines": file.name} if file.suffix.lower() in LINES else {"table": file.name}
    if rows is not None:
        line["value" if "lines" in line else "rows"] = rows
    if columns is not None:
        line["columns"] = dict(columns)
    sinks = builder.sinks([line], None)
    if problems:
        reason = "; ".join(map(str, problems))
        raise SinkError(say("{path} cannot be written: {reason}", path=file, reason=reason))
    return cast("Sink", sinks[0])
