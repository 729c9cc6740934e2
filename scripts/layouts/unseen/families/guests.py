"""Hotels, guesthouses and what is eaten: accounts of a stay, and slips of a till."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Bill, Line, bill
from families.look import MONO, SANS, SERIF, code, foot, sheet
from families.numbers import digits
from families.paper import Paper
from families.places import PEOPLE, firm, pick

MEALS = "Menu du jour;;15;19;3;10|Entrecôte frites;;21;27;2;10|Café gourmand;;7;9;3;10|Verre Saumur rouge;;5;7;4;20|Eau gazeuse 1 L;;4;6;1;10|Kir pétillant;;6;8;2;20"
BREAD = "Roggenmischbrot 1 kg;;4;6;2;7|Laugenbrezel;;0.8;1.2;6;7|Butterkuchen;;2;3;3;7|Cappuccino;;3;4;2;19|Kerze „Herbst“;;5;9;1;19"
CAFE = "Flat white;;2.8;3.6;3;20|Bacon roll;;4;6;2;20|Carrot cake;;3;4;2;20|Bag of beans 250 g;;7;9;2;0"
DINNER = "Coperto;;2;3;3;10|Tagliatelle al ragù;;11;15;2;10|Bistecca alla griglia;;18;26;2;10|Vino della casa 1 L;;9;12;1;10|Caffè;;1;2;3;10"
STAY = "Alojamento quarto duplo;noite;68;120;3;6|Pequeno-almoço;un;9;12;3;13|Estacionamento;dia;8;12;3;23"
CAKE = "Sernik domowy;;14;18;2;8|Kawa biała;;12;16;2;8|Herbata;;8;11;2;8|Woda;;6;8;2;23"


def fr_hotel(rng: random.Random) -> Drawing:
    """A hotel's account of a stay, with tax in every price, rates at its end and the day of arrival."""
    nights = rng.randint(1, 3)
    lines = [
        Line(
            "Hébergement chambre double", "nuit", Decimal(nights), Decimal(rng.randint(84, 149)), Decimal(10)
        ),
        Line("Petit déjeuner buffet", "", Decimal(nights), Decimal("14.50"), Decimal(10)),
        Line("Parking couvert", "", Decimal(nights), Decimal(rng.randint(9, 16)), Decimal(20)),
        Line("Bar", "", Decimal(1), Decimal(rng.randint(60, 320)) / 10, Decimal(20)),
    ]
    p = Paper(
        rng,
        "fr",
        seller=firm(rng, "FR", "Hôtel des Remparts SARL|Hôtel {s}|SAS Le Grand Cerf"),
        buyer=firm(rng, "FR"),
        bill=Bill(lines, with_tax=True),
        number=digits(rng, 5),
        money="{} EUR",
        dates="DD/MM/YY",
    )
    p.set(
        room=str(rng.randint(101, 412)),
        arrival=p.after(-nights),
        guest=pick(rng, PEOPLE, "FR"),
        booking=digits(rng, 9),
        prepaid=p.bill.gross,
        amount_due=Decimal(0),
    )
    rows = "".join(
        f'<tr><td>{p.write(p.after(-1 if i else -nights), "DD/MM")}</td><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "qty")}</td><td class="r">{p.write(line.price, "n")}</td><td class="r">{p.write(line.net, "n")}</td></tr>'
        for i, line in enumerate(lines)
    )
    body = (
        '<div class="c"><span style="font-size:20pt;letter-spacing:2px">{seller.name}</span> ★★★<br>{seller.street} · {seller.zip} {seller.city} · {seller.tel} · {seller.web}</div><br>'
        '<div class="row"><div>Client : {guest}<br>Chambre : {room}<br>Arrivée : {arrival}<br>Départ : {issue_date:DD/MM/YY}<br>Réservation : {booking}</div><div><b>Facturé à</b><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</div></div><h1 style="font-weight:normal;margin:14px 0">Facture {number} du {issue_date}</h1>'
        '<table class="lines"><tr><th>Date</th><th>Prestation</th><th class="r">Qté</th><th class="r">P.U. TTC</th><th class="r">Montant TTC</th></tr>'
        + rows
        + '<tr class="b"><td></td><td colspan="3">TOTAL TTC</td><td class="r">{total_gross}</td></tr><tr><td></td><td colspan="3">Payé CB Visa **** 4417</td><td class="r">{prepaid:-}</td></tr><tr class="b"><td></td><td colspan="3">‹Solde|Solde dû|Reste dû›</td><td class="r">{amount_due}</td></tr></table><br>'
        '<table class="tva"><tr><th>Taux TVA</th><th class="r">HT</th><th class="r">TVA</th><th class="r">TTC</th></tr>'
        + p.parts(
            '<tr><td>{rate} %</td><td class="r">{base:n}</td><td class="r">{amount:n}</td><td class="r">{gross:n}</td></tr>'
        )
        + '<tr class="b"><td>Total</td><td class="r">{total_net:n}</td><td class="r">{total_vat:n}</td><td class="r">{total_gross:n}</td></tr></table>'
        + foot(
            "RCS {seller.city} {seller.siren:xxx xxx xxx} – TVA intracom. {seller.vat_id} – Merci de votre visite, et à bientôt !",
            "text-align:center",
        )
    )
    body = body.replace("Départ : {issue_date:DD/MM/YY}", "Départ : " + p.write(p.issued, ""))
    css = sheet(
        SERIF,
        "9.5pt",
        "15mm 20mm",
        ".lines th{border-bottom:1px solid}.lines td{padding:4px}.tva{width:60%}.tva td,.tva th{border:1px solid #999}",
    )
    return p.drawing(body, css, "arrival", "guest's name", "room and booking numbers", "card number")


