"""The bundled documents: all of them third parties', named, licensed, and made again byte for byte."""

import json
import runpy
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "recipes"
INBOXES = sorted(RECIPES.glob("*/inbox"))
PERMISSIVE = {"MIT", "Apache-2.0", "BSD-3-Clause", "Apache-2.0 OR MIT"}


def test_there_are_at_least_24_and_they_stay_small():
    """The recipes show every kind of document and still travel in a wheel of a few megabytes."""
    documents = [f for inbox in INBOXES for f in inbox.iterdir()]
    assert len(documents) >= 24
    assert {".pdf", ".xml", ".eml", ".jpg"} <= {f.suffix for f in documents}
    assert sum(f.stat().st_size for f in RECIPES.rglob("*") if f.is_file()) < 6_000_000


def test_every_supplier_document_is_named_with_its_source():
    """Nobody has to guess where a document comes from or whether it may be passed on."""
    sources = (RECIPES / "supplier-mail" / "SOURCES.md").read_text(encoding="utf-8")
    assert [
        f.name for f in (RECIPES / "supplier-mail" / "inbox").iterdir() if f"`{f.name}`" not in sources
    ] == []


@pytest.mark.parametrize(
    "sources",
    [*sorted(RECIPES.glob("*/SOURCES.md")), Path(__file__).parent / "SOURCES.md"],
    ids=lambda p: p.parent.name,
)
def test_every_licence_is_permissive_and_its_text_is_there(sources):
    """Each row's licence is one we may pass on, and the repository's licence text lies beside."""
    texts = {f.stem.partition("__")[2].lower() for f in (sources.parent / "LICENCES").iterdir()}
    rows = [
        line.split(" | ")
        for line in sources.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    for row in rows:
        if len(row) >= 6 and "/" in row[3]:
            assert row[2] in PERMISSIVE
            assert row[3].partition("/")[2].lower() in texts
    assert texts


@pytest.mark.slow
def test_what_is_made_can_be_made_again(tmp_path, root):
    """The script that made the mails and the broken files makes the same bytes again."""
    script = runpy.run_path(str(root / "scripts" / "make_mails.py"))
    script["main"](tmp_path)
    made = [f for f in tmp_path.rglob("*") if f.is_file()]
    assert len(made) >= 35
    assert [f.name for f in made if f.read_bytes() != (RECIPES / f.relative_to(tmp_path)).read_bytes()] == []


def test_no_mail_is_also_an_example(root):
    """A sorter that has seen the answer proves nothing: examples and inbox share no text."""
    import email
    from email.policy import default

    folder = RECIPES / "mail-triage"
    examples = {
        json.loads(line)["subject"]
        for line in (folder / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    }
    mails = [email.message_from_bytes(f.read_bytes(), policy=default) for f in (folder / "inbox").iterdir()]
    assert len(mails) >= 20
    assert examples.isdisjoint(mail["Subject"] for mail in mails)
