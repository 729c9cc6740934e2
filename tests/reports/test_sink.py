"""The report sink: every format from one draft, nothing made twice, nothing of a person's overwritten."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from smeflow.core.case import Case
from smeflow.errors import SinkError
from smeflow.i18n import Phrase
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.reports.sink import ReportPages, report_files
from smeflow.writing.report import (
    PAGE_LOOK,
    FactColumn,
    Paragraph,
    Period,
    Report,
    ReportFact,
    RowsBehind,
    Section,
)

pytestmark = [
    pytest.mark.requires_module("vl_convert"),
    pytest.mark.requires_module("typst"),
    pytest.mark.requires_module("docx"),
]


def report(month: int = 10, value: str = "58100") -> Report:
    euros = FactColumn(name="value", label="Ventes", kind="number", unit="EUR", digits=2)
    behind = (RowsBehind(table="sales.csv", count=1212, lines=(2, 3)),)
    query = "=SELECT sum(total) FROM sales"
    revenue = ReportFact(
        name="revenue",
        label="Chiffre d’affaires",
        shape="scalar",
        columns=(euros,),
        rows=((value,),),
        query=query,
        behind=behind,
    )
    names = ReportFact(
        name="top",
        label="Clients: [2026]",
        shape="ranking",
        columns=(FactColumn(name="name", label="Client"), euros),
        rows=(("=cmd|'/C calc'!A0", "34860.10"), ("@SUM(1)", "23239.90")),
        query=query,
        behind=behind,
        total=("Total", "58100"),
    )
    return Report(
        title="Rapport des ventes",
        locale="fr-FR",
        period=Period(key=f"2026-{month}", last=date(2026, month, 28)),
        facts=(revenue, names),
        sections=(
            Section(
                heading="Ventes", paragraphs=(Paragraph(text="Bien.", facts=("revenue",)),), shows=("top",)
            ),
        ),
        remarks=(Phrase("« 45 % » is no fact and was cut"),),
    )


def item(key: str = "2026-10", made: Report | None = None) -> SinkItem:
    case = Case(id=key).with_result("other", 1).with_result("report", made or report())
    return SinkItem(recipe="r", key=key, name=key, version="v", case=case)


@pytest.fixture
def context(tmp_path):
    """What a recipe in *tmp_path* gives to its sinks."""
    return RecipeContext(folder=tmp_path, language="fr")


def sink(context, **more) -> ReportPages:
    fields = {"report": "out/ventes-{key}", "formats": ["html", "pdf", "docx", "md", "xlsx"], **more}
    return ReportPages.model_validate(fields, context=context)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


@pytest.mark.slow
def test_one_draft_gives_every_format_and_the_same_bytes_again(context, tmp_path):
    """Put twice, also with an empty memory elsewhere: the same files to the byte."""
    memory: dict[str, str] = {}
    put = sink(context).put([item()], memory)
    first = files(tmp_path)
    assert (put.rows, put.changed) == (1, True)
    assert list(first) == [f"ventes-2026-10.{e}" for e in ("docx", "html", "md", "pdf", "xlsx")]
    assert sink(context).put([item()], memory).changed is False
    assert files(tmp_path) == first
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    assert sink(context).put([item()], {}).sha256 == put.sha256
    assert files(tmp_path) == first


def test_what_has_not_changed_is_not_made_again(context, monkeypatch):
    """Only the report whose draft is another is drawn anew."""
    memory: dict[str, str] = {}
    made: list[str] = []
    chosen = sink(context, formats=["md"])

    def counted(report: Report, *rest: Any) -> Any:
        made.append(report.period.key)
        return report_files(report, *rest)

    monkeypatch.setattr("smeflow.reports.sink.report_files", counted)
    items = [item("2026-09", report(9)), item("2026-10")]
    chosen.put(items, memory)
    chosen.put(items, memory)
    assert made == ["2026-9", "2026-10"]
    chosen.put([items[0], item("2026-10", report(value="58101"))], memory)
    assert made == ["2026-9", "2026-10", "2026-10"]


def test_a_file_changed_by_hand_is_left_and_one_gone_is_made_again(context, tmp_path):
    """A person's edits stay; the new one is put beside; what was deleted comes back."""
    memory: dict[str, str] = {}
    sink(context).put([item()], memory)
    first = files(tmp_path)
    (tmp_path / "out" / "ventes-2026-10.md").write_text("mine")
    (tmp_path / "out" / "ventes-2026-10.html").unlink()
    put = sink(context).put([item(made=report(value="1"))], memory)
    now = files(tmp_path)
    assert now["ventes-2026-10.md"] == b"mine"
    assert now["ventes-2026-10.new.md"] != first["ventes-2026-10.md"]
    assert now["ventes-2026-10.html"] != first["ventes-2026-10.html"]
    assert len(put.notes) == 1


