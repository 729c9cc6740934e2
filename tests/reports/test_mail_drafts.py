"""A report as a draft: once in the mailbox of a real server, or as a file; nothing is sent."""

import email
import json
from email.policy import default

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("typst")

from smeflow.engine.run import run_to_end
from smeflow.errors import RecipeError
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

RECIPE = """
recipe: sales
llm: none
source: {period: month, last: 1, tables: {sales: sales.csv}}
steps:
  - report: report
    locale: fr-FR
    title: Ventes de {period}
    facts:
      revenue: {sum: amount, unit: EUR, label: Chiffre d’affaires}
sinks:
"""
FILE = "  - {eml: 'outbox/{key}.eml', to: patronne@atelier.example, attach: [md, xlsx]}\n"


def firm(folder, sink):
    (folder / "recipe.yaml").write_text(RECIPE + sink, encoding="utf-8")
    days = [f"2025-{month:02}-{day:02}" for month in (9, 10) for day in range(1, 31)]
    (folder / "sales.csv").write_text("day,amount\n" + "".join(f"{day},10\n" for day in days))
    return lambda: run_to_end(load(folder), WorkspaceSettings.find(folder), state=folder / "state")


@pytest.mark.slow
def test_a_report_is_a_file_that_opens_as_a_draft(tmp_path):
    """Text, attachments and address are there; the same report gives the same bytes."""
    run = firm(tmp_path, FILE)
    assert run().failures == ()
    file = tmp_path / "outbox" / "2025-10.eml"
    first = file.read_bytes()
    mail = email.message_from_bytes(first, policy=default)
    assert mail["X-Unsent"] == "1"
    assert mail["To"] == "patronne@atelier.example"
    assert mail["Subject"] == "Ventes d’octobre 2025"
    assert "300,00\u00a0€" in mail.get_body().get_content() or "300\u00a0€" in mail.get_body().get_content()
    assert [part.get_filename() for part in mail.iter_attachments()] == ["2025-10.md", "2025-10.xlsx"]
    file.unlink()
    run()
    assert file.read_bytes() == first


@pytest.mark.requires_program("dovecot")
def test_a_report_is_put_into_the_drafts_once(tmp_path, dovecot):
    """A second run, and one that forgot that it had, add no second draft."""
    server = {
        "draft": dovecot.address,
        "host": "localhost",
        "port": dovecot.port,
        "certificate": "server.pem",
        "to": ["patronne@atelier.example"],
        "attach": ["md"],
    }
    (tmp_path / "server.pem").write_bytes(dovecot.certificate.read_bytes())
    run = firm(tmp_path, f"  - {json.dumps(server)}\n")
    assert run().failures == ()
    assert run().failures == ()
    assert len(dovecot.subjects("Drafts")) == 1
    import shutil

    shutil.rmtree(tmp_path / "state")  # a ledger that was lost: what lies in the mailbox is still seen
    assert run().failures == ()
    assert len(dovecot.subjects("Drafts")) == 1


def test_an_address_is_never_read_from_data(tmp_path):
    """Whom it goes to stands in the recipe, as an address and nothing else."""
    from smeflow.errors import RecipeError

    firm(tmp_path, FILE.replace("patronne@atelier.example", '"a@b.example\\r\\nBcc: c@d.example"'))
    with pytest.raises(RecipeError):
        load(tmp_path)


ANSWERS = """
recipe: answers
llm: none
source: {folder: inbox/}
steps:
  - reply: answer
    template: hello
sinks:
  - {eml: "outbox/{stem}.eml", answer: answer, signature: "Atelier Berthier\\n01 23 45 67 89"}
"""


@pytest.fixture
def answered(tmp_path):
    """Make a recipe that answers each mail by a template, with the firm's signature."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "hello.fr.md").write_text("{greeting}\n\nMerci, nous regardons.\n\n{closing}", "utf-8")
    (tmp_path / "recipe.yaml").write_text(ANSWERS, "utf-8")

    def run(name, head):
        text = (
            "Bonjour,\n\nPouvez-vous me dire où en est ma commande ?\n\nMerci et bonne journée,\nAnne Petit\n"
        )
        (tmp_path / "inbox" / f"{name}.eml").write_text(f"{head}\n\n{text}", "utf-8")
        settings = WorkspaceSettings.find(tmp_path)
        summary = run_to_end(load(tmp_path), settings, state=tmp_path / "state")
        assert summary.failures == ()
        return tmp_path / "outbox" / f"{name}.eml"

    return run


HEAD = (
    "From: Anne Petit <anne@client.example>\nTo: nous@atelier.example\n"
    "Subject: Commande\nMessage-ID: <1@client.example>"
)


def test_an_answer_is_a_file_with_recipient_and_signature(answered):
    """Opened, it is a draft to who wrote, in the same thread; deleted, it comes back byte for byte."""
    file = answered("demande", HEAD)
    first = file.read_bytes()
    mail = email.message_from_bytes(first, policy=default)
    assert (mail["X-Unsent"], mail["From"], mail["Date"]) == ("1", None, None)
    assert mail["To"] == "Anne Petit <anne@client.example>"
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Re: Commande", "<1@client.example>")
    text = mail.get_body().get_content().replace("\r\n", "\n")
    assert "Merci, nous regardons." in text
    assert text.endswith("\n-- \nAtelier Berthier\n01 23 45 67 89\n")
    file.unlink()
    assert answered("demande", HEAD).read_bytes() == first


def test_what_no_program_may_answer_gets_no_draft(answered):
    """An automatic mail, a newsletter."""
    assert not answered("auto", f"{HEAD}\nAuto-Submitted: auto-replied").exists()


@pytest.mark.parametrize("sink", ["{eml: 'o/{key}.eml'}", "{eml: 'o/{key}.eml', answer: nobody}"])
def test_a_draft_without_recipient_or_step_is_refused_in_the_recipe(tmp_path, sink):
    """The line says which of both is missing."""
    (tmp_path / "hello.fr.md").write_text("Bonjour", "utf-8")
    (tmp_path / "recipe.yaml").write_text(ANSWERS.partition("sinks:")[0] + f"sinks:\n  - {sink}\n", "utf-8")
    with pytest.raises(RecipeError, match=r"answer: …|nobody"):
        load(tmp_path)
