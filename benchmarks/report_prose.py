"""False statements in reports whose model lies on purpose, and what becomes of sentences.

``python benchmarks/report_prose.py [--reports 500]`` draws up reports of random tables, in French and
English, with a lying model behind a loopback provider. A false statement is a lie of the model that stands on
a page, or a number there that no fact holds. The goal is 0.
"""

import argparse
import random
import re
import tempfile
from collections import Counter
from pathlib import Path

from report_liar import Liar

from smeflow import Case
from smeflow.documents.document import FACTS, Document
from smeflow.llm.connect import connect
from smeflow.reports.facts import FactSet, compute_facts
from smeflow.reports.measures.measure import MeasureContext
from smeflow.reports.report_step import DraftReport
from smeflow.reports.sections import fill_references
from smeflow.tables.book import TableBook
from smeflow.tables.load import load_file
from smeflow.writing.fact_evidence import REFERENCE
from smeflow.writing.periods import Window
from smeflow.writing.references import ReferenceTable
from smeflow.writing.report import Period

LABELS = {
    "en": ("Revenue", "Orders", "Customers", "Revenue by country", "Country", "orders", "customers"),
    "fr": ("Chiffre d’affaires", "Commandes", "Clients", "Chiffre d’affaires par pays", "Pays", "commandes",
           "clients"),
}  # fmt: skip
COUNTRIES = ("France", "Belgique", "Suisse", "Italie", "Espagne", "Portugal", "Norvège")


def step(language: str) -> DraftReport:
    """Make the step that drafts."""
    revenue, orders, customers, by_country, country, many, people = LABELS[language]
    facts = {
        "revenue": {"sum": "amount", "unit": "EUR", "label": revenue},
        "orders": {"count": "rows", "unit": many, "label": orders},
        "customers": {"count": "customer", "unit": people, "label": customers},
        "countries": {
            "top": "country",
            "by": "amount",
            "unit": "EUR",
            "label": by_country,
            "heading": country,
        },
    }
    locale = f"{language}-{language.upper()}"
    return DraftReport(name="report", facts=facts, title="{period}", locale=locale, names="shown")


def facts_of(number: int, draft: DraftReport, folder: Path) -> FactSet:
    """Compute the facts of a made-up month."""
    dice = random.Random(number)
    rows = ["day,customer,country,amount"]
    for month, sales in ((9, dice.randint(30, 70)), (10, dice.randint(30, 70))):
        for sale in range(sales):
            day = f"2025-{month:02}-{sale % 30 + 1:02}"
            amount = f"{dice.randint(5, 90_000) / 100:.2f}"
            rows.append(
                f"{day},C{dice.randint(1, 30)},{dice.choice(COUNTRIES[: dice.randint(2, 7)])},{amount}"
            )
    path = folder / "sales.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    window = Window.of("2025-10")
    with TableBook() as book:
        load_file(book, "sales", path)
        found = compute_facts(draft.facts, MeasureContext(book=book, window=window, locale=draft.locale))
    period = Period(key="2025-10", first=window.first, last=window.last)
    return FactSet(period=period, facts=found.facts, names=tuple(sorted(found.names)))


def main() -> None:
    """Draw up the reports and count."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--reports", type=int, default=500)
    count = reader.parse_args().reports
    fate: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    told: Counter[str] = Counter()
    strange = 0
    with tempfile.TemporaryDirectory() as place:
        for number in range(count):
            draft = step("fr" if number % 2 else "en")
            found = facts_of(number, draft, Path(place))
            liar = Liar(number)
            case = Case.of(Document(name="facts", media_type=FACTS, data=found.to_bytes()))
            report = draft(case, connect(liar.name))
            liar.close()
            page = [p.text for p in (*report.summary, *(p for s in report.sections for p in s.paragraphs))]
            about = draft.references(found.facts, found.period, found.names)
            for text, kind in liar.told.sentences.items():
                if not text:
                    continue
                told[kind or "true"] += 1
                kept[kind or "true"] += _stands(text, page, about)
            strange += sum(_strange(said, about) for said in page)
            fate.update(kept=report.written.kept, repaired=report.written.repaired, cut=report.written.cut)
    false = sum(n for kind, n in kept.items() if kind != "true")
    lied = sum(n for kind, n in told.items() if kind != "true")
    print(
        f"{count} reports, {lied} lies of {len(told) - 1} kinds: {false} on a page; {strange} unknown numbers"
    )
    for kind, n in sorted(kept.items()):
        print(f"  on a page: {kind}: {n} of {told[kind]}")
    whole = fate.total()
    shares = ", ".join(f"{name} {n / whole:.1%}" for name, n in fate.items())
    print(f"{whole} sentences as first written: {shares}; {told['true']} were true")


def _stands(text: str, page: list[str], about: ReferenceTable) -> bool:
    """Tell whether a sentence of the model is on the page, its references put in."""
    if not text or any(name not in about.references for name in REFERENCE.findall(text)):
        return False
    return any(fill_references(text, about) in said for said in page)


def _strange(said: str, about: ReferenceTable) -> int:
    """Count the numbers of a paragraph that stand in no fact's text."""
    for text in sorted((r.text for r in about.references.values()), key=len, reverse=True):
        said = said.replace(text.replace("'", "’"), " ").replace(text, " ")
    return len(re.findall(r"\d+", said))


if __name__ == "__main__":
    main()
