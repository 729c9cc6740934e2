"""Italian invoices: fees with tax held back, split payment, boxes, credit notes."""

import random
from dataclasses import replace
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
from .identifiers import it_person_code
from .look import columns_foot, logo, meta, page, shuffled, stamp, table
from .sums import draw_lines, of_lines, percent, totals

VAT22 = Decimal("22")


def fee_note(rng: random.Random) -> Drawing:
    """A professional's parcella: pension fund 4 %, VAT, ritenuta d'acconto 20 %."""
    doc = Doc(rng, "it", "IT")
    seller, buyer = doc.seller(private=True), doc.buyer()
    lines = draw_lines(rng, "it.consult", rng.randint(1, 3), ["22"])
    fees = of_lines(lines).net
    fund = percent(fees, Decimal(rng.choice((4, 4, 5, 2))))
    sums = totals([(VAT22, fees + fund)])
    held = percent(fees, Decimal(20))
    expenses = rng.random() < 0.3
    rows = [(rng.choice(("Totale compensi", "Onorari", "Compenso")), doc.money("", fees)), (rng.choice(("Contributo integrativo Cassa", "C.P.A.", "Cassa previdenza")), doc.money("", fund)),
            (rng.choice(("Imponibile IVA", "Totale imponibile", "Base imponibile")), doc.money("total_net vat_breakdown.0.base", sums.net)), (f"IVA {doc.rate(VAT22, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", sums.vat)),
            (rng.choice(("Totale fattura", "Totale parcella", "Totale documento")), doc.money("total_gross", sums.gross)), (f"Ritenuta d'acconto 20% su {doc.number(fees)}", doc.money("", held, sign="– ")), (rng.choice(("Netto a pagare", "Netto da corrispondere", "Da bonificare")), doc.money("amount_due", sums.gross - held))]
    doc.trap("withholding tax", "pension fund", "fee subtotal", "register number", "practice number")
    note = f"<p class=small>Pratica n. {rng.randint(10, 900)}/{doc.today.year}, incarico del {doc.day(doc.before(60, 200))}. {'Avviso di parcella n. ' + str(rng.randint(2, 60)) + ' del ' + doc.day(doc.before(15, 30)) if expenses else ''}</p>"
    job = rng.choice(("Dottore commercialista", "Ingegnere civile", "Architetto", "Avvocato"))
    who = f'<div><i style="font-size:1.3em">{doc.mark("seller.name", seller.name)}</i><br>{job}<br>{"<br>".join(doc.address("seller", seller, skip=("name",)))}<br><span class=small>{doc.label("vatno")} {doc.vat_number("seller", seller)} – C.F. {it_person_code(rng)}<br>Albo n. {rng.randint(100, 4000)}</span></div>'
    to = f'<div>Spett.le<br>{"<br>".join(doc.address("buyer", buyer))}<br><span class=small>P.IVA {doc.vat_number("buyer", buyer)}</span></div>'
    number, day = doc.mark("number", f"{rng.randint(1, 180)}{rng.choice(('/', '-'))}{doc.today.year}"), doc.day(doc.today, "issue_date")
    word = doc.mark("kind", "invoice", rng.choice(("Parcella", "PARCELLA", "Fattura", "FATTURA")))
    head = rng.choice((f"<h1>{word} n. {number} del {day}</h1>", f"<h1>{word}</h1><p>n. {number} – {seller.city}, {day}</p>", f'<p class="r">{seller.city}, {day}</p><p><b>{word} nr. {number}</b></p>'))
    last_day = doc.day(doc.later(15, 30), "due_date")
    when = rng.choice((f"entro il {last_day}", "a vista fattura"))
    pay = f"<p>Bonifico: {doc.iban(seller, broken=rng.random() < 0.5)}, {when}</p>"
    stamp_duty = '<p class="tiny">Operazione soggetta a IVA; imposta di bollo non dovuta (€ 2,00 solo se esente).</p>'
    body = f'<div class="row">{who}{to}</div><div class=gap></div>' + head + note + lines_table(doc, lines, rng.choice((["desc", "amount"], ["pos", "desc", "qty", "price", "amount"]))) + sums_block(doc, rows) + pay + stamp_duty + stamp(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def split_payment(rng: random.Random) -> Drawing:
    """To a public body: the VAT is on the page but not paid to the seller."""
    doc = Doc(rng, "it", "IT")
    seller = doc.seller()
    buyer = doc.buyer()
    buyer = replace(buyer, name=f"{rng.choice(('Comune di', 'Azienda Sanitaria di', 'Istituto Comprensivo di'))} {buyer.root}")
    lines = draw_lines(rng, "it.goods", rng.randint(2, 6), ["22"])
    sums = of_lines(lines)
    rows = [(doc.label("net"), doc.money("total_net vat_breakdown.0.base", sums.net)), (f"IVA {doc.rate(VAT22, 'vat_breakdown.0.rate')} (scissione dei pagamenti)", doc.money("total_vat vat_breakdown.0.amount", sums.vat)), (doc.label("gross"), doc.money("total_gross", sums.gross)), (rng.choice(("Netto a pagare", "A pagare al fornitore")), doc.money("amount_due", sums.net))]
    doc.trap("split payment", "CIG and CUP codes", "office code", "REA number and capital")
    codes = meta(doc, [("CIG", f"Z{rng.randint(10**8, 10**9)}"), ("CUP", f"J{rng.randint(10, 99)}G{rng.randint(10**7, 10**8)}"), ("Codice ufficio", "UF" + rng.choice("ABCD") + str(rng.randint(100, 999))), ("Determina", f"{rng.randint(10, 300)} del {doc.day(doc.before(30, 60))}")], "grid")
    items = head_items(doc, traps=2, due=rng.random() < 0.6)
    who = f'<div><b>{"<br>".join(doc.address("seller", seller))}</b><br><span class=small>{"<br>".join(identity(doc, seller, bank=False))}<br>REA {rng.choice(("MI", "TO", "BO"))}-{rng.randint(10**5, 10**6)} – cap. soc. € {doc.number(Decimal(seller.capital))} i.v.</span></div>'
    to = f'<div class=box>{doc.label("to")}<br>{"<br>".join(doc.address("buyer", buyer))}</div>'
    shape = sums_strip if rng.random() < 0.5 else sums_block
    body = f'<div class="row">{who}{to}</div>' + title(doc) + meta(doc, items) + codes + lines_table(doc, lines, columns(doc)) + shape(doc, rows) + f"<p>IVA versata dal committente ex art. 17-ter DPR 633/72. {doc.label('iban')} {doc.iban(seller)}</p>" + stamp(doc) + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def boxes(rng: random.Random) -> Drawing:
    """A sheet of ruled boxes: labels over values, due dates in parts, sums in a strip at the foot."""
    doc = Doc(rng, "it", "IT")
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, "it.goods", rng.randint(3, 7), rng.choice((["22", "10"], ["22"])), discounts=True)
    sums = of_lines(lines)
    def cell(label: str, value: str) -> str:
        return f'<div class="tiny">{label}</div>{value}'
    old, single = doc.before(2, 12), rng.random() < 0.6
    top = [[cell(doc.label("number"), doc.mark("number", doc.serial())), cell(doc.label("date"), doc.day(doc.today, "issue_date")), cell("Cod. cliente", str(rng.randint(100, 9999))), cell("Agente", "Zona " + str(rng.randint(1, 9)))],
           [cell("Rif. DDT", f"{rng.randint(100, 999)} del {doc.day(old)}"), cell("Vs. ordine", doc.serial(doc.before(15, 30))), cell(doc.label("due"), doc.day(doc.later(30, 60), "due_date")) if single else cell("Porto", "Franco"), cell("Pagamento", "RB 30/60 gg f.m.")]]
    if rng.random() < 0.5:
        top = [[*top[1]], [*top[0]]]
    doc.trap("delivery note number and date", "order number", "customer number", "agent", "bank of the buyer", "instalment amounts", "weight")
    goods = of_lines(lines).net
    foot = [[cell("Totale merce", doc.money("", goods)), cell("Peso kg / colli", f"{rng.randint(10, 300)},5 / {rng.randint(1, 9)}"), cell(doc.label("net"), doc.money("total_net" if len(sums.shares) > 1 else "total_net vat_breakdown.0.base", sums.net)), cell(doc.label("vat"), doc.money("total_vat" if len(sums.shares) > 1 else "total_vat vat_breakdown.0.amount", sums.vat)), cell(doc.label("gross"), f'<b>{doc.money("total_gross", sums.gross)}</b>')]]
    half = (sums.gross / 2).quantize(Decimal("0.01"))
    parts = f"<p class=small>Rate: {doc.day(doc.later(28, 31))} {doc.money('', half)} – {doc.day(doc.later(58, 62))} {doc.money('', sums.gross - half)}. Banca d'appoggio cliente: Banca Verbena ag. 3, ABI 0{rng.randint(1000, 9999)} CAB {rng.randint(10000, 99999)}</p>"
    note = f'<p class="tiny">{doc.currency_note()}</p>'
    if single:
        parts = ""
    who = f'<div>{logo(doc, seller.root, 26)}<br><span class=small>{"<br>".join(doc.address("seller", seller))}<br>{"<br>".join(identity(doc, seller))}</span></div>'
    to = f'<div class=box style="min-width:75mm"><span class=tiny>{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer))}<br>P.IVA {doc.vat_number("buyer", buyer)}</div>'
    body = f'<div class="row">{who}<div>{title(doc)}{to}</div></div>' + table(top, "strip", "margin-top:4mm") + lines_table(doc, lines, columns(doc, cut=True)) + (rate_table(doc, sums) if len(sums.shares) > 1 else "") + stamp(doc, 0.3) + f'<div class="foot">{note}{table(foot, "strip")}{parts}</div>' + terms(doc)
    return doc.finish(page(doc, [body]))


