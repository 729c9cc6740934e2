"""French services: freelancers, energy, telephones, care, associations, advice."""

import calendar
import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Bill, Line, bill, cents
from families.look import NARROW, SANS, SERIF, foot, logo, sheet, stamp
from families.numbers import digits
from families.paper import Paper
from families.places import PEOPLE, firm, pick

DESIGN = "Direction artistique – campagne de printemps;j;320;480;~5|Illustrations intérieures;u;60;140;12|Mise en page catalogue 48 p.;forfait;650;1400;1|Cession de droits, 2 ans, France;forfait;300;800;1|Retouches photographiques;h;38;55;~9"
ADVICE = "Mission d'audit des achats – phase 2;j;820;1150;~6|Animation de l'atelier de restitution;j;900;1200;2|Rapport de synthèse;forfait;1500;3200;1"
CARE = "Séance d'ostéopathie;séance;55;75;3|Consultation nourrisson;séance;50;65;1|Attelle de poignet, location;semaine;12;18;2"
COURSES = "Formation « Gestes et postures » (7 h);pers.;160;240;9|Adhésion annuelle personne morale;u;80;150;1|Location de la salle Barbara;demi-journée;45;90;3"


def fr_illustratrice(rng: random.Random) -> Drawing:
    """A freelancer without VAT (293 B), set in typst; she is named at the foot only."""
    work = bill(rng, DESIGN, "0", count=(2, 4))
    p = Paper(
        rng,
        "fr",
        engine="typst",
        seller=firm(rng, "FR", "{p}"),
        buyer=firm(rng, "FR"),
        bill=work,
        number=f"YYYY-{rng.randint(1, 60):03}",
        money="{} €",
        dates="D MONTH YYYY",
    )
    p.set(due_date=p.after(30), quote=f"DEV-{rng.randint(10, 90)}", dossier=digits(rng, 5))
    p.exempt()
    rows = "".join(
        ", ".join(f"[{cell}]" for cell in row) + ",\n" for row in p.rows("name qty_unit price net")
    )
    body = (
        "#text(30pt, weight: 300)[facture]\n#v(2pt)\n#grid(columns: (1fr, 1fr, 1fr), gutter: 8pt, [#lab[‹Numéro|Facture n°|Réf. facture›] {number}], [#lab[‹Émise le|Date|Date d’émission›] {issue_date}], [#lab[‹À payer avant le|Échéance|Date de règlement›] {due_date}])\n#v(14pt)\n"
        "#lab[Pour]\n{buyer.name} \\\n{buyer.street} \\\n{buyer.zip} {buyer.city} \\\nvotre bon pour accord sur devis {quote}\n#v(16pt)\n"
        "#table(columns: (1fr, auto, auto, auto), stroke: (x, y) => (bottom: 0.4pt + gray), align: (left, right, right, right), [*Prestation*], [*Quantité*], [*Tarif*], [*Montant*],\n"
        + rows
        + ")\n"
        "#align(right)[#text(13pt)[‹Total à régler :|Net à payer :|Montant total :› *{total_gross}*]]\n#text(8pt)[TVA non applicable, art. 293 B du CGI.]\n#v(12pt)\nMerci de régler par virement : IBAN {iban}, BIC {bic}.\n#v(1fr)\n#line(length: 100%, stroke: 0.4pt)\n"
        "#text(8pt)[{seller.name} – illustration et graphisme – {seller.street}, {seller.zip} {seller.city} – {seller.tel} – SIRET {seller.legal_id:xxx xxx xxx xxxxx} – Maison des Artistes n° L{dossier}]"
    )
    css = '#set page(paper: "a4", margin: 2.2cm)\n#set text(font: "Libertinus Serif", size: 10.5pt)\n#let lab(body) = [#text(8pt, fill: gray.darken(30%))[#body] \\ ]'
    return p.drawing(body, css, "quote number", "artists' register number")


