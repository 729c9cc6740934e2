"""A report with every kind of block and chart, in French and in English."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from smeflow.pages.elements import (
    AnnexEntry,
    ChartPoint,
    Figure,
    Highlight,
    PageParagraph,
    PageSection,
    PageTable,
    PrintedReport,
    TableColumn,
    TextRun,
)

MONTHS = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov."]
VALUES = [41230, 39800, 45120, 47210, 43900, 51200, 38900, 21400, 52300, 58100, 30000]
NAMES = ("Société <b>Générale</b> de Menuiserie du Val de Loire", 'Dupont & Fils "SARL"', "Autres")


def euros(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f") + "\u00a0€"


def _point(x: str, value: int, **more) -> ChartPoint:
    return ChartPoint(x=x, y=Decimal(value), label=euros(value), **more)


def _months(**more) -> tuple[ChartPoint, ...]:
    return tuple(_point(m, v, **more) for m, v in zip(MONTHS, VALUES, strict=True))


def _figure(kind, caption: str, points) -> Figure:
    alt = f"{caption}: le plus haut est octobre avec {euros(58100)}."
    return Figure(kind=kind, caption=caption, alt=alt, points=tuple(points), unit="€", fact="revenue")


@pytest.fixture(scope="session")
def figures() -> dict[str, Figure]:
    """Give a chart of each kind."""
    countries = ("France", "Belgique", "Suisse", "Italie", "Espagne")
    by_country = [p for c in countries for p in _months(series=c)]
    ahead = [
        _point(m, 54000, role="forecast", low=Decimal(45000), high=Decimal(63000))
        for m in ("déc.", "janv. 27")
    ]
    steps = [
        _point("Septembre", 52300, role="total"),
        _point("France", 8200),
        _point("Suisse", -2400),
        _point("Octobre", 58100, role="total"),
    ]
    heat = [
        _point(h, 10 * i + j, series=d) for i, d in enumerate(("lun.", "mar.")) for j, h in enumerate("89")
    ]
    return {
        "line": _figure("line", "Ventes par mois", [*_months()[:-1], *ahead]),
        "bar": _figure(
            "bar", "Clients", [_point(n, v) for n, v in zip(NAMES, (120345, 900, -1200), strict=True)]
        ),
        "column": _figure(
            "column", "Balance âgée", [_point("Non échu", 34000), _point("Plus de 90 j", 4200)]
        ),
        "stacked": _figure("stacked", "Ventes par pays", by_country),
        "waterfall": _figure("waterfall", "De septembre à octobre", steps),
        "heat": _figure("heat", "Commandes par heure", heat),
        "multiples": _figure("multiples", "Chaque pays", by_country),
    }


@pytest.fixture(scope="session")
def french(figures) -> PrintedReport:
    """Give a report in French whose names hold markup, formulas and what a typesetter would run."""
    table = PageTable(
        caption="Ventes par pays",
        columns=(
            TableColumn(title="Pays"),
            TableColumn(title="Octobre", number=True),
            TableColumn(title="Part", number=True),
        ),
        rows=(
            ("France", euros(34860), "60\u202f%"),
            ("#sys.inputs =1+1 $x$ @cmd", euros(23240), "40\u202f%"),
        ),
        total=("Total", euros(58100), "100\u202f%"),
        fact="country",
        note="Hors taxes.",
    )
    opening = PageParagraph(
        runs=(
            TextRun(text="Les ventes atteignent "),
            TextRun(text=euros(58100), fact="revenue"),
            TextRun(text=" – le meilleur mois de l’année, #emph[sans] <script>alert(1)</script>."),
        )
    )
    return PrintedReport(
        title="Rapport des ventes",
        subtitle="Octobre 2026",
        company="Menuiserie du Val <Loire> & Fils",
        day=date(2026, 10, 31),
        language="fr",
        highlights=(
            Highlight(
                label="Chiffre d’affaires",
                value=euros(58100),
                change="+11,1\u202f% sur un mois",
                direction="up",
                fact="revenue",
            ),
            Highlight(label="Commandes", value="212", change="−3 sur un mois", direction="down"),
        ),
        summary=(opening, PageParagraph(runs=(TextRun(text="La France progresse le plus."),), bullet=True)),
        notes=("Les factures du 30 octobre manquent.",),
        sections=(
            PageSection(
                title="Le chiffre d’affaires", blocks=(opening, figures["line"], table, figures["stacked"])
            ),
            PageSection(
                title="Les clients", blocks=tuple(figures[k] for k in ("bar", "waterfall", "multiples"))
            ),
            PageSection(title="L’activité", blocks=(figures["heat"], figures["column"])),
        ),
        annex=(
            AnnexEntry(
                name="revenue",
                title="Chiffre d’affaires",
                shown=euros(58100),
                value=Decimal(58100),
                query="SELECT sum(total) FROM sales WHERE country <> 'x'",
                source="sales.csv, 1\u202f212 lignes",
            ),
            AnnexEntry(
                name="country",
                title="Ventes par pays",
                shown="",
                query="SELECT country, sum(total) FROM sales GROUP BY 1",
                source="sales.csv, 1\u202f212 lignes",
                columns=("Pays", "Octobre"),
                cells=(("=cmd|'/C calc'!A0", Decimal("34860.00")), ("+1+1", Decimal("23240.00"))),
            ),
        ),
        cut=("« Les ventes ont bondi de 45 %. » : 45 % n’est pas un fait.",),
    )


@pytest.fixture(scope="session")
def english(french) -> PrintedReport:
    """Give the same report with its page in English."""
    return replace(french, language="en", title="Sales report", subtitle="October 2026")
