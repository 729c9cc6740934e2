"""``smeflow einvoice``: check, read and attach, as a person uses them."""

import json

import pytest

from smeflow.documents.read import read
from smeflow.invoices.xml.read import read_einvoice


@pytest.mark.slow
def test_a_sound_invoice_ends_with_0_and_a_broken_one_with_1(smeflow, inbox):
    """A script sees the verdict; a person the rule, its words and what stands there."""
    good = smeflow("einvoice", "check", inbox / "atelier-berthier-FA-2026-0001.pdf")
    bad = smeflow("einvoice", "check", inbox / "atelier-berthier-FA-2026-0001-bis.pdf")
    assert (good.code, bad.code) == (0, 1)
    assert "✓ valid" in good.out
    assert "✗ not valid" in bad.out
    assert "✗ BR-CO-15" in bad.out
    assert "BT-112=3000.00" in bad.out


@pytest.mark.slow
def test_a_line_of_json_names_every_check_and_finding(smeflow, inbox):
    """What did not run says so, and why."""
    told = smeflow("einvoice", "check", inbox / "azienda-ospedaliera-FAT01.xml", "--json")
    (line,) = told.lines
    assert told.code == 1
    assert line["valid"] is None
    assert (line["checks"][0]["name"], line["checks"][0]["state"]) == ("xsd", "not run")
    assert line["checks"][0]["why"] == "No schema of FatturaPA is bundled."
    broken = smeflow("einvoice", "check", inbox / "atelier-berthier-FA-2026-0001-bis.pdf", "--json")
    findings = [f for c in broken.lines[0]["checks"] for f in c["findings"] if f["severity"] == "error"]
    assert [f["rule"] for f in findings] == ["BR-CO-15", "BR-CO-16"]
    assert set(findings[0]) == {"rule", "severity", "text", "value", "path", "line"}


@pytest.mark.slow
def test_only_the_checks_that_are_asked_for_run(smeflow, inbox):
    """A check that does not exist is a mistake in the command."""
    told = smeflow("einvoice", "check", inbox / "lieferant-471113.xml", "--rules", "xsd,en16931", "--json")
    assert [c["name"] for c in told.lines[0]["checks"]] == ["xsd", "en16931"]
    wrong = smeflow("einvoice", "check", inbox / "lieferant-471113.xml", "--rules", "en16391")
    assert wrong.code == 2
    assert "xsd, profile, en16931" in wrong.err


@pytest.mark.slow
def test_a_folder_is_gone_through_and_what_is_no_invoice_is_told(smeflow, inbox, tmp_path):
    """Every file is answered for; a report is in French where the person is."""
    (tmp_path / "post").mkdir()
    (tmp_path / "post" / "a.xml").write_bytes((inbox / "lieferant-471113.xml").read_bytes())
    (tmp_path / "post" / "b.txt").write_text("Bonjour", encoding="utf-8")
    told = smeflow("--lang", "fr", "einvoice", "check", tmp_path / "post")
    assert told.code == 1
    assert "✓ valide" in told.out
    assert "b.txt ne contient pas de facture électronique." in told.out


def test_everything_an_invoice_holds_is_shown(smeflow, inbox):
    """Lines, rates and parties under the names people use."""
    told = smeflow("einvoice", "read", inbox / "lieferant-471113.xml")
    assert told.code == 0
    assert "line 1: price" in told.out
    assert "seller: tax no." in told.out
    assert smeflow("einvoice", "read", inbox / "netpresse-2022089083.pdf").code == 1


@pytest.mark.slow
def test_a_record_becomes_a_factur_x_file_that_reads_the_same(smeflow, inbox, tmp_path):
    """Read as JSON, put into a page, checked, read again: the same record."""
    (tmp_path / "record.json").write_text(
        smeflow("einvoice", "read", inbox / "lieferant-471113.xml", "--json").out, encoding="utf-8"
    )
    page = inbox / "netpresse-2022089083.pdf"
    told = smeflow("einvoice", "attach", page, "record.json", "--out", "made.pdf", "--profile", "en16931")
    assert told.code == 0, told.out
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))["record"]
    again = smeflow("einvoice", "read", "made.pdf", "--json").lines[0]["record"]
    assert again == {**record, "control": {**record["control"], "profile": "urn:cen.eu:en16931:2017"}}
    twice = smeflow("einvoice", "attach", page, "record.json", "--out", "made.pdf")
    assert twice.code == 2
    assert "is there already" in twice.err


@pytest.mark.slow
def test_the_xml_of_a_file_goes_in_as_it_is(smeflow, inbox, tmp_path):
    """A Cross Industry Invoice keeps its bytes; UBL is written anew."""
    page = inbox / "netpresse-2022089083.pdf"
    told = smeflow("einvoice", "attach", page, inbox / "lieferant-471113.xml", "--out", "made.pdf", "--json")
    assert told.lines[0]["written"].endswith("made.pdf")
    data = (inbox / "lieferant-471113.xml").read_bytes()
    assert read(tmp_path / "made.pdf").parts[0].data == data
    ubl = smeflow("einvoice", "attach", page, inbox / "my-supplier-018304.xml", "--out", "u.pdf", "--force")
    assert ubl.code == 0
    reading = read_einvoice([read(tmp_path / "u.pdf")])
    assert reading.record.number.startswith("018304")


@pytest.mark.slow
def test_data_that_break_a_rule_are_not_written(smeflow, inbox, tmp_path):
    """Nothing is left behind, and the findings say why."""
    bad = inbox / "atelier-berthier-FA-2026-0001-bis.pdf"
    told = smeflow("einvoice", "attach", inbox / "netpresse-2022089083.pdf", bad, "--out", "made.pdf")
    assert told.code == 1
    assert "BR-CO-15" in told.out
    assert not (tmp_path / "made.pdf").exists()


def test_mistakes_in_the_data_are_told_with_their_place(smeflow, inbox, tmp_path):
    """JSON that is none, a record with a wrong amount, a profile that is none."""
    page = inbox / "netpresse-2022089083.pdf"
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    (tmp_path / "b.json").write_text('{"total_net": "a lot"}', encoding="utf-8")
    assert "a.json is no JSON" in smeflow("einvoice", "attach", page, "a.json").err
    assert "total_net" in smeflow("einvoice", "attach", page, "b.json").err
    wrong = smeflow("einvoice", "attach", page, inbox / "my-supplier-018304.xml", "--profile", "comfort")
    assert wrong.code == 2
    assert "minimum, basicwl" in wrong.err
