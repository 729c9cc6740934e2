"""German services: power, telephones, doctors, clubs, studios, a proofreader."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Bill, Line, bill, cents
from families.look import NARROW, SANS, foot, logo, sheet
from families.numbers import digits
from families.paper import Paper
from families.places import PEOPLE, firm, pick

TEXTS = "Lektorat Jahresbericht;Normseiten;5;8;80|Übersetzung DE–EN;Zeilen;1;2;300|Redaktion Webseite;Std;65;90;~7|Korrektorat;Normseiten;2;4;60"
STUDIO = "Konzeption Messestand;Tage;780;960;~4|Screendesign;Std;95;125;~16|Produktfotografie;Motiv;70;140;9|Lizenz Schriftpaket;Stk;120;260;1|Druckdatenprüfung;pauschal;80;150;1"
HALL = "Hallennutzung Dreifelderhalle;Std;18;32;12|Bandenwerbung Saison;Platz;240;420;2|Programmheft ganzseitige Anzeige;Stk;90;180;1"


def de_stadtwerke(rng: random.Random) -> Drawing:
    """A year of power: instalments paid are taken from the sum, what is left is debited, new instalments follow."""
    kwh = rng.randint(1600, 4900)
    lines = [
        Line(f"Arbeitspreis {kwh} kWh", "", Decimal(1), cents(kwh * Decimal("0.2871")), Decimal(19)),
        Line("Grundpreis 365 Tage", "", Decimal(1), Decimal(rng.randint(9500, 14900)) / 100, Decimal(19)),
        Line("Messstellenbetrieb", "", Decimal(1), Decimal("16.81"), Decimal(19)),
    ]
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "Stadtwerke Lauental GmbH|Energie Börde AG|E-Werk {s} GmbH"),
        buyer=firm(rng, "DE", "{p}"),
        bill=Bill(lines),
        number=f"VR{digits(rng, 9)}",
        money="{} €",
    )
    paid = Decimal(int(p.bill.gross * Decimal("0.88") / 11)) * 11
    first = rng.randint(3000, 50000)
    p.set(
        prepaid=paid,
        amount_due=p.bill.gross - paid,
        due_date=p.after(17),
        contract=digits(rng, 9),
        meter=f"1EMH00{digits(rng, 8)}",
        malo=digits(rng, 11),
        begin=p.after(-385),
        end=p.after(-21),
        instalment=Decimal(int(p.bill.gross / 11)),
        month=p.after(45),
        start=f"{first}",
        stop=f"{first + kwh}",
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "net")}</td></tr>'
        for i, line in enumerate(lines)
    )
    body = (
        '<div class="row"><div style="padding-top:16mm"><span class="s">{seller.name}, {seller.street}, {seller.zip} {seller.city}</span><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><div class="side">'
        + logo(rng, size=44)
        + "<br>‹Rechnungsnr.|Rechnung|Beleg-Nr.› <b>{number}</b><br>Vertragskonto {contract}<br>‹Datum|Rechnungsdatum|Erstellt am› {issue_date}<br>Marktlokation {malo}<br>Zähler {meter}<br>Tel. 0800 4466 220</div></div>"
        "<p class='b' style='font-size:13pt'>Ihre Jahresverbrauchsabrechnung Strom</p><p>Abrechnungszeitraum {begin} bis {end}, Zählerstand alt {start}, neu {stop}</p>"
        '<table class="lines">'
        + rows
        + '<tr class="u"><td>Nettobetrag</td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>Umsatzsteuer {rate} %</td><td class="r">{amount}</td></tr>')
        + '<tr class="b"><td>‹Rechnungsbetrag brutto|Gesamtkosten brutto|Bruttobetrag›</td><td class="r">{total_gross}</td></tr><tr><td>./. geleistete Abschlagszahlungen (brutto)</td><td class="r">{prepaid}</td></tr><tr class="b u"><td>‹Nachzahlung|Restbetrag|Offener Betrag›</td><td class="r">{amount_due}</td></tr></table>'
        "<p>Die Nachzahlung buchen wir am {due_date} von Ihrem Konto ab. Ihr neuer monatlicher Abschlag beträgt {instalment}, erstmals fällig am {month}.</p><p class='s'>Informationen zu Ihren Rechten finden Sie bei der Schlichtungsstelle Energie e. V., Friedrichstraße 133, 10117 Berlin. Stromkennzeichnung: 61 % erneuerbare Energien.</p>"
        + foot(
            "{seller.name} | Sitz {seller.city} | HRB {seller.legal_id} | USt-IdNr. {seller.vat_id} | Aufsichtsratsvorsitz: {seller.person}"
        )
    )
    css = sheet(
        SANS,
        "9pt",
        "12mm 20mm 14mm 25mm",
        ".side{background:#e8f1e4;padding:10px;font-size:88%;width:56mm}.lines{width:80%}.u td{border-top:1px solid #000}",
    )
    return p.drawing(
        body,
        css,
        "new instalments and their day",
        "meter readings",
        "period",
        "contract and meter numbers",
        "board's address",
    )


def de_mobilfunk(rng: random.Random) -> Drawing:
    """A month of telephones: net items, a sum to be debited, a preview of the contract's end."""
    names = rng.sample(
        [
            "Grundpreis Tarif Business M",
            "SIM-Karte Zusatz",
            "Auslandspaket Schweiz",
            "Mehrwertdienste",
            "Festnetz-Option",
        ],
        3,
    )
    lines = [Line(name, "", Decimal(1), Decimal(rng.randint(252, 4202)) / 100, Decimal(19)) for name in names]
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "Funkwelle GmbH|TeleRhein AG|nordmobil GmbH & Co. OHG"),
        buyer=firm(rng, "DE"),
        bill=Bill(lines),
        number=f"{digits(rng, 4)}.{digits(rng, 6)}",
        money="{} €",
        dates="D. MONTH YYYY",
    )
    p.set(
        client=digits(rng, 9),
        due_date=p.after(9),
        begin=p.after(-32),
        end=p.after(-2),
        expiry=p.after(340),
        phone=f"0171 {digits(rng, 7)}",
        mandate=f"DE000{digits(rng, 10)}",
        creditor="DE42ZZZ00000123456",
    )
    calls = "".join(
        f"<tr><td>{p.write(p.after(-rng.randint(3, 30)), 'DD.MM.YYYY')}</td><td>{rng.randint(7, 21):02}:{rng.randint(10, 59)}</td><td>0{rng.randint(151, 179)} {digits(rng, 4)} xxx</td><td class='r'>00:{rng.randint(0, 38):02}:{rng.randint(10, 59)}</td><td class='r'>{'inkl.' if rng.random() < 0.8 else '0,' + str(rng.randint(10, 89))}</td></tr>"
        for _ in range(rng.randint(14, 26))
    )
    body = (
        '<table class="bar"><tr><td>'
        + logo(rng, p.brand, size=34, colour="#fff")
        + '</td><td class="r">Mobilfunkrechnung</td></tr></table><div style="margin:0 18mm"><div class="row"><div><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><table class="k"><tr><td>Rechnungsdatum</td><td class="r">{issue_date}</td></tr><tr><td>Rechnungsnummer</td><td class="r">{number}</td></tr><tr><td>Kundennummer</td><td class="r">{client}</td></tr><tr><td>Rufnummer</td><td class="r">{phone}</td></tr></table></div><br><p>Abrechnungszeitraum: {begin} – {end}</p>'
        + p.table("Leistung|Betrag netto", "name net")
        + '<table class="z"><tr><td>‹Summe ohne MwSt.|Nettobetrag|Zwischensumme›</td><td class="r">{total_net}</td></tr><tr><td>19 % MwSt.</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Zu zahlender Betrag|Rechnungsbetrag|Gesamtbetrag inkl. MwSt.›</td><td class="r">{total_gross}</td></tr></table>'
        "<p>‹Wir ziehen den Betrag am {due_date} ein|Der Betrag wird am {due_date} eingezogen› (Mandat {mandate}, Gläubiger-ID {creditor}). Ihr Vertrag läuft mindestens bis {expiry}.</p></div>"
        '<div style="break-before:page;padding:16mm 18mm"><p class="b">Einzelverbindungsnachweis zur Rechnung {number}, Seite 2</p><table class="lines"><tr><th>Datum</th><th>Uhrzeit</th><th>Zielrufnummer</th><th class="r">Dauer</th><th class="r">Entgelt netto</th></tr>'
        + calls
        + '</table><p class="s">Die Entgelte sind in den Beträgen der ersten Seite enthalten.</p></div>'
        + foot(
            "{seller.name}, {seller.street}, {seller.zip} {seller.city}, Amtsgericht {seller.city} HRB {seller.legal_id}, USt-ID {seller.vat_id}. Einwendungen bitte innerhalb von 8 Wochen.",
            "padding:0 18mm 8mm",
        )
    )
    css = sheet(
        NARROW,
        "10pt",
        "0",
        ".bar{background:#123a63;color:#fff}.bar td{padding:12mm 18mm 6mm}.k{width:75mm;margin-top:6mm}.k td{border-bottom:1px solid #ccd}.z{margin-top:8px;background:#eef2f7}.lines td{border-bottom:1px solid #dde}",
    )
    return p.drawing(
        body,
        css,
        "days and amounts of calls",
        "period",
        "contract's end",
        "mandate and creditor numbers",
        "telephone number",
    )


