"""A person moves a mail into the folder of another label."""

import json

import pytest

from smeflow.cli.app import main

pytestmark = [pytest.mark.requires_program("dovecot"), pytest.mark.requires_module("imap_tools")]
STEPS = """\
  - triage: kind
    labels: {invoice: asks to pay, order: wants to buy, other: the rest}
    rules: [{label: invoice, subject: facture}, {label: order, subject: commande}]
    learned: kind.learned.jsonl
"""
SINKS = """\
  - mailbox: MODE
    by: kind.label
    move: {invoice: Tri/Factures, order: Tri/Commandes}
  - {table: out.csv, item: key, columns: {Label: kind.label}}
"""


@pytest.fixture
def sorted_mails(office, dovecot, mail, monkeypatch):
    """Give a function that sorts two invoices and an order, observing or acting."""

    def start(mode):
        office.write(steps=STEPS, sinks=SINKS.replace("MODE", mode))
        monkeypatch.chdir(office.folder)
        assert main(["run"]) == 0
        dovecot.put(mail(1, subject="facture 1"), mail(2, subject="facture 2"), mail(3, subject="commande 3"))
        main(["run"])

    return start


def move(dovecot, subject, source, target):
    """Move a mail as a person does."""
    number = dovecot.subjects(source).index(subject) + 1
    client = dovecot.client()
    client.create(f'"{target}"')
    client.select(f'"{source}"')
    assert client._simple_command("MOVE", str(number), f'"{target}"')[0] == "OK"
    client.logout()


def labels(office):
    """Give the label of each item, by the subject in its name."""
    with office.ledger() as ledger:
        return {
            item.name.split(" ", 1)[1].removesuffix(".eml"): json.loads(ledger.value(item, "kind")[0])[
                "label"
            ]
            for item in ledger.items()
        }


def test_a_move_by_hand_is_a_correction_and_the_mail_stays_where_it_was_put(
    sorted_mails, office, dovecot, capsys
):
    """Also what smeflow had filed; later runs change nothing, and it is a lesson for the sorter."""
    sorted_mails("act")
    assert sorted(dovecot.subjects("Tri/Factures")) == ["facture 1", "facture 2"]
    capsys.readouterr()
    move(dovecot, "facture 2", "Tri/Factures", "Tri/Commandes")
    main(["run"])
    assert "1 mails were moved by hand" in capsys.readouterr().err
    assert labels(office) == {"facture 1": "invoice", "facture 2": "order", "commande 3": "order"}
    main(["run"])
    assert "by hand" not in capsys.readouterr().err
    assert sorted(dovecot.subjects("Tri/Commandes")) == ["commande 3", "facture 2"]
    assert dovecot.subjects("Tri/Factures") == ["facture 1"]
    assert (office.folder / "out.csv").read_text(encoding="utf-8-sig").count("order") == 2
    assert main(["learn", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["taken"]) + len(told["tests"]) + len(told["refused"]) == 1


def test_a_recipe_that_only_observes_learns_from_moves_too(sorted_mails, office, dovecot):
    """A person files by hand as before, and the recipe comes to know how."""
    sorted_mails("observe")
    move(dovecot, "facture 1", "INBOX", "Tri/Factures")
    move(dovecot, "facture 2", "INBOX", "Tri/Commandes")
    main(["run"])
    assert labels(office) == {"facture 1": "invoice", "facture 2": "order", "commande 3": "order"}


def test_strangers_in_a_folder_of_a_label_say_nothing(sorted_mails, office, dovecot, mail):
    """What was never an item, and a folder that stands for no label."""
    sorted_mails("act")
    dovecot.put(mail(9, subject="facture 9"), folder="Tri/Commandes")
    move(dovecot, "facture 1", "Tri/Factures", "Elsewhere")
    main(["run"])
    assert labels(office)["facture 1"] == "invoice"
    assert len(labels(office)) == 3