def fr_addition(rng: random.Random) -> Drawing:
    """A restaurant's slip on a roll of paper."""
    meal = Bill(bill(rng, MEALS, "10", count=(3, 6)).lines, with_tax=True)
    p = Paper(
        rng,
        "fr",
        kind="receipt",
        seller=firm(rng, "FR", "Brasserie du Théâtre|Chez {s}|La Table de Margot"),
        buyer=None,
        bill=meal,
        number=digits(rng, 6),
        style="plain",
        dates="DD/MM/YYYY",
    )
    p.set(
        table=str(rng.randint(2, 28)),
        waiter=p.seller.more["person"].split()[0],
        covers=str(rng.randint(1, 4)),
        prepared=f"{rng.randint(12, 22)}:{rng.randint(10, 59)}",
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "qty")}</td><td>{p.cell(i, line, "name")}</td><td class="r">{p.write(line.net, "")}</td></tr>'
        for i, line in enumerate(meal.lines)
    )
    body = (
        '<div class="c"><b>{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>Tel {seller.tel}<br>Siret {seller.legal_id}</div><hr>‹Ticket|Note n°|Addition n°› {number}<br>{issue_date} {prepared}<br>Table {table} - Couverts {covers} - Serveur {waiter}<hr>'
        "<table>"
        + rows
        + '</table><hr><table class="b"><tr><td>‹TOTAL EUR|TOTAL TTC|NET A PAYER›</td><td class="r" style="font-size:130%">{total_gross}</td></tr></table><table><tr><td>Taux</td><td class="r">HT</td><td class="r">TVA</td></tr>'
        + p.parts('<tr><td>{rate:2}%</td><td class="r">{base}</td><td class="r">{amount}</td></tr>')
        + "</table><hr>CB SANS CONTACT<br>A000000042 - N° AUTO "
        + digits(rng, 6)
        + '<div class="c">TVA {seller.vat_id}<br>Service compris - Merci !</div>'
    )
    css = sheet(
        MONO, "8pt", "3mm", "td{padding:1px 2px}hr{border:0;border-top:1px dashed}", paper="80mm 190mm"
    )
    return p.drawing(body, css, "table, covers, waiter", "card authorisation")


