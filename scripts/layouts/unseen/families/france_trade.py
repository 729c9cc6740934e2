"""French firms that sell and build: joiners, wholesalers, shops, garages, subcontractors."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import bill, cents
from families.look import MONO, NARROW, SANS, SERIF, foot, logo, sheet, stamp
from families.numbers import digits
from families.paper import Paper
from families.places import PEOPLE, STREETS, firm, pick

WOOD = "Fourniture et pose fenêtre chêne 2 vantaux;u;480;920;4;10|Dépose anciennes menuiseries;forfait;180;420;1;10|Volet battant bois peint;u;210;390;6;20|Habillage tableau intérieur;ml;18;42;24;10|Porte d'entrée sur mesure;u;1450;2900;1;20|Évacuation en déchetterie;forfait;90;160;1;20"
FOOD = "Farine T65 sac 25 kg;sac;16;24;20;5.5|Beurre doux 82 % 10 kg;ctn;62;88;6;5.5|Chocolat noir 64 % pistoles;kg;8;14;30;5.5|Levure fraîche;pain;1;2;40;5.5|Gants nitrile bte 100;bte;6;11;10;20|Film étirable 45 cm;rlx;7;13;12;20|Sucre glace 10 kg;sac;11;17;8;5.5|Détergent plonge 20 L;bid;28;46;4;20|Crème 35 % 1 L;brq;3;5;36;5.5|Cidre brut 75 cl;btl;2;4;48;20|Amandes effilées 1 kg;sct;9;13;12;5.5|Papier cuisson 60x40;ram;19;29;5;20"
PARTS = "Kit distribution + pompe à eau;;210;340;1|Filtre à huile;;9;18;1|Huile moteur 5W30;L;7;13;5|Plaquettes de frein avant;jeu;38;79;1|Pneu 205/55 R16 91V;;68;109;4|Main-d'œuvre mécanique T2;h;58;74;~5"
TOYS = "Puzzle bois « Animaux de la ferme »;;19;29;2|Gourde inox 500 ml;;17;24;3|Veilleuse renard rechargeable;;32;49;1|Livre-atlas illustré;;18;26;1;5.5|Sac à dos maternelle;;29;44;1"
PAPER = "Ramette A4 80 g blanc;carton;19;27;12|Classeur levier dos 80;u;2;5;40|Cartouche d'encre noire XL;u;28;46;6|Livre « Droit des sociétés »;u;31;48;4;5.5|Fauteuil de bureau;u;119;189;4"
STEEL = "Situation n° 2 – charpente métallique lot 04;%;180;320;30|Travaux supplémentaires devis TS-03;forfait;850;2400;1|Location nacelle;j;145;210;6"


def fr_menuisier(rng: random.Random) -> Drawing:
    """A joiner: deposit and retention of guarantee under the sums, the site's address beside the client's."""
    work = bill(rng, WOOD, "10", count=(3, 6))
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Menuiserie {s}|Atelier du Chêne SARL|EURL {s} Agencement"),
        buyer=firm(rng, "FR"),
        bill=work,
        number=f"F-YYYY-{rng.randint(12, 480):04}",
        money="{} €",
        dates="DD/MM/YYYY",
    )
    held, paid = cents(work.gross * Decimal("0.05")), work.deposit(rng)
    p.set(
        held=held,
        prepaid=paid,
        amount_due=work.gross - held - paid,
        due_date=p.after(30),
        quote=f"D{digits(rng, 5)}",
        quote_day=p.after(-64),
        site=pick(rng, STREETS, "FR").replace("{n}", "7"),
        paid_day=p.after(-40),
    )
    body = (
        '<div class="row"><div>'
        + logo(rng)
        + '<div class="b" style="margin-top:4px">{seller.name}</div>{seller.street}<br>{seller.zip} {seller.city}<br>Tél. {seller.tel}<br>'
        'SIRET {seller.legal_id:xxx xxx xxx xxxxx}</div><div style="width:46%"><h1>‹FACTURE|Facture n°|FACTURE N°› {number}</h1>‹du|en date du|établie le› {issue_date}<br><br><div class="box"><b>{buyer.name}</b><br>{buyer.street}<br>{buyer.zip} {buyer.city}</div></div></div>'
        "<p>Chantier : {site}, même commune — suivant devis {quote} accepté le {quote_day}</p>"
        + p.table("Désignation des ouvrages|U.|Qté|P.U. HT|TVA|Montant HT", "name unit qty price rate% net")
        + '<table class="sums"><tr><td>Total HT</td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>TVA {rate} % sur {base}</td><td class="r">{amount}</td></tr>')
        + '<tr class="b"><td>Total TTC</td><td class="r">{total_gross}</td></tr><tr><td>‹Acompte reçu le|Acompte versé le|Déduction acompte du› {paid_day}</td><td class="r">{prepaid:-}</td></tr>'
        '<tr><td>Retenue de garantie 5 %</td><td class="r">{held:-}</td></tr><tr class="b due"><td>‹NET À PAYER|Reste à régler TTC|Solde à payer›</td><td class="r">{amount_due}</td></tr></table>'
        "<p>‹À régler avant le|Échéance :|Payable au plus tard le› {due_date} par virement — IBAN {iban} — BIC {bic}</p>"
        "<p class='s'>Attestation simplifiée de TVA remise par le client. Assurance décennale MAAF Pro n° 17 204 885 T, couverture France métropolitaine.</p>"
        + foot(
            "{seller.name} – TVA intracommunautaire {seller.vat_id} – RCS {seller.city} – Code APE 4332A",
            "text-align:center;border-top:1px solid #999",
        )
    )
    css = sheet(
        SANS,
        "9.5pt",
        "16mm 15mm",
        ".box{border:1px solid #888;padding:8px}.lines{margin-top:14px}.lines th{background:#6b4a2b;color:#fff}.lines td{border-bottom:1px solid #ddd}.sums{width:52%;margin:12px 0 14px auto}.due td{border-top:2px solid #6b4a2b}",
    )
    return p.drawing(
        body, css, "site address", "quote number and date", "deposit date", "retention", "insurance number"
    )


def fr_grossiste(rng: random.Random) -> Drawing:
    """A wholesaler's two pages with a sum carried over, and a strip of sums on the last."""
    order = bill(rng, FOOD, "5.5", every=True)
    order.lines = order.lines + bill(rng, FOOD, "5.5", every=True).lines
    for line in order.lines[len(order.lines) // 2 :]:
        line.name = line.name.replace("sac", "carton") + " (bio)"
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "{s} Distribution SAS|Les Halles du Ponant SA|COMPTOIR DES BOULANGERS"),
        buyer=firm(rng, "FR", "Boulangerie {s}|Le Fournil de {p}|SNC Aux Deux Épis"),
        bill=order,
        number=digits(rng, 7),
        dates="DD/MM/YY",
    )
    cut = 14
    carried = sum((line.net for line in order.lines[:cut]), Decimal(0))
    p.set(
        due_date=p.after(30),
        account=f"C{digits(rng, 5)}",
        bl=digits(rng, 6),
        delivery_date=p.after(-2),
        carried=carried,
        capital=Decimal(150000),
    )
    top = (
        '<div class="row"><div><b style="font-size:130%">{seller.name}</b><br>{seller.street} – {seller.zip} {seller.city}<br>Tél {seller.tel}</div>'
        '<table class="ids"><tr><th>Facture</th><th>Date</th><th>Code client</th><th>Échéance</th><th>Page</th></tr><tr><td>{number}</td><td>{issue_date}</td><td>{account}</td><td>{due_date}</td><td>%s/2</td></tr></table></div>'
    )
    heads, columns = "Réf.|Désignation|Colis|P.U. net|TVA|Montant", "code name qty n.price rate2 n.net"
    body = (
        top.replace("%s", "1")
        + '<div class="end to">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><p>BL n° {bl} du {delivery_date} – livré par nos soins</p>'
        + p.table(
            heads,
            columns,
            stop=cut,
            after='<tr class="b"><td></td><td colspan="4" class="r">À reporter</td><td class="r">{carried}</td></tr>',
        )
        + '<div style="break-after:page"></div>'
        + top.replace("%s", "2")
        + '<div style="height:18px"></div>'
        + p.table(heads, columns, start=cut).replace(
            "<tbody>",
            '<tbody><tr class="b"><td></td><td colspan="4" class="r">Report</td><td class="r">'
            + p.fill("{carried}")
            + "</td></tr>",
        )
        + '<table class="strip"><tr><th>Taux</th><th class="r">Base HT</th><th class="r">Montant TVA</th></tr>'
        + p.parts('<tr><td>{rate:2}</td><td class="r">{base}</td><td class="r">{amount}</td></tr>')
        + '</table><table class="strip b"><tr><th>Total HT</th><th>Total TVA</th><th>Total TTC EUR</th></tr><tr><td>{total_net}</td><td>{total_vat}</td><td>{total_gross}</td></tr></table>'
        "<p class='s'>Règlement par LCR magnétique au {due_date}. Pas d'escompte pour paiement anticipé. Pénalités : 3 fois le taux légal ; indemnité forfaitaire de recouvrement 40,00 EUR.</p>"
        + foot(
            "SAS au capital de {capital} € – RCS {seller.siren:xxx xxx xxx} – SIRET {seller.legal_id} – N° TVA {seller.vat_id}"
        )
    )
    css = sheet(
        NARROW,
        "9pt",
        "12mm",
        ".ids{width:auto}.ids th,.ids td{border:1px solid #333;padding:3px 8px}.to{width:42%;margin-top:16px;border-left:3px solid #333;padding-left:9px}.lines th{border:1px solid #333;background:#eee}.lines td{border-left:1px solid #333;border-right:1px solid #333}.lines{border-bottom:1px solid #333}.strip{width:60%;margin:10px 0}.strip td,.strip th{border:1px solid #333}",
    )
    return p.drawing(body, css, "carried sum", "delivery note number", "capital", "recovery fee")