def credit(rng: random.Random) -> Drawing:
    """A nota di credito for goods sent back."""
    doc = Doc(rng, "it", "IT")
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, "it.goods", rng.randint(1, 4), ["22"])
    sums, old, sign = of_lines(lines), doc.before(10, 70), rng.choice(("", "-"))
    origin = doc.mark("preceding_invoice", f"{rng.randint(10, 600)}/{old.year}")
    doc.trap("date of the original invoice", "return note")
    rows = [(doc.label("net"), doc.money("total_net vat_breakdown.0.base", sums.net, sign=sign)), (f"{doc.label('vat')} {doc.rate(VAT22, 'vat_breakdown.0.rate')}", doc.money("total_vat vat_breakdown.0.amount", sums.vat, sign=sign)), (rng.choice(("Totale a Vs. credito", "Totale nota", "Totale documento")), doc.money("total_gross", sums.gross, sign=sign))]
    doc.chosen["number"] = rng.choice(("N.", "Numero", "Nr. documento", "Doc. n°"))
    items = shuffled(rng, [*head_items(doc, due=False, traps=2), (doc.label("origin"), f"{origin} del {doc.day(old)}")])
    foot = columns_foot(doc, [doc.address("seller", seller), identity(doc, seller, bank=False, contact=False), identity(doc, seller, vat=False, legal=False)])
    body = f'<div class="row">{logo(doc, seller.root, 28)}<div>Spett.le<br>{"<br>".join(doc.address("buyer", buyer))}</div></div>' + title(doc, "credit") + meta(doc, items) + f"<p>Reso merce con DDT {rng.randint(20, 400)} del {doc.day(doc.before(2, 8))}</p>" + lines_table(doc, lines, columns(doc), sign=sign) + (sums_strip if rng.random() < 0.5 else sums_block)(doc, rows) + stamp(doc) + terms(doc) + foot
    return doc.finish(page(doc, [body]))


