"""What the tests of mailboxes share: a mail server, and a firm whose recipe reads a mailbox."""

import shutil
from pathlib import Path

import pytest
from support.dovecot import Dovecot, dovecot, make_dovecot, make_mail, server

__all__ = ["dovecot", "make_dovecot", "server"]


@pytest.fixture(scope="session")
def mail():
    """Give a function that makes mails."""
    return make_mail


RECIPE = """\
recipe: mail
llm: none
source:
  mailbox: {address}
  host: localhost
  port: {port}
  certificate: server.pem
{source}
steps:
{steps}
sinks:
{sinks}
"""
STEPS = """\
  - rule: kind
    choose: [{when: 'contains(fields["subject"], "facture")', value: invoice}]
    otherwise: other
"""
SINKS = "  - {table: out.csv, item: key, columns: {Subject: kind.value}}\n"


class Office:
    """A firm's folder with a recipe that reads the mailbox."""

    def __init__(self, folder: Path, server: Dovecot) -> None:
        self.folder, self.server = folder, server
        shutil.copy(server.certificate, folder / "server.pem")
        self.write()

    def write(self, source: str = "", steps: str = STEPS, sinks: str = SINKS) -> None:
        """Write the recipe."""
        text = RECIPE.format(
            address=self.server.address,
            port=self.server.port,
            source=source,
            steps=steps.rstrip(),
            sinks=sinks.rstrip(),
        )
        (self.folder / "recipe.yaml").write_text(text, encoding="utf-8")

    def run(self):
        """Run the recipe once."""
        from smeflow.engine.run import run_recipe
        from smeflow.recipe.load import load
        from smeflow.recipe.workspace import WorkspaceSettings

        recipe = load(self.folder)
        return run_recipe(recipe, WorkspaceSettings.find(self.folder), state=self.folder / ".smeflow")

    def ledger(self):
        """Open the ledger."""
        from smeflow.ledger.ledger import Ledger

        return Ledger.open(self.folder / ".smeflow", create=False)

    def items(self):
        """Give all items."""
        with self.ledger() as ledger:
            return list(ledger.items())


@pytest.fixture
def make_office(tmp_path):
    """Give a function that makes a firm's folder for a mail server."""
    return lambda server: Office(tmp_path, server)


@pytest.fixture
def office(tmp_path, dovecot):
    """Give a firm's folder with a recipe that reads the mailbox."""
    return Office(tmp_path, dovecot)
