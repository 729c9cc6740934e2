"""English invoices: Britain, Ireland, and firms of the Union that write English."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Bill, Line, bill, cents
from families.look import NARROW, SANS, SERIF, foot, logo, sheet
from families.numbers import digits
from families.paper import Paper
from families.places import PEOPLE, firm, pick

DIG = "Groundworks, Plot 7;m3;38;62;40|Drainage run 110 mm;m;24;41;30|Kerb laying;m;19;29;25|8 t excavator with operator;day;410;520;4"
PLANTS = "Lavender Hidcote 2 L;;3;5;40|Acer palmatum 10 L;;32;49;4|Bark mulch bulk bag;bag;52;69;3|Slate chippings 20 mm;bag;88;110;2|Delivery, tail lift;;30;45;1"
INK = "Brand guidelines refresh;day;420;560;~3|Copywriting, six pages;page;70;95;6|Stock imagery;item;12;28;8"
CLOUD = "Team plan, 1 month;seat;9;19;24|Storage add-on 500 GB;unit;4;9;6|Priority support;month;60;140;1"
TEETH = "Examination and scale;;48;72;1|Composite filling;;95;160;2|Night guard;;180;260;1"
TRAIN = "First aid at work, one day;delegate;95;140;8|Course manual;each;9;14;8|Trainer's travel;lot;40;85;1"


def gb_groundworks(rng: random.Random) -> Drawing:
    """A builder whose client accounts for the tax; retention, an order, a site, sort code and account."""
    work = bill(rng, DIG, "0", count=(2, 4))
    p = Paper(
        rng,
        "en",
        seller=firm(rng, "GB", "{s} Groundworks Ltd|Blackmoor Civil Engineering Ltd"),
        buyer=firm(rng, "GB", "Hallam Homes plc|{s} Construction Ltd"),
        bill=work,
        number=f"{digits(rng, 4)}",
        money="£{}",
        dates="DD/MM/YYYY",
        currency="GBP",
    )
    held = cents(work.gross * Decimal("0.03"))
    p.exempt()
    p.set(
        held=held,
        amount_due=work.gross - held,
        due_date=p.after(30),
        order=f"PO{digits(rng, 6)}",
        sort="20-45-77",
        account=digits(rng, 8),
        utr=f"{digits(rng, 5)} {digits(rng, 5)}",
        period=p.after(-7),
    )
    body = (
        '<table><tr><td style="width:55%"><b style="font-size:15pt">{seller.name}</b><br>{seller.street}<br>{seller.city} {seller.zip}<br>VAT Reg No {seller.vat_id:xx xxx xxxx xx}<br>Company No {seller.legal_id}</td><td><h1>Sales Invoice</h1><table class="k"><tr><td>‹Invoice No|Invoice number|Invoice ref›</td><td>{number}</td></tr><tr><td>‹Date / Tax point|Invoice date|Tax point›</td><td>{issue_date}</td></tr><tr><td>Your order</td><td>{order}</td></tr><tr><td>‹Payment due|Due date|Pay by›</td><td>{due_date}</td></tr></table></td></tr></table>'
        "<p>To:<br>{buyer.name}<br>{buyer.street}<br>{buyer.city}<br>{buyer.zip}</p><p>Site: Meadow View, Phase 2. Works to week ending {period}.</p>"
        + p.table("Description|Qty|Unit|Rate|Amount", "name qty unit price net")
        + '<br><table style="width:50%;margin-left:auto"><tr><td>Total excluding VAT</td><td class="r">{total_net}</td></tr><tr><td>VAT</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Invoice total|Gross total|Total›</td><td class="r">{total_gross}</td></tr><tr><td>Less 3% retention</td><td class="r">{held:-}</td></tr><tr class="b"><td>‹Now payable|Amount due|Balance to pay›</td><td class="r">{amount_due}</td></tr></table><p>Domestic reverse charge: customer to pay the VAT to HMRC.</p><p class="s">Pay by BACS: sort code {sort}, account {account}. UTR {utr}.</p>'
    )
    css = sheet(
        SANS, "9.5pt", "18mm", ".k td{border:1px solid #000}.lines td,.lines th{border:1px solid #000}"
    )
    return p.drawing(body, css, "retention", "order number", "site and week", "sort code and account")


def gb_nursery(rng: random.Random) -> Drawing:
    """A plant nursery: the buyer stands beside the seller, a discount for trade, letters for rates."""
    sale = bill(rng, PLANTS, "20", count=(3, 5), discount=Decimal(10))
    p = Paper(
        rng,
        "en",
        seller=firm(rng, "GB", "{s} Nurseries|Hollybank Plants Ltd"),
        buyer=firm(rng, "GB"),
        bill=sale,
        number=f"INV-{digits(rng, 5)}",
        money="£{}",
        dates="D MONTH YYYY",
        currency="GBP",
    )
    p.set(
        sub=sale.subtotal,
        cut=sale.reduction,
        due_date=p.after(28),
        delivery_date=p.after(-2),
        van=f"Run {rng.randint(1, 9)}",
        phone="0800 555 0199",
    )
    body = (
        '<div style="background:#e9f2e4;padding:14px"><b style="font-size:18pt;color:#375c2b">{seller.name}</b> <span class="s">Growers since 1964</span></div><table style="margin-top:14px"><tr><td style="width:33%"><span class="g">From</span><br>{seller.name}<br>{seller.street}<br>{seller.city}<br>{seller.zip}</td><td style="width:33%"><span class="g">Bill to</span><br>{buyer.name}<br>{buyer.street}<br>{buyer.city}<br>{buyer.zip}</td><td><span class="g">Invoice</span> {number}<br><span class="g">Issued</span> {issue_date}<br><span class="g">Delivered</span> {delivery_date} ({van})<br><span class="g">‹Pay by|Due|Payment due›</span> {due_date}</td></tr></table><br>'
        + p.table("Plant or product|Qty|Each|VAT|Line total", "name qty price rate net")
        + '<table style="width:55%;margin:14px 0 0 auto"><tr><td>Goods</td><td class="r">{sub}</td></tr><tr><td>Trade discount 10%</td><td class="r">{cut:-}</td></tr><tr><td>‹Net total|Subtotal ex VAT|Total net›</td><td class="r">{total_net}</td></tr><tr><td>VAT at 20%</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Total to pay|Invoice total|Total inc VAT›</td><td class="r">{total_gross}</td></tr></table>'
        + foot(
            "VAT registration {seller.vat_id:xx xxx xxxx xx} · IBAN {iban} · Plants are living things: please report losses within 3 days on {phone}."
        )
    )
    css = sheet(SERIF, "10pt", "14mm", ".lines th{color:#375c2b;border-bottom:2px solid #375c2b}")
    return p.drawing(body, css, "goods before discount", "run of the van", "founding year")


def gb_credit(rng: random.Random) -> Drawing:
    """A British credit note in brackets, with the invoice it is against."""
    back = bill(rng, INK, "20", count=(1, 2))
    p = Paper(
        rng,
        "en",
        kind="credit_note",
        seller=firm(rng, "GB", "{s} & Rowe Design Ltd|Copper Kettle Studio Ltd"),
        buyer=firm(rng, "GB"),
        bill=back,
        number=f"CN{digits(rng, 4)}",
        money="£{}",
        dates="DD MON YYYY",
        currency="GBP",
    )
    p.set(preceding_invoice=f"SI{digits(rng, 5)}", old=p.after(-31), approved=pick(rng, PEOPLE, "GB"))
    body = (
        '<div style="float:right;text-align:right">'
        + logo(rng)
        + "<br><b>{seller.name}</b><br>{seller.street}<br>{seller.city} {seller.zip}</div><h1>CREDIT NOTE</h1><p>{buyer.name}<br>{buyer.street}<br>{buyer.city} {buyer.zip}</p><div style='clear:both'></div><hr><table><tr><td>‹Credit note no.|Credit no.|Document›<br><b>{number}</b></td><td>‹Credit date|Date|Raised on›<br><b>{issue_date}</b></td><td>Against invoice<br><b>{preceding_invoice}</b> ({old})</td><td>Approved by<br>{approved}</td></tr></table><hr>"
        + p.table("Details|Qty|Price|Net|VAT rate", "name qty_unit price net rate%")
        + '<p style="text-align:right">Net ({total_net})<br>VAT ({total_vat})<br><b>‹Total credited|Credit total|Total inc. VAT› ({total_gross})</b></p><p>Please set this against your next payment. VAT No. {seller.vat_id}</p>'
    )
    css = sheet(
        NARROW,
        "10.5pt",
        "20mm",
        "hr{border:0;border-top:1px solid #000}.lines th{border-bottom:1px dotted #000}td.r{padding-right:12px}",
    )
    return p.drawing(body, css, "number and day of the old invoice", "approver")


def ie_software(rng: random.Random) -> Drawing:
    """A subscription from Ireland to a client in the Union, paid by card, reverse charge."""
    plan = bill(rng, CLOUD, "0", count=(1, 3))
    p = Paper(
        rng,
        "en",
        seller=firm(rng, "IE", "Lanternfish Software Ltd|Tidewise Technologies Ltd"),
        buyer=firm(rng, rng.choice(("DE", "NL", "FR"))),
        bill=plan,
        number=f"{digits(rng, 4)}A-{rng.randint(1, 40):04}",
        money="€{}",
        dates="MONTH D, YYYY",
    )
    p.exempt()
    p.set(
        due_date=p.issued,
        prepaid=plan.gross,
        amount_due=Decimal(0),
        begin=p.issued,
        end=p.after(30),
        last=digits(rng, 4),
    )
    body = (
        '<div class="row"><h1>Invoice</h1><div>'
        + logo(rng, p.brand, size=38)
        + '</div></div><table style="width:60%;margin:14px 0"><tr><td class="b">Invoice number</td><td>{number}</td></tr><tr><td class="b">Date of issue</td><td>{issue_date}</td></tr><tr><td class="b">Date due</td><td>{due_date}</td></tr></table>'
        '<div class="row"><div><b>{seller.name}</b><br>{seller.street}<br>{seller.city}<br>{seller.zip}<br>{seller.country}<br>{seller.mail}<br>IE VAT {seller.vat_id}</div><div style="width:48%"><b>Bill to</b><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>{buyer.country}<br>VAT {buyer.vat_id}</div></div><p style="font-size:16pt" class="b">{total_gross} paid on {issue_date}</p>'
        + p.table("Description|Qty|Unit price|Amount", "name qty price net")
        + '<table style="width:55%;margin:12px 0 0 auto"><tr><td>Subtotal</td><td class="r">{total_net}</td></tr><tr><td>Tax (0% reverse charge)</td><td class="r">{total_vat}</td></tr><tr><td>Total</td><td class="r">{total_gross}</td></tr><tr><td>Amount paid (card ending {last})</td><td class="r">{prepaid:-}</td></tr><tr class="b"><td>Amount due</td><td class="r">{amount_due}</td></tr></table><p class="s g">Billing period {begin} to {end}. Tax to be paid on reverse charge basis.</p>'
    )
    css = sheet(
        SANS, "9.5pt", "20mm", ".lines{margin-top:16px}.lines th{border-bottom:1px solid #ccc;color:#777}"
    )
    return p.drawing(body, css, "billing period", "card number", "amount paid in a headline")


def ie_waste(rng: random.Random) -> Drawing:
    """An Irish collector of waste: balance brought forward and the invoice's own sums, a slip to cut off."""
    lifts = rng.randint(2, 4)
    lines = [
        Line("Service charge", "", Decimal(1), Decimal(rng.randint(1800, 2600)) / 100, Decimal("13.5")),
        Line("Lift, general waste 240 L", "lift", Decimal(lifts), Decimal("9.40"), Decimal("13.5")),
        Line("Replacement bin", "", Decimal(1), Decimal("38.00"), Decimal(23)),
    ]
    p = Paper(
        rng,
        "en",
        seller=firm(rng, "IE", "Greenlane Waste Ltd|Binwell Recycling Ltd"),
        buyer=firm(rng, "IE"),
        bill=Bill(lines),
        number=digits(rng, 9),
        money="€{}",
        dates="DD/MM/YY",
    )
    p.set(
        due_date=p.after(21),
        account=f"GL-{digits(rng, 6)}",
        before=Decimal("64.20"),
        settled=Decimal("64.20"),
        begin=p.after(-30),
        end=p.after(-1),
    )
    body = (
        '<table class="t"><tr><td>'
        + logo(rng, size=44)
        + '</td><td><b style="font-size:14pt">{seller.name}</b><br>{seller.street}, {seller.city} {seller.zip}</td><td class="r">VAT no. {seller.vat_id}<br>CRO {seller.legal_id}</td></tr></table><div class="row" style="margin-top:14px"><div>{buyer.name}<br>{buyer.street}<br>{buyer.city}<br>{buyer.zip}</div><table style="width:45%"><tr><td>Account number</td><td class="r">{account}</td></tr><tr><td>Bill number</td><td class="r">{number}</td></tr><tr><td>Bill date</td><td class="r">{issue_date}</td></tr><tr><td>‹Please pay by|Due date|Pay before›</td><td class="r">{due_date}</td></tr></table></div>'
        "<p><b>Last bill</b> {before} &nbsp; <b>Payment received, thank you</b> {settled} &nbsp; <b>Brought forward</b> €0.00</p>"
        + p.table(
            "Charges {begin} – {end}|Qty|Price|VAT %|Net".replace(
                "{begin}", p.write(p.facts["begin"], "")
            ).replace("{end}", p.write(p.facts["end"], "")),
            "name qty price rate net",
        )
        + '<table style="width:60%;margin:12px 0 0 auto"><tr><td>Charges before VAT</td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>VAT {rate}% on {base}</td><td class="r">{amount}</td></tr>')
        + '<tr class="b"><td>‹This bill, VAT included|Total due|Total this bill›</td><td class="r">{total_gross}</td></tr></table><div class="cut"><div class="row"><span>Bank giro credit – {seller.name}</span><span>{iban}</span><span>{account}</span><b>{total_gross}</b></div></div>'
    )
    css = sheet(
        SANS,
        "9pt",
        "14mm 16mm",
        ".t{border-bottom:5px solid #2c7}.lines td{border-bottom:1px solid #ddd}.cut{border-top:1px dashed #000;margin-top:60px;padding-top:10px}",
    )
    return p.drawing(body, css, "bill before and its payment", "account number", "period", "giro slip")


