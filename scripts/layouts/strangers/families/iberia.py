"""Spanish and Portuguese invoices."""

import random
from decimal import Decimal

from drawing import Drawing

from .blocks import (
    columns,
    head_items,
    identity,
    lines_table,
    maker,
    rate_table,
    sum_rows,
    sums_block,
    sums_strip,
    terms,
)
from .document import Doc
from .france import title
from .look import columns_foot, logo, meta, page, shuffled, stamp
from .parties import person
from .sums import cents, draw_lines, of_lines, percent

VAT21, VAT23 = Decimal("21"), Decimal("23")


def withheld(rng: random.Random) -> Drawing:
    """A Spanish freelancer with IRPF held back."""
    doc = Doc(rng, "es", "ES")
    seller, buyer = doc.seller(private=True), doc.buyer()
    lines = draw_lines(rng, "es.consult", rng.randint(1, 4), ["21"])
    sums = of_lines(lines)
    rate = Decimal(rng.choice((15, 15, 7)))
    held = percent(sums.net, rate)
    rows = [(doc.label("net"), doc.money("total_net vat_breakdown.0.base", sums.net)), (f"IVA {doc.rate(VAT21, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", sums.vat)),
            (rng.choice(("Base + IVA", "Importe con IVA", "Total IVA incluido")), doc.money("total_gross", sums.gross)), (rng.choice((f"Retención IRPF {rate} %", f"I.R.P.F. –{rate} %", f"- {rate}% IRPF")), doc.money("", held, sign="-")),
            (rng.choice(("Total a pagar", "Líquido a percibir", "A percibir")), doc.money("amount_due", sums.gross - held))]
    doc.trap("withholding tax", "collegiate number", "project dates")
    items = head_items(doc, traps=2, due=rng.random() < 0.6)
    who = f'<div><b>{doc.mark("seller.name", seller.name)}</b><br>{rng.choice(("Traductora jurada n.º " + str(rng.randint(1000, 9999)), "Diseño gráfico", "Ingeniería de software", "Colegiado " + str(rng.randint(1000, 30000))))}<br>{"<br>".join(doc.address("seller", seller, skip=("name",)))}<br>{doc.label("vatno")} {doc.vat_number("seller", seller)}</div>'
    to = f'<div>{doc.label("to")}<br>{"<br>".join(doc.address("buyer", buyer))}<br>{doc.label("vatno")} {doc.vat_number("buyer", buyer)}</div>'
    doc.trap("buyer VAT number")
    shape = sums_strip if rng.random() < 0.5 else sums_block
    when = f"<p>Trabajos realizados entre el {doc.day(doc.before(30, 40))} y el {doc.day(doc.before(3, 9))}.</p>"
    body = f'<div class="row">{"".join(rng.sample([who, to], 2))}</div><div class=gap></div>' + title(doc) + meta(doc, items) + when + lines_table(doc, lines, columns(doc, rates=False)) + shape(doc, rows) + f"<p>{doc.label('iban')}: {doc.iban(seller, broken=rng.random() < 0.5)}</p>" + stamp(doc) + terms(doc)
    return doc.finish(page(doc, [body]))


def advance(rng: random.Random) -> Drawing:
    """A Spanish firm's invoice with an advance, several delivery notes, number as Referencia."""
    doc = Doc(rng, "es", "ES")
    seller, buyer = doc.seller(), doc.buyer()
    two = rng.random() < 0.5
    lines = draw_lines(rng, "es.goods", rng.randint(3, 7), ["21", "10"] if two else ["21"], discounts=rng.random() < 0.5)
    sums = of_lines(lines)
    paid = percent(sums.gross, Decimal(rng.choice((20, 30, 50)))) if rng.random() < 0.6 else None
    rows = sum_rows(doc, sums, prepaid=paid, vat_total=rng.random() < 0.5, due=None if paid else sums.gross if rng.random() < 0.5 else None)
    items = head_items(doc, traps=3, due=rng.random() < 0.6)
    notes = "".join(f"<br>Albarán {rng.randint(10000, 99999)} de {doc.day(doc.before(5, 28))}: {doc.money('', cents(sums.net / 3))}" for _ in range(2))
    doc.trap("delivery notes with amounts", "commercial register")
    register = f'<p class="tiny">{seller.name}. Inscrita en el Registro Mercantil de {seller.city}, tomo {rng.randint(100, 9000)}, folio {rng.randint(1, 220)}, hoja {rng.randint(1000, 90000)}, capital social {doc.number(Decimal(seller.capital))} €.</p>'
    who = f'<div>{logo(doc, seller.root, 28)}<br>{"<br>".join(doc.address("seller", seller))}<br>{" · ".join(identity(doc, seller, bank=False))}</div>'
    to = f'<div class=box>{doc.label("to")}<br>{"<br>".join(doc.address("buyer", buyer))}<br>{doc.label("vatno")} {doc.vat_number("buyer", buyer)}</div>'
    body = f'<div class="row">{who}{to}</div>' + title(doc) + meta(doc, items) + f"<p class=small>Según{notes}</p>" + lines_table(doc, lines, columns(doc, cut=True)) + f'<div class="row"><div>{rate_table(doc, sums) if two else ""}{stamp(doc)}</div><div>{sums_block(doc, rows)}</div></div>' + f"<p>Transferencia a {doc.iban(seller)}</p>{terms(doc)}{register}{maker(doc)}"
    return doc.finish(page(doc, [body]))


