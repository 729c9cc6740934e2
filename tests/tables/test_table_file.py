"""Tables of results: the same for the same items, inert, and never over somebody's changes."""

import csv
import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from smeflow.errors import SinkError
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.tables.table_file import TableFile
from smeflow.values.cells import inert

Make = Callable[..., SinkItem]
LIVE = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "=cmd|' /C calc'!A0",
    "'=1+1",
    "＝1+1",
    "＋1",
    "－1+2",
    "＠SUM",
    "+33 1 23 45 67 89",
    "--1",
    "=",
    "%0A=1",
    "|calc",
    "\u00a0=1",
]


def table(context: RecipeContext, name: str = "out/t.csv", **fields: Any) -> TableFile:
    fields = fields or {"rows": "invoice.record"}
    return TableFile.model_validate({"table": name, **fields}, context=context)


@pytest.mark.parametrize("name", ["out/t.csv", "out/t.xlsx"])
def test_equal_items_give_equal_bytes_in_any_order(item: Make, context: RecipeContext, name: str) -> None:
    """Also after the file was deleted; an unchanged file is not written again."""
    sink = table(context, name)
    items = [item(f"a{n}.pdf") for n in (10, 2, 1)]
    memory: dict[str, str] = {}
    first = sink.put(items, memory)
    data = sink.path.read_bytes()
    stamp = sink.path.stat().st_mtime_ns
    second = sink.put(reversed(items), memory)
    assert (first.changed, second.changed, first.sha256) == (True, False, second.sha256)
    assert sink.path.stat().st_mtime_ns == stamp
    sink.path.unlink()
    assert sink.put(items, memory).changed
    assert sink.path.read_bytes() == data
    assert [p.name for p in sink.path.parent.iterdir()] == [sink.path.name]


def test_items_stand_in_the_order_people_count(item: Make, context: RecipeContext) -> None:
    """2 before 10."""
    sink = table(context, columns={"File": "case.id"})
    sink.put([item("a10.pdf"), item("a2.pdf")], {})
    assert sink.path.read_text().split() == ["File", "a2.pdf", "a10.pdf"]


def test_a_record_becomes_its_plain_fields(item: Make, context: RecipeContext) -> None:
    """Under headings in the firm's language; amounts with a point, ISO dates, missing values empty."""
    sink = table(replace(context, language="fr"), rows="invoice.record", item="key")
    sink.put([item("a.pdf")], {})
    (row,) = csv.DictReader(io.StringIO(sink.path.read_text()))
    assert row["Numéro"] == "a.pdf"
    assert row["Total TTC"] == "600.10"
    assert row["Date d’émission"] == "2026-01-02"
    assert row["Échéance"] == ""
    assert not any("details" in heading or "lines" in heading for heading in row)


def test_a_spreadsheet_keeps_numbers_and_days(item: Make, context: RecipeContext) -> None:
    """So that a person can add them up; more digits than it keeps stay text."""
    sink = table(
        context, "t.xlsx", columns={"N": "invoice.record.total_gross", "D": "invoice.record.issue_date"}
    )
    sink.put([item("a"), item("b", total_gross=Decimal("123456789012345.67"))], {})
    rows = CalamineWorkbook.from_path(sink.path).get_sheet_by_index(0).to_python()
    assert rows[1][0] == 600.1
    assert str(rows[1][1]) == "2026-01-02"
    assert rows[2][0] == "123456789012345.67"


def test_a_list_of_records_has_a_row_each(item: Make, context: RecipeContext) -> None:
    """The columns of the item stand in front of each."""
    from smeflow.records import InvoiceLine

    lines = (InvoiceLine(name="one", net=Decimal(1)), InvoiceLine(name="two", net=Decimal(2)))
    sink = table(context, rows="invoice.record.lines", columns={"Invoice": "invoice.record.number"})
    sink.put([item("a", lines=lines)], {})
    rows = list(csv.DictReader(io.StringIO(sink.path.read_text())))
    assert [(row["Invoice"], row["Name"], row["Net amount"]) for row in rows] == [
        ("a", "one", "1"),
        ("a", "two", "2"),
    ]


