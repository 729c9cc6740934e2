"""Invoices in English from Britain, Ireland and America."""

import random
from dataclasses import replace
from decimal import Decimal

from drawing import Drawing

from .blocks import columns, head_items, identity, lines_table, maker, sum_rows, sums_block, sums_strip, terms
from .document import Doc
from .france import title
from .look import columns_foot, logo, meta, page, shuffled, stamp, table
from .parties import person
from .sums import Line, cents, draw_lines, of_lines, percent, random_amount

VAT20, NO_RATE = Decimal("20"), Decimal("0")


def saas(rng: random.Random) -> Drawing:
    """A subscription with its period, paid or not, with a second currency and reverse charge."""
    country = rng.choice(("IE", "US", "GB"))
    doc = Doc(rng, "en", country, rng.choice(("USD", "EUR")) if country == "IE" else "")
    abroad = country != "GB"
    doc.chosen["gross"] = rng.choice(("Total", "Invoice total", "Total amount"))
    seller, buyer = doc.seller(rng.choice(("Cloud", "Apps", "Software"))), doc.buyer(rng.choice(("FR", "DE", "NL")) if abroad else "GB")
    rate = NO_RATE if abroad else VAT20
    start, end = doc.today, doc.later(28, 31)
    span = f"{doc.day(start, style='%d %b %Y')} – {doc.day(end, style='%d %b %Y')}"
    lines = [Line(name=f"{rng.choice(('Team', 'Business', 'Scale'))} plan, {rng.randint(2, 40)} seats", quantity=Decimal(1), price=random_amount(rng, 29, 890), rate=rate),
             Line(name=rng.choice(("Extra storage 100 GB", "API calls over 50,000", "Priority support")), quantity=Decimal(rng.randint(1, 6)), price=random_amount(rng, 4, 30), rate=rate)][: rng.randint(1, 2)]
    sums = of_lines(lines)
    note = {"IE": "VAT reverse charged – Article 196 Directive 2006/112/EC", "US": "No US sales tax is due on this sale", "GB": ""}[country]
    rows = [(doc.label("net"), doc.money("total_net", sums.net))]
    if abroad:
        rows.append((rng.choice(("VAT (0%)", "Tax 0%")) if country == "IE" else "Tax 0%", doc.money("total_vat", sums.vat)))
    else:
        rows.append((f"VAT {doc.rate(rate, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", sums.vat)))
    rows.append((doc.label("gross"), doc.money("total_gross", sums.gross)))
    paid = rng.random() < 0.5
    due = Decimal("0.00") if paid else sums.gross
    when = doc.today if paid else None
    if paid and when:
        rows.append((f"Payment {doc.day(when)} (card ending {rng.randint(1000, 9999)})", doc.money("prepaid", sums.gross, sign="–")))
    rows.append((rng.choice(("Amount due", "Balance due")), doc.money("amount_due", due)))
    doc.trap("subscription period", "second currency equivalent", "card digits", "next renewal date")
    other = {"EUR": "USD", "USD": "EUR", "GBP": "EUR"}[doc.currency]
    second = f"<p class=small>Equivalent {other} {doc.number(cents(sums.gross * Decimal('1.0843')))} at the reference rate of {doc.day(doc.before(1, 3))} (1.0843). Renews {doc.day(end)}.</p>"
    items = [(doc.label("number"), doc.mark("number", f"{rng.choice('ABCDEF')}{rng.randint(10**6, 10**7)}-{rng.randint(1, 60):04d}")), (doc.label("date"), doc.day(doc.today, "issue_date"))]
    if not paid:
        items.append((doc.label("due"), doc.day(doc.later(7, 30), "due_date")))
    items += rng.sample([("Customer ID", f"cus_{rng.randint(10**7, 10**8)}"), ("Workspace", buyer.web), ("Subscription", f"sub-{rng.randint(10**5, 10**6)} since {doc.day(doc.before(200, 600))}")], 2)
    tax = f"EIN {seller.vat_id}" if country == "US" else f"VAT {doc.vat_number('seller', seller)}"
    who = f'<div>{"<br>".join(doc.address("seller", seller, country=True))}<br>{tax}<br>{seller.email}</div>'
    to = f'<div><span class="key">{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer, country=True))}<br>VAT {doc.vat_number("buyer", buyer)}</div>'
    body = f'<div class="row">{title(doc)}{logo(doc, seller.root, 26)}</div>' + meta(doc, shuffled(rng, items)) + f'<div class="gap"></div><div class="row">{who}{to}</div>'
    head = f'<p style="font-size:1.6em">{doc.money("amount_due", due)} {rng.choice(("due", "outstanding"))}</p>' if not paid and rng.random() < 0.6 else ""
    cells = lines_table(doc, lines, ["desc", "qty", "price", "amount"])
    body += head + f"<p>For the period {span}</p>" + cells + sums_block(doc, rows) + f"<p>{note}</p>" + second + f'<div class="foot tiny">{doc.mark("seller.name", seller.name)} · Page 1 of 1</div>'
    return doc.finish(page(doc, [body]))