def de_pension(rng: random.Random) -> Drawing:
    """A guesthouse: prices with tax, net and tax per rate in a small table, arrival and departure."""
    nights = rng.randint(2, 5)
    lines = [
        Line("Übernachtung Einzelzimmer", "Nacht", Decimal(nights), Decimal(rng.randint(62, 98)), Decimal(7)),
        Line("Frühstücksbuffet", "", Decimal(nights), Decimal("12.50"), Decimal(19)),
        Line("Garage", "", Decimal(nights), Decimal(rng.randint(6, 11)), Decimal(19)),
    ]
    p = Paper(
        rng,
        "de",
        seller=firm(rng, "DE", "Pension Haus {s}|Gasthof Zum Anker, Inh. {p}|Hotel Lindenhof {s} KG"),
        buyer=firm(rng, "DE"),
        bill=Bill(lines, with_tax=True),
        number=f"{digits(rng, 4)}/YY",
        money="{} EUR",
    )
    p.set(
        arrival=p.after(-nights),
        guest=pick(rng, PEOPLE, "DE"),
        room=str(rng.randint(3, 28)),
        due_date=p.after(10),
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "qty")}</td><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "rate%")}</td><td class="r">{p.write(line.price, "n")}</td><td class="r">{p.write(line.net, "n")}</td></tr>'
        for i, line in enumerate(lines)
    )
    body = (
        '<div class="c"><i style="font-size:19pt">{seller.name}</i><br>{seller.street}, {seller.zip} {seller.city}<br>{seller.tel}</div><br><p>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><table class="k"><tr><td>‹Rechnung Nr.|Rechnung|Re.-Nr.› {number}</td><td>‹Datum|vom|Rechnungsdatum› {issue_date}</td><td>Gast {guest}</td><td>Zimmer {room}</td></tr><tr><td>Anreise {arrival}</td><td>Abreise '
        + p.write(p.issued, "")
        + "</td><td></td><td></td></tr></table><br>"
        '<table class="lines"><tr><th>Anz.</th><th>Leistung</th><th class="r">USt.</th><th class="r">Preis</th><th class="r">Betrag (brutto)</th></tr>'
        + rows
        + '<tr class="b"><td></td><td colspan="3">‹Rechnungssumme inkl. USt.|Gesamt|Endbetrag›</td><td class="r">{total_gross}</td></tr></table><br><table style="width:65%"><tr><th>Steuersatz</th><th class="r">Nettobetrag</th><th class="r">Umsatzsteuer</th><th class="r">Brutto</th></tr>'
        + p.parts(
            '<tr><td>{rate} %</td><td class="r">{base:n}</td><td class="r">{amount:n}</td><td class="r">{gross:n}</td></tr>'
        )
        + '<tr><td>Summe</td><td class="r">{total_net:n}</td><td class="r">{total_vat:n}</td><td class="r">{total_gross:n}</td></tr></table><p>‹Bitte überweisen Sie bis|Zahlung erbeten bis› {due_date} auf das Konto {iban} bei der Sparkasse. Kurbeitrag wurde bar entrichtet.</p>'
        + foot("Steuernummer {seller.tax} · USt-IdNr. {seller.vat_id}", "text-align:center")
    )
    css = sheet(
        SERIF,
        "10pt",
        "18mm 22mm",
        ".k td{border:1px solid #b8a98a}.lines th{border-bottom:2px solid #b8a98a}",
    )
    return p.drawing(body, css, "arrival and departure", "guest's name", "room")


