"""Belgian invoices in both tongues, and a credit note."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import bill
from families.look import NARROW, SANS, foot, logo, sheet
from families.numbers import belgian_reference, digits
from families.paper import Paper
from families.places import PEOPLE, firm, pick

PRINTS = "Flyers A5 recto verso;ex.;0.1;0.4;900|Brochures 24 p. agrafées;ex.;1;3;300|Roll-up 85 × 200;p.;79;129;3|Frais de dossier prépresse;forf.;35;60;1|Livre d'or relié;p.;24;49;4;6"
WOOD = "Eiken balk 15x15;m;28;44;24|Plankenvloer lariks;m²;34;58;40|Schroeven inox 5x60;doos;14;22;8|Olie natuurtint 2,5 L;bus;49;69;3"


def be_imprimeur(rng: random.Random) -> Drawing:
    """A Belgian printer: structured message, discount for the whole, the firm between client and table."""
    order = bill(rng, PRINTS, "21", count=(2, 4), discount=Decimal(rng.choice((3, 5, 8))))
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "BE", "Imprimerie {s} SRL|Encre & Papier SA|Typo Meuse SRL"),
        buyer=firm(rng, "BE"),
        bill=order,
        number=f"VF{digits(rng, 6)}",
        money="€ {}",
        style="de",
        dates="DD-MM-YYYY",
    )
    p.set(
        due_date=p.after(30),
        ref=belgian_reference(rng),
        sub=order.subtotal,
        cut=order.reduction,
        rebate=str(order.discount),
        client=digits(rng, 5),
        quote=f"OF{digits(rng, 5)}",
        delivery_date=p.after(-5),
    )
    body = (
        '<div style="display:flex"><div style="width:50%;padding-top:30px">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>N° TVA : {buyer.vat_id:xx xxxx.xxx.xxx}</div><div class="card"><b>{seller.name}</b><br>{seller.street}<br>B-{seller.zip} {seller.city}<br>TVA {seller.vat_id:xx xxxx.xxx.xxx}<br>RPM {seller.city}<br>IBAN {iban}<br>BIC {bic}</div></div>'
        '<p class="t">FACTURE</p><table class="k"><tr><th>‹Numéro|N° facture|Facture›</th><th>‹Date|Date facture|Datée du›</th><th>‹Échéance|À payer le|Payable pour le›</th><th>Client</th><th>Offre</th><th>Livré le</th></tr><tr><td>{number}</td><td>{issue_date}</td><td>{due_date}</td><td>{client}</td><td>{quote}</td><td>{delivery_date}</td></tr></table><br>'
        + p.table("Description|Quantité|Prix unit.|% TVA|Total HTVA", "name qty price rate net")
        + '<div class="row" style="margin-top:20px"><table style="width:48%"><tr><th>% TVA</th><th class="r">Base</th><th class="r">TVA</th></tr>'
        + p.parts('<tr><td>{rate}</td><td class="r">{base}</td><td class="r">{amount}</td></tr>')
        + '</table><table style="width:46%"><tr><td>Sous-total</td><td class="r">{sub}</td></tr><tr><td>Remise {rebate} %</td><td class="r">{cut:-}</td></tr><tr><td>‹Total HTVA|Base imposable|Total hors TVA›</td><td class="r">{total_net}</td></tr><tr><td>TVA</td><td class="r">{total_vat}</td></tr><tr class="b big"><td>‹À payer TVAC|Total TVAC|Total à payer›</td><td class="r">{total_gross}</td></tr></table></div>'
        "<p>Communication structurée : <b>{ref}</b></p>"
        + foot(
            "Nos conditions générales figurent au verso. Toute réclamation est à faire dans les 8 jours. Tribunaux de {seller.city} seuls compétents."
        )
    )
    css = sheet(
        SANS,
        "9pt",
        "15mm",
        ".card{width:44%;background:#24324a;color:#fff;padding:12px;font-size:92%}.t{font-size:20pt;letter-spacing:6px;color:#24324a}.k th{font-size:80%;color:#777}.lines th{border-bottom:2px solid #24324a}.big td{border-top:2px solid #24324a;font-size:115%}",
    )
    return p.drawing(body, css, "subtotal before discount", "offer and client numbers", "structured message")


def be_note_de_credit(rng: random.Random) -> Drawing:
    """A Belgian credit note, positive, whose first words are the reason."""
    back = bill(rng, PRINTS, "21", count=(1, 2))
    p = Paper(
        rng,
        "fr",
        kind="credit_note",
        seller=firm(rng, "BE", "Signalétique {s} SA|Copie Rapide SRL"),
        buyer=firm(rng, "BE"),
        bill=back,
        number=f"NC-YYYY-{rng.randint(3, 300):03}",
        money="{} EUR",
        style="de",
        dates="DD/MM/YYYY",
    )
    p.set(preceding_invoice=f"FV-2024-{rng.randint(300, 990)}", client=f"CL{digits(rng, 4)}")
    body = (
        "<table><tr><td>"
        + logo(rng)
        + '</td><td class="r"><b>{seller.name}</b><br>{seller.street}, {seller.zip} {seller.city}<br>{seller.tel} – {seller.mail}<br>BCE / TVA {seller.vat_id:xx xxxx.xxx.xxx}</td></tr></table>'
        '<p style="margin:30px 0 24px">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>{buyer.vat_id:xx xxxx.xxx.xxx}</p><p style="font-size:15pt">Note de crédit <b>{number}</b></p><p>‹Date du document :|Date :|Émise le› {issue_date} &nbsp;|&nbsp; Référence client : {client}</p><p>Motif : tirage défectueux. Se rapporte à notre facture <b>{preceding_invoice}</b>.</p>'
        + p.table("Libellé|Qté|P.U.|TVA|Montant", "name qty n.price rate% n.net")
        + "<p style='text-align:right'>Total hors TVA {total_net}<br>"
        + p.parts("TVA {rate} % {amount}<br>")
        + "<b>‹Total en votre faveur|Total TVAC|À rembourser› {total_gross}</b></p>"
        "<p>Ce montant vous sera reversé ; merci de nous communiquer votre compte bancaire.</p><p class='s'>TVA à reverser à l'État dans la mesure où elle a été initialement déduite.</p>"
    )
    css = sheet(
        NARROW,
        "10.5pt",
        "20mm",
        ".lines td,.lines th{border-top:1px solid #bbb;border-bottom:1px solid #bbb}td.r{white-space:normal}",
    )
    return p.drawing(body, css, "client number", "reason before the table")


def be_houthandel(rng: random.Random) -> Drawing:
    """A Flemish timber merchant: cash discount lowers nothing yet, a structured message, conditions."""
    sale = bill(rng, WOOD, "21", count=(2, 4))
    p = Paper(
        rng,
        "nl",
        seller=firm(rng, "VL", "Houthandel {s} BV|Zagerij {s} NV"),
        buyer=firm(rng, "VL"),
        bill=sale,
        number=f"YYYY/{digits(rng, 4)}",
        style="de",
        money="€ {}",
        dates="DD/MM/YYYY",
    )
    p.set(
        due_date=p.after(30),
        ref=belgian_reference(rng),
        delivery_date=p.after(-3),
        note=f"LB{digits(rng, 5)}",
        driver=pick(rng, PEOPLE, "VL"),
        rest=sale.gross - Decimal(5),
    )
    body = (
        '<table class="h"><tr><td style="width:50%"><b style="font-size:14pt">{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>BTW {seller.vat_id:xx xxxx.xxx.xxx} – RPR {seller.city}<br>{iban} – {bic}</td><td class="kl">Klant<br><b>{buyer.name}</b><br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>{buyer.vat_id:xx xxxx.xxx.xxx}</td></tr></table><table class="k"><tr><td>FACTUUR {number}</td><td>Datum: {issue_date}</td><td>‹Vervalt op:|Vervaldag:|Te betalen tegen:› {due_date}</td></tr><tr><td>Leverbon {note}</td><td>Geleverd: {delivery_date}</td><td>Chauffeur: {driver}</td></tr></table><br>'
        + p.table("Artikel|Hoev.|Eenh.|Prijs|BTW|Netto", "name qty2 unit n.price rate% n.net")
        + '<br><table class="k"><tr><th>Maatstaf</th><th>BTW %</th><th>BTW</th><th>Totaal</th></tr>'
        + p.parts("<tr><td>{base}</td><td>{rate}</td><td>{amount}</td><td>{gross}</td></tr>")
        + '</table><p style="text-align:right">Totaal excl. BTW {total_net} &nbsp; BTW {total_vat} &nbsp; <b>‹TE BETALEN|TOTAAL INCL. BTW|Factuurtotaal› {total_gross}</b></p><p>Gestructureerde mededeling {ref}. Bij contante betaling binnen 8 dagen mag u € 5,00 aftrekken ({rest}).</p>'
    )
    css = sheet(
        SANS,
        "9pt",
        "14mm",
        ".kl{border:2px solid #5b3a1d;padding:8px}.k{margin-top:10px}.k td,.k th{border:1px solid #5b3a1d}.lines th{background:#5b3a1d;color:#fff}",
    )
    return p.drawing(body, css, "sum after cash discount", "delivery note, driver", "structured message")
