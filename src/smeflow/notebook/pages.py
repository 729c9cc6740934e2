"""A case as HTML: every result, and its documents with all quotes marked. No script, no address in it."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from smeflow.documents.base import Document, Quote
from smeflow.documents.show import document_html
from smeflow.i18n import Language
from smeflow.notebook import plain
from smeflow.step import Case, Skipped

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