def de_baeckerei(rng: random.Random) -> Drawing:
    """A bakery's slip with letters for the rates, a signature of the till and change."""
    sale = Bill(bill(rng, BREAD, "7", count=(2, 5)).lines, with_tax=True)
    p = Paper(
        rng,
        "de",
        kind="receipt",
        seller=firm(rng, "DE", "Bäckerei {s}|Backhaus {s} GmbH|Café Krone"),
        buyer=None,
        bill=sale,
        number=digits(rng, 5),
        style="plain",
    )
    given = (sale.gross // 10 + 1) * 10
    p.set(
        given=given,
        change=given - sale.gross,
        till=f"K{rng.randint(1, 4)}",
        clock=f"{rng.randint(6, 17):02}:{rng.randint(10, 59)}:{rng.randint(10, 59)}",
        tse=digits(rng, 6),
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "qty")} x {p.write(line.price, "")}</td><td>{p.cell(i, line, "name")}</td><td class="r">{p.write(line.net, "")} {"A" if line.rate == 19 else "B"}</td></tr>'
        for i, line in enumerate(sale.lines)
    )
    body = (
        '<div class="c"><b style="font-size:12pt">{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>USt-IdNr. {seller.vat_id}</div><br>Bon-Nr. {number} &nbsp; Kasse {till}<br>{issue_date} &nbsp; {clock}<hr><table>'
        + rows
        + '</table><hr><table class="b"><tr><td>‹SUMME EUR|Gesamt EUR|ZU ZAHLEN EUR›</td><td class="r">{total_gross}</td></tr></table><table><tr><td>Bar gegeben</td><td class="r">{given}</td></tr><tr><td>Rückgeld</td><td class="r">{change}</td></tr></table><hr><table><tr><td>MwSt</td><td class="r">Netto</td><td class="r">Steuer</td><td class="r">Brutto</td></tr>'
        + "".join(
            p.fill(
                f'<tr><td>{"A" if part.rate == 19 else "B"} {{vat_breakdown.{i}.rate}}%</td><td class="r">{{vat_breakdown.{i}.base}}</td><td class="r">{{vat_breakdown.{i}.amount}}</td><td class="r">{{vat_breakdown.{i}.gross}}</td></tr>'
            )
            for i, part in enumerate(sale.parts())
        )
        + '</table><hr><span class="s">TSE-Transaktion {tse}<br>Signaturzähler '
        + digits(rng, 7)
        + '</span><div class="c">Vielen Dank für Ihren Einkauf!</div>'
    )
    css = sheet(MONO, "8pt", "3mm", "td{padding:1px}hr{border:0;border-top:1px solid}", paper="80mm 170mm")
    return p.drawing(body, css, "money given and change", "till's signature", "clock")


def gb_cafe(rng: random.Random) -> Drawing:
    """A café's till receipt with zero-rated beans and a loyalty balance."""
    sale = Bill(bill(rng, CAFE, "20", count=(2, 4)).lines, with_tax=True)
    p = Paper(
        rng,
        "en",
        kind="receipt",
        seller=firm(rng, "GB", "The Old Bakehouse|Pantry on the Quay"),
        buyer=None,
        bill=sale,
        number=digits(rng, 5),
        money="£{}",
        dates="DD/MM/YYYY",
        currency="GBP",
    )
    p.set(
        points=digits(rng, 3),
        clock=f"{rng.randint(8, 17):02}:{rng.randint(10, 59)}",
        server=p.seller.more["person"].split()[0],
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "qty")}</td><td>{p.cell(i, line, "name")}{" *" if not line.rate else ""}</td><td class="r">{p.write(line.net, "n")}</td></tr>'
        for i, line in enumerate(sale.lines)
    )
    body = (
        '<div class="c"><b>{seller.name}</b><br>{seller.street}<br>{seller.city} {seller.zip}<br>VAT {seller.vat_id:xx xxx xxxx xx}</div><hr>Receipt {number}<br>{issue_date} {clock} &nbsp; You were served by {server}<hr><table>'
        + rows
        + '</table><hr><table class="b"><tr><td>TOTAL</td><td class="r">{total_gross}</td></tr></table><table><tr><td>Contactless Mastercard</td><td class="r">{total_gross}</td></tr></table><hr>VAT summary<table><tr><td>Rate</td><td class="r">Net</td><td class="r">VAT</td></tr>'
        + p.parts('<tr><td>{rate}%</td><td class="r">{base}</td><td class="r">{amount}</td></tr>')
        + "</table>* zero rated<br><br>Your points: {points}<div class='c'>See you soon</div>"
    )
    css = sheet(MONO, "8pt", "4mm", "td{padding:1px}hr{border:0;border-top:1px dashed}", paper="80mm 160mm")
    return p.drawing(body, css, "loyalty points", "clock and server")


