"""Facts of one month, as the measures make them, in English and in French."""

import pytest

from smeflow.writing.periods import Window
from smeflow.writing.references import ReferenceTable, reference_table
from smeflow.writing.report import FactColumn, ReportFact

WORDS = {
    "en": ("Revenue", "Orders", "Revenue by country", "Country", "Sales by month", "orders"),
    "fr": ("Chiffre d'affaires", "Commandes", "Chiffre d'affaires par pays", "Pays", "Ventes par mois",
           "commandes"),
}  # fmt: skip


def month(language: str = "en") -> list[ReportFact]:
    """Give the facts of October: revenue up, orders down, three countries, three months."""
    revenue, orders, by_country, country, by_month, counted = WORDS[language]

    def number(label: str, unit: str = "", digits: int = 0, **more) -> FactColumn:
        return FactColumn(
            name=more.pop("name", "value"), label=label, kind="number", unit=unit, digits=digits, **more
        )

    def one(
        name: str, label: str, value: str, unit: str, measure: str, digits: int = 0, **more
    ) -> ReportFact:
        columns = (number(label, unit, digits),)
        return ReportFact(
            name=name, label=label, shape="scalar", columns=columns, rows=((value,),), measure=measure, **more
        )  # fmt: skip

    def compared(name: str, label: str, unit: str, values: tuple[str, ...], turns: tuple) -> list[ReportFact]:
        now, before, year, change, yearly = values
        return [
            one(name, label, now, unit, "sum", direction=turns[0]),
            one(f"{name}.previous", label, before, unit, "sum"),
            one(f"{name}.change", label, change, "%", "change", 1, direction=turns[0]),
            one(f"{name}.last_year", label, year, unit, "sum"),
            one(f"{name}.change_last_year", label, yearly, "%", "change", 1, direction=turns[1]),
        ]

    rows = (("France", "30000", "51.6"), ("Belgique", "20000", "34.4"), ("Suisse", "8100", "13.9"))
    share = number("%", "%", 1, role="share", name="share")
    return [
        *compared("revenue", revenue, "EUR", ("58100", "52300", "60000", "11.1", "-3.2"), ("up", "down")),
        *compared("orders", orders, counted, ("40", "45", "40", "-11.1", "0"), ("down", "flat")),
        ReportFact(
            name="by_country",
            label=by_country,
            shape="ranking",
            measure="top",
            columns=(FactColumn(name="country", label=country), number(revenue, "EUR"), share),
            rows=rows,
        ),
        ReportFact(
            name="monthly",
            label=by_month,
            shape="series",
            measure="series",
            columns=(FactColumn(name="period", label="Month", kind="period"), number(revenue, "EUR")),
            rows=(("2026-08", "21400"), ("2026-09", "52300"), ("2026-10", "58100")),
        ),
    ]


@pytest.fixture
def english() -> ReferenceTable:
    """Give what may be said of October in English."""
    return reference_table(month(), "en-GB", window=Window.of("2026-10"), names=("Dupont",))


@pytest.fixture
def french() -> ReferenceTable:
    """Give what may be said of October in French."""
    return reference_table(month("fr"), "fr-FR", window=Window.of("2026-10"), names=("Dupont",))


@pytest.fixture
def october() -> list[ReportFact]:
    """Give the facts themselves, with English labels."""
    return month()
