"""Results as HTML, with the quotes marked on the pages they were read from. No script, no address in it."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from smeflow.documents.base import Document, Quote
from smeflow.documents.show import document_html
from smeflow.i18n import Language, say
from smeflow.step import Case, Skipped

if TYPE_CHECKING:
    from smeflow.run import Done
    from smeflow.runner.runner import Summary
    from smeflow.steps.extraction import Extraction

STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:64em;margin:2em auto;padding:0 1em;color:#1f2937}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2em .8em .2em 0;vertical-align:top}"
    "mark{background:#fde68a}h2{margin:1.2em 0 .3em}"
)
COLOURS = {
    "done": "#15803d",
    "review": "#b45309",
    "failed": "#b91c1c",
    "skipped": "#6b7280",
    "open": "#0e7490",
}


def extraction_html(extraction: "Extraction[Any]", documents: Iterable[Document], max_pages: int = 3) -> str:
    """Show a record beside the documents it was read from, every value boxed where it stands."""
    table = extraction._repr_html_()
    return table + _marked(documents, extraction.quotes, max_pages)


def case_html(case: Case, language: Language = "en", max_pages: int = 3) -> str:
    """Show every result of *case*, then its documents with all quotes marked."""
    parts: list[str] = []
    quotes: list[Quote] = []
    for name, value in case.results.items():
        parts.append(f"<h3>{escape(name)}</h3>{_value(value, language)}")
        quotes.extend(quotes_of(value))
    return f"<h2>{escape(case.id)}</h2>{''.join(parts)}{_marked(case.documents, quotes, max_pages)}"


def case_page(case: Case, language: Language = "en") -> str:
    """Give `case_html` as a whole page that any browser opens."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(case.id)}</title>'
        f"<style>{STYLE}</style></head><body>{case_html(case, language, max_pages=10)}</body></html>\n"
    )


def done_html(done: "Done", language: Language = "en") -> str:
    """Show what a run in memory gave, and why it stopped where a person must look."""
    held = done.held
    why = "".join(f"<li>{escape(p.render(language))}</li>" for p in held.reasons) if held else ""
    head = say("waits for a person") if held else say("done")
    colour = COLOURS["review" if held else "done"]
    told = f"<b style='color:{colour}'>{escape(head.render(language))}</b>" + (
        f"<ul>{why}</ul>" if why else ""
    )
    return told + case_html(done.case, language)


def summary_html(summary: "Summary", language: Language = "en") -> str:
    """Show the counts of a run of a recipe, and what a person should know."""
    cells = "".join(
        f"<td style='color:{colour};font-weight:600'>{getattr(summary, state)}</td>"
        for state, colour in COLOURS.items()
    )
    words = (say("done"), say("review"), say("failed"), say("skipped"), say("open"))
    heads = "".join(f"<th>{escape(word.render(language))}</th>" for word in words)
    notes = "".join(f"<li>{escape(note.render(language))}</li>" for note in summary.notes)
    return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>" + (f"<ul>{notes}</ul>" if notes else "")


def quotes_of(value: object) -> tuple[Quote, ...]:
    """Give every place a result was read from; a label has one, an extraction many."""
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
    show = getattr(value, "_repr_html_", None)
    return str(show()) if callable(show) else f"<code>{escape(str(value))}</code>"


def _marked(documents: Iterable[Document], quotes: Sequence[Quote], max_pages: int) -> str:
    """Show the documents that hold a quote; the first one where none does."""
    flat = [d for document in documents for d in document.walk()]
    named = {quote.document for quote in quotes}
    shown = [d for d in flat if d.name in named] or flat[:1]
    return "".join(document_html(d, quotes, max_pages) for d in shown)
