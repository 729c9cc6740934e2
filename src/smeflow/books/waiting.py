"""What an export left out, as a page for the bookkeeper: each invoice with its reason and its first page."""

from collections.abc import Iterator, Sequence
from html import escape

from smeflow.books.export import LeftOut
from smeflow.documents.show import page_png
from smeflow.errors import DocumentError
from smeflow.i18n import Language, say
from smeflow.ledger.cases import document_of
from smeflow.ledger.ledger import Ledger

MOST_PICTURES = 200
_STYLE = "body{font-family:sans-serif}td,th{padding:.3em 1em;text-align:left;vertical-align:top}"


def review_files(
    ledger: Ledger, left_out: Sequence[LeftOut], period: str, language: Language
) -> Iterator[tuple[str, bytes]]:
    """Give the files of the list by name: a picture an invoice, then the page that links them."""
    rows = []
    for number, one in enumerate(left_out):
        name = f"review-{period}-{one.item.id}.png"
        picture = _picture(ledger, one) if number < MOST_PICTURES else None
        if picture is not None:
            yield name, picture
        told = escape(one.item.name)
        shown = f'<a href="{name}">{told}</a>' if picture is not None else told
        rows.append(
            f"<tr><td>{one.item.id}</td><td>{shown}</td><td>{escape(one.why.render(language))}</td></tr>"
        )
    title = say("Left out of the books of {period}", period=period).render(language)
    none = say("Everything that is finished was booked.").render(language)
    heads = "".join(f"<th>{escape(say_.render(language))}</th>" for say_ in _HEADS)
    table = f"<table><tr>{heads}</tr>{''.join(rows)}</table>" if rows else f"<p>{escape(none)}</p>"
    page = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{table}</html>\n"
    )
    yield f"review-{period}.html", page.encode()


_HEADS = (say("number"), say("invoice"), say("why"))


def _picture(ledger: Ledger, one: LeftOut) -> bytes | None:
    """Draw the first page; None where the item is no document of pages."""
    try:
        document = document_of(ledger.store, one.item)
        pages = [d for d in document.walk() if d.media_type == "application/pdf" or "image/" in d.media_type]
        return page_png(pages[0], pages[0].pages[0].number if pages[0].pages else 1) if pages else None
    except DocumentError:
        return None