def it_trattoria(rng: random.Random) -> Drawing:
    """A restaurant's commercial document from a till."""
    meal = Bill(bill(rng, DINNER, "10", count=(3, 5)).lines, with_tax=True)
    p = Paper(
        rng,
        "it",
        kind="receipt",
        seller=firm(rng, "IT", "Trattoria da {s}|Osteria del Ponte S.n.c."),
        buyer=None,
        bill=meal,
        number=f"{digits(rng, 4)}-{rng.randint(1, 120):04}",
        style="plain",
        dates="DD-MM-YYYY",
    )
    p.set(
        clock=f"{rng.randint(12, 22)}:{rng.randint(10, 59)}", device=f"99MEX{digits(rng, 6)}", zero=Decimal(0)
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "name")} x{p.cell(i, line, "qty")}</td><td class="r">{p.cell(i, line, "rate")}%</td><td class="r">{p.write(line.net, "")}</td></tr>'
        for i, line in enumerate(meal.lines)
    )
    body = (
        '<div class="c"><b>{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>P.IVA {seller.vat_id}<br><br>DOCUMENTO COMMERCIALE<br>di vendita o prestazione</div><br><table><tr><td>DESCRIZIONE</td><td class="r">IVA</td><td class="r">Prezzo(€)</td></tr>'
        + rows
        + '</table><br><table class="b"><tr><td>TOTALE COMPLESSIVO</td><td class="r">{total_gross}</td></tr></table><table><tr><td>di cui IVA</td><td class="r">{total_vat}</td></tr><tr><td>Pagamento contante</td><td class="r">{zero}</td></tr><tr><td>Pagamento elettronico</td><td class="r">{total_gross}</td></tr><tr><td>Non riscosso</td><td class="r">{zero}</td></tr></table><br><div class="c">{issue_date} {clock}<br>DOCUMENTO N. {number}<br>RT {device}</div>'
    )
    css = sheet(MONO, "7.5pt", "3mm", "td{padding:1px}", paper="80mm 165mm")
    return p.drawing(body, css, "zero amounts of payment", "till's number")


