"""``smeflow einvoice``: check e-invoices offline, show all they hold, and write a Factur-X PDF."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from smeflow.cli.arguments import Files, Json
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import LEFT_TO_DO, OK, UsageProblem
from smeflow.cli.results import invoice_json, invoice_terms, print_invoice_terms
from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.documents.document import Document
    from smeflow.invoices.record import Invoice
    from smeflow.invoices.xml.rules import CheckName, EInvoiceReport, RuleCheck

CHECK_STATES: dict[bool | None, tuple[Phrase, str, str]] = {
    True: (say("passed"), "green", "✓"),
    False: (say("failed"), "red", "✗"),
    None: (say("not run"), "yellow", "?"),
}
CHECK_NAMES: dict[str, Phrase] = {
    "xml": say("well-formed XML"),
    "xsd": say("schema (XSD)"),
    "profile": say("profile"),
    "en16931": say("rules of EN 16931"),
    "fr-ctc": say("rules of France (CTC)"),
    "pdf": say("the PDF around it"),
    "numbers": say("check digits"),
}


def print_checks(screen: Screen, path: Path, report: "EInvoiceReport | None", problem: Any) -> None:
    """Print what was checked of one file."""
    from rich.text import Text

    head = Text(path.name, style="bold")
    if report is None:
        screen.print(head)
        message = problem or say("{file} holds no e-invoice.", file=path.name)
        screen.print(f"  ✗ {screen.text(message)}", style="red")
        screen.print()
        return
    state, style, sign = CHECK_STATES[report.valid]
    verdict = say("valid") if report.valid else say("not valid") if report.valid is False else state
    head.append(f"  {sign} {screen.text(verdict)}", style=style)
    head.append(f"  {report.syntax} {report.profile}".rstrip(), style="bright_black")
    screen.print(head)
    screen.print(screen.table(_check_columns(), (_check_row(screen, check) for check in report.checks)))
    if report.findings:
        screen.print(screen.table(_finding_columns(), _finding_rows(screen, report)))
    screen.print()


def _check_columns() -> list[ScreenColumn]:
    return [
        ScreenColumn(heading=say("check")),
        ScreenColumn(heading=say("result")),
        ScreenColumn(heading=say("remark")),
    ]


def _check_row(screen: Screen, check: "RuleCheck") -> tuple[object, ...]:
    from rich.text import Text

    word, style, sign = CHECK_STATES[check.passed]
    errors = sum(1 for finding in check.findings if finding.severity == "error")
    warnings = len(check.findings) - errors
    counted = say("{errors} errors, {warnings} warnings", errors=errors, warnings=warnings)
    notes = [screen.text(check.why)] if check.why else []
    notes += [screen.text(counted)] if check.findings else []
    return CHECK_NAMES[check.name], Text(f"{sign} {screen.text(word)}", style=style), " ".join(notes)


def _finding_columns() -> list[ScreenColumn]:
    return [
        ScreenColumn(heading=say("rule"), style="cyan", wrap=False),
        ScreenColumn(heading=say("what it says"), ratio=3),
        ScreenColumn(heading=say("what stands there"), ratio=2, style="italic"),
        ScreenColumn(heading=say("line"), right=True),
    ]


def _finding_rows(screen: Screen, report: "EInvoiceReport") -> Iterator[tuple[object, ...]]:
    from rich.text import Text

    for finding in report.findings:
        sign, style = ("✗", "red") if finding.severity == "error" else ("!", "yellow")
        rule = Text(f"{sign} {finding.rule}", style=style)
        yield rule, screen.text(finding.text), finding.value, str(finding.line or "")


einvoice = typer.Typer(help="Check, read and write e-invoices: Factur-X, ZUGFeRD, XRechnung, UBL, FatturaPA.")


@einvoice.command()
def check(
    ctx: typer.Context,
    files: Files,
    rules: Annotated[
        str,
        typer.Option(
            "--rules",
            metavar="LIST",
            help="Only these, separated by commas: xsd, profile, en16931, fr-ctc, pdf, numbers.",
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Check e-invoices offline: schema, EN 16931, France's rules. Ends with 0 where all ran and passed."""
    from smeflow.invoices.xml.validate import check_einvoice

    screen: Screen = ctx.obj
    names = _names(rules)
    all_valid = True
    for path, document, problem in _each(files):
        report = check_einvoice(document, names) if document else None
        all_valid = all_valid and report is not None and report.valid is True
        if json:
            screen.json(_line(screen, path, report, problem))
        else:
            print_checks(screen, path, report, problem)
    raise typer.Exit(OK if all_valid else LEFT_TO_DO)