def shop_order(rng: random.Random) -> Drawing:
    """A web shop's order sheet that is the invoice: prices with tax, the order number in large."""
    country = rng.choice(("GB", "IE"))
    doc = Doc(rng, "en", country)
    seller, buyer = doc.seller(rng.choice(("Home", "Outdoor", "Kitchenware", "Cycles"))), doc.buyer(private=True)
    rate = VAT20 if country == "GB" else Decimal("23")
    rows, goods = [["Item", "→Price", "→Qty", "→Total"]], Decimal(0)
    for place, (name, _, low, high) in enumerate(rng.sample([("Enamel mug, forest green", "", 8, 14), ("Wool throw 130x170", "", 40, 75), ("Storm lantern No. 5", "", 22, 39), ("Chopping board, 38 cm", "", 18, 33), ("Bike pump 160 psi", "", 15, 29)], rng.randint(2, 4))):
        price, quantity = random_amount(rng, low, high), rng.randint(1, 3)
        rows.append([doc.mark(f"lines.{place}.name", name) + f"<br><span class=tiny>SKU {rng.randint(10**5, 10**6)}</span>", "→" + doc.money("", price), "→" + doc.mark(f"lines.{place}.quantity", str(quantity)), "→" + doc.money("", price * quantity)])
        goods += price * quantity
    post, off = Decimal(rng.choice(("0.00", "3.95", "5.50"))), cents(goods / 10) if rng.random() < 0.5 else Decimal(0)
    gross = goods + post - off
    net = cents(gross / (1 + rate / 100))
    sums = [("Items", doc.money("", goods)), ("Delivery", doc.money("", post))]
    if off:
        sums.append((f"Code SPRING{rng.randint(5, 20)}", doc.money("", off, sign="-")))
    sums.append((rng.choice(("Order total", "Total (inc. VAT)", "Total charged")), doc.money("total_gross", gross)))
    sums.append((f"Includes VAT @ {doc.rate(rate, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", gross - net)))
    if rng.random() < 0.6:
        sums.append(("Value excluding VAT", doc.money("total_net vat_breakdown.0.base", net)))
    card = f"<p class=small>Paid by card •••• {rng.randint(1000, 9999)} on {doc.day(doc.before(1, 2))}, authorisation {rng.randint(100000, 999999)}. Nothing more to pay.</p>"
    ordered = doc.before(1, 3)
    doc.trap("order number in large", "order date", "card digits", "tracking number", "goods total with tax", "return deadline")
    head = f'<div class="row">{logo(doc, seller.root, 30)}<div class="r"><span style="font-size:1.5em">Order {rng.randint(100000, 999999)}</span><br>placed {doc.day(ordered)}</div></div><div class=gap></div>'
    ref = meta(doc, shuffled(rng, [(doc.label("number"), doc.mark("number", doc.serial())), (rng.choice(("Invoice date", "Tax point", "Invoiced on")), doc.day(doc.today, "issue_date")), ("Tracking", f"{rng.choice('JQ')}D{rng.randint(10**9, 10**10)}GB"), ("Dispatch by", "Swiftlane Couriers")]))
    ship = doc.buyer(private=True)
    pair = [f'<div><span class=key>Billing address</span><br>{"<br>".join(doc.address("buyer", buyer))}</div>', f'<div><span class=key>Deliver to</span><br>{ship.name}<br>{ship.street}<br>{ship.city} {ship.zip}</div>']
    doc.trap("delivery address")
    kind = f'<p><b>{doc.mark("kind", "invoice", rng.choice(("VAT invoice", "Tax invoice", "INVOICE / packing slip")))}</b></p>'
    foot = columns_foot(doc, [[", ".join(doc.address("seller", seller))], identity(doc, seller, bank=False)])
    body = head + kind + ref + f'<div class="gap"></div><div class="row">{"".join(rng.sample(pair, 2))}</div>' + table(rows, "lines", head=True) + sums_block(doc, sums, last=False) + card + f"<p class=tiny>Returns until {doc.day(doc.later(28, 30))}. Hotline 0330 {rng.randint(100, 999)} {rng.randint(1000, 9999)}.</p>" + foot
    return doc.finish(page(doc, [body]))


