"""The same figures by three ways: our measures, pandas, and SQL written by hand over the file itself."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smeflow.reports.facts import compute_facts
from smeflow.reports.measures.measure import MeasureContext
from smeflow.reports.measures.registry import measure_of
from smeflow.tables.book import TableBook
from smeflow.tables.load import load_file
from smeflow.writing.periods import Window
from smeflow.writing.report import ReportFact

pytestmark = [
    pytest.mark.slow,
    pytest.mark.requires_module("duckdb"),
    pytest.mark.requires_module("pandas"),
]
Row = tuple[date, str, Decimal | None, int]
NAMES = ("Durand", "Lefèvre & Fils", "O'Neill", "Straße 12", "Zoë", "a, b; c", 'say "hi"')
FACTS: Mapping[str, object] = {
    "total": {"sum": "amount"},
    "rows": {"count": "rows"},
    "names": {"count": "name"},
    "mean": {"mean": "amount"},
    "median": {"median": "amount"},
    "least": {"minimum": "amount"},
    "most": {"maximum": "amount"},
    "share": {"share": "amount", "of": "name = 'Zoë'"},
    "top": {"top": "name", "by": "amount", "n": 3, "shares": False},
    "months": {"series": "amount", "every": "month", "last": 400},
    "moving": {"moving": "amount", "over": 3, "every": "month", "last": 400},
    "classes": {"pareto": "name", "by": "amount"},
    "worth": {"sum": "amount * quantity"},
}


def tables() -> st.SearchStrategy[list[Row]]:
    cents = st.integers(-99_999_999, 99_999_999).map(lambda n: Decimal(n) / 100)
    day = st.integers(0, 400).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
    row = st.tuples(day, st.sampled_from(NAMES), st.none() | cents, st.integers(0, 99))
    return st.lists(row, min_size=3, max_size=60)


FORMS = st.sampled_from([(",", ".", "%Y-%m-%d"), (";", ",", "%d/%m/%Y"), ("\t", ",", "%d.%m.%Y")])


def write(path: Path, rows: Sequence[Row], form: tuple[str, str, str]) -> None:
    """Write a table as one country does; its first row makes sure that the form can be told."""
    mark, point, days = form
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=mark)
        writer.writerow(["day", "name", "amount", "quantity"])
        for day, name, amount, quantity in rows:
            shown = "" if amount is None else f"{amount:.2f}".replace(".", point)
            writer.writerow([day.strftime(days), name, shown, quantity])


def ours(path: Path, window: Window | None) -> dict[str, ReportFact]:
    with TableBook(threads=1) as book:
        load_file(book, "t", path)
        found = compute_facts(
            {name: measure_of(each) for name, each in FACTS.items()}, MeasureContext(book=book, window=window)
        )
    return {fact.name: fact for fact in found.facts}


BY_HAND = {
    "total": "sum(amount)",
    "rows": "count(*)",
    "names": "count(DISTINCT name)",
    "least": "min(amount)",
    "most": "max(amount)",
    "worth": "sum(amount * quantity)",
}


def by_hand(path: Path, form: tuple[str, str, str]) -> dict[str, object]:
    """Ask DuckDB for the same figures, of the file as it reads it itself."""
    import duckdb

    mark, point, days = form
    table = (
        f"read_csv('{path}', header=true, delim='{mark}', decimal_separator='{point}', dateformat='{days}', "
        "quote='\"', escape='\"', columns={'day': 'DATE', 'name': 'VARCHAR', 'amount': 'DECIMAL(18,2)', "
        "'quantity': 'BIGINT'})"
    )
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {', '.join(BY_HAND.values())} FROM {table}").fetchone()
    return dict(zip(BY_HAND, found, strict=True))


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rows=tables(), form=FORMS)
def test_every_figure_is_what_pandas_and_duckdb_say(tmp_path_factory, rows, form):
    """Exactly: pandas adds integers of cents, so that none of the three rounds."""
    import pandas as pd

    rows = [(date(2025, 1, 31), "Durand", Decimal("12.34"), 1), *rows]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    write(path, rows, form)
    facts = ours(path, None)
    frame = pd.DataFrame(rows, columns=["day", "name", "amount", "quantity"])
    frame["cents"] = [None if a is None else int(a * 100) for a in frame["amount"]]
    known = frame[frame["cents"].notna()].copy()
    known["cents"] = known["cents"].astype("int64")
    total = int(known["cents"].sum())

    def value(name: str) -> Decimal | None:
        found = facts[name].value
        assert found is None or isinstance(found, Decimal)
        return found

    assert value("total") == Decimal(total) / 100
    assert value("rows") == len(frame)
    assert value("names") == frame["name"].nunique()
    assert value("mean") == rounded(Fraction(total, 100 * len(known)))
    assert value("median") == rounded(Fraction(str(known["cents"].median())) / 100)
    assert value("least") == Decimal(int(known["cents"].min())) / 100
    assert value("most") == Decimal(int(known["cents"].max())) / 100
    assert value("worth") == Decimal(int((known["cents"] * known["quantity"]).sum())) / 100
    for name, expected in by_hand(path, form).items():
        assert value(name) == (None if expected is None else Decimal(str(expected))), name
    part = int(known.loc[known["name"] == "Zoë", "cents"].sum())
    assert value("share") == (rounded(Fraction(part * 100, total)) if total else None)
    sums = known.groupby("name")["cents"].sum()
    ranked = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
    top = [(row[0], Decimal(row[1] or 0)) for row in facts["top"].rows]
    assert top[: min(3, len(ranked))] == [(name, Decimal(cents) / 100) for name, cents in ranked[:3]]
    monthly = known.groupby(known["day"].map(lambda d: f"{d:%Y-%m}"))["cents"].sum()
    course = {row[0]: Decimal(row[1]) for row in facts["months"].rows if row[1] is not None}
    assert course == {month: Decimal(int(cents)) / 100 for month, cents in monthly.items()}
    frame_of_months = pd.Series(
        {row[0]: monthly.get(row[0]) for row in facts["moving"].rows}, dtype="float64"
    )
    means = frame_of_months.rolling(3).mean()
    for row in facts["moving"].rows:
        expected = means[row[0]]
        assert (row[2] is None) == bool(pd.isna(expected))
        if row[2] is not None:
            assert abs(float(row[2]) - expected / 100) < 1e-6
    kept = sums[sums > 0].sort_values(ascending=False, kind="stable")
    assert sum(Decimal(row[2] or 0) for row in facts["classes"].rows) == Decimal(int(kept.sum())) / 100
    assert sum(int(row[1] or 0) for row in facts["classes"].rows) == len(kept)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rows=tables(), month=st.integers(1, 12))
def test_the_figures_of_a_month_are_what_duckdb_says_by_hand(tmp_path_factory, rows, month):
    """Of the file read by DuckDB itself, the month cut out by its own functions, and the month before."""
    import duckdb

    rows = [(date(2025, month, 3), "Durand", Decimal("12.34"), 1), *rows]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    write(path, rows, (",", ".", "%Y-%m-%d"))
    facts = ours(path, Window.of(f"2025-{month:02}"))
    table = (
        f"read_csv('{path}', header=true, columns={{'day': 'DATE', 'name': 'VARCHAR', "
        "'amount': 'DECIMAL(18,2)', 'quantity': 'BIGINT'}, quote='\"', escape='\"', delim=',')"
    )
    with duckdb.connect() as connection:
        wanted = ", ".join(BY_HAND.values())
        sql = f"SELECT {wanted} FROM {table} WHERE year(day) = 2025 AND month(day) = {month}"
        found = dict(zip(BY_HAND, connection.execute(sql).fetchone(), strict=True))
        before = connection.execute(
            f"SELECT sum(amount) FROM {table} WHERE year(day) = 2025 AND month(day) = {month - 1}"
        ).fetchone()[0]
    for name, expected in found.items():
        assert facts[name].value == (None if expected is None else Decimal(str(expected))), name
    if "total.previous" in facts and before is not None:
        assert facts["total.previous"].value == before
        change = facts.get("total.change")
        if change is not None:
            assert change.value == rounded(Fraction((found["total"] - before) * 100) / Fraction(before))


def rounded(value: Fraction) -> Decimal:
    """Keep ten digits behind the mark, a half up, as facts do."""
    scaled = value * 10**10
    sign = -1 if scaled < 0 else 1
    whole = (abs(scaled) * 2 + 1) // 2
    exact = abs(scaled).denominator == 1
    return sign * Decimal(int(abs(scaled)) if exact else int(whole)) / Decimal(10**10)
