"""Till receipts on narrow paper, and letters that an office program prints."""

import random
from decimal import Decimal

from drawing import Drawing

from .blocks import head_items, identity, terms
from .document import Doc
from .look import CONDENSED, MONO, SERIF
from .sums import cents, draw_lines, of_lines, random_amount

GOODS = {
    "fr": (("PAIN CAMPAGNE 500G", "5.5"), ("CAFE MOULU 250G", "5.5"), ("LESSIVE 2L", "20"), ("PILES LR06 X4", "20"), ("TOMATES GRAPPE", "5.5"), ("STYLO BLEU X3", "20")),
    "de": (("ROGGENBROT 750G", "7"), ("BUTTER 250G", "7"), ("SPUELMITTEL", "19"), ("BATTERIEN AA 4ER", "19"), ("AEPFEL LOSE", "7"), ("KOPIERPAPIER", "19")),
    "it": (("PANE INTEGRALE", "4"), ("LATTE FRESCO 1L", "4"), ("DETERSIVO", "22"), ("PILE AA", "22"), ("QUADERNO A4", "22")),
    "es": (("ACEITE OLIVA 1L", "4"), ("PAN RUSTICO", "4"), ("DETERGENTE", "21"), ("CUADERNO A5", "21"), ("PILAS AA", "21")),
}
REDUCED = frozenset({"5.5", "7", "4"})
WORDS = {
    "fr": ("TICKET", "Ticket n°", "TOTAL TTC", "CB", "ESPECES", "RENDU", "Caisse", "Merci de votre visite", "HT", "TVA", "Total HT", "Points fidélité"),
    "de": ("KASSENBON", "Bon-Nr.", "SUMME", "Girocard", "BAR", "RUECKGELD", "Kasse", "Vielen Dank für Ihren Einkauf", "Netto", "MwSt", "Netto gesamt", "Bonuspunkte"),
    "it": ("SCONTRINO", "Doc. n.", "TOTALE COMPLESSIVO", "PAG. ELETTRONICO", "CONTANTE", "RESTO", "Cassa", "Grazie e arrivederci", "Imponibile", "IVA", "Tot. imponibile", "Punti"),
    "es": ("TICKET", "Tique n.º", "TOTAL", "TARJETA", "EFECTIVO", "CAMBIO", "Caja", "Gracias por su visita", "Base", "IVA", "Total base", "Puntos"),
}


