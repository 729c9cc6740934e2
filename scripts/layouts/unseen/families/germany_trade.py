"""German firms that sell and build: craftsmen, wholesale, machines, subcontractors, shops, forwarders."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import bill, cents
from families.look import MONO, NARROW, SANS, SERIF, foot, logo, sheet, stamp
from families.numbers import digits
from families.paper import Paper
from families.places import PEOPLE, firm, pick

BATH = "Waschtischarmatur Einhebel liefern und montieren;Stk;140;320;2|Heizkörper Typ 22 600x1200;Stk;210;390;3|Arbeitsstunde Geselle;Std;54;68;~8|Arbeitsstunde Meister;Std;66;84;~4|Fahrtkostenpauschale;psch;25;45;1|Kupferrohr 18 mm;m;8;14;16|Entsorgung Altmaterial;psch;30;80;1"
SCREWS = "Sechskantschraube M12x60 verzinkt (100 St.);VE;18;34;12|Gewindestange M10 1 m;St;2;5;40|Trennscheibe 125 mm;St;1;3;50|Akku-Winkelschleifer 18 V;St;149;219;2|Montageschaum 750 ml;Ds;5;9;24|Arbeitshandschuh Gr. 10;Paar;2;5;36|Bohrer HSS-Co 8,5;St;4;9;20|Kabelbinder 300 mm;VE;6;11;10|Silikon transparent;Kart;4;7;20|Dübel S 8 (200 St.);VE;11;17;6|Leiter 3x9 Sprossen;St;159;249;2|Spanngurt 5 t;St;14;24;8"
FLOORS = "Estrich CT-C25-F4 einbauen;m²;17;26;180|Trittschalldämmung 30 mm;m²;6;9;180|Randdämmstreifen;m;1;2;90|Stundenlohnarbeiten Facharbeiter;h;49;58;~12"
GEAR = "CNC spindle unit SP-220;pc;8400;14200;2|Control cabinet, pre-wired;pc;3900;6800;1|Commissioning on site;day;980;1250;4|Set of spare parts Y2;set;1400;2600;1"
GADGETS = "Kaffeemühle Handbetrieb Edelstahl;;39;69;1|Filterpapier Gr. 4 (100 Stk);;3;6;4|Espresso Röstung „Nordwind“ 1 kg;;19;29;3;7|Cold-Brew-Karaffe;;24;39;1|Teekanne Gusseisen 0,8 l;;45;79;1"
FREIGHT = "Stückgut Sammelladung;Sdg;95;310;6|Expresszuschlag;Sdg;45;90;2|Palettentausch;Stk;4;9;12|Standgeld;h;38;52;3"


def de_sanitaer(rng: random.Random) -> Drawing:
    """A plumber's last bill: payments on account with their days, labour within the sum for the tax office."""
    work = bill(rng, BATH, "19", count=(3, 6))
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "{s} Sanitär & Heizung GmbH|Bad und Wärme {s}|Haustechnik {s} KG"),
        buyer=firm(rng, "DE", "{p}"),
        bill=work,
        number=f"SR-YY-{rng.randint(100, 999)}",
        money="{} €",
    )
    one = cents(work.gross * Decimal("0.3"))
    p.set(
        prepaid=one,
        amount_due=work.gross - one,
        delivery_date=p.after(-6),
        first=p.after(-41),
        order=p.after(-60),
        project=f"P{digits(rng, 4)}",
        labour=cents(work.gross * Decimal("0.41")),
        labour_tax=cents(work.gross * Decimal("0.41") * 19 / 119),
        due_date=p.after(14),
        office=pick(rng, PEOPLE, "DE"),
    )
    body = (
        '<div class="row"><div></div><div style="text-align:right">'
        + logo(rng)
        + '<br><b style="font-size:13pt">{seller.name}</b></div></div><div class="row" style="margin-top:12mm"><div style="width:85mm"><span class="tiny">{seller.name} · {seller.street} · {seller.zip} {seller.city}</span><br><br>{buyer.name}<br>{buyer.street}<br><br>{buyer.zip} {buyer.city}</div>'
        '<table class="info"><tr><td>Projekt:</td><td>{project}</td></tr><tr><td>Ihr Auftrag vom:</td><td>{order}</td></tr><tr><td>‹Leistungsdatum:|Ausgeführt am:|Tag der Leistung:›</td><td>{delivery_date}</td></tr><tr><td>Sachbearbeitung:</td><td>{office}</td></tr><tr><td>Telefon:</td><td>{seller.tel}</td></tr><tr><td>‹Datum:|Rechnungsdatum:|Ausgestellt am:›</td><td>{issue_date}</td></tr></table></div>'
        "<p style='margin-top:12mm;font-size:13pt' class='b'>‹Schlussrechnung Nr.|Rechnung Nr.|Schlussrechnung› {number}</p><p>Für die ausgeführten Arbeiten berechnen wir wie folgt:</p>"
        + p.table("Pos|Leistung|Menge|EP|GP", "pos name qty_unit price net")
        + '<table class="sums"><tr><td>Nettosumme</td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>zzgl. {rate} % MwSt.</td><td class="r">{amount}</td></tr>')
        + '<tr class="b"><td>‹Bruttosumme|Gesamtbetrag brutto|Rechnungssumme inkl. MwSt.›</td><td class="r">{total_gross}</td></tr><tr><td>abzgl. 1. Abschlag, Zahlungseingang {first} (brutto)</td><td class="r">{prepaid:-}</td></tr><tr class="b l"><td>‹Noch zu zahlender Betrag|Restforderung|Zu zahlen›</td><td class="r">{amount_due}</td></tr></table>'
        "<p>‹Zahlbar ohne Abzug bis|Bitte zahlen Sie bis zum|Zahlungsziel:› {due_date}. Im Bruttobetrag sind Lohnkosten von {labour} enthalten (darin MwSt. {labour_tax}), die nach § 35a EStG begünstigt sein können. Privatkunden bewahren diese Rechnung zwei Jahre auf.</p>"
        + foot(
            "<div class='row'><span>{seller.name}<br>{seller.street}<br>{seller.zip} {seller.city}</span><span>Geschäftsführung: {seller.person}<br>Amtsgericht {seller.city}<br>HRB {seller.legal_id}</span><span>IBAN {iban}<br>BIC {bic}</span><span>St.-Nr. {seller.tax}<br>USt-IdNr. {seller.vat_id}</span></div>",
            "border-top:1px solid #888;padding-top:4px",
        )
    )
    css = sheet(
        SANS,
        "9pt",
        "14mm 18mm 12mm 24mm",
        ".tiny{font-size:6.5pt;text-decoration:underline}.info{width:auto}.info td{padding:1px 6px}.lines th{border-bottom:1px solid #000;font-weight:bold}.sums{width:75%;margin:8px 0 10px auto}.l td{border-top:3px double #000}",
    )
    return p.drawing(
        body, css, "labour within the sum", "day of payment on account", "order's day", "project", "clerk"
    )


