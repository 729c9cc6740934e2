"""Italian invoices."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Line, bill, cents
from families.look import NARROW, SERIF, foot, sheet
from families.numbers import digits
from families.paper import Paper
from families.places import firm

BOLTS = 'Raccordo ottone 1/2";pz;2;6;60|Tubo multistrato 20x2;m;1;3;120|Valvola a sfera DN25;pz;9;16;12|Collettore 4+4;pz;58;92;3|Guarnizioni assortite;conf;7;12;6'
PLANS = "Progetto esecutivo ristrutturazione;a corpo;1200;2600;1|Direzione lavori;ore;45;70;20|Pratica catastale;n.;280;420;1"
PHOTO = "Servizio fotografico evento;;450;900;1|Post-produzione;ore;25;40;8|Album 30x30;;120;220;1"


def it_idraulica(rng: random.Random) -> Drawing:
    """A dealer's courtesy copy: transport document, discount, instalments of payment in a strip."""
    sale = bill(rng, BOLTS, "22", count=(3, 5), cuts="0 10 20")
    p = Paper(
        rng,
        "it",
        seller=firm(rng, "IT", "Idroforniture {s} S.r.l.|TERMOBAGNO SUD S.p.A."),
        buyer=firm(rng, "IT"),
        bill=sale,
        number=f"{rng.randint(100, 2900)}/{rng.choice('ABE')}",
        dates="DD/MM/YYYY",
    )
    p.set(
        due_date=p.after(60),
        ddt=f"{digits(rng, 4)}",
        delivery_date=p.after(-7),
        rea=f"{rng.choice(('MI', 'VR', 'TO'))}-{digits(rng, 6)}",
        capital=Decimal(51000),
        client=digits(rng, 5),
        sdi=rng.choice(("KRRH6B9", "M5UXCR1", "USAL8PV")),
    )
    body = (
        '<div class="row"><div style="width:46%"><b style="font-size:13pt">{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>P.IVA e C.F. {seller.vat_id}<br>REA {rea} – Cap. soc. € {capital} i.v.</div><div style="width:46%" class="box"><span class="s">Spett.le</span><br><b>{buyer.name}</b><br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>P.IVA {buyer.vat_id} – Cod. dest. {sdi}</div></div><table class="k"><tr><th>Tipo documento</th><th>Numero</th><th>Data</th><th>Cliente</th><th>D.D.T.</th><th>del</th></tr><tr><td>FATTURA IMMEDIATA</td><td>{number}</td><td>{issue_date}</td><td>{client}</td><td>{ddt}</td><td>{delivery_date}</td></tr></table>'
        + p.table(
            "Codice|Descrizione|U.M.|Q.tà|Prezzo|Sc.|IVA|Importo", "code name unit qty n.price cut rate n.net"
        )
        + '<table class="k b2"><tr><th>‹Imponibile|Totale imponibile|Base imponibile›</th><th>Aliquota</th><th>Imposta</th><th>‹Totale documento €|Totale fattura €|Netto a pagare €›</th></tr><tr><td>{total_net}</td><td>22%</td><td>{total_vat}</td><td class="b">{total_gross}</td></tr></table><table class="k"><tr><th>Pagamento</th><th>Scadenza</th><th>Rata</th><th>IBAN ns. banca</th></tr><tr><td>Bonifico 60 gg. d.f.</td><td>{due_date}</td><td>{total_gross}</td><td>{iban}</td></tr></table>'
        + foot(
            "Copia di cortesia priva di valore fiscale: l'originale è nel cassetto fiscale. Contributo CONAI assolto ove dovuto."
        )
    )
    css = sheet(
        NARROW,
        "9pt",
        "12mm",
        ".box{border:1px solid #000;padding:6px}.k{margin-top:10px}.k th{font-size:75%;color:#555}.k td,.k th,.lines th,.lines td{border:1px solid #888}.lines{margin-top:10px}.b2{margin-top:40px}",
    )
    return p.drawing(body, css, "delivery note and its day", "share capital", "code of the client's mailbox")