def till(rng: random.Random) -> Drawing:
    """A receipt with prices that hold the tax, change, points and a card slip."""
    language, country = rng.choice((("fr", "FR"), ("de", "DE"), ("it", "IT"), ("es", "ES")))
    doc = Doc(rng, language, country)
    seller = doc.seller(rng.choice({"fr": ("Épicerie", "Supérette"), "de": ("Markt", "Kaufladen"), "it": ("Alimentari",), "es": ("Ultramarinos",)}[language]))
    word, ref, total, card, cash, change, desk, thanks, base_word, tax_word, net_word, points = WORDS[language]
    rows: list[tuple[str, str]] = []
    gross: dict[str, Decimal] = {}
    for place, (name, rate) in enumerate(rng.sample(GOODS[language], rng.randint(3, 5))):
        price = random_amount(rng, 1, 14)
        gross[rate] = gross.get(rate, Decimal(0)) + price
        rows.append((doc.mark(f"lines.{place}.name", name), doc.number(price) + (" A" if rate in REDUCED else " B")))
    amount = sum(gross.values(), Decimal(0))
    taxes, net, vat = [], Decimal(0), Decimal(0)
    for place, rate in enumerate(sorted(gross, key=Decimal)):
        base = cents(gross[rate] / (1 + Decimal(rate) / 100))
        tax = gross[rate] - base
        key = f"vat_breakdown.{place}"
        taxes.append((("A" if rate in REDUCED else "B") + " " + doc.rate(Decimal(rate), f"{key}.rate"), doc.mark(f"{key}.base", f"{base:.2f}", doc.number(base)), doc.mark(f"{key}.amount", f"{tax:.2f}", doc.number(tax))))
        net, vat = net + base, vat + tax
    given = Decimal(int(amount / 10) * 10 + 10)
    by_cash = rng.random() < 0.5
    pay = [(cash, doc.number(given)), (change, doc.number(given - amount))] if by_cash else [(card, doc.number(amount)), (f"**** **** **** {rng.randint(1000, 9999)}", f"AUT {rng.randint(100000, 999999)}")]
    doc.trap("cash given and change" if by_cash else "card slip", "time", "till number", "loyalty points", "return deadline")
    def lines(pairs: list[tuple[str, str]]) -> str:
        return "<table>" + "".join(f"<tr><td>{a}</td><td class=r>{b}</td></tr>" for a, b in pairs) + "</table>"
    table = "<table class=small><tr><td></td><td class=r>" + base_word + "</td><td class=r>" + tax_word + "</td></tr>" + "".join(f"<tr><td>{a}</td><td class=r>{b}</td><td class=r>{c}</td></tr>" for a, b, c in taxes) + "</table>"
    sums = lines([(net_word, doc.mark("total_net", f"{net:.2f}", doc.number(net))), (f"{tax_word} total", doc.mark("total_vat", f"{vat:.2f}", doc.number(vat)))]) if rng.random() < 0.6 else ""
    big = f'<div class="big"><span>{total}</span><span>{doc.money("total_gross", amount, place=rng.choice(("after", "before")))}</span></div>'
    who = f'<div class=c><b style="font-size:1.3em">{doc.mark("seller.name", seller.name)}</b><br>{"<br>".join(doc.address("seller", seller, skip=("name",)))}<br>{seller.phone}<br>{identity(doc, seller, bank=False, contact=False, legal=country == "FR")[0]}</div>'
    head = f'<p>{doc.mark("kind", "receipt", word)} &nbsp; {ref} {doc.mark("number", f"{rng.randint(1, 9999):04d}-{rng.randint(1, 99):02d}")}<br>{doc.day(doc.today, "issue_date", doc.date_style if doc.date_style != "words" else "%d/%m/%Y")} {rng.randint(8, 19):02d}:{rng.randint(0, 59):02d} {desk} {rng.randint(1, 6)}</p>'
    end = f"<p class=c>{points}: {rng.randint(10, 900)} (+{int(amount)})<br>{doc.day(doc.later(30, 30), style='%d.%m.%Y')}<br>{thanks}</p>"
    parts = [lines(pay), table + sums]
    css = f"@page{{size:{rng.choice((76, 80, 58 + 14))}mm {rng.randint(170, 200)}mm;margin:0}}body{{margin:4mm;font:{rng.choice((7.2, 7.8))}pt/1.35 {rng.choice((MONO, CONDENSED))}}}table{{width:100%}}.r{{text-align:right}}.c{{text-align:center}}.small{{font-size:.9em}}.big{{display:flex;justify-content:space-between;font-size:1.4em;font-weight:bold;border-top:1px dashed #000;border-bottom:1px dashed #000;padding:1mm 0;margin:1mm 0}}"
    body = who + head + lines(rows) + big + "".join(rng.sample(parts, 2)) + end
    return doc.finish(f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>-</title><style>{css}</style></head><body>{body}</body></html>')


def office(rng: random.Random) -> Drawing:
    """A letter of an office program: plain tables, printed by LibreOffice."""
    language, country, trade, rate = rng.choice((("fr", "FR", "fr.office", "20"), ("de", "DE", "de.goods", "19"), ("en", "GB", "en.goods", "20"), ("es", "ES", "es.goods", "21"), ("it", "IT", "it.goods", "22"), ("nl", "NL", "nl.goods", "21")))
    doc = Doc(rng, language, country, engine="libreoffice")
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, trade, rng.randint(2, 7), [rate])
    sums = of_lines(lines)
    share = sums.shares[0]
    rows = [(doc.label("net"), doc.money("total_net vat_breakdown.0.base", sums.net)), (f"{doc.label('vat')} {doc.rate(share.rate, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", share.amount)), (doc.label("gross"), doc.money("total_gross", sums.gross))]
    if rng.random() < 0.4:
        rows.append((doc.label("pay"), doc.money("amount_due", sums.gross)))
    border = rng.choice(("0", "1"))
    order = ["desc", "qty", "price", "amount"] if rng.random() < 0.6 else ["qty", "unit", "desc", "price", "amount"]
    head = "".join(f'<td align="{"left" if name in {"desc", "unit"} else "right"}"><b>{doc.label(name)}</b></td>' for name in order)
    body_rows = ""
    for place, line in enumerate(lines):
        cells = doc.line(place, line)
        body_rows += "<tr>" + "".join(f'<td align="{"left" if name in {"desc", "unit"} else "right"}">{cells[name]}</td>' for name in order) + "</tr>"
    items = head_items(doc, traps=3, due=rng.random() < 0.6)
    item_rows = "".join(f"<tr><td>{key}:</td><td>{value}</td></tr>" for key, value in items)
    sum_rows = "".join(f'<tr><td width="70%" align="right">{key}</td><td align="right">{value}</td></tr>' for key, value in rows)
    title = f'<p><font size="5">{doc.mark("kind", "invoice", doc.label("invoice"))}</font></p>'
    who, to = "<br>".join(doc.address("seller", seller)), "<br>".join(doc.address("buyer", buyer))
    top = rng.choice((f'<table width="100%"><tr><td>{who}</td><td></td></tr><tr><td width="55%"></td><td>{to}</td></tr></table>', f'<table width="100%"><tr><td width="55%" valign="top">{to}</td><td valign="top">{who}</td></tr></table>'))
    note = f"<p>{doc.currency_note()}</p>" if doc.place == "none" else ""
    foot = f'<p align="center"><font size="1">{" - ".join(identity(doc, seller))}</font></p>'
    css = f"@page{{size:A4;margin:{rng.randint(15, 24)}mm}}body,td,p{{font-family:{rng.choice((SERIF, CONDENSED))};font-size:{rng.choice((9, 10))}pt}}"
    body = f'{top}{title}<table>{item_rows}</table><p></p><table width="100%" border="{border}" cellpadding="3" cellspacing="0"><tr>{head}</tr>{body_rows}</table>{note}<table width="100%">{sum_rows}</table>{terms(doc)}{foot}'
    return doc.finish(f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>-</title><style>{css}</style></head><body>{body}</body></html>')


FAMILIES = {"till_receipt": till, "office_letter": office}
