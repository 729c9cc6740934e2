"""Dutch and Belgian invoices, some in two languages."""

import random
from dataclasses import replace
from decimal import Decimal

from drawing import Drawing

from .blocks import (
    columns,
    head_items,
    identity,
    lines_table,
    maker,
    rate_table,
    sum_rows,
    sums_block,
    sums_strip,
    terms,
)
from .document import Doc
from .france import title
from .look import columns_foot, logo, meta, page, stamp, table
from .sums import Line, cents, draw_lines, of_lines, percent, random_amount
from .vocabulary import LABELS


def bilingual(doc: Doc, first: str, second: str) -> None:
    """Let every label be said in two languages."""
    gap = doc.rng.choice((" / ", " - ", " | "))
    for key, words in LABELS[first].items():
        one, two = doc.rng.choice(words.split("|")), doc.rng.choice(LABELS[second][key].split("|"))
        doc.chosen[key] = one if one == two else f"{one}{gap}{two}"


def dutch(rng: random.Random) -> Drawing:
    """A Dutch firm with its numbers in a column at the side and two rates at times."""
    doc = Doc(rng, "nl", "NL")
    seller, buyer = doc.seller(), doc.buyer()
    two = rng.random() < 0.5
    lines = draw_lines(rng, "nl.goods", rng.randint(3, 6), ["21", "9"] if two else ["21"])
    sums = of_lines(lines)
    rows = sum_rows(doc, sums, vat_total=rng.random() < 0.4, due=sums.gross if rng.random() < 0.5 else None)
    items = head_items(doc, traps=3, due=rng.random() < 0.7)
    side = f'<div class="small" style="width:52mm;border-left:2px solid #999;padding-left:3mm">{"<br>".join(doc.address("seller", seller))}<br><br>{"<br>".join(identity(doc, seller, broken=rng.random() < 0.6))}</div>'
    to = f'<div>{rng.choice(("T.a.v. de administratie", "Crediteurenadministratie"))}<br>{"<br>".join(doc.address("buyer", buyer))}</div>'
    shape = sums_strip if rng.random() < 0.3 else sums_block
    body = f'<div>{logo(doc, seller.root, 30) if rng.random() < 0.5 else ""}</div><div class="row">{to}{side}</div>' + title(doc) + meta(doc, items) + lines_table(doc, lines, columns(doc, rates=two)) + shape(doc, rows) + stamp(doc)
    warranty = f"<p class=small>G-rekening 30% van het factuurbedrag: {doc.money('', percent(sums.gross, Decimal(30)))} op NL02 GRKX 0991 2384 55. Klachten voor {doc.day(doc.later(8, 14))}.</p>" if rng.random() < 0.4 else ""
    if warranty:
        doc.trap("blocked account part", "second account")
    return doc.finish(page(doc, [body + warranty + terms(doc) + maker(doc)]))


def shifted(rng: random.Random) -> Drawing:
    """Btw verlegd between Dutch firms, or a Belgian contractor: nothing but one total."""
    country = rng.choice(("NL", "BE"))
    doc = Doc(rng, "nl", country)
    seller, buyer = doc.seller(), doc.buyer()
    lines = [replace(x, rate=Decimal(0)) for x in draw_lines(rng, "nl.goods", rng.randint(1, 4), ["21"])]
    net = of_lines(lines).net
    mention = rng.choice(("Btw verlegd", "BTW VERLEGD naar afnemer")) if country == "NL" else "Btw verlegd – KB nr. 1, art. 20"
    hours = rng.randint(8, 40)
    rows = [(doc.label("net"), doc.money("total_net", net)), (mention, doc.money("total_vat", Decimal("0.00"))), (rng.choice(("Totaal te betalen", "Te betalen")), doc.money("total_gross amount_due", net))]
    if rng.random() < 0.5:
        rows = [(rng.choice(("Totaal", "Totaal factuur")), doc.money("total_gross total_net", net))]
        text = f"<p><b>{doc.mark('total_vat', '0.00', mention)}</b></p>"
    else:
        text = ""
    items = head_items(doc, traps=3, due=rng.random() < 0.6)
    who = f'<div>{"<br>".join(doc.address("seller", seller))}<br>{"<br>".join(identity(doc, seller, bank=False))}</div>'
    to = f'<div>{"<br>".join(doc.address("buyer", buyer))}<br>{doc.label("vatno")} {doc.vat_number("buyer", buyer)}</div>'
    doc.trap("buyer VAT number", "week dates", "hours of staff")
    week = f"<p>Week {doc.today.isocalendar().week - 1 or 1}, van {doc.day(doc.before(10, 12))} t/m {doc.day(doc.before(4, 6))}; {hours} manuren, loonsom {doc.money('', Decimal(hours * 31))}</p>"
    body = f'<div class="row">{"".join(rng.sample([who, to], 2))}</div><div class=gap></div>' + title(doc) + meta(doc, items) + week + lines_table(doc, lines, columns(doc, rates=False)) + sums_block(doc, rows) + text + f"<p>{doc.label('iban')} {doc.iban(seller, broken=rng.random() < 0.5)}</p>" + stamp(doc) + terms(doc)
    return doc.finish(page(doc, [body]))