def de_grosshandel(rng: random.Random) -> Drawing:
    """A wholesaler: discount per line, freight between the sums, cash discount offered, two pages with a carry."""
    order = bill(
        rng,
        SCREWS,
        "19",
        every=True,
        cuts="0 5 10 12.5",
        shipping=Decimal(rng.choice(("12.90", "18.50", "24.00"))),
        shipping_rate=Decimal(19),
    )
    order.lines += bill(rng, SCREWS, "19", count=(4, 7), cuts="0 5").lines
    for line in order.lines[12:]:
        line.name += " – Nachlieferung"
    p = Paper(
        rng,
        "de",
        seller=firm(
            rng,
            "DE",
            "{s} Befestigungstechnik GmbH & Co. KG|Werkzeughandel {s} e.K.|NORDWEST Industriebedarf GmbH",
        ),
        buyer=firm(rng, "DE"),
        bill=order,
        number=digits(rng, 8),
    )
    carried = sum((line.net for line in order.lines[:11]), Decimal(0))
    p.set(
        carried=carried,
        sub=order.subtotal,
        ship=order.shipping,
        due_date=p.after(30),
        early=p.after(10),
        early_cut=cents(order.gross * Decimal("0.02")),
        early_sum=order.gross - cents(order.gross * Decimal("0.02")),
        client=f"D{digits(rng, 5)}",
        ls=digits(rng, 7),
        delivery_date=p.after(-1),
        order=f"B-{digits(rng, 5)}",
    )
    heads, columns = (
        "Art.-Nr.|Bezeichnung|Menge|ME|Preis EUR|Rab. %|Betrag EUR",
        "code name qty unit n.price cut n.net",
    )
    kopf = '<table class="k"><tr><td><b>RECHNUNG</b></td><td>‹Rechnungs-Nr.|Beleg-Nr.|Nummer›<br><b>{number}</b></td><td>‹Rechnungsdatum|Datum|Belegdatum›<br><b>{issue_date}</b></td><td>Kunden-Nr.<br>{client}</td><td>Lieferschein<br>{ls}</td><td>Lieferdatum<br>{delivery_date}</td><td>Seite<br>%s</td></tr></table>'
    body = (
        '<div class="row"><div><span class="s">{seller.name}, {seller.street}, {seller.zip} {seller.city}</span><br><br>{buyer.name}<br>Einkauf<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><div style="text-align:right;font-size:16pt;color:#a33" class="b">{seller.name}</div></div><p>Ihre Bestellung {order}</p>'
        + kopf.replace("%s", "1 von 2")
        + p.table(
            heads,
            columns,
            stop=11,
            after='<tr class="i"><td></td><td colspan="5">Zwischensumme / Übertrag</td><td class="r">{carried}</td></tr>',
        )
        + '<div style="break-after:page"></div>'
        + kopf.replace("%s", "2 von 2")
        + p.table(heads, columns, start=11).replace(
            "<tbody>",
            '<tbody><tr class="i"><td></td><td colspan="5">Übertrag von Seite 1</td><td class="r">'
            + p.fill("{carried}")
            + "</td></tr>",
        )
        + '<table class="sums"><tr><td>Warenwert</td><td class="r">{sub}</td></tr><tr><td>Fracht und Verpackung</td><td class="r">{ship}</td></tr><tr><td>‹Summe netto|Nettobetrag|Zwischensumme netto›</td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>{rate:2} % USt auf {base}</td><td class="r">{amount}</td></tr>')
        + '<tr class="b"><td>‹Rechnungsendbetrag EUR|Endsumme|Bruttobetrag›</td><td class="r">{total_gross}</td></tr></table><table class="sk"><tr><th>Zahlungsbedingung</th><th>Zahlung bis</th><th class="r">Skontobetrag</th><th class="r">Zahlbetrag</th></tr><tr><td>10 Tage 2 % Skonto</td><td>{early}</td><td class="r">{early_cut}</td><td class="r">{early_sum}</td></tr><tr><td>30 Tage netto</td><td>{due_date}</td><td class="r">0,00</td><td class="r">{total_gross}</td></tr></table>'
        + foot(
            "Ust-ID {seller.vat_id} | Handelsregister {seller.city} HRA {seller.legal_id} | {seller.web} | Bankverbindung: {iban} | {bic}<br>Die Ware bleibt bis zur vollständigen Bezahlung unser Eigentum.",
            "text-align:center",
        )
    )
    css = sheet(
        NARROW,
        "8.5pt",
        "12mm 15mm 14mm",
        ".k{margin:12px 0}.k td{border:1px solid #a33;font-size:90%}.lines th{background:#f3dede}.lines td{border-bottom:1px solid #eee}.i td{font-style:italic}.sums{width:50%;margin:12px 0 16px auto}.sk td,.sk th{border:1px solid #bbb}",
    )
    return p.drawing(
        body,
        css,
        "carried sum",
        "value of goods before freight",
        "cash discount",
        "order, delivery note, client numbers",
    )


