"""What the tests of mailboxes share: a mail server, and a firm whose recipe reads a mailbox."""

import itertools
import shutil
from pathlib import Path

import pytest
from support.dovecot import PASSWORD, Dovecot, make_mail


@pytest.fixture(scope="session")
def server():
    """Start a mail server for all tests."""
    made = Dovecot()
    made.start()
    yield made
    made.close()


@pytest.fixture
def make_dovecot():
    """Give a function that starts a mail server with settings of its own."""
    made = []

    def make(**settings):
        made.append(Dovecot(**settings))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.close()


_NUMBERS = itertools.count(1)


@pytest.fixture
def dovecot(server, monkeypatch):
    """Give a mailbox of its own on the server; the password is where a firm would put it."""
    monkeypatch.setenv("SMEFLOW_MAILBOX_PASSWORD", PASSWORD)
    server.address = f"compta{next(_NUMBERS)}@atelier.example"
    if server.process is None:
        server.start()
    return server


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
        from smeflow.recipe.workspace import Workspace

        recipe = load(self.folder)
        return run_recipe(recipe, Workspace.find(self.folder), state=self.folder / ".smeflow")

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