def fr_avoir(rng: random.Random) -> Drawing:
    """A credit note with minus signs, that names the invoice it lowers."""
    back = bill(rng, PAPER, "20", count=(1, 3))
    p = Paper(
        rng,
        "fr",
        kind="credit_note",
        seller=firm(rng, "FR", "Papeterie {s}|BUREAU CENTRAL SARL|Maison {s} & Fils"),
        buyer=firm(rng, "FR"),
        bill=back,
        number=f"AV{digits(rng, 5)}",
        money="{} €",
        dates="D MONTH YYYY",
    )
    p.set(preceding_invoice=f"FA{digits(rng, 5)}", old=p.after(-23), back=f"RET-{digits(rng, 4)}")
    body = (
        '<div class="c"><b style="font-size:140%;letter-spacing:3px">{seller.name}</b><br>{seller.street} · {seller.zip} {seller.city}<br><span class="s">SIRET {seller.legal_id:xxx xxx xxx xxxxx} · TVA {seller.vat_id:xx xx xxx xxx xxx}</span></div><hr>'
        '<table style="margin:22px 0"><tr><td style="width:55%"><b>‹AVOIR N°|Facture d’avoir n°|Note de crédit n°› {number}</b><br>‹Établi le|Date :|Émis le› {issue_date}<br>‹Annule partiellement la facture|En déduction de la facture|Relatif à la facture n°› {preceding_invoice} du {old}<br>Retour marchandise {back}</td><td>À l\'attention de<br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</td></tr></table>'
        + p.table("Article|Quantité|Prix unitaire HT|TVA|Total HT", "name qty_unit price rate% -net")
        + '<table class="sums"><tr><td>Montant HT</td><td class="r">{total_net:-}</td></tr>'
        + p.parts('<tr><td>TVA à {rate} %</td><td class="r">{amount:-}</td></tr>')
        + '<tr class="b"><td>‹Montant TTC à votre crédit|Net à déduire TTC|Total TTC›</td><td class="r">{total_gross:-}</td></tr></table><p>Cet avoir sera déduit de votre prochaine commande ou remboursé sur simple demande.</p>'
    )
    css = sheet(
        SERIF,
        "10pt",
        "20mm 18mm",
        ".lines th{border-bottom:2px solid #000;border-top:2px solid #000}.sums{width:55%;margin:16px 0 20px auto}.sums tr:last-child td{border-top:1px solid #000}",
    )
    return p.drawing(body, css, "date of the invoice credited", "return number")