def belgian(rng: random.Random) -> Drawing:
    """A Belgian firm with every label in Dutch and French."""
    doc = Doc(rng, rng.choice(("nl", "fr")), "BE")
    seller, buyer = doc.seller(), doc.buyer()
    bilingual(doc, "nl", "fr") if rng.random() < 0.5 else bilingual(doc, "fr", "nl")
    lines = draw_lines(rng, "nl.goods" if doc.language == "nl" else "fr.office", rng.randint(2, 6), ["21", "6"] if rng.random() < 0.5 else ["21"])
    sums = of_lines(lines)
    two = len(sums.shares) > 1
    paid = percent(sums.gross, Decimal(30)) if rng.random() < 0.3 else None
    rows = sum_rows(doc, sums, per_rate=not two, prepaid=paid)
    items = head_items(doc, traps=2)
    kind = f'<h1 style="font-size:15pt">{doc.mark("kind", "invoice", doc.label("invoice"))}</h1>'
    foot = columns_foot(doc, [[f"{seller.name} – {seller.street} – {seller.zip} {seller.city}"], identity(doc, seller)])
    top = f'<div class="row"><div>{logo(doc, seller.root, 24)}<br>{"<br>".join(doc.address("seller", seller))}</div><div class="box"><span class=key>{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer))}<br>{doc.label("vatno")} {doc.vat_number("buyer", buyer)}</div></div>'
    doc.trap("buyer VAT number", "structured payment reference")
    base = rng.randint(10**9, 10**10 - 1)
    ogm = f"{base}{base % 97 or 97:02d}"
    pay = f"<p>Gestructureerde mededeling / communication structurée : +++{ogm[:3]}/{ogm[3:7]}/{ogm[7:]}+++</p>"
    body = top + kind + meta(doc, items, rng.choice(("pairs", "grid", "colon"))) + lines_table(doc, lines, ["desc", "qty", "price", "rate", "amount"]) + (rate_table(doc, sums) if two else "") + sums_block(doc, rows) + pay + stamp(doc) + terms(doc) + foot
    return doc.finish(page(doc, [body]))


