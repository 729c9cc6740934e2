"""``smeflow triage``: sort mails and texts under labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import Files, Jsonl, Llm, Workers, Yes
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.cli.commands.extract import TriedStep
    from smeflow.triage.labels import Example
    from smeflow.triage.step import Triage


def triage(
    ctx: typer.Context,
    files: Files,
    labels: Annotated[
        Path,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="YAML: label: what it means; a list of labels; or labels:, rules:, owners: as in a recipe.",
            show_default=False,
        ),
    ],
    examples: Annotated[
        Path | None,
        typer.Option("--examples", metavar="FILE", help='JSON lines of {"label", "subject", "text"}.'),
    ] = None,
    many: Annotated[bool, typer.Option("--many", help="A text may have several labels.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            min=0,
            max=1,
            help="The share of labels given alone that must be right, by the examples' word; else 0.98.",
            show_default=False,
        ),
    ] = None,
    likeness: Annotated[
        str, typer.Option("--likeness", help="letters, embeddings (extra embed) or auto.", show_default=False)
    ] = "",
    details: Annotated[
        bool, typer.Option("--details", help="Tell also urgency, deadline, what is asked, references.")
    ] = False,
    jsonl: Jsonl = False,
    llm: Llm = "none",
    workers: Workers = 4,
    yes: Yes = False,
) -> None:
    """Sort .eml, .msg, .mbox, .txt and .jsonl files under labels, with the words that decided."""
    from smeflow.cli.arguments import texts_as_inputs
    from smeflow.cli.commands.extract import try_step
    from smeflow.cli.models import model_named

    screen: Screen = ctx.obj
    asked = {
        "many": many or None,
        "threshold": threshold,
        "likeness": likeness or None,
        "details": details or None,
    }
    step = _step(labels, examples, {name: value for name, value in asked.items() if value is not None})
    tries = try_step(step, texts_as_inputs(files), model_named(llm, screen, Path.cwd(), yes=yes), workers)
    if jsonl:
        for attempt in tries:
            screen.json(as_line(attempt, screen, details=details))
        return
    _show([as_line(attempt, screen, details=details) for attempt in tries], screen)


def _show(lines: list[dict[str, Any]], screen: Screen) -> None:
    columns = [
        ScreenColumn(heading=say("document"), style="cyan"),
        ScreenColumn(heading=say("label"), wrap=False),
        *([ScreenColumn(heading=say("confidence"), right=True, wrap=False)] if _fitted(lines) else []),
        ScreenColumn(heading=say("quote or problem")),
    ]
    screen.print(screen.table(columns, [_row(line, fitted=_fitted(lines)) for line in lines]))


def _fitted(lines: list[dict[str, Any]]) -> bool:
    return any(line["confidence"] is not None for line in lines)


def _step(labels: Path, examples: Path | None, asked: dict[str, Any]) -> "Triage":
    from pydantic import ValidationError

    from smeflow.triage.step import Triage

    fields = {**_labels(labels), **asked}
    if examples:
        fields["examples"] = _examples(examples)
    try:
        return Triage(name="label", **fields)
    except ValidationError as error:
        why = "; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())
        raise UsageProblem(say("{file}: {why}", file=labels, why=why)) from error


DETAILS = ("labels", "suggestion", "urgency", "due", "asked", "owner", "attention", "references", "reader")


def as_line(attempt: "TriedStep", screen: Screen, *, details: bool = False) -> dict[str, Any]:
    """Give the line of JSON for one text; with *details* also what it asks, and its likeliest label."""
    label = attempt.value
    plain = label.model_dump(mode="json") if label is not None else {}
    own = (*label.doubts, *label.problems) if label is not None else ()
    remarks = [*own, *attempt.problems]
    return {
        attempt.input.key: attempt.input.name,
        "label": plain.get("label"),
        "confidence": plain.get("confidence"),
        "scores": plain.get("scores", {}),
        "quote": plain.get("quote"),
        "problems": list(dict.fromkeys(screen.text(p) for p in remarks)),
        **({name: plain.get(name) for name in DETAILS} if details else {}),
    }


def _row(line: dict[str, Any], *, fitted: bool) -> list[object]:
    from rich.text import Text

    label, confidence = line["label"], line["confidence"]
    reason = line["quote"] or "; ".join(line["problems"])
    return [
        Path(str(line.get("file", line.get("id")))).name,
        Text(label, style="bold green") if label else Text(_guess(line), style="yellow"),
        *([f"{confidence:.0%}" if confidence is not None else None] if fitted else []),
        Text(reason, style="italic" if line["quote"] else "yellow"),
    ]


def _guess(line: dict[str, Any]) -> str:
    """Give the likeliest label of a text nobody is sure of, with a question mark."""
    scores = line["scores"]
    best = max(scores, key=lambda label: scores[label]) if scores else ""
    return f"{best} ?" if best and scores[best] > 0 else "?"


def _labels(file: Path) -> dict[str, Any]:
    """Read the labels, alone or among the fields of a triage step."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from smeflow.triage.step import Triage

    try:
        read = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8-sig"))
    except YAMLError as error:
        raise UsageProblem(
            say("{file} is no YAML: {why}", file=file, why=str(error).replace("\n", " "))
        ) from error
    rest: dict[str, Any] = {}
    if isinstance(read, dict) and isinstance(read.get("labels"), dict | list):
        rest = {name: value for name, value in read.items() if name != "labels"}
        if rest.keys() - Triage.model_fields.keys():
            names = ", ".join(map(str, sorted(rest.keys() - Triage.model_fields.keys())))
            raise UsageProblem(say("{file}: a triage step has no {names}.", file=file, names=names))
        read = read["labels"]
    if isinstance(read, list) and read and all(isinstance(label, str) for label in read):
        return {**rest, "labels": dict.fromkeys(read, "")}
    if isinstance(read, dict) and read:
        return {**rest, "labels": {str(label): str(about or "") for label, about in read.items()}}
    raise UsageProblem(say("{file} names no labels. Write one a line: `invoice: asks us to pay`.", file=file))


def _examples(file: Path) -> "tuple[Example, ...]":
    from smeflow.triage.labels import read_examples

    try:
        return read_examples(file)
    except ValueError as error:
        raise UsageProblem(say("{why}. Correct the line or leave it out.", why=error)) from error
