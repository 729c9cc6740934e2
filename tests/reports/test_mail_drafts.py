"""A report as a draft: once in the mailbox of a real server, or as a file; nothing is sent."""

import email
import json
from email.policy import default

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("typst")

from smeflow.engine.run import run_to_end
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
