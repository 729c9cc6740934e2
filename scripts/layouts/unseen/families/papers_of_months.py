"""Bills of rent, care and papers: descriptions of several rows with days and amounts in them."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Bill, Line, bill, cents
from families.look import NARROW, SANS, SERIF, foot, logo, sheet
from families.numbers import digits
from families.paper import Paper
from families.places import PEOPLE, firm, pick

DIGGERS = "Mini-pelle 2,5 t;j;140;190;5|Nacelle ciseaux 10 m;j;95;140;6|Groupe électrogène 20 kVA;sem.;180;260;2|Assurance bris de machine;forf.;35;70;1"
CARE = "Wartungsvertrag Aufzug Typ B;Monat;140;260;3|Notruf-Aufschaltung;Monat;18;34;3|Austausch Türsensor;Stk;95;170;1|Anfahrt Zone 2;Stk;38;62;2"
RACKS = (
    "Palletplaatsen;plaats;3;6;60|Inslag pallet;st;4;7;30|Uitslag pallet;st;4;7;30|Huur heftruck;dag;65;95;3"
)


def fr_location(rng: random.Random) -> Drawing:
    """A hirer of machines: two rows for each line, a security cheque that is no payment, the sum at the top."""
    hire = bill(rng, DIGGERS, "20", count=(2, 4))
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Locamat {s} SARL|LOUEURS RÉUNIS SAS|{s} Location"),
        buyer=firm(rng, "FR"),
        bill=hire,
        number=f"L{digits(rng, 6)}",
        money="{} €",
        dates="DD.MM.YYYY",
    )
    p.set(
        due_date=p.after(30),
        caution=Decimal(rng.choice((1500, 2000, 3000))),
        contract=digits(rng, 6),
        begin=p.after(-9),
        end=p.after(-2),
        phone="06 12 44 80 15",
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "name")}<br><span class="s g">n° de parc {line.code}, du {p.write(p.facts["begin"], "")} au {p.write(p.facts["end"], "")}</span></td><td class="r">{p.cell(i, line, "qty_unit")}</td><td class="r">{p.cell(i, line, "price")}</td><td class="r">{p.cell(i, line, "net")}</td></tr>'
        for i, line in enumerate(hire.lines)
    )
    body = (
        '<div class="row"><div>'
        + logo(rng, size=58)
        + '</div><div class="due"><span class="s">‹Montant à régler|Net à payer|Total TTC à payer›</span><br><b style="font-size:17pt">{total_gross}</b><br>‹avant le|échéance|au plus tard le› {due_date}</div></div>'
        '<table style="margin:16px 0"><tr><td style="width:50%"><b>{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>SIRET {seller.legal_id:xxx xxx xxx xxxxx}<br>TVA {seller.vat_id}</td><td>‹Client|Locataire|Facturé à› :<br><b>{buyer.name}</b><br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>Astreinte chantier : {phone}</td></tr></table>'
        "<p>‹Facture de location|Facture|FACTURE N°› <b>{number}</b> du {issue_date} – contrat {contract}</p>"
        '<table class="lines"><tr><th>Matériel</th><th class="r">Durée</th><th class="r">Tarif HT</th><th class="r">Montant HT</th></tr>'
        + rows
        + "</table>"
        '<p style="text-align:right">‹Total HT|Montant HT|Net HT› {total_net} &nbsp;·&nbsp; TVA 20 % {total_vat} &nbsp;·&nbsp; <b>‹TTC|Total TTC› {total_gross}</b></p>'
        "<p class='s'>Chèque de caution de {caution} non encaissé, rendu au retour du matériel. Carburant à la charge du locataire : 2,40 € le litre manquant.</p>"
        + foot("Règlement par virement : {iban} – {bic}", "border-top:1px solid #bbb;padding-top:3px")
    )
    css = sheet(
        NARROW,
        "10pt",
        "15mm",
        ".due{background:#ffe08a;padding:10px 18px;text-align:right}.lines th{border-bottom:2px solid #e0a800}.lines td{border-bottom:1px solid #eee}",
    )
    return p.drawing(
        body,
        css,
        "security cheque",
        "period and fleet number in each line",
        "contract number",
        "price of fuel",
    )


def de_wartung(rng: random.Random) -> Drawing:
    """A quarter's care of lifts: rows of text below each line with days and amounts that are no sums."""
    care = bill(rng, CARE, "19", count=(2, 4))
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "Aufzugsdienst {s} GmbH|LIFTTEC Service AG|{s} Fördertechnik KG"),
        buyer=firm(rng, "DE"),
        bill=care,
        number=f"W-{digits(rng, 4)}/YY",
        money="{} EUR",
        dates="DD.MM.YYYY",
    )
    p.set(
        due_date=p.after(14),
        contract=f"WV {digits(rng, 5)}",
        signed=p.after(-900),
        clerk=pick(rng, PEOPLE, "DE"),
        lift=f"Fabr.-Nr. {digits(rng, 7)}",
        hint=Decimal(rng.randint(900, 1900)),
        begin=p.after(-92),
        end=p.after(-1),
    )
    rows = "".join(
        f'<tr><td>{i + 1}</td><td>{p.cell(i, line, "name")}<br><i class="s">{rng.choice(("gemäß Preisliste 2022, zuletzt 118,40 EUR", "geprüft am " + p.write(p.after(-rng.randint(5, 70)), ""), "inkl. Kleinmaterial bis 25,00 EUR"))}</i></td><td class="r">{p.cell(i, line, "qty2")}</td><td>{line.unit}</td><td class="r">{p.cell(i, line, "n.price")}</td><td class="r">{p.cell(i, line, "n.net")}</td></tr>'
        for i, line in enumerate(care.lines)
    )
    body = (
        '<table><tr><td style="width:62%;padding-top:22mm"><span class="s">{seller.name} | {seller.street} | {seller.zip} {seller.city}</span><br><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</td><td class="s" style="border-left:3px solid #b33;padding-left:12px"><b style="font-size:12pt">{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br><br>Störungsdienst 24 h: 0800 / 112 44 00<br>Bearbeitet von {clerk}<br><br>‹Rechnungsdatum|Datum|Ausstellungsdatum›: {issue_date}<br>‹Rechnungsnummer|Rechnung-Nr.|Belegnummer›: {number}<br>Vertrag: {contract} vom {signed}<br>Anlage: {lift}</td></tr></table>'
        "<p class='b' style='font-size:13pt;margin-top:10mm'>Rechnung</p><p>Leistungszeitraum {begin} – {end}</p>"
        '<table class="lines"><tr><th>Nr</th><th>Leistung</th><th class="r">Menge</th><th>Einh.</th><th class="r">E-Preis</th><th class="r">G-Preis</th></tr>'
        + rows
        + '<tr class="t"><td></td><td colspan="4">‹Summe Positionen netto|Nettosumme|Warenwert netto›</td><td class="r">{total_net:n}</td></tr><tr><td></td><td colspan="4">‹MwSt. 19,00 %|Umsatzsteuer 19 %|+ 19 % USt›</td><td class="r">{total_vat:n}</td></tr><tr class="b"><td></td><td colspan="4">‹Gesamtsumme|Rechnungsbetrag|Endbetrag› (EUR)</td><td class="r">{total_gross:n}</td></tr></table>'
        "<p>‹Zahlbar bis zum|Fällig am|Zahlungseingang erbeten bis› {due_date}. Hinweis: Der Austausch der Tragseile steht an, unser Richtpreis dafür beträgt {hint} zzgl. MwSt.</p>"
        + foot(
            "{iban} · {bic} · USt-IdNr. {seller.vat_id} · HRB {seller.legal_id} {seller.city} · Geschäftsführung {seller.person}"
        )
    )
    css = sheet(
        SANS,
        "9pt",
        "15mm 18mm",
        ".lines th{background:#b33;color:#fff}.lines td{border-bottom:1px solid #eee}.t td{border-top:2px solid #b33}",
    )
    return p.drawing(
        body,
        css,
        "days and amounts in descriptions",
        "an offer's price",
        "contract number and day",
        "plant number",
        "clerk",
    )


