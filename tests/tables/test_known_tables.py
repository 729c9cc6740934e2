"""The tables of a report: files, databases, the ledger, a firm's books, and queries over the others."""

import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError
from support.mutation import damage, damaged

pytest.importorskip("duckdb")

from smeflow.engine.run import run_to_end
from smeflow.errors import SourceError
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.reports.periods import Periods
from smeflow.tables.book import TableBook


def source(folder: Path, tables: object) -> Periods:
    context = RecipeContext(folder=folder, clock=lambda: datetime(2026, 11, 2, tzinfo=UTC))
    return Periods.model_validate({"period": "month", "tables": tables}, context=context)


def held(folder: Path, tables: object) -> TableBook:
    book = TableBook()
    source(folder, tables)._load(book)
    return book


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "sales.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (number INTEGER, day TEXT, amount NUMERIC, name TEXT)")
        rows = [(n, f"2026-10-{n:02}", n + 0.25, f"N{n}") for n in range(1, 29)]
        connection.executemany("INSERT INTO invoices VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


def test_a_query_to_a_database_is_a_table(tmp_path, database):
    """Typed like a file, and told by its name without an address."""
    with held(
        tmp_path, {"sales": {"sql": "SELECT * FROM invoices WHERE amount > 2", "url": "sqlite:///sales.db"}}
    ) as book:
        table = book.table("sales")
        assert {n: how.kind for n, how in table.columns.items()} == {
            "number": "number", "day": "date", "amount": "number", "name": "text",
        }  # fmt: skip
        assert table.source == "sales.db"
        assert [str(v) for v in book.select("SELECT sum(amount), count(*) FROM sales")[1][0]] == [
            "411.75",
            "27",
        ]


def test_a_query_is_sent_as_it_is_written(tmp_path, database):
    """A colon or a percent sign in it is no parameter, and a remark is no part of it."""
    sql = "SELECT name, ':x 10%' AS mark FROM invoices -- a remark; with a semicolon\nWHERE name LIKE 'N1%';"
    with held(tmp_path, {"sales": {"sql": sql, "url": "sqlite:///sales.db"}}) as book:
        assert book.select("SELECT count(*), min(mark) FROM sales")[1] == [(11, ":x 10%")]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM invoices",
        "SELECT 1; DROP TABLE invoices",
        "WITH x AS (SELECT 1) INSERT INTO invoices SELECT 1, 2, 3, 4",
        "SELECT 1 /* */ ; --",
        "PRAGMA writable_schema = 1",
        "ATTACH 'other.db' AS other",
    ],
)
def test_what_is_no_select_is_refused_when_the_recipe_is_read(tmp_path, database, sql):
    """Before anything is connected to."""
    if sql.startswith("SELECT 1 /*"):
        source(
            tmp_path, {"sales": {"sql": sql, "url": "sqlite:///sales.db"}}
        )  # a semicolon at the end is none
        return
    with pytest.raises(ValidationError, match="one SELECT"):
        source(tmp_path, {"sales": {"sql": sql, "url": "sqlite:///sales.db"}})


def test_the_database_itself_is_opened_to_be_read_only(tmp_path, database):
    """Even a query whose words look harmless changes nothing."""
    from smeflow.tables.sql import query_rows

    with pytest.raises(SourceError, match="readonly database"):
        query_rows("sqlite:///sales.db", "DELETE FROM invoices", 5, RecipeContext(folder=tmp_path))
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM invoices").fetchone() == (28,)
    connection.close()


def test_a_database_file_outside_of_the_recipe_s_folder_is_refused(tmp_path, database):
    """As any other path of a recipe."""
    inner = tmp_path / "inner"
    inner.mkdir()
    with pytest.raises(ValidationError, match="leads out of"):
        source(inner, {"sales": {"sql": "SELECT 1", "url": "sqlite:///../sales.db"}})


def test_a_database_that_is_not_there_is_told_without_its_password(tmp_path):
    """Nor is the address repeated by what the driver says."""
    told = {"sql": "SELECT 1", "url": "sqlite:///none.db"}
    with pytest.raises(SourceError, match=r"none\.db cannot be read"):
        held(tmp_path, {"sales": told})
    table = source(tmp_path, {"s": {**told, "url": "postgresql+psycopg://me:secret@127.0.0.1:9/x"}}).tables[
        "s"
    ]
    assert (table.shown, "secret" in table.shown) == ("127.0.0.1/x", False)


def test_a_query_that_takes_too_long_is_interrupted(tmp_path, database):
    """The limit is the table's own."""
    forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(SourceError, match="interrupted"):
        held(tmp_path, {"sales": {"sql": forever, "url": "sqlite:///sales.db", "seconds": 0.3}})