def de_estrich(rng: random.Random) -> Drawing:
    """A subcontractor whose client owes the tax (§ 13b), with a security kept back, from an office suite."""
    work = bill(rng, FLOORS, "0", count=(2, 4))
    p = Paper(
        rng,
        "de",
        engine="libreoffice",
        seller=firm(rng, "DE", "Estrichbau {s} GmbH|Fußboden {s}"),
        buyer=firm(rng, "DE", "Bauunternehmung {s} GmbH & Co. KG|Hochbau {s} AG"),
        bill=work,
        number=f"{rng.randint(11, 199)}/YYYY",
        money="{} EUR",
    )
    held = cents(work.gross * Decimal("0.05"))
    p.exempt()
    p.set(
        held=held,
        amount_due=work.gross - held,
        site=f"BV Wohnanlage {p.buyer.city}, Haus {rng.choice('ABC')}",
        cost=digits(rng, 6),
        due_date=p.after(21),
        begin=p.after(-30),
        end=p.after(-8),
    )
    body = (
        '<table width="100%"><tr><td width="55%"><font size="1">{seller.name} • {seller.street} • {seller.zip} {seller.city}</font><br><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</td><td>‹Rechnungsnummer:|Rechnung Nr.:|Beleg:› <b>{number}</b><br>Rechnungsdatum: {issue_date}<br>Kostenstelle: {cost}<br>Steuernummer: {seller.tax}<br>USt-ID: {seller.vat_id}</td></tr></table>'
        "<p><b>Rechnung</b></p><p>{site}, Ausführungszeitraum {begin} – {end}</p>"
        + p.table(
            "Pos.|Text|Menge|Einheit|Einzelpreis|Gesamtpreis",
            "pos2 name qty2 unit price net",
            attrs='width="100%" border="1" cellpadding="3" cellspacing="0"',
        )
        + '<br><table width="100%" cellpadding="2"><tr><td>Nettobetrag</td><td align="right">{total_net}</td></tr><tr><td>abzüglich Sicherheitseinbehalt 5 %</td><td align="right">{held:-}</td></tr><tr><td><b>‹Zahlbetrag|Auszahlungsbetrag|Zur Zahlung fällig›</b></td><td align="right"><b>{amount_due}</b></td></tr></table>'
        "<p>Steuerschuldnerschaft des Leistungsempfängers gemäß § 13b UStG.</p><p>‹Wir bitten um Überweisung bis zum|Fällig am|Zahlbar bis› {due_date} auf {iban}.</p><p>Mit freundlichen Grüßen<br><br>{seller.person}</p>"
    )
    css = "@page{size:21cm 29.7cm;margin:2cm}body{font-family:'DejaVu Sans Condensed','DejaVu Sans';font-size:10pt}"
    return p.drawing(body, css, "security kept back", "site", "cost centre", "period")


