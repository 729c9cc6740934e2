"""``smeflow draft``: write a text from the facts of files; figures that are no facts are told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import Files, Jsonl, Llm, Workers, Yes
from smeflow.cli.console import Screen
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.cli.commands.extract import TriedStep
    from smeflow.reports.draft_step import Draft


def draft(
    ctx: typer.Context,
    files: Files,
    template: Annotated[
        Path | None,
        typer.Option("--template", metavar="FILE", help="A text with facts in braces: Dear {customer}."),
    ] = None,
    instructions: Annotated[str, typer.Option("--instructions", help="What a model should write.")] = "",
    subject: Annotated[str, typer.Option("--subject", help="The subject line, with facts in braces.")] = "",
    fact: Annotated[
        list[str],
        typer.Option(
            "--fact",
            metavar="NAME=WHERE",
            help="A fact: total=sum:amount, or who=invoice.record.seller with --into.",
        ),
    ] = [],  # noqa: B006 - Typer copies it
    into: Annotated[
        str, typer.Option("--into", metavar="RECORD", help="First read this record: Invoice.")
    ] = "",
    jsonl: Jsonl = False,
    llm: Llm = "none",
    workers: Workers = 4,
    yes: Yes = False,
) -> None:
    """Write a text from the facts of each file. Nothing is sent."""
    from smeflow.cli.arguments import files_as_inputs
    from smeflow.cli.commands.extract import try_step
    from smeflow.cli.models import model_named

    screen: Screen = ctx.obj
    text = template.read_text(encoding="utf-8-sig") if template else ""
    locale = "fr-FR" if screen.language == "fr" else "en"
    step = _step(
        template=text, instructions=instructions, subject=subject, facts=dict(map(_fact, fact)), locale=locale
    )
    before = [_record(into)] if into else []
    inputs = files_as_inputs(files)
    for attempt in try_step(step, inputs, model_named(llm, screen, Path.cwd(), yes=yes), workers, before):
        if jsonl:
            screen.json(as_line(attempt, screen))
        else:
            _show(attempt, screen)


def as_line(attempt: "TriedStep", screen: Screen) -> dict[str, Any]:
    """Give the line of JSON for one file."""
    drafted = attempt.value
    plain = drafted.model_dump(mode="json") if drafted is not None else {}
    remarks = (*drafted.doubts, *drafted.problems) if drafted is not None else ()
    return {
        "file": attempt.input.name,
        "subject": plain.get("subject", ""),
        "text": plain.get("text", ""),
        "facts": {fact["name"]: fact["value"] for fact in plain.get("facts", ())},
        "problems": list(dict.fromkeys(screen.text(p) for p in [*remarks, *attempt.problems])),
        "calls": attempt.calls,
        "cost": attempt.cost,
        "seconds": attempt.seconds,
    }


def _show(attempt: "TriedStep", screen: Screen) -> None:
    line = as_line(attempt, screen)
    screen.print(Path(attempt.input.name).name, style="bold cyan")
    if line["subject"]:
        screen.print(line["subject"], style="bold")
    screen.print(line["text"])
    for problem in line["problems"]:
        screen.print(f"  • {problem}", style="yellow")
    screen.print()


def _fact(written: str) -> tuple[str, Any]:
    name, mark, where = written.partition("=")
    if not mark or not name.isidentifier() or not where:
        raise UsageProblem(
            say("--fact {written}: write NAME=WHERE, such as total=sum:amount", written=written)
        )
    verb, colon, column = where.partition(":")
    return name, {verb: column} if colon else where


def _step(**fields: Any) -> "Draft":
    from pydantic import ValidationError

    from smeflow.reports.draft_step import Draft

    try:
        return Draft(name="draft", **fields)
    except ValidationError as error:
        why = "; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())
        raise UsageProblem(say("{why}. See smeflow draft --help.", why=why)) from error


def _record(into: str) -> Any:
    from smeflow.cli.commands.extract import record_named
    from smeflow.extract.step import Extract

    return Extract(name=into.lower(), into=record_named(into))