def gb_dentist(rng: random.Random) -> Drawing:
    """A dentist, exempt; typst, with the patient as buyer and the day of treatment."""
    work = bill(rng, TEETH, "0", count=(1, 3))
    p = Paper(
        rng,
        "en",
        engine="typst",
        seller=firm(rng, "GB", "Riverside Dental Care|{s} & Partners Dental Surgery"),
        buyer=firm(rng, "GB", "{p}"),
        bill=work,
        number=f"D/{digits(rng, 5)}",
        money="£{}",
        dates="DD MONTH YYYY",
        currency="GBP",
    )
    p.exempt()
    p.set(delivery_date=p.after(-4), due_date=p.after(14), birth=p.after(-12000), gdc=digits(rng, 6))
    rows = "".join(", ".join(f"[{cell}]" for cell in row) + ",\n" for row in p.rows("name qty price net"))
    body = (
        '#rect(width: 100%, fill: rgb("#d9ecf2"), inset: 12pt)[#text(16pt)[{seller.name}] #h(1fr) {seller.street}, {seller.city} {seller.zip}]\n#v(8pt)\n#grid(columns: (1fr, 1fr), [{buyer.name} \\ {buyer.street} \\ {buyer.city} \\ {buyer.zip}], [Invoice *{number}* \\ Dated {issue_date} \\ Treatment on {delivery_date} \\ Date of birth {birth}])\n#v(14pt)\n= Statement of fees\n'
        "#table(columns: (1fr, auto, auto, auto), stroke: (x, y) => (top: if y == 0 { 1pt } else { 0pt }, bottom: 0.5pt), [Treatment], [No.], [Fee], [Amount],\n"
        + rows
        + ")\n"
        '#align(right)[‹Fees payable by|Total due by|Please pay by› {due_date}: #text(14pt, weight: "bold")[{total_gross}]]\n\nDental treatment is exempt from VAT. Cards and cash accepted; transfers to IBAN {iban}.\n#v(1fr)\n#text(8pt)[Principal dentist {seller.person}, GDC {gdc}]'
    )
    css = '#set page(paper: "a4", margin: 2cm)\n#set text(font: "Libertinus Serif", size: 11pt)'
    return p.drawing(body, css, "birthday", "day of treatment", "register of dentists", valid=False)


