"""The command line on a shared ledger: every command finds it, and wrong inputs are one sentence."""

from pathlib import Path

import pytest
from support.fleet import Fleet, Oracle, serving
from support.postgres import PostgresServer

from smeflow.cli.app import main
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.postgres_connection import LedgerUrl
from smeflow.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.requires_module("procrastinate")]


@pytest.fixture
def oracle():
    with serving(Oracle(seconds=0.0)) as serves:
        yield serves


@pytest.fixture
def office(tmp_path: Path, address: str, oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recipe of four items, and a ledger in PostgreSQL that is not there yet."""
    fleet = Fleet(tmp_path / "office", address, oracle, 4)
    monkeypatch.chdir(fleet.root)
    for name, value in {
        "SMEFLOW_LEDGER": address,
        "COLUMNS": "200",
        "SMEFLOW_PERSON": "Ada",
        "LANG": "C",
    }.items():
        monkeypatch.setenv(name, value)
    return fleet.root


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]):
    """Run a command; give its code and all it printed."""

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(list(arguments))
        printed = "".join(capsys.readouterr())
        assert "Traceback" not in printed
        assert "hush" not in printed
        return code, printed

    return run


def test_every_command_finds_the_shared_ledger(office: Path, told, oracle: Oracle):
    """Run, look, verify, and take it into a file, where a run asks nothing."""
    assert told("run", "r.yaml")[0] == 0
    assert sum(oracle.asked.values()) == 4
    code, text = told("status")
    assert code == 0
    assert "4 items ended in the last minute" in text
    assert told("show", "ITEM-00001")[0] == 0
    code, text = told("audit", "verify")
    assert code == 0, text
    code, text = told("run", "r.yaml", "--dry-run")
    assert code == 0
    assert "0 items: 0 new" in text
    code, text = told("backup", "--to", "b.tar")
    assert code != 0
    assert "pg_dump" in text
    output = (office / "out.csv").read_bytes()
    code, text = told("ledger", "move", "--into", "file")
    assert code == 0
    assert "rows were copied" in text
    code, text = told("ledger", "move", "--into", "postgres")
    assert code != 0
    assert "already" in text
    settings = (office / "smeflow.toml").read_text()
    (office / "smeflow.toml").write_text("")
    (office / "out.csv").unlink()
    assert told("run", "r.yaml")[0] == 0
    assert (office / "out.csv").read_bytes() == output
    assert sum(oracle.asked.values()) == 4
    assert told("work", "r.yaml")[0] == 2  # the ledger is a file now
    (office / "smeflow.toml").write_text(settings)


def test_decisions_and_the_desk_work_on_it(office: Path, told, oracle: Oracle):
    """A person decides while others look; the desk sees at once that something changed."""
    from smeflow.web.desk import Desk

    assert told("run", "r.yaml")[0] == 0
    workspace = Workspace(office)
    desk = Desk(workspace=workspace, person="Ada", language="en")
    mark = desk._mark_now()
    first = workspace.items("fleet")[0]
    assert workspace.reject(first, "not ours", by="Ada").state == "skipped"
    assert desk._mark_now() != mark
    with desk.ledger() as ledger:
        assert ledger is not None
        assert ledger.counts("fleet").skipped == 1
    assert told("run", "r.yaml")[0] == 0
    assert first.key not in (office / "out.csv").read_text()
    assert sum(oracle.asked.values()) == 4


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        ("", "the variable SMEFLOW_LEDGER is not set"),
        ("ledger.db", "no address of a ledger"),
        ("postgresql://ada:secret7@127.0.0.1:1/x", "cannot be reached"),
    ],
)
def test_a_wrong_address_is_one_sentence(
    office: Path, told, monkeypatch: pytest.MonkeyPatch, ledger: str, expected: str
):
    """Before anything is asked; a password in it is not printed."""
    monkeypatch.setenv("SMEFLOW_LEDGER", ledger)
    code, text = told("run", "r.yaml")
    assert code != 0
    assert expected in " ".join(text.split())
    assert "secret7" not in text


def test_a_wrong_password_is_one_sentence(office: Path, told, monkeypatch, address: str):
    """And neither the wrong nor the right one is printed."""
    monkeypatch.setenv("SMEFLOW_LEDGER", address.replace("hush", "secret7"))
    code, text = told("work", "r.yaml")
    assert code != 0
    assert "refuses the user or the password" in " ".join(text.split())
    assert "secret7" not in text


def test_a_full_and_a_read_only_database_are_one_sentence(office: Path, told, oracle: Oracle, address: str):
    """By what the server itself answers; when it has room again nothing is paid twice."""
    import psycopg

    url = LedgerUrl.parse(address)
    Ledger.open(office / "look", url=url).close()
    alone = (office / "r.yaml").read_text().replace("workers: 4", "workers: 1")  # no other call is under way
    (office / "r.yaml").write_text(alone)
    with psycopg.connect(url.address, autocommit=True) as server:
        server.execute(f"SET search_path = {url.schema}")
        server.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        server.execute("CREATE TRIGGER full_disk BEFORE INSERT ON results EXECUTE FUNCTION full_disk()")
        code, text = told("run", "r.yaml")
        assert code == 28, text
        assert "The disk is full" in " ".join(text.split())
        server.execute("DROP TRIGGER full_disk ON results")
        server.execute(f"ALTER DATABASE {server.info.dbname} SET default_transaction_read_only = on")
        try:
            for command in ("run", "work"):
                code, text = told(command, "r.yaml")
                assert code not in (0, 70)
                assert "may only be read" in " ".join(text.split())
            assert told("show", "ITEM-00000")[0] == 0  # looking is allowed
        finally:
            server.execute("SET default_transaction_read_only = off")
            server.execute(f"ALTER DATABASE {server.info.dbname} RESET default_transaction_read_only")
    assert told("run", "r.yaml")[0] == 0
    assert sum(oracle.paid.values()) == 4


def test_a_worker_of_another_version_takes_nothing_on(tmp_path: Path, server: PostgresServer):
    """It ends with one sentence; the others do all of it."""
    other = "import sys, smeflow; smeflow.__version__ = '9.9'; from smeflow.cli import main; sys.exit(main())"
    with serving(Oracle(seconds=0.2)) as oracle:
        fleet = Fleet(tmp_path, server.ledger("versions"), oracle, 40)
        try:
            fleet.start("own", threads=2)
            code = fleet.start("other", "work", "r.yaml", "--items-only", program=other, alone=True).wait(60)
            fleet.wait(fleet.ended, 60)
        finally:
            fleet.stop()
        log = (tmp_path / "other.log").read_text()
        assert code == 1
        assert "Give all workers one version" in " ".join(log.split())
        assert "Traceback" not in log
        assert fleet.shares() == {"own": 40}
        assert sum(oracle.paid.values()) == 40
