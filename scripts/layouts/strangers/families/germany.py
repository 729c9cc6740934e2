"""German and Austrian invoices."""

import random
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

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
from .parties import person
from .sums import Line, cents, draw_lines, of_lines, percent, random_amount, totals

VAT19, VAT7, ZERO_RATE = Decimal("19"), Decimal("7"), Decimal("0")


def window_letter(rng: random.Random) -> Drawing:
    """The sender in a line over the window, items at the right, Skonto, a foot in three columns."""
    doc = Doc(rng, "de", "DE")
    seller, buyer = doc.seller(), doc.buyer()
    two = rng.random() < 0.4
    lines = draw_lines(rng, "de.goods", rng.randint(3, 7), ["19", "7"] if two else ["19"])
    raw = of_lines(lines)
    extra = rng.random() < 0.5 and not two
    port = Decimal(rng.choice(("6.90", "14.50", "38.00")))
    cut = percent(raw.net, Decimal(3))
    sums = totals([(VAT19, raw.net - cut + port)]) if extra else raw
    before = [(doc.label("subtotal"), doc.money("", raw.net)), (doc.label("discount") + " 3 %", doc.money("", cut, sign="-")), (doc.label("shipping"), doc.money("", port))] if extra else []
    if extra:
        doc.trap("subtotal before discount", "shipping")
    sender = f'<div class="tiny" style="text-decoration:underline">{" · ".join(doc.address("seller", seller))}</div>'
    to = f'<div>{sender}<div style="margin-top:2mm">{rng.choice(("Firma", "Herrn", ""))}<br>{"<br>".join(doc.address("buyer", buyer))}</div></div>'
    in_title = rng.random() < 0.4
    items = head_items(doc, due=rng.random() < 0.4, traps=rng.randint(3, 5), number=not in_title)
    extra_title = f" {rng.choice(('Nr.', '', '#'))} {doc.mark('number', doc.serial())}" if in_title else ""
    rate = Decimal(rng.choice((2, 3)))
    skonto = f"<p>Bei Zahlung bis {doc.day(doc.later(7, 9))} gewähren wir {rate} % Skonto ({doc.money('', percent(sums.gross, rate), place='after')}), Zahlbetrag dann {doc.money('', sums.gross - percent(sums.gross, rate), place='after')}. Sonst 30 Tage netto.</p>"
    doc.trap("Skonto date", "Skonto amount")
    rows = sum_rows(doc, sums, before=before, vat_total=False)
    foot = identity(doc, seller)
    shuffle = rng.sample(foot, len(foot))
    third = max(1, len(foot) // 2)
    cols = [[seller.name, seller.street, f"{seller.zip} {seller.city}"], shuffle[:third], shuffle[third:]]
    top = f'<div class="r">{logo(doc, seller.root, 30) if rng.random() < 0.6 else ""}</div>'
    body = top + f'<div class="row" style="margin-top:12mm">{to}{meta(doc, items, rng.choice(("pairs", "box", "colon")))}</div><div class=gap></div>' + title(doc, extra=extra_title)
    body += rng.choice(("<p>Sehr geehrte Damen und Herren,<br>wir erlauben uns zu berechnen:</p>", "<p>Vielen Dank für Ihren Auftrag.</p>", "")) + lines_table(doc, lines, columns(doc, rates=two)) + sums_block(doc, rows) + skonto + stamp(doc) + terms(doc) + columns_foot(doc, cols) + maker(doc)
    return doc.finish(page(doc, [body]))


def small_business(rng: random.Random) -> Drawing:
    """Kleinunternehmer: no tax, the sum at times in a sentence."""
    country = rng.choice(("DE", "DE", "AT"))
    doc = Doc(rng, "de", country)
    seller, buyer = doc.seller(private=True), doc.buyer()
    lines = [replace(x, rate=ZERO_RATE) for x in draw_lines(rng, "de.consult", rng.randint(1, 4), ["19"])]
    total = of_lines(lines).net
    mention = rng.choice(("Gemäß § 19 UStG wird keine Umsatzsteuer berechnet", "Kein Ausweis von Umsatzsteuer, da Kleinunternehmer gemäß § 19 UStG", "umsatzsteuerfrei nach § 19 Abs. 1 UStG")) if country == "DE" else "Umsatzsteuerbefreit – Kleinunternehmer gem. § 6 Abs. 1 Z 27 UStG"
    exempt = doc.mark("total_vat", "0.00", mention)
    due = doc.day(doc.later(10, 30), "due_date")
    fields = rng.choice(("total_gross total_net", "total_gross total_net amount_due"))
    amount = doc.money(fields, total, place=rng.choice(("after", "before")))
    paying = "amount_due" in fields
    if rng.random() < 0.5:
        end = f"<p>Bitte überweisen Sie den {'zu zahlenden Betrag' if paying else 'Rechnungsbetrag'} von <b>{amount}</b> bis {due}.</p><p>{exempt}.</p>"
    else:
        end = table([["Zahlbetrag" if paying else rng.choice(("Summe", "Gesamtsumme", "Rechnungsbetrag")), "→" + amount]], "sum", last=True) + f"<p>{exempt}. Fällig am {due}.</p>"
    old = doc.before(30, 70)
    doc.trap("service dates", "reminder of an older invoice")
    dates = f"<p>Leistungszeitraum: {doc.day(doc.before(20, 30))} bis {doc.day(doc.before(2, 8))}</p>"
    dun = f"<p class=small>Hinweis: Rechnung {doc.serial(old)} vom {doc.day(old)} über {doc.money('', cents(total * Decimal('0.4')), place='after')} ist noch offen.</p>" if rng.random() < 0.5 else ""
    tax = f"Steuernummer {rng.randint(10, 99)}/{rng.randint(100, 999)}/{rng.randint(1000, 99999)}, FA {seller.city}"
    doc.trap("tax number")
    who = f'<div>{"<br>".join(doc.address("seller", seller))}<br>{seller.email}<br>{tax}</div>'
    head = f'<h1>{doc.mark("kind", "invoice", rng.choice(("Rechnung", "RECHNUNG", "Honorarrechnung")))} {doc.mark("number", doc.serial())}</h1>'
    day = doc.day(doc.today, "issue_date", rng.choice(("words", "%d.%m.%Y", "%d.%m.%y")))
    where = rng.choice((f'<p class="r">{seller.city}, {rng.choice(("den", "am", ""))} {day}</p>', f"<p>Datum: {day}</p>"))
    pay = f"<p>{doc.label('iban')}: {doc.iban(seller, broken=rng.random() < 0.5)}</p>"
    to = f'<div>{"<br>".join(doc.address("buyer", buyer))}</div>'
    parts = [f'<div class="row">{"".join(rng.sample([who, to], 2))}</div>', where, head]
    return doc.finish(page(doc, ["<div class=gap></div>".join(parts) + dates + lines_table(doc, lines, columns(doc, rates=False)) + end + dun + pay + stamp(doc, 0.3) + maker(doc)]))


def final_invoice(rng: random.Random) -> Drawing:
    """Schlussrechnung: the whole order less part payments with their own tax."""
    doc = Doc(rng, "de", "DE")
    seller, buyer = doc.seller(rng.choice(("Bau", "Heizung & Sanitär", "Metallbau", "Elektro"))), doc.buyer()
    lines = draw_lines(rng, "de.goods", rng.randint(3, 6), ["19"])
    lines = [replace(line, quantity=line.quantity * 4) for line in lines]
    sums = of_lines(lines)
    parts, rows = [], [["Abschlagsrechnung", "vom", "→netto", "→USt.", "→brutto"]]
    for place in range(rng.randint(1, 3)):
        part = totals([(VAT19, cents(sums.net * Decimal(rng.choice(("0.15", "0.2", "0.25")))))])
        rows.append([f"{place + 1}. AR {doc.serial(doc.before(20, 90))}", doc.day(doc.before(20, 90)), *["→" + doc.number(x) for x in (part.net, part.vat, part.gross)]])
        parts.append(part)
    paid = sum((p.gross for p in parts), Decimal(0))
    paid_net = sum((p.net for p in parts), Decimal(0))
    due = sums.gross - paid
    show = rng.random() < 0.5
    rows.append(["Summe Abschläge", "", "→" + doc.number(paid_net), "→" + doc.number(paid - paid_net), "→" + doc.money("prepaid", paid, bare=True)])
    if show:
        rows.append(["Verbleiben", "", "→" + doc.number(sums.net - paid_net), "→" + doc.number(sums.vat - paid + paid_net), "→" + doc.money("amount_due", due)])
    doc.trap("part invoices", "rest of net and tax", "order date", "site address")
    heads = sum_rows(doc, sums)
    last = "" if show else f'<p class="r last">{doc.label("pay")}: {doc.money("amount_due", due)}</p>'
    site = f"<p>Bauvorhaben: {doc.buyer().street}, Auftrag vom {doc.day(doc.before(100, 200))}, abgenommen am {doc.day(doc.before(5, 15))}</p>"
    items = head_items(doc, traps=2, due=rng.random() < 0.6)
    who = f'<div><b style="font-size:1.2em">{"<br>".join(doc.address("seller", seller))}</b></div>'
    to = f'<div>{"<br>".join(doc.address("buyer", buyer))}</div>'
    kind = f'<h1>{doc.mark("kind", "invoice", rng.choice(("Schlussrechnung", "SCHLUSSRECHNUNG", "Schlußrechnung")))}</h1>'
    body = f'<div class="row">{who}{to}</div><div class=gap></div>' + kind + meta(doc, items) + site + lines_table(doc, lines, columns(doc, rates=False)) + sums_block(doc, heads, last=False)
    body += table(rows, "lines small", head=True) + last + stamp(doc) + terms(doc) + columns_foot(doc, [identity(doc, seller)[:3], identity(doc, seller, vat=False, legal=False)[-3:]])
    return doc.finish(page(doc, [body]))


def carry_over(rng: random.Random) -> Drawing:
    """Several sheets with carried sums, the seller in the head of each."""
    doc = Doc(rng, "de", rng.choice(("DE", "AT")))
    seller, buyer = doc.seller(), doc.buyer()
    rates = ["19", "7"] if doc.country == "DE" else ["20"]
    lines = draw_lines(rng, "de.goods", rng.randint(22, 36), rates, discounts=rng.random() < 0.5)
    names, sums = columns(doc, cut=any(x.discount for x in lines)), of_lines(lines)
    cuts = [0, rng.randint(12, 14), len(lines)] if len(lines) < 30 else [0, rng.randint(11, 13), 26, len(lines)]
    items = head_items(doc, traps=4, due=rng.random() < 0.7)
    doc.trap("carry-over")
    foot = columns_foot(doc, [identity(doc, seller, broken=rng.random() < 0.6)[:4], [seller.phone, seller.email]])
    sheets = []
    for index, (low, high) in enumerate(pairwise(cuts)):
        before = [doc.number(sum((x.net for x in lines[:low]), Decimal(0)))] if low else []
        final = high == len(lines)
        after = [] if final else [doc.number(sum((x.net for x in lines[:high]), Decimal(0)))]
        top = f'<div class="row"><div class="hl">{" | ".join(doc.address("seller", seller))}</div><div>{doc.label("page")} {index + 1} von {len(cuts) - 1}</div></div><div class=gap></div>'
        if not index:
            top += f'<div class="row"><div>{"<br>".join(doc.address("buyer", buyer))}</div>{meta(doc, items, rng.choice(("pairs", "box")))}</div>' + title(doc)
        else:
            top += meta(doc, [(doc.label("number"), doc.mark("number", doc.flat["number"])), (doc.label("date"), doc.day(doc.today, "issue_date"))], "over")
        end = ""
        if final:
            rows = sum_rows(doc, sums, per_rate=len(sums.shares) == 1, due=sums.gross if rng.random() < 0.4 else None)
            end = sums_strip(doc, rows) if rng.random() < 0.5 else sums_block(doc, rows)
            end += (rate_table(doc, sums) if len(sums.shares) > 1 else "") + stamp(doc) + terms(doc)
        sheets.append(top + lines_table(doc, lines[low:high], names, start=low, before=before, after=after) + end + foot)
    return doc.finish(page(doc, sheets))


def power(rng: random.Random) -> Drawing:
    """Yearly power bill: last year, monthly part payments, the next instalment."""
    doc = Doc(rng, "de", "DE")
    seller, buyer = doc.seller(rng.choice(("Stadtwerke", "Energie", "Stromversorgung"))), doc.buyer(private=True)
    used = rng.randint(1400, 5200)
    price = Decimal(rng.randint(2400, 3600)) / 10000
    base = random_amount(rng, 90, 190)
    lines = [Line(name="Arbeitspreis", quantity=Decimal(used), price=price, rate=VAT19, unit="kWh"), Line(name="Grundpreis", quantity=Decimal(1), price=base, rate=VAT19, unit="Jahr"), Line(name="Messstellenbetrieb", quantity=Decimal(1), price=random_amount(rng, 8, 24), rate=VAT19, unit="Jahr")]
    sums = of_lines(lines)
    monthly = Decimal(int(sums.gross / Decimal(rng.choice((12, 13, 14)))))
    paid = monthly * 11
    due = sums.gross - paid
    counter = rng.randint(11000, 80000)
    start, end = doc.before(380, 390), doc.before(20, 24)
    reading = [["Zähler-Nr.", "Ablesung", "→Stand alt", "→Stand neu", "→Differenz kWh"], [f"1EMH00{rng.randint(10**6, 10**7)}", f"{doc.day(start)} – {doc.day(end)}", f"→{counter}", f"→{counter + used}", f"→{used}"], ["Vorjahr", "", "", "", f"→{used + rng.randint(-400, 380)}"]]
    doc.trap("meter readings", "last year's consumption", "next instalment", "period dates", "contract account", "market location")
    rows = sum_rows(doc, sums)
    rows.append((f"abzüglich {rng.choice(('geleistete Abschläge', 'Abschlagszahlungen'))} (11 × {doc.number(monthly)})", doc.money("prepaid", paid, sign="– ")))
    rows.append((rng.choice(("Nachzahlung", "Zu zahlender Restbetrag", "Noch offen")), doc.money("amount_due", due)))
    number = doc.mark("number", f"{rng.randint(10**8, 10**9)}")
    items = [(rng.choice(("Rechnungsnummer", "Rechnung Nr.", "Beleg")), number), ("Datum", doc.day(doc.today, "issue_date")), ("Vertragskonto", f"{rng.randint(10**9, 10**10)}"), ("Kundennummer", f"{rng.randint(10**5, 10**6)}"), ("Marktlokation", f"5{rng.randint(10**9, 10**10)}"), ("Servicetelefon", f"0800 {rng.randint(100, 999)} {rng.randint(1000, 9999)}")]
    when = doc.day(doc.later(14, 21), "due_date")
    extra = f"<p>Der Betrag von {doc.money('amount_due', due, place='after')} wird am {when} fällig. Ihr neuer monatlicher Abschlag beträgt ab {doc.day(doc.later(25, 40))} {doc.money('', monthly + 7, place='after')}.</p>"
    to = f'<div><div class=tiny>{" · ".join(doc.address("seller", seller))}</div><br>{"<br>".join(doc.address("buyer", buyer))}</div>'
    kind = f'<h1>{doc.mark("kind", "invoice", rng.choice(("Ihre Stromrechnung", "Jahresrechnung Strom", "Jahresverbrauchsabrechnung Strom")))}</h1>'
    note = f"<p class=small>{doc.currency_note()}</p>" if doc.place == "none" else ""
    first = f'<div class="r">{logo(doc, seller.root, 28)}</div><div class="row">{to}{meta(doc, rng.sample(items, len(items)), "pairs")}</div><div class=gap></div>' + kind + table(rows, "sum box", "min-width:110mm", last=True) + note + extra
    second = "<h2>Verbrauch und Preise</h2>" + table(reading, "lines small", head=True) + lines_table(doc, lines, ["desc", "qty", "unit", "price", "amount"]) + terms(doc)
    foot = columns_foot(doc, [identity(doc, seller, contact=False), [seller.web, seller.phone]])
    sheets = [first + stamp(doc, 0.3) + foot, second + foot] if rng.random() < 0.5 else [first + second + foot]
    return doc.finish(page(doc, sheets))


def cancellation(rng: random.Random) -> Drawing:
    """Stornorechnung or Gutschrift that names the invoice it takes back, amounts often negative."""
    doc = Doc(rng, "de", rng.choice(("DE", "AT")))
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, "de.goods", rng.randint(1, 4), ["19" if doc.country == "DE" else "20"])
    sums, sign = of_lines(lines), rng.choice(("-", "– ", ""))
    old = doc.before(8, 60)
    origin = doc.mark("preceding_invoice", doc.serial(old))
    doc.trap("date of the original invoice", "original amount")
    word = doc.mark("kind", "credit_note", rng.choice(("Stornorechnung", "Rechnungskorrektur", "STORNORECHNUNG", "Gutschrift (Storno)")))
    doc.chosen["number"] = rng.choice(("Nr.", "Belegnummer", "Beleg", "#"))
    items = head_items(doc, due=False, traps=2)
    ref = rng.choice((f"<p>Storno zur Rechnung {origin} vom {doc.day(old)}, Rechnungsbetrag {doc.money('', sums.gross + 119, place='after')}</p>", f"<p>Wir korrigieren unsere Rechnung Nr. {origin} ({doc.day(old)}) wegen Rücksendung vom {doc.day(doc.before(2, 6))}.</p>"))
    rows = [(doc.label("net"), doc.money("total_net vat_breakdown.0.base", sums.net, sign=sign)), (f"{doc.label('vat')} {doc.rate(sums.shares[0].rate, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", sums.vat, sign=sign)),
            (rng.choice(("Gutschriftbetrag", "Gesamtbetrag", "Erstattungsbetrag", "Brutto")), doc.money("total_gross", sums.gross, sign=sign))]
    who = f'<div>{logo(doc, seller.root, 26)}<br>{"<br>".join(doc.address("seller", seller))}</div>'
    to = f'<div>{"<br>".join(doc.address("buyer", buyer))}</div>'
    shape = sums_strip if rng.random() < 0.4 else sums_block
    body = f'<div class="row">{"".join(rng.sample([who, to], 2))}</div><div class=gap></div><h1>{word}</h1>' + meta(doc, items) + ref + lines_table(doc, lines, columns(doc, rates=False), sign=sign) + shape(doc, rows)
    body += f"<p>Der Betrag wird Ihrem Konto gutgeschrieben. Sachbearbeitung: {person(rng, doc.country)}</p>" + stamp(doc) + columns_foot(doc, [identity(doc, seller)[:3], identity(doc, seller, vat=False, legal=False)[-2:]])
    return doc.finish(page(doc, [body]))


