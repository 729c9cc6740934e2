"""Austrian and Swiss invoices, two of them with a payment slip."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Line, bill
from families.look import NARROW, SANS, logo, sheet
from families.numbers import digits, grouped, swiss_qr_iban, swiss_reference
from families.paper import Paper
from families.places import PEOPLE, firm, pick
from families.slip import slip

RIGHT = "Vertragsprüfung Mietvertrag;Std;190;260;~3|Besprechung;Std;190;260;~2|Schriftsatz;pausch.;240;480;1"
SOFT = "Installation Server;h;120;160;~6|Lizenz Sicherung, 1 Jahr;St.;240;480;3|Anfahrt;pausch.;45;80;1|Wartung Netzwerk;h;110;140;~4"
WATCHES = "Révision mouvement automatique;p.;280;520;2|Changement de pile et joint;p.;25;45;6|Polissage boîtier;p.;90;160;2|Bracelet veau;p.;70;140;2"


def at_kanzlei(rng: random.Random) -> Drawing:
    """An Austrian lawyer's note of fees with cash outlay free of tax and a deposit."""
    work = bill(rng, RIGHT, "20", count=(2, 3))
    work.lines.append(Line("Barauslagen Grundbuch", "", Decimal(1), Decimal(rng.randint(20, 60)), Decimal(0)))
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "AT", "Rechtsanwaltskanzlei {s} OG|Mag. {p}|Steuerberatung {s} GmbH"),
        buyer=firm(rng, "AT"),
        bill=work,
        number=f"HN {rng.randint(100, 999)}/YY",
        money="€ {}",
        dates="DD.MM.YYYY",
    )
    paid = work.deposit(rng)
    p.set(
        prepaid=paid,
        amount_due=work.gross - paid,
        deposit=p.after(-30),
        case=f"{rng.randint(1, 9)} C {rng.randint(10, 400)}/22x",
        due_date=p.after(14),
        begin=p.after(-50),
        end=p.after(-2),
    )
    body = (
        '<table><tr><td style="width:26mm;border-right:2px solid #7a5;overflow-wrap:anywhere" class="s"><b>{seller.name}</b><br><br>{seller.street}<br>{seller.zip} {seller.city}<br><br>T {seller.tel}<br>{seller.mail}<br><br>UID {seller.vat_id}<br>FN {seller.legal_id}k<br><br><span style="display:inline-block;width:22mm">{iban}</span><br>{bic}</td><td style="padding-left:20px">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<p style="text-align:right">{seller.city}, am {issue_date}</p><p class="b" style="font-size:14pt">‹Honorarnote|Rechnung|Honorarnote Nr.› {number}</p><p>Akt {case}, Leistungen {begin} – {end}</p>'
        + p.table("Leistung|Menge|Ansatz|USt|Betrag", "name qty price rate% net")
        + '<table class="sums"><tr><td>Zwischensumme netto</td><td class="r">{total_net}</td></tr><tr><td>20 % Umsatzsteuer</td><td class="r">{total_vat}</td></tr><tr class="b"><td>Gesamthonorar</td><td class="r">{total_gross}</td></tr><tr><td>Akonto vom {deposit}</td><td class="r">{prepaid:-}</td></tr><tr class="b"><td>‹Restbetrag|Offener Betrag|Zu überweisen›</td><td class="r">{amount_due}</td></tr></table><p>Um Überweisung bis {due_date} wird gebeten.</p></td></tr></table>'
    )
    css = sheet(
        NARROW,
        "9.5pt",
        "18mm 15mm",
        ".lines td,.lines th{border-bottom:1px solid #cdb}.sums td{padding:2px 5px}",
    )
    return p.drawing(body, css, "file number", "deposit's day", "period")


