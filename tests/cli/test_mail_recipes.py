"""The bundled recipes for a mailbox run as they are, in both languages."""

import csv
import shutil

import pytest

from smeflow.engine.run import run_recipe
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

TOML = '[tables]\nsuppliers = "supplier-mail/suppliers.csv"\ncustomers = "customer-requests/customers.csv"\n'


@pytest.fixture
def ran(tmp_path, recipes):
    """Give a function that runs a bundled recipe in a firm's folder, with no model."""

    def run(name, file):
        (tmp_path / "smeflow.toml").write_text(TOML, encoding="utf-8")
        shutil.copytree(recipes / name, tmp_path / name)
        for table in ("supplier-mail/suppliers.csv", "customer-requests/customers.csv"):
            (tmp_path / table).parent.mkdir(exist_ok=True)
            shutil.copy(recipes / table, tmp_path / table)
        recipe = load(tmp_path / name / file)
        return tmp_path / name, run_recipe(
            recipe, WorkspaceSettings.find(tmp_path), state=tmp_path / ".smeflow"
        )

    return run


@pytest.mark.slow
@pytest.mark.parametrize("file", ["recipe.yaml", "recipe.fr.yaml"])
@pytest.mark.parametrize("name", ["mailbox-triage", "customer-requests", "supplier-invoices-from-mail"])
def test_each_ends_with_most_mails_sorted_and_the_rest_at_a_person(ran, name, file):
    """No key, no model; what would be done in a mailbox is listed."""
    _, summary = ran(name, file)
    assert summary.failed == summary.open == 0
    assert 2 * summary.done > summary.items
    assert summary.review
    assert "Only observed" in " ".join(map(str, summary.notes))


@pytest.mark.slow
def test_customers_are_answered_in_their_language_by_name(ran):
    """From the firm's own answers; nothing in them is marked."""
    folder, _ = ran("customer-requests", "recipe.yaml")
    rows = list(csv.DictReader((folder / "out" / "requests.csv").open(encoding="utf-8-sig", newline="")))
    assert {row["Language"] for row in rows} == {"fr", "en"}
    answers = {row["From"]: row["Answer"] for row in rows}
    assert answers["patient3@example.com"].startswith("Bonjour Luc Bernard,")
    assert "à l'accueil" in answers["patient3@example.com"]
    assert answers["ruth.baker@example.com"].startswith("Dear Ruth Baker,")
    assert "refunded to the same account" in answers["ruth.baker@example.com"]


@pytest.mark.slow
def test_a_column_may_ask_for_the_language_of_a_mail(ran):
    """What only the text says is read again from the kept bytes."""
    folder, _ = ran("mailbox-triage", "recipe.yaml")
    recipe = folder / "recipe.yaml"
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("Label: kind.label\n", 'Label: fields["language"]\n'), encoding="utf-8")
    run_recipe(load(recipe), WorkspaceSettings.find(folder), state=folder.parent / ".smeflow")
    rows = list(csv.DictReader((folder / "out" / "mailbox.csv").open(encoding="utf-8-sig", newline="")))
    assert {"fr", "en"} <= {row["Label"] for row in rows}


@pytest.mark.slow
def test_an_address_that_poses_as_a_known_firm_waits_for_a_person(ran):
    """A public mailbox with a known firm's name in it."""
    from smeflow.ledger.ledger import Ledger

    folder, _ = ran("mailbox-triage", "recipe.yaml")
    with Ledger.open(folder.parent / ".smeflow", create=False) as ledger:
        [waiting] = [item for item in ledger.items() if item.state == "review"]
    assert "tech-services-password@aol.com looks like techservices.com" in str(waiting.reason)
