"""``smeflow extract``: read records out of files, with the place each value was read from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.exits import UsageProblem
from smeflow.cli.options import Files, Jsonl, Llm, Workers, Yes
from smeflow.cli.screen import Screen
from smeflow.cli.values import field_columns, field_rows
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.cli.trying import Tried

SHOWN = ("value", "quote", "page", "box", "reader", "confidence", "checks")


def extract(
    ctx: typer.Context,
    files: Files,
    into: Annotated[str, typer.Option("--into", metavar="RECORD", help="What to read: Invoice.")] = "Invoice",
    jsonl: Jsonl = False,
    llm: Llm = "none",
    workers: Workers = 4,
    yes: Yes = False,
) -> None:
    """Read records out of files, each value with its quote; a file that cannot be read stops nothing."""
    from smeflow.cli.models import model_named
    from smeflow.cli.trying import files_as_inputs, try_step
    from smeflow.steps.extract import Extract

    screen: Screen = ctx.obj
    kind = record_named(into)
    step = Extract(name=into.lower(), into=kind)
    for tried in try_step(
        step, files_as_inputs(files), model_named(llm, screen, Path.cwd(), yes=yes), workers
    ):
        if jsonl:
            screen.json(as_line(tried, kind, screen))
        else:
            _show(tried, kind, screen)


def record_named(name: str) -> type[Any]:
    """Find a record's type by its name."""
    from smeflow.record_kinds import RECORDS, find

    if name not in RECORDS.names():
        known = ", ".join(sorted(RECORDS.names()))
        raise UsageProblem(
            say("--into {name}: there is no such record. Choose from: {known}", name=name, known=known)
        )
    return find(name).record


def as_line(tried: "Tried", kind: type[Any], screen: Screen) -> dict[str, Any]:
    """Give the line of JSON for one file; amounts are decimal strings and dates ISO."""
    found = tried.value
    plain = found.model_dump(mode="json") if found is not None else {}
    told = (*found.doubts, *found.problems) if found is not None else ()
    said = [*told, *tried.problems]
    return {
        "file": tried.input.name,
        "record": plain.get("record") or kind().model_dump(mode="json"),
        "fields": {
            name: {key: reading[key] for key in SHOWN} for name, reading in plain.get("fields", {}).items()
        },
        "proven": bool(plain.get("proven", False)),
        "confidence": plain.get("confidence"),
        "problems": list(dict.fromkeys(screen.text(p) for p in said)),
        "reader": plain.get("reader"),
        "calls": tried.calls,
        "cost": tried.cost,
        "seconds": tried.seconds,
    }


def _show(tried: "Tried", kind: type[Any], screen: Screen) -> None:
    from rich.text import Text

    found = tried.value
    head = Text(Path(tried.input.name).name, style="bold")
    if found is not None:
        proven = say("proven") if found.proven else say("not proven")
        head.append("  ").append(screen.text(proven), style="green" if found.proven else "yellow")
    screen.print(head)
    if found is not None and found.fields:
        plain = found.model_dump(mode="json")["fields"]
        screen.print(screen.table(field_columns(), field_rows(screen, plain)))
    for problem in as_line(tried, kind, screen)["problems"]:
        screen.print(f"  • {problem}", style="yellow")
    screen.print()
