"""What pages cost: a report of 12 pages with 8 charts in every format, and the same bytes twice.

``python benchmarks/report_pages.py [--keep FOLDER]`` writes CPU seconds of a fresh process for HTML, PDF and
DOCX together (the goal is 5 s), and for Markdown and the annex besides.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from smeflow.writing.report import FactColumn, Paragraph, Period, Report, ReportFact, RowsBehind, Section

MONTHS = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)][:22]
NAMES = ("Rock", "Latin", "Metal", "Alternative & Punk", "Jazz", "Blues", "Others")
TEXT = "En octobre, le chiffre d’affaires atteint 58\u202f100\u00a0€ ; c’est la {n}e phrase qui commente "
TEXT += "les ventes du mois, les genres les plus demandés et les clients qui reviennent d’un mois à l’autre. "
EUROS = {"kind": "number", "unit": "EUR", "digits": 0}


def amount(month: int, name: int) -> int:
    """Give a made-up amount that is the same each time."""
    return 9_000 + (month * 7_919 + name * 104_729) % 31_337 // (name + 1)


def fact(
    name: str, label: str, shape: str, columns: list[FactColumn], rows: list[tuple], **more
) -> ReportFact:
    """Make a fact as the measures make it."""
    behind = (RowsBehind(table="sales.csv", count=41_212, lines=tuple(range(2, 52))),)
    query = f"SELECT {name} FROM sales WHERE invoice_date BETWEEN DATE '2026-10-01' AND DATE '2026-10-31'"
    return ReportFact(
        name=name,
        label=label,
        shape=shape,
        columns=tuple(columns),
        rows=tuple(rows),
        query=query,
        behind=behind,
        **more,
    )


def draft() -> Report:
    """Make a report of two years of sales: eight charts, tables with totals, forty paragraphs."""
    month, value = (
        FactColumn(name="period", label="Mois", kind="period"),
        FactColumn(name="value", label="Ventes", **EUROS),
    )
    share = FactColumn(name="share", label="Part", kind="number", unit="%", digits=1, role="share")
    name = FactColumn(name="name", label="Genre")
    series = fact(
        "sales",
        "Ventes par mois",
        "series",
        [month, value],
        [(m, str(amount(n, 0))) for n, m in enumerate(MONTHS)],
    )
    ahead = [FactColumn(name=r, label=r, role=r, **EUROS) for r in ("forecast", "lower", "upper")]
    forecast = fact(
        "ahead",
        "Prévision",
        "series",
        [month, *ahead],
        [("2026-11", "20000", "15000", "25000"), ("2026-12", "21000", "15500", "26500")],
        measure="forecast",
    )
    first = fact(
        "first",
        "Dix derniers mois",
        "series",
        [month, value],
        [(m, str(amount(n, 3))) for n, m in enumerate(MONTHS)][-10:],
    )
    top = fact(
        "top",
        "Genres",
        "ranking",
        [name, value, share],
        [(n, str(amount(5, k)), str(40 - 5 * k)) for k, n in enumerate(NAMES)],
        total=("Total", "99000", "100"),
    )
    ageing = fact(
        "ageing",
        "Balance âgée",
        "buckets",
        [name, value, share],
        [
            (n, str(amount(7, k)), "20")
            for k, n in enumerate(("Non échu", "1–30 j", "31–60 j", "61–90 j", "Plus de 90 j"))
        ],
        total=("Total", "70000", "100"),
    )
    columns = [FactColumn(name=f"n{k}", label=n, **EUROS) for k, n in enumerate(NAMES)]
    cross = fact(
        "cross",
        "Ventes par genre",
        "matrix",
        [month, *columns[:5]],
        [(m, *(str(amount(n, k)) for k in range(5))) for n, m in enumerate(MONTHS[-12:])],
        measure="cross",
    )
    small = fact(
        "small",
        "Chaque genre",
        "matrix",
        [month, *columns],
        [(m, *(str(amount(n, k)) for k in range(7))) for n, m in enumerate(MONTHS)],
        measure="cross",
    )
    after = [
        FactColumn(name=f"after_{n}", label=f"+{n}", kind="number", unit="%", digits=0, role="share")
        for n in range(1, 9)
    ]
    size = FactColumn(name="count", label="Clients", kind="number", digits=0, role="total")
    cohort = fact(
        "cohort",
        "Clients qui reviennent",
        "matrix",
        [month, size, *after],
        [
            (m, "40", *(str(90 - 9 * n) if n + k < 9 else None for n in range(1, 9)))
            for k, m in enumerate(MONTHS[-9:])
        ],
    )
    steps = fact(
        "steps",
        "De septembre à octobre",
        "buckets",
        [name, FactColumn(name="step", label="Pas", role="change", **EUROS)],
        [("Septembre", "52300"), ("Rock", "8200"), ("Jazz", "-2400"), ("Octobre", "58100")],
    )
    revenue = fact("revenue", "Chiffre d’affaires", "scalar", [value], [("58100",)])
    change = fact(
        "revenue.change",
        "Chiffre d’affaires, évolution",
        "scalar",
        [FactColumn(name="c", label="c", kind="number", unit="%", digits=1, role="change")],
        [("11.1",)],
        direction="up",
    )
    told = tuple(
        Paragraph(
            text=TEXT.format(n=n) * 2,
            facts=("revenue",),
        )
        for n in range(4, 15)
    )
    shows = (("sales", "ahead"), ("top", "first"), ("cross",), ("small",), ("cohort", "ageing"), ("steps",))
    sections = tuple(
        Section(heading=f"Chapitre {n}", paragraphs=told, shows=names) for n, names in enumerate(shows, 1)
    )
    facts = (revenue, change, series, forecast, first, top, ageing, cross, small, cohort, steps)
    return Report(
        title="Rapport des ventes",
        subtitle="Disques du Port, octobre 2026",
        locale="fr-FR",
        period=Period(key="2026-10", first=date(2026, 10, 1), last=date(2026, 10, 31)),
        summary=told[:2],
        facts=facts,
        sections=sections,
    )


def make(folder: Path | None) -> dict[str, object]:
    """Make every format once; tell CPU seconds and the hash of each."""
    begun = time.process_time()
    from smeflow.pages.docx import docx_bytes
    from smeflow.pages.html import html_bytes
    from smeflow.pages.layout import lay_out
    from smeflow.pages.markdown import markdown_bytes
    from smeflow.pages.pdf import pdf_bytes
    from smeflow.reports.sink import annex_bytes

    pages = lay_out(draft())
    told: dict[str, object] = {}
    for ending, maker in (
        ("html", html_bytes),
        ("pdf", pdf_bytes),
        ("docx", docx_bytes),
        ("md", markdown_bytes),
        ("xlsx", annex_bytes),
    ):
        data = maker(pages)
        told[ending] = {
            "cpu": round(time.process_time() - begun, 2),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        begun = time.process_time()
        if folder is not None:
            (folder / f"report.{ending}").write_bytes(data)
        if ending == "pdf":
            import pypdfium2

            told["pages"] = len(pypdfium2.PdfDocument(data))
            begun = time.process_time()
    charts = sum(hasattr(block, "kind") for section in pages.sections for block in section.blocks)
    return {**told, "charts": charts}


def main() -> None:
    """Measure three fresh processes and compare their bytes."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--keep", type=Path)
    reader.add_argument("--one", action="store_true")
    chosen = reader.parse_args()
    if chosen.one:
        print(json.dumps(make(chosen.keep)))
        return
    command = [sys.executable, __file__, "--one"] + (["--keep", str(chosen.keep)] if chosen.keep else [])
    rounds = [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    spent = sorted(sum(each[f]["cpu"] for f in ("html", "pdf", "docx")) for each in rounds)
    first = rounds[0]
    print(f"{first['pages']} pages, {first['charts']} charts")
    print(f"HTML, PDF and DOCX: {spent[1]:.2f} s CPU (median of 3; {spent[0]:.2f} to {spent[2]:.2f}); goal 5")
    for ending in ("html", "pdf", "docx", "md", "xlsx"):
        same = len({each[ending]["sha256"] for each in rounds}) == 1
        cpu = sorted(each[ending]["cpu"] for each in rounds)[1]
        print(f"{ending}: {cpu:.2f} s; {'same bytes' if same else 'BYTES DIFFER'}")
        if not same:
            sys.exit(1)


if __name__ == "__main__":
    main()
