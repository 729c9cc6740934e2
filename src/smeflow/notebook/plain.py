"""Results as the ledger keeps them, plain JSON, shown without the classes of the steps that made them."""

from collections.abc import Mapping
from html import escape
from typing import Any

from smeflow.documents.base import Quote
from smeflow.i18n import Language, phrase_of, shown
from smeflow.steps.base import FieldReading
from smeflow.steps.rule import untagged
from smeflow.steps.shown import Shown, extraction_html, label_html, pairs_html


def quotes(value: Mapping[str, Any]) -> tuple[Quote, ...]:
    """Give every place the values were read from."""
    readings = [FieldReading.model_validate(one) for one in value.get("fields", {}).values()]
    places = [place for reading in readings if (place := reading.place)]
    if isinstance(value.get("quote"), str) and isinstance(value.get("document"), str):
        places.append(Quote(text=value["quote"], document=value["document"], page=value.get("page")))
    return tuple(places)


def table(value: Mapping[str, Any], language: Language) -> str:
    """Show a result: a record's fields with their quotes, or its values by name."""
    said = [phrase_of(one) for one in (*value.get("doubts", ()), *value.get("problems", ()))]
    if "fields" in value:
        fields = {name: FieldReading.model_validate(one) for name, one in value["fields"].items()}
        checks = [(one["name"], one["passed"]) for one in value.get("checks", ())]
        who = value.get("accepted_by")
        proven = bool(value.get("proven"))
        return extraction_html(
            Shown(fields=fields, proven=proven, accepted_by=who, checks=checks, said=said), language
        )
    notes = "".join(f"<li>{escape(one.render(language))}</li>" for one in said)
    told = f"<ul>{notes}</ul>" if notes else ""
    if "label" in value:
        return label_html(value["label"], value.get("quote"), value.get("reader"), language) + told
    rows = [(k, v) for k, v in value.items() if v not in (None, "", [], {}, False) and k not in _TOLD]
    return pairs_html((k, shown(untagged(v), language)) for k, v in rows) + told


_TOLD = frozenset({"doubts", "problems", "wanted_model"})