def agency(rng: random.Random) -> Drawing:
    """Seller and buyer beside each other, deposit, discount, a reminder of an older invoice."""
    country = rng.choice(("GB", "IE", "GB"))
    doc = Doc(rng, "en", country)
    seller, buyer = doc.seller(rng.choice(("Design", "Consulting", "Media"))), doc.buyer()
    lines = draw_lines(rng, "en.consult", rng.randint(2, 5), ["20" if country == "GB" else "23"])
    sums = of_lines(lines)
    paid = percent(sums.gross, Decimal(rng.choice((25, 40, 50)))) if rng.random() < 0.5 else None
    rows = sum_rows(doc, sums, prepaid=paid, due=None if paid or rng.random() < 0.4 else sums.gross)
    items = head_items(doc, traps=3, due=rng.random() < 0.7)
    old = doc.before(30, 80)
    older = cents(sums.gross * Decimal("0.55"))
    statement = table([["Older items on your account", "", ""], [doc.serial(old), doc.day(old), "→" + doc.money("", older)], ["Account balance incl. this invoice", "", "→" + doc.money("", older + sums.gross - (paid or 0))]], "small box", "margin-top:5mm")
    if rng.random() < 0.6:
        doc.trap("reminder of an older invoice", "account balance")
    else:
        statement = ""
    who = f'<div><span class=key>{doc.label("from")}</span><br>{"<br>".join(doc.address("seller", seller, country=rng.random() < 0.3))}<br><span class=small>{"<br>".join(identity(doc, seller, bank=False))}</span></div>'
    to = f'<div><span class=key>{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer))}<br><span class=small>VAT {doc.vat_number("buyer", buyer)}</span></div>'
    doc.trap("buyer VAT number", "project dates", "contact person")
    project = f"<p>Project: rebrand {rng.randint(24, 26)}-{rng.randint(10, 99)}, work carried out {doc.day(doc.before(30, 45))} to {doc.day(doc.before(2, 9))}. Attn {person(rng, country)}</p>"
    pay = f"<p class=small>Please pay to Norwold Bank, {doc.label('iban')} {doc.iban(seller, broken=rng.random() < 0.4)}. Sort code {rng.randint(10, 99)}-{rng.randint(10, 99)}-{rng.randint(10, 99)}</p>"
    shape = sums_strip if rng.random() < 0.35 else sums_block
    body = title(doc) + f'<div class="row">{"".join(rng.sample([who, to], 2))}</div><div class=gap></div>' + meta(doc, items) + project + lines_table(doc, lines, columns(doc, rates=rng.random() < 0.5)) + shape(doc, rows) + pay + stamp(doc) + statement + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def freight(rng: random.Random) -> Drawing:
    """A forwarder's invoice in dollars, zero-rated, with weights, bills of lading and a value at home."""
    doc = Doc(rng, "en", rng.choice(("GB", "IE")), "USD")
    seller, buyer = doc.seller(rng.choice(("Shipping", "Forwarding", "Logistics"))), doc.buyer(rng.choice(("DE", "FR", "IE", "GB")))
    names = rng.sample(["Ocean freight Felixstowe–New York 1x40'HC", "Terminal handling charge", "Documentation fee", "Customs clearance, 3 entries", "Fuel surcharge 14.5%", "Haulage to port"], rng.randint(3, 5))
    lines = [Line(name=name, quantity=Decimal(1), price=random_amount(rng, 35, 1900), rate=NO_RATE, unit="shpt") for name in names]
    net = of_lines(lines).net
    number = doc.serial()
    rows = [["Total charges", doc.money("total_net", net)], [rng.choice(("VAT zero-rated", "VAT Z 0%", "VAT @ 0%")), doc.money("total_vat", Decimal("0.00"))], [rng.choice(("Invoice total", "TOTAL USD", "Total payable")), doc.money("total_gross", net)]]
    rate = Decimal(rng.randint(7300, 8200)) / 10000
    home = f"<p class=small>For VAT purposes: {'GBP' if doc.country == 'GB' else 'EUR'} {doc.number(cents(net * rate))} at {rate} ({doc.day(doc.before(3, 9))}).</p>"
    doc.trap("second currency equivalent", "bill of lading", "weights", "sailing date", "vessel", "insured value")
    cargo = table([["Vessel / voyage", "B/L", "ETD", "ETA", "Gross kg", "Chargeable", "Insured value"], [f"MV Marlcombe {rng.randint(100, 999)}W", f"FXT{rng.randint(10**6, 10**7)}", doc.day(doc.before(14, 20)), doc.day(doc.later(2, 9)), doc.number(Decimal(rng.randint(900, 19000))), doc.number(Decimal(rng.randint(900, 19000))), f"USD {doc.number(Decimal(rng.randint(20, 90) * 1000))}"]], "strip small", head=True)
    items = [(doc.label("number"), doc.mark("number", number)), (doc.label("date"), doc.day(doc.today, "issue_date")), (doc.label("due"), doc.day(doc.later(14, 30), "due_date")), ("Job", f"SE{rng.randint(10**5, 10**6)}"), ("Your ref", doc.serial(doc.before(20, 40))), (doc.label("customer"), f"{rng.randint(1000, 9999)}")]
    who = f'<div><b>{"<br>".join(doc.address("seller", seller, country=True))}</b><br><span class=small>{"<br>".join(identity(doc, seller, bank=False))}</span></div>'
    to = f'<div class=box>{doc.label("to")}<br>{"<br>".join(doc.address("buyer", buyer, country=True))}<br>VAT {doc.vat_number("buyer", buyer)}</div>'
    consignee = '<div class="small"><span class=key>Consignee</span><br>Cedarloft Marrow Inc.<br>18 Dock Road<br>Newark NJ</div>'
    shape = sums_strip(doc, [(a, b) for a, b in rows]) if rng.random() < 0.5 else sums_block(doc, [(a, b) for a, b in rows])
    body = f'<div class="row">{who}{title(doc)}</div>' + meta(doc, shuffled(rng, items)) + f'<div class="row" style="margin:4mm 0">{to}{consignee}</div>' + cargo + lines_table(doc, lines, ["desc", "amount"]) + shape + home + f"<p>{doc.label('iban')} {doc.iban(seller, broken=True)}</p>" + stamp(doc) + terms(doc)
    return doc.finish(page(doc, [body]))


