"""Show an item of a workspace as one HTML page, in a notebook or a browser."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from smeflow.core.case import Case, Skipped
from smeflow.documents.document import Document, Quote
from smeflow.documents.show import document_html
from smeflow.engine.own_steps import untag_value
from smeflow.extract.result import Extraction, ExtractionView, extraction_html, label_html, pairs_html
from smeflow.i18n import Language, localized, phrase_from_json
from smeflow.kinds.steps import FieldReading
from smeflow.triage.labels import Label


def quotes_in_json(value: Mapping[str, Any]) -> tuple[Quote, ...]:
    """Give every place the values were read from."""
    readings = [FieldReading.model_validate(one) for one in value.get("fields", {}).values()]
    places = [place for reading in readings if (place := reading.place)]
    if isinstance(value.get("quote"), str) and isinstance(value.get("document"), str):
        places.append(Quote(text=value["quote"], document=value["document"], page=value.get("page")))
    return tuple(places)


def result_html(value: Mapping[str, Any], language: Language) -> str:
    """Show a result: a record's fields with their quotes, or its values by name."""
    remarks = [phrase_from_json(one) for one in (*value.get("doubts", ()), *value.get("problems", ()))]
    if "fields" in value:
        fields = {name: FieldReading.model_validate(one) for name, one in value["fields"].items()}
        checks = [(one["name"], one["passed"]) for one in value.get("checks", ())]
        who = value.get("accepted_by")
        proven = bool(value.get("proven"))
        return extraction_html(
            ExtractionView(fields=fields, proven=proven, accepted_by=who, checks=checks, remarks=remarks),
            language,
        )
    notes = "".join(f"<li>{escape(one.render(language))}</li>" for one in remarks)
    told = f"<ul>{notes}</ul>" if notes else ""
    if "label" in value:
        return label_html(value["label"], value.get("quote"), value.get("reader"), language) + told
    rows = [(k, v) for k, v in value.items() if v not in (None, "", [], {}, False) and k not in _NOT_SHOWN]
    return pairs_html((k, localized(untag_value(v), language)) for k, v in rows) + told


_NOT_SHOWN = frozenset({"doubts", "problems", "wanted_model"})

STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:0;color:#1f2937;background:#f9fafb}"
    "main{display:flex;flex-wrap:wrap;gap:1.5em;padding:1em 1.5em 3em;align-items:flex-start}"
    "section{flex:1 1 32em;min-width:0;background:#fff;border:1px solid #e5e7eb;border-radius:.5em}"
    "section{padding:1em 1.5em;box-sizing:border-box}h3{margin:.8em 0 .3em}"
    "h2{margin:0;padding:.8em 1em 0;font-size:1.3em}"
    "mark{background:#fde68a}@media print{body{background:#fff}section{border:0}}"
)


def case_page(case: Case, language: Language = "en") -> str:
    """Give `case_html` as a whole page that any browser opens, without a network."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(case.id)}</title>'
        f"<style>{STYLE}</style></head><body>{case_html(case, language, max_pages=10)}</body></html>\n"
    )


def case_html(case: Case, language: Language = "en", max_pages: int = 3) -> str:
    """Show every result of *case*, then its documents with all quotes marked, at most *max_pages* of each."""
    results = "".join(
        f"<h3>{escape(name)}</h3>{_value(value, language)}" for name, value in case.results.items()
    )
    quotes = [quote for value in case.results.values() for quote in quotes_of(value)]
    pages = _marked(case.documents, quotes, max_pages)
    return f"<h2>{escape(case.id)}</h2><main><section>{results}</section><section>{pages}</section></main>"


def quotes_of(value: object) -> tuple[Quote, ...]:
    """Give every place a result was read from; a label has one, an extraction many."""
    if isinstance(value, Mapping):
        return quotes_in_json(value)
    if isinstance(value, Extraction):
        return value.quotes
    if isinstance(value, Label) and value.quote is not None and value.document is not None:
        return (Quote(text=value.quote, document=value.document, page=value.page),)
    return ()


def _value(value: object, language: Language) -> str:
    if isinstance(value, Skipped):
        return f"<p><i>{escape(value.why.render(language))}</i></p>"
    if isinstance(value, Mapping):
        return result_html(value, language)
    alone = value.shown_on(()) if isinstance(value, Extraction) else value  # the pages follow once, for all
    show = getattr(alone, "_repr_html_", None)  # foreign: what notebooks call on any value
    return str(show()) if callable(show) else f"<code>{escape(str(value))}</code>"


def _marked(documents: Iterable[Document], quotes: Sequence[Quote], max_pages: int) -> str:
    """Show the documents that hold a quote; the first one where none does."""
    flat = [d for document in documents for d in document.walk()]
    named = {quote.document for quote in quotes}
    shown = [d for d in flat if d.name in named] or flat[:1]
    return "".join(document_html(d, quotes, max_pages) for d in dict.fromkeys(shown))