def de_zeitung(rng: random.Random) -> Drawing:
    """A newspaper's subscription: one price with tax, its tax in a sentence, debit and a new price from a day on."""
    price = Decimal(rng.randint(8900, 21900)) / 100
    paper = Bill(
        [
            Line(
                rng.choice(("Abonnement Tageszeitung, Quartal", "Digitalabo mit Wochenendausgabe, Quartal")),
                "",
                Decimal(1),
                price,
                Decimal(7),
            )
        ],
        with_tax=True,
    )
    p = Paper(
        rng,
        "de",
        seller=firm(
            rng, "DE", "{s} Verlag GmbH & Co. KG|Tagblatt Medien GmbH|Weser-Bote Verlagsgesellschaft mbH"
        ),
        buyer=firm(rng, "DE", "{p}"),
        bill=paper,
        number=f"{digits(rng, 3)}-{digits(rng, 7)}",
        money="{} EUR",
        dates="D. MONTH YYYY",
    )
    p.set(
        due_date=p.after(12),
        member=digits(rng, 8),
        begin=p.after(5),
        end=p.after(96),
        raised=cents(price * Decimal("1.06")),
        from_day=p.after(97),
    )
    body = (
        '<div style="border-bottom:1px solid #000;border-top:3px solid #000;padding:6px 0;font-size:15pt" class="c">{seller.name}</div><p class="s c">{seller.street} · {seller.zip} {seller.city} · Leserservice 0800 / 300 20 10</p><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<p style="text-align:right">{seller.city}, {issue_date}<br>Abonummer {member}</p><p class="b">‹Ihre Rechnung|Rechnung|Bezugsgeldrechnung› Nr. {number}</p>'
        "<p>Guten Tag,<br>für Ihr "
        + p.cell(0, paper.lines[0], "name")
        + " (Bezugszeit {begin} bis {end}) berechnen wir Ihnen <b>{total_gross}</b>. Darin sind {vat_breakdown.0.rate} % Mehrwertsteuer in Höhe von {total_vat} enthalten, das Nettoentgelt beträgt {total_net}.</p><p>‹Wir buchen den Betrag am {due_date} von Ihrem Konto ab.|Bitte überweisen Sie den Betrag bis zum {due_date}.|Der Betrag ist am {due_date} fällig.›</p><p>Ab dem {from_day} beträgt der Bezugspreis {raised} je Quartal.</p><p>Ihre Leserbetreuung</p>"
        + foot(
            "{seller.name} · Amtsgericht {seller.city} HRA {seller.legal_id} · USt-IdNr. {seller.vat_id} · IBAN {iban}",
            "text-align:center",
        )
    )
    css = sheet(SERIF, "11pt", "18mm 24mm", "p{margin:12px 0}")
    return p.drawing(body, css, "future price and its day", "period", "subscriber's number")


