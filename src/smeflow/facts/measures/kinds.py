"""Which word in ``facts:`` means which measure. A new measure is a row here."""

from collections.abc import Mapping

from smeflow.facts.measures.ageing import Ageing
from smeflow.facts.measures.base import Measure
from smeflow.facts.measures.groups import Cohort, Cross
from smeflow.facts.measures.outliers import Outliers
from smeflow.facts.measures.series import Forecast, Moving, Series, Trend
from smeflow.facts.measures.sql import Sql
from smeflow.facts.measures.top import Pareto, Top
from smeflow.facts.measures.totals import Count, Maximum, Mean, Median, Minimum, Share, Sum
from smeflow.i18n import say

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
        Sql,
    )
}


def measure_of(written: object) -> Measure:
    """Make the measure of what a recipe says.

    Raises:
        ValueError: No word of it names a measure, or a field is wrong.
    """
    if isinstance(written, Measure):
        return written
    if not isinstance(written, Mapping):
        raise ValueError(  # noqa: TRY004 - Pydantic tells a ValueError at its place in the recipe
            say("write it as {{sum: amount}}; the measures are: {words}", words=", ".join(MEASURES))
        )
    words = [word for word in MEASURES if word in written]
    if len(words) != 1:
        raise ValueError(say("a fact has one measure; there are: {words}", words=", ".join(MEASURES)))
    return MEASURES[words[0]].model_validate(dict(written))
