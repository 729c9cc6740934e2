"""How e-invoices look on the screen: a report of checks, and a record with all its terms."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.cli.screen import Column, Screen
from smeflow.cli.values import term_name
from smeflow.field_names import shown_value
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.einvoices.base import Report, RuleCheck
    from smeflow.records import Invoice, Record

STATES: dict[bool | None, tuple[Phrase, str, str]] = {
    True: (say("passed"), "green", "✓"),
    False: (say("failed"), "red", "✗"),
    None: (say("not run"), "yellow", "?"),
}
CHECKS: dict[str, Phrase] = {
    "xml": say("well-formed XML"),
    "xsd": say("schema (XSD)"),
    "profile": say("profile"),
    "en16931": say("rules of EN 16931"),
    "fr-ctc": say("rules of France (CTC)"),
    "pdf": say("the PDF around it"),
    "numbers": say("check digits"),
}


def show_report(screen: Screen, path: Path, report: "Report | None", problem: Any) -> None:
    """Print what was checked of one file."""
    from rich.text import Text

    head = Text(path.name, style="bold")
    if report is None:
        screen.print(head)
        told = problem or say("{file} holds no e-invoice.", file=path.name)
        screen.print(f"  ✗ {screen.text(told)}", style="red")
        screen.print()
        return
    state, style, sign = STATES[report.valid]
    verdict = say("valid") if report.valid else say("not valid") if report.valid is False else state
    head.append(f"  {sign} {screen.text(verdict)}", style=style)
    head.append(f"  {report.syntax} {report.profile}".rstrip(), style="bright_black")
    screen.print(head)
    screen.print(screen.table(_check_columns(), (_check_row(screen, one) for one in report.checks)))
    if report.findings:
        screen.print(screen.table(_finding_columns(), _finding_rows(screen, report)))
    screen.print()


def _check_columns() -> list[Column]:
    return [Column(heading=say("check")), Column(heading=say("result")), Column(heading=say("remark"))]


def _check_row(screen: Screen, one: "RuleCheck") -> tuple[object, ...]:
    from rich.text import Text

    word, style, sign = STATES[one.passed]
    errors = sum(1 for finding in one.findings if finding.severity == "error")
    warnings = len(one.findings) - errors
    counted = say("{errors} errors, {warnings} warnings", errors=errors, warnings=warnings)
    told = [screen.text(one.why)] if one.why else []
    told += [screen.text(counted)] if one.findings else []
    return CHECKS[one.name], Text(f"{sign} {screen.text(word)}", style=style), " ".join(told)


def _finding_columns() -> list[Column]:
    return [
        Column(heading=say("rule"), style="cyan", wrap=False),
        Column(heading=say("what it says"), ratio=3),
        Column(heading=say("what stands there"), ratio=2, style="italic"),
        Column(heading=say("line"), right=True),
    ]


def _finding_rows(screen: Screen, report: "Report") -> Iterator[tuple[object, ...]]:
    from rich.text import Text

    for finding in report.findings:
        sign, style = ("✗", "red") if finding.severity == "error" else ("!", "yellow")
        rule = Text(f"{sign} {finding.rule}", style=style)
        yield rule, screen.text(finding.text), finding.value, str(finding.line or "")


def record_rows(record: "Invoice") -> list[tuple[str, Any]]:
    """Give every term that says something, groups and lists taken apart."""
    return list(_rows(record, ""))


def _rows(record: "Record", before: str) -> Iterator[tuple[str, Any]]:
    from smeflow.records import Record
    from smeflow.records.base import is_empty

    for name in type(record).model_fields:
        value = getattr(record, name)
        if is_empty(value):
            continue
        if isinstance(value, Record):
            yield from _rows(value, f"{before}{name}.")
        elif isinstance(value, tuple):
            for number, one in enumerate(value, 1):
                if isinstance(one, Record):
                    yield from _rows(one, f"{before}{name} {number}.")
                else:
                    yield f"{before}{name} {number}", one
        else:
            yield f"{before}{name}", value


def show_record(screen: Screen, path: Path, rows: Sequence[tuple[str, Any]], told: Iterable[Any]) -> None:
    """Print one invoice's terms."""
    from rich.text import Text

    screen.print(Text(path.name, style="bold"))
    if rows:
        columns = [Column(heading=say("field"), style="cyan"), Column(heading=say("value"))]
        shown = ((term_name(screen, name), _value(screen, name, value)) for name, value in rows)
        screen.print(screen.table(columns, shown))
    for problem in told:
        screen.print(f"  • {screen.text(problem)}", style="yellow")
    screen.print()


def _value(screen: Screen, name: str, value: Any) -> Any:
    """Say the kind of an invoice in words; amounts and days the table writes itself."""
    return shown_value(name, value, screen.language) if name == "kind" else value


def as_json(record: "Invoice") -> dict[str, Any]:
    """Give the record as JSON; terms that say nothing are left out."""
    plain: dict[str, Any] = _told(record.model_dump(mode="json"))
    return plain


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _told(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, [], {})}
    return [_told(one) for one in value] if isinstance(value, list) else value
