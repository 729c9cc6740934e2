"""``smeflow verify``: hold a record that another program extracted against its document."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import Json
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import LEFT_TO_DO, OK, UsageProblem
from smeflow.errors import os_error_reason
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.extract.verify import Verification


def verify(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The document.", show_default=False)],
    record: Annotated[
        Path,
        typer.Option("--record", metavar="JSON", help="What another program extracted from it: a JSON file."),
    ],
    into: Annotated[
        str, typer.Option("--into", metavar="RECORD", help="What the record is; else seen from its names.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Tell of each value of a record where it stands, and whether the document proves it."""
    from smeflow.cli.commands.extract import record_named
    from smeflow.extract.verify import verify as verify_record

    screen: Screen = ctx.obj
    kind = record_named(into) if into else None
    verification = verify_record(_read_record(record), file, into=kind)
    if as_json:
        screen.json(_as_json(verification, screen))
    else:
        _show(verification, file, screen)
    raise typer.Exit(OK if verification.proven else LEFT_TO_DO)


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = os_error_reason(error)
        raise UsageProblem(
            say("--record {path}: it cannot be opened: {why}.", path=str(path), why=reason)
        ) from error
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise UsageProblem(
            say("--record {path}, line {line}, column {column}: this is no JSON.", path=str(path), **place)
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise UsageProblem(say("--record {path}: this is no JSON.", path=str(path))) from error
    if not isinstance(record, dict):
        example = '{"invoice_number": "F-118", "total": "120.00"}'
        raise UsageProblem(
            say("--record {path}: give one object, such as {example}.", path=str(path), example=example)
        )
    return record


def _as_json(verification: "Verification", screen: Screen) -> dict[str, Any]:
    from smeflow.extract.verify import VERDICTS

    plain = verification.model_dump(mode="json", exclude={"extraction"})
    for name, field in verification.fields.items():
        told = field.reason or VERDICTS[field.verdict][1]
        plain["fields"][name]["reason"] = screen.text(told)
        plain["fields"][name]["reading"]["rivals"] = [r.value for r in field.reading.rivals]
    return plain


def _show(verification: "Verification", file: Path, screen: Screen) -> None:
    from rich.text import Text

    from smeflow.extract.verify import VERDICTS
    from smeflow.kinds.field_names import list_fields

    word = say("proven") if verification.proven else say("not proven")
    style = "green" if verification.proven else "yellow"
    screen.print(Text(file.name, style="bold").append(f"  {screen.text(word)}", style=style))
    columns = [say("field"), say("value"), say("page"), say("verdict")]
    rows = []
    for name, field in verification.fields.items():
        sign, words = VERDICTS[field.verdict]
        verdict = Text(f"{sign} {screen.text(words)}", style=_STYLES.get(field.verdict, "yellow"))
        if field.reason:
            verdict.append(f"\n{screen.text(field.reason)}", style="default")
        rows.append((name, field.value, field.reading.page or "", verdict))
    screen.print(screen.table([ScreenColumn(heading=heading) for heading in columns], rows))
    if verification.missing:
        screen.print(
            f"  • {screen.text(say('Missing: {fields}.', fields=list_fields(verification.missing)))}"
        )


_STYLES = {"proven": "green", "agrees": "cyan", "differs": "red", "absent": "red"}
