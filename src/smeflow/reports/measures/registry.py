"""Which word in ``facts:`` means which measure. A new measure is a row here."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from smeflow.i18n import say
from smeflow.reports.measures.accounting import Accounts, Ageing, Payables, Receivables
from smeflow.reports.measures.groups import Cohort, Cross, Pareto, Top
from smeflow.reports.measures.measure import Measure
from smeflow.reports.measures.rows import Outliers, Sql
from smeflow.reports.measures.series import Forecast, Moving, Series, Trend
from smeflow.reports.measures.totals import Count, Maximum, Mean, Median, Minimum, Share, Sum

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
        near = next((m[0] for word in written if (m := get_close_matches(str(word), MEASURES, 1, 0.6))), None)
        if near and not words:
            raise ValueError(say("there is no such measure; did you mean {near}?", near=near))
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


class _MeasureUnion:
    """Tell Pydantic that a field is one of the measures, chosen by its word, whichever rows the table has."""

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {_tag(kind): handler.generate_schema(kind) for kind in MEASURES.values()}
        union = core_schema.tagged_union_schema(choices, discriminator=lambda v: _tag(MEASURES[word_of(v)]))
        return core_schema.no_info_before_validator_function(_as_mapping, union)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


def _tag(kind: type[Measure]) -> str:
    """Name the choice so that it is taken for no key of the recipe when a problem's place is told."""
    return f"({kind.word})"


def _as_mapping(value: object) -> object:
    value = {"sql": value} if isinstance(value, str) else value
    word_of(value)  # said in our words, where a union would name its tags
    return value


AnyMeasure = Annotated[Measure, _MeasureUnion()]
"""A field that holds any measure."""
