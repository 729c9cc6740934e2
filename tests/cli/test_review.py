"""``smeflow review`` from waiting to written."""

import csv
import io

import pytest


@pytest.fixture
def waiting(smeflow, workspace):
    """Run the recipe, so that two invoices wait and one file failed."""
    smeflow("run", "recipe.yaml")
    return smeflow


def rows_of(workspace):
    with (workspace / "out" / "purchases.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_the_list_is_csv_or_json_when_asked(waiting):
    """The columns are fixed, and JSON carries the values."""
    listed = list(csv.DictReader(io.StringIO(waiting("review", "list", "--csv").out)))
    assert [r["state"] for r in listed] == ["review", "failed", "review"]
    assert set(listed[0]) == {"id", "item", "recipe", "state", "step", "reason"}
    lines = waiting("review", "list", "--json").lines
    assert lines[0]["results"]["invoice"]["record"]["number"] == "RE-20171118/506"


def test_without_a_terminal_review_lists_and_asks_nothing(waiting):
    """In a script the bare command must not wait for somebody."""
    told = waiting("review")
    assert told.code == 0
    assert "lieferant-471113.xml" in told.out


def test_an_approved_item_is_written_by_the_next_run(waiting, workspace):
    """Approved stays approved: the condition is not asked again, and who decided is kept."""
    before = len(rows_of(workspace))
    assert waiting("review", "approve", "lieferant-471113", "--note", "seen on paper").code == 0
    assert waiting("run", "recipe.yaml", "--json").lines[-1]["done"] == 2
    assert len(rows_of(workspace)) == before + 1
    (shown,) = waiting("show", "lieferant-471113", "--json").lines
    (review,) = shown["reviews"]
    assert (review["action"], review["person"], review["note"]) == ("approve", "Ada", "seen on paper")


def test_a_correction_is_typed_checked_again_and_written(waiting, workspace):
    """A person types amounts and dates as they are used to; the evidence says that a person gave them."""
    told = waiting(
        "review", "correct", "lieferant-471113", "--set", "number=R 9", "--set", "issue_date=13.06.2018",
        "--set", "total_net=1 022,00", "--by", "Grace",
    )  # fmt: skip
    assert told.code == 0, told.err
    waiting("run", "recipe.yaml")
    (shown,) = waiting("show", "lieferant-471113", "--json").lines
    found = shown["results"]["invoice"]
    assert shown["state"] == "done"
    assert (found["record"]["number"], found["record"]["issue_date"]) == ("R 9", "2018-06-13")
    assert found["record"]["total_net"] == "1022.00"
    assert found["fields"]["number"]["reader"] == "person"
    assert found["accepted_by"] == "Grace"
    sums = {check["name"]: check["passed"] for check in found["checks"]}
    assert sums["net+vat=gross"] is False
    assert any("Grace" in str(problem) for problem in found["problems"])
    assert any("R 9" in row for row in rows_of(workspace))


def test_a_rejected_item_is_left_out_with_its_reason(waiting):
    """It goes into no table, and the counts still add up."""
    assert waiting("review", "reject", "cut-off.pdf", "--reason", "sent again").code == 0
    (line,) = waiting("status", "--json").lines
    assert (line["skipped"], line["failed"]) == (1, 0)
    assert "sent again" in waiting("show", "cut-off.pdf").out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("totl=1", "totl"),
        ("issue_date=tomorrow", "issue date: tomorrow"),
        ("total_net", "FIELD=VALUE"),
        ("x.y=1", "x.y"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_is_kept(waiting, change, told):
    """The message names the field."""
    answer = waiting("review", "correct", "lieferant-471113", "--set", change)
    assert answer.code == 2
    assert told in answer.err
    (shown,) = waiting("show", "lieferant-471113", "--json").lines
    assert shown["reviews"] == []


def test_an_item_that_does_not_wait_cannot_be_approved(waiting):
    """A second decision on the same item is refused with the state it is in."""
    waiting("review", "approve", "lieferant-471113")
    told = waiting("review", "approve", "lieferant-471113")
    assert told.code == 1
    assert "open" in told.err


def test_a_decision_names_its_item(waiting):
    """Who decides by number sees what it was about."""
    assert "lieferant-471113.xml" in waiting("review", "approve", "lieferant-471113").out


def test_fields_are_called_by_their_words_in_the_language_spoken(waiting):
    """Nobody learns the English names of fields to correct an amount; what is close is proposed in French."""
    told = waiting(
        "review", "correct", "lieferant-471113", "--set", "numéro=R 9", "--set", "date d'émission=13/06/2018",
        "--set", "total_ttc=1 022,00", "--set", "Fournisseur=Roux", "--lang", "fr",
    )  # fmt: skip
    assert told.code == 0, told.err
    (shown,) = waiting("show", "lieferant-471113", "--json").lines
    waiting("run", "recipe.yaml")
    (shown,) = waiting("show", "lieferant-471113", "--json").lines
    record = shown["results"]["invoice"]["record"]
    assert (record["number"], record["issue_date"]) == ("R 9", "2018-06-13")
    assert (record["total_gross"], record["seller"]) == ("1022.00", "Roux")
    near = waiting("--lang", "fr", "review", "correct", "lieferant-471113", "--set", "total_tttc=1")
    words = " ".join(near.err.split())
    assert "vouliez-vous dire total TTC" in words
    assert "échéance" in words
    assert "due_date" not in words


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("total_gross=douze", "total TTC : douze ne convient pas : écrivez un montant"),
        ("échéance=31/02/2026", "échéance : 31/02/2026 ne convient pas : écrivez un jour qui existe"),
        ("devise=monnaie", "écrivez le code d'une monnaie"),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_the_readers_words(waiting, change, told):
    """What Pydantic says of a value is for programmers."""
    refused = waiting("--lang", "fr", "review", "correct", "lieferant-471113", "--set", change)
    assert refused.code == 2
    assert told in " ".join(refused.err.split()).replace("’", "'")


def test_a_file_nobody_can_read_is_typed_in(waiting, workspace):
    """A cut PDF is an invoice all the same: what a person reads off the paper goes where all else goes."""
    changes = {"number": "F-1", "issue_date": "2026-11-03", "seller": "Roux", "currency": "EUR"}
    changes |= {"total_net": "100", "total_vat": "20", "total_gross": "120"}
    settings = [part for change in changes.items() for part in ("--set", "=".join(change))]
    told = waiting("review", "correct", "cut-off", *settings)
    assert told.code == 0, told.err
    assert waiting("run", "recipe.yaml").code == 0
    (shown,) = waiting("show", "cut-off", "--json").lines
    assert shown["state"] == "done"
    assert any("F-1" in row for row in rows_of(workspace))


def test_what_was_just_decided_can_be_corrected_before_the_next_run(waiting):
    """Who sees a slip in a correction mends it at once, and need not run in between."""
    assert waiting("review", "correct", "lieferant-471113", "--set", "number=R 8").code == 0
    assert waiting("status", "--where", "open", "--json").lines[-1]["open"] == 1
    told = waiting("review", "correct", "lieferant-471113", "--set", "total_net=1022.00")
    assert told.code == 0, told.err
    waiting("run", "recipe.yaml")
    (shown,) = waiting("show", "lieferant-471113", "--json").lines
    record = shown["results"]["invoice"]["record"]
    assert (record["number"], record["total_net"]) == ("R 8", "1022.00")


def test_a_changed_account_is_not_approved_in_passing(smeflow, workspace):
    """The note is wanted too where the item waits for something else as well, and whatever is corrected."""
    (workspace / "suppliers.csv").write_text(
        "name,vat_id,iban\nBei Spiel GmbH,DE136695976,DE75512108001245126199\n", encoding="utf-8"
    )
    smeflow("run", "recipe.yaml")
    item = "bei-spiel-RE-20171118-506"
    (shown,) = smeflow("show", item, "--json").lines
    assert len(shown["reasons"]) > 1, shown["reasons"]
    assert "another account" in shown["reasons"][-1]
    for decision in (("approve", item), ("correct", item, "--set", "due_date=2018-01-31")):
        told = smeflow("review", *decision)
        assert told.code != 0
        assert "--note" in " ".join(told.err.split())
        assert "another account" in " ".join(told.err.split())
    assert smeflow("review", "approve", item, "--note", "called them").code == 0
