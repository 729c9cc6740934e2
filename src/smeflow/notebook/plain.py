"""Results as the ledger keeps them, plain JSON, shown without the classes of the steps that made them."""

from collections.abc import Mapping
from html import escape
from typing import Any

from smeflow.documents.base import Quote
from smeflow.i18n import Language, Phrase, phrase_of, say
from smeflow.steps.base import FieldReading


def quotes(value: Mapping[str, Any]) -> tuple[Quote, ...]:
    """Give every place the values were read from."""
    readings = [FieldReading.model_validate(one) for one in value.get("fields", {}).values()]
    places = [place for reading in readings if (place := reading.place)]
    if isinstance(value.get("quote"), str) and isinstance(value.get("document"), str):
        places.append(Quote(text=value["quote"], document=value["document"], page=value.get("page")))
    return tuple(places)


def table(value: Mapping[str, Any], language: Language) -> str:
    """Show a result: a record's fields with their quotes, or its values by name."""

    def text(phrase: Phrase) -> str:
        return escape(phrase.render(language))

    said = [*value.get("doubts", ()), *value.get("problems", ())]
    notes = "".join(f"<li>{text(phrase_of(one))}</li>" for one in said)
    told = f"<ul>{notes}</ul>" if notes else ""
    if "fields" not in value:
        shown = {
            k: v for k, v in value.items() if v not in (None, "", [], {}) and k not in ("doubts", "problems")
        }
        rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in shown.items())
        return f"<table>{rows}</table>{told}"
    verdict = say("proven") if value.get("proven") else say("not proven")
    words = (say("field"), say("value"), say("quote"), say("page"), say("read by"))
    heads = "".join(f"<th>{text(word)}</th>" for word in words)
    rows = "".join(_row(name, one) for name, one in value["fields"].items() if one.get("value") is not None)
    return f"<p><b>{text(verdict)}</b></p><table><tr>{heads}</tr>{rows}</table>{told}"


def _row(name: str, reading: Mapping[str, Any]) -> str:
    quote = f"<mark>{escape(reading['quote'])}</mark>" if reading.get("quote") else ""
    cells = (
        escape(name),
        escape(reading["value"]),
        quote,
        str(reading.get("page") or ""),
        reading.get("reader") or "",
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
