"""The sink `sql`: a row an item, once whatever happens, in SQLite and in PostgreSQL."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from smeflow import Case
from smeflow.errors import RecipeError, SinkError
from smeflow.kinds.sinks import SinkItem
from smeflow.ledger.ledger import Ledger
from smeflow.money import Money
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.review.decisions import reject
from smeflow.tables.sql_table import SqlRows

RECIPE = """
recipe: shop
llm: none
source: {table: in.csv, key: id}
steps:
  - rule: double
    value: fields.amount
sinks:
  - sql: sales
    url: sqlite:///out/shop.db
    columns: {amount: double.value, label: fields.label}
    when: fields.label != "no"
    create: true
"""


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "in.csv").write_text("id,amount,label\na,1.50,x\nb,2.25,y\nc,3,no\n", encoding="utf-8")
    return tmp_path


def run(folder):
    from smeflow.engine.run import run_to_end

    return run_to_end(load(folder), WorkspaceSettings.find(folder), state=folder / "state")


def rows(folder):
    with closing(sqlite3.connect(folder / "out" / "shop.db")) as base:
        return base.execute("SELECT recipe, item, amount, label FROM sales ORDER BY item").fetchall()


def test_each_finished_item_is_a_row_and_a_second_run_writes_nothing(shop):
    """What the condition leaves out is none; amounts stay exact."""
    assert run(shop).failures == ()
    assert rows(shop) == [("shop", "a", "1.50", "x"), ("shop", "b", "2.25", "y")]
    before = (shop / "out" / "shop.db").read_bytes()
    assert run(shop).notes == ()
    assert (shop / "out" / "shop.db").read_bytes() == before


def test_a_changed_item_is_written_anew_and_one_left_out_is_deleted(shop):
    """By its item; a row of somebody else's stays."""
    run(shop)
    with closing(sqlite3.connect(shop / "out" / "shop.db")) as base, base:
        base.execute("INSERT INTO sales VALUES ('other', 'a', 'd', '9', 'theirs')")
    (shop / "in.csv").write_text("id,amount,label\na,7,x\nb,2.25,no\nc,3,no\n", encoding="utf-8")
    assert run(shop).failures == ()
    assert sorted(rows(shop)) == [("other", "a", "9", "theirs"), ("shop", "a", "7", "x")]


def test_what_is_rejected_since_is_deleted_and_what_is_gone_stays(shop):
    """Only a rejection takes a row back."""
    run(shop)
    with Ledger.open(shop / "state") as ledger:
        reject(ledger, ledger.item("shop", "a"), person="Ada", reason="paid by card")
    (shop / "in.csv").write_text("id,amount,label\na,1.50,x\n", encoding="utf-8")
    run(shop)
    assert rows(shop) == [("shop", "b", "2.25", "y")]


