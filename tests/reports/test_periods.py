"""A case for each closed period, holding the facts its report asks for."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("duckdb")

from smeflow.errors import RecipeError, SourceError
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sources import Arrival
from smeflow.recipe.load import load
from smeflow.reports.facts import FactSet
from smeflow.reports.periods import Periods

RECIPE = """
recipe: sales
llm: none
timezone: Europe/Paris
source: {period: month, tables: {sales: sales.csv}}
steps:
  - report: report
    locale: fr-FR
    facts:
      revenue: {sum: amount, unit: EUR}
      best: {top: customer, by: amount}
"""


def write(folder: Path, days: Mapping[str, int]) -> Path:
    """Write a table with one row a day, and the recipe beside it."""
    rows = [f"{day},Durand,{amount}.50\n" for day, amount in days.items()]
    (folder / "sales.csv").write_text("day,customer,amount\n" + "".join(rows))
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


def every_day(first: date, last: date) -> dict[str, int]:
    count = (last - first).days + 1
    return {(first + timedelta(days=n)).isoformat(): n + 1 for n in range(count)}


def at(folder: Path, now: datetime, **more: object) -> Periods:
    context = RecipeContext(folder=folder, clock=lambda: now)
    made = Periods.model_validate(
        {"period": "month", "tables": {"sales": "sales.csv"}, **more}, context=context
    )
    return made.computing(load(folder).entries[0].step.measures, "fr-FR")


def cases(source: Periods) -> dict[str, Arrival]:
    return {each.key: each for each in source.cases() if isinstance(each, Arrival)}


def test_a_period_is_a_case_once_its_last_day_has_passed_in_the_recipe_s_time_zone(tmp_path):
    """In Paris a month ends an hour or two before it ends in Greenwich."""
    folder = write(tmp_path, every_day(date(2026, 9, 1), date(2026, 11, 20)))
    before = at(folder, datetime(2026, 10, 31, 22, 59, tzinfo=UTC))
    after = at(folder, datetime(2026, 10, 31, 23, 1, tzinfo=UTC))
    assert list(cases(before)) == ["2026-09"]
    assert list(cases(after)) == ["2026-09", "2026-10"]


@pytest.mark.slow
def test_the_version_is_what_the_facts_say(tmp_path):
    """A row of the month under way changes no closed month; a late row changes its own."""
    days = every_day(date(2026, 9, 1), date(2026, 11, 10))
    now = datetime(2026, 11, 12, tzinfo=UTC)
    first = cases(at(write(tmp_path, days), now))
    more = cases(at(write(tmp_path, {**days, "2026-11-11": 5}), now))
    late = cases(at(write(tmp_path, {**days, "2026-10-02": 77}), now))
    versions = {name: {k: a.version for k, a in each.items()} for name, each in
                {"first": first, "more": more, "late": late}.items()}  # fmt: skip
    assert versions["more"] == versions["first"]
    assert versions["late"]["2026-09"] == versions["first"]["2026-09"]
    assert versions["late"]["2026-10"] != versions["first"]["2026-10"]


def test_a_month_without_its_last_days_is_incomplete_and_told_without_a_direction(tmp_path):
    """What is half there is no trend."""
    folder = write(tmp_path, every_day(date(2026, 8, 1), date(2026, 10, 15)))
    facts = FactSet.of_bytes(cases(at(folder, datetime(2026, 11, 2, tzinfo=UTC)))["2026-10"].data)
    revenue, change = (next(f for f in facts.facts if f.name == n) for n in ("revenue", "revenue.change"))
    assert not facts.period.complete
    assert "2026-10-16" in str(revenue.incomplete)
    assert (revenue.direction, change.direction) == (None, None)


@pytest.mark.slow
def test_a_month_whose_rows_did_not_come_is_a_case_with_the_reason(tmp_path):
    """Somebody who waits for October's report is told that October is not in the table."""
    folder = write(tmp_path, every_day(date(2026, 8, 1), date(2026, 9, 30)))
    found = cases(at(folder, datetime(2026, 11, 2, tzinfo=UTC)))
    assert list(found) == ["2026-08", "2026-09", "2026-10"]
    assert not FactSet.of_bytes(found["2026-10"].data).period.complete
    years_later = cases(at(folder, datetime(2031, 1, 2, tzinfo=UTC)))
    assert list(years_later) == ["2026-08", "2026-09"]


@pytest.mark.slow
def test_since_and_last_choose_the_periods(tmp_path):
    """The newest ones, and none before the first that is wanted."""
    folder = write(tmp_path, every_day(date(2026, 1, 1), date(2026, 6, 30)))
    now = datetime(2026, 7, 2, tzinfo=UTC)
    assert list(cases(at(folder, now, last=2))) == ["2026-05", "2026-06"]
    assert list(cases(at(folder, now, since="2026-04"))) == ["2026-04", "2026-05", "2026-06"]
    assert list(cases(at(folder, now, period="quarter"))) == ["2026-Q1", "2026-Q2"]


def test_facts_come_back_as_they_were_written(tmp_path):
    """Names, values, queries and the lines behind them."""
    folder = write(tmp_path, every_day(date(2026, 9, 1), date(2026, 9, 30)))
    case = cases(at(folder, datetime(2026, 10, 2, tzinfo=UTC)))["2026-09"]
    facts = FactSet.of_bytes(case.data)
    assert facts.to_bytes() == case.data
    revenue = facts.facts[0]
    assert (revenue.value, revenue.behind[0].count, revenue.behind[0].lines[:2]) == (480, 30, (2, 3))
    assert "Durand" in facts.names


def test_a_table_without_days_makes_no_periods(tmp_path):
    """It is said, not guessed."""
    write(tmp_path, {})
    (tmp_path / "sales.csv").write_text("customer,amount\na,1\nb,2\n")
    with pytest.raises(SourceError, match="has a column with days"):
        cases(at(tmp_path, datetime(2026, 10, 2, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("written", "line", "told"),
    [
        ("best: {topp: customer, by: amount}", 11, "did you mean top"),
        ("best: {top: customer, nn: 3}", 11, "unknown key nn"),
        ("best: 3", 11, "the measures are: sum"),
    ],
)
def test_a_mistake_in_a_fact_is_told_at_its_line(tmp_path, written, line, told):
    """Before anything runs, as everywhere in a recipe."""
    write(tmp_path, {"2026-09-01": 1})
    text = RECIPE.replace("best: {top: customer, by: amount}", written)
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(RecipeError) as caught:
        load(tmp_path)
    assert [(p.line, told in str(p.phrase)) for p in caught.value.problems] == [(line, True)]


def test_a_source_of_periods_needs_a_step_that_asks_for_facts(tmp_path):
    """A case without facts would be of no use."""
    write(tmp_path, {"2026-09-01": 1})
    text = RECIPE[: RECIPE.index("  - report")] + "  - draft: letter\n    template: hello\n"
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(RecipeError, match="no step asks for facts"):
        load(tmp_path)