def it_architetto(rng: random.Random) -> Drawing:
    """A professional: pension fund four per cent within the base, tax withheld from what is paid."""
    work = bill(rng, PLANS, "22", count=(1, 2))
    fund = cents(work.subtotal * Decimal("0.04"))
    fees = work.subtotal
    work.shipping, work.shipping_rate = fund, Decimal(22)
    held = cents(fees * Decimal("0.2"))
    p = Paper(
        rng,
        "it",
        seller=firm(rng, "IT", "Arch. {p}|Studio Tecnico Ing. {p}"),
        buyer=firm(rng, "IT"),
        bill=work,
        number=f"{rng.randint(2, 66)}",
        money="€ {}",
        dates="D MONTH YYYY",
    )
    p.set(
        fees=fees,
        fund=fund,
        held=held,
        amount_due=work.gross - held,
        cf=f"BLLMRC{rng.randint(60, 88)}H{rng.randint(10, 28)}F205X",
        cig=f"Z{digits(rng, 9)}",
    )
    body = (
        '<div class="c"><b style="font-size:15pt">{seller.name}</b><br><i>{seller.street} – {seller.zip} {seller.city}</i><br>C.F. {cf} – P.IVA {seller.vat_id}</div><p style="margin:30px 0 0 55%">Spett.le {buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>P.IVA {buyer.vat_id}</p><p>{seller.city}, {issue_date}</p><p><b>‹Fattura n.|Parcella n.|Fattura numero› {number}</b> – CIG {cig}</p>'
        + p.table("Prestazione|Quantità|Compenso unitario|Importo", "name qty_unit price net")
        + '<table class="sums"><tr><td>Onorari</td><td class="r">{fees}</td></tr><tr><td>Contributo integrativo Inarcassa 4%</td><td class="r">{fund}</td></tr><tr><td>Totale imponibile</td><td class="r">{total_net}</td></tr><tr><td>IVA 22%</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Totale fattura|Totale documento|Totale lordo›</td><td class="r">{total_gross}</td></tr><tr><td>Ritenuta d\'acconto 20% su onorari</td><td class="r">{held:-}</td></tr><tr class="b"><td>‹Netto a pagare|Netto da pagare|Totale a Vs. debito›</td><td class="r">{amount_due}</td></tr></table><p>Bonifico su {iban} entro 30 giorni.</p>'
    )
    css = sheet(
        SERIF,
        "10.5pt",
        "22mm",
        ".lines th{border-bottom:1px solid;font-style:italic}.sums{width:68%;margin:14px 0 0 auto}.sums tr:last-child td{border-top:2px solid}",
    )
    return p.drawing(body, css, "fees before the fund", "tax withheld", "fiscal code, tender code")


def it_forfettario(rng: random.Random) -> Drawing:
    """A photographer under the flat scheme with a duty stamp, in typst."""
    work = bill(rng, PHOTO, "0", count=(1, 3))
    work.lines.append(Line("Marca da bollo", "", Decimal(1), Decimal(2), Decimal(0)))
    p = Paper(
        rng,
        "it",
        engine="typst",
        seller=firm(rng, "IT", "{p} Fotografia|{p}"),
        buyer=firm(rng, "IT"),
        bill=work,
        number=f"{rng.randint(1, 40)}/YYYY",
        money="{} €",
        dates="DD.MM.YYYY",
    )
    p.exempt()
    p.set(due_date=p.after(15), event=p.after(-38))
    rows = "".join(", ".join(f"[{cell}]" for cell in row) + ",\n" for row in p.rows("name qty price net"))
    body = (
        '#grid(columns: (1fr, 1fr), [#text(18pt, style: "italic")[{seller.name}] \\ {seller.street} \\ {seller.zip} {seller.city} \\ Partita IVA {seller.vat_id}], align(right)[FATTURA \\ n. {number} \\ del {issue_date}])\n#v(20pt)\nCliente: {buyer.name}, {buyer.street}, {buyer.zip} {buyer.city}, P.IVA {buyer.vat_id}\n\nEvento del {event}\n#v(8pt)\n'
        '#table(columns: (1fr, auto, auto, auto), align: (left, right, right, right), fill: (x, y) => if y == 0 { rgb("#f3e3d3") }, stroke: 0.3pt, [Descrizione], [Q.tà], [Prezzo], [Totale],\n'
        + rows
        + ")\n"
        "#align(right)[*‹Totale da pagare|Totale fattura|Importo totale› {total_gross}*]\n#v(6pt)\n#text(8.5pt)[Operazione effettuata ai sensi dell'art. 1, commi 54–89, L. 190/2014 (regime forfettario): senza applicazione dell'IVA e non soggetta a ritenuta. Imposta di bollo assolta sull'originale.]\n\n‹Pagamento entro il|Scadenza|Da saldare entro il› {due_date} – IBAN {iban}"
    )
    css = '#set page(paper: "a4", margin: 2cm)\n#set text(font: "New Computer Modern", size: 10.5pt)'
    return p.drawing(body, css, "event's day", "duty stamp as a line")
