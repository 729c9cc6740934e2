"""Does one harmless line more make a proof wrong? `python benchmarks/distractors.py DIR [DIR …]`.

A DIR is one that ``lies.py`` takes. Every PDF that is proven without a model is printed again with each of
ten kinds of line that say something else: a print stamp, the date of a related paper or of an order, another
firm, account or total, a table of rates, a phone number, a second number. Each line stands once in the head
and once at the foot, in the document's language. Told is how often the record is proven again, and how often
it is proven and wrong: that must be never.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import lies
import strangers
from baits import overlaid

from smeflow import Case
from smeflow.documents.document import Page
from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.steps import Extract

LINES = {
    "print stamp": {"fr": "Imprimé le {day}", "de": "Gedruckt am {day}", "en": "Printed on {day}",
                    "nl": "Afgedrukt op {day}", "it": "Stampato il {day}", "es": "Impreso el {day}",
                    "pl": "Data wydruku {day}", "pt": "Impresso em {day}"},
    "related paper": {"fr": "Pièce liée du {day}", "de": "Vorgangsbeleg vom {day}",
                      "en": "Case file of {day}",
                      "nl": "Bijbehorend stuk van {day}", "it": "Documento collegato del {day}",
                      "es": "Documento relacionado de {day}", "pl": "Dokument powiązany z dnia {day}",
                      "pt": "Documento relacionado de {day}"},
    "associated invoice": {"fr": "Facture associée du {day}", "de": "Zugehörige Rechnung vom {day}",
                           "en": "Associated invoice of {day}", "nl": "Gekoppelde factuur van {day}",
                           "it": "Fattura collegata del {day}", "es": "Factura asociada de {day}",
                           "pl": "Faktura powiązana z dnia {day}", "pt": "Fatura associada de {day}"},
    "order date": {"fr": "Commande du {day}", "de": "Bestellung vom {day}", "en": "Order date: {day}",
                   "nl": "Besteldatum: {day}", "it": "Ordine del {day}", "es": "Pedido de {day}",
                   "pl": "Data zamówienia: {day}", "pt": "Data da encomenda: {day}"},
    "other firm": {"fr": "Expédié par Transports Durieux SA, 12 quai Sud, 69002 Lyon",
                   "de": "Spedition Kranz GmbH, Hafenstr. 3, 20457 Hamburg",
                   "en": "Delivered by Fleetmore Ltd, 5 Dock Road, Hull HU1 2AB"},
    "other account": {"fr": "Dons : IBAN DE89 3704 0044 0532 0130 00",
                      "de": "Spenden: DE89 3704 0044 0532 0130 00",
                      "en": "Charity account: IBAN DE89 3704 0044 0532 0130 00"},
    "other total": {"fr": "Total TTC de l'année précédente : {sum} EUR", "de": "Summe im Vorjahr: {sum} EUR",
                    "en": "Total of last year: {sum} EUR"},
    "rate table": {"fr": "TVA 20 % base 100,00 TVA 20,00 · TVA 10 % base 200,00 TVA 20,00",
                   "de": "19 % MwSt auf 100,00 = 19,00 · 7 % MwSt auf 200,00 = 14,00",
                   "en": "VAT 20% on 100.00: 20.00 · VAT 5% on 200.00: 10.00"},
    "phone number": {"fr": "Service client : 09 72 46 18 35", "de": "Telefon 0721 4438 2190",
                     "en": "Customer service: 0845 302 9417"},
    "second number": {"fr": "N° de dossier : 2024-88123", "de": "Vorgangsnummer: 2024-88123",
                      "en": "File no.: 2024-88123"},
}  # fmt: skip
PLACES = ("head", "foot")


def line_of(kind: str, language: str, record, page: Page) -> str:
    """Write a line of a kind, its day and sum near those of the invoice and not the same."""
    texts = LINES[kind]
    day = (record.issue_date or date(2025, 1, 1)) + timedelta(days=11)
    text = page.text
    form = (
        "%Y-%m-%d"
        if record.issue_date and record.issue_date.isoformat() in text
        else ("%d.%m.%Y" if language in ("de", "pl") else "%d/%m/%Y" if language != "en" else "%d %B %Y")
    )
    other = (abs(record.total_gross or Decimal(100)) * Decimal("1.37")).quantize(Decimal("0.01"))
    told = f"{other}" if language == "en" else f"{other}".replace(".", ",")
    return texts.get(language, texts["en"]).format(day=day.strftime(form), sum=told)


def drawing(page: Page, text: str, place: str) -> str:
    """Place a line where nothing stands: the first free one from the top, or from the foot upwards."""
    steps = range(int(page.height / 4) - 10)
    rows = [20 + 4 * s for s in steps] if place == "head" else [page.height - 20 - 4 * s for s in steps]
    taken = [(w.box.top * page.height, w.box.bottom * page.height) for w in page.words]
    y = next((y for y in rows if not any(top < y + 11 and bottom > y - 3 for top, bottom in taken)), 8)
    letters = f"text(size: 8pt, {json.dumps(text, ensure_ascii=False)})"
    return f"#place(top + left, dx: 45pt, dy: {y}pt, box(width: 500pt, {letters}))"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=10_000, help="at most so many proven documents")
    options = parser.parse_args()
    return measured([page for folder in options.folders for page in lies.pages_in(folder)], options.most)


def measured(pages: list[lies.Page], most: int) -> int:
    """Print every kind's line; gives how many are proven and wrong."""
    step = Extract(name="invoice", into="Invoice", readers=("layout",), ocr="tesseract")
    hosts = []
    for page in pages:
        found = lies.answered(page, None, always=False)
        if found.proven and page.document.data and page.document.pages[0].words:
            hosts.append((page, found.record))
    hosts = hosts[:most]
    print(f"{len(pages)} documents, of which {len(hosts)} proven")
    told: dict[str, Counter] = {kind: Counter() for kind in LINES}
    for page, record in hosts:
        first = page.document.pages[0]
        for kind in LINES:
            text = line_of(kind, page.language, record, first)
            for place in PLACES:
                try:
                    data = overlaid(page.document.data, first, drawing(first, text, place))
                    document = read(data, name=page.document.name)
                except (DocumentError, ValueError) as error:
                    told[kind]["not drawn"] += 1
                    print(f"  {page.id}: {kind}: {error}")
                    continue
                found = step(Case(id=page.id, documents=(document,)), lies.NoModel())
                told[kind]["made"] += 1
                told[kind]["proven"] += found.proven
                wrong = [n for n in strangers.REQUIRED if n in page.truth
                         and getattr(found.record, n) is not None
                         and not strangers.equal(n, getattr(found.record, n), page.truth[n])]  # fmt: skip
                told[kind]["wrong"] += bool(found.proven and wrong)
                if found.proven and wrong:
                    said = ", ".join(f"{n} {getattr(found.record, n)}" for n in wrong)
                    print(f"  {page.id}: {place}: “{text}”: PROVEN AND WRONG: {said}")
    for kind, counted in told.items():
        print(f"{kind:<20} {counted['made']:4} made, proven again {counted['proven']:4}, "
              f"proven and wrong {counted['wrong']}")  # fmt: skip
    return sum(counted["wrong"] for counted in told.values())


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