def fr_garage(rng: random.Random) -> Drawing:
    """A garage: a box of the vehicle full of numbers and dates, discounts of lines."""
    repair = bill(rng, PARTS, "20", count=(3, 6), cuts="0 0 10 15")
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Garage {s}|AUTO SERVICE DES REMPARTS|Carrosserie {s} SARL"),
        buyer=firm(rng, "FR", "{p}"),
        bill=repair,
        number=digits(rng, 6),
        style="plain",
        dates="DD/MM/YYYY",
    )
    p.set(
        km=f"{rng.randint(34, 180)} {rng.randint(100, 999)}",
        plate=f"{rng.choice('ABDF')}{rng.choice('KLMN')}-{rng.randint(100, 999)}-{rng.choice('QRST')}{rng.choice('VWXY')}",
        first=p.after(-1900),
        next=p.after(365),
        vin=f"VF1RFB00{digits(rng, 9)}",
        order=f"OR{digits(rng, 5)}",
        entered=p.after(-1),
    )
    p.set(cut=sum((cents(line.quantity * line.price) - line.net for line in repair.lines), Decimal(0)))
    body = (
        '<table><tr><td style="width:50%"><b>{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>Tél : {seller.tel}<br>Siret : {seller.legal_id}<br>TVA intra : {seller.vat_id}</td>'
        '<td class="car"><b>VÉHICULE</b><br>Immat. {plate} &nbsp; Km {km}<br>Mise en circulation {first}<br>VIN {vin}<br>Ordre de réparation {order} du {entered}</td></tr></table>'
        '<table style="margin:18px 0"><tr><td class="b" style="width:50%">‹FACTURE N°|Facture :|FACTURE ATELIER N°› {number}<br>‹Date :|Éditée le|Date facture :› {issue_date}</td><td>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</td></tr></table>'
        + p.table("Référence|Libellé|Qté|PU HT|Rem.|Total HT", "code name qty n.price cut n.net")
        + '<table class="foot"><tr><th>‹Total HT, remises déduites|Total H.T.|Net HT›</th><th>Taux</th><th>Montant TVA</th><th>‹NET À PAYER TTC (€)|TOTAL TTC (€)|Net TTC en euros›</th></tr><tr><td>{total_net}</td><td>'
        + p.parts("{rate:2} %")
        + '</td><td>{total_vat}</td><td class="b">{total_gross}</td></tr></table><p>Vos remises sur cette facture : {cut} € HT</p><p>Prochaine révision conseillée : {next} ou 30 000 km. Les pièces remplacées sont tenues à votre disposition.</p><p>Règlement : comptant, carte bancaire.</p>'
    )
    css = sheet(
        MONO,
        "8.5pt",
        "12mm",
        ".car{border:1px dashed #555}.lines td,.lines th{border-bottom:1px dotted #777}.foot{margin-top:24px}.foot td,.foot th{border:1px solid #333;text-align:center}",
    )
    return p.drawing(
        body, css, "vehicle dates and numbers", "discount total", "work order", "next service date"
    )