def test_a_table_may_be_made_of_others(tmp_path):
    """Lines with the day of their invoice; the query sees the tables and no file."""
    (tmp_path / "sales.csv").write_text("invoice,day\n1,2026-10-01\n2,2026-10-02\n")
    (tmp_path / "lines.json").write_text(
        json.dumps([{"invoice": 1, "price": 2.5, "many": 2}, {"invoice": 2, "price": 3, "many": 1}])
    )
    tables = {
        "lines": {
            "select": "SELECT l.*, day, price * many AS amount FROM raw_lines l JOIN sales USING (invoice)"
        },
        "sales": "sales.csv",
        "raw_lines": "lines.json",
    }
    with held(tmp_path, tables) as book:
        assert list(book.tables) == ["lines", "sales", "raw_lines"]
        assert {n: how.kind for n, how in book.table("lines").columns.items()} == {
            "invoice": "number", "price": "number", "many": "number", "day": "date", "amount": "number",
        }  # fmt: skip
        assert str(book.select("SELECT sum(amount) FROM lines")[1][0][0]) == "8.0"
    with pytest.raises(SourceError, match="cannot be run"):
        held(tmp_path, {**tables, "lines": {"select": "SELECT * FROM 'sales.csv'"}})


FEC = """JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\t\
PieceRef\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise
VE\tVentes\t1\t20260905\t411000\tClients\tC1\tTOTAL Gaz\tF1\t20260905\tF1\t1200,00\t0,00\t\t\t20260930\t\t
VE\tVentes\t1\t20260905\t706000\tPrestations\t\t\tF1\t20260905\tF1\t0,00\t1000,00\t\t\t20260930\t\t
VE\tVentes\t1\t20260905\t445710\tTVA collectée\t\t\tF1\t20260905\tF1\t0,00\t200,00\t\t\t20260930\t\t
VE\tVentes\t2\t20261002\t411000\tClients\tC2\tDurand\tF2\t20261002\tF2\t600,00\t0,00\tAA\t20261103\t20261031\t\t
VE\tVentes\t2\t20261002\t707000\tMarchandises\t\t\tF2\t20261002\tF2\t0,00\t500,00\t\t\t20261031\t\t
VE\tVentes\t2\t20261002\t445710\tTVA collectée\t\t\tF2\t20261002\tF2\t0,00\t100,00\t\t\t20261031\t\t
VE\tVentes\t3\t20261010\t411000\tClients\tC3\tLefèvre\tF3\t20261010\tF3\t120,00\t0,00\tAB\t20261020\t20261031\t\t
VE\tVentes\t3\t20261010\t706000\tPrestations\t\t\tF3\t20261010\tF3\t0,00\t100,00\t\t\t20261031\t\t
VE\tVentes\t3\t20261010\t445710\tTVA collectée\t\t\tF3\t20261010\tF3\t0,00\t20,00\t\t\t20261031\t\t
BQ\tBanque\t4\t20261020\t512000\tBanque\t\t\tV3\t20261020\tF3\t120,00\t0,00\t\t\t20261031\t\t
BQ\tBanque\t4\t20261020\t411000\tClients\tC3\tLefèvre\tV3\t20261020\tF3\t0,00\t120,00\tAB\t20261020\t20261031\t\t
AC\tAchats\t5\t20261021\t606400\tFournitures\t\t\tA1\t20261021\tA1\t50,00\t0,00\t\t\t20261031\t\t
AC\tAchats\t5\t20261021\t445660\tTVA déductible\t\t\tA1\t20261021\tA1\t10,00\t0,00\t\t\t20261031\t\t
AC\tAchats\t5\t20261021\t401000\tFournisseurs\tF1\tPapier SA\tA1\t20261021\tA1\t0,00\t60,00\t\t\t20261031\t\t
"""
BOOKS = """
recipe: books
llm: none
source: {period: month, tables: {books: {fec: 123456789FEC20261231.txt}}}
steps:
  - report: report
    locale: fr-FR
    facts:
      revenue: {accounts: revenue}
      expenses: {accounts: expenses}
      vat: {accounts: vat_due}
      cash: {accounts: cash}
      services: {accounts: 706}
      customers: {receivables: 411, terms: 30}
      suppliers: {payables: 401, terms: 30}
"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("form", ["Debit", "Montant"])
def test_a_firm_s_books_tell_revenue_vat_and_who_has_not_paid(tmp_path, encoding, form):
    """By the classes of the chart of accounts and by lettering, at the end of October."""
    text = FEC
    if form == "Montant":
        lines = [line.split("\t") for line in FEC.splitlines()]
        for cells in lines[1:]:
            cells[11:13] = [cells[11], "D"] if cells[11] != "0,00" else [cells[12], "C"]
        lines[0][11:13] = ["Montant", "Sens"]
        text = "\n".join("|".join(cells) for cells in lines)
    (tmp_path / "123456789FEC20261231.txt").write_bytes(text.encode(encoding))
    (tmp_path / "recipe.yaml").write_text(BOOKS)
    found = source(tmp_path, {"books": {"fec": "123456789FEC20261231.txt"}}).computing(
        load(tmp_path).entries[0].step.measures, "fr-FR"
    )
    from smeflow.reports.facts import FactSet

    facts = {f.name: f for f in FactSet.of_bytes(list(found.cases())[-1].data).facts}
    known = {n: str(facts[n].value) for n in ("revenue", "expenses", "vat", "cash", "services")}
    assert known == {
        "revenue": "600.00",
        "expenses": "50.00",
        "vat": "110.00",
        "cash": "120.00",
        "services": "100.00",
    }
    assert str(facts["revenue.previous"].value) == "1000.00"
    aged = {row[0]: row[1:3] for row in facts["customers"].rows}
    assert aged == {
        "Non échu": ("600.00", "1"), "1 à 30 jours": ("1200.00", "1"), "31 à 60 jours": ("0", "0"),
        "61 à 90 jours": ("0", "0"), "Plus de 90 jours": ("0", "0"),
    }  # fmt: skip
    assert [row[0] for row in facts["customers.names"].rows] == ["TOTAL Gaz", "Durand"]
    assert facts["customers.names"].people
    assert str(facts["suppliers.total"].value) == "60.00"


def test_books_with_quotes_are_read_and_broken_ones_are_told(tmp_path):
    """As some programs export them; a cell without end is a sentence, not a crash."""
    quoted = "\n".join("\t".join(f'"{c}"' for c in line.split("\t")) for line in FEC.splitlines())
    (tmp_path / "fec.txt").write_text(quoted)
    with held(tmp_path, {"books": {"fec": "fec.txt"}}) as book:
        assert book.select("SELECT sum(Solde), count(*) FROM books WHERE CompteNum LIKE '706%'")[1] == [
            (-1100, 2)
        ]
    (tmp_path / "fec.txt").write_text(FEC + "VE\t" + "x" * 200_000 + "\n")
    with pytest.raises(SourceError, match="line 16"):
        held(tmp_path, {"books": {"fec": "fec.txt"}})
    (tmp_path / "fec.txt").write_text("a\tb\n1\t2\n")
    with pytest.raises(SourceError, match="it is no FEC"):
        held(tmp_path, {"books": {"fec": "fec.txt"}})


@pytest.mark.slow
def test_what_came_in_is_a_table_of_the_ledger(tmp_path):
    """A row an item, with its day, its state, what it cost and what the steps found."""
    (tmp_path / "inbox").mkdir()
    for n, subject in enumerate(["Facture 12", "Bonjour"]):
        mail = f"From: A <a{n}@b.fr>\nSubject: {subject}\nDate: Wed, 07 Oct 2026 23:30:00 +0000\n\nx\n"
        (tmp_path / "inbox" / f"{n}.eml").write_text(mail)
    (tmp_path / "triage.yaml").write_text(
        "recipe: triage\nllm: none\nsource: {folder: inbox}\nsteps:\n"
        "  - triage: kind\n    labels: {invoice: asks us to pay, other: the rest}\n"
        "    rules: [{label: invoice, subject: facture}]\n"
    )
    recipe = load(tmp_path / "triage.yaml")
    run_to_end(recipe, WorkspaceSettings.find(tmp_path), state=tmp_path / ".smeflow")
    with held(tmp_path, {"mails": {"ledger": "triage"}}) as book:
        rows = book.select(
            "SELECT day, key, sender, subject, calls, cost, kind_label FROM mails ORDER BY key"
        )[1]
        assert [(str(r[0]), *map(str, r[1:6])) for r in rows] == [
            ("2026-10-08", "0.eml", "a0@b.fr", "Facture 12", "0", "0"),
            ("2026-10-08", "1.eml", "a1@b.fr", "Bonjour", "0", "0"),
        ]
        assert rows[0][6] == "invoice"
    with pytest.raises(SourceError, match="run the recipe triage first"):
        held(tmp_path, {"mails": {"ledger": "triage", "state": "elsewhere"}})


@pytest.mark.slow
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage)
def test_no_books_fail(tmp_path, changes):
    """Whatever was done to a FEC, it is a table or refused with a sentence."""
    (tmp_path / "fec.txt").write_bytes(damaged(FEC.encode(), changes))
    with contextlib.suppress(SourceError), held(tmp_path, {"books": {"fec": "fec.txt"}}) as book:
        book.select("SELECT sum(Solde) FROM books")