@einvoice.command("read")
def read_all(ctx: typer.Context, files: Files, json: Json = False) -> None:
    """Show everything an e-invoice holds, each value under its name."""
    from smeflow.invoices.xml.read import read_einvoice

    screen: Screen = ctx.obj
    all_read = True
    for path, document, problem in _each(files):
        reading = read_einvoice([document]) if document else None
        record = reading.record if reading else None
        all_read = all_read and record is not None
        remarks = [problem] if problem else list(reading.problems) if reading else [_none(path)]
        if json:
            plain = invoice_json(record) if record is not None else None
            screen.json({"file": str(path), "record": plain, "problems": [screen.text(p) for p in remarks]})
        else:
            print_invoice_terms(screen, path, invoice_terms(record) if record is not None else [], remarks)
    raise typer.Exit(OK if all_read else LEFT_TO_DO)


@einvoice.command()
def attach(
    ctx: typer.Context,
    pdf: Annotated[Path, typer.Argument(metavar="PDF", help="The page people see.", show_default=False)],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="The invoice: XML of any syntax, or JSON of a record as `einvoice read --json` prints it.",
            show_default=False,
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The PDF to write.")] = None,
    profile: Annotated[
        str,
        typer.Option(
            "--profile", help="minimum, basicwl, basic, en16931, extended or extended-ctc-fr; else the XML's."
        ),
    ] = "",
    paper: Annotated[
        list[Path],
        typer.Option("--paper", metavar="FILE", help="Another file to put in, such as a timesheet."),
    ] = [],  # noqa: B006 - Typer reads it and never changes it
    force: Annotated[
        bool, typer.Option("--force", help="Write it although a check failed, and over a file that is there.")
    ] = False,
    json: Json = False,
) -> None:
    """Write a Factur-X PDF from a page and the invoice's data, which are checked first."""
    from smeflow.invoices.xml.pdf import factur_x

    screen: Screen = ctx.obj
    page = _opened(pdf)
    if page.media_type != "application/pdf":
        raise UsageProblem(say("{file} is no PDF.", file=pdf))
    target = out or pdf.with_name(f"{pdf.stem}-facturx.pdf")
    if target.exists() and not force:
        raise UsageProblem(
            say("{file} is there already. Choose another with --out, or --force.", file=target)
        )
    papers = {file.name: file.read_bytes() for file in paper}
    xml, level, dropped = _xml_of(data, profile, papers)
    report = _checked(xml)
    written = False
    if report.valid is not False or force:
        pdf_bytes = factur_x(page, xml, profile=level, attachments=papers, language=screen.language)
        report = _checked(pdf_bytes, name=target.name)
        _write(target, pdf_bytes)
        written = True
    if json:
        screen.json(
            _line(screen, target, report, None)
            | {"written": str(target) if written else None, "left_out": list(dropped)}
        )
    else:
        _tell(screen, target, report, dropped, written=written)
    raise typer.Exit(OK if written else LEFT_TO_DO)


def _names(rules: str) -> "tuple[CheckName, ...] | None":
    from smeflow.invoices.xml.rules import ASKED_CHECKS

    if not rules:
        return None
    names = tuple(part.strip() for part in rules.split(",") if part.strip())
    unknown = [name for name in names if name not in ASKED_CHECKS]
    if unknown:
        raise UsageProblem(
            say("--rules {name}: there is no such check. Choose from: {known}",
                name=", ".join(unknown), known=", ".join(ASKED_CHECKS))
        )  # fmt: skip
    return cast("tuple[CheckName, ...]", names)


def _paths(files: Sequence[Path]) -> list[Path]:
    """Go through folders too, in the order of names."""
    paths: list[Path] = []
    for path in files:
        paths += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return paths


def _each(files: Sequence[Path]) -> "Iterator[tuple[Path, Document | None, Any]]":
    """Give each file, and each file of an archive, with what it was read as or why it could not be."""
    from smeflow.engine.own_steps import open_archives

    for path in _paths(files):
        document, problem = _document(path)
        inside = list(open_archives([document])) if document else []
        if len(inside) > 1:
            yield from ((path / member.name, member, None) for member in inside)
        else:
            yield path, inside[0] if inside else None, problem