def austrian_reverse(rng: random.Random) -> Drawing:
    """Building work under reverse charge (§ 19 Abs. 1a UStG), numbers of both parties near each other."""
    doc = Doc(rng, "de", "AT")
    seller, buyer = doc.seller(rng.choice(("Bau", "Trockenbau", "Spenglerei"))), doc.buyer()
    lines = [replace(x, rate=ZERO_RATE) for x in draw_lines(rng, "de.goods", rng.randint(2, 6), ["20"])]
    net = of_lines(lines).net
    mention = rng.choice(("Übergang der Steuerschuld gem. § 19 Abs. 1a UStG – Reverse Charge", "Reverse Charge: Die Steuerschuld geht auf den Leistungsempfänger über (§ 19 Abs 1a UStG)"))
    zero = rng.random() < 0.5
    rows = [(doc.label("net"), doc.money("total_net", net)), ("USt. 0 %", doc.money("total_vat", Decimal("0.00"))), (doc.label("gross"), doc.money("total_gross", net))] if zero else [(rng.choice(("Rechnungsbetrag netto = brutto", "Gesamtbetrag ohne USt.")), doc.money("total_gross total_net", net))]
    exempt = f"<p><b>{mention if zero else doc.mark('total_vat', '0.00', mention)}</b></p>"
    held = percent(net, Decimal(5))
    if rng.random() < 0.5:
        rows += [("Haftrücklass 5 %", doc.money("", held, sign="– ")), (doc.label("pay"), doc.money("amount_due", net - held))]
        doc.trap("retention")
    doc.trap("buyer VAT number", "site address", "order date")
    numbers = meta(doc, rng.sample([("Unsere UID", doc.vat_number("seller", seller)), ("Ihre UID", doc.vat_number("buyer", buyer)), ("Firmenbuch", doc.legal_number("seller", seller))], 3), "pairs")
    items = head_items(doc, traps=3, due=rng.random() < 0.5)
    who = f'<div class="c" style="border-bottom:2px solid #777;padding-bottom:3mm"><span style="font-size:1.5em">{doc.mark("seller.name", seller.name)}</span><br>{", ".join(doc.address("seller", seller, skip=("name",)))}</div>'
    body = who + f'<div class="row" style="margin-top:6mm"><div>{"<br>".join(doc.address("buyer", buyer))}</div>{numbers}</div>' + title(doc) + meta(doc, items) + f"<p>BVH {doc.buyer().street}, {buyer.city}; Auftrag vom {doc.day(doc.before(50, 90))}</p>"
    body += lines_table(doc, lines, columns(doc, rates=False)) + sums_block(doc, rows) + exempt + f"<p>{doc.label('iban')} {doc.iban(seller, broken=rng.random() < 0.4)}</p>" + stamp(doc) + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


FAMILIES = {"de_window_letter": window_letter, "de_small_business": small_business, "de_final_invoice": final_invoice, "de_carry_over": carry_over, "de_power": power, "de_cancellation": cancellation, "at_reverse": austrian_reverse}