@pytest.mark.parametrize("text", LIVE)
def test_no_cell_of_a_csv_is_live(item: Make, context: RecipeContext, text: str) -> None:
    """An apostrophe stands in front; dropping it gives the text back."""
    sink = table(context, columns={"N": "invoice.record.number"})
    sink.put([item("a", number=text)], {})
    with sink.path.open(encoding="utf-8", newline="") as file:
        cell = list(csv.reader(file))[1][0]
    assert cell == "'" + text
    assert cell[1:] == text


@pytest.mark.parametrize("text", ["-12.50", "12", "a=b", "", "FA-1", "-7"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    """Plain numbers too, negative ones as well."""
    assert inert(text) == text


def test_no_cell_of_a_spreadsheet_is_live(item: Make, context: RecipeContext) -> None:
    """All text is text: the file holds neither formulas nor links."""
    sink = table(context, "t.xlsx", columns={"N": "invoice.record.number"})
    sink.put([item(f"a{n}", number=text) for n, text in enumerate(LIVE)], {})
    with zipfile.ZipFile(sink.path) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
        names = packed.namelist()
    assert not re.search(r"<f[ >]|<hyperlink", sheet)
    assert not any("rels/sheet" in name for name in names)
    rows = CalamineWorkbook.from_path(sink.path).get_sheet_by_index(0).to_python()
    assert [row[0].strip() for row in rows[1:]] == [text.strip() for text in LIVE]


@pytest.mark.requires_program("soffice")
def test_a_real_spreadsheet_program_finds_no_formula(
    item: Make, context: RecipeContext, tmp_path: Path
) -> None:
    """What it reads out of both files is the text that went in."""
    sink = table(context, "t.csv", columns={"N": "invoice.record.number"})
    sink.put([item(f"a{n}", number=text) for n, text in enumerate(LIVE[:5])], {})
    command = [
        "soffice",
        "--headless",
        "--convert-to",
        "fods",
        "--outdir",
        str(tmp_path / "o"),
        str(sink.path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert "table:formula" not in (tmp_path / "o" / "t.fods").read_text()


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_file_changed_by_hand_is_never_overwritten(item: Make, context: RecipeContext, name: str) -> None:
    """The new one goes beside it, again and again, until the person's own is gone."""
    sink = table(context, name)
    memory: dict[str, str] = {}
    sink.put([item("a")], memory)
    sink.path.write_text("mine")
    for key in ("b", "c"):
        put = sink.put([item(key)], memory)
        assert put.path.endswith(name.replace(".", ".new."))
        assert "was changed by hand" in str(put.notes[0])
    assert sink.path.read_text() == "mine"
    assert len(list(sink.path.parent.glob("t*"))) == 2
    beside = Path(put.path)
    beside.write_text("mine too")
    third = sink.put([item("d")], memory)
    assert Path(third.path).name == name.replace(".", ".new2.")
    assert beside.read_text() == "mine too"
    sink.path.unlink()
    assert sink.put([item("d")], memory).path == str(sink.path)


def test_a_file_that_was_there_before_is_somebody_s(item: Make, context: RecipeContext) -> None:
    """Nothing is remembered of it, so it is left alone."""
    sink = table(context)
    sink.path.parent.mkdir()
    sink.path.write_text("theirs")
    put = sink.put([item("a")], {})
    assert (sink.path.read_text(), Path(put.path).name) == ("theirs", "t.new.csv")


class Dies(dict[str, str]):
    """A memory whose process dies at its n-th note."""

    left = 0

    def __setitem__(self, key: str, value: str) -> None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        super().__setitem__(key, value)


@pytest.mark.parametrize("notes", [0, 1, 2])
def test_a_crash_is_not_taken_for_a_change_by_hand(item: Make, context: RecipeContext, notes: int) -> None:
    """Wherever it happens: the next run, with more items, writes the same file."""
    sink = table(context)
    memory = Dies()
    memory.left = 2
    sink.put([item("a")], memory)
    memory.left = notes
    try:
        sink.put([item("a"), item("b")], memory)
    except KeyboardInterrupt:
        assert notes < 2
    put = sink.put([item("a"), item("b"), item("c")], dict(memory))
    assert (put.path, put.notes) == (str(sink.path), ())


def test_a_target_that_cannot_be_written_is_told_with_its_path(item: Make, context: RecipeContext) -> None:
    """A folder in its place, a file where a folder should be: all stays as it was."""
    sink = table(context)
    sink.path.mkdir(parents=True)
    with pytest.raises(SinkError, match=re.escape(str(sink.path))):
        sink.put([item("a")], {})
    sink.path.rmdir()
    sink.path.parent.rmdir()
    sink.path.parent.write_text("a file")
    with pytest.raises(SinkError, match=re.escape(str(sink.path.parent))):
        sink.put([item("a")], {})
    sink.path.parent.unlink()


def test_a_folder_swapped_for_a_link_leads_nowhere(
    item: Make, context: RecipeContext, tmp_path: Path
) -> None:
    """However often it is swapped behind our back, nothing is written outside."""
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    sink = table(context)
    for swapped in range(100):
        if swapped % 2:
            sink.path.parent.symlink_to(elsewhere)
            with pytest.raises(SinkError, match="link"):
                sink.put([item("a")], {})
            sink.path.parent.unlink()
        else:
            sink.put([item("a")], {})
            sink.path.unlink()
            sink.path.parent.rmdir()
    assert list(elsewhere.iterdir()) == []


def test_too_long_a_text_is_cut_for_a_spreadsheet(item: Make, context: RecipeContext) -> None:
    """A cell holds 32,767 characters; one more would silently be no cell at all."""
    sink = table(context, "t.xlsx", columns={"N": "invoice.record.number"})
    sink.put([item("a", number="x" * 40_000)], {})
    rows = CalamineWorkbook.from_path(sink.path).get_sheet_by_index(0).to_python()
    assert rows[1][0].endswith("…")


def test_a_french_firms_csv_opens_in_its_excel(item: Make, context: RecipeContext) -> None:
    """Semicolons, decimal commas and a mark of UTF-8; what the recipe says itself comes first."""
    french = replace(context, locale="fr-FR", language="fr")
    columns = {"rows": "invoice.record", "columns": {"Dû": "invoice.record.total_gross"}}
    usual = table(french, "a.csv", **columns)
    usual.put([item("a.pdf")], {})
    written = usual.path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbfD\xc3\xbb;Num")
    assert "," in written.decode("utf-8-sig").splitlines()[1].partition(";")[0]
    own = table(french, "b.csv", separator=",", **columns)
    own.put([item("a.pdf")], {})
    plain = table(context, "c.csv", **columns)
    plain.put([item("a.pdf")], {})
    values = [sink.path.read_text("utf-8").splitlines()[1] for sink in (own, plain)]
    assert values[0] == values[1]
    assert "." in values[0].partition(",")[0]


def test_a_table_in_the_old_form_is_not_taken_for_a_change_by_hand(
    item: Make, context: RecipeContext
) -> None:
    """A file that was written with commas is written anew with semicolons, not beside."""
    memory: dict[str, str] = {}
    old = table(context, "t.csv")
    old.put([item("a.pdf")], memory)
    new = table(replace(context, locale="fr-FR"), "t.csv")
    put = new.put([item("a.pdf")], memory)
    assert (Path(put.path).name, put.notes) == ("t.csv", ())


def test_fields_of_the_users_own_keep_their_names(item: Make, context: RecipeContext) -> None:
    """Headings are translated for an invoice only; a record of one's own is headed as it was written."""
    from smeflow.extract.fields import record_type
    from smeflow.kinds.record_kind import FieldSpec

    kind = record_type("ticket", {"due": FieldSpec(kind="date"), "number": FieldSpec(kind="text")})
    sink = table(replace(context, type_of=lambda _: kind, language="fr"), "t.csv")
    sink.put([], {})
    assert sink.path.read_text("utf-8").strip() == "due,number"
