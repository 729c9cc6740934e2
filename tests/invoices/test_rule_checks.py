"""``checks:`` of an Extract step: the rules of e-invoices as part of the proof."""

from pathlib import Path

import pytest

from smeflow.core.case import Case
from smeflow.documents.document import Document
from smeflow.documents.read import read
from smeflow.llm.interface import NoModel
from smeflow.recipe.load import load
from smeflow.records import Invoice
from smeflow.steps import Extract

INBOX = Path(__file__).parents[2] / "recipes" / "supplier-mail" / "inbox"


def found(document: Document, *checks):
    step = Extract(name="invoice", into=Invoice, readers=("exact",), checks=checks)
    return step(Case.of(document), NoModel())


def test_a_rule_that_is_asked_for_and_broken_is_a_doubt():
    """The French rules know that 30 February is no day; sums alone do not."""
    pdf = read(INBOX / "atelier-berthier-FA-2026-0001.pdf")
    data = pdf.parts[0].data.replace(b">20260815<", b">20260230<")
    bad = found(read(data, name="f.xml"), "en16931", "fr-ctc")
    assert {c.name: c.passed for c in bad.checks if c.name in ("en16931", "fr-ctc")} == {
        "en16931": True,
        "fr-ctc": False,
    }
    told = [str(doubt) for doubt in bad.doubts]
    assert any(said.startswith("fr-ctc: BR-FR-03_BT-2: ") and "20260230" in said for said in told)
    assert not bad.proven


def test_a_rule_that_could_not_run_is_not_proven_and_no_doubt():
    """No rules for FatturaPA are bundled: it is told, and a condition on `is_proven` sees it."""
    document = read(INBOX / "azienda-ospedaliera-FAT01.xml")
    plain, asked = found(document), found(document, "en16931")
    assert plain.proven
    assert not asked.proven
    assert asked.doubts == plain.doubts
    assert "en16931 was not run: No rules for FatturaPA are bundled." in [str(p) for p in asked.problems]


@pytest.mark.slow
def test_a_sound_invoice_stays_proven_with_every_rule():
    """What keeps its rules loses nothing by being asked."""
    document = read(INBOX / "au-bon-moulin-F124212.xml")
    assert found(document).proven
    assert found(document, "xsd", "en16931").proven


def test_a_recipe_names_its_rules(tmp_path):
    """A rule that does not exist is told at its line."""
    head = "recipe: r\nsource: {folder: .}\nsteps:\n"
    text = f"{head}  - extract: invoice\n    into: Invoice\n    checks: [en16931]\n"
    file = tmp_path / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    assert load(file).entries[0].step.checks == ("en16931",)
    file.write_text(text.replace("en16931", "en16391"), encoding="utf-8")
    with pytest.raises(Exception, match=r"recipe\.yaml:6:"):
        load(file)
