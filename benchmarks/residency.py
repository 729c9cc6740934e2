"""Run forty recipes whose model may not be asked: how many are refused, and how much is sent.

``python benchmarks/residency.py``: forbidden providers, fallbacks and second opinions, models of
single steps, servers that redirect.
"""

import os
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from smeflow.engine.models import models_of_recipe
from smeflow.engine.run import run_to_end
from smeflow.errors import LLMRejected
from smeflow.llm.providers import PROVIDERS, is_loopback
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

OUTSIDE = [row.name for row in PROVIDERS.values() if row.region in {"outside", "unknown"}]
EUROPE = [row.name for row in PROVIDERS.values() if row.region == "eu"]
HERE = "small@{here}/v1"


def recipes() -> list[tuple[str, str]]:
    """Give residency and the lines that name models, forty of them."""
    found = [("eu", f"llm: {name}/m") for name in OUTSIDE]
    found += [("local", f"llm: {name}/m") for name in [*OUTSIDE, *EUROPE]]
    found += [("eu", f"llm: [{HERE}, {name}/m]") for name in OUTSIDE]
    found += [("local", f"llm: [{HERE}, {name}/m]") for name in EUROPE[:2]]
    found += [
        ("eu", "llm: none\nSTEP\n    llm: openai/m"),
        ("eu", f"llm: none\nSTEP\n    llm: [{HERE}, groq/m]"),
        ("eu", f"llm: none\nSTEP\n    llm: [{HERE}, openai/m]\n    agree: 2"),
        ("local", f"llm: [{HERE}, mistral/m]\nSTEP\n    agree: 2"),
        ("eu", "llm: m@https://models.example.eu/v1"),
        ("local", "llm: ollama/gpt-oss:120b-cloud"),
        ("eu", "llm: langchain:openai:gpt-4o-mini"),
        ("local", "llm: small@{here}/away/v1"),
        ("local", "llm: [small@{here}/away/v1, small@{here}/moved/v1]"),
    ]
    return found[:40]


class Server(BaseHTTPRequestHandler):
    """Redirects two addresses to a third, and counts what reaches each."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[str]] = []

    def log_message(self, *_):
        """Say nothing."""

    def do_POST(self):
        """Answer."""
        self.rfile.read(int(self.headers["content-length"]))
        self.seen.append(self.path)
        status = {"away": 302, "moved": 307}.get(self.path.split("/")[1], 200)
        self.send_response(status)
        self.send_header(
            "location", f"http://127.0.0.1:{self.server.server_port}/outside/v1/chat/completions"
        )
        self.send_header("content-length", "0")
        self.end_headers()


TEXT = """recipe: forty
residency: {residency}
{llm}
source: {{table: in.csv, key: id}}
steps:
  - extract: found
    fields: {{customer: text}}
    readers: [model]
{step}
"""


def run(residency: str, lines: str, folder: Path, here: str) -> str:
    """Run one recipe; say how it ended."""
    llm, _, step = lines.replace("{here}", here).partition("\nSTEP\n")
    (folder / "recipe.yaml").write_text(
        TEXT.format(residency=residency, llm=llm, step=step), encoding="utf-8"
    )
    (folder / "in.csv").write_text("id,text\n1,Delivery for Martin\n", encoding="utf-8")
    recipe = load(folder / "recipe.yaml")
    try:
        models, _ = models_of_recipe(recipe)
        summary = run_to_end(
            recipe, WorkspaceSettings.find(folder), state=folder / ".smeflow", llm=models, workers=1
        )
    except LLMRejected as error:
        return error.reason
    return summary.stopped or f"{summary.done} done, {summary.review} in review"


def measure() -> tuple[int, int, int, list[str]]:
    """Give recipes, refused ones, and what was sent beyond what they allow; and the ends of the others."""
    for row in PROVIDERS.values():
        if row.key_variable:
            os.environ[row.key_variable] = "sk-0123456789"
    os.environ["AZURE_OPENAI_BASE_URL"] = "https://firm.openai.azure.com/openai/v1"
    outside: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo"}:
            host = arguments[1][0] if event != "socket.getaddrinfo" else arguments[0]  # type: ignore[index]
            if not is_loopback(f"http://{host}/"):
                outside.append(f"{event} {host}")

    sys.addaudithook(watch)
    Server.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    others, listed = [], recipes()
    for residency, lines in listed:
        Server.seen.clear()
        with tempfile.TemporaryDirectory() as folder:
            end = run(residency, lines, Path(folder), here)
        wrongly = [path for path in Server.seen if not path.startswith(("/away", "/moved"))]
        if end not in {"residency", "model"} or wrongly:
            others.append(f"{residency}: {lines!r}: {end} {wrongly}")
    server.shutdown()
    return len(listed), len(listed) - len(others), len(outside), others


if __name__ == "__main__":
    total, refused, sent, others = measure()
    print(f"{total} recipes: {refused} refused, {sent} connections that leave this machine")
    print("\n".join(others))
