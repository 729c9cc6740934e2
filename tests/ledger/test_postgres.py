"""What is PostgreSQL's alone: its addresses, its errors, a server that goes, a process that stands still."""

import errno
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from support.postgres import PostgresServer, postgres_server

from smeflow.errors import LedgerError
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.opening import compiled_sql
from smeflow.ledger.postgres_connection import LedgerUrl, connected
from smeflow.ledger.writer import Transaction, crc

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: PostgresServer, request: pytest.FixtureRequest) -> LedgerUrl:
    """A ledger of the test's own."""
    return LedgerUrl.parse(postgres.ledger(f"s{abs(hash(request.node.name)):x}"))


def _note(name: str, value: str = "v"):
    return lambda transaction: transaction.add("memory", {"name": name, "value": value})


def test_an_address_shows_no_password():
    """Neither its text nor its repr; the schema is shown where it is not the usual one."""
    url = LedgerUrl.parse("postgresql://ada:h%40sh@db.example:5433/books?schema=client_17&sslmode=require")
    assert (str(url), url.schema, url.password) == ("db.example:5433/books (client_17)", "client_17", "h@sh")
    assert "h%40sh" not in repr(url)
    assert url.address == "postgresql://ada:h%40sh@db.example:5433/books?sslmode=require"
    assert str(LedgerUrl.parse("postgres://db/books")) == "db/books"


@pytest.mark.parametrize(
    "text", ["", "ledger.db", "mysql://a/b", "postgresql://h:port/b", "postgresql://h/b?schema=a;drop"]
)
def test_what_is_no_address_is_refused(text: str):
    """Before anything is connected."""
    with pytest.raises(ValueError, match=r"address|schema"):
        LedgerUrl.parse(text)


def test_compiled_statements_are_those_of_the_schema():
    """``postgres.json`` is up to date: run ``python -m smeflow.ledger.statements`` after a change."""
    import json
    from importlib import resources

    from smeflow.ledger.statements import compiled

    file = resources.files("smeflow.ledger").joinpath("postgres.json")
    assert json.loads(file.read_text(encoding="utf-8")) == json.loads(json.dumps(compiled("postgres")))
    assert compiled_sql("postgres").statements.keys() == compiled_sql().statements.keys()


def test_any_text_comes_back_as_it_was(tmp_path: Path, url: LedgerUrl):
    """PostgreSQL keeps no NUL; what stands for it may stand in a text too."""
    texts = {"a": "\0", "b": "x\0\U0010fffe0\U0010fffe", "c": "%s %(name)s é œ 你", "d": "\U0010fffe1"}
    with Ledger.open(tmp_path, url=url) as ledger:
        for name, text in texts.items():
            ledger.store.write(_note(name, text))
        rows = ledger.store.read("all memory")
        assert {row["name"]: row["value"] for row in rows} == texts
        assert all(row["crc"] == crc((row["name"], row["value"])) for row in rows)


def test_large_documents_are_rows(tmp_path: Path, url: LedgerUrl):
    """Another machine must find them: nothing is left in a folder of this one."""
    from smeflow.ledger.store import blob_data, record_blob, store_blob

    data = bytes(range(256)) * 4000
    with Ledger.open(tmp_path / "one", url=url) as ledger:
        name = store_blob(ledger.store, data)
        ledger.store.write(lambda transaction: record_blob(transaction, name, data))
    with Ledger.open(tmp_path / "two", url=url) as ledger:
        assert blob_data(ledger.store, name) == data
    assert not list(tmp_path.glob("*/blobs"))


