"""Spanish and Portuguese invoices."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import Bill, Line, bill, cents
from families.look import NARROW, SANS, SERIF, foot, logo, sheet
from families.numbers import digits, es_person
from families.paper import Paper
from families.places import firm

TILES = "Azulejo 20x20 blanco brillo;m²;14;22;40|Cemento cola C2 25 kg;saco;9;14;20|Rodapié porcelánico;ml;4;7;50|Portes a obra;ud;40;70;1"
WORDS = "Traducción jurada ES–DE;palabras;0.1;0.2;1800|Revisión de estilo;horas;28;42;9|Interpretación consecutiva;jornada;320;480;1"
SHOES = (
    "Zapato piel hombre mod. Ronda;par;38;62;12|Bota mujer mod. Gredos;par;55;84;10|Plantilla gel;par;3;6;30"
)
CLAY = "Vaso terracota n.º 4;un;6;11;40|Prato servir azul;un;9;16;24|Caixa de expedição;un;4;8;6"
HELP = "Consultoria fiscal mensal;mês;180;320;1|Apoio salarial;trabalhador;9;14;8|Entrega IES;un;90;150;1"


def es_azulejos(rng: random.Random) -> Drawing:
    """A tile shop: several delivery notes, a discount for prompt payment, a table of bases."""
    sale = bill(rng, TILES, "21", count=(2, 4), discount=Decimal(rng.choice((2, 3, 5))))
    p = Paper(
        rng,
        "es",
        seller=firm(rng, "ES", "Cerámicas {s}, S.L.|Azulejos del Turia, S.A."),
        buyer=firm(rng, "ES"),
        bill=sale,
        number=f"A/{digits(rng, 5)}",
        dates="DD/MM/YYYY",
        money="{} €",
    )
    p.set(
        due_date=p.after(30),
        sub=sale.subtotal,
        cut=sale.reduction,
        percent=str(sale.discount),
        note=f"AL-{digits(rng, 5)}",
        note_day=p.after(-12),
        client=f"430{digits(rng, 4)}",
    )
    body = (
        '<table><tr><td style="width:52%"><b style="font-size:15pt;color:#1d5c8f">{seller.name}</b><br>{seller.street}<br>{seller.zip} {seller.city}<br>N.I.F. {seller.vat_id}<br>Tlf. {seller.tel}</td><td class="box">CLIENTE {client}<br><b>{buyer.name}</b><br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>N.I.F. {buyer.vat_id}</td></tr></table><table class="k"><tr><td>‹FACTURA Nº|Nº FACTURA|FACTURA› <b>{number}</b></td><td>FECHA <b>{issue_date}</b></td><td>‹VENCIMIENTO|VTO.|FECHA DE PAGO› <b>{due_date}</b></td></tr></table><p>Albarán {note} de {note_day}</p>'
        + p.table("Cant.|Ud.|Concepto|Precio|Importe", "qty2 unit name n.price n.net")
        + '<div style="height:30mm"></div><table class="k"><tr><th>Importe bruto</th><th>Dto. P.P. {percent} %</th><th>Base imponible</th><th>I.V.A. 21 %</th><th>‹TOTAL FACTURA|TOTAL EUROS|Líquido a pagar›</th></tr><tr><td>{sub:n}</td><td>{cut:n}</td><td>{total_net:n}</td><td>{total_vat:n}</td><td class="b">{total_gross}</td></tr></table><p>Forma de pago: transferencia a 30 días, IBAN {iban}</p>'
        + foot(
            "Inscrita en el Registro Mercantil de {seller.city}, tomo 2.114, folio 87, hoja V-31.902. Responsable del tratamiento de datos: {seller.name}"
        )
    )
    css = sheet(
        SANS,
        "9pt",
        "14mm",
        ".box{border:1px solid #1d5c8f;padding:8px}.k{margin-top:12px}.k td,.k th{border:1px solid #1d5c8f;text-align:center}.lines th{background:#1d5c8f;color:#fff}",
    )
    return p.drawing(
        body, css, "gross amount before discount", "delivery note and its day", "register's figures"
    )


def es_traductora(rng: random.Random) -> Drawing:
    """A freelancer with tax withheld, from an office suite."""
    work = bill(rng, WORDS, "21", count=(1, 2))
    held = cents(work.net * Decimal("0.15"))
    p = Paper(
        rng,
        "es",
        engine="libreoffice",
        seller=firm(rng, "ES", "{p}"),
        buyer=firm(rng, "ES"),
        bill=work,
        number=f"{rng.randint(1, 90):03}-YYYY",
        dates="D/M/YYYY",
        money="{} €",
    )
    p.seller.vat_id = es_person(rng)
    p.set(
        seller__vat_id=p.seller.vat_id, held=held, amount_due=work.gross - held, quote=f"P-{digits(rng, 3)}"
    )
    body = (
        '<p><font size="5" color="#7a2048">{seller.name}</font><br>Traductora e intérprete jurada n.º 4418<br>{seller.street}, {seller.zip} {seller.city}<br>NIF {seller.vat_id}</p><table width="100%" bgcolor="#f4e9ee" cellpadding="6"><tr><td>Factura n.º {number}</td><td align="right">{issue_date}</td></tr></table><p>Para:<br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>NIF {buyer.vat_id}</p><p>Según presupuesto {quote}:</p>'
        + p.table(
            "Servicio|Cantidad|Tarifa|Importe",
            "name qty_unit price net",
            attrs='width="100%" cellpadding="4" cellspacing="0" border="1"',
        )
        + '<br><table width="55%" align="right"><tr><td>Base imponible</td><td align="right">{total_net}</td></tr><tr><td>IVA 21 %</td><td align="right">{total_vat}</td></tr><tr><td>‹Total con IVA|Total factura|Importe total›</td><td align="right">{total_gross}</td></tr><tr><td>Retención IRPF 15 %</td><td align="right">{held:-}</td></tr><tr><td><b>‹A percibir|Total a pagar|Líquido a percibir›</b></td><td align="right"><b>{amount_due}</b></td></tr></table><br clear="all"><p>Transferencia a {iban}. Plazo: 30 días.</p>'
    )
    css = "@page{size:21cm 29.7cm;margin:2cm}body{font-family:'DejaVu Sans';font-size:10pt}"
    return p.drawing(body, css, "tax withheld", "quote number", "sworn translator's number")


def es_luz(rng: random.Random) -> Drawing:
    """A bill of power: tax on electricity within the base, a column of contract data, direct debit."""
    kwh = rng.randint(90, 420)
    power, energy = cents(Decimal("4.6") * 31 * Decimal("0.1027")), cents(kwh * Decimal("0.1446"))
    duty = cents((power + energy) * Decimal("0.0511269632"))
    lines = [
        Line("Facturación por potencia contratada", "", Decimal(1), power, Decimal(21)),
        Line("Facturación por energía consumida", "", Decimal(1), energy, Decimal(21)),
        Line("Impuesto sobre la electricidad", "", Decimal(1), duty, Decimal(21)),
        Line("Alquiler equipo de medida", "", Decimal(1), Decimal("0.83"), Decimal(21)),
    ]
    p = Paper(
        rng,
        "es",
        seller=firm(rng, "ES", "Luzmar Comercializadora, S.A.U.|Enersol Hogar, S.L."),
        buyer=firm(rng, "ES", "{p}"),
        bill=Bill(lines),
        number=f"FE{digits(rng, 11)}",
        dates="DD.MM.YYYY",
        money="{} €",
    )
    p.set(
        buyer__vat_id=es_person(rng),
        due_date=p.after(8),
        contract=digits(rng, 10),
        cups=f"ES0021{digits(rng, 12)}KT",
        begin=p.after(-34),
        end=p.after(-3),
        kwh=f"{kwh} kWh",
        average=Decimal("2.11"),
    )
    rows = "".join(
        f'<tr><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "net")}</td></tr>'
        for i, line in enumerate(lines)
    )
    body = (
        '<table><tr><td style="width:36%" class="left">'
        + logo(rng, p.brand, size=36)
        + '<p><b>DATOS DEL CONTRATO</b><br>Titular: {buyer.name}<br>NIF: {buyer.vat_id}<br>Contrato: {contract}<br>CUPS: {cups}<br>Peaje 2.0TD, potencia 4,6 kW</p><p><b>AVERÍAS</b><br>900 10 20 30</p><p>Gasto medio diario: {average}</p></td><td style="padding-left:16px"><p style="text-align:right">{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}</p><b>DATOS DE LA FACTURA</b><br>‹N.º de factura:|Factura n.º|Nº factura:› {number}<br>‹Fecha de emisión:|Fecha factura:|Emitida el› {issue_date}<br>Período de facturación: {begin} a {end}<br>‹Fecha de cargo:|Fecha límite de pago:|Cargo en cuenta:› {due_date}<br>Consumo: {kwh}<div class="tot">TOTAL IMPORTE FACTURA <b>{total_gross}</b></div><table class="lines">'
        + rows
        + '<tr class="b"><td>Importe total sin IVA</td><td class="r">{total_net}</td></tr><tr><td>IVA 21 % s/ {total_net}</td><td class="r">{total_vat}</td></tr></table></td></tr></table>'
        + foot("{seller.name} – {seller.street}, {seller.zip} {seller.city} – CIF {seller.vat_id}")
    )
    css = sheet(
        SANS,
        "8.5pt",
        "12mm",
        ".left{background:#fdf3e7;padding:12px;font-size:88%}.tot{border:2px solid #e67e00;padding:10px;margin:12px 0;font-size:120%}.lines td{border-bottom:1px solid #eee}",
    )
    return p.drawing(body, css, "period", "contract and supply numbers", "daily mean")


def es_rectificativa(rng: random.Random) -> Drawing:
    """A rectifying invoice with minus signs, and the surcharge-free rates of a shoemaker."""
    back = bill(rng, SHOES, "21", count=(1, 3))
    p = Paper(
        rng,
        "es",
        kind="credit_note",
        seller=firm(rng, "ES", "Calzados {s}, S.L.|Piel de Elda, S.A."),
        buyer=firm(rng, "ES"),
        bill=back,
        number=f"R-{digits(rng, 4)}",
        dates="DD-MM-YYYY",
        money="{} EUR",
    )
    p.set(preceding_invoice=f"F-{digits(rng, 5)}", old=p.after(-26))
    body = (
        '<div class="bar">FACTURA RECTIFICATIVA</div><table><tr><td style="width:34%"><b>Emisor</b><br>{seller.name}<br>{seller.street}<br>{seller.zip} {seller.city}<br>CIF: {seller.vat_id}</td><td style="width:34%"><b>Destinatario</b><br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>CIF: {buyer.vat_id}</td><td><b>Documento</b><br>‹Serie y número:|Número:|Factura nº› {number}<br>‹Expedida el:|Fecha:|Fecha de expedición:› {issue_date}<br>Rectifica a: {preceding_invoice}<br>de fecha {old}</td></tr></table><p>Causa: devolución de género (art. 80.Dos LIVA)</p>'
        + p.table("Modelo|Pares|Precio|Importe", "name qty n.price -net")
        + '<table style="width:50%;margin:20px 0 0 auto"><tr><td>Base</td><td class="r">{total_net:-}</td></tr><tr><td>Cuota IVA (21 %)</td><td class="r">{total_vat:-}</td></tr><tr class="b"><td>Total a abonar al cliente</td><td class="r">{total_gross:-}</td></tr></table>'
    )
    css = sheet(
        NARROW,
        "10pt",
        "18mm",
        ".bar{background:#333;color:#fff;padding:6px 12px;letter-spacing:3px;margin-bottom:16px}.lines th,.lines td{border:1px solid #aaa}",
    )
    return p.drawing(body, css, "number and day of the old invoice")


def pt_ceramica(rng: random.Random) -> Drawing:
    """A pottery that sells within the Union, exempt, with loading place and hour."""
    sale = bill(rng, CLAY, "0", count=(2, 3))
    p = Paper(
        rng,
        "pt",
        seller=firm(rng, "PT", "Olaria {s}, Lda.|Barro & Cal, Unipessoal Lda."),
        buyer=firm(rng, "FR"),
        bill=sale,
        number=f"FT YYYY/{rng.randint(10, 900)}",
        dates="DD/MM/YYYY",
        money="{} EUR",
    )
    p.exempt()
    p.set(
        due_date=p.after(30),
        loading=p.issued,
        hour=f"{rng.randint(8, 17)}:30",
        atcud=f"AAJ{digits(rng, 5)}-{digits(rng, 3)}",
        plate="44-XR-19",
    )
    body = (
        '<table class="h"><tr><td>'
        + logo(rng, size=50)
        + '</td><td><b>{seller.name}</b><br>{seller.street}, {seller.zip} {seller.city}<br>NIPC PT{seller.vat_id} · Capital social 15.000 €</td><td class="r">FATURA<br><b style="font-size:13pt">{number}</b><br>ATCUD {atcud}</td></tr></table><br><table class="k"><tr><td>Cliente<br><b>{buyer.name}</b><br>{buyer.street}<br>{buyer.zip} {buyer.city}, França<br>NIF {buyer.vat_id}</td><td>Data<br><b>{issue_date}</b></td><td>Vencimento<br><b>{due_date}</b></td><td>Carga<br>{loading} {hour}<br>Viatura {plate}</td></tr></table><br>'
        + p.table("Artigo|Qtd|Preço unit.|IVA|Total", "name qty_unit n.price rate% n.net")
        + '<p style="text-align:right">Mercadoria sem IVA: {total_net}<br>IVA: {total_vat}<br><b style="font-size:13pt">‹Total a pagar:|Total EUR:|Total da fatura:› {total_gross}</b></p><p>Isento nos termos do artigo 14.º do RITI (M16).</p><p>IBAN {iban}, SWIFT {bic}</p>'
    )
    css = sheet(
        SERIF,
        "10pt",
        "16mm",
        ".k td{border:1px solid #b06a3b}.lines th{background:#f3e6dc}.lines td{border-bottom:1px dotted #b06a3b}.h td.r{white-space:normal}",
    )
    return p.drawing(body, css, "loading hour and plate", "share capital", "code of the document")


def pt_contabilista(rng: random.Random) -> Drawing:
    """An accountant's monthly bill in typst: tax withheld at the source, reference of a cash machine."""
    work = bill(rng, HELP, "23", count=(1, 3))
    held = cents(work.net * Decimal("0.25"))
    p = Paper(
        rng,
        "pt",
        engine="typst",
        seller=firm(rng, "PT", "{p}, Contabilista Certificada|Gabinete {s}, Lda."),
        buyer=firm(rng, "PT"),
        bill=work,
        number=f"FT A/{rng.randint(5, 700)}",
        dates="D MONTH YYYY",
        money="{} €",
    )
    p.set(
        held=held,
        amount_due=work.gross - held,
        due_date=p.after(10),
        entity=digits(rng, 5),
        ref=f"{digits(rng, 3)} {digits(rng, 3)} {digits(rng, 3)}",
    )
    rows = "".join(
        ", ".join(f"[{cell}]" for cell in row) + ",\n" for row in p.rows("name qty_unit price rate% net")
    )
    body = (
        '*{seller.name}* #h(1fr) NIF {seller.vat_id} \\\n{seller.street}, {seller.zip} {seller.city}\n#line(length: 100%, stroke: 2pt + rgb("#2d4a6b"))\n#v(6pt)\n#grid(columns: (1fr, 1fr), [Fatura n.º {number} \\ {issue_date} \\ ‹Pagar até|Vencimento|Data limite de pagamento› {due_date}], [{buyer.name} \\ {buyer.street} \\ {buyer.zip} {buyer.city} \\ NIF {buyer.vat_id}])\n#v(12pt)\n'
        "#table(columns: (1fr, auto, auto, auto, auto), align: (left, right, right, right, right), stroke: (x, y) => (bottom: 0.4pt), [Serviço], [Qtd.], [Preço], [IVA], [Valor],\n"
        + rows
        + ")\n"
        "#align(right)[#grid(columns: (auto, auto), gutter: 6pt, align: (left, right), [Valor sem IVA], [{total_net}], [IVA 23%], [{total_vat}], [Total], [{total_gross}], [Retenção na fonte 25%], [{held:-}], [*Valor a receber*], [*{amount_due}*])]\n#v(10pt)\nMultibanco – entidade {entity}, referência {ref}, montante {amount_due}"
    )
    css = '#set page(paper: "a4", margin: 2.2cm)\n#set text(font: "DejaVu Sans Mono", size: 8.5pt)'
    return p.drawing(body, css, "tax withheld", "entity and reference of the cash machine")