def de_maschinen(rng: random.Random) -> Drawing:
    """A maker of machines that exports for dollars, exempt, in two tongues."""
    sale = bill(rng, GEAR, "0", count=(2, 3))
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "{s} Präzisionstechnik GmbH|Spindelwerk Ostalb GmbH"),
        buyer=firm(rng, "US"),
        bill=sale,
        number=f"EX{digits(rng, 6)}",
        money="USD {}",
        style="en",
        dates="DD.MM.YYYY",
        currency="USD",
    )
    p.exempt()
    p.set(
        rate=f"1,0{digits(rng, 3)}",
        euro=cents(sale.gross / Decimal("1.08")),
        due_date=p.after(60),
        eori=f"DE{digits(rng, 15)}",
        po=f"PO-{digits(rng, 6)}",
        hs="8466.93",
        weight=f"{rng.randint(180, 900)} kg",
    )
    body = (
        '<table><tr><td style="width:60%">'
        + logo(rng, "", size=46)
        + '</td><td class="s">{seller.name}<br>{seller.street}<br>{seller.zip} {seller.city}, {seller.country}<br>USt-IdNr. {seller.vat_id}<br>EORI {eori}</td></tr></table><div class="band">Handelsrechnung – Commercial Invoice &nbsp; <b>{number}</b></div>'
        '<table class="g4"><tr><td><span class="s g">Käufer / Buyer</span><br>{buyer.name}<br>{buyer.street}<br>{buyer.city} {buyer.zip}<br>{buyer.country}</td><td><span class="s g">Warenempfänger / Ship to</span><br>Gulf Coast Forwarding, Dock 4<br>2200 Port Road<br>Houston, TX 77015</td><td><span class="s g">Datum / Date</span><br>{issue_date}<br><span class="s g">Bestellung / P.O.</span><br>{po}<br><span class="s g">Fällig / Due</span><br>{due_date}</td></tr></table><br>'
        + p.table(
            "#|Beschreibung / Description|Menge / Qty|Preis / Unit price|Betrag / Amount",
            "pos name qty_unit price net",
        )
        + '<table class="sums"><tr><td>Nettobetrag / Net amount</td><td class="r">{total_net}</td></tr><tr><td>USt / VAT 0 %</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Gesamtbetrag / Total|Rechnungsbetrag / Invoice total|Endbetrag / Total due›</td><td class="r">{total_gross}</td></tr></table>'
        "<p class='s'>Steuerfreie Ausfuhrlieferung gemäß § 4 Nr. 1a UStG. Zolltarif-Nr. {hs}, Bruttogewicht {weight}. Statistischer Wert zum Kurs {rate}: EUR {euro:n}. Incoterms® 2020: FCA {seller.city}.</p><p class='s'>Bank: IBAN {iban}, SWIFT {bic}</p>"
    )
    css = sheet(
        SANS,
        "9pt",
        "16mm",
        ".band{background:#dfe6ee;padding:8px;margin:14px 0;font-size:12pt}.g4 td{border:1px solid #9ab;width:33%}.lines th{border-bottom:1px solid #467}.sums{width:58%;margin:12px 0 12px auto}",
    )
    return p.drawing(body, css, "ship-to address", "value in euro", "exchange rate", "customs numbers")


