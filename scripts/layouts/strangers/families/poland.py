"""Polish invoices with their table of net, tax and gross."""

import random
from decimal import Decimal

from drawing import Drawing

from .blocks import head_items, identity, maker, terms
from .document import Doc
from .look import logo, meta, page, stamp, table
from .parties import person
from .sums import Line, Totals, draw_lines, of_lines, percent


def grid(doc: Doc, lines: list[Line], sums: Totals) -> str:
    """Lines with net, tax and gross, then the sums in the same columns."""
    head = ["Lp.", doc.label("desc"), doc.label("unit"), "→" + doc.label("qty"), "→" + doc.label("price"), "→" + doc.label("amount"), "→" + doc.label("rate"), "→VAT", "→Brutto"]
    rows = [head]
    for place, line in enumerate(lines):
        cells = doc.line(place, line)
        tax = percent(line.net, line.rate)
        rows.append([cells["pos"], cells["desc"], cells["unit"], "→" + cells["qty"], "→" + cells["price"], "→" + cells["amount"], "→" + cells["rate"], "→" + doc.number(tax), "→" + doc.number(line.net + tax)])
    def total() -> list[str]:
        one = len(sums.shares) == 1
        net = doc.money("total_net vat_breakdown.0.base" if one else "total_net", sums.net, bare=True)
        vat = doc.money("total_vat vat_breakdown.0.amount" if one else "total_vat", sums.vat, bare=True)
        return ["", "", "", "", f"→<b>{doc.rng.choice(('Razem', 'RAZEM', 'Ogółem'))}</b>", "→" + net, "", "→" + vat, "→" + doc.money("total_gross", sums.gross, bare=True)]
    parts = []
    for place, share in enumerate(sums.shares):
        rate, base, amount = doc.share(place, share)
        parts.append(["", "", "", "", "→w tym", "→" + base, "→" + rate, "→" + amount, "→" + doc.number(share.base + share.amount)])
    rows += [total(), *parts] if doc.rng.random() < 0.6 else [*parts, total()]
    doc.trap("rate table", "tax and gross for each line")
    return table(rows, "lines small", head=True)