def fr_boutique(rng: random.Random) -> Drawing:
    """A web shop: prices with tax, shipping between the sums, paid before."""
    basket = bill(
        rng,
        TOYS,
        "20",
        count=(2, 4),
        with_tax=True,
        shipping=Decimal(rng.choice(("4.90", "6.50"))),
        shipping_rate=Decimal(20),
    )
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Les Petits Chemins SAS|Ourson & Compagnie SARL|KABOTINE SAS"),
        buyer=firm(rng, "FR", "{p}"),
        bill=basket,
        number=f"WEB-YYYY-{digits(rng, 6)}",
        money="{} €",
        dates="DD MONTH YYYY",
    )
    p.set(
        order=digits(rng, 9),
        ordered=p.after(-3),
        sub=basket.subtotal,
        ship=basket.shipping,
        prepaid=basket.gross,
        amount_due=Decimal(0),
        relay=pick(rng, PEOPLE, "FR"),
    )
    rows = ""
    for index, line in enumerate(basket.lines):
        rows += (
            "<tr><td>"
            + p.cell(index, line, "name")
            + "</td><td class='r'>"
            + p.cell(index, line, "qty")
            + f"</td><td class='r'>{p.write(line.price, '')}</td><td class='r'>{p.write(line.net, '')}</td></tr>"
        )
    body = (
        '<div class="row"><div>'
        + logo(rng, "", size=70)
        + '</div><div style="text-align:right"><h1>Facture</h1>N° {number}<br>‹Date de facture :|Facturée le|Date :› {issue_date}<br>Commande n° {order} passée le {ordered}</div></div>'
        '<div class="row" style="margin:26px 0"><div><span class="g">Adresse de facturation</span><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div><div><span class="g">Livraison en point relais</span><br>Tabac Presse chez {relay}<br>2 place de la République<br>{buyer.zip} {buyer.city}</div></div>'
        '<table class="lines"><tr><th>Produit</th><th class="r">Qté</th><th class="r">Prix TTC</th><th class="r">Total TTC</th></tr>'
        + rows
        + "</table>"
        '<table class="sums"><tr><td>Sous-total articles TTC</td><td class="r">{sub}</td></tr><tr><td>Frais de port TTC</td><td class="r">{ship}</td></tr><tr class="b"><td>Total TTC</td><td class="r">{total_gross}</td></tr><tr><td>‹Dont total HT|Total HT|Montant hors taxe›</td><td class="r">{total_net}</td></tr>'
        + p.parts('<tr><td>Dont TVA {rate} %</td><td class="r">{amount}</td></tr>')
        + '<tr><td>‹Réglé par carte bancaire|Payé par CB|Déjà réglé (carte)›</td><td class="r">{prepaid}</td></tr><tr class="b"><td>Reste à payer</td><td class="r">{amount_due}</td></tr></table>'
        + foot(
            "{seller.name} – {seller.street}, {seller.zip} {seller.city} – SIRET {seller.legal_id} – TVA {seller.vat_id} – contact : {seller.mail}<br>Vous disposez de 14 jours pour changer d'avis (30 jours pour les membres du club).",
            "text-align:center",
        )
    )
    css = sheet(
        SANS,
        "9.5pt",
        "18mm",
        ".lines td{border-bottom:1px solid #eee;padding:7px 4px}.lines th{color:#888}.sums{width:50%;margin:16px 0 0 auto}",
    )
    return p.drawing(body, css, "order number and date", "pick-up address", "subtotal")