def de_kaffeeversand(rng: random.Random) -> Drawing:
    """A web shop: prices with tax, two rates said as contained, shipping, paid at once."""
    basket = bill(
        rng, GADGETS, "19", count=(2, 4), with_tax=True, shipping=Decimal("4.95"), shipping_rate=Decimal(19)
    )
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "Bohnenpost GmbH|Teekontor {s} GmbH|RÖSTWERK Nord GmbH"),
        buyer=firm(rng, "DE", "{p}"),
        bill=basket,
        number=f"RE{digits(rng, 8)}",
        money="{} €",
        dates="DD.MM.YYYY",
    )
    p.set(
        order=f"#{digits(rng, 6)}",
        ordered=p.after(-2),
        ship=basket.shipping,
        paypal=f"{digits(rng, 6)}XK{digits(rng, 4)}",
        track=f"0034043{digits(rng, 12)}",
    )
    rows = "".join(
        f'<tr><td class="r">{p.cell(i, line, "qty")} ×</td><td>{p.cell(i, line, "name")}<br><span class="s g">Art. {line.code}</span></td><td class="r">{p.cell(i, line, "rate%")}</td><td class="r">{p.write(line.price, "")}</td><td class="r">{p.write(line.net, "")}</td></tr>'
        for i, line in enumerate(basket.lines)
    )
    body = (
        '<h1 style="font-size:26pt;font-weight:normal">Deine Rechnung</h1><p>Hallo {buyer.name}, danke für deine Bestellung {order} vom {ordered}!</p><div class="row card"><div><b>Rechnungsanschrift</b><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><div><b>‹Rechnung|Rechnungsnummer|Nr.›</b> {number}<br><b>‹vom|Datum|Rechnungsdatum›</b> {issue_date}<br>Lieferdatum entspricht Rechnungsdatum<br>Sendung {track}</div></div>'
        '<table class="lines"><tr><th></th><th>Artikel</th><th class="r">MwSt.</th><th class="r">Einzelpreis</th><th class="r">Summe</th></tr>'
        + rows
        + '<tr><td></td><td colspan="3">Versand (DHL)</td><td class="r">{ship}</td></tr><tr class="b"><td></td><td colspan="3">‹Gesamtsumme|Gesamtbetrag|Summe inkl. MwSt.›</td><td class="r">{total_gross}</td></tr>'
        + p.parts(
            '<tr class="g"><td></td><td colspan="3">enthaltene MwSt. {rate} % (Netto {base})</td><td class="r">{amount}</td></tr>'
        )
        + "</table><p>Bezahlt mit PayPal, Transaktion {paypal}. Bitte nichts mehr überweisen.</p>"
        + foot(
            "{seller.name} · {seller.street} · {seller.zip} {seller.city} · Geschäftsführung {seller.person} · HRB {seller.legal_id} Amtsgericht {seller.city} · USt-IdNr. {seller.vat_id} · Widerruf binnen 30 Tagen",
            "text-align:center",
        )
    )
    css = sheet(
        SANS,
        "9.5pt",
        "20mm",
        ".card{background:#f6efe4;border-radius:8px;padding:14px;margin:18px 0}.lines td{border-bottom:1px solid #f0e6d6;padding:6px}",
    )
    return p.drawing(
        body, css, "order number and day", "tracking and transaction numbers", "net per rate only"
    )