def fr_cabinet(rng: random.Random) -> Drawing:
    """A consultancy whose head is a mark without its legal name, due at the end of a month."""
    work = bill(rng, ADVICE, "20", count=(1, 3))
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "{s} & Associés SAS|Méridien Conseil SAS|Trajan Expertise SELARL"),
        buyer=firm(rng, "FR"),
        bill=work,
        number=f"{digits(rng, 4)}-YY",
        money="{} €",
        dates="DD/MM/YYYY",
    )
    later = p.after(45)
    p.set(
        due_date=later.replace(day=calendar.monthrange(later.year, later.month)[1]),
        mission=f"M{digits(rng, 4)}",
        contact=pick(rng, PEOPLE, "FR"),
        order=f"45000{digits(rng, 5)}",
        frais=Decimal(40),
    )
    body = (
        '<div class="head">'
        + logo(rng, p.brand, size=60)
        + "<span>Conseil en organisation et achats</span></div>"
        '<div class="row"><table class="k"><tr><td>‹Facture|Facture n°|N° de pièce›</td><td><b>{number}</b></td></tr><tr><td>‹Date d’émission|Date|Émise le›</td><td>{issue_date}</td></tr><tr><td>Mission</td><td>{mission}</td></tr><tr><td>Votre commande</td><td>{order}</td></tr><tr><td>Votre interlocuteur</td><td>{contact}</td></tr></table>'
        '<div style="width:44%"><b>{buyer.name}</b><br>Service comptabilité fournisseurs<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>TVA {buyer.vat_id}</div></div><br>'
        + p.table(
            "Nature des honoraires|Quantité|Prix unitaire|Montant hors taxes", "name qty_unit n.price n.net"
        )
        + '<div class="tot"><span>Total hors taxes <b>{total_net}</b></span><span>'
        + p.parts("TVA {rate} % <b>{amount}</b>")
        + '</span><span class="big">‹Total toutes taxes comprises|Total TTC|Montant TTC à régler› <b>{total_gross}</b></span></div>'
        "<p>Conditions : 45 jours fin de mois, soit le <b>{due_date}</b>. Escompte pour paiement anticipé : néant. Tout retard entraîne une indemnité forfaitaire de {frais} et des pénalités au taux de 12 % l'an.</p><p>Domiciliation : {iban} – {bic}</p>"
        + foot(
            "{seller.name} – {seller.street} – {seller.zip} {seller.city} – SIREN {seller.siren:xxx xxx xxx} RCS {seller.city} – N° de TVA {seller.vat_id} – capital de 37 000 €"
        )
    )
    css = sheet(
        SANS,
        "9pt",
        "18mm 17mm",
        ".head{border-bottom:4px solid #222;padding-bottom:10px;margin-bottom:24px}.head span{float:right}.k{width:48%}.k td:first-child{color:#777}.lines th{border-bottom:1px solid #222}.tot{background:#f0f0f0;padding:10px;display:flex;gap:26px;margin:20px 0}.big{margin-left:auto}",
    )
    return p.drawing(
        body, css, "client's order", "mission number", "contact person", "recovery fee", "capital"
    )


def fr_energie(rng: random.Random) -> Drawing:
    """A supply of electricity: the sum in a frame, meters, periods, two rates, a day of direct debit."""
    kwh, price = rng.randint(210, 940), Decimal(rng.randint(1300, 1990)) / 10000
    use = cents(kwh * price)
    lines = [
        Line(
            "Abonnement (9 kVA)",
            "mois",
            Decimal(2),
            cents(Decimal(rng.randint(1180, 1590)) / 100),
            Decimal("5.5"),
        ),
        Line(f"Consommation {kwh} kWh", "", Decimal(1), use, Decimal(20)),
        Line("Contribution tarifaire d'acheminement", "mois", Decimal(2), Decimal("2.15"), Decimal("5.5")),
        Line("Accise sur l'électricité", "", Decimal(1), cents(kwh * Decimal("0.0225")), Decimal(20)),
    ]
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Lumévia SA|Bocage Énergies SA|Watteo SAS"),
        buyer=firm(rng, "FR", "{p}|SCI Les Tilleuls"),
        bill=Bill(lines),
        number=f"{digits(rng, 4)} {digits(rng, 4)} {digits(rng, 4)}",
        money="{} €",
        dates="DD/MM/YYYY",
    )
    first = rng.randint(8000, 40000)
    p.set(
        due_date=p.after(16),
        client=f"6 {digits(rng, 3)} {digits(rng, 3)} {digits(rng, 3)}",
        pdl=digits(rng, 14),
        begin=p.after(-62),
        end=p.after(-2),
        next=p.after(60),
        price=f"{price:.4f}".replace(".", ","),
        start=str(first),
        stop=str(first + kwh),
        rum=f"ZZ{digits(rng, 12)}",
        kwh=f"{kwh} kWh",
        lastyear=f"{kwh + 41} kWh",
    )
    rows = "".join(
        "<tr><td>"
        + p.cell(i, line, "name")
        + f'</td><td class="r">{p.cell(i, line, "rate%")}</td><td class="r">{p.cell(i, line, "net")}</td></tr>'
        for i, line in enumerate(lines)
    )
    body = (
        '<div class="row"><div style="width:33%" class="left">'
        + logo(rng, p.brand, size=40)
        + "<p><b>Vos références</b><br>N° client : {client}<br>PDL : {pdl}<br>Titulaire : {buyer.name}<br>Mandat : {rum}</p><p><b>Nous contacter</b><br>0 969 32 15 15<br>8 h – 20 h</p><p><b>Urgence dépannage</b><br>09 72 67 50 44</p></div>"
        '<div style="width:62%"><p style="text-align:right">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><h1>Votre facture d\'électricité</h1>N° {number} du {issue_date}<div class="frame"><span>Montant TTC prélevé<br><span class="s">sur votre compte le {due_date}</span></span><b style="font-size:170%">{total_gross}</b></div>'
        "<p>Prochaine facture vers le {next}. Consommation de la période : {kwh} (l'an dernier : {lastyear}).</p>"
        '<table class="lines"><tr><th>Détail du {begin} au {end}</th><th class="r">TVA</th><th class="r">Montant HT</th></tr>'
        + rows
        + '<tr class="b"><td>‹Total hors TVA|Total HT|Montant HT›</td><td></td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>TVA à {rate} % (assiette {base})</td><td></td><td class="r">{amount}</td></tr>')
        + '<tr class="b"><td>Total TVA</td><td></td><td class="r">{total_vat}</td></tr></table><table class="s g"><tr><td>Relevé</td><td>Ancien index {start}</td><td>Nouvel index {stop}</td><td>Prix du kWh HT {price} €</td></tr></table></div></div>'
        + foot(
            "{seller.name} au capital de 2 400 000 € – {seller.street}, {seller.zip} {seller.city} – SIRET {seller.legal_id} – TVA {seller.vat_id}"
        )
    )
    css = sheet(
        SANS,
        "8.5pt",
        "12mm",
        ".left{background:#eef4f8;padding:10px;font-size:85%}.frame{display:flex;justify-content:space-between;border:2px solid #0a6;border-radius:10px;padding:12px;margin:12px 0}.lines td{border-bottom:1px solid #ddd}",
    )
    return p.drawing(
        body,
        css,
        "meter readings",
        "period",
        "next invoice",
        "customer, point and mandate numbers",
        "capital",
    )


