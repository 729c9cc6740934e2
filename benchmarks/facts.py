"""Facts against checked ones, and what a million rows cost.

``python benchmarks/facts.py DATA_DIR`` computes every fact of ``reports/*/facts.json`` with the measures a
recipe names, and holds each against the checked value to the last digit given. It then computes 40 facts over
a table of a million rows in a fresh process and tells seconds, CPU seconds and memory (the goals are 3 s and
500 MB).
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from smeflow.reports.facts import compute_facts
from smeflow.reports.measures.measure import MeasureContext
from smeflow.reports.measures.registry import measure_of
from smeflow.tables.book import TableBook, load_query
from smeflow.tables.load import load_file
from smeflow.writing.periods import Window
from smeflow.writing.report import ReportFact

Take = Callable[[ReportFact], Any]
LINES = "unit_price * quantity"
CUSTOMER = (
    "SELECT i.*, c.firstname || ' ' || c.lastname AS customer "
    "FROM invoices i JOIN customers c USING (customer_id)"
)
DIFFERENCE = f"SELECT (SELECT sum(total) FROM invoices) - (SELECT sum({LINES}) FROM invoice_lines)"
COURSE = {"series": "nonfarm", "take": "last", "every": "month", "last": 400}
MONTHS = {"series": "total", "every": "month", "last": 400}
BEST = {"top": "customer", "by": "total", "table": "sold"}


def value(fact: ReportFact) -> Any:
    """Take a figure's value."""
    return fact.value


def cell(row: int, column: int) -> Take:
    """Take a cell."""
    return lambda fact: fact.rows[row][column]


def extreme(best: Callable[..., Any], column: int) -> Take:
    """Take the period, or the value, of the highest or lowest of a series."""

    def take(fact: ReportFact) -> Any:
        known = [row for row in fact.rows if row[1] is not None]
        return best(known, key=lambda row: Decimal(row[1] or 0))[column]

    return take


@dataclass(frozen=True)
class Question:
    """How a question is answered: a fact as a recipe writes it, ``<1>`` for what the question names."""

    pattern: str
    written: Mapping[str, Any]
    take: Take = value
    of: str = "f"
    year: int = 0
    """The group that names the year the fact is of."""

    def fact(self, match: re.Match[str]) -> dict[str, Any]:
        """Write the fact for one question."""
        return {key: self._filled(each, match) for key, each in self.written.items()}

    def _filled(self, written: Any, match: re.Match[str]) -> Any:
        return re.sub(r"<(\d)>", lambda m: match[int(m[1])], written) if isinstance(written, str) else written


QUESTIONS: Mapping[str, list[Question]] = {
    "chinook": [
        Question(r"Total revenue over all", {"sum": "total"}),
        Question(r"Number of invoices", {"count": "rows"}),
        Question(r"Revenue in (\d{4})", {"sum": "total"}, year=1),
        Question(r"Revenue growth (\d{4}) vs", {"sum": "total"}, of="f.change", year=1),
        Question(r"Average invoice value", {"mean": "total"}),
        *(
            Question(f"Country ranked {n}", {"top": "country", "by": "total"}, cell(n - 1, 0))
            for n in range(1, 6)
        ),
        Question(r"Share of (\w+) in total", {"share": "total", "of": "country = '<1>'"}),
        Question(r"Best customer", BEST, cell(0, 0)),
        Question(r"Revenue of the best customer", BEST, cell(0, 1)),
        *(
            Question(
                f"Genre ranked {n}", {"top": "genre", "by": LINES, "table": "invoice_lines"}, cell(n - 1, 0)
            )
            for n in range(1, 4)
        ),
        Question(
            r"Revenue of genre (\w+)", {"sum": LINES, "table": "invoice_lines", "where": "genre = '<1>'"}
        ),
        Question(r"Best month", MONTHS, extreme(max, 0)),
        Question(r"Revenue of the best month", MONTHS, extreme(max, 1)),
        Question(r"Difference between invoice totals and line totals", {"sql": DIFFERENCE}),
        Question(r"Revenue (?:of )?(\w+)$", {"sum": "total", "where": "country = '<1>'"}),
    ],
    "us_employment": [
        Question(r"First and last month", COURSE, lambda fact: f"{fact.rows[0][0]} to {fact.rows[-1][0]}"),
        Question(r"Nonfarm employment in the last month", COURSE, cell(-1, 1)),
        Question(
            r"(Nonfarm) employment change first to last",
            {"sql": "SELECT arg_max(<1>, month) - arg_min(<1>, month) FROM t"},
        ),
        Question(r"Month with the lowest", COURSE, extreme(min, 0)),
        Question(r"Lowest nonfarm", {"minimum": "nonfarm"}),
        Question(r"Peak before (\d{4})", {"maximum": "nonfarm", "where": "month < DATE '<1>-01-01'"}),
        Question(r"Month of that peak", {**COURSE, "where": "month < DATE '2010-01-01'"}, extreme(max, 0)),
        Question(
            r"Change of (\w+), first to last month, percent",
            {"sql": "SELECT (arg_max(<1>, month) / arg_min(<1>, month) - 1) * 100 FROM t"},
        ),
        Question(r"Mean nonfarm employment (\d{4})", {"mean": "nonfarm"}, year=1),
    ],
}