def de_lektorat(rng: random.Random) -> Drawing:
    """A small business without tax (§ 19) from an office suite, who signs at the foot."""
    work = bill(rng, TEXTS, "0", count=(1, 3))
    p = Paper(
        rng,
        "de",
        engine="libreoffice",
        seller=firm(rng, "DE", "{p}|{p} – Textbüro"),
        buyer=firm(rng, "DE"),
        bill=work,
        number=f"YYYY-{rng.randint(1, 88):02}",
        money="{} Euro",
    )
    p.exempt()
    p.set(due_date=p.after(14), delivery_date=p.after(-3), offer=p.after(-33))
    body = (
        '<p align="right">{seller.name}<br>{seller.street}<br>{seller.zip} {seller.city}<br>{seller.mail}<br>Steuernummer {seller.tax}</p><p>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><p align="right">{seller.city}, den {issue_date}</p><p><b>‹Rechnung Nr.|Rechnung|Rechnungsnummer:› {number}</b></p><p>Guten Tag,<br>gemäß meinem Angebot vom {offer} habe ich am {delivery_date} geliefert:</p>'
        + p.table(
            "Leistung|Umfang|je|Honorar", "name qty_unit price net", attrs='width="100%" cellpadding="3"'
        )
        + "<p>‹Das ergibt einen Gesamtbetrag von|Mein Honorar beträgt insgesamt|Es ergibt sich die Summe von› <b>{total_gross}</b>. Gemäß § 19 UStG wird keine Umsatzsteuer berechnet.</p><p>Bitte überweisen Sie den Betrag bis zum {due_date} auf mein Konto:<br>{iban}<br>GLS Bank</p><p>Herzliche Grüße<br>{seller.person}</p>"
    )
    css = "@page{size:21cm 29.7cm;margin:2.5cm}body{font-family:'DejaVu Serif';font-size:11pt}"
    return p.drawing(body, css, "offer's day", valid=False)


