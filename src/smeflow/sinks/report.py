"""A report for each item in every format that is wanted, all made from one draft."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow._paths import resolve
from smeflow._text import hash_of, sha256
from smeflow.errors import MissingExtra, SinkError, system_words
from smeflow.expression import Expression, parse
from smeflow.facts.report import Report
from smeflow.i18n import Phrase, say
from smeflow.sinks.base import Put, SinkItem, SinkMemory
from smeflow.sinks.files import plain
from smeflow.sinks.target import Target, Versioned, put_files

Format = Literal["html", "pdf", "docx", "md", "xlsx"]


class ReportPages(BaseModel):
    """Pages of each report: ``report: out/{key}`` with ``formats: [html, pdf, docx, md, xlsx]``.

    The spreadsheet is the annex: every fact with its query and rows, and what was cut from the prose.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    report: str
    """The path of each file without its ending; ``{name}``, ``{stem}``, ``{key}`` or ``{step.field}`` are
    filled in."""
    formats: tuple[Format, ...] = Field(default=("html", "pdf", "docx", "xlsx"), min_length=1)
    """What is made: ``html``, ``pdf``, ``docx``, ``md``, ``xlsx``."""
    value: str | None = None
    """Which report: an expression. The one the item has, unless told."""
    template: str | None = None
    """The firm's own document (``.docx``) the report is put into, where it says ``{{ report }}``."""
    company: str = ""
    """The firm's name above the title."""
    _targets: Mapping[Format, Target] = PrivateAttr()
    _value: Expression | None = PrivateAttr(default=None)
    _template: Path | None = PrivateAttr(default=None)

    @field_validator("report")
    @classmethod
    def _usable(cls, report: str, info: ValidationInfo) -> str:
        Target.of(f"{report}.html", info.context)
        return report

    @field_validator("formats", mode="before")
    @classmethod
    def _one_or_many(cls, formats: object) -> object:
        return [formats] if isinstance(formats, str) else formats

    @field_validator("value")
    @classmethod
    def _is_expression(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            (info.context or {}).get("compile", parse)(value)
        return value

    @field_validator("template")
    @classmethod
    def _is_document(cls, template: str | None, info: ValidationInfo) -> str | None:
        if template is not None:
            path = resolve(template, info.context)
            if path.suffix.lower() != ".docx" or not path.is_file():
                raise ValueError(say("{path} is no .docx file that can be read", path=template))
        return template

    def model_post_init(self, context: Any, /) -> None:
        """Find the folder, the template and compile what is written."""
        self._targets = {each: Target.of(f"{self.report}.{each}", context) for each in self.formats}
        self._value = (context or {}).get("compile", parse)(self.value) if self.value else None
        self._template = resolve(self.template, context) if self.template else None

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
        made: dict[Format, list[tuple[SinkItem, bytes]]] = {each: [] for each in self.formats}
        states: dict[str, str] = {}
        notes: list[Phrase] = []
        listed = list(items)
        targets = self._versioned(listed, memory)
        for item in listed:
            if item.held:
                continue
            report = self._report(item)
            if report is None:
                continue
            key = f"report of {self.name}\n{item.key}"
            states[key] = hash_of(
                [plain(report), list(self.formats), sha256(letter or b""), self.company, _REVISION]
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
            for each, data in (files or self._files(report, letter)).items():
                made[each].append((item, data))
        put = [
            put_files(targets[each], found, memory, f"report {each}", keep=list(targets[each].all_of(listed)))
            for each, found in made.items()
        ]
        memory.update({key: state for key, state in states.items() if memory.get(key) != state})
        return Put(
            path=str(self.path),
            rows=max((each.rows for each in put), default=0),
            sha256=sha256("\n".join(each.sha256 for each in put)),
            changed=any(each.changed for each in put),
            notes=(*notes, *(note for each in put for note in each.notes)),
        )

    def _report(self, item: SinkItem) -> Report | None:
        found = (self._value(item.case),) if self._value else tuple(item.case.results.values())
        return next((value for value in found if isinstance(value, Report)), None)

    def _letter(self) -> bytes | None:
        if self._template is None or "docx" not in self.formats:
            return None
        try:
            return self._template.read_bytes()
        except OSError as error:
            reason = system_words(error)
            raise SinkError(
                say("{path} cannot be read: {reason}.", path=self._template, reason=reason)
            ) from error

    def _versioned(self, items: Iterable[SinkItem], memory: SinkMemory) -> Mapping[Format, Versioned]:
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
            each: Versioned(target.base, target.name, target.parts, numbers, counts)
            for each, target in self._targets.items()
        }

    def _kept(
        self, item: SinkItem, memory: SinkMemory, targets: Mapping[Format, Versioned]
    ) -> Mapping[Format, bytes] | None:
        """Read what was written last; None where any of it is gone or is not what was written."""
        found: dict[Format, bytes] = {}
        for each, target in targets.items():
            parts = target.path_of(item)
            try:
                data = target.base.joinpath(*parts).read_bytes()
            except OSError:
                return None
            if memory.get(f"report {each} {target.name}\t{'/'.join(parts)}") != sha256(data):
                return None
            found[each] = data
        return found

    def _files(self, report: Report, letter: bytes | None) -> Mapping[Format, bytes]:
        return report_files(report, self.formats, self.company, letter)


def report_files(
    report: Report, formats: Sequence[Format], company: str = "", letter: bytes | None = None
) -> Mapping[Format, bytes]:
    """Make *formats* of a report, all from one draft. *letter* is the firm's own document.

    Raises:
        SinkError: An extra is not installed, or the firm's document cannot be filled.
    """
    from smeflow.pages.compose import pages_of

    pages = pages_of(report, company)
    try:
        return {each: make(pages, letter) for each, make in _makers().items() if each in formats}
    except MissingExtra as error:
        raise SinkError(error.phrase) from error


_REVISION = 1
"""Counts up with what the pages look like, so that an older file is made again."""


def _makers() -> Mapping[Format, Any]:
    """Name who makes each format; each is loaded when it is wanted."""
    from smeflow.pages.docx import docx_bytes
    from smeflow.pages.html import html_bytes
    from smeflow.pages.md import md_bytes
    from smeflow.pages.pdf import pdf_bytes
    from smeflow.sinks.annex import annex_bytes

    return {
        "html": lambda pages, _: html_bytes(pages),
        "pdf": lambda pages, _: pdf_bytes(pages),
        "docx": docx_bytes,
        "md": lambda pages, _: md_bytes(pages),
        "xlsx": lambda pages, _: annex_bytes(pages),
    }