def fr_soustraitant(rng: random.Random) -> Drawing:
    """A subcontractor under reverse charge, printed by an office suite."""
    work = bill(rng, STEEL, "0", count=(1, 3))
    p = Paper(
        rng,
        "fr",
        engine="libreoffice",
        seller=firm(rng, "FR", "SARL {s} Métallerie|Charpentes {s}|ACIER OUEST MONTAGE"),
        buyer=firm(rng, "FR", "Entreprise générale {s}|SAS BÂTIR ENSEMBLE|Groupe {s} Construction"),
        bill=work,
        number=f"YYYY/{rng.randint(10, 99)}",
        money="{} €",
        dates="DD/MM/YYYY",
    )
    held = cents(work.gross * Decimal("0.05"))
    p.set(
        due_date=p.after(45),
        contract=f"ST-{digits(rng, 4)}",
        signed=p.after(-120),
        held=held,
        amount_due=work.gross - held,
    )
    p.exempt()
    body = (
        '<p><font size="4"><b>{seller.name}</b></font><br>{seller.street}<br>{seller.zip} {seller.city}<br>SIRET : {seller.legal_id:xxx xxx xxx xxxxx}<br>N° TVA : {seller.vat_id}</p>'
        '<p align="right">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>N° TVA : {buyer.vat_id}</p><p><b>Facture n° {number}</b> &nbsp;&nbsp; {seller.city}, le {issue_date}</p>'
        "<p>Contrat de sous-traitance {contract} du {signed}</p>"
        + p.table(
            "Désignation|Unité|Quantité|Prix unitaire|Montant HT",
            "name unit qty price net",
            attrs='width="100%" border="1" cellpadding="4" cellspacing="0"',
        )
        + '<p></p><table width="60%" align="right" cellpadding="3"><tr><td>TOTAL HT</td><td align="right">{total_net}</td></tr><tr><td>Retenue de garantie 5 %</td><td align="right">{held:-}</td></tr><tr><td><b>‹À nous régler|Net à payer|Montant à régler›</b></td><td align="right"><b>{amount_due}</b></td></tr></table>'
        '<br clear="all"><p><b>Autoliquidation : TVA due par le preneur, article 283-2 nonies du CGI.</b></p><p>‹Date limite de règlement :|À payer pour le|Échéance :› {due_date}</p><p>Virement : {iban}</p>'
    )
    css = "@page{size:21cm 29.7cm;margin:2cm}body{font-family:'DejaVu Sans';font-size:10pt}"
    return p.drawing(body, css, "contract number and date", "retention")