def same(found: object, truth: object) -> bool:
    """Whether a figure is the checked one, to the last digit that one has."""
    if isinstance(truth, str):
        return str(found) == truth
    if found is None:
        return False
    told = Decimal(repr(truth)) if isinstance(truth, float) else Decimal(str(truth))
    digits = max(0, -int(told.as_tuple().exponent))
    return Decimal(str(found)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) == told


def checked(folder: Path) -> tuple[int, list[str]]:
    """Answer every question of a folder; give how many there are and what differs."""
    wrong: list[str] = []
    asked = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    with TableBook() as book:
        for path in sorted(folder.glob("*.csv")):
            name = "t" if folder.name == "us_employment" else path.stem
            load_file(book, name, path)
        if folder.name == "chinook":
            load_query(book, "sold", CUSTOMER)
            order = ("invoices", "invoice_lines", "customers", "sold")
            book.tables = {name: book.tables[name] for name in order}
        for each in asked:
            found = next(
                ((q, m) for q in QUESTIONS[folder.name] if (m := re.search(q.pattern, each["question"]))),
                None,
            )
            if found is None:
                wrong.append(f"{each['id']}: nobody knows how to answer {each['question']!r}")
                continue
            question, match = found
            window = Window.of(match[question.year]) if question.year else None
            desk = MeasureContext(book=book, window=window)
            computed = compute_facts({"f": measure_of(question.fact(match))}, desk)
            facts = {fact.name: fact for fact in computed.facts}
            answer = question.take(facts[question.of]) if question.of in facts else None
            if not same(answer, each["value"]):
                told = "; ".join(map(str, computed.missing))
                wrong.append(f"{each['id']} {each['question']}: {answer} and not {each['value']} {told}")
    return len(asked), wrong


def forty() -> dict[str, dict[str, Any]]:
    """List forty facts of every kind."""
    facts: dict[str, dict[str, Any]] = {}
    for column in ("amount", "vat", "quantity", "unit_price"):
        for word in ("sum", "mean", "median", "maximum"):
            facts[f"{word}_{column}"] = {word: column}
    facts |= {"rows": {"count": "rows"}, "customers": {"count": "customer"}, "products": {"count": "product"}}
    for column in ("customer", "country", "product", "category"):
        facts[f"top_{column}"] = {"top": column, "by": "amount"}
        facts[f"classes_{column}"] = {"pareto": column, "by": "amount"}
    for every in ("month", "quarter", "week"):
        facts[f"by_{every}"] = {"series": "amount", "every": every}
    return facts | {
        "share": {"share": "amount", "of": "country = 'France'"},
        "moving": {"moving": "amount"},
        "trend": {"trend": "amount"},
        "forecast": {"forecast": "amount"},
        "overdue": {"ageing": "amount", "due": "due"},
        "again": {"cohort": "customer"},
        "cross": {"cross": "category", "by": "amount"},
        "unusual": {"outliers": "amount"},
        "to_date": {"sum": "amount", "compare": ["previous", "last_year", "year_to_date"]},
        "own": {"sql": "SELECT sum(amount) - sum(vat) FROM t"},
    }


def write_million(path: Path, rows: int) -> None:
    """Write a made-up table of sales that is the same each time."""
    chance, begun = random.Random(1), date(2024, 1, 1)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,day,customer,country,product,category,quantity,unit_price,amount,vat,due\n")
        for n in range(rows):
            day = begun + timedelta(days=chance.randrange(1000))
            many, cents = chance.randrange(1, 20), chance.randrange(100, 99_999)
            country = ("France", "Spain", "Italy", "Germany")[chance.randrange(4)]
            stream.write(
                f"{n},{day},C{chance.randrange(3000)},{country},P{chance.randrange(400)},"
                f"{'ABCDEFGH'[chance.randrange(8)]},{many},{cents / 100:.2f},{many * cents / 100:.2f},"
                f"{many * cents / 500:.2f},{day + timedelta(days=30)}\n"
            )


def run_million(path: Path) -> None:
    """Compute the forty over the table, and tell what it took."""
    begun = time.perf_counter()
    with TableBook() as book:
        held = load_file(book, "t", path)
        read = time.perf_counter()
        desk = MeasureContext(book=book, window=Window.of("2026-08"), dates={"t": "day"})
        found = compute_facts({name: measure_of(each) for name, each in forty().items()}, desk)
    ended = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "rows": held.rows, "asked": len(forty()), "facts": len(found.facts), "missing": len(found.missing),
        "seconds": round(ended - begun, 2), "reading": round(read - begun, 2),
        "cpu": round(used.ru_utime + used.ru_stime, 2), "mb": round(used.ru_maxrss / 1024),
    }  # fmt: skip
    print(json.dumps(told))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--million", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.million:
        run_million(options.million)
        return
    for folder in sorted(p.parent for p in options.data.glob("reports/*/facts.json")):
        asked, wrong = checked(folder)
        print(f"{folder.name}: {asked - len(wrong)} of {asked} facts are the checked ones, to the last digit")
        print("".join(f"  {line}\n" for line in wrong), end="")
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "sales.csv"
        write_million(path, options.rows)
        for _ in range(options.runs):
            command = [sys.executable, __file__, str(options.data), "--million", str(path)]
            print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


if __name__ == "__main__":
    main()
