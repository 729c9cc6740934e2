"""A case as HTML: every result, and its documents with all quotes marked. No script, no address in it."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from smeflow.documents.base import Document, Quote
from smeflow.documents.show import document_html
from smeflow.i18n import Language
from smeflow.notebook import plain
from smeflow.step import Case, Skipped

STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:64em;margin:2em auto;padding:0 1em;color:#1f2937}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2em .8em .2em 0;vertical-align:top}"
    "mark{background:#fde68a}h2{margin:1.2em 0 .3em}"
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
    return f"<h2>{escape(case.id)}</h2>{results}{_marked(case.documents, quotes, max_pages)}"


def quotes_of(value: object) -> tuple[Quote, ...]:
    """Give every place a result was read from; a label has one, an extraction many."""
    if isinstance(value, Mapping):
        return plain.quotes(value)
    quotes = getattr(value, "quotes", None)
    if quotes is not None:
        return tuple(quotes)
    text, document = getattr(value, "quote", None), getattr(value, "document", None)
    if not isinstance(text, str) or not isinstance(document, str):
        return ()
    return (Quote(text=text, document=document, page=getattr(value, "page", None)),)


def _value(value: object, language: Language) -> str:
    if isinstance(value, Skipped):
        return f"<p><i>{escape(value.why.render(language))}</i></p>"
    if isinstance(value, Mapping):
        return plain.table(value, language)
    on_pages = getattr(value, "shown_on", None)
    alone = on_pages(()) if callable(on_pages) else value  # the pages follow once, for all results together
    show = getattr(alone, "_repr_html_", None)
    return str(show()) if callable(show) else f"<code>{escape(str(value))}</code>"


def _marked(documents: Iterable[Document], quotes: Sequence[Quote], max_pages: int) -> str:
    """Show the documents that hold a quote; the first one where none does."""
    flat = [d for document in documents for d in document.walk()]
    named = {quote.document for quote in quotes}
    shown = [d for d in flat if d.name in named] or flat[:1]
    return "".join(document_html(d, quotes, max_pages) for d in dict.fromkeys(shown))
