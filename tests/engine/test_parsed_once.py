"""A document is parsed once a run, however often it is wanted."""

import shutil
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from smeflow.documents.pool import Pool
from smeflow.engine.run import run_to_end
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

DELIVERED = """
recipe: told
llm: none
source: {{folder: inbox, match: ["*.pdf"]}}
steps:
  - triage: kind
    labels: {{invoice: asks us to pay, other: the rest}}
sinks:
  - webhook: http://127.0.0.1:{port}/hook
    allow: [127.0.0.1]
    sign: false
    fields: {{label: kind.label}}
"""


@pytest.fixture
def parsed(monkeypatch):
    """Count the files that child processes parse."""
    jobs: Counter[str] = Counter()
    really = Pool.read

    def counting(self, file):
        jobs[file.name] += 1
        return really(self, file)

    monkeypatch.setattr(Pool, "read", counting)
    return jobs


def inbox(recipes, folder, patterns):
    (folder / "inbox").mkdir()
    for pattern in patterns:
        for file in (recipes / "supplier-mail" / "inbox").glob(pattern):
            shutil.copy(file, folder / "inbox")


@pytest.mark.slow
def test_a_run_of_the_bundled_recipe_parses_each_document_once(recipes, tmp_path, parsed):
    """Whether it came by itself, in a mail, or both."""
    inbox(recipes, tmp_path, ("*.eml", "lieferant-*.pdf", "au-bon-moulin-*.pdf", "oyo-*.pdf"))
    for name in ("recipe.yaml", "suppliers.csv"):
        shutil.copy(recipes / "supplier-mail" / name, tmp_path)
    summary = run_to_end(load(tmp_path), WorkspaceSettings.find(tmp_path), state=tmp_path / "state")
    assert summary.failures == ()
    assert len(parsed) > 3
    assert set(parsed.values()) == {1}


def test_what_is_delivered_is_not_parsed_again(recipes, tmp_path, parsed):
    """A delivery gets the document that was worked on."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            delivered.append(self.path)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    delivered: list[str] = []
    inbox(recipes, tmp_path, ("lieferant-*.pdf",))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        (tmp_path / "recipe.yaml").write_text(DELIVERED.format(port=server.server_port), encoding="utf-8")
        summary = run_to_end(load(tmp_path), WorkspaceSettings.find(tmp_path), state=tmp_path / "state")
        server.shutdown()
    assert summary.failures == ()
    assert len(delivered) == summary.done > 0
    assert set(parsed.values()) == {1}