def pt_hotel(rng: random.Random) -> Drawing:
    """A hotel in Portugal with three rates, prices with tax, a code to scan and ATCUD."""
    stay = Bill(bill(rng, STAY, "6", every=True).lines, with_tax=True)
    p = Paper(
        rng,
        "pt",
        seller=firm(rng, "PT", "Hotel Baía Azul, S.A.|Casa do Rossio, Lda."),
        buyer=firm(rng, "PT"),
        bill=stay,
        number=f"FR H{rng.randint(1, 4)}/{digits(rng, 4)}",
        dates="YYYY-MM-DD",
        money="{} €",
    )
    p.set(
        atcud=f"JF{digits(rng, 2)}KXT7-{digits(rng, 4)}",
        arrival=p.after(-3),
        room=str(rng.randint(101, 320)),
        paid=stay.gross,
        cert=digits(rng, 4),
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "qty_unit")}</td><td class="r">{p.write(line.price, "")}</td><td class="r">{p.cell(i, line, "rate%")}</td><td class="r">{p.write(line.net, "")}</td></tr>'
        for i, line in enumerate(stay.lines)
    )
    body = (
        '<div class="row"><div><b style="font-size:14pt">{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>Contribuinte n.º {seller.vat_id}</div><div>'
        + code(rng, 84)
        + '<br><span class="s">ATCUD:{atcud}</span></div></div><p><b>Fatura-recibo {number}</b> &nbsp; Original<br>‹Data de emissão:|Data:|Emitida em› {issue_date}</p><p>Exmo.(s) Sr.(s)<br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>NIF {buyer.vat_id}</p><p>Quarto {room}, entrada {arrival}</p>'
        '<table class="lines"><tr><th>Descrição</th><th class="r">Qtd.</th><th class="r">Preço c/ IVA</th><th class="r">IVA</th><th class="r">Valor</th></tr>'
        + rows
        + '</table><br><div class="row"><table style="width:52%" class="q"><tr><th>Taxa</th><th class="r">Incidência</th><th class="r">IVA</th></tr>'
        + p.parts('<tr><td>{rate} %</td><td class="r">{base}</td><td class="r">{amount}</td></tr>')
        + '</table><table style="width:42%"><tr><td>Total ilíquido</td><td class="r">{total_net}</td></tr><tr><td>Total IVA</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Total do documento|Total a pagar|Total c/ IVA›</td><td class="r">{total_gross}</td></tr><tr><td>Pago (Multibanco)</td><td class="r">{paid}</td></tr></table></div>'
        + foot("Xk3z-Processado por programa certificado n.º {cert}/AT – {seller.web}")
    )
    css = sheet(
        SANS, "9pt", "16mm", ".lines th{border-bottom:2px solid #06779b}.q td,.q th{border:1px solid #bbb}"
    )
    return p.drawing(body, css, "arrival", "code of the document", "number of the certified program")


def pl_paragon(rng: random.Random) -> Drawing:
    """A café's fiscal receipt."""
    sale = Bill(bill(rng, CAKE, "8", count=(2, 4)).lines, with_tax=True)
    p = Paper(
        rng,
        "pl",
        kind="receipt",
        seller=firm(rng, "PL", "Cukiernia {s}|Kawiarnia Pod Lipą"),
        buyer=None,
        bill=sale,
        number=f"W{digits(rng, 6)}",
        dates="DD-MM-YYYY",
        style="plain",
        currency="PLN",
    )
    p.set(clock=f"{rng.randint(9, 19):02}:{rng.randint(10, 59)}", till=f"CBH {digits(rng, 10)}")
    letters = {Decimal(23): "A", Decimal(8): "B"}
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "qty")}×{p.write(line.price, "")}</td><td class="r">{p.write(line.net, "")}{letters[line.rate]}</td></tr>'
        for i, line in enumerate(sale.lines)
    )
    parts = "".join(
        p.fill(
            f'<tr><td>Sprzedaż opodatk. {letters[part.rate]}</td><td class="r">{p.write(part.base + part.vat, "")}</td></tr><tr><td>PTU {letters[part.rate]} {{vat_breakdown.{i}.rate}}%</td><td class="r">{{vat_breakdown.{i}.amount}}</td></tr>'
        )
        for i, part in enumerate(sale.parts())
    )
    body = (
        '<div class="c">{seller.name}<br>{seller.street}<br>{seller.zip} {seller.city}<br>NIP {seller.vat_id}</div><table><tr><td>{issue_date}</td><td class="r">nr wydr. {number}</td></tr></table><div class="c b">PARAGON FISKALNY</div><table>'
        + rows
        + "</table><hr><table>"
        + parts
        + '<tr><td>Suma PTU</td><td class="r">{total_vat}</td></tr><tr class="b"><td style="font-size:120%">SUMA PLN</td><td class="r" style="font-size:120%">{total_gross}</td></tr></table><hr>Karta płatnicza {clock}<div class="c">{till}</div>'
    )
    css = sheet(MONO, "8pt", "3mm", "td{padding:1px}hr{border:0;border-top:1px dashed}", paper="80mm 150mm")
    return p.drawing(body, css, "sales per letter", "till's number and clock")
