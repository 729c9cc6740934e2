"""Which word in ``facts:`` means which measure. A new measure is a row here."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

from smeflow.i18n import say
from smeflow.reports.measures.accounting import Accounts, Ageing, Payables, Receivables
from smeflow.reports.measures.groups import Cohort, Cross, Pareto, Top
from smeflow.reports.measures.measure import Measure
from smeflow.reports.measures.rows import Outliers, Sql
from smeflow.reports.measures.series import Forecast, Moving, Series, Trend
from smeflow.reports.measures.totals import Count, Maximum, Mean, Median, Minimum, Share, Sum
from smeflow.tables.kinds import OneByWord

MEASURES: Mapping[str, type[Measure]] = {
    kind.word: kind
    for kind in (
        Sum,
        Count,
        Mean,
        Median,
        Minimum,
        Maximum,
        Share,
        Top,
        Pareto,
        Series,
        Moving,
        Trend,
        Forecast,
        Ageing,
        Cohort,
        Cross,
        Outliers,
        Accounts,
        Receivables,
        Payables,
        Sql,
    )
}


def word_of(written: object) -> str:
    """Tell which measure is asked for.

    Raises:
        ValueError: No word of it names a measure, or more than one does.
    """
    if isinstance(written, Measure):
        return written.word
    words = [word for word in MEASURES if isinstance(written, Mapping) and word in written]
    if not isinstance(written, Mapping):
        raise ValueError(  # noqa: TRY004 - Pydantic tells a ValueError at its place in the recipe
            say("write it as {{sum: amount}}; the measures are: {words}", words=", ".join(MEASURES))
        )
    if len(words) != 1:
        near = [match for word in written for match in get_close_matches(str(word), MEASURES, 1, 0.6)]
        if near and not words:
            raise ValueError(say("there is no such measure; did you mean {near}?", near=near[0]))
        raise ValueError(say("a fact has one measure; there are: {words}", words=", ".join(MEASURES)))
    return words[0]


def measure_of(written: object) -> Measure:
    """Make the measure of what a recipe says; a text alone is an expression in SQL.

    Raises:
        ValueError: No word of it names a measure, or a field is wrong.
    """
    if isinstance(written, Measure):
        return written
    written = {"sql": written} if isinstance(written, str) else written
    return MEASURES[word_of(written)].model_validate(written)


AnyMeasure = Annotated[Measure, OneByWord(MEASURES, "sql", word_of)]
"""A field that holds any measure."""