def de_spedition(rng: random.Random) -> Drawing:
    """A forwarder: many orders in a list, a surcharge for fuel between the sums, a stamp of the office."""
    ride = bill(rng, FREIGHT, "19", count=(3, 4))
    ride.shipping, ride.shipping_rate = cents(ride.subtotal * Decimal("0.085")), Decimal(19)
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "Spedition {s} GmbH|{s} Logistik AG"),
        buyer=firm(rng, "DE"),
        bill=ride,
        number=f"{rng.randint(10, 99)}-{digits(rng, 5)}",
        style="de",
        dates="DD.MM.YY",
    )
    p.set(
        sub=ride.subtotal,
        fuel=ride.shipping,
        due_date=p.after(14),
        seen=p.after(2),
        debtor=digits(rng, 6),
        entry=digits(rng, 4),
    )
    for line in ride.lines:
        line.day = p.write(p.after(-rng.randint(2, 14)), "DD.MM.")
        line.note = rng.choice(("Hamm–Bremen", "Kassel–Ulm", "Soest–Gera", "Trier–Köln"))
    body = (
        '<div style="position:relative"><div style="border:2px solid #000;padding:8px;text-align:center"><span style="font-size:18pt;font-weight:bold">{seller.name}</span><br>{seller.street}, {seller.zip} {seller.city} – Tel. {seller.tel}</div><br><div class="row"><div>An<br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><div><table><tr><td>‹Beleg-Nr.:|Rechnung:|RG-Nr.:›</td><td class="b">{number}</td></tr><tr><td>Belegdatum:</td><td>{issue_date}</td></tr><tr><td>Debitor:</td><td>{debtor}</td></tr><tr><td>‹Fällig am:|Zahlbar bis:|Fälligkeit:›</td><td>{due_date}</td></tr></table></div></div><h1 style="margin:16px 0">Frachtrechnung</h1>'
        + p.table("Datum|Relation|Leistung|Anz.|Satz|Betrag", "day note name qty n.price n.net")
        + '<br><table><tr><td style="width:60%"></td><td>Zwischensumme</td><td class="r">{sub}</td></tr><tr><td></td><td>Dieselzuschlag 8,5 %</td><td class="r">{fuel}</td></tr><tr><td></td><td>Netto</td><td class="r">{total_net}</td></tr><tr><td></td><td>Umsatzsteuer 19 %</td><td class="r">{total_vat}</td></tr><tr class="b"><td></td><td>‹Gesamt EUR|Rechnungsbetrag|Bruttosumme EUR›</td><td class="r">{total_gross}</td></tr></table>'
        "<p>Wir arbeiten ausschließlich auf Grundlage der ADSp 2017. Haftung nach Ziffer 23 ADSp begrenzt auf 8,33 SZR je kg.</p><p>USt-IdNr. {seller.vat_id} · IBAN {iban}</p>"
        + stamp(
            "EINGEGANGEN<br>" + p.write(p.facts["seen"], "DD. MON YYYY") + "<br>Kto. " + p.facts["entry"],
            "left:30px;bottom:78px",
            "#27408b",
        )
        + "</div>"
    )
    css = sheet(MONO, "8.5pt", "14mm", ".lines th{border-top:1px solid;border-bottom:1px solid}")
    return p.drawing(
        body,
        css,
        "stamp of arrival with day and account",
        "days of rides",
        "sum before surcharge",
        "debtor number",
    )