def test_a_crash_between_the_row_and_the_ledger_gives_the_row_once(shop):
    """Killed after each durable step in turn, the runs together write each row once."""
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from smeflow.engine.run import run_to_end
        from smeflow.recipe.load import load
        from smeflow.recipe.workspace import WorkspaceSettings
        from smeflow.tables import sql_table
        folder, kill = Path(sys.argv[1]), sys.argv[2] == "kill"
        if kill:
            import os, signal
            real = sql_table.SqlRows.deliver
            def deliver(self, *given):
                real(self, *given)
                os.kill(os.getpid(), signal.SIGKILL)
            sql_table.SqlRows.deliver = deliver
        run_to_end(load(folder), WorkspaceSettings.find(folder), state=folder / "state")
        """
    )
    killed = subprocess.run([sys.executable, "-c", script, str(shop), "kill"], check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert rows(shop)
    subprocess.run([sys.executable, "-c", script, str(shop), "run"], check=True, timeout=120)
    assert [row[1] for row in rows(shop)] == ["a", "b"]
    assert run(shop).notes == ()


def test_a_missing_table_is_told_with_the_words_that_make_it(shop):
    """Nothing is made where nobody said so; the words given make the table that is wanted."""
    text = RECIPE.replace("    create: true\n", "")
    (shop / "recipe.yaml").write_text(text, encoding="utf-8")
    (failure,) = run(shop).failures
    assert "create: true" in str(failure)
    ddl = str(failure)[str(failure).index("CREATE TABLE") :]
    with closing(sqlite3.connect(shop / "out" / "shop.db")) as base:
        base.execute(ddl)
    assert run(shop).failures == ()
    assert len(rows(shop)) == 2


def test_a_table_without_a_column_is_told_by_its_name(shop):
    """It is never changed by us."""
    (shop / "out").mkdir()
    with closing(sqlite3.connect(shop / "out" / "shop.db")) as base:
        base.execute("CREATE TABLE sales (recipe TEXT, item TEXT, delivery TEXT, amount TEXT)")
    (failure,) = run(shop).failures
    assert "lacks the columns label" in str(failure)


def test_a_value_that_does_not_fit_its_column_is_told_and_the_others_are_written(shop):
    """A table of one's own has types of its own."""
    (shop / "out").mkdir()
    with closing(sqlite3.connect(shop / "out" / "shop.db")) as base:
        base.execute("CREATE TABLE sales (recipe TEXT, item TEXT, delivery TEXT, amount INTEGER, label TEXT)")
    (shop / "in.csv").write_text("id,amount,label\na,1.50,x\nb,2,y\n", encoding="utf-8")
    (failure,) = run(shop).failures
    assert "'1.50' is no int" in str(failure)
    assert rows(shop) == [("shop", "b", 2, "y")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("url: mysql://h/b", "write the address of the database"),
        ("url: sqlite:////etc/shop.db", "leads out of the recipe's folder"),
        ("url: postgresql://ada:hush@h/b", "a password does not stand in a recipe"),
        ("url: ${SHOP_DB}", "recipes may not read the variable SHOP_DB"),
    ],
)
def test_an_address_that_may_not_be_is_told_at_its_place(shop, line, told):
    """With line and column, and without the password."""
    (shop / "recipe.yaml").write_text(RECIPE.replace("url: sqlite:///out/shop.db", line), encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load(shop, environ={"SHOP_DB": "postgresql://ada:hush@h/b"})
    problem = caught.value.problems[0]
    assert (problem.line, told in str(problem.phrase)) == (10, True), problem
    assert "hush" not in str(caught.value)


def test_a_password_comes_from_a_variable_and_is_shown_nowhere(shop):
    """The workspace names the variable; the sink's name has the host and the base alone."""
    (shop / "smeflow.toml").write_text('[environment]\nsecrets = ["SHOP_DB"]\n', encoding="utf-8")
    (shop / "recipe.yaml").write_text(RECIPE.replace("sqlite:///out/shop.db", "${SHOP_DB}"), encoding="utf-8")
    (sink,) = load(shop, environ={"SHOP_DB": "postgresql://ada:hush@db.example:5433/b"}).sinks
    assert sink.name == "sales @ db.example:5433/b"


@pytest.mark.parametrize("columns", [{"item": "a"}, {"no name": "a"}, {}])
def test_columns_have_names_of_their_own(columns):
    """What names the row is written by smeflow."""
    with pytest.raises(ValueError, match="column"):
        SqlRows.model_validate({"sql": "t", "url": "sqlite:///x.db", "columns": columns})


@pytest.fixture(scope="module")
def postgres():
    """Start a PostgreSQL of one's own on loopback."""
    import psycopg

    places = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
    initdb, server = shutil.which("initdb", path=places), shutil.which("postgres", path=places)
    if not initdb or not server:
        missing = pytest.fail if os.environ.get("SMEFLOW_REQUIRE_ALL") == "1" else pytest.skip
        missing("the program postgres is not installed")
    user = {"user": "postgres"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="smeflow-pg-"))
    if user:
        shutil.chown(home, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home, **user}
    subprocess.run([initdb, "-D", home / "d", "-U", "ada", "-A", "trust", "--no-sync"], check=True, **quiet)
    settings = (f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={home}", "fsync=off")
    options = [part for setting in settings for part in ("-c", setting)]
    process = subprocess.Popen([server, "-D", home / "d", *options], **quiet)
    try:
        for _ in range(300):
            with suppress(psycopg.OperationalError):
                psycopg.connect(host="127.0.0.1", port=port, user="ada", dbname="postgres").close()
                break
            time.sleep(0.1)
        yield f"postgresql://ada@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def item(key, version="v", **values):
    case = Case(id=key)
    for name, value in values.items():
        case = case.with_result(name, value)
    return SinkItem(recipe="r", key=key, name=key, version=version, case=case)


VALUES = {
    "text": "Müller & Söhne\0 \ud800",
    "amount": Decimal("1234567890123.45"),
    "day": date(2026, 11, 30),
    "at": datetime(2026, 11, 30, 12, 0, tzinfo=UTC),
    "count": 7,
    "open": True,
    "price": Money(Decimal("5.00"), "EUR"),
    "none": None,
    "many": ("a", "b"),
}


@pytest.mark.slow
@pytest.mark.requires_module("psycopg")
def test_postgres_keeps_every_type_and_takes_a_row_back(postgres):
    """Upsert, a renamed item, retraction: the same words as for SQLite, on a real server."""
    import psycopg

    types = "text text, amount numeric(20,2), day date, at timestamptz, count bigint, open boolean"
    with psycopg.connect(postgres) as base:
        base.execute("CREATE SCHEMA shop")
        base.execute(
            f"CREATE TABLE shop.sales (recipe text, item text, delivery text, {types}, price text, none text,"
            " many text, PRIMARY KEY (recipe, item))"
        )
    sink = SqlRows.model_validate(
        {"sql": "shop.sales", "url": postgres, "columns": {name: name for name in VALUES}}
    )

    def stored():
        with psycopg.connect(postgres) as base:
            names = ", ".join(VALUES)
            return base.execute(f"SELECT item, {names} FROM shop.sales ORDER BY item").fetchall()

    first = sink.parcel(item("a", **VALUES))
    for _ in range(2):
        assert sink.deliver(first, "", 0).took
    (row,) = stored()
    assert row[:8] == ("a", "Müller & Söhne ?", *list(VALUES.values())[1:6], "5.00 EUR")
    assert row[8:] == (None, "a, b")
    renamed = sink.parcel(item("b", version="w", **{**VALUES, "amount": Decimal(1)}))
    assert sink.deliver(renamed, first.id, 0).took
    assert [(row[0], row[2]) for row in stored()] == [("b", Decimal("1.00"))]
    answer = sink.deliver(sink.parcel(item("c", **{**VALUES, "count": 2**40, "day": "soon"})), "", 0)
    assert (answer.status, answer.took, answer.final) == (422, False, True)
    assert sink.deliver(sink.retraction(item("b"), renamed.id), renamed.id, 0).took
    assert stored() == []


@pytest.mark.slow
@pytest.mark.requires_module("psycopg")
def test_postgres_makes_the_table_where_it_may_and_is_told_when_it_is_away(postgres):
    """Where it is away the next try may find it; the reason names no password."""
    import psycopg

    sink = SqlRows.model_validate({"sql": "made", "url": postgres, "columns": {"x": "x"}, "create": True})
    assert sink.deliver(sink.parcel(item("a", x="1")), "", 0).took
    with psycopg.connect(postgres) as base:
        assert base.execute("SELECT recipe, item, x FROM made").fetchall() == [("r", "a", "1")]
    unmade = SqlRows.model_validate({"sql": "unmade", "url": postgres, "columns": {"x": "x"}})
    with pytest.raises(SinkError, match="CREATE TABLE"):
        unmade.deliver(unmade.parcel(item("a", x="1")), "", 0)
    away = SqlRows.model_validate(
        {"sql": "t", "url": "postgresql://ada:hush@127.0.0.1:1/b", "columns": {"x": "x"}}
    )
    answer = away.deliver(away.parcel(item("a", x="1")), "", 0)
    assert (answer.status, answer.took, answer.final) == (503, False, False)
    assert "hush" not in answer.reason
