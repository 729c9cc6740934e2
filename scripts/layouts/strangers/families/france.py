"""French invoices of shops, craftsmen and freelancers."""

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
from .look import columns_foot, logo, meta, page, stamp, table
from .parties import person
from .sums import Line, Totals, cents, draw_lines, of_lines, percent, totals

VAT20, VAT10, VAT55 = Decimal("20"), Decimal("10"), Decimal("5.5")


def title(doc: Doc, key: str = "invoice", extra: str = "", kind: str = "") -> str:
    """The title with the kind of document."""
    kind = kind or ("credit_note" if key == "credit" else "invoice")
    return f"<h1>{doc.mark('kind', kind, doc.label(key))}{extra}</h1>"


def letter(rng: random.Random) -> Drawing:
    """A letter with place and date, discount and carriage between the sums."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(), doc.buyer()
    lines = draw_lines(rng, rng.choice(("fr.office", "fr.consult")), rng.randint(2, 5), ["20"])
    raw = of_lines(lines)
    cut = percent(raw.net, Decimal(rng.choice((3, 5, 10))))
    port = Decimal(rng.choice(("12.00", "18.50", "25.00")))
    sums = totals([(VAT20, raw.net - cut + port)])
    before = [(doc.label("subtotal"), doc.money("", raw.net)), (doc.label("discount"), doc.money("", cut, sign="– ")), (doc.label("shipping"), doc.money("", port))]
    doc.trap("subtotal before discount", "shipping", "order date")
    number = doc.mark("number", doc.serial())
    place_date = f"{seller.city}, le {doc.day(doc.today, 'issue_date', rng.choice(('words', 'words', '%d/%m/%Y')))}"
    names = columns(doc, rates=rng.random() < 0.3)
    head = f'<div class="row"><div>{"<br>".join(doc.address("seller", seller))}<br>{seller.phone}</div></div>'
    side = rng.choice(("margin-left:95mm", "margin-left:105mm"))
    to = f'<div style="{side}">{"<br>".join(doc.address("buyer", buyer))}<div class="gap"></div>{place_date}</div>'
    ref = rng.choice((f"<p><b>Objet :</b> {doc.mark('kind', 'invoice', 'facture')} n° {number} – v/commande {doc.serial(doc.before(9, 40))} du {doc.day(doc.before(9, 40))}</p>",
                      f"<p>{doc.mark('kind', 'invoice', rng.choice(('FACTURE', 'Facture')))} {number}</p><p>Suite à votre commande du {doc.day(doc.before(9, 40))} (bon {rng.randint(2000, 8000)}).</p>"))
    hello = "<p>Madame, Monsieur,</p><p>Nous vous prions de trouver ci-dessous le détail de nos fournitures.</p>"
    due = f"<p>{doc.label('due')} {doc.day(doc.later(15, 60), 'due_date')} par virement.</p>" if rng.random() < 0.5 else "<p>Paiement : 45 jours fin de mois, par virement.</p>"
    sign = f'<div class="r" style="margin-right:20mm">{person(rng, "FR")}<br><i>Service comptabilité</i></div>'
    foot = columns_foot(doc, [[" – ".join(identity(doc, seller, contact=False))]])
    rows = sum_rows(doc, sums, before=before, due=sums.gross if rng.random() < 0.4 else None)
    return doc.finish(page(doc, [head + to + ref + hello + lines_table(doc, lines, names) + sums_block(doc, rows) + due + stamp(doc) + sign + terms(doc) + foot]))


def logo_foot(rng: random.Random) -> Drawing:
    """The seller stands as a drawn logo and in the foot only; sums in a strip."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(), doc.buyer()
    two = rng.random() < 0.5
    lines = draw_lines(rng, "fr.office", rng.randint(3, 7), ["20", "5.5"] if two else ["20"], discounts=True)
    sums = of_lines(lines)
    names = columns(doc, rates=two, cut=True)
    items = head_items(doc, traps=rng.randint(2, 4), due=rng.random() < 0.7)
    delivery = doc.buyer()
    ship = f'<div class="small"><span class="key">Lieu de livraison</span><br>{delivery.name}<br>{delivery.street}<br>{delivery.zip} {delivery.city}</div>'
    doc.trap("delivery address")
    to = f'<div class="box"><span class="key">{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer))}<br><span class="small">{doc.label("vatno")} {doc.vat_number("buyer", buyer)}</span></div>'
    doc.trap("buyer VAT number")
    rows = sum_rows(doc, sums, per_rate=not two, due=sums.gross if rng.random() < 0.5 else None)
    if rng.random() < 0.5:
        rows.insert(0, ("Poids kg", doc.number(Decimal(rng.randint(90, 4000)) / 10)))
        doc.trap("weight in the strip of sums")
    strip = sums_strip(doc, rows)
    rates = rate_table(doc, sums, letters=rng.random() < 0.5) if two else ""
    foot = columns_foot(doc, [[" ".join([doc.mark("seller.name", seller.name), "–", *doc.address("seller", seller, skip=("name",))])], identity(doc, seller, contact=True)])
    top = [logo(doc, seller.root, rng.randint(28, 46)), title(doc)]
    body = f'<div class="row">{"".join(rng.sample(top, 2))}</div><div class="gap"></div>' + meta(doc, items)
    body += f'<div class="row" style="margin-top:5mm">{"".join(rng.sample([ship, to], 2))}</div>'
    body += lines_table(doc, lines, names) + stamp(doc) + strip + f"<div class=gap></div>{rates}" + terms(doc) + foot + maker(doc)
    return doc.finish(page(doc, [body]))