def fr_mobile(rng: random.Random) -> Drawing:
    """A month of telephone lines: a summary of amounts, calls beyond the plan, and the debit's day."""
    names = rng.sample(
        [
            "Forfait Série 80 Go",
            "Forfait 2 h bloqué",
            "Option Europe+",
            "Internet fibre Pro",
            "Hors forfait – numéros spéciaux",
            "Location Box Pro",
        ],
        4,
    )
    lines = [
        Line(name, "", Decimal(1), cents(Decimal(rng.randint(166, 4900)) / 100), Decimal(20))
        for name in names
    ]
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Télénova SA|Mobiléo France SAS|Oxafibre SA"),
        buyer=firm(rng, "FR"),
        bill=Bill(lines),
        number=f"{rng.choice('FMP')}{digits(rng, 9)}",
        money="{} €",
        dates="D MONTH YYYY",
    )
    p.set(
        due_date=p.after(11),
        account=digits(rng, 10),
        last=digits(rng, 4),
        line=f"06 {digits(rng, 2)} ** ** {digits(rng, 2)}",
        begin=p.after(-30),
        end=p.after(-1),
        before=cents(p.bill.gross + Decimal("3.17")),
        paid=p.after(-20),
    )
    rows = "".join(
        "<tr><td>"
        + p.cell(i, line, "name")
        + '</td><td class="r">'
        + p.cell(i, line, "n.net")
        + f'</td><td class="r g">{p.write(line.taxed, "n")}</td></tr>'
        for i, line in enumerate(lines)
    )
    body = (
        '<div class="top">'
        + logo(rng, p.brand, size=40, colour="#fff")
        + '<span style="float:right">facture du {issue_date}</span></div><div class="row"><div style="width:52%">‹n° de facture :|facture n°|réf. facture :› {number}<br>n° de compte client : {account}<br>ligne {line}<br><br><b>facture précédente</b> {before}<br><span class="g">prélevée le {paid}</span></div><div>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div></div>'
        '<table class="sum"><tr><td>total HT</td><td class="r">{total_net}</td></tr><tr><td>TVA 20 %</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹total TTC de cette facture|montant TTC à prélever|total à payer TTC›</td><td class="r">{total_gross}</td></tr></table><p class="pay">Ce montant sera prélevé le {due_date} sur votre compte FR76 •••• •••• ••{last}.</p>'
        '<table class="lines"><tr><th>détail du {begin} au {end}</th><th class="r">HT</th><th class="r">TTC</th></tr>'
        + rows
        + "</table>"
        + foot(
            "{seller.name}, {seller.street}, {seller.zip} {seller.city}, RCS {seller.siren:xxx xxx xxx}, n° TVA {seller.vat_id}. Service client 3 jours ouvrés ; en cas de litige : Médiateur des communications électroniques, BP 999, 75829 Paris.",
            "padding:0 15mm 6mm",
        )
    )
    css = sheet(
        NARROW,
        "10pt",
        "0",
        ".top{background:#ff5a1f;color:#fff;padding:14mm 15mm 8mm}.row,.sum,.lines,.pay{margin:8mm 15mm 0;width:auto}.sum{width:70%;margin-left:15mm}.sum td{border-bottom:1px solid #ff5a1f;font-size:115%}.lines{width:calc(100% - 30mm)}.lines td{border-bottom:1px dotted #aaa}",
    )
    return p.drawing(body, css, "invoice before", "masked account", "period", "mediator's address")


