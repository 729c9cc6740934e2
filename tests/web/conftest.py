"""A firm's folder with items that wait, its desk on a port of this machine, and a browser.

What the extra `web` brings is imported by what needs it, so that tests are skipped where it is missing.
"""

import http.client
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from smeflow import Workspace

RECIPE = """\
recipe: invoices
about: Read invoices.
llm: none
source: {folder: inbox/, match: ["*.xml", "*.pdf"]}
steps:
  - extract: invoice
    into: Invoice
    review: not invoice.proven or invoice.record.total_gross > 500
sinks:
  - {table: out/purchases.csv, rows: invoice.record}
"""
NETPRESSE = "netpresse-2022089083-copy.pdf"
LIEFERANT = "lieferant-471113.xml"
BEI_SPIEL = "bei-spiel-RE-20171118-506.xml"
SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "'-alert(4)-'",
    "javascript:alert(5)",
    "</textarea><script>alert(6)</script>",
    '" autofocus onfocus="alert(7)',
    "<iframe srcdoc='<script>alert(8)</script>'>",
    "{{ 7*7 }}{% raw %}",
    "<a href=javascript:alert(10)>Acme</a>",
    "<style>*{display:none}</style>",
    "<form action=https://example.com><button>Pay",
    "</title><base href=https://example.com/>",
)


def make_firm(folder, inbox, locale="en-GB"):
    """Make a firm's folder and run its recipe."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "smeflow.toml").write_text(f'[company]\nlocale = "{locale}"\n', encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    for name, text in inbox.items():
        (folder / "inbox" / name).write_bytes(text)
    workspace = Workspace(folder)
    workspace.run("recipe.yaml", strict=False)
    return workspace


@pytest.fixture(scope="session")
def run_firm(tmp_path_factory, recipes):
    """Give a folder whose recipe was run: two invoices wait, one is held by its account, one file is cut."""
    source = recipes / "supplier-mail" / "inbox"
    names = (NETPRESSE, LIEFERANT, BEI_SPIEL, "cut-off.pdf")
    folder = tmp_path_factory.mktemp("firm") / "run"
    make_firm(folder, {name: (source / name).read_bytes() for name in names})
    return folder


@pytest.fixture
def firm(run_firm, tmp_path):
    """Give a copy of that folder, to be changed."""
    shutil.copytree(run_firm, tmp_path / "firm")
    return Workspace(tmp_path / "firm")


@dataclass
class Served:
    """A desk that answers."""

    desk: object
    keys: object
    port: int
    runs: object

    @property
    def door(self):
        """The address that lets a browser in."""
        return f"http://127.0.0.1:{self.port}/open?token={self.keys.address}"

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def numbered(self, name):
        """Give the number of the item called *name*."""
        return next(item.id for item in self.desk.workspace.items() if item.name == name)

    def ask(self, method, path, body=None, **headers):
        """Send a request as the desk's own page would, but for *headers*; None leaves one out."""
        usual = {
            "Host": f"127.0.0.1:{self.port}",
            "Cookie": f"smeflow_desk_{self.port}={self.keys.cookie}",
            "Origin": f"http://127.0.0.1:{self.port}" if method == "POST" else None,
            "Content-Type": "application/x-www-form-urlencoded" if method == "POST" else None,
        }
        sent = {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        if body is not None and "Content-Length" not in sent:
            sent["Content-Length"] = str(len(body))
        for name, value in sent.items():
            for each in value if isinstance(value, tuple) else (value,):
                if each is not None:
                    line.putheader(name, each)
        line.endheaders(body.encode() if isinstance(body, str) else body)
        answer = line.getresponse()
        answer.text = answer.read().decode("utf-8", "replace")
        line.close()
        return answer


@contextmanager
def serve_workspace(workspace, *, person="Ada", language="en", run=False):
    """Serve the desk of *workspace* as the command does, in a thread."""
    import uvicorn

    from smeflow.web.app import desk_app, open_port
    from smeflow.web.desk import Desk
    from smeflow.web.guard import Keys
    from smeflow.web.intake import BackgroundRuns

    desk = Desk(workspace=workspace, person=person, language=language)
    listening, keys = open_port(0), Keys()
    port, runs = listening.getsockname()[1], BackgroundRuns(desk) if run else None
    app = desk_app(desk, port=port, keys=keys, runs=runs)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, ws="none", server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Served(desk, keys, port, runs)
    finally:
        server.should_exit = True
        thread.join(10)
        if runs is not None:
            runs.end()


@pytest.fixture
def served(firm):
    """Give the desk of the firm."""
    with serve_workspace(firm) as desk:
        yield desk


@pytest.fixture
def serve():
    """Give what serves the desk of a workspace, as a context."""
    return serve_workspace


@pytest.fixture(name="make_firm")
def make_firm_fixture():
    """Give what makes a firm's folder of an inbox, and runs its recipe."""
    return make_firm


@pytest.fixture
def scripts():
    """Give thirteen texts that would run, or change the page, were they taken as markup."""
    return SCRIPTS


QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIET += " --disable-component-update --disable-sync"


@pytest.fixture(scope="module")
def browser():
    """Start the machine's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET.split())
        yield chromium
        chromium.close()