def invoice(rng: random.Random) -> Drawing:
    """Seller and buyer beside each other, several dates, advance paid, the sum in words."""
    doc = Doc(rng, "pl", "PL")
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, "pl.goods", rng.randint(2, 6), rng.choice((["23"], ["23", "8"], ["23", "8", "5"])))
    sums = of_lines(lines)
    paid = percent(sums.gross, Decimal(rng.choice((20, 40)))) if rng.random() < 0.4 else None
    due = sums.gross - (paid or Decimal(0))
    number = doc.mark("number", rng.choice((f"FV/{rng.randint(1, 400)}/{doc.today:%m/%Y}", f"{rng.randint(1, 900)}/{doc.today.year}", f"FS-{rng.randint(1, 900)}/{doc.today:%y}/MAG")))
    head = f'<h1>{doc.mark("kind", "invoice", rng.choice(("Faktura", "FAKTURA VAT", "Faktura VAT")))} {rng.choice(("nr", "", "Nr"))} {number}</h1>'
    items = head_items(doc, number=False, traps=3, due=rng.random() < 0.8)
    extra = []
    if paid:
        extra.append([f"Zaliczka, faktura {doc.serial(doc.before(20, 40))} z {doc.day(doc.before(20, 40))}", "→" + doc.money("prepaid", paid, place="after")])
    extra.append([rng.choice(("Do zapłaty", "Pozostało do zapłaty", "Razem do zapłaty")), "→<b>" + doc.money("amount_due", due, place="after") + "</b>"])
    words = f"<p class=small>Słownie: {rng.choice(('jak w pozycji', 'kwota słownie'))} {int(due)} i {int(due * 100) % 100:02d}/100 zł. Mechanizm podzielonej płatności.</p>"
    doc.trap("amount in words", "buyer tax number", "recipient", "split payment mention")
    who = f'<div><span class=key>{doc.label("from")}</span><br>{"<br>".join(doc.address("seller", seller))}<br>{"<br>".join(identity(doc, seller, bank=False))}</div>'
    to = f'<div><span class=key>{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer))}<br>NIP {doc.vat_number("buyer", buyer)}</div>'
    third = doc.buyer()
    other = f'<div class=small><span class=key>Odbiorca</span><br>{third.name}<br>{third.street}<br>{third.zip} {third.city}</div>' if rng.random() < 0.5 else ""
    pay = f"<p>Bank Spółdzielczy Olszyna, {doc.label('iban')}: {doc.iban(seller, broken=rng.random() < 0.3)}</p>"
    sign = f'<div class="row small" style="margin-top:10mm"><div>Wystawił(a): {person(rng, "PL")}</div><div>Odebrał(a): ..................</div></div>'
    top = f'<div class="row">{logo(doc, seller.root, 24) if rng.random() < 0.5 else "<div></div>"}{meta(doc, items, rng.choice(("pairs", "colon")))}</div>'
    parts = rng.sample([top, head], 2)
    note = f"<p class=tiny>{doc.currency_note()}</p>"
    body = "".join(parts) + f'<div class="row">{"".join([who, to, other])}</div>' + grid(doc, lines, sums) + note + table(extra, "sum") + words + pay + stamp(doc) + sign + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def correction(rng: random.Random) -> Drawing:
    """Korekta to zero: before, after and the difference that is credited."""
    doc = Doc(rng, "pl", "PL")
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, "pl.goods", rng.randint(1, 3), ["23"])
    sums, old = of_lines(lines), doc.before(12, 60)
    keep = Decimal(rng.randint(2, 9) * 100)
    before, tax = sums.net + keep, percent(sums.net + keep, Decimal(23))
    rest = tax - sums.vat
    def row(label: str, net: str, vat: str, gross: str) -> list[str]:
        return [label, "→" + net, "→23%", "→" + vat, "→" + gross]
    minus = rng.choice(("-", "–"))
    share = doc.mark("vat_breakdown.0.rate", "23.00", "23%")
    rows = [["", "→Netto", "→VAT", "→Kwota VAT", "→Brutto"], row("Przed korektą", *[doc.number(x) for x in (before, tax, before + tax)]), row("Po korekcie", *[doc.number(x) for x in (keep, rest, keep + rest)]),
            [rng.choice(("Korekta", "Różnica", "Zmniejszenie")), "→" + doc.money("total_net vat_breakdown.0.base", sums.net, sign=minus, bare=True), "→" + share, "→" + doc.money("total_vat vat_breakdown.0.amount", sums.vat, sign=minus, bare=True), "→" + doc.money("total_gross", sums.gross, sign=minus, bare=True)]]
    doc.trap("sums before and after", "date of the original invoice", "sale date")
    origin = doc.mark("preceding_invoice", f"FV/{rng.randint(1, 300)}/{old:%m/%Y}")
    head = f'<h1>{doc.mark("kind", "credit_note", rng.choice(("Faktura korygująca", "KOREKTA FAKTURY", "Korekta")))} {doc.mark("number", f"KOR/{rng.randint(1, 60)}/{doc.today.year}")}</h1><p>do faktury {origin} z dnia {doc.day(old)}</p>'
    items = head_items(doc, number=False, due=False, traps=2)
    who = f'<div><span class=key>{doc.label("from")}</span><br>{"<br>".join(doc.address("seller", seller))}<br>NIP {doc.vat_number("seller", seller)}</div>'
    to = f'<div><span class=key>{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer))}<br>NIP {doc.vat_number("buyer", buyer)}</div>'
    back = f'<p><b>{rng.choice(("Do zwrotu", "Kwota do zwrotu"))}: {doc.money("total_gross", sums.gross, place="after")}</b>. Przyczyna: zwrot towaru {doc.day(doc.before(2, 6))}.</p>'
    body = head + meta(doc, items) + f'<div class="gap"></div><div class="row">{who}{to}</div>' + table(rows, "lines", head=True) + back + stamp(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


FAMILIES = {"pl_invoice": invoice, "pl_correction": correction}
