"""A decision is on what the person was shown, and on nothing that came since."""

import shutil

import pytest

RECIPE = """\
recipe: purchases
llm: none
source: {folder: inbox/}
steps: [{extract: invoice, into: Invoice, review: invoice.record.total_gross > 1}]
sinks: [{table: out/purchases.csv, rows: invoice.record}]
"""
FILE = "lieferant-471113.xml"


@pytest.fixture
def office(smeflow, tmp_path, inbox):
    """One invoice waits for a person."""
    (tmp_path / "inbox").mkdir()
    shutil.copy(inbox / FILE, tmp_path / "inbox")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    assert smeflow("run", "--json").lines[-1]["review"] == 1
    return tmp_path


def swap(office):
    """Put another invoice in the place of the one that was shown."""
    file = office / "inbox" / FILE
    file.write_bytes(file.read_bytes().replace(b"23.54", b"9119.00"))


def test_a_file_that_was_swapped_after_it_was_shown_is_not_approved(smeflow, office):
    """What changed is told, nothing is written, and once it was shown again it can be approved."""
    smeflow("show", FILE)
    swap(office)
    smeflow("run")
    told = smeflow("review", "approve", FILE)
    assert told.code == 1
    assert "total_gross: 23.54 → 9119.00" in told.err
    (shown,) = smeflow("show", FILE, "--json").lines
    assert (shown["state"], shown["reviews"]) == ("review", [])
    assert smeflow("review", "approve", FILE).code == 0


@pytest.mark.parametrize(
    "decision", [("approve",), ("reject", "--reason", "no"), ("correct", "--set", "number=1")]
)
def test_a_script_names_what_it_saw(smeflow, office, decision):
    """The hash that came with the values, or its beginning, is refused once they are others."""
    (shown,) = smeflow("review", "list", "--json").lines
    swap(office)
    smeflow("run")
    told = smeflow("review", decision[0], FILE, *decision[1:], "--hash", shown["hash"][:12])
    assert told.code == 1
    assert "total_gross: 23.54 → 9119.00" in told.err
    (shown,) = smeflow("show", FILE, "--json").lines
    assert smeflow("review", decision[0], FILE, *decision[1:], "--hash", shown["hash"]).code == 0


def test_a_hash_that_is_too_short_says_nothing(smeflow, office):
    """It would fit one value in sixteen."""
    (shown,) = smeflow("show", FILE, "--json").lines
    assert smeflow("review", "approve", FILE, "--hash", shown["hash"][:1]).code == 1


def test_who_approves_without_looking_is_shown_what_it_is_about(smeflow, office):
    """Seller, number and amount stand in what is printed."""
    told = smeflow("review", "approve", FILE)
    assert told.code == 0
    assert all(word in told.out for word in ("Lieferant GmbH", "471113", "23.54"))


def test_the_second_of_two_people_is_told_of_the_first(smeflow, office):
    """Also where they did not look; once they did, they may decide otherwise."""
    smeflow("review", "approve", FILE, "--by", "Ada")
    told = smeflow("review", "reject", FILE, "--reason", "not ours", "--by", "Bea")
    assert told.code == 1
    assert "Ada: approved" in told.err
    smeflow("show", FILE)
    assert smeflow("review", "reject", FILE, "--reason", "not ours", "--by", "Bea").code == 0


def test_a_decision_that_came_since_the_item_was_shown_is_told(smeflow, office, monkeypatch):
    """Both looked at the same; the later one is told who was first."""
    monkeypatch.setenv("SMEFLOW_PERSON", "Bea")
    smeflow("show", FILE)
    monkeypatch.setenv("SMEFLOW_PERSON", "Ada")
    smeflow("review", "approve", FILE)
    smeflow("run")
    monkeypatch.setenv("SMEFLOW_PERSON", "Bea")
    told = smeflow("review", "reject", FILE, "--reason", "not ours")
    assert told.code == 1
    assert "Ada: approved" in told.err


def test_who_decided_may_decide_again(smeflow, office):
    """One's own decision is no surprise."""
    smeflow("show", FILE)
    smeflow("review", "approve", FILE)
    smeflow("run")
    assert smeflow("review", "reject", FILE, "--reason", "it was ours after all").code == 0


def test_what_is_rejected_leaves_the_table(smeflow, office):
    """A table holds what is done now."""
    smeflow("review", "approve", FILE)
    smeflow("run")
    table = office / "out" / "purchases.csv"
    assert "471113" in table.read_text(encoding="utf-8-sig")
    smeflow("review", "reject", FILE, "--reason", "not ours")
    smeflow("run")
    assert "471113" not in table.read_text(encoding="utf-8-sig")
