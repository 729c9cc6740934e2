"""``smeflow triage``: sort mails and texts under labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.exits import UsageProblem
from smeflow.cli.options import Files, Jsonl, Llm, Workers, Yes
from smeflow.cli.screen import Column, Screen
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.cli.trying import Tried
    from smeflow.steps.label import Example
    from smeflow.steps.triage import Triage


def triage(
    ctx: typer.Context,
    files: Files,
    labels: Annotated[
        Path,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="YAML: label: what it means; or a list of labels.",
            show_default=False,
        ),
    ],
    examples: Annotated[
        Path | None,
        typer.Option("--examples", metavar="FILE", help='JSON lines of {"label", "subject", "text"}.'),
    ] = None,
    jsonl: Jsonl = False,
    llm: Llm = "none",
    workers: Workers = 4,
    yes: Yes = False,
) -> None:
    """Sort .eml, .txt and .jsonl files under labels, with the words that decided."""
    from smeflow.cli.models import model_named
    from smeflow.cli.trying import texts_as_inputs, try_step

    screen: Screen = ctx.obj
    step = _step(labels, examples)
    tries = try_step(step, texts_as_inputs(files), model_named(llm, screen, Path.cwd(), yes=yes), workers)
    if jsonl:
        for tried in tries:
            screen.json(as_line(tried, screen))
        return
    _show([as_line(tried, screen) for tried in tries], screen)


def _show(lines: list[dict[str, Any]], screen: Screen) -> None:
    columns = [
        Column(heading=say("document"), style="cyan"),
        Column(heading=say("label"), wrap=False),
        *([Column(heading=say("confidence"), right=True, wrap=False)] if _fitted(lines) else []),
        Column(heading=say("quote or problem")),
    ]
    screen.print(screen.table(columns, [_row(line, fitted=_fitted(lines)) for line in lines]))


def _fitted(lines: list[dict[str, Any]]) -> bool:
    return any(line["confidence"] is not None for line in lines)


def _step(labels: Path, examples: Path | None) -> "Triage":
    from pydantic import ValidationError

    from smeflow.steps.triage import Triage

    try:
        return Triage(name="label", labels=_labels(labels), examples=_examples(examples))
    except ValidationError as error:
        why = "; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())
        raise UsageProblem(say("{file}: {why}", file=labels, why=why)) from error


def as_line(tried: "Tried", screen: Screen) -> dict[str, Any]:
    """Give the line of JSON for one text."""
    found = tried.value
    plain = found.model_dump(mode="json") if found is not None else {}
    told = (*found.doubts, *found.problems) if found is not None else ()
    said = [*told, *tried.problems]
    return {
        tried.input.key: tried.input.name,
        "label": plain.get("label"),
        "confidence": plain.get("confidence"),
        "scores": plain.get("scores", {}),
        "quote": plain.get("quote"),
        "problems": list(dict.fromkeys(screen.text(p) for p in said)),
    }


def _row(line: dict[str, Any], *, fitted: bool) -> list[object]:
    from rich.text import Text

    label, confidence = line["label"], line["confidence"]
    said = line["quote"] or "; ".join(line["problems"])
    return [
        Path(str(line.get("file", line.get("id")))).name,
        Text(label, style="bold green") if label else Text("?", style="yellow"),
        *([f"{confidence:.0%}" if confidence is not None else None] if fitted else []),
        Text(said, style="italic" if line["quote"] else "yellow"),
    ]


def _labels(file: Path) -> dict[str, str]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        read = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8-sig"))
    except YAMLError as error:
        raise UsageProblem(
            say("{file} is no YAML: {why}", file=file, why=str(error).replace("\n", " "))
        ) from error
    if isinstance(read, dict) and set(read) == {"labels"}:
        read = read["labels"]
    if isinstance(read, list) and read and all(isinstance(label, str) for label in read):
        return dict.fromkeys(read, "")
    if isinstance(read, dict) and read:
        return {str(label): str(about or "") for label, about in read.items()}
    raise UsageProblem(say("{file} names no labels. Write one a line: `invoice: asks us to pay`.", file=file))


def _examples(file: Path | None) -> "tuple[Example, ...]":
    from smeflow.steps.label import read_examples

    if file is None:
        return ()
    try:
        return read_examples(file)
    except ValueError as error:
        raise UsageProblem(say("{why}. Correct the line or leave it out.", why=error)) from error