def _document(path: Path) -> "tuple[Document | None, Any]":
    """Read a file; what cannot be read is told in its place."""
    try:
        return _opened(path), None
    except SmeflowError as error:
        return None, error.phrase


def _opened(path: Path) -> "Document":
    from smeflow.documents.read import read

    return read(path)


def _none(path: Path) -> Any:
    return say("{file} holds no e-invoice.", file=path.name)


def _line(screen: Screen, path: Path, report: "EInvoiceReport | None", problem: Any) -> dict[str, Any]:
    """Give the line of JSON for one file."""
    if report is None:
        message = screen.text(problem or _none(path))
        return {"file": str(path), "valid": None, "problem": message, "checks": []}
    return {
        "file": str(path),
        "valid": report.valid,
        "syntax": report.syntax,
        "profile": report.profile,
        "level": report.level,
        "checks": [
            {
                "name": check.name,
                "state": {True: "passed", False: "failed", None: "not run"}[check.passed],
                "why": screen.text(check.why) if check.why else None,
                "rules": check.rules or None,
                "findings": [
                    {
                        "rule": finding.rule,
                        "severity": finding.severity,
                        "text": screen.text(finding.text),
                        "value": finding.value,
                        "path": finding.path,
                        "line": finding.line,
                    }
                    for finding in check.findings
                ],
            }
            for check in report.checks
        ],
    }


def _xml_of(data: Path, profile: str, papers: dict[str, bytes]) -> tuple[bytes, str, tuple[str, ...]]:
    """Give the XML to put in, its level, and what a profile had no room for."""
    from smeflow.invoices.xml.read import einvoice_files, read_einvoice
    from smeflow.invoices.xml.rules import level_of
    from smeflow.invoices.xml.write import write_invoice

    if data.suffix.lower() == ".json":
        written = write_invoice(_record_in(data), _known(profile or "en16931"), files=papers)
        return written.xml, written.profile, written.dropped
    document = _opened(data)
    reading = read_einvoice([document])
    einvoice = next(iter(einvoice_files([document])), None)
    if reading is None or reading.record is None or einvoice is None:
        raise UsageProblem(_none(data))
    record: Invoice = reading.record
    level = level_of(record.control.profile or "", einvoice[1]).name or "en16931"
    if einvoice[1] == "CII" and profile in ("", level):
        return einvoice[0].data, level, ()
    inside = {inner.name: inner.data for inner in document.walk()}
    written = write_invoice(record, _known(profile or level), files={**inside, **papers})
    return written.xml, written.profile, written.dropped


def _known(profile: str) -> str:
    from smeflow.invoices.xml.rules import LEVEL_NAMES

    if profile not in LEVEL_NAMES:
        raise UsageProblem(
            say("--profile {name}: there is no such profile. Choose from: {known}",
                name=profile, known=", ".join(LEVEL_NAMES))
        )  # fmt: skip
    return profile


def _record_in(data: Path) -> "Invoice":
    import json

    from pydantic import ValidationError

    from smeflow.invoices.record import Invoice

    try:
        plain = json.loads(data.read_text(encoding="utf-8"))
        return Invoice.model_validate(plain.get("record", plain) if isinstance(plain, dict) else plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageProblem(
            say("{file} holds no invoice's record: {where}: {why}.", file=data, where=where, why=first["msg"])
        ) from error
    except ValueError as error:
        raise UsageProblem(say("{file} is no JSON: {why}.", file=data, why=str(error))) from error


def _checked(data: bytes, name: str = "invoice.xml") -> "EInvoiceReport":
    from smeflow.documents.read import read
    from smeflow.invoices.xml.validate import check_einvoice

    report = check_einvoice(read(data, name=name))
    if report is None:
        raise UsageProblem(_none(Path(name)))
    return report


def _write(target: Path, data: bytes) -> None:
    """Write beside and rename, so that a file is whole or not there."""
    beside = target.with_name(f".{target.name}.part")
    beside.write_bytes(data)
    beside.replace(target)


def _tell(
    screen: Screen, target: Path, report: "EInvoiceReport", dropped: Sequence[str], *, written: bool
) -> None:
    print_checks(screen, target, report, None)
    if dropped:
        screen.print(say("The profile has no room for: {fields}.", fields=", ".join(dropped)), style="yellow")
    if written:
        screen.print(f"→ {target}", style="green")
    else:
        screen.print(say("Nothing was written. Mend the data, or use --force."), style="red")
