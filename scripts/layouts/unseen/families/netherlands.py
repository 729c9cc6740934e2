"""Dutch invoices."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Bill, Line, bill
from families.look import MONO, NARROW, SANS, foot, logo, sheet
from families.numbers import digits
from families.paper import Paper
from families.places import firm

BIKES = "Fietstas dubbel 40 L;;39;69;2|Binnenband 28 inch;;5;9;4|Ringslot ART-2;;29;49;1|Regenpak maat L;;45;79;1|Koplamp USB;;17;28;2"
ROOFS = "Dakpannen leggen;m²;32;48;90|Goot vervangen zink;m;38;62;20|Steiger huur;week;180;260;3|Afvoer puin;container;240;310;2"
LESSONS = "Workshop keramiek;dagdeel;140;210;4|Materiaalkosten klei;set;12;18;12|Reiskosten;km;0.2;0.3;120"
PRESS = "Abonnement vakblad;jaar;89;149;2;9|Advertentie halve pagina;plaatsing;380;620;1;21|Bijlage insteken, per 1.000;pak;45;70;4;21"


def nl_fietswinkel(rng: random.Random) -> Drawing:
    """A web shop, tax within the prices, shipping free or not, paid by iDEAL."""
    basket = bill(
        rng, BIKES, "21", count=(2, 4), with_tax=True, shipping=Decimal("5.95"), shipping_rate=Decimal(21)
    )
    p = Paper(
        rng,
        "nl",
        seller=firm(rng, "NL", "Trapper Fietsshop B.V.|De Bel Tweewielers B.V.|Velo {s} B.V."),
        buyer=firm(rng, "NL", "{p}"),
        bill=basket,
        number=digits(rng, 9),
        money="€ {}",
        dates="D MONTH YYYY",
    )
    p.set(order=digits(rng, 7), ordered=p.after(-1), ship=basket.shipping, sub=basket.subtotal)
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "qty")}</td><td class="r">{p.write(line.price, "")}</td><td class="r">{p.write(line.net, "")}</td></tr>'
        for i, line in enumerate(basket.lines)
    )
    body = (
        '<div class="row"><div><h1 style="color:#e2001a">Factuur</h1>‹Factuurnummer:|Factuur nr.|Nummer:› {number}<br>‹Factuurdatum:|Datum:|Factuur van› {issue_date}<br>Bestelnummer: {order} ({ordered})</div><div class="s" style="text-align:right">{seller.name}<br>{seller.street}<br>{seller.zip} {seller.city}<br>KvK {seller.legal_id}<br>Btw {seller.vat_id}</div></div><p style="margin:24px 0">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p>'
        '<table class="lines"><tr><th>Artikel</th><th class="r">Aantal</th><th class="r">Prijs p/st</th><th class="r">Totaal</th></tr>'
        + rows
        + '</table><table style="width:56%;margin:16px 0 0 auto"><tr><td>Subtotaal incl. btw</td><td class="r">{sub}</td></tr><tr><td>Verzendkosten</td><td class="r">{ship}</td></tr><tr class="b"><td>‹Totaal incl. btw|Totaalbedrag|Factuurbedrag›</td><td class="r">{total_gross}</td></tr><tr class="g"><td>Bedrag exclusief btw</td><td class="r">{total_net}</td></tr><tr class="g"><td>Btw 21%</td><td class="r">{total_vat}</td></tr></table><p>Betaald met iDEAL. Je hoeft niets meer te doen. Bewaar deze bon als garantiebewijs (2 jaar).</p>'
        + foot(
            '<div style="background:#e2001a;color:#fff;padding:8px">Vragen? Mail naar {seller.mail} of bel 085 0123 456 – elke dag tot 23.00 uur</div>'
        )
    )
    css = sheet(SANS, "9.5pt", "18mm", ".lines td{border-bottom:1px solid #eee}.lines th{background:#f6f6f6}")
    return p.drawing(body, css, "order number and day", "subtotal before shipping")


def nl_dakdekker(rng: random.Random) -> Drawing:
    """A roofer whose client owes the tax ("btw verlegd"), with a blocked account beside his own."""
    work = bill(rng, ROOFS, "0", count=(2, 3))
    p = Paper(
        rng,
        "nl",
        seller=firm(rng, "NL", "Dakwerken {s} B.V.|{s} & Zn. Dakdekkers VOF"),
        buyer=firm(rng, "NL", "Aannemersbedrijf {s} B.V.|Bouwcombinatie Rijnzicht B.V."),
        bill=work,
        number=f"YYYY{rng.randint(1, 400):04}",
        money="€ {}",
        dates="DD-MM-YYYY",
    )
    p.exempt()
    p.set(
        due_date=p.after(30),
        week=str(rng.randint(2, 51)),
        wage=Decimal(int(work.gross * 2 / 5)),
        project=f"{rng.randint(20, 25)}.{digits(rng, 3)}",
    )
    body = (
        '<table><tr><td style="width:60%">{buyer.name}<br>T.a.v. de crediteurenadministratie<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>Btw-nummer afnemer: {buyer.vat_id}</td><td style="text-align:right">'
        + logo(rng, size=60)
        + '</td></tr></table><h1 style="margin:20px 0 8px">FACTUUR</h1><table style="width:62%"><tr><td>‹Factuurnr.|Factuurnummer|Nota nr.›</td><td>{number}</td></tr><tr><td>Datum</td><td>{issue_date}</td></tr><tr><td>‹Vervaldatum|Te voldoen vóór|Uiterste betaaldatum›</td><td>{due_date}</td></tr><tr><td>Project</td><td>{project}, week {week}</td></tr></table><br>'
        + p.table("Omschrijving|Aantal|Eenheid|Tarief|Bedrag", "name qty unit price net")
        + '<br><table style="width:50%;margin-left:auto"><tr><td>Totaal exclusief btw</td><td class="r">{total_net}</td></tr><tr><td>Btw verlegd</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Te betalen|Totaal te voldoen|Factuurbedrag›</td><td class="r">{total_gross}</td></tr></table><p>Loonsom begrepen in dit bedrag: {wage} (WKA).</p>'
        + foot(
            "{seller.name} | {seller.street} | {seller.zip} {seller.city} | KvK {seller.legal_id} | btw {seller.vat_id} | IBAN {iban} | {seller.tel}",
            "text-align:center;border-top:2px solid #c60;padding-top:4px",
        )
    )
    css = sheet(
        NARROW,
        "10.5pt",
        "20mm",
        ".lines th{border-bottom:2px solid #c60}.lines td{border-bottom:1px solid #eee}",
    )
    return p.drawing(body, css, "wages within the sum", "project and week")


def nl_atelier(rng: random.Random) -> Drawing:
    """A maker of pottery under the small traders' scheme, from an office suite."""
    work = bill(rng, LESSONS, "0", count=(1, 3))
    p = Paper(
        rng,
        "nl",
        engine="libreoffice",
        seller=firm(rng, "NL", "Atelier {s}|{p} Keramiek"),
        buyer=firm(rng, "NL"),
        bill=work,
        number=f"F{rng.randint(10, 99)}-YY",
        money="€ {}",
        dates="D MONTH YYYY",
    )
    p.exempt()
    p.set(due_date=p.after(14), held=p.after(-6))
    body = (
        '<table width="100%"><tr><td><font size="5">{seller.name}</font></td><td align="right">{seller.street}<br>{seller.zip} {seller.city}<br>KvK-nummer {seller.legal_id}<br>btw-id {seller.vat_id}</td></tr></table><p>Aan: {buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><p><b>Factuur {number}</b><br>{issue_date}</p><p>Voor de workshop van {held}:</p>'
        + p.table("Wat|Hoeveel|Prijs|Bedrag", "name qty_unit price net", attrs='width="100%" cellpadding="4"')
        + "<p align='right'><b>‹Totaal|Te betalen|Totaalbedrag› {total_gross}</b></p><p>Vrijgesteld van btw (kleineondernemersregeling, artikel 25 Wet OB).</p><p>Graag overmaken vóór {due_date} op {iban} t.n.v. {seller.person}.</p>"
    )
    css = "@page{size:21cm 29.7cm;margin:2.3cm}body{font-family:'DejaVu Sans';font-size:10pt}"
    return p.drawing(body, css, "workshop's day")