def test_two_writers_wait_for_each_other(tmp_path: Path, url: LedgerUrl):
    """What one reads and writes in a transaction, no other changes in between: nothing is counted twice."""

    def count(transaction: Transaction) -> None:
        row = transaction.first("get memory", name_="n")
        time.sleep(0.001)
        transaction.put("memory", {"name": "n", "value": str(int(row[1]) + 1 if row else 1)})

    with Ledger.open(tmp_path, url=url) as one, Ledger.open(tmp_path, url=url) as two:
        threads = [
            threading.Thread(target=lambda store=each.store: [store.write(count) for _ in range(30)])
            for each in (one, two, one, two)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert one.store.read("get memory", name_="n")[0]["value"] == "120"


def test_what_is_not_there_is_told_without_the_password(tmp_path: Path, postgres: PostgresServer):
    """Unreachable, a wrong password, no such database, no ledger in it: one sentence each."""
    away = "postgresql://ada:secret7@127.0.0.1:1/postgres"
    wrong = postgres.url.replace("hush", "secret7")
    other = postgres.url.replace("hush", "hush").replace("/postgres", "/nowhere")
    for address, expected in (
        (away, "cannot be reached"),
        (wrong, "refuses the user or the password"),
        (other, "nowhere"),
        (postgres.ledger("empty"), "no ledger"),
    ):
        with pytest.raises(LedgerError, match=expected) as caught:
            Ledger.open(tmp_path, create=False, url=LedgerUrl.parse(address))
        text = f"{caught.value} {caught.value.__cause__ or ''}"
        assert "secret7" not in text
        assert "hush" not in text


def test_a_newer_ledger_is_left_alone_and_an_older_one_brought_up_to_date(tmp_path: Path, url: LedgerUrl):
    """As in a file: by the row that tells the version."""
    Ledger.open(tmp_path, url=url).close()
    with closing(connected(url)) as other:
        other.execute("UPDATE meta SET value = '99'")
    with pytest.raises(LedgerError, match="newer smeflow"):
        Ledger.open(tmp_path, url=url)
    with closing(connected(url)) as other:
        other.execute("UPDATE meta SET value = '3'")
        other.execute("DROP TABLE kinds")
    with Ledger.open(tmp_path, url=url) as ledger:
        assert ledger.store.read("all kinds") == []
        assert ledger.store.read("get meta", name_="schema")[0]["value"] == str(compiled_sql().version)


def test_a_database_that_may_only_be_read_says_so(tmp_path: Path, url: LedgerUrl):
    """A copy of the server is no ledger to write into; looking is allowed."""
    Ledger.open(tmp_path, url=url).close()
    only = LedgerUrl(f"{url.address}?target_session_attrs=any", url.schema, url.shown)
    with Ledger.open(tmp_path, url=only) as ledger:
        ledger.store._writer._connection._connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(LedgerError, match="may only be read"):
            ledger.store.write(_note("a"))
        assert ledger.store.read("all memory") == []


def test_a_full_disk_is_told_as_such(tmp_path: Path, url: LedgerUrl):
    """As the system's own error, for whoever handles it."""
    import psycopg

    with Ledger.open(tmp_path, url=url) as ledger:
        found = ledger.store.database.translate(psycopg.errors.DiskFull("no space left"))
    assert isinstance(found, OSError)
    assert found.errno == errno.ENOSPC


def test_a_server_that_restarts_loses_and_doubles_nothing(tmp_path: Path):
    """Writers go on where they were; each write that returned is there once."""
    with postgres_server() as server:
        url = LedgerUrl.parse(server.ledger("s"))
        with Ledger.open(tmp_path, url=url) as ledger:
            done: list[str] = []
            stop = threading.Event()

            def work(name: int) -> None:
                n = 0
                while not stop.is_set():
                    ledger.store.write(_note(f"{name} {n}"))
                    done.append(f"{name} {n}")
                    n += 1

            threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
            for thread in threads:
                thread.start()
            for crash in (False, True):
                time.sleep(0.3)
                server.stop(crash=crash)
                server.start()
            time.sleep(0.3)
            stop.set()
            for thread in threads:
                thread.join(30)
            rows = [row["name"] for row in ledger.store.read("all memory")]
        assert len(done) > 30
        assert sorted(rows) == sorted(done)


def test_a_commit_whose_answer_is_lost_is_not_made_twice(tmp_path: Path, url: LedgerUrl):
    """The server is asked by the transaction's number; both when it had committed and when it had not."""
    import psycopg

    with Ledger.open(tmp_path, url=url) as ledger:
        writer = ledger.store._writer._connection

        class Cut:
            """A connection that breaks at COMMIT, before or after the server has read it."""

            def __init__(self, inner, *, read: bool) -> None:
                self.inner, self.read = inner, read

            def __getattr__(self, name):
                return getattr(self.inner, name)

            def execute(self, sql, *more, **options):
                if sql != "COMMIT":
                    return self.inner.execute(sql, *more, **options)
                if self.read:
                    self.inner.execute(sql)
                self.inner.close()
                raise psycopg.OperationalError("the connection is lost")

        for name, read in (("before", False), ("after", True)):
            writer._connection = Cut(writer._connection, read=read)
            ledger.store.write(_note(name))
            assert not isinstance(writer._connection, Cut)
        assert sorted(row["name"] for row in ledger.store.read("all memory")) == ["after", "before"]


def test_a_process_that_stands_still_in_a_write_holds_nobody_up(
    tmp_path: Path, url: LedgerUrl, monkeypatch: pytest.MonkeyPatch
):
    """The server takes its write back; when it goes on, it writes again."""
    monkeypatch.setattr("smeflow.ledger.postgres_connection.STOPPED_SECONDS", 1)
    with Ledger.open(tmp_path, url=url) as slow, Ledger.open(tmp_path, url=url) as other:
        tries: list[float] = []

        def stands(transaction: Transaction) -> None:
            tries.append(time.monotonic())
            transaction.add("memory", {"name": "slow", "value": str(len(tries))})
            if len(tries) == 1:
                time.sleep(2)
                transaction.first("last audit")

        thread = threading.Thread(target=slow.store.write, args=(stands,))
        thread.start()
        while not tries:
            time.sleep(0.01)
        other.store.write(_note("other"))
        assert time.monotonic() - tries[0] < 1.9
        thread.join(30)
        rows = {row["name"]: row["value"] for row in other.store.read("all memory")}
        assert rows == {"other": "v", "slow": "2"}