def fr_osteopathe(rng: random.Random) -> Drawing:
    """A practitioner's note of fees, exempt, printed by an office suite; numbers of the profession."""
    work = bill(rng, CARE, "0", count=(1, 2))
    seller, buyer = firm(rng, "FR", "{p}"), firm(rng, "FR", "{p}")
    while buyer.name == seller.name:
        buyer = firm(rng, "FR", "{p}")
    p = Paper(
        rng,
        "fr",
        engine="libreoffice",
        seller=seller,
        buyer=buyer,
        bill=work,
        number=f"{rng.randint(100, 999)}",
        money="{} €",
        style="plain",
        dates="DD/MM/YYYY",
    )
    p.exempt()
    p.set(rpps=f"10{digits(rng, 9)}", adeli=digits(rng, 9), birth=p.after(-14000))
    body = (
        '<table width="100%"><tr><td><b>{seller.name}</b><br>Ostéopathe D.O.<br>{seller.street}<br>{seller.zip} {seller.city}<br>{seller.tel}</td><td align="right">N° SIRET {seller.legal_id}<br>N° ADELI {adeli}<br>N° RPPS {rpps}</td></tr></table>'
        '<p align="center"><font size="5">‹Note d’honoraires n°|Facture n°|Reçu d’honoraires n°› {number}</font></p><p>Patient : {buyer.name}, né(e) le {birth}<br>{buyer.street}, {buyer.zip} {buyer.city}</p><p>Fait à {seller.city}, le {issue_date}</p>'
        + p.table(
            "Acte|Nombre|Honoraires|Total",
            "name qty price net",
            attrs='width="100%" cellpadding="5" cellspacing="0"',
        )
        + '<p align="right"><b>‹Total des honoraires :|Montant acquitté :|Total :› {total_gross}</b></p><p>Acquittée le jour même par chèque n° '
        + digits(rng, 7)
        + ".</p><p><i>Exonéré de TVA – article 261, 4-1° du Code général des impôts. Membre d'une association agréée, le règlement par chèque est accepté.</i></p>"
    )
    css = "@page{size:21cm 29.7cm;margin:2.2cm}body{font-family:'DejaVu Serif';font-size:11pt}"
    return p.drawing(body, css, "birthday", "professional numbers", "cheque number")


def fr_association(rng: random.Random) -> Drawing:
    """An association that says its sum in a sentence and is exempt."""
    work = bill(rng, COURSES, "0", count=(1, 3))
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Association Les Jardins de Lucie|Foyer rural de Kerlouan|Union sportive {s}"),
        buyer=firm(rng, "FR"),
        bill=work,
        number=f"{rng.randint(2, 80)}/YYYY",
        money="{} euros",
        dates="D MONTH YYYY",
    )
    p.exempt()
    p.set(
        due_date=p.after(20),
        session=p.after(-9),
        rna=f"W{digits(rng, 9)}",
        nda=f"53 {digits(rng, 2)} {digits(rng, 5)} {digits(rng, 2)}",
        president=pick(rng, PEOPLE, "FR"),
    )
    body = (
        '<div style="position:relative"><p><b>{seller.name}</b><br>Association loi 1901 – RNA {rna}<br>{seller.street}<br>{seller.zip} {seller.city}</p><p style="margin-left:55%">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><p style="margin-left:55%">{seller.city}, le {issue_date}</p>'
        "<h1>Facture n° {number}</h1><p>Session du {session} – déclaration d'activité n° {nda}</p>"
        + p.table("Objet|Nombre|Tarif|Somme", "name qty_unit price net")
        + "<p>Arrêtée la présente facture à la somme de <b>{total_gross}</b>, ‹à verser au plus tard le|payable avant le|à régler pour le› {due_date} sur le compte {iban} ({bic}).</p><p>L'association n'est pas assujettie à la TVA (art. 261-7-1° du CGI).</p><p style='margin:40px 0 0 60%'>La présidence,<br>{president}</p>"
        + stamp(
            "COURRIER ARRIVÉ<br>" + p.write(p.after(4), "DD/MM/YYYY"), "left:20px;bottom:-70px", "#3a4f9a"
        )
        + "</div>"
        + foot("SIRET {seller.legal_id} – Code NAF 9499Z")
    )
    css = sheet(SERIF, "11pt", "22mm", ".lines td,.lines th{border:1px solid #000}p{margin:14px 0}")
    return p.drawing(
        body, css, "session's day", "stamp of arrival", "register and activity numbers", "signer"
    )
