"""The sink `report`.

Pages of each report in every format that is wanted, and the spreadsheet with its proofs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)

from smeflow._text import hash_of, sha256
from smeflow.errors import MissingExtra, SinkError, os_error_reason
from smeflow.expressions.language import Expression
from smeflow.files.output import TargetPath, VersionedTargetPath, put_files
from smeflow.files.results import to_json_value
from smeflow.i18n import Phrase, say
from smeflow.kinds.recipe_context import ExpressionText, RecipeContext
from smeflow.kinds.sinks import Put, SinkItem, SinkMemory
from smeflow.pages.elements import PrintedReport
from smeflow.tables.table_file import Sheet, workbook_bytes
from smeflow.values.cells import Cell, cell_of
from smeflow.writing.report import Report


def annex_bytes(pages: PrintedReport) -> bytes:
    """Write the annex. Values are numbers and days; what a name or a query says is text, never a formula."""

    def word(phrase: Phrase) -> str:
        return phrase.render(pages.language)

    sheets = [_facts_sheet(pages, word)]
    sheets += [
        Sheet(name=fact.title, header=fact.columns, lines=_cells(fact.cells))
        for fact in pages.annex
        if fact.cells
    ]
    if pages.sources:
        sheets.append(_sources_sheet(pages, word))
    if pages.cut or pages.notes:
        remarks = [(remark,) for remark in (*pages.notes, *pages.cut)]
        sheets.append(Sheet(name=word(say("Remarks")), header=(word(say("Remark")),), lines=_cells(remarks)))
    return workbook_bytes(sheets, pages.language)


def _facts_sheet(pages: PrintedReport, word: Callable[[Phrase], str]) -> Sheet:
    header = tuple(
        word(phrase)
        for phrase in (
            say("Name"), say("Fact"), say("Value"), say("Unit"), say("As printed"), say("Query"),
            say("Computed from"), say("Rows behind it"), say("Remark"),
        )
    )  # fmt: skip
    lines = [
        (
            fact.name, fact.title, fact.value, fact.unit, fact.shown, fact.query, fact.source,
            "; ".join(fact.links), fact.remark,
        )
        for fact in pages.annex
    ]  # fmt: skip
    return Sheet(name=word(say("Facts")), header=header, lines=_cells(lines))


def _sources_sheet(pages: PrintedReport, word: Callable[[Phrase], str]) -> Sheet:
    header = (say("Table"), say("Rows"), "SHA-256", say("Columns"), say("Remarks"))
    lines = [
        (
            source.name,
            source.rows,
            source.sha256,
            ", ".join(f"{name} ({kind})" for name, kind in source.columns),
            " ".join(source.remarks),
        )
        for source in pages.sources
    ]
    titles = tuple(title if isinstance(title, str) else word(title) for title in header)
    return Sheet(name=word(say("Tables")), header=titles, lines=_cells(lines))


def _cells(lines: Iterable[Iterable[object]]) -> list[list[Cell]]:
    return [[cell_of(value) for value in line] for line in lines]


ReportFormat = Literal["html", "pdf", "docx", "md", "xlsx"]
Formats = Annotated[
    tuple[ReportFormat, ...],
    BeforeValidator(lambda written: [written] if isinstance(written, str) else written),
]
"""One format, or several."""


class ReportPages(BaseModel):
    """Pages of each report: ``report: out/{key}`` with ``formats: [html, pdf, docx, md, xlsx]``.

    The spreadsheet is the annex: every fact with its query and rows, and what was cut from the prose.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    report: str
    """The path of each file without its ending; ``{name}``, ``{stem}``, ``{key}`` or ``{step.field}`` are
    filled in."""
    formats: Formats = Field(default=("html", "pdf", "docx", "xlsx"), min_length=1)
    """What is made: ``html``, ``pdf``, ``docx``, ``md``, ``xlsx``."""
    value: ExpressionText | None = None
    """Which report: an expression. The one the item has, unless told."""
    template: str | None = None
    """The firm's own document (``.docx``) the report is put into, where it says ``{{ report }}``."""
    company: str = ""
    """The firm's name above the title."""
    _targets: Mapping[ReportFormat, TargetPath] = PrivateAttr()
    _value: Expression | None = PrivateAttr(default=None)
    _template: Path | None = PrivateAttr(default=None)

    @field_validator("report")
    @classmethod
    def _usable(cls, report: str, info: ValidationInfo) -> str:
        TargetPath.of(f"{report}.html", RecipeContext.of(info.context))
        return report

    @field_validator("template")
    @classmethod
    def _is_document(cls, template: str | None, info: ValidationInfo) -> str | None:
        if template is not None:
            path = RecipeContext.of(info.context).path(template)
            if path.suffix.lower() != ".docx" or not path.is_file():
                raise ValueError(say("{path} is no .docx file that can be read", path=template))
        return template

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder, the template and compile what is written."""
        recipe = RecipeContext.of(context)
        self._targets = {each: TargetPath.of(f"{self.report}.{each}", recipe) for each in self.formats}
        self._value = recipe.compile(self.value) if self.value else None
        self._template = recipe.path(self.template) if self.template else None

    @property
    def keeps_held(self) -> bool:
        """What was approved once stays while its new version waits for a person."""
        return True

    @property
    def name(self) -> str:
        """The path as the recipe names it."""
        return next(iter(self._targets.values())).name.rpartition(".")[0]

    @property
    def path(self) -> Path:
        """The folder the files lie in."""
        return next(iter(self._targets.values())).base

    def put(self, items: Iterable[SinkItem], memory: SinkMemory) -> Put:
        """Write every format of every report, each made before the first is written.

        A report that has not changed since is not made again; a file changed by hand is left as it is.
        """
        letter = self._letter()
        by_format: dict[ReportFormat, list[tuple[SinkItem, bytes]]] = {each: [] for each in self.formats}
        states: dict[str, str] = {}
        notes: list[Phrase] = []
        listed = list(items)
        targets = self._versioned(listed, memory)
        for item in listed:
            report = None if item.held else self._report(item)
            if report is None:
                continue
            key = f"report of {self.name}\n{item.key}"
            states[key] = hash_of(
                [to_json_value(report), list(self.formats), sha256(letter or b""), self.company, _REVISION]
            )
            files = self._kept(item, memory, targets) if memory.get(key) == states[key] else None
            if files is None and report.written.cut:
                notes.append(
                    say(
                        "{name}: sentences that did not hold and were cut: {n}. The annex tells them.",
                        name=item.name,
                        n=report.written.cut,
                    )
                )
            files = files or report_files(report, self.formats, self.company, letter)
            for ending, data in files.items():
                by_format[ending].append((item, data))
        outcomes = [
            put_files(targets[f], files_of, memory, f"report {f}", keep=list(targets[f].all_of(listed)))
            for f, files_of in by_format.items()
        ]
        memory.update({key: state for key, state in states.items() if memory.get(key) != state})
        return Put(
            path=str(self.path),
            rows=max((each.rows for each in outcomes), default=0),
            sha256=sha256("\n".join(each.sha256 for each in outcomes)),
            changed=any(each.changed for each in outcomes),
            notes=(*notes, *(note for each in outcomes for note in each.notes)),
        )

    def _report(self, item: SinkItem) -> Report | None:
        values = (self._value(item.case),) if self._value else tuple(item.case.results.values())
        return next((value for value in values if isinstance(value, Report)), None)

    def _letter(self) -> bytes | None:
        if self._template is None or "docx" not in self.formats:
            return None
        try:
            return self._template.read_bytes()
        except OSError as error:
            reason = os_error_reason(error)
            raise SinkError(
                say("{path} cannot be read: {reason}.", path=self._template, reason=reason)
            ) from error

    def _versioned(
        self, items: Iterable[SinkItem], memory: SinkMemory
    ) -> Mapping[ReportFormat, VersionedTargetPath]:
        """Number the versions: whose figures changed after it was done is a new file beside the old one."""
        numbers: dict[str, int] = {}
        counts: dict[str, int] = {}
        for item in items:
            key = f"versions of {self.name}\n{item.key}"
            known = memory.get(key, "").split()
            if item.version[:16] not in known and not item.held:
                known.append(item.version[:16])
                memory[key] = " ".join(known)
            counts[item.key] = len(known)
            numbers[item.key] = known.index(item.version[:16]) + 1 if item.version[:16] in known else 0
        return {
            each: VersionedTargetPath(target.base, target.name, target.parts, numbers, counts)
            for each, target in self._targets.items()
        }

    def _kept(
        self, item: SinkItem, memory: SinkMemory, targets: Mapping[ReportFormat, VersionedTargetPath]
    ) -> Mapping[ReportFormat, bytes] | None:
        """Read what was written last; None where any of it is gone or is not what was written."""
        files: dict[ReportFormat, bytes] = {}
        for each, target in targets.items():
            parts = target.path_of(item)
            try:
                data = target.base.joinpath(*parts).read_bytes()
            except OSError:
                return None
            if memory.get(f"report {each} {target.name}\t{'/'.join(parts)}") != sha256(data):
                return None
            files[each] = data
        return files


def report_files(
    report: Report, formats: Sequence[ReportFormat], company: str = "", letter: bytes | None = None
) -> Mapping[ReportFormat, bytes]:
    """Make *formats* of a report, all from one draft. *letter* is the firm's own document.

    Raises:
        SinkError: An extra is not installed, or the firm's document cannot be filled.
    """
    from smeflow.pages.layout import lay_out

    pages = lay_out(report, company)
    try:
        return {each: make(pages, letter) for each, make in _format_makers().items() if each in formats}
    except MissingExtra as error:
        raise SinkError(error.phrase) from error


_REVISION = 1
"""Counts up with what the pages look like, so that an older file is made again."""


def _format_makers() -> Mapping[ReportFormat, Any]:
    """Name who makes each format; each is loaded when it is wanted."""
    from smeflow.pages.docx import docx_bytes
    from smeflow.pages.html import html_bytes
    from smeflow.pages.markdown import markdown_bytes
    from smeflow.pages.pdf import pdf_bytes

    return {
        "html": lambda pages, _: html_bytes(pages),
        "pdf": lambda pages, _: pdf_bytes(pages),
        "docx": docx_bytes,
        "md": lambda pages, _: markdown_bytes(pages),
        "xlsx": lambda pages, _: annex_bytes(pages),
    }
