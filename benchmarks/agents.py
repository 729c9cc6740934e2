"""A lying agent at the tools of `smeflow mcp`: `python benchmarks/agents.py [--each 50]`.

The agent is a client of the official SDK. It tries twenty kinds of attack on a workspace with the bundled
invoices, each that many times. Nothing may be decided, booked, sent or written, no lie may come back proven,
and nothing outside the workspace may be read. All that is in the workspace is compared before and after.
"""

import argparse
import hashlib
import json
import random
import shlex
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
from mcp import Client

from smeflow import Workspace
from smeflow.agents import AgentDesk, make_server

RECIPE = Path(__file__).parents[1] / "recipes/supplier-mail"
INVOICE = "inbox/bei-spiel-RE-20201121-508.pdf"
TRUE = {"number": "RE-20201121/508", "issue_date": "2020-11-21", "seller": "Bei Spiel GmbH",
        "currency": "EUR", "total_net": "496.00", "total_vat": "75.04", "total_gross": "571.04"}  # fmt: skip
SECRET = "what lies outside"
Attack = Callable[[random.Random], tuple[str, dict[str, Any]]]


def _lie(**values: Any) -> tuple[str, dict[str, Any]]:
    return "verify", {"file": INVOICE, "record": {**TRUE, **values}}


def _changed_digit(chance: random.Random) -> str:
    digits = list("571.04")
    at = chance.choice([0, 1, 2, 4, 5])
    digits[at] = str((int(digits[at]) + chance.randint(1, 9)) % 10)
    return "".join(digits)


def _coherent(chance: random.Random) -> dict[str, str]:
    net = chance.randint(100, 99_999)
    vat = net * 19 / 100
    return {"total_net": f"{net}.00", "total_vat": f"{vat:.2f}", "total_gross": f"{net + vat:.2f}"}


def _suggest(action: str, **more: Any) -> Attack:
    return lambda chance: ("suggest", {"number": chance.randint(1, 45), "action": action, **more})


PATHS = ["/etc/passwd", "/proc/self/environ", "/dev/zero"]
LEDGER = [".smeflow/ledger.db", "./.smeflow/../.smeflow"]
ADDRESSES = ["http://127.0.0.1/x.pdf", "file:///etc/passwd"]
TOOLS = ["approve", "correct", "send", "deliver", "write", "book"]
QUERIES = ["'; DROP TABLE items; --", "x" * 200_000, "%' OR 1=1"]
SHELL = "'; smeflow review approve 1; echo '$(rm -rf .) `id`"


def _a_day(chance: random.Random) -> str:
    return f"20{chance.randint(10, 26)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _an_item(chance: random.Random) -> int:
    return chance.randint(1, 45)


ATTACKS: dict[str, Attack] = {
    "a path upwards": lambda c: ("extract", {"file": f"inbox/{'../' * c.randint(2, 9)}outside/secret.txt"}),
    "an absolute path": lambda c: ("extract", {"file": c.choice(PATHS)}),
    "a link that leads out": lambda _: ("extract", {"file": "inbox/link.txt"}),
    "the ledger's own files": lambda c: ("extract", {"file": c.choice(LEDGER)}),
    "the firm's settings": lambda c: ("facts", {"file": c.choice(["smeflow.toml", "inbox/../smeflow.toml"])}),
    "bytes of nothing": lambda c: ("extract", {"file": f"inbox/\0{c.random()}"}),
    "an address for a file": lambda c: ("verify", {"file": c.choice(ADDRESSES), "record": TRUE}),
    "a digit changed": lambda c: _lie(total_gross=_changed_digit(c)),
    "totals that add up": lambda c: _lie(**_coherent(c)),
    "the buyer as the seller": lambda _: _lie(seller="Theodor Est"),
    "another day": lambda c: _lie(issue_date=_a_day(c)),
    "another account": lambda _: _lie(iban="DE89370400440532013000"),
    "a word of its own proof": lambda _: _lie(proven=True, approved_by="the manager", checks="all passed"),
    "an approval": _suggest("approve", reason="the manager said so"),
    "a false correction": _suggest("correct", values={"invoice.total_gross": "9119.00"}),
    "a command in a reason": _suggest("reject", reason=SHELL),
    "a recipe nobody allowed": lambda c: ("run", {"recipe": c.choice(["supplier-mail", "../x"])}),
    "a tool that is not there": lambda c: (c.choice(TOOLS), {"number": _an_item(c), "by": "the manager"}),
    "arguments nobody asked for": lambda c: ("item", {"number": _an_item(c), "by": "boss", "approve": True}),
    "a query in a search": lambda c: ("search", {"text": c.choice(QUERIES), "state": "done' OR '1'='1"}),
}
"""What the agent tries, by a name for people."""


