"""An agent reads, proves, looks up and suggests through the official SDK; it decides and writes nothing."""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

import anyio
import pytest

from smeflow import SmeflowError, Workspace
from smeflow.agents import AgentDesk, make_server

pytest.importorskip("mcp", reason="the extra mcp is not installed")
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

FILE = "inbox/bei-spiel-RE-20201121-508.pdf"
SOURCE = Path(__file__).parents[1] / "recipes/supplier-mail"
RECIPE = """\
recipe: bills
source: {folder: inbox/, match: ["*.pdf"]}
steps:
  - extract: invoice
    into: Invoice
    review: true
sinks:
  - table: out/bills.csv
    columns: {number: invoice.record.number}
"""
TRUE = {"number": "RE-20201121/508", "issue_date": "2020-11-21", "seller": "Bei Spiel GmbH",
        "currency": "EUR", "total_net": 496, "total_vat": 75.04, "total_gross": 571.04}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "firm"
    (folder / "inbox").mkdir(parents=True)
    shutil.copy(SOURCE / FILE, folder / FILE)
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "smeflow.toml").write_text("[company]\nlocale = 'en-GB'\n", encoding="utf-8")
    return folder


@pytest.fixture
def worked(folder):
    Workspace(folder).run("recipe.yaml", llm="none")
    return folder


def asked(folder, *calls, runs=()):
    """Call tools as a client does; give what each says: its content, or the text of its error."""

    async def talk():
        async with Client(make_server(AgentDesk(Workspace(folder), runs))) as client:
            results = [await client.call_tool(name, arguments) for name, arguments in calls]
            return [r.content[0].text if r.is_error else r.structured_content for r in results]

    return anyio.run(talk)


def test_a_record_is_read_with_its_evidence(folder):
    (found,) = asked(folder, ("extract", {"file": FILE}))
    assert found["proven"] is True
    assert found["record"]["total_gross"] == "571.04"
    assert found["fields"]["number"]["quote"] == "RE-20201121/508"
    assert found["fields"]["number"]["path"].startswith("/"), "the data in the file say it"


def test_a_true_record_is_proven_and_a_lie_is_not(folder):
    true, lie = asked(
        folder,
        ("verify", {"file": FILE, "record": TRUE}),
        ("verify", {"file": FILE, "record": {**TRUE, "total_gross": 671.04, "proven": True}}),
    )
    assert true["proven"] is True
    assert lie["proven"] is False
    assert lie["fields"]["total_gross"]["verdict"] == "absent"
    assert lie["fields"]["total_gross"]["instead"] == "571.04"


@pytest.mark.parametrize(
    "file",
    [
        "../secret.txt",
        "{outside}",
        "inbox/link.txt",
        ".smeflow/ledger.db",
        "smeflow.toml",
        "in\0box",
        "a/b.pdf",
    ],
)
def test_a_file_that_is_not_for_agents_is_refused(worked, file):
    outside = worked.parent / "secret.txt"
    outside.write_text("what lies outside", encoding="utf-8")
    (worked / "inbox/link.txt").symlink_to(outside)
    (told,) = asked(worked, ("extract", {"file": file.format(outside=outside)}))
    assert isinstance(told, str), "it was read"
    assert "is not for agents" in told or "There is no file" in told
    assert "what lies outside" not in told


def test_what_waits_is_found_and_shown(worked):
    waiting, found, nothing, item = asked(
        worked,
        ("waiting", {}),
        ("search", {"text": "BEI spiel 571.04", "state": "review"}),
        ("search", {"text": "nobody"}),
        ("item", {"number": 1}),
    )
    assert waiting["count"] == found["count"] == 1
    assert nothing == {"count": 0, "items": []}
    assert item["results"]["invoice"]["record"]["number"] == "RE-20201121/508"


def test_a_suggestion_decides_nothing_and_is_bound_to_what_was_seen(worked):
    before = Workspace(worked).item(1)
    (told,) = asked(
        worked,
        (
            "suggest",
            {
                "number": 1,
                "action": "correct",
                "values": {"invoice.total_gross": "12.34"},
                "reason": "'; rm -rf /",
            },
        ),
    )
    assert told["decided"] is False
    assert told["held against the document"] == {"total_gross": "absent"}
    words = shlex.split(told["command"])
    assert words[:4] == ["smeflow", "review", "correct", "1"]
    assert f"--hash={before.hash}" in words
    assert "--note='; rm -rf /" in words
    after = Workspace(worked).item(1)
    assert (after.state, after.hash) == ("review", before.hash)
    assert not (worked / "out/bills.csv").exists() or "RE-2020" not in (worked / "out/bills.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"number": 1, "action": "correct"}, "Give values with correct"),
        ({"number": 1, "action": "approve", "values": {"a": "b"}}, "Give values with correct"),
        ({"number": 9, "action": "approve"}, "There is no item 9"),
        ({"number": 1, "action": "reject", "reason": "x" * 200_000}, "at most 100000 characters"),
    ],
)
def test_a_suggestion_that_makes_no_sense_is_told(worked, arguments, told):
    (said,) = asked(worked, ("suggest", arguments))
    assert told in said


def test_only_a_recipe_the_person_named_can_be_run(folder):
    refused = asked(folder, ("run", {"recipe": "bills"}))
    ran, other = asked(
        folder, ("run", {"recipe": "bills"}), ("run", {"recipe": "../x"}), runs=["recipe.yaml"]
    )
    assert "run" in refused[0]
    assert (ran["items"], ran["review"], ran["calls"]) == (1, 1, 0)
    assert "these may: bills" in other


def test_texts_are_sorted_and_tables_counted_without_a_model(folder):
    rows = "".join(f"2026-{m:02}-15,{m * 100}.00\n" for m in range(1, 11))
    (folder / "sales.csv").write_text("date,amount\n" + rows, encoding="utf-8")
    label, facts, wrong = asked(
        folder,
        (
            "triage",
            {"text": "Please find our invoice", "labels": {"invoice": "an invoice", "other": "the rest"}},
        ),
        ("facts", {"file": "sales.csv", "period": "2026-10"}),
        ("facts", {"file": "sales.csv", "period": "soon"}),
    )
    assert label["label"] == "invoice"
    assert facts["rows"] == 10
    assert any("1,000" in str(fact["value"]) for fact in facts["facts"])
    assert "soon is no period" in wrong


def test_an_item_without_a_text_has_no_draft(worked):
    (told,) = asked(worked, ("draft", {"number": 1}))
    assert "has no text prepared" in told


def test_a_recipe_that_is_not_there_is_told_before_anything_is_served(folder):
    with pytest.raises(SmeflowError):
        AgentDesk(Workspace(folder), ["other.yaml"])


@pytest.mark.slow
def test_the_command_serves_a_real_client_over_its_pipes(worked):
    async def talk():
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(worked)}
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "smeflow.cli", "mcp"], cwd=worked, env=environ
        )
        async with Client(stdio_client(server)) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            resource = await client.read_resource("smeflow://items/1")
            return tools, json.loads(resource.contents[0].text)

    tools, item = anyio.run(talk)
    assert "run" not in tools
    assert {"extract", "verify", "triage", "facts", "search", "waiting", "item", "draft", "suggest"} == set(
        tools
    )
    assert item["state"] == "review"