def energy(rng: random.Random) -> Drawing:
    """A Dutch power and gas year bill: reduction of the tax, advances paid, new advance."""
    doc = Doc(rng, "nl", "NL")
    seller, buyer = doc.seller("Energie"), doc.buyer(private=True)
    rate = Decimal(21)
    power, gas = rng.randint(1500, 4200), rng.randint(600, 1900)
    lines = [Line(name="Levering elektriciteit", quantity=Decimal(power), price=Decimal(rng.randint(1100, 1900)) / 10000, rate=rate, unit="kWh"), Line(name="Levering gas", quantity=Decimal(gas), price=Decimal(rng.randint(4000, 6500)) / 10000, rate=rate, unit="m³"),
             Line(name="Netbeheerkosten", quantity=Decimal(12), price=random_amount(rng, 28, 46), rate=rate, unit="mnd")]
    sums = of_lines(lines)
    month = Decimal(int(sums.gross / Decimal(rng.choice((13, 14, 15)))))
    paid = month * 12
    due = sums.gross - paid
    rows = sum_rows(doc, sums)
    rows += [(f"Betaalde termijnen (12 x {doc.number(month)})", doc.money("prepaid", paid, sign="-")), (rng.choice(("Nog te betalen", "Bij te betalen bedrag")), doc.money("amount_due", due))]
    counter = rng.randint(4000, 30000)
    reading = table([["", "Meternummer", "Beginstand", "Eindstand", "Verbruik", "Vorig jaar"], ["Stroom", f"E00{rng.randint(10**6, 10**7)}", str(counter), str(counter + power), f"{power} kWh", f"{power + 210} kWh"], ["Gas", f"G00{rng.randint(10**6, 10**7)}", str(counter // 2), str(counter // 2 + gas), f"{gas} m³", f"{gas - 44} m³"]], "strip small", head=True)
    doc.trap("meter readings", "last year's consumption", "new advance", "customer number", "period dates")
    items = [(doc.label("number"), doc.mark("number", f"{rng.randint(10**8, 10**9)}")), (doc.label("date"), doc.day(doc.today, "issue_date")), (doc.label("due"), doc.day(doc.later(14, 20), "due_date")), (doc.label("customer"), f"{rng.randint(10**6, 10**7)}"), ("Periode", f"{doc.day(doc.before(375, 380))} t/m {doc.day(doc.before(10, 14))}"), ("EAN-code", f"8716{rng.randint(10**13, 10**14)}")]
    kind = f'<h1>{doc.mark("kind", "invoice", rng.choice(("Jaarnota", "Uw jaarafrekening", "Eindafrekening energie")))}</h1>'
    to = f'<div>{"<br>".join(doc.address("buyer", buyer))}</div>'
    new = f"<p>Uw nieuwe termijnbedrag is {doc.money('', month + 11)} per maand, voor het eerst op {doc.day(doc.later(28, 40))}.</p>"
    body = f'<div class="row">{logo(doc, seller.root, 28)}{meta(doc, rng.sample(items, len(items)), "pairs")}</div>{to}{kind}' + sums_block(doc, rows) + new + reading + lines_table(doc, lines, ["desc", "qty", "unit", "price", "amount"]) + stamp(doc, 0.2) + columns_foot(doc, [doc.address("seller", seller), identity(doc, seller)])
    return doc.finish(page(doc, [body]))


def cross_border(rng: random.Random) -> Drawing:
    """Goods or services to another country, labels in English and the seller's language, no tax."""
    language, country, trade, other = rng.choice((("de", "DE", "de.consult", "FR"), ("fr", "FR", "fr.consult", "DE"), ("it", "IT", "it.goods", "DE"), ("es", "ES", "es.consult", "FR"), ("pl", "PL", "pl.goods", "DE")))
    doc = Doc(rng, language, country, "EUR")
    bilingual(doc, language, "en")
    seller, buyer = doc.seller(), doc.buyer(other)
    lines = [replace(x, rate=Decimal(0)) for x in draw_lines(rng, trade, rng.randint(1, 4), ["20"])]
    net = of_lines(lines).net
    mention = {"de": "Steuerschuldnerschaft des Leistungsempfängers / Reverse charge", "fr": "Autoliquidation – art. 283-2 du CGI / Reverse charge", "it": "Inversione contabile, art. 7-ter DPR 633/72 / Reverse charge", "es": "Inversión del sujeto pasivo / Reverse charge", "pl": "Odwrotne obciążenie / Reverse charge"}[language]
    rows = [(doc.label("net"), doc.money("total_net", net)), (f"{doc.label('vat')} 0%", doc.money("total_vat", Decimal("0.00"))), (doc.label("gross"), doc.money("total_gross", net))]
    local = cents(net * Decimal("4.2731"))
    extra = f"<p class=small>1 EUR = 4,2731 PLN ({doc.day(doc.before(1, 3))}) – {doc.number(local)} PLN</p>" if language == "pl" else f"<p class=small>Value in GBP for statistics: {doc.number(cents(net * Decimal('0.8532')))}</p>"
    doc.trap("second currency equivalent", "buyer VAT number")
    items = head_items(doc, traps=3, due=rng.random() < 0.6)
    who = f'<div><span class=key>{doc.label("from")}</span><br>{"<br>".join(doc.address("seller", seller, country=language != "pl"))}<br>{"<br>".join(identity(doc, seller, bank=False))}</div>'
    to = f'<div><span class=key>{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer, country=True))}<br>{doc.vat_number("buyer", buyer)}</div>'
    body = title(doc) + f'<div class="row">{"".join(rng.sample([who, to], 2))}</div><div class=gap></div>' + meta(doc, items, rng.choice(("pairs", "colon", "box"))) + lines_table(doc, lines, ["desc", "qty", "price", "amount"]) + sums_block(doc, rows) + f"<p>{mention}</p>{extra}<p>{doc.label('iban')} {doc.iban(seller, broken=rng.random() < 0.5)}</p>" + stamp(doc) + terms(doc)
    return doc.finish(page(doc, [body]))


FAMILIES = {"nl_side_column": dutch, "nl_shifted": shifted, "be_bilingual": belgian, "nl_energy": energy, "xx_cross_border": cross_border}