@pytest.mark.slow
def test_a_report_that_is_gone_takes_its_files_along(context, tmp_path):
    """What no item asks for any more does not stay."""
    memory: dict[str, str] = {}
    sink(context).put([item("2026-09", report(9)), item()], memory)
    sink(context).put([item()], memory)
    assert {name.rpartition(".")[0] for name in files(tmp_path)} == {"ventes-2026-10"}


def test_one_format_that_cannot_be_made_leaves_all_as_they_were(context, tmp_path):
    """Everything is made before the first file is written."""
    import docx

    letter = docx.Document()
    letter.add_paragraph("{% for x in %}")
    letter.save(str(tmp_path / "letter.docx"))
    with pytest.raises(SinkError, match="template"):
        sink(context, template="letter.docx").put([item()], {})
    assert not (tmp_path / "out").exists()


def test_the_annex_holds_every_fact_and_no_formula(context, tmp_path):
    """Values are numbers, names and queries text; what was cut from the prose is told here alone."""
    from python_calamine import CalamineWorkbook

    sink(context).put([item()], {})
    made = files(tmp_path)
    book = CalamineWorkbook.from_filelike(io.BytesIO(made["ventes-2026-10.xlsx"]))
    assert book.sheet_names == ["Chiffres", "Clients 2026", "Remarques"]
    facts = book.get_sheet_by_name("Chiffres").to_python()
    assert facts[0][:3] == ["Nom", "Chiffre calculé", "Valeur"]
    assert facts[1][:4] == ["revenue", "Chiffre d’affaires", 58100.0, "EUR"]
    assert facts[1][5] == "=SELECT sum(total) FROM sales"
    names = book.get_sheet_by_name("Clients 2026").to_python()
    assert names[1] == ["=cmd|'/C calc'!A0", 34860.1]
    with zipfile.ZipFile(io.BytesIO(made["ventes-2026-10.xlsx"])) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())
    assert "was cut" in book.get_sheet_by_name("Remarques").to_python()[1][0]
    assert not any(b"was cut" in data for name, data in made.items() if not name.endswith("xlsx"))


def test_an_item_without_a_report_has_no_files(context, tmp_path):
    """Other results are not taken for one; an expression chooses between two."""
    plain = SinkItem(recipe="r", key="k", name="k", version="v", case=Case(id="k").with_result("kind", "x"))
    assert sink(context, formats="md").put([plain], {}).rows == 0
    two = replace(item(), case=item().case.with_result("second", replace(report(), title="Second")))
    sink(context, formats="md", value="second").put([two], {})
    assert files(tmp_path)["ventes-2026-10.md"].startswith(b"# Second")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("formats", ["odt"]),
        ("formats", []),
        ("report", "../out/{key}"),
        ("template", "missing.docx"),
        ("value", "a +"),
    ],
)
def test_a_mistake_is_told_when_the_recipe_is_read(context, field, value):
    """Not at the end of a run."""
    with pytest.raises(ValidationError):
        sink(context, **{field: value})


def test_amounts_keep_their_digits(context, tmp_path):
    """What is computed is printed to the last digit."""
    sink(context, formats="md").put([item(made=report(value="1234567.89"))], {})
    assert "1\u202f234\u202f567,89\u00a0€" in files(tmp_path)["ventes-2026-10.md"].decode()
    assert Decimal("1234567.89") == report(value="1234567.89").facts[0].value


@pytest.mark.parametrize("days", [Period(key="", last=date(2026, 3, 3)), Period(key="")])
def test_a_report_of_all_rows_is_printed_too(days):
    """The standard of archives wants a day; where the rows have none, the pages are there without it."""
    files = report_files(replace(report(), period=days), ("pdf",))
    assert files["pdf"].startswith(b"%PDF")
    assert (b"pdfaid" in files["pdf"]) == (days.last is not None)


def test_no_page_shows_a_query(tmp_path):
    """Whoever reads the pages reads no SQL; it stands in the spreadsheet."""
    files = report_files(replace(report(), look=PAGE_LOOK), ("html", "md", "docx", "xlsx"))
    with zipfile.ZipFile(io.BytesIO(files["docx"])) as parts:
        pages = [files["html"], files["md"], parts.read("word/document.xml")]
    assert not any(b"SELECT" in each for each in pages)
    assert b"SELECT" in report_files(report(), ("html",))["html"]
    with zipfile.ZipFile(io.BytesIO(files["xlsx"])) as parts:
        assert any(b"SELECT" in parts.read(name) for name in parts.namelist())
