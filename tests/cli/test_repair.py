"""``smeflow repair``: what a person is told, and how it ends."""

from pathlib import Path

from smeflow.engine.run import RecipeLock
from smeflow.ledger.salvage import DamagedFile


def _overwrite_page(workspace, table):
    """Overwrite the first page of *table* with zeros."""
    path = workspace / ".smeflow" / "ledger.db"
    damaged = DamagedFile(path)
    owners = damaged.tables()
    page = next(n for n in damaged.leaves() if owners.get(n) == table)
    damaged.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))


def test_a_whole_ledger_is_left_alone(smeflow, workspace):
    """It says so, changes nothing, and ends with 0."""
    smeflow("run")
    told = smeflow("repair")
    assert told.code == 0
    assert "is whole" in told.out


def test_a_damaged_ledger_names_the_command_that_repairs_it(smeflow, workspace):
    """The error says what to do; done so, the next run goes on and the chain holds."""
    before = smeflow("run")
    _overwrite_page(workspace, "results")
    told = smeflow("run")
    assert told.code == 4
    assert "smeflow repair --state" in told.err.replace("\n", " ")
    told = smeflow("repair")
    assert told.code == 1
    assert "ledger.damaged-" in told.out
    assert "Opened again" in told.err
    assert smeflow("run").code == before.code
    told = smeflow("audit", "verify")
    assert told.code == 0
    assert "lost to damage" in told.err


def test_what_was_saved_and_lost_as_json(smeflow, workspace):
    """For other programs: rows by table, and the items by name."""
    smeflow("run")
    _overwrite_page(workspace, "results")
    told = smeflow("repair", "--json")
    assert told.code == 1
    (report,) = told.lines
    assert report["saved"]["items"] == 4
    assert report["lost"]["results"] == len(report["asked_again"]) > 0
    assert Path(report["aside"]).exists()


def test_a_run_that_holds_the_ledger_is_not_disturbed(smeflow, workspace):
    """It is refused with the code of a ledger in use; without a ledger the command is wrong."""
    smeflow("run")
    with RecipeLock(workspace / ".smeflow", "invoices"):
        assert smeflow("repair").code == 3
    assert smeflow("repair", "--state", workspace / "nowhere").code == 2


def test_a_ledger_cut_to_nothing_is_not_begun_anew(smeflow, workspace):
    """An empty file where a ledger was is damage: book numbers must not begin again."""
    smeflow("run")
    (workspace / ".smeflow" / "ledger.db").write_bytes(b"")
    told = smeflow("run")
    assert told.code == 4
    assert "it is empty" in told.err