def gb_training(rng: random.Random) -> Drawing:
    """A trainer's bill from an office suite: deposit paid, course's day, a purchase order."""
    work = bill(rng, TRAIN, "20", count=(2, 3))
    p = Paper(
        rng,
        "en",
        engine="libreoffice",
        seller=firm(rng, "GB", "{p} Training|Safehands Training Ltd"),
        buyer=firm(rng, "GB"),
        bill=work,
        number=f"{rng.choice(('22-23', '23-24'))}/{rng.randint(3, 140):03}",
        money="£{}",
        dates="DD.MM.YYYY",
        currency="GBP",
    )
    paid = work.deposit(rng)
    p.set(
        prepaid=paid,
        amount_due=work.gross - paid,
        due_date=p.after(14),
        delivery_date=p.after(-5),
        po=f"{digits(rng, 7)}",
        deposit=p.after(-35),
    )
    body = (
        '<p align="center"><font size="5"><b>{seller.name}</b></font><br>{seller.street}, {seller.city}, {seller.zip}</p><hr><table width="100%"><tr><td width="50%">INVOICE TO<br>{buyer.name}<br>{buyer.street}<br>{buyer.city}<br>{buyer.zip}</td><td>INVOICE ‹|No |# ›{number}<br>‹Invoice date:|Date:|Raised:› {issue_date}<br>Course delivered: {delivery_date}<br>Purchase order: {po}<br>Terms: 14 days (due {due_date})</td></tr></table><br>'
        + p.table(
            "Item|Quantity|Unit cost|Net cost",
            "name qty_unit price net",
            attrs='width="100%" border="1" cellpadding="4" cellspacing="0"',
        )
        + '<br><table width="50%" align="right"><tr><td>Net</td><td align="right">{total_net}</td></tr><tr><td>VAT @ 20%</td><td align="right">{total_vat}</td></tr><tr><td>‹Gross|Total|Invoice total›</td><td align="right">{total_gross}</td></tr><tr><td>Deposit received {deposit}</td><td align="right">{prepaid:-}</td></tr><tr><td><b>‹Balance due|Outstanding|To pay›</b></td><td align="right"><b>{amount_due}</b></td></tr></table><br clear="all"><p>VAT number {seller.vat_id}. Bank: {iban}, {bic}</p>'
    )
    css = "@page{size:21cm 29.7cm;margin:2cm}body{font-family:'DejaVu Sans';font-size:10pt}"
    return p.drawing(body, css, "course's day", "purchase order", "deposit's day")
