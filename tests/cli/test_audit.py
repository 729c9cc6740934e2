"""``smeflow audit`` names what was changed, against what runs and exports told."""

import itertools
import json
import sqlite3


def _harm(workspace, statement):
    from smeflow.ledger.opening import compiled_sql
    from smeflow.ledger.writer import crc

    names = compiled_sql().covered["items"]
    with sqlite3.connect(workspace / ".smeflow" / "ledger.db") as ledger:
        ledger.execute(statement)
        ledger.row_factory = sqlite3.Row
        for row in ledger.execute("SELECT * FROM items").fetchall():
            ledger.execute("UPDATE items SET crc = ? WHERE id = ?", (crc([row[n] for n in names]), row["id"]))
    ledger.close()


def test_a_run_tells_the_head_and_verify_holds_the_ledger_against_it(smeflow, workspace):
    """What was changed is named and ends with 4; the screen says what cannot be noticed without a head."""
    head = json.loads(smeflow("run", "--json").out.splitlines()[-1])["audit"]
    told = smeflow("audit", "verify")
    assert told.code == 0
    assert "No head was kept elsewhere" in told.err.replace("\n", " ")
    told = smeflow("audit", "verify", "--head", head, "--json")
    assert told.code == 0
    assert json.loads(told.out)["findings"] == []
    _harm(workspace, "UPDATE items SET name = 'another' WHERE id = 1")
    told = smeflow("audit", "verify", "--head", head)
    assert told.code == 4
    assert "row 1 of items is not what was written" in told.out
    assert smeflow("audit", "verify", "--head", "7").code == 2


def test_each_run_keeps_the_head_where_the_workspace_says(smeflow, workspace):
    """And verify finds the file by itself; a chain that was cut is told with the line that knows more."""
    toml = workspace / "smeflow.toml"
    toml.write_text(
        'audit_heads = "heads.jsonl"\n' + toml.read_text()
        if toml.exists()
        else 'audit_heads = "heads.jsonl"\n'
    )
    smeflow("run")
    assert json.loads(smeflow("audit", "verify", "--json").out)["heads"] == 1
    _harm(workspace, "DELETE FROM audit WHERE n > 2")
    told = smeflow("audit", "verify")
    assert told.code == 4
    assert "entries were cut off" in told.out.replace("\n", " ")


def test_the_chain_leaves_as_lines_of_json(smeflow, workspace):
    """Each entry with the hash of the one before."""
    smeflow("run")
    entries = [json.loads(line) for line in smeflow("audit", "export").out.splitlines()]
    assert [e["n"] for e in entries] == list(range(1, len(entries) + 1))
    assert all(e["before"] == previous["hash"] for previous, e in itertools.pairwise(entries))
