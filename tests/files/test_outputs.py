"""A file for each item, copies of originals, JSON lines."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from smeflow._system import MAX_PART_BYTES, safe_path_part
from smeflow.files.originals import Copies
from smeflow.files.results import Files
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.tables.json_lines import LinesFile

Make = Callable[..., SinkItem]


def copies(context: RecipeContext, path: str = "out/{kind.label}/{name}") -> Copies:
    return Copies.model_validate({"copy": path}, context=context)


def listed(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_originals_are_copied_where_their_label_says(
    item: Make, context: RecipeContext, tmp_path: Path
) -> None:
    """Two of one name both stay; doing it again changes nothing."""
    memory: dict[str, str] = {}
    items = [item("a.eml"), item("b/a.eml"), item("c.eml", label="other"), item("d.eml", label=None)]
    put = copies(context).put(items, memory)
    found = listed(tmp_path / "out")
    assert (put.rows, put.changed) == (4, True)
    assert found[0].startswith("_/d.eml")
    assert "invoice/a.eml" in found
    assert sum(name.startswith("invoice/a~") for name in found) == 1
    assert "other/c.eml" in found
    assert (tmp_path / "out/invoice/a.eml").read_text() == "body of a.eml"
    again = copies(context).put(reversed(items), memory)
    assert (again.changed, again.sha256) == (False, put.sha256)


def test_a_copy_moves_when_its_label_does(item: Make, context: RecipeContext, tmp_path: Path) -> None:
    """And goes away with its item; what somebody changed stays, and a note says so."""
    memory: dict[str, str] = {}
    copies(context).put([item("a.eml"), item("b.eml")], memory)
    (tmp_path / "out/invoice/b.eml").write_text("mine")
    put = copies(context).put([item("a.eml", label="other")], memory)
    assert listed(tmp_path / "out") == ["invoice/b.eml", "other/a.eml"]
    assert "left as it is" in str(put.notes[0])
    assert copies(context).put([item("a.eml", label="other")], memory).notes == ()


NAMES = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\x.dll",
    "/etc/passwd",
    "C:\\x.txt",
    "a\0b.pdf",
    "CON.txt",
    "nul",
    ".bashrc",
    "...",
    "a" * 300 + ".pdf",
    "x.pdf:stream",
    "\u202efdp.exe",
    " .. ",
    "a/b/c",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_folder(
    item: Make, context: RecipeContext, tmp_path: Path, name: str
) -> None:
    """Neither the name of a file nor a value read from it, whatever stands in them."""
    inside = tmp_path / "work"
    inside.mkdir()
    context = RecipeContext(folder=inside)
    copies(context).put([item("k", label=name, name=name or "x")], {})
    assert listed(tmp_path) == [f"work/{path}" for path in listed(inside)]
    (path,) = listed(inside / "out")
    assert len(Path(path).parts) == 2
    assert all(part == safe_path_part(part) and not part.startswith(".") for part in Path(path).parts)


def test_long_names_stay_two() -> None:
    """What is cut gets a mark of the whole, and keeps its ending."""
    one, other = safe_path_part("é" * 300 + "1.pdf"), safe_path_part("é" * 300 + "2.pdf")
    assert one != other
    assert one.endswith(".pdf")
    assert len(one.encode()) <= MAX_PART_BYTES


@pytest.mark.parametrize(
    "path",
    [
        "../{name}",
        "/etc/{name}",
        "out/../../{name}",
        "out/{name}/../x",
        "out/{{name}}",
        "{name",
        "out/{}/x",
        "a/{1+1}",
    ],
)
def test_a_path_that_leads_out_is_refused(context: RecipeContext, path: str) -> None:
    """When the recipe is read, before anything runs."""
    with pytest.raises(ValidationError):
        copies(context, path)


class Letter(BaseModel):
    subject: str = "Hello"
    text: str = "Dear all"


def test_results_become_json(item: Make, context: RecipeContext, tmp_path: Path) -> None:
    """All of them, or one value; amounts as text, days as ISO dates."""
    Files.model_validate({"files": "out/{stem}.json"}, context=context).put([item("a.pdf")], {})
    found = json.loads((tmp_path / "out/a.json").read_text())
    assert found["invoice"]["record"]["total_gross"] == "600.10"
    assert found["invoice"]["record"]["issue_date"] == "2026-01-02"
    one = Files.model_validate({"files": "one/{key}.json", "value": "kind.label"}, context=context)
    one.put([item("a.pdf"), item("b.pdf", label=None)], {})
    assert listed(tmp_path / "one") == ["a.pdf.json"]


def test_a_draft_becomes_a_text(item: Make, context: RecipeContext, tmp_path: Path) -> None:
    """With its subject as the heading in Markdown."""
    from dataclasses import replace

    finished = item("a.eml")
    finished = replace(finished, case=finished.case.with_result("letter", Letter()))
    sink = Files.model_validate({"files": "out/{stem}.md", "value": "letter"}, context=context)
    sink.put([finished], {})
    assert (tmp_path / "out/a.md").read_text() == "# Hello\n\nDear all\n"
    with pytest.raises(ValidationError, match="say which text"):
        Files.model_validate({"files": "out/{stem}.md"}, context=context)
    with pytest.raises(ValidationError, match=r"\.json, \.md or \.txt"):
        Files.model_validate({"files": "out/{stem}.exe"}, context=context)


def test_lines_of_json_in_a_file(item: Make, context: RecipeContext, tmp_path: Path) -> None:
    """One for each item, in order, whole."""
    sink = LinesFile.model_validate({"lines": "out.jsonl", "value": "kind.label"}, context=context)
    put = sink.put([item("b"), item("a", label="é")], {})
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines == [{"key": "a", "name": "a", "value": "é"}, {"key": "b", "name": "b", "value": "invoice"}]
    assert put.rows == 2


def test_lines_of_json_on_the_standard_output(item: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` is where another program listens."""
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    LinesFile(value="kind.label").put([item("a")], {})
    assert out.buffer.getvalue() == b'{"key":"a","name":"a","value":"invoice"}\n'  # type: ignore[attr-defined]


def test_files_that_came_with_a_mail_are_saved_as_they_came(
    item: Make, context: RecipeContext, tmp_path: Path
) -> None:
    """Those that are asked for, byte for byte; two of one name both stay, logos are left out."""
    from dataclasses import replace
    from email.message import EmailMessage

    from smeflow.documents.document import text_document
    from smeflow.files.originals import Attachments

    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@x.fr", "Facture"
    mail.set_content("Bonjour")
    for name, data in (("a.PDF", b"%PDF-1"), ("a.PDF", b"%PDF-2"), ("b.txt", b"no"), ("../c.pdf", b"%PDF-3")):
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    made = item("m.eml")
    document = replace(text_document("", name="m.eml"), data=mail.as_bytes())
    made = replace(made, case=replace(made.case, documents=(document,)))
    written = {"attachments": "out/{kind.label}/{name}", "match": "*.pdf", "when": 'kind.label == "invoice"'}
    sink = Attachments.model_validate(written, context=context)
    memory: dict[str, str] = {}
    put = sink.put([made, item("other.eml", label="other")], memory)
    found = {path: (tmp_path / "out" / path).read_bytes() for path in listed(tmp_path / "out")}
    assert put.rows == 3
    assert sorted(found.values()) == [b"%PDF-1", b"%PDF-2", b"%PDF-3"]
    assert found["invoice/a.PDF"] == b"%PDF-1"
    assert found["invoice/c.pdf"] == b"%PDF-3"
    assert not sink.put([made], memory).changed