def fr_grain(rng: random.Random) -> Drawing:
    """A mill that sells within the Union, exempt; delivery terms and a stamp of receipt over the page."""
    goods = "Blé tendre panifiable;t;205;245;60|Orge brassicole;t;190;240;40|Colza oléagineux;t;430;520;30"
    sale = bill(rng, goods, "0", count=(1, 2))
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Négoce {s} & Cie|CÉRÉALES DU LITTORAL SA"),
        buyer=firm(rng, "DE", "Mühle {s} GmbH|Nordkorn Handels AG"),
        bill=sale,
        number=f"EXP{digits(rng, 5)}",
        money="EUR {}",
        dates="DD.MM.YYYY",
    )
    p.set(
        due_date=p.after(15),
        delivery_date=p.after(-4),
        contract=f"Incograin {digits(rng, 4)}",
        received=p.after(3),
    )
    p.exempt()
    body = (
        '<div style="position:relative"><table><tr><td class="b" style="font-size:15pt">{seller.name}</td><td style="text-align:right" class="s">{seller.street}<br>{seller.zip} {seller.city}<br>{seller.country}</td></tr></table><div class="bar">FACTURE / INVOICE</div>'
        '<table class="grid"><tr><td>‹Facture n°|N° de facture|Pièce n°›<br><b>{number}</b></td><td>Date<br><b>{issue_date}</b></td><td>Contrat<br>{contract}</td><td>Date de livraison<br>{delivery_date}</td><td>Échéance<br><b>{due_date}</b></td></tr></table>'
        '<table class="grid" style="margin-top:8px"><tr><td style="width:50%">Acheteur :<br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>{buyer.country}<br>USt-IdNr. {buyer.vat_id}</td><td>Vendeur – TVA {seller.vat_id}<br>SIRET {seller.legal_id}<br>Incoterm : DAP Rotterdam<br>Navire : MS Aurelia</td></tr></table><br>'
        + p.table("Marchandise|Poids (t)|Prix EUR/t|Montant EUR", "name qty2 n.price n.net")
        + '<table class="grid" style="margin-top:14px"><tr><td>‹Montant hors taxes :|Total H.T. :|Valeur marchandise HT :› {total_net}</td><td>TVA : {total_vat}</td><td class="b">‹Total à payer :|Net à payer :|Total facture :› {total_gross}</td></tr></table>'
        "<p>Exonération de TVA, article 262 ter I du CGI – livraison intracommunautaire.</p><p>Banque : IBAN {iban} / SWIFT {bic}</p>"
        + stamp("REÇU LE<br>" + p.write(p.facts["received"], "DD MM YYYY"), "right:40px;top:470px")
        + "</div>"
    )
    css = sheet(
        NARROW,
        "10pt",
        "15mm",
        ".bar{background:#394b2c;color:#fff;padding:5px 10px;margin:14px 0;letter-spacing:4px}.grid td{border:1px solid #394b2c}.lines th,.lines td{border:1px solid #394b2c}",
    )
    return p.drawing(body, css, "stamp of receipt", "contract number", "incoterm place")
