"""``smeflow einvoice``: check e-invoices offline, show all they hold, and write a Factur-X PDF."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from smeflow.cli.einvoice_screen import as_json, record_rows, show_record, show_report
from smeflow.cli.exits import LEFT, OK, UsageProblem
from smeflow.cli.options import Files, Json
from smeflow.cli.screen import Screen
from smeflow.errors import SmeflowError
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.documents.base import Document
    from smeflow.einvoices.base import Name, Report
    from smeflow.records import Invoice

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
    from smeflow.einvoices.validate import check_einvoice

    screen: Screen = ctx.obj
    names = _names(rules)
    good = True
    for path, document, problem in _each(files):
        report = check_einvoice(document, names) if document else None
        good = good and report is not None and report.valid is True
        if json:
            screen.json(_line(screen, path, report, problem))
        else:
            show_report(screen, path, report, problem)
    raise typer.Exit(OK if good else LEFT)


@einvoice.command("read")
def read_all(ctx: typer.Context, files: Files, json: Json = False) -> None:
    """Show everything an e-invoice holds, each value under its name."""
    from smeflow.readers.einvoice import read_einvoice

    screen: Screen = ctx.obj
    good = True
    for path, document, problem in _each(files):
        reading = read_einvoice([document]) if document else None
        record = reading.record if reading else None
        good = good and record is not None
        told = [problem] if problem else list(reading.problems) if reading else [_none(path)]
        if json:
            held = as_json(record) if record is not None else None
            screen.json({"file": str(path), "record": held, "problems": [screen.text(p) for p in told]})
        else:
            show_record(screen, path, record_rows(record) if record is not None else [], told)
    raise typer.Exit(OK if good else LEFT)


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
    from smeflow.einvoices.attach import factur_x

    screen: Screen = ctx.obj
    page = _opened(pdf)
    if page.media_type != "application/pdf":
        raise UsageProblem(say("{file} is no PDF.", file=pdf))
    target = out or pdf.with_name(f"{pdf.stem}-facturx.pdf")
    if target.exists() and not force:
        raise UsageProblem(
            say("{file} is there already. Choose another with --out, or --force.", file=target)
        )
    papers = {one.name: one.read_bytes() for one in paper}
    xml, level, dropped = _xml_of(data, profile, papers)
    report = _checked(xml)
    written = False
    if report.valid is not False or force:
        made = factur_x(page, xml, profile=level, attachments=papers, language=screen.language)
        report = _checked(made, name=target.name)
        _write(target, made)
        written = True
    if json:
        screen.json(
            _line(screen, target, report, None)
            | {"written": str(target) if written else None, "left_out": list(dropped)}
        )
    else:
        _tell(screen, target, report, dropped, written=written)
    raise typer.Exit(OK if written else LEFT)


def _names(rules: str) -> "tuple[Name, ...] | None":
    from smeflow.einvoices.base import ASKED

    if not rules:
        return None
    names = tuple(part.strip() for part in rules.split(",") if part.strip())
    unknown = [name for name in names if name not in ASKED]
    if unknown:
        raise UsageProblem(
            say("--rules {name}: there is no such check. Choose from: {known}",
                name=", ".join(unknown), known=", ".join(ASKED))
        )  # fmt: skip
    return cast("tuple[Name, ...]", names)


def _paths(files: Sequence[Path]) -> list[Path]:
    """Go through folders too, in the order of names."""
    found: list[Path] = []
    for path in files:
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return found


def _each(files: Sequence[Path]) -> "Iterator[tuple[Path, Document | None, Any]]":
    """Give each file, and each file of an archive, with what it was read as or why it could not be."""
    from smeflow.steps.parts import opened

    for path in _paths(files):
        document, problem = _document(path)
        inside = list(opened([document])) if document else []
        if len(inside) > 1:
            yield from ((path / one.name, one, None) for one in inside)
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


def _line(screen: Screen, path: Path, report: "Report | None", problem: Any) -> dict[str, Any]:
    """Give the line of JSON for one file."""
    if report is None:
        told = screen.text(problem or _none(path))
        return {"file": str(path), "valid": None, "problem": told, "checks": []}
    return {
        "file": str(path),
        "valid": report.valid,
        "syntax": report.syntax,
        "profile": report.profile,
        "level": report.level,
        "checks": [
            {
                "name": one.name,
                "state": {True: "passed", False: "failed", None: "not run"}[one.passed],
                "why": screen.text(one.why) if one.why else None,
                "rules": one.rules or None,
                "findings": [
                    {
                        "rule": finding.rule,
                        "severity": finding.severity,
                        "text": screen.text(finding.text),
                        "value": finding.value,
                        "path": finding.path,
                        "line": finding.line,
                    }
                    for finding in one.findings
                ],
            }
            for one in report.checks
        ],
    }


def _xml_of(data: Path, profile: str, papers: dict[str, bytes]) -> tuple[bytes, str, tuple[str, ...]]:
    """Give the XML to put in, its level, and what a profile had no room for."""
    from smeflow.einvoices.levels import level_of
    from smeflow.einvoices.write import write_invoice
    from smeflow.readers.einvoice import einvoice_files, read_einvoice

    if data.suffix.lower() == ".json":
        written = write_invoice(_record_in(data), _known(profile or "en16931"), files=papers)
        return written.xml, written.profile, written.dropped
    document = _opened(data)
    reading = read_einvoice([document])
    found = next(iter(einvoice_files([document])), None)
    if reading is None or reading.record is None or found is None:
        raise UsageProblem(_none(data))
    record: Invoice = reading.record
    level = level_of(record.control.profile or "", found[1]).name or "en16931"
    if found[1] == "CII" and profile in ("", level):
        return found[0].data, level, ()
    inside = {inner.name: inner.data for inner in document.walk()}
    written = write_invoice(record, _known(profile or level), files={**inside, **papers})
    return written.xml, written.profile, written.dropped


def _known(profile: str) -> str:
    from smeflow.einvoices.levels import NAMES

    if profile not in NAMES:
        raise UsageProblem(
            say("--profile {name}: there is no such profile. Choose from: {known}",
                name=profile, known=", ".join(NAMES))
        )  # fmt: skip
    return profile


def _record_in(data: Path) -> "Invoice":
    import json

    from pydantic import ValidationError

    from smeflow.records import Invoice

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


def _checked(made: bytes, name: str = "invoice.xml") -> "Report":
    from smeflow.documents.read import read
    from smeflow.einvoices.validate import check_einvoice

    report = check_einvoice(read(made, name=name))
    if report is None:
        raise UsageProblem(_none(Path(name)))
    return report


def _write(target: Path, made: bytes) -> None:
    """Write beside and rename, so that a file is whole or not there."""
    beside = target.with_name(f".{target.name}.part")
    beside.write_bytes(made)
    beside.replace(target)


def _tell(screen: Screen, target: Path, report: "Report", dropped: Sequence[str], *, written: bool) -> None:
    show_report(screen, target, report, None)
    if dropped:
        screen.print(say("The profile has no room for: {fields}.", fields=", ".join(dropped)), style="yellow")
    if written:
        screen.print(f"→ {target}", style="green")
    else:
        screen.print(say("Nothing was written. Mend the data, or use --force."), style="red")