LIED = {
    "a digit changed": "total_gross",
    "the buyer as the seller": "seller",
    "another day": "issue_date",
    "another account": "iban",
    "totals that add up": "total_gross",
}
"""The field a lie is about, by attack."""


def picture(folder: Path) -> dict[str, str]:
    """Give a hash of every file of *folder*; a ledger is told by what it holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in {".db-shm", ".db-wal", ".lock"}
    }


def decisions(workspace: Workspace) -> dict[int, tuple[str, str]]:
    """Give the state of every item, and the hash of all that is known of it."""
    return {item.id: (item.state, item.hash) for item in workspace.items()}


def is_lie_proven(kind: str, answer: Any) -> bool:
    """Tell whether a record with a lie came back proven, or the lie itself."""
    if not isinstance(answer, dict) or "fields" not in answer or "verdict" not in str(answer):
        return False
    lied = LIED.get(kind)
    told = answer["fields"].get(lied, {})
    return bool(answer["proven"]) or (told.get("verdict") == "proven" and told.get("value") != TRUE.get(lied))


async def attack(folder: Path, each: int) -> tuple[Counter[str], Counter[str]]:
    """Try every attack; give how often each was tried, and how often it got somewhere."""
    tried, passed, chance = Counter[str](), Counter[str](), random.Random(13)
    workspace = Workspace(folder)
    before, states = picture(folder), decisions(workspace)
    async with Client(make_server(AgentDesk(workspace))) as client:
        for kind, make in ATTACKS.items():
            for _ in range(each):
                name, arguments = make(chance)
                tried[kind] += 1
                try:
                    result = await client.call_tool(name, arguments)
                except Exception as error:  # noqa: BLE001 - the protocol's own refusals
                    passed[kind] += SECRET in str(error)
                    continue
                text = "".join(getattr(part, "text", "") for part in result.content)
                answer = result.structured_content or {}
                words = shlex.split(answer.get("command", "smeflow review"))
                escaped = words[:2] != ["smeflow", "review"] or any(w in (";", "&&", "|") for w in words)
                told = "root:" in text or SECRET in text or "Traceback" in text
                passed[kind] += bool(told or escaped or answer.get("decided") or is_lie_proven(kind, answer))
            if decisions(workspace) != states or picture(folder) != before:
                passed[kind] += each
                states, before = decisions(workspace), picture(folder)
    return tried, passed


def main() -> int:
    """Attack and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "firm")
        shutil.copytree(RECIPE, folder)
        Path(place, "outside").mkdir()
        Path(place, "outside", "secret.txt").write_text(SECRET, encoding="utf-8")
        (folder / "inbox" / "link.txt").symlink_to(Path(place, "outside", "secret.txt"))
        (folder / "smeflow.toml").write_text('[company]\nnames = ["Theodor Est"]\n', encoding="utf-8")
        Workspace(folder).run("recipe.yaml", llm="none", strict=False)
        tried, passed = anyio.run(attack, folder, options.each)
    for kind, n in tried.items():
        print(f"{kind:<28} {n:>4} tried, {passed[kind]} got through")
    total = {"kinds": len(tried), "tried": sum(tried.values()), "got through": sum(passed.values())}
    print(json.dumps(total))
    return 1 if sum(passed.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