def nl_opslag(rng: random.Random) -> Drawing:
    """A warehouse's bill: seller and buyer in one strip at the foot of the head, the sums left under the table."""
    store = bill(rng, RACKS, "21", count=(2, 4))
    p = Paper(
        rng,
        "nl",
        seller=firm(rng, "NL", "Opslag {s} B.V.|Havenloods Noord B.V."),
        buyer=firm(rng, "NL"),
        bill=store,
        number=f"{rng.choice('FV')}{rng.randint(20, 25)}-{digits(rng, 4)}",
        money="€ {}",
        dates="DD-MM-YYYY",
    )
    p.set(
        due_date=p.after(30),
        week=str(rng.randint(1, 52)),
        stock=f"{rng.randint(20, 190)} pallets",
        ref=f"PO {digits(rng, 6)}",
        bond=Decimal(750),
    )
    body = (
        '<div class="strip"><span>‹FACTUUR|Factuur|VERKOOPFACTUUR›</span><span>‹nr.|nummer|factuurnummer› {number}</span><span>‹d.d.|datum|gedateerd› {issue_date}</span></div><table><tr><td style="width:50%">‹Van|Leverancier|Afzender›<br><b>{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>KVK: {seller.legal_id}<br>BTW: {seller.vat_id}</td><td>‹Voor|Afnemer|Aan›<br><b>{buyer.name}</b><br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>Uw referentie: {ref}</td></tr></table><p>Week {week}, voorraad aan het eind: {stock}</p>'
        + p.table("Dienst|Aantal|Prijs|Btw|Bedrag", "name qty_unit price rate% net")
        + '<table class="sum"><tr><td>‹Excl. btw|Subtotaal|Netto›</td><td class="r">{total_net}</td></tr><tr><td>21% btw</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Incl. btw|Totaal|Totaal te betalen›</td><td class="r">{total_gross}</td></tr></table><p>‹Betaling uiterlijk op|Te betalen vóór|Vervaldatum:› {due_date} op {iban}. Uw waarborgsom van {bond} blijft staan.</p>'
    )
    css = sheet(
        SANS,
        "9.5pt",
        "16mm",
        ".strip{display:flex;justify-content:space-between;background:#004b50;color:#fff;padding:10px;margin-bottom:16px}.sum{width:46%;margin-top:14px;border-top:2px solid #004b50}.lines th{color:#004b50;border-bottom:1px solid}",
    )
    return p.drawing(body, css, "security that stays", "week and stock", "client's reference")