def de_agentur(rng: random.Random) -> Drawing:
    """A studio's page in typst: its full name stands in the foot only, sums run in one line."""
    work = bill(rng, STUDIO, "19", count=(2, 4))
    p = Paper(
        rng,
        "de",
        engine="typst",
        seller=firm(
            rng, "DE", "Studio {s} GmbH|Formwerk Gestaltung GbR|Zwei Elf Design UG (haftungsbeschränkt)"
        ),
        buyer=firm(rng, "DE"),
        bill=work,
        number=f"{rng.choice('SFZ')}{digits(rng, 4)}",
        money="{} €",
        dates="DD.MM.YYYY",
    )
    p.set(
        due_date=p.after(14),
        job=f"Job {digits(rng, 3)}",
        contact=pick(rng, PEOPLE, "DE"),
        begin=p.after(-40),
        end=p.after(-4),
    )
    rows = "".join(
        ", ".join(f"[{cell}]" for cell in row) + ",\n" for row in p.rows("name qty unit price net")
    )
    body = (
        "#grid(columns: (2fr, 1fr), [#text(34pt, weight: 900)[○△]], align(right)[Rechnung \\ *{number}*])\n#v(20pt)\n#grid(columns: (1fr, 1fr, 1fr), [*Kunde* \\ {buyer.name} \\ {buyer.street} \\ {buyer.zip} {buyer.city}], [*Projekt* \\ {job} \\ {begin} bis {end} \\ Kontakt: {contact}], [*‹Ausgestellt|Datum|Rechnungsdatum›* \\ {issue_date} \\ *‹Zahlungsziel|Zahlbar bis|Fällig›* \\ {due_date}])\n#v(20pt)\n"
        "#table(columns: (1fr, auto, auto, auto, auto), stroke: none, fill: (x, y) => if calc.odd(y) { luma(238) }, align: (left, right, left, right, right), [], [], [], [Einzel], [Summe],\n"
        + rows
        + ")\n#v(10pt)\n"
        "#grid(columns: (1fr, 1fr, 1fr), [Netto \\ {total_net}], ["
        + p.parts("USt. {rate} % \\ {amount}")
        + "], align(right)[*‹Brutto|Gesamt|Rechnungsbetrag›* \\ #text(16pt)[{total_gross}]])\n#v(1fr)\n#text(7.5pt)[{seller.name}, {seller.street}, {seller.zip} {seller.city} · {seller.mail} · USt-IdNr. {seller.vat_id} · Konto {iban} · HRB {seller.legal_id}]"
    )
    css = '#set page(paper: "a4", margin: (x: 2cm, y: 2.4cm))\n#set text(font: "New Computer Modern", size: 10pt, lang: "de")'
    return p.drawing(body, css, "job number", "period", "contact person")