def craftsman(rng: random.Random) -> Drawing:
    """Works at several rates with quote, site, deposit and money held back."""
    doc = Doc(rng, "fr", "FR")
    seller = doc.seller(rng.choice(("Plomberie", "Menuiserie", "Électricité Générale", "Peinture & Sols", "Couverture")))
    buyer = doc.buyer(private=rng.random() < 0.6)
    lines = draw_lines(rng, "fr.craft", rng.randint(4, 7), rng.choice((["10", "20"], ["10", "5.5"], ["20", "10", "5.5"], ["10"])))
    sums = of_lines(lines)
    quote_day = doc.before(40, 120)
    doc.trap("quote", "site address", "deposit invoice")
    site = f"Chantier : {doc.buyer().street}, {rng.choice(('rdc', '2e étage', 'bât. C'))} – travaux du {doc.day(doc.before(20, 30))} au {doc.day(doc.before(2, 12))}"
    quote = f"Devis n° D{quote_day:%y}-{rng.randint(11, 99)} signé le {doc.day(quote_day)}, montant {doc.money('', cents(sums.gross * Decimal('1.08')))} TTC"
    held = percent(sums.gross, Decimal(5)) if rng.random() < 0.5 else None
    paid = percent(sums.gross, Decimal(rng.choice((20, 30, 40)))) if held is None or rng.random() < 0.5 else None
    rows = sum_rows(doc, sums, vat_total=len(sums.shares) > 1 and rng.random() < 0.5)
    due = sums.gross
    if held is not None:
        doc.trap("retention")
        rows.append(("Retenue de garantie 5 %", doc.money("", held, sign="– ")))
        due -= held
    if paid is not None:
        rows.append((f"{doc.label('prepaid')} – facture {doc.serial(quote_day)} du {doc.day(quote_day)}", doc.money("prepaid", paid, sign="– ")))
        due -= paid
    rows.append((doc.label("pay"), doc.money("amount_due", due)))
    items = head_items(doc, due=rng.random() < 0.5, traps=1)
    who = f'<div>{logo(doc, seller.root, 24) if rng.random() < 0.4 else ""}<div style="font-size:1.3em">{"<br>".join(doc.address("seller", seller)[:1])}</div>{"<br>".join(doc.address("seller", seller, skip=("name",)))}<br>{seller.phone}<br><span class="small">{" · ".join(identity(doc, seller, bank=False, contact=False))}</span></div>'
    to = f'<div class="box" style="min-width:70mm"><span class="key">{doc.label("to")}</span><br>{"<br>".join(doc.address("buyer", buyer))}</div>'
    pair = rng.sample([who, to], 2) if rng.random() < 0.3 else [who, to]
    rates = rate_table(doc, sums) if len(sums.shares) > 1 else ""
    insurance = "" if rng.random() < 0.5 else f'<p class="tiny">Assurance décennale Mutuelle du Grand Plessis, contrat {rng.randint(100000, 999999)}, valable jusqu\'au {doc.day(doc.later(90, 300))}. TVA à taux réduit : attestation remise.</p>'
    pay = f'<p class="small">Règlement : {doc.label("iban")} {doc.iban(seller, broken=rng.random() < 0.5)}</p>'
    body = f'<div class="row">{"".join(pair)}</div><div class=gap></div>' + title(doc) + meta(doc, items) + f"<p>{quote}<br>{site}</p>"
    body += lines_table(doc, lines, columns(doc)) + f'<div class="row"><div>{rates}{stamp(doc)}</div>{sums_block(doc, rows)}</div>' + pay + insurance + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def situation(rng: random.Random) -> Drawing:
    """A progress invoice: contract, cumulated and earlier work stand beside the present one."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(rng.choice(("Bâtiment", "Maçonnerie", "Charpente"))), doc.buyer()
    count = rng.randint(2, 4)
    lots = rng.sample(["Installation de chantier", "Gros œuvre – fondations", "Charpente bois", "Couverture ardoise", "Cloisons et doublages", "Réseaux enterrés"], rng.randint(3, 5))
    rows, now, past, whole = [["Lot", "→Marché HT", "→% cumulé", "→Cumul HT", "→Situations préc.", "→Présente situation"]], Decimal(0), Decimal(0), Decimal(0)
    for place, lot in enumerate(lots):
        market = Decimal(rng.randint(40, 320) * 100)
        old, new = rng.choice((20, 30, 40)), rng.choice((60, 70, 85, 100))
        part = market * (new - old) / 100
        name, amount = doc.mark(f"lines.{place}.name", lot), doc.mark(f"lines.{place}.net", f"{part:.2f}", doc.number(part))
        rows.append([name, "→" + doc.number(market), f"→{new} %", "→" + doc.number(market * new / 100), "→" + doc.number(market * old / 100), "→" + amount])
        now, past, whole = now + part, past + market * old / 100, whole + market
    sums, before = totals([(VAT20, now)]), totals([(VAT20, past)])
    total = totals([(VAT20, now + past)])
    doc.trap("cumulated sums", "earlier progress sums", "contract amount", "market date")
    def money(value: Decimal, field: str = "") -> str:
        return "→" + doc.money(field, value)
    grid = [["", "→Cumul", "→Précédent", "→Situation"],
            [doc.label("net"), money(total.net), money(before.net), money(sums.net, "total_net vat_breakdown.0.base")],
            [f"TVA {doc.rate(VAT20, 'vat_breakdown.0.rate')}", money(total.vat), money(before.vat), money(sums.vat, "total_vat vat_breakdown.0.amount")],
            [doc.label("gross"), money(total.gross), money(before.gross), money(sums.gross, "total_gross")]]
    held = percent(sums.gross, Decimal(5))
    tail = ""
    if rng.random() < 0.7:
        grid.append(["Retenue de garantie 5 %", "", "", money(held)])
        doc.trap("retention")
        tail = f'<p class="r"><b>{doc.label("pay")} : {doc.money("amount_due", sums.gross - held)}</b></p>'
    items = head_items(doc, traps=1)
    header = f'<div class="row"><div><b>{"<br>".join(doc.address("seller", seller))}</b><div class="small">{"<br>".join(identity(doc, seller, bank=False))}</div></div><div><span class="key">Maître d\'ouvrage</span><br>{"<br>".join(doc.address("buyer", buyer))}<br><br><span class="small">Maître d\'œuvre : Atelier {person(rng, "FR")}, architecte</span></div></div>'
    doc.trap("architect's name")
    head = title(doc, extra=f" – situation n° {count}")
    contract = f"<p>Marché n° {rng.randint(20, 99)}-{rng.randint(100, 999)} notifié le {doc.day(doc.before(120, 300))}. Travaux arrêtés au {doc.day(doc.before(1, 8))}.</p>"
    note = f'<p class="small">{doc.currency_note()}</p>' if doc.place == "none" else ""
    body = header + head + meta(doc, items) + contract + table(rows, "lines", head=True) + note + table(grid, "sum box", head=True) + tail + stamp(doc)
    body += f'<p class="small">{doc.label("iban")} : {doc.iban(seller)}</p>' + terms(doc) + maker(doc)
    return doc.finish(page(doc, [body]))


def freelancer(rng: random.Random) -> Drawing:
    """A small business without VAT (art. 293 B), often with the sum in a sentence."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(private=True), doc.buyer()
    lines = [Line(name=x.name, quantity=x.quantity, price=x.price, rate=Decimal(0), unit=x.unit, code=x.code) for x in draw_lines(rng, "fr.consult", rng.randint(1, 4), ["20"])]
    total = of_lines(lines).net
    mention = rng.choice(("TVA non applicable, art. 293 B du CGI", "TVA non applicable – article 293 B du code général des impôts", "Exonéré de TVA (293 B CGI)"))
    exempt = f"<i>{doc.mark('total_vat', '0.00', mention)}</i>"
    number = doc.mark("number", doc.serial())
    sentence = rng.random() < 0.5
    fields = rng.choice(("total_gross total_net", "total_gross total_net amount_due"))
    word = "à payer" if "due" in fields else "total"
    amount = doc.money(fields, total, place=rng.choice(("after", "after", "before")))
    if sentence:
        end = f"<p>Le montant {word} de la présente note s'élève à <b>{amount}</b>. {exempt}.</p>"
    else:
        end = table([["Total" if word == "total" else "Total à payer", "→" + amount]], "sum", "font-size:1.2em") + f'<p class="r">{exempt}</p>'
    due = doc.day(doc.later(15, 45), "due_date")
    pay = rng.choice((f"<p>Merci de régler cette somme avant le {due}, sur le compte :<br>{doc.iban(seller, broken=rng.random() < 0.5)}</p>", f"<p>Règlement à réception, virement : {doc.iban(seller)} ({seller.bic})</p>"))
    head = rng.choice((f"<h1>{doc.mark('kind', 'invoice', rng.choice(('Facture', 'FACTURE')))} {rng.choice(('#', 'n°', 'Nº', ''))} {number}</h1><p>{doc.day(doc.today, 'issue_date', 'words')}</p>",
                       f"<h1>{doc.mark('kind', 'invoice', 'Facture')}</h1><p>{number} – {seller.city}, le {doc.day(doc.today, 'issue_date')}</p>"))
    last = doc.before(25, 60)
    doc.trap("reminder of an older invoice", "mission dates")
    other = rng.choice((f"<p class=small>Rappel : ma facture {doc.serial(last)} du {doc.day(last)} ({doc.money('', cents(total * Decimal('0.6')), place='after')}) reste en attente de règlement.</p>", ""))
    mission = f"<p>Mission réalisée du {doc.day(doc.before(30, 40))} au {doc.day(doc.before(2, 9))}, selon proposition du {doc.day(doc.before(50, 80))}.</p>"
    who = f"<div>{'<br>'.join(doc.address('seller', seller))}<br>{seller.email}<br>{' – '.join(identity(doc, seller, vat=False, bank=False, contact=False))}<br><span class=small>{rng.choice(('Entrepreneur individuel', 'EI – micro-entreprise', 'Auto-entrepreneur'))}</span></div>"
    to = f"<div><span class=key>{doc.label('to')}</span><br>{'<br>'.join(doc.address('buyer', buyer))}<br><span class=small>TVA {doc.vat_number('buyer', buyer)}</span></div>"
    doc.trap("buyer VAT number")
    blocks = [f'<div class="row">{who}{to}</div>', head]
    body = "<div class=gap></div>".join(rng.sample(blocks, 2)) + mission + lines_table(doc, lines, columns(doc, rates=False)) + end + pay + other + stamp(doc, 0.25) + terms(doc)
    return doc.finish(page(doc, [body]))