def nl_energie(rng: random.Random) -> Drawing:
    """A year of gas and power: advance payments taken off, a balance to pay, a new monthly sum."""
    lines = [
        Line("Levering stroom", "kWh", Decimal(rng.randint(900, 2600)), Decimal("0.25"), Decimal(21)),
        Line("Levering gas", "m³", Decimal(rng.randint(400, 1200)), Decimal("0.95"), Decimal(21)),
        Line("Netbeheerkosten", "jaar", Decimal(1), Decimal(rng.randint(38000, 46000)) / 100, Decimal(21)),
    ]
    p = Paper(
        rng,
        "nl",
        seller=firm(rng, "NL", "Poldervolt B.V.|Zuiderwind Energie N.V."),
        buyer=firm(rng, "NL", "{p}"),
        bill=Bill(lines),
        number=f"{digits(rng, 5)} {digits(rng, 5)}",
        money="€ {}",
        dates="DD-MM-YYYY",
    )
    paid = Decimal(int(p.bill.gross * Decimal("0.9") / 12)) * 12
    p.set(
        prepaid=paid,
        amount_due=p.bill.gross - paid,
        due_date=p.after(20),
        customer=digits(rng, 8),
        ean=f"8716{digits(rng, 14)}",
        begin=p.after(-380),
        end=p.after(-15),
        monthly=Decimal(int(p.bill.gross / 12) + 4),
        next=p.after(50),
    )
    body = (
        '<div class="row"><div>'
        + logo(rng, p.brand, size=44)
        + '<p><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p></div><div class="box"><b>Jaarafrekening</b><br>‹Nota|Factuurnummer|Notanummer› {number}<br>‹Notadatum|Datum|Factuurdatum› {issue_date}<br>Klantnummer {customer}<br>EAN {ean}</div></div><p>Periode {begin} t/m {end}</p>'
        + p.table("Kosten|Verbruik|Tarief|Bedrag excl. btw", "name qty_unit price net")
        + '<table class="z"><tr><td>Totaal kosten exclusief btw</td><td class="r">{total_net}</td></tr><tr><td>Btw 21%</td><td class="r">{total_vat}</td></tr><tr class="b"><td>Totaal kosten inclusief btw</td><td class="r">{total_gross}</td></tr><tr><td>Af: betaalde voorschotten</td><td class="r">{prepaid}</td></tr><tr class="b hl"><td>‹Door u te betalen|Nog te betalen|Bij te betalen›</td><td class="r">{amount_due}</td></tr></table><p>Dit bedrag schrijven wij rond {due_date} af. Uw nieuwe termijnbedrag is {monthly} per maand vanaf {next}.</p>'
        + foot(
            "{seller.name}, {seller.street}, {seller.zip} {seller.city} · KvK {seller.legal_id} · btw {seller.vat_id} · IBAN {iban}"
        )
    )
    css = sheet(
        SANS,
        "9pt",
        "16mm 20mm",
        ".box{background:#fff3c4;padding:12px;line-height:1.6}.lines th{border-bottom:1px solid #000}.z{margin-top:14px}.hl td{background:#fff3c4}",
    )
    return p.drawing(body, css, "new monthly sum and its day", "period", "customer and connection numbers")


