"""Show an item of a workspace as one HTML page, in a notebook or a browser."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any

from smeflow.core.case import Case, Skipped
from smeflow.documents.document import Document, Quote
from smeflow.documents.show import document_html, has_pictures
from smeflow.engine.own_steps import untag_value
from smeflow.extract.result import Extraction
from smeflow.extract.shown import ExtractionView, extraction_html, label_html, pairs_html
from smeflow.i18n import Language, Phrase, localized, phrase_from_json
from smeflow.kinds.steps import FieldReading, recognised
from smeflow.triage.labels import Label


def quotes_in_json(value: Mapping[str, Any], kind: str) -> tuple[Quote, ...]:
    """Give every place the values were read from."""
    readings = value.get("fields", {}).values() if kind in _VIEWS else ()
    places = [place for each in readings if (place := FieldReading.model_validate(each).place)]
    if kind == "label" and value.get("quote") is not None and value.get("document") is not None:
        places.append(Quote(text=value["quote"], document=value["document"], page=value.get("page")))
    return tuple(places)


def result_html(value: Mapping[str, Any], language: Language, kind: str) -> str:
    """Show a result as those of its *kind* are shown, one of another kind by its values' names."""
    view = _VIEWS.get(kind)
    if view is not None:
        return view(value, language)
    rows = [(k, v) for k, v in value.items() if v not in (None, "", [], {}, False) and k not in _NOT_SHOWN]
    pairs = pairs_html((k, localized(untag_value(v), language)) for k, v in rows)
    return pairs + _remarks_html(value, language)


def _extraction(value: Mapping[str, Any], language: Language) -> str:
    view = ExtractionView(
        fields={name: FieldReading.model_validate(each) for name, each in value.get("fields", {}).items()},
        proven=bool(value.get("proven")),
        accepted_by=value.get("accepted_by"),
        checks=[(check["name"], check["passed"]) for check in value.get("checks", ())],
        remarks=_remarks(value),
    )
    return extraction_html(view, language)


def _label(value: Mapping[str, Any], language: Language) -> str:
    label = label_html(value["label"], value.get("quote"), value.get("reader"), language)
    return label + _remarks_html(value, language)


_VIEWS: Mapping[str, Callable[[Mapping[str, Any], Language], str]] = {
    "extraction": _extraction,
    "label": _label,
}
"""How results that have evidence are shown, by the name of their kind."""


def _remarks(value: Mapping[str, Any]) -> list[Phrase]:
    return [phrase_from_json(each) for each in (*value.get("doubts", ()), *value.get("problems", ()))]


def _remarks_html(value: Mapping[str, Any], language: Language) -> str:
    items = "".join(f"<li>{escape(remark.render(language))}</li>" for remark in _remarks(value))
    return f"<ul>{items}</ul>" if items else ""


_NOT_SHOWN = frozenset({"doubts", "problems", "wanted_model"})
NO_KINDS: Mapping[str, str] = MappingProxyType({})

STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:0;color:#1f2937;background:#f9fafb}"
    "main{display:flex;flex-wrap:wrap;gap:1.5em;padding:1em 1.5em 3em;align-items:flex-start}"
    "section{flex:1 1 32em;min-width:0;background:#fff;border:1px solid #e5e7eb;border-radius:.5em}"
    "section{padding:1em 1.5em;box-sizing:border-box}h3{margin:.8em 0 .3em}"
    "h2{margin:0;padding:.8em 1em 0;font-size:1.3em}"
    "mark{background:#fde68a}@media print{body{background:#fff}section{border:0}}"
)


def case_page(case: Case, language: Language = "en", kinds: Mapping[str, str] = NO_KINDS) -> str:
    """Give `case_html` as a whole page that any browser opens, without a network."""
    body = case_html(case, language, max_pages=10, kinds=kinds)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(case.id)}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def case_html(
    case: Case, language: Language = "en", max_pages: int = 3, kinds: Mapping[str, str] = NO_KINDS
) -> str:
    """Show every result of *case*, then its documents with all quotes marked, at most *max_pages* of each.

    *kinds* names, by step, of which kind a result is that is plain JSON; without it, results are recognised.
    """
    values = case.results.items()
    named = {name: kinds[name] if name in kinds else recognised(value) for name, value in values}
    results = "".join(
        f"<h3>{escape(name)}</h3>{_value(value, language, named[name])}" for name, value in values
    )
    quotes = [quote for name, value in values for quote in quotes_of(value, named[name])]
    pages = _marked(case.documents, quotes, max_pages, language)
    return f"<h2>{escape(case.id)}</h2><main><section>{results}</section><section>{pages}</section></main>"


def quotes_of(value: object, kind: str) -> tuple[Quote, ...]:
    """Give every place a result was read from; a label has one, an extraction many."""
    if isinstance(value, Mapping):
        return quotes_in_json(value, kind)
    if isinstance(value, Extraction):
        return value.quotes
    if isinstance(value, Label) and value.quote is not None and value.document is not None:
        return (Quote(text=value.quote, document=value.document, page=value.page),)
    return ()


def _value(value: object, language: Language, kind: str) -> str:
    if isinstance(value, Skipped):
        return f"<p><i>{escape(value.why.render(language))}</i></p>"
    if isinstance(value, Mapping):
        return result_html(value, language, kind)
    alone = value.shown_on(()) if isinstance(value, Extraction) else value  # the pages follow once, for all
    show = getattr(alone, "_repr_html_", None)  # foreign: what notebooks call on any value
    return str(show()) if callable(show) else f"<code>{escape(str(value))}</code>"


def _marked(
    documents: Iterable[Document], quotes: Sequence[Quote], max_pages: int, language: Language
) -> str:
    """Show the documents that hold a quote, each behind the pages it lies in; the first where none does."""
    every = tuple(documents)
    named = {quote.document for quote in quotes}
    shown: list[Document] = []
    for document in every:
        quoted = [d for d in document.walk() if d.name in named]
        # of a PDF with data in it a person reads the page, whatever the values were read from
        shown += [document, *quoted] if quoted and has_pictures(document) else quoted
    once = {(d.name, d.sha256): d for d in shown or every[:1]}
    return "".join(document_html(d, quotes, max_pages, language) for d in once.values())