def de_korrektur(rng: random.Random) -> Drawing:
    """A correction of an invoice, printed positive, with the old number and day in its first sentence."""
    back = bill(rng, SCREWS, "19", count=(1, 3))
    p = Paper(
        rng,
        "de",
        kind="credit_note",
        seller=firm(rng, "DE", "{s} Elektrogroßhandel GmbH|Holzkontor {s} KG"),
        buyer=firm(rng, "DE"),
        bill=back,
        number=f"GS-{digits(rng, 5)}",
        money="{} €",
        dates="D. MONTH YYYY",
    )
    p.set(
        preceding_invoice=f"RE-{digits(rng, 5)}",
        old=p.after(-19),
        rma=f"RMA {digits(rng, 5)}",
        client=digits(rng, 5),
    )
    body = (
        '<p style="text-align:right" class="b">{seller.name}</p><p class="s" style="text-align:right">{seller.street}<br>{seller.zip} {seller.city}<br>USt-IdNr.: {seller.vat_id}<br>Steuernummer: {seller.tax}</p><p>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><br>'
        "<p>{seller.city}, {issue_date}</p><p class='b' style='font-size:13pt'>‹Rechnungskorrektur|Gutschrift|Stornorechnung Nr.› {number}</p><p>zu unserer Rechnung {preceding_invoice} vom {old}, Vorgang {rma}, Kundennummer {client}</p><p>Sehr geehrte Damen und Herren,<br>wir schreiben Ihnen folgende Beträge gut:</p>"
        + p.table("Bezeichnung|Menge|Einzelpreis netto|Gesamt netto", "name qty_unit price net")
        + "<p style='margin-left:50%'>Gutschrift netto {total_net}<br>"
        + p.parts("{rate} % Mehrwertsteuer {amount}<br>")
        + "<b>‹Gutschrift gesamt|Gutschriftsbetrag|Gesamtbetrag brutto› {total_gross}</b></p><p>Der Betrag wird mit offenen Posten verrechnet. Diese Korrektur mindert Ihren Vorsteuerabzug entsprechend.</p><p>Freundliche Grüße<br>Ihr Serviceteam</p>"
    )
    css = sheet(
        SERIF, "10.5pt", "25mm 20mm 20mm 25mm", ".lines th{font-style:italic;border-bottom:1px solid #000}"
    )
    return p.drawing(body, css, "number and day of the old invoice", "return and client numbers")
