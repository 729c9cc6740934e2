"""Swiss invoices with the payment part at the foot."""

import random
from dataclasses import replace
from decimal import Decimal

from drawing import Drawing

from . import identifiers as ids
from .blocks import columns, head_items, identity, lines_table, sum_rows, sums_block, sums_strip
from .document import Doc
from .france import title
from .look import columns_foot, logo, meta, page, stamp, table
from .parties import Party
from .sums import Line, cents, draw_lines, of_lines, percent, random_amount

VAT81 = Decimal("8.1")
WORDS = {
    "de": ("Empfangsschein", "Zahlteil", "Konto / Zahlbar an", "Referenz", "Zahlbar durch", "Währung", "Betrag", "Annahmestelle"),
    "fr": ("Récépissé", "Section paiement", "Compte / Payable à", "Référence", "Payable par", "Monnaie", "Montant", "Point de dépôt"),
    "it": ("Ricevuta", "Sezione pagamento", "Conto / Pagabile a", "Riferimento", "Pagabile da", "Valuta", "Importo", "Punto di accettazione"),
}
TRADE = {"de": "de.goods", "fr": "fr.craft", "it": "it.goods"}


def code(rng: random.Random, size: int = 33) -> str:
    """A picture that looks like a QR code and says nothing."""
    cells = "".join(f'<rect x="{x}" y="{y}" width="1" height="1"/>' for y in range(size) for x in range(size) if rng.random() < 0.48)
    corner = "".join(f'<rect x="{x}" y="{y}" width="7" height="7" fill="#fff" stroke="#000"/><rect x="{x + 2}" y="{y + 2}" width="3" height="3"/>' for x, y in ((0, 0), (size - 7, 0), (0, size - 7)))
    return f'<svg viewBox="-1 -1 {size + 2} {size + 2}" style="width:40mm;height:40mm">{cells}{corner}</svg>'


def slip(doc: Doc, seller: Party, buyer: Party, amount: Decimal) -> str:
    """Receipt and payment part with the amount, the account and the parties once more."""
    receipt, part, account, reference, payer, currency, value, office = WORDS[doc.language]
    ref = ids.groups(ids.qr_reference(doc.rng), 2, 5)
    shown = f"{amount:,.2f}".replace(",", " ")
    due = doc.mark("amount_due", f"{amount:.2f}", shown)
    money = doc.mark("currency", doc.currency)
    iban = doc.mark("iban", seller.iban, ids.groups(seller.iban, 4))
    where = "<br>".join(doc.address("seller", seller))
    who = "<br>".join(doc.address("buyer", buyer))
    sums = f'<div class="cols"><div><b>{currency}</b><br>{money}</div><div><b>{value}</b><br>{due}</div></div>'
    left = f"<b style='font-size:11pt'>{receipt}</b><br><br><b>{account}</b><br>{iban}<br>{where}<br><br><b>{reference}</b><br>{ref}<br><br><b>{payer}</b><br>{who}<br><br>{sums}<div class=r><b>{office}</b></div>"
    middle = f"<b style='font-size:11pt'>{part}</b><br><br>{code(doc.rng)}<br>{sums}"
    right = f"<b>{account}</b><br>{iban}<br>{where}<br><br><b>{reference}</b><br>{ref}<br><br><b>{payer}</b><br>{who}"
    doc.trap("payment part with repeated amount", "payment reference")
    cells = f'<div style="width:56mm;border-right:1px dashed #000">{left}</div><div style="width:50mm">{middle}</div><div>{right}</div>'
    return f'<div class="foot" style="border-top:1px dashed #000;font:8pt/1.15 \'DejaVu Sans Condensed\'"><div class="cols" style="justify-content:flex-start">{cells}</div></div>'