def credit(rng: random.Random) -> Drawing:
    """A credit note of Spain or Portugal with the invoice it corrects."""
    country = rng.choice(("ES", "PT"))
    doc = Doc(rng, "es" if country == "ES" else "pt", country)
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, f"{doc.language}.goods", rng.randint(1, 4), ["21" if country == "ES" else "23"])
    sums, old, sign = of_lines(lines), doc.before(10, 80), rng.choice(("-", "", "– "))
    origin = doc.mark("preceding_invoice", doc.serial(old))
    doc.trap("date of the original invoice", "reason with numbers")
    share = sums.shares[0]
    rows = [(doc.label("net"), doc.money("total_net vat_breakdown.0.base", sums.net, sign=sign)), (f"{doc.label('vat')} {doc.rate(share.rate, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", sums.vat, sign=sign)), (rng.choice(("Total", "TOTAL")) if country == "PT" else rng.choice(("Total abono", "Importe total", "TOTAL")), doc.money("total_gross", sums.gross, sign=sign))]
    doc.chosen["number"] = rng.choice(("N.º", "Nº documento", "Referencia") if country == "ES" else ("N.º", "Documento", "Ref.ª"))
    items = shuffled(rng, [*head_items(doc, due=False, traps=2), (doc.label("origin"), f"{origin} ({doc.day(old)})")])
    who = f'<div><b>{"<br>".join(doc.address("seller", seller))}</b><br>{doc.label("vatno")} {doc.vat_number("seller", seller)}</div>'
    to = f'<div>{doc.label("to")}<br>{"<br>".join(doc.address("buyer", buyer))}<br>{doc.label("vatno")} {doc.vat_number("buyer", buyer)}</div>'
    why = f"<p>Motivo: devolución de {rng.randint(1, 9)} bultos el {doc.day(doc.before(2, 8))}.</p>" if country == "ES" else f"<p>Motivo: devolução de {rng.randint(1, 9)} volumes em {doc.day(doc.before(2, 8))}.</p>"
    body = f'<div class="row">{"".join(rng.sample([who, to], 2))}</div><div class=gap></div>' + title(doc, "credit") + meta(doc, items) + why + lines_table(doc, lines, columns(doc), sign=sign) + (sums_strip if rng.random() < 0.4 else sums_block)(doc, rows) + stamp(doc) + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def certified(rng: random.Random) -> Drawing:
    """A Portuguese invoice of certified software: ATCUD, loading data, table of rates, many sums."""
    doc = Doc(rng, "pt", "PT")
    seller, buyer = doc.seller(), doc.buyer()
    two = rng.random() < 0.6
    lines = draw_lines(rng, "pt.goods", rng.randint(3, 6), ["23", "13"] if two else ["23"], discounts=True)
    sums = of_lines(lines)
    raw = cents(sum((x.quantity * x.price for x in lines), Decimal(0)))
    rows = [("Mercadoria/Serviços", doc.money("", raw)), ("Desconto comercial", doc.money("", raw - sums.net)), *sum_rows(doc, sums, per_rate=False)]
    number = doc.mark("number", f"{rng.choice(('FT', 'FA', '1FT', 'FAC'))} {rng.choice(('A', '2026', 'M'))}/{rng.randint(10, 4000)}")
    word = doc.mark("kind", "invoice", rng.choice(("Fatura", "FATURA")))
    copy = rng.choice(("Original", "Duplicado", "2.ª via"))
    head = f'<div class="row"><h1>{word} {number}</h1><div class="r small">{copy}<br>ATCUD: {"".join(rng.choice("BCDFGHJKMN") for _ in range(8))}-{rng.randint(10, 4000)}</div></div>'
    items = head_items(doc, traps=3, number=False, due=rng.random() < 0.7)
    load = f"<p class=small>Carga: {seller.street}, {doc.day(doc.before(0, 2))} 09:{rng.randint(10, 59)} – Descarga: {buyer.city}. Matrícula {rng.randint(10, 99)}-XF-{rng.randint(10, 99)}</p>"
    doc.trap("ATCUD code", "loading date", "goods subtotal before discount", "share capital", "multibanco reference")
    ref = f"<p class=small>Multibanco: Entidade 2{rng.randint(1000, 9999)} Referência {rng.randint(100, 999)} {rng.randint(100, 999)} {rng.randint(100, 999)}</p>"
    who = f'<div>{logo(doc, seller.root, 24) if rng.random() < 0.5 else ""}<b>{"<br>".join(doc.address("seller", seller))}</b><br>{doc.label("vatno")} {doc.vat_number("seller", seller)}<br><span class=tiny>Capital social {doc.number(Decimal(seller.capital))} € – Cons. Reg. Com. {seller.city}</span></div>'
    to = f'<div style="margin-top:12mm">{doc.label("to")}<br>{"<br>".join(doc.address("buyer", buyer))}<br>V/ NIF {doc.vat_number("buyer", buyer)}</div>'
    shape = sums_strip if rng.random() < 0.3 else sums_block
    body = f'<div class="row">{who}{to}</div>{head}' + meta(doc, items) + lines_table(doc, lines, columns(doc, cut=True)) + rate_table(doc, sums) + shape(doc, rows) + ref + load + f"<p>IBAN {doc.iban(seller, broken=rng.random() < 0.4)}</p>" + stamp(doc) + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def receipt_invoice(rng: random.Random) -> Drawing:
    """A Portuguese freelancer's invoice with exemption or income tax held back."""
    doc = Doc(rng, "pt", "PT")
    seller, buyer = doc.seller(private=True), doc.buyer()
    net = Decimal(rng.randint(8, 190) * 10)
    exempt = rng.random() < 0.5
    held = percent(net, Decimal(rng.choice((23, 25))))
    name = rng.choice(("Serviços de tradução técnica", "Consultoria em marketing – maio", "Aulas de formação, 24 horas", "Projeto de arquitetura, fase 2"))
    line = f'<table class="lines"><tr><th>{doc.label("desc")}</th><th class=r>{doc.label("amount")}</th></tr><tr><td>{doc.mark("lines.0.name", name)}</td><td class=r>{doc.mark("lines.0.net", f"{net:.2f}", doc.number(net))}</td></tr></table>'
    vat = Decimal("0.00") if exempt else percent(net, VAT23)
    note = f"<p>{doc.mark('total_vat', '0.00', 'IVA – regime de isenção, artigo 53.º do CIVA')}</p>" if exempt else ""
    rows = [(rng.choice(("Valor base", "Valor ilíquido")), doc.money("total_net total_gross", net))] if exempt else [("Valor base", doc.money("total_net vat_breakdown.0.base", net)), (f"IVA {doc.rate(VAT23, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", vat)), ("Total com IVA", doc.money("total_gross", net + vat))]
    rows += [("IRS retenção na fonte", doc.money("", held, sign="-")), (rng.choice(("Importância a receber", "Valor a pagar")), doc.money("amount_due", net + vat - held))]
    doc.trap("withholding tax", "service date", "buyer VAT number")
    who = f'<div>{"<br>".join(doc.address("seller", seller))}<br>NIF {doc.vat_number("seller", seller)}<br>{seller.email}</div>'
    to = f'<div>Adquirente<br>{"<br>".join(doc.address("buyer", buyer))}<br>NIF {doc.vat_number("buyer", buyer)}</div>'
    head = f'<h1>{doc.mark("kind", "invoice", "Fatura")} {rng.choice(("n.º", "#", ""))} {doc.mark("number", doc.serial())}</h1><p>{seller.city}, {doc.day(doc.today, "issue_date", rng.choice(("words", "%d/%m/%Y", "%Y-%m-%d")))}</p>'
    body = f'<div class="row">{"".join(rng.sample([who, to], 2))}</div><div class=gap></div>{head}' + f"<p>Serviço prestado até {doc.day(doc.before(2, 20))} a pedido de {person(rng, 'PT')}</p>" + line + sums_block(doc, rows) + note + f"<p>IBAN {doc.iban(seller)}</p>" + stamp(doc) + maker(doc) + columns_foot(doc, [[seller.phone]])
    return doc.finish(page(doc, [body]))


FAMILIES = {"es_withheld": withheld, "es_advance": advance, "ib_credit": credit, "pt_certified": certified, "pt_freelancer": receipt_invoice}