def de_internist(rng: random.Random) -> Drawing:
    """A doctor's account of fees: numbers of the scale, factors, a sum without tax, a clearing house's deadline."""
    acts = (
        ("5", "Symptombezogene Untersuchung", "10.72"),
        ("1", "Beratung", "10.72"),
        ("250", "Blutentnahme", "4.20"),
        ("410", "Ultraschall eines Organs", "26.81"),
        ("651", "Elektrokardiogramm", "26.54"),
        ("3550", "Blutbild", "4.02"),
    )
    days = [rng.randint(20, 50) for _ in range(2)]
    chosen = rng.sample(acts, rng.randint(3, 5))
    lines = [
        Line(name, "", Decimal(1), Decimal(price), Decimal(0), code=code) for code, name, price in chosen
    ]
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "Dr. med. {p}|Praxis Dr. {s}|Gemeinschaftspraxis {s} und Kollegen"),
        buyer=firm(rng, "DE", "{p}"),
        bill=Bill(lines),
        number=f"{digits(rng, 5)}/{rng.randint(1, 9)}",
        money="{} EUR",
        dates="DD.MM.YYYY",
    )
    p.exempt()
    p.set(due_date=p.after(30), birth=p.after(-17000), patient=digits(rng, 6))
    for line in lines:
        line.day = p.write(p.after(-rng.choice(days)), "DD.MM.YY")
        line.note = rng.choice(("2,300", "1,800", "1,150"))
    body = (
        '<div class="row"><div><span class="s">{seller.name}, {seller.street}, {seller.zip} {seller.city}</span><br><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><div style="text-align:right"><b>{seller.name}</b><br>Fachärztliche Praxis für Innere Medizin<br>{seller.street}<br>{seller.zip} {seller.city}<br>Telefon {seller.tel}</div></div>'
        '<br><table class="k"><tr><td><b>‹Liquidation Nr.|Rechnung Nr.|Honorarrechnung› {number}</b></td><td>Rechnungsdatum: {issue_date}</td><td>Patient: {patient}, geb. {birth}</td></tr></table><p>Diagnose: Kontrolluntersuchung bei arterieller Hypertonie (I10.90 G)</p>'
        + p.table("Datum|GOÄ-Ziffer|Leistung|Faktor|Betrag EUR", "day code name note n.net")
        + "<p style='text-align:right'>‹Rechnungsbetrag:|Gesamtbetrag:|Zu zahlen:› <b>{total_gross}</b></p><p>Umsatzsteuerfrei nach § 4 Nr. 14 UStG. Bitte begleichen Sie den Betrag bis zum {due_date} unter Angabe der Rechnungsnummer auf das Praxiskonto {iban}, {bic}.</p>"
        + foot("Steuernummer {seller.tax} – Institutionskennzeichen 260512345")
    )
    css = sheet(
        SANS,
        "9.5pt",
        "16mm 20mm",
        ".k td{background:#eef;border:1px solid #99c}.lines td,.lines th{border-bottom:1px solid #ccc}",
    )
    return p.drawing(
        body, css, "days of treatment", "birthday", "codes of the scale and factors", valid=False
    )