def nl_creditnota(rng: random.Random) -> Drawing:
    """A publisher's credit note, two rates, positive sums."""
    back = bill(rng, PRESS, "21", count=(2, 3))
    p = Paper(
        rng,
        "nl",
        kind="credit_note",
        seller=firm(rng, "NL", "Uitgeverij {s} B.V.|Vakpers Noord B.V."),
        buyer=firm(rng, "NL"),
        bill=back,
        number=f"C{digits(rng, 6)}",
        money="{} EUR",
        dates="D MONTH YYYY",
    )
    p.set(preceding_invoice=f"V{digits(rng, 6)}", old=p.after(-44), debtor=digits(rng, 5))
    body = (
        '<div style="font-family:monospace"><b>{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br><br>CREDITFACTUUR {number}<br><br>Aan ...... {buyer.name}<br>.......... {buyer.street}<br>.......... {buyer.zip} {buyer.city}<br>Debiteur . {debtor}<br>Datum .... {issue_date}<br>Betreft .. factuur {preceding_invoice} van {old}</div><br>'
        + p.table("Omschrijving|Aantal|Prijs|Btw|Bedrag", "name qty_unit n.price rate% n.net")
        + '<hr><table style="width:70%">'
        + p.parts('<tr><td>Btw {rate}% over {base}</td><td class="r">{amount}</td></tr>')
        + '<tr><td>Totaal excl. btw</td><td class="r">{total_net}</td></tr><tr><td>Totaal btw</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Te ontvangen incl. btw|Totaal incl. btw|Totaal credit›</td><td class="r">{total_gross}</td></tr></table><p>Wij storten dit bedrag binnen 14 dagen terug. BTW-nr. {seller.vat_id}, KvK {seller.legal_id}</p>'
    )
    css = sheet(MONO, "9pt", "20mm")
    return p.drawing(body, css, "number and day of the old invoice", "debtor number")