def differed(rng: random.Random) -> Drawing:
    """A classic sheet with advance and shipping between the sums."""
    doc = Doc(rng, "it", rng.choice(("IT", "IT", "CH")))
    seller, buyer = doc.seller(), doc.buyer()
    rate = VAT22 if doc.country == "IT" else Decimal("8.1")
    lines = draw_lines(rng, "it.goods", rng.randint(2, 6), [str(rate)])
    goods, port = of_lines(lines).net, Decimal(rng.choice(("9.50", "15.00", "22.00")))
    sums = totals([(rate, goods + port)])
    paid = percent(sums.gross, Decimal(20)) if rng.random() < 0.6 else None
    rows = sum_rows(doc, sums, before=[(doc.label("subtotal"), doc.money("", goods)), (doc.label("shipping"), doc.money("", port))], prepaid=paid, due=None if paid else sums.gross)
    doc.trap("goods subtotal", "shipping")
    items = head_items(doc, traps=3, due=rng.random() < 0.6)
    top = f'<div class="c" style="width:100%">{doc.mark("seller.name", seller.name)}<br><span class=small>{" – ".join(doc.address("seller", seller, skip=("name",)))} – {" – ".join(identity(doc, seller, bank=False))}</span></div>'
    body = top + f'<div style="margin:8mm 0 4mm 100mm">{doc.label("to")}<br>{"<br>".join(doc.address("buyer", buyer))}</div>' + title(doc) + meta(doc, items) + lines_table(doc, lines, columns(doc, rates=False)) + sums_block(doc, rows) + f"<p>{doc.label('iban')} {doc.iban(seller, broken=rng.random() < 0.5)}</p>" + stamp(doc) + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


FAMILIES = {"it_fee_note": fee_note, "it_split_payment": split_payment, "it_boxes": boxes, "it_credit": credit, "it_differed": differed}