def wholesale(rng: random.Random) -> Drawing:
    """Two or three pages of goods with carried sums and an account in two lines."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(rng.choice(("Comptoir", "Grossiste", "Distribution"))), doc.buyer()
    lines = draw_lines(rng, "fr.office", rng.randint(26, 44), ["20", "5.5", "20"])
    sums, names = of_lines(lines), columns(doc)
    doc.trap("carry-over", "second page head")
    items = head_items(doc, traps=3)
    sizes = [rng.randint(14, 17), rng.randint(18, 22)]
    parts, place = [], 0
    for size in [*sizes, len(lines)]:
        if lines[place : place + size]:
            parts.append((place, lines[place : place + size]))
        place += size
    foot_ids = identity(doc, seller, broken=True)
    sheets = []
    for index, (start, part) in enumerate(parts):
        carried, reached = sum((x.net for x in lines[:start]), Decimal(0)), sum((x.net for x in lines[: start + len(part)]), Decimal(0))
        final = index == len(parts) - 1
        goods = lines_table(doc, part, names, start=start, before=[doc.number(carried)] if index else [], after=[] if final else [doc.number(reached)])
        top = f'<div class="row"><div>{logo(doc, seller.root, 22)}<br><span class="small">{" – ".join(doc.address("seller", seller))}</span></div><div class="r">{doc.label("page")} {index + 1}/{len(parts)}</div></div>'
        if index == 0:
            top += f'<div class="row">{meta(doc, items, rng.choice(("pairs", "colon", "box")))}<div>{"<br>".join(doc.address("buyer", buyer))}</div></div>' + title(doc)
        else:
            top += f'<p class="small">Suite {doc.label("invoice")} {doc.mark("number", doc.flat["number"])} du {doc.day(doc.today, "issue_date")}</p>'
        end = wholesale_end(doc, sums) if final else ""
        sheets.append(top + goods + end + columns_foot(doc, [foot_ids[: len(foot_ids) // 2], foot_ids[len(foot_ids) // 2 :]]))
    return doc.finish(page(doc, sheets))


def wholesale_end(doc: Doc, sums: Totals) -> str:
    """The sums and an early-payment discount at the end of the last page."""
    rng = doc.rng
    rows = sum_rows(doc, sums, per_rate=False, due=sums.gross if rng.random() < 0.5 else None)
    shape = sums_strip(doc, rows) if rng.random() < 0.6 else sums_block(doc, rows)
    early = percent(sums.gross, Decimal(2))
    doc.trap("early payment amount")
    text = f'<p class="small">Escompte 2 % pour règlement sous 8 jours, soit {doc.money("", sums.gross - early, place="after")}.</p>'
    return rate_table(doc, sums, letters=rng.random() < 0.4) + "<div class=gap></div>" + shape + text + stamp(doc) + terms(doc)


FAMILIES = {"fr_letter": letter, "fr_logo_foot": logo_foot, "fr_craftsman": craftsman, "fr_situation": situation, "fr_freelancer": freelancer, "fr_wholesale": wholesale}