def payment_part(rng: random.Random) -> Drawing:
    """Goods or work in one of three languages, with the payment part below."""
    language = rng.choice(("de", "fr", "it"))
    doc = Doc(rng, language, "CH")
    seller, buyer = doc.seller(), doc.buyer(private=rng.random() < 0.4)
    seller = replace(seller, iban=ids.qr_iban(rng))
    lines = draw_lines(rng, TRADE[language], rng.randint(2, 5), rng.choice((["8.1"], ["8.1"], ["8.1", "2.6"])))
    sums = of_lines(lines)
    items = head_items(doc, traps=2, due=rng.random() < 0.6)
    rows = sum_rows(doc, sums, vat_total=len(sums.shares) > 1)
    shape = sums_strip if rng.random() < 0.35 else sums_block
    top = f'<div class="row"><div>{logo(doc, seller.root, 22) if rng.random() < 0.5 else ""}<br>{"<br>".join(doc.address("seller", seller))}<br><span class=small>{" | ".join(identity(doc, seller, bank=False)[:2])}</span></div><div style="padding-top:12mm">{"<br>".join(doc.address("buyer", buyer))}</div></div>'
    body = top + title(doc) + meta(doc, items, rng.choice(("colon", "grid", "over"))) + lines_table(doc, lines, columns(doc, rates=len(sums.shares) > 1)) + shape(doc, rows) + stamp(doc, 0.2) + slip(doc, seller, buyer, sums.gross)
    return doc.finish(page(doc, [body], css=".sheet{padding-top:9mm}.lines{margin:2mm 0 2mm}"))


def garage(rng: random.Random) -> Drawing:
    """A garage's bill on one sheet, the payment part on the next; amounts rounded to five centimes before."""
    language = rng.choice(("de", "fr"))
    doc = Doc(rng, language, "CH")
    seller, buyer = doc.seller("Garage"), doc.buyer(private=True)
    seller = replace(seller, iban=ids.qr_iban(rng))
    names = (("Ölwechsel inkl. Filter", "Winterreifen 205/55 R16", "Arbeitszeit", "Bremsbeläge vorne"), ("Vidange avec filtre", "Pneus hiver 205/55 R16", "Main-d'œuvre", "Plaquettes avant"))[language == "fr"]
    lines = [Line(name=name, quantity=Decimal(rng.randint(1, 4)), price=random_amount(rng, 48, 180), rate=VAT81, unit=rng.choice(("", "Stk")) if language == "de" else "", code=f"{rng.randint(100, 999)}") for name in rng.sample(names, rng.randint(2, 4))]
    sums = of_lines(lines)
    paid = cents(percent(sums.gross, Decimal(25))) if rng.random() < 0.5 else None
    due = sums.gross - (paid or Decimal(0))
    rows = sum_rows(doc, sums, prepaid=paid, due=due)
    car = {"de": f"Kontrollschild ZH {rng.randint(10000, 899999)} – 1. Inverkehrsetzung {doc.day(doc.before(900, 3000))} – km-Stand {doc.number(Decimal(rng.randint(20000, 180000)), 0)} – nächster Service {doc.day(doc.later(300, 360))}",
           "fr": f"Plaque GE {rng.randint(10000, 899999)} – 1re mise en circulation {doc.day(doc.before(900, 3000))} – {doc.number(Decimal(rng.randint(20000, 180000)), 0)} km – prochain service {doc.day(doc.later(300, 360))}"}[language]
    doc.trap("number plate", "registration date", "mileage", "next service date")
    items = head_items(doc, traps=2)
    foot = columns_foot(doc, [[", ".join(doc.address("seller", seller))], identity(doc, seller)])
    top = f'<div class="row">{logo(doc, seller.root, 30)}<div>{"<br>".join(doc.address("buyer", buyer))}</div></div><div class=gap></div>'
    rounded = (due * 20).quantize(Decimal(1)) / 20
    hint = table([[{"de": "Bar gerundet auf 5 Rp.", "fr": "Espèces, arrondi à 5 ct"}[language], "→" + doc.money("", rounded)]], "sum small")
    doc.trap("cash rounded amount")
    first = top + title(doc) + meta(doc, items) + f"<p>{car}</p>" + lines_table(doc, lines, columns(doc, rates=False)) + sums_block(doc, rows) + hint + stamp(doc) + foot
    return doc.finish(page(doc, [first, slip(doc, seller, buyer, due)]))


FAMILIES = {"ch_payment_part": payment_part, "ch_garage": garage}