def american(rng: random.Random) -> Drawing:
    """A Texan supplier with sales tax, purchase order and remittance coupon."""
    doc = Doc(rng, "en", "US")
    seller, buyer = doc.seller(), doc.buyer("US")
    lines = [replace(x, unit="") for x in draw_lines(rng, "en.goods", rng.randint(2, 6), ["8.25"])]
    sums = of_lines(lines)
    paid = percent(sums.gross, Decimal(30)) if rng.random() < 0.4 else None
    due = sums.gross - (paid or Decimal(0))
    net = doc.money("total_net vat_breakdown.0.base", sums.net)
    rows = [("Subtotal", net), (f"Sales tax ({doc.rate(sums.shares[0].rate, 'vat_breakdown.0.rate')})", doc.money("total_vat vat_breakdown.0.amount", sums.vat)), ("Total", doc.money("total_gross", sums.gross))]
    if paid:
        rows.append(("Less deposit", doc.money("prepaid", paid, sign="-")))
    rows.append((rng.choice(("Balance due", "Please pay", "AMOUNT DUE")), doc.money("amount_due", due)))
    items = head_items(doc, traps=3)
    coupon = f'<div class="foot" style="border-top:1px dashed #000">Remit to P.O. Box {rng.randint(1000, 99999)}, {seller.city} TX. Amount enclosed $ ________ &nbsp; Invoice {doc.mark("number", doc.flat["number"])} &nbsp; {doc.money("amount_due", due)}<br><span class=tiny>A finance charge of 1.5% per month ($25.00 minimum) applies after 30 days.</span></div>'
    doc.trap("remittance coupon", "finance charge", "ship-to address")
    ship = doc.buyer("US")
    who = f'<div>{logo(doc, seller.root, 24)}<br>{"<br>".join(doc.address("seller", seller))}<br>{seller.phone}</div>'
    to = f'<div><span class=key>Bill to</span><br>{"<br>".join(doc.address("buyer", buyer))}</div><div><span class=key>Ship to</span><br>{ship.name}<br>{ship.street}<br>{ship.city}, TX {ship.zip}</div>'
    body = f'<div class="row">{who}{title(doc)}</div><div class=gap></div><div class="row">{to}</div><div class=gap></div>' + meta(doc, items, rng.choice(("grid", "over"))) + lines_table(doc, lines, columns(doc, rates=False)) + sums_block(doc, rows) + stamp(doc) + coupon
    return doc.finish(page(doc, [body]))


FAMILIES = {"en_saas": saas, "en_shop_order": shop_order, "en_agency": agency, "en_freight": freight, "en_us_supplier": american}