def ch_informatik(rng: random.Random) -> Drawing:
    """A Swiss firm's bill in francs with a slip; conditions in between, a second firm as contact."""
    work = bill(rng, SOFT, "8.1", count=(2, 4))
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "CH", "{s} Informatik AG|Datahof GmbH"),
        buyer=firm(rng, "CH"),
        bill=work,
        number=f"{digits(rng, 6)}",
        style="ch",
        money="CHF {}",
        currency="CHF",
        dates="D. MONTH YYYY",
    )
    p.set(
        iban=grouped(swiss_qr_iban(rng)),
        ref=swiss_reference(rng),
        due_date=p.after(30),
        contact=pick(rng, PEOPLE, "CH"),
        client=digits(rng, 4),
    )
    body = (
        '<table><tr><td style="width:58%">'
        + logo(rng, size=40)
        + '<br><b>{seller.name}</b>, {seller.street}, {seller.zip} {seller.city}</td><td>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</td></tr></table><br><p><b>RECHNUNG</b></p><table style="width:70%"><tr><td>‹Rechnungs-Nr.|Rechnungsnummer|Beleg›</td><td>{number}</td></tr><tr><td>Datum</td><td>{issue_date}</td></tr><tr><td>‹Zahlbar bis|Fällig am|Zahlungstermin›</td><td>{due_date}</td></tr><tr><td>Kunde / Kontakt</td><td>{client} / {contact}</td></tr><tr><td>MWST-Nr.</td><td>{seller.vat_id:xxx-xxx.xxx.xxx} MWST</td></tr></table>'
        + p.table("Bezeichnung|Anzahl|Ansatz|Total CHF", "name qty_unit n.price n.net")
        + '<table class="sums"><tr><td>Total exkl. MWST</td><td class="r">{total_net:n}</td></tr>'
        + p.parts('<tr><td>MWST {rate} %</td><td class="r">{amount:n}</td></tr>')
        + '<tr class="b"><td>‹Total inkl. MWST|Rechnungsbetrag|Gesamttotal CHF›</td><td class="r">{total_gross:n}</td></tr></table>'
        + slip(rng, "de")
    )
    css = sheet(
        SANS,
        "9pt",
        "0",
        "body{padding:14mm 18mm}.lines{margin-top:12px}.lines th{background:#e4e9f1}.sums{width:45%;margin:6px 0 0 auto}",
    )
    return p.drawing(body, css, "QR slip", "client number and contact")


def ch_horloger(rng: random.Random) -> Drawing:
    """A Swiss workshop in francs, with a QR slip that repeats the parties and the amount."""
    work = bill(rng, WATCHES, "8.1", count=(1, 3))
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "CR", "Atelier horloger {s} Sàrl|Chronométrie {s} SA"),
        buyer=firm(rng, "CR"),
        bill=work,
        number=f"R{digits(rng, 5)}",
        money="CHF {}",
        style="ch",
        dates="DD.MM.YYYY",
        currency="CHF",
    )
    p.set(
        iban=grouped(swiss_qr_iban(rng)),
        ref=swiss_reference(rng),
        due_date=p.after(30),
        watch=digits(rng, 8),
        in_day=p.after(-25),
    )
    body = (
        "<p><b>{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}</p><p style='margin-left:58%'>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><p style='margin-top:24px'>{seller.city}, le {issue_date}</p>"
        "<p style='font-size:14pt'><b>Facture {number}</b></p><p>Mouvement n° {watch}, déposé le {in_day}</p>"
        + p.table("Travail|Nb|Prix|Montant", "name qty n.price n.net")
        + '<table class="sums"><tr><td>Total hors TVA</td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>TVA {rate}%</td><td class="r">{amount}</td></tr>')
        + '<tr class="b"><td>‹Total TVA incluse|Montant total TTC|Total à payer›</td><td class="r">{total_gross}</td></tr></table><p>‹Payable jusqu’au|À payer d’ici au|Échéance :› {due_date}. N° TVA {seller.vat_id:xxx-xxx.xxx.xxx} TVA</p>'
        + slip(rng, "fr")
    )
    css = sheet(
        SANS,
        "9.5pt",
        "0",
        "body{padding:15mm 18mm}.sums{width:50%;margin:10px 0 0 auto}.lines th{border-bottom:1px solid #000}",
    )
    return p.drawing(body, css, "QR slip", "movement number", "day of deposit")
