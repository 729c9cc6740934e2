"""Make the ledgers of ``tests/ledgers``: what a firm has that used smeflow before. They were made at 638847c.

    git worktree add OLD 638847c
    PYTHONPATH=OLD/src python scripts/old_ledgers.py

They are not made again by later versions: that each of them reads these is what the test is for. Each archive
is a firm's folder with one bundled recipe, some of its documents, its ledger and its outputs, and the screens
of the last run and of `status`. The model stands for a provider that is paid; here a server on this machine
takes its place, which gives the plainest answer of the right form. Nothing is there when the test runs.
"""

import contextlib
import io
import json
import lzma
import os
import re
import shlex
import shutil
import socket
import sqlite3
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
INTO = ROOT / "tests" / "ledgers"
HOST, PORT = "models.example.eu", 48611
FIRM = f"""\
[company]
locale = "en-GB"

[tables]
suppliers = "suppliers.csv"
customers = "customers.csv"

[prices."{HOST}/small"]
input_per_million = 40.00
output_per_million = 60.00
as_of = 2026-11-01
"""
SUPPLIERS = """\
name,vat_id,iban,aux_account,expense_account
NETPRESSE,,FR7610107002450061705231739,F0001,606100
Bei Spiel GmbH,DE136695976,DE88200800000970375700,F0002,606200
"""
LEFT_OUT = {
    "supplier-mail": [
        *(
            "*.jpg",
            "scan-*",
            "atelier-*",
            "au-bon-*",
            "azure-*",
            "bei-spiel-*pdf",
            "coolblue-99[2]*",
            "taxi-*",
        ),
        *("lieferant-rabatte*", "mail-au-bon*", "mail-bei*", "mail-qual*", "netpresse*copy.pdf", "verkehrs*"),
    ],
    "supplier-invoices-from-mail": ["02.eml", "03.eml"],
    "mail-triage": ["labelled.jsonl"],
}
SCREENS = {"run.txt": "run {name}", "status.txt": "status --all", "etat.txt": "--lang fr status --all"}
DECIDED = {
    "supplier-mail": [
        "run supplier-mail",
        "review approve lieferant-471113.xml --note 'I called them'",
        "review correct kraxi-2014-03.pdf --set iban=DE89370400440532013000",
        "review reject lieferant-R-2024-00001.xml --reason 'not ours'",
        "run supplier-mail",
        "books export --period 2022-11",
    ],
    "supplier-invoices-from-mail": ["review reject 06.eml --reason 'not ours'"],
    "mail-triage": [
        "review correct mail-24.eml --set kind.label=personal",
        "review approve mail-26.eml",
        "review again mail-25.eml",
    ],
    "mailbox-triage": ["review approve 15.eml"],
    "customer-requests": ["review approve 07.eml", "review reject 13.eml --reason 'answered by telephone'"],
    "inbox-week": [],
    "monthly-sales": [],
    "receivables": [],
}


class Small(BaseHTTPRequestHandler):
    """A model that gives each question the plainest answer its schema allows."""

    def do_POST(self) -> None:
        """Answer."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        schema = asked.get("response_format", {}).get("json_schema", {}).get("schema", {})
        text = json.dumps(plainest(schema, schema.get("$defs", {})))
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1000, "completion_tokens": 100}
        answer = {
            "id": "1",
            "object": "chat.completion",
            "model": "small",
            "choices": [choice],
            "usage": usage,
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def plainest(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> object:
    """Give the plainest value a JSON Schema allows: nothing, else the first of a choice."""
    if "$ref" in schema:
        return plainest(parts[schema["$ref"].rpartition("/")[2]], parts)
    if "anyOf" in schema:
        empty = any(choice.get("type") == "null" for choice in schema["anyOf"])
        return None if empty else plainest(schema["anyOf"][0], parts)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "object":
        return {name: plainest(part, parts) for name, part in schema.get("properties", {}).items()}
    return {"array": [], "string": "It is so.", "integer": 0, "number": 0, "boolean": False}.get(
        cast("str", schema.get("type"))
    )


def here(ask: Callable[..., Any], host: Any, *more: Any, **named: Any) -> Any:
    """Look an address up; the provider's is this machine's."""
    return ask("127.0.0.1" if host == HOST else host, *more, **named)


def smeflow(folder: Path, command: str) -> str:
    """Run a command in a firm's folder; give what it printed."""
    from smeflow.cli.app import main

    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(shlex.split(command))
    if code:
        raise SystemExit(f"{command}: {out.getvalue()}")
    return out.getvalue()


def firm_of(folder: Path, name: str) -> list[str]:
    """Make a firm's folder with the recipe *name*; give the recipes to run, in order."""
    names = ["mail-triage", name] if name == "inbox-week" else [name]
    (folder / "smeflow.toml").write_text(FIRM, encoding="utf-8")
    for one in names:
        out = shutil.ignore_patterns("LICENCES", "SOURCES.md", "recipe.fr.yaml", *LEFT_OUT.get(one, ()))
        shutil.copytree(ROOT / "recipes" / one, folder / one, ignore=out)
        recipe = folder / one / "recipe.yaml"
        text = recipe.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^llm: auto.*", f"llm: small@http://{HOST}:{PORT}/v1\nresidency: any", text)
        recipe.write_text(text, encoding="utf-8")
    (folder / "suppliers.csv").write_text(SUPPLIERS, encoding="utf-8")
    shutil.copy(ROOT / "recipes" / "customer-requests" / "customers.csv", folder)
    return names


def make(name: str) -> None:
    """Make the archive of one recipe."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(os.path.realpath(place))
        names = firm_of(folder, name)
        commands = [f"run {one} --yes" for one in names]
        commands += [*DECIDED[name], *commands]
        for command in commands:
            print(f"$ smeflow {command}\n{smeflow(folder, command).rstrip()}")
        for kept, command in SCREENS.items():
            (folder / kept).write_text(smeflow(folder, command.format(name=name)), encoding="utf-8")
        with contextlib.closing(sqlite3.connect(folder / ".smeflow" / "ledger.db")) as ledger:
            items = [row[0] for row in ledger.execute("SELECT id FROM items ORDER BY id")]
        shown = [smeflow(folder, f"--lang fr show {item}") for item in items]
        (folder / "show.txt").write_text("\n".join(shown), encoding="utf-8")
        shutil.rmtree(folder / ".smeflow" / "locks", ignore_errors=True)
        file = INTO / f"{name}.tar.xz"
        with lzma.open(file, "wb", preset=9) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
            for path in sorted(folder.rglob("*")):
                archive.add(path, path.relative_to(folder).as_posix(), recursive=False, filter=nobody)
        print(file.name, file.stat().st_size)


def nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out of an archive whose the files were."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def main() -> None:
    """Make them all."""
    os.environ |= {"SMEFLOW_PERSON": "Ada", "SMEFLOW_LLM_KEY": "none", "COLUMNS": "120", "TZ": "Europe/Paris"}
    time.tzset()
    socket.getaddrinfo = partial(here, socket.getaddrinfo)
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Small)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in DECIDED:
        print(name)
        make(name)
    server.shutdown()


if __name__ == "__main__":
    main()