def de_verein(rng: random.Random) -> Drawing:
    """A club with seven per cent, whose sums are said in a letter's sentence; typst."""
    work = bill(rng, HALL, "7", count=(1, 2))
    p = Paper(
        rng,
        "de",
        engine="typst",
        seller=firm(
            rng, "DE", "TSV Grün-Weiß {s} e. V.|Musikverein Harmonie e. V.|Kunstverein Alte Mühle e.V."
        ),
        buyer=firm(rng, "DE"),
        bill=work,
        number=f"{rng.randint(1, 70)}-YYYY",
        money="{} EUR",
        dates="D. MONTH YYYY",
    )
    p.set(due_date=p.after(21), season="2023/2024", register=f"VR {digits(rng, 4)}")
    rows = "".join(
        ", ".join(f"[{cell}]" for cell in row) + ",\n" for row in p.rows("name qty_unit price net")
    )
    body = (
        '#align(center)[#text(15pt, weight: "bold")[{seller.name}] \\ {seller.street}, {seller.zip} {seller.city}]\n#line(length: 100%)\n#v(12pt)\n{buyer.name} \\\n{buyer.street} \\\n{buyer.zip} {buyer.city}\n#v(10pt)\n#align(right)[{issue_date}]\n*Rechnung {number}* (Saison {season})\n#v(8pt)\n'
        "#table(columns: (1fr, auto, auto, auto), align: (left, right, right, right), table.header[Wofür][Anzahl][Einzeln][Zusammen],\n"
        + rows
        + ")\n"
        "Wir bitten um Zahlung von insgesamt *{total_gross}* (netto {total_net} zuzüglich {vat_breakdown.0.rate} % Umsatzsteuer von {total_vat}) bis spätestens {due_date}.\n\nVolksbank, IBAN {iban}\n#v(1fr)\n#text(8pt)[Vorsitz: {seller.person} · Registergericht {seller.city} {register} · USt-IdNr. {seller.vat_id}]"
    )
    css = '#set page(paper: "a4", margin: 2.5cm)\n#set text(font: "Libertinus Serif", size: 11.5pt, lang: "de")\n#set par(justify: true)'
    return p.drawing(body, css, "season", "register of clubs")
