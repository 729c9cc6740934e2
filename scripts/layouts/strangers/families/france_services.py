"""French bills of utilities, telecom, hotels, doctors, associations and dealers."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from drawing import Drawing

from .blocks import head_items, identity, maker, sum_rows, sums_block, sums_strip, terms
from .document import Doc
from .france import VAT10, VAT20, VAT55, title
from .look import columns_foot, logo, meta, page, shuffled, stamp, table
from .sums import Line, cents, of_lines, percent, random_amount


def electricity(rng: random.Random) -> Drawing:
    """Power with meter readings, taxes, the last bill and the state of the account."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(rng.choice(("Énergie", "Lumière", "Électrons"))), doc.buyer(private=rng.random() < 0.6)
    start, end = doc.before(64, 70), doc.before(4, 8)
    old, used = rng.randint(9000, 60000), rng.randint(180, 2900)
    peak = used * 6 // 10
    price1, price2 = Decimal(rng.randint(1300, 2100)) / 10000, Decimal(rng.randint(900, 1290)) / 10000
    sub, duty = random_amount(rng, 18, 40), cents(Decimal(used) * Decimal("0.02998"))
    parts = [Line(name="Consommation heures pleines", quantity=Decimal(peak), price=price1, rate=VAT20, unit="kWh"),
             Line(name="Consommation heures creuses", quantity=Decimal(used - peak), price=price2, rate=VAT20, unit="kWh"),
             Line(name=f"Abonnement {rng.choice((6, 9, 12))} kVA", quantity=Decimal(2), price=cents(sub / 2), rate=VAT20, unit="mois"),
             Line(name="Accise sur l'électricité", quantity=Decimal(1), price=duty, rate=VAT20)]
    sums = of_lines(parts)
    rows = [["", "→Ancien index", "→Nouvel index", "→Consommation", "→Prix unitaire HT", "→Montant HT"]]
    index = old
    for place, part in enumerate(parts):
        cells = doc.line(place, part)
        read = place < 2
        rows.append([cells["desc"], f"→{index}" if read else "", f"→{index + int(part.quantity)}" if read else "", f"→{cells['qty']} {part.unit}" if part.unit else "", "→" + cells["price"] if part.unit else "", "→" + cells["amount"]])
        index += rng.randint(3000, 9000)
    doc.trap("meter readings", "period dates", "previous bill", "account balance", "hotline number", "delivery point number")
    prior = cents(sums.gross * Decimal(rng.choice(("0.9", "1.12", "0.74"))))
    side = [("Réf. client", f"{rng.randint(1, 9)} {rng.randint(100, 999)} {rng.randint(100, 999)}"), ("Point de livraison", f"{rng.randint(10**13, 10**14 - 1)}"), ("N° compteur", f"{rng.randint(100, 999)} {rng.randint(1000, 9999)}"),
            ("Période", f"{doc.day(start)} – {doc.day(end)}"), ("Prochain relevé", doc.day(doc.later(50, 60)))]
    items = [(rng.choice(("Facture n°", "N° de facture", "Document")), doc.mark("number", f"{rng.randint(10**9, 10**10 - 1)}")), (rng.choice(("du", "Date", "Établie le")), doc.day(doc.today, "issue_date"))]
    big = f'<div class="box" style="font-size:1.4em;min-width:70mm">{rng.choice(("Montant à payer", "À payer", "Total à régler TTC"))}<br><b>{doc.money("amount_due", sums.gross, place="after")}</b><div style="font-size:.6em">avant le {doc.day(doc.later(14, 25), "due_date")} – prélèvement automatique</div></div>'
    recap = [("Facture précédente", f"{doc.money('', prior, place='after')} réglée le {doc.day(doc.before(40, 60))}"), ("Solde de votre compte avant cette facture", doc.money("", Decimal(0), place="after"))]
    first = f'<div class="row"><div>{logo(doc, seller.root, 30)}</div><div>{meta(doc, items, "colon")}</div></div>' + title(doc, extra=" d'électricité")
    first += f'<div class="row">{meta(doc, shuffled(rng, side), "pairs")}<div>{"<br>".join(doc.address("buyer", buyer))}</div></div><div class=gap></div><div class="row">{table(recap, "small")}{big}</div>'
    hot = f'<p class="small">Urgence dépannage 24h/24 : 09 69 {rng.randint(10, 99)} 00 00. Espace client : {seller.web}. Part d\'énergie renouvelable 2024 : {rng.randint(12, 60)} %. Consommation l\'an dernier sur la même période : {used + rng.randint(-80, 90)} kWh.</p>'
    note = f'<p class="tiny">{doc.currency_note()}</p>'
    detail = table(rows, "lines small", head=True) + note
    block = sums_block(doc, sum_rows(doc, sums))
    foot = columns_foot(doc, [doc.address("seller", seller), identity(doc, seller, contact=False)])
    two = rng.random() < 0.6
    sheets = [first + hot + foot, "<h2>Le détail de votre facture</h2>" + detail + block + terms(doc) + foot] if two else [first + detail + block + hot + stamp(doc, 0.3) + foot]
    return doc.finish(page(doc, sheets))


def water(rng: random.Random) -> Drawing:
    """Water and sewage: tax for each rate only, parts of other bodies with sub-totals."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(rng.choice(("Eaux du Val", "Régie des Eaux", "Société des Eaux"))), doc.buyer(private=True)
    used = Decimal(rng.randint(31, 190))
    def line(name: str, price: str, rate: Decimal) -> Line:
        return Line(name=name, quantity=used, price=Decimal(price), rate=rate, unit="m3")
    drinking = [Line(name="Abonnement semestriel eau", quantity=Decimal(1), price=random_amount(rng, 16, 34), rate=VAT55, unit="u"), line("Consommation eau potable", f"1.{rng.randint(1000, 9999)}", VAT55), line("Préservation des ressources", "0.0820", VAT55)]
    sewage = [line("Collecte et traitement des eaux usées", f"1.{rng.randint(1000, 6999)}", VAT10), line("Modernisation des réseaux (agence)", "0.1600", VAT10)]
    sums = of_lines(drinking + sewage)
    rows, place = [["", "→m³", "→Prix au m³", "→Montant HT", "→TVA"]], 0
    for name, group in (("DISTRIBUTION DE L'EAU", drinking), ("ASSAINISSEMENT", sewage)):
        rows.append([f"<b>{name}</b>", "", "", "", ""])
        for part in group:
            cells = doc.line(place, part)
            rows.append([cells["desc"], "→" + cells["qty"], "→" + cells["price"], "→" + cells["amount"], "→" + cells["rate"]])
            place += 1
        rows.append(["<i>Sous-total HT</i>", "", "", f"→<i>{doc.number(of_lines(group).net)}</i>", ""])
    doc.trap("sub-totals of parts", "meter readings", "sewage body", "hotline number")
    old = rng.randint(200, 2800)
    reading = [["Compteur", "Relevé du", "Index", "Relevé du", "Index", "Conso."], [f"{rng.choice('CDH')}{rng.randint(10, 25)}BA{rng.randint(100000, 999999)}", doc.day(doc.before(190, 200)), f"{old}", doc.day(doc.before(10, 20)), f"{old + int(used)}", f"{used} m3"]]
    sums_rows = sum_rows(doc, sums, vat_total=False, due=sums.gross if rng.random() < 0.5 else None)
    items = [("Facture", doc.mark("number", f"{doc.today:%Y}{rng.randint(100000, 999999)}")), ("Éditée le", doc.day(doc.today, "issue_date")), ("Date limite de paiement", doc.day(doc.later(14, 28), "due_date")), ("Abonné", f"{rng.randint(10000, 99999)}-{rng.randint(10, 99)}"), ("Lieu desservi", buyer.street)]
    who = f'<div><b>{doc.mark("kind", "invoice", rng.choice(("FACTURE", "Votre facture")))}</b> d\'eau<br>{"<br>".join(doc.address("seller", seller))}<div class=small>{"<br>".join(identity(doc, seller, bank=rng.random() < 0.4, contact=True))}</div></div>'
    to = f'<div style="align-self:flex-end">{"<br>".join(doc.address("buyer", buyer))}</div>'
    body = f'<div class="row">{who}{to}</div><div class=gap></div>' + meta(doc, shuffled(rng, items)) + table(reading, "small strip", "margin-top:4mm", head=True) + table(rows, "lines", head=True)
    body += (sums_strip if rng.random() < 0.4 else sums_block)(doc, sums_rows) + stamp(doc, 0.3) + f'<p class="small">Assainissement perçu pour le compte de la Communauté de communes. Facture estimée suivante : {doc.day(doc.later(170, 185))}.</p>' + terms(doc)
    return doc.finish(page(doc, [body]))


def telecom(rng: random.Random) -> Drawing:
    """Telephone lines, the customer in large, the seller in small."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(rng.choice(("Télécom", "Réseaux", "Mobile"))), doc.buyer()
    parts, rows = [], [["Ligne", "Forfait", "Période", "→HT"]]
    month = f"{doc.day(doc.before(30, 31), style='%d/%m')} au {doc.day(doc.today, style='%d/%m')}"
    for place in range(rng.randint(3, 7)):
        part = Line(name=rng.choice(("Forfait Pro 20 Go", "Forfait Pro 100 Go", "Fibre Entreprise 1 Gb/s", "Option internationale", "Ligne fixe SIP")), quantity=Decimal(1), price=random_amount(rng, 6, 49), rate=VAT20)
        cells = doc.line(place, part)
        rows.append([f"06 {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}", cells["desc"], month, "→" + cells["amount"]])
        parts.append(part)
    sums = of_lines(parts)
    doc.trap("line numbers", "contract number", "last month's amount", "hotline number")
    name = f'<div style="font-size:1.5em;font-weight:bold">{doc.address("buyer", buyer)[0]}</div>'
    to = f'<div>{name}{"<br>".join(doc.address("buyer", buyer, skip=("name",)))}</div>'
    due = doc.day(doc.later(10, 20), "due_date")
    items = [("Compte", f"{rng.randint(1, 9)}.{rng.randint(10000000, 99999999)}"), (rng.choice(("Facture", "N° facture", "Réf. facture")), doc.mark("number", f"{rng.choice('FAM')}{doc.today:%m%y}-{rng.randint(10000, 99999)}")), ("Date", doc.day(doc.today, "issue_date")), ("Contrat", f"PRO-{rng.randint(1000, 9999)} du {doc.day(doc.before(300, 600))}"), ("Prélèvement le", due)]
    last = cents(sums.gross * Decimal("0.93"))
    chart = table([["Vos derniers mois"], *[[f"{m} : {doc.money('', cents(last * Decimal(k)), place='after')} TTC"] for m, k in (("M-1", "1"), ("M-2", "1.07"), ("M-3", "0.88"))]], "small box", head=True)
    srows = sum_rows(doc, sums, due=sums.gross)
    foot = columns_foot(doc, [[f"{doc.mark('seller.name', seller.name)} – {doc.mark('seller.street', seller.street)} – {doc.mark('seller.zip', seller.zip)} {doc.mark('seller.city', seller.city)}<br>{' – '.join(identity(doc, seller, contact=False, bank=False))}"]])
    pieces = [f'<div class="row"><div>{logo(doc, seller.root, 26)}<br><span class=tiny>Service clients : 39{rng.randint(10, 99)} (appel gratuit)</span></div>{to}</div>', meta(doc, items, rng.choice(("over", "grid", "pairs")))]
    body = "<div class=gap></div>".join(pieces) + title(doc, extra=rng.choice((" mensuelle", " de vos services", ""))) + table(rows, "lines", head=True) + f'<div class="row">{chart}{sums_block(doc, srows)}</div>'
    return doc.finish(page(doc, [body + terms(doc) + foot + maker(doc)]))


def hotel(rng: random.Random) -> Drawing:
    """A folio with prices that hold the tax, tourist tax and what was paid."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(rng.choice(("Hôtel", "Auberge", "Relais"))), doc.buyer(private=rng.random() < 0.5)
    nights = rng.randint(1, 5)
    room, breakfast, bar = random_amount(rng, 68, 190), Decimal(rng.choice(("9.50", "14.00", "18.00"))), random_amount(rng, 8, 40)
    first = doc.today - timedelta(days=nights)
    rows, g10, g20 = [["Date", "Ch.", "Libellé", "→Débit", "→Crédit", "→Solde"]], Decimal(0), Decimal(0)
    tax, balance = cents(Decimal("1.65") * nights), Decimal(0)
    def entry(when: str, text: str, value: Decimal, *, credit: bool = False) -> None:
        nonlocal balance
        balance += -value if credit else value
        rows.append([when, str(number), text, "" if credit else "→" + doc.number(value), "→" + doc.number(value) if credit else "", "→" + doc.number(balance)])
    number = rng.randint(101, 428)
    for night in range(nights):
        when = doc.day(first + timedelta(days=night), style="%d/%m")
        entry(when, rng.choice(("Nuitée double", "Hébergement")), room)
        entry(when, "Petit déjeuner", breakfast)
        g10 += room + breakfast
    entry(doc.day(doc.today, style="%d/%m"), "Bar – alcools", bar)
    g20 += bar
    entry(doc.day(doc.today, style="%d/%m"), "Taxe de séjour (hors TVA)", tax)
    gross = balance
    paid = Decimal(rng.choice(("50.00", "80.00", "60.00"))) if rng.random() < 0.6 else None
    if paid:
        entry(doc.day(first, style="%d/%m"), "Arrhes CB", paid, credit=True)
    nets = [(VAT20, cents(g20 / Decimal("1.2"))), (VAT10, cents(g10 / Decimal("1.1"))), (Decimal(0), tax)]
    vats = [g20 - nets[0][1], g10 - nets[1][1], Decimal("0.00")]
    net, vat = sum((b for _, b in nets), Decimal(0)), sum(vats, Decimal(0))
    table_rows = [["Taux", "→HT", "→TVA", "→TTC"]]
    for place, ((rate, base), amount) in enumerate(zip(nets, vats, strict=True)):
        key = f"vat_breakdown.{place}"
        table_rows.append([doc.rate(rate, f"{key}.rate"), "→" + doc.mark(f"{key}.base", f"{base:.2f}", doc.number(base)), "→" + doc.mark(f"{key}.amount", f"{amount:.2f}", doc.number(amount)), "→" + doc.number(base + amount)])
    table_rows.append(["Total", "→" + doc.mark("total_net", f"{net:.2f}", doc.number(net)), "→" + doc.mark("total_vat", f"{vat:.2f}", doc.number(vat)), "→" + doc.money("total_gross", gross, place="after")])
    doc.trap("running balance", "arrival and departure dates", "tourist tax", "room number", "booking number")
    end = f'<p class="r" style="font-size:1.2em">{rng.choice(("Reste à payer", "Solde dû", "Solde à régler"))} <b>{doc.money("amount_due", gross - (paid or Decimal(0)), place="after")}</b></p>'
    if paid:
        end = f'<p class="r">{rng.choice(("Arrhes versées", "Déjà réglé"))} {doc.money("prepaid", paid, place="after")}</p>' + end
    items = [(rng.choice(("Facture", "Folio / facture n°")), doc.mark("number", doc.serial())), ("Éditée le", doc.day(doc.today, "issue_date")), ("Arrivée", doc.day(first)), ("Départ", doc.day(doc.today)), ("Réservation", f"BK{rng.randint(10**7, 10**8)}"), ("Réception", rng.choice(("Maud", "Kévin", "Salomé")))]
    who = f'<div class="c" style="width:100%"><div style="font-size:1.6em">{doc.mark("seller.name", seller.name)}</div>{" – ".join(doc.address("seller", seller, skip=("name",)))}<br>{seller.phone}</div>'
    to = f'<div><span class="key">Client</span><br>{"<br>".join(doc.address("buyer", buyer))}</div>'
    body = who + "<div class=gap></div>" + f'<div class="row">{meta(doc, shuffled(rng, items), rng.choice(("pairs", "colon")))}{to}</div>' + f'<h1>{doc.mark("kind", "invoice", rng.choice(("FACTURE", "Note d’hôtel", "Facture")))}</h1>' + table(rows, "lines", head=True)
    body += table(table_rows, "small box", head=True) + end + stamp(doc, 0.3) + columns_foot(doc, [identity(doc, seller)])
    return doc.finish(page(doc, [body]))


def medical(rng: random.Random) -> Drawing:
    """A liberal profession without VAT: acts of several days, a share borne by others."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(private=True), doc.buyer(private=True)
    job = rng.choice(("Psychologue clinicienne", "Ostéopathe D.O.", "Orthophoniste", "Sage-femme", "Diététicienne"))
    rows, total = [["Date", "Acte", "→Honoraires"]], Decimal(0)
    for place in range(rng.randint(1, 5)):
        fee = Decimal(rng.choice(("45.00", "60.00", "55.00", "70.00", "38.50")))
        key = f"lines.{place}"
        name = rng.choice(("Séance individuelle 50 min", "Bilan initial", "Consultation de suivi", "Séance à domicile (AMI 3,5)"))
        rows.append([doc.day(doc.before(2 + place, 30)), doc.mark(f"{key}.name", name), "→" + doc.mark(f"{key}.net", f"{fee:.2f}", doc.number(fee))])
        total += fee
    mention = rng.choice(("Exonération de TVA – art. 261-4-1° du CGI", "Actes exonérés de TVA, article 261, 4, 1° du CGI"))
    exempt = doc.mark("total_vat", "0.00", mention)
    doc.trap("dates of acts", "professional number", "patient's number", "appointment date")
    fields = "total_gross total_net"
    paid = rng.random() < 0.5
    amount = doc.money(fields, total, place="after")
    end = f'<p class="r"><b>{rng.choice(("Total des honoraires", "Montant total", "Total"))} : {amount}</b></p>'
    end += f"<p>Reçu {rng.choice(('par carte', 'en espèces', 'par chèque'))} le {doc.day(doc.today)}, pour acquit.</p>" if paid else f"<p>À régler par virement {doc.iban(seller, broken=True)}</p>"
    who = f'<div><b>{doc.mark("seller.name", seller.name)}</b><br>{job}<br>{"<br>".join(doc.address("seller", seller, skip=("name",)))}<br>N° ADELI {rng.randint(10**8, 10**9)}<br>{" ".join(identity(doc, seller, vat=False, bank=False, contact=False))}</div>'
    to = f'<div>Patient(e) : {"<br>".join(doc.address("buyer", buyer))}<br><span class=small>né(e) le {rng.randint(10, 28)}/0{rng.randint(1, 9)}/19{rng.randint(50, 99)}</span></div>'
    head = f'<h1>{doc.mark("kind", "invoice", rng.choice(("Note d’honoraires", "Facture", "FACTURE D’HONORAIRES")))} {doc.mark("number", doc.serial())}</h1>'
    where = f'<p class="r">{seller.city}, le {doc.day(doc.today, "issue_date", rng.choice(("words", "%d/%m/%Y", "%d.%m.%y")))}</p>'
    body = f'<div class="row">{who}{to}</div><div class=gap></div>{where}{head}' + table(rows, "lines", head=True) + end + f"<p class=small>{exempt}</p>" + f"<p class=small>Prochain rendez-vous : {doc.day(doc.later(7, 30))}. Membre d'une association agréée, règlement par chèque accepté.</p>"
    return doc.finish(page(doc, [body + stamp(doc, 0.3)]))


def association(rng: random.Random) -> Drawing:
    """A membership fee with last year's amount and a slip to send back."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(), doc.buyer()
    club = f"{rng.choice(('Association', 'Amicale', 'Fédération', 'Syndicat'))} {rng.choice(('des loueurs', 'des artisans', 'des vignerons'))} de {seller.root}"
    seller = replace(seller, name=club, private=True)
    fee, extra = Decimal(rng.choice(("80.00", "120.00", "45.00", "260.00"))), Decimal(rng.choice(("15.00", "22.00", "0.00")))
    total = fee + extra
    year = doc.today.year
    lines = [f"<tr><td>{doc.mark('lines.0.name', f'Cotisation annuelle {year}')}</td><td class=r>{doc.mark('lines.0.net', f'{fee:.2f}', doc.number(fee))}</td></tr>"]
    if extra:
        lines.append(f"<tr><td>{doc.mark('lines.1.name', 'Abonnement à la revue (4 numéros)')}</td><td class=r>{doc.mark('lines.1.net', f'{extra:.2f}', doc.number(extra))}</td></tr>")
    doc.trap("last year's amount", "return slip with the amount again", "date of the assembly", "declaration date")
    amount = doc.money("total_gross total_net amount_due", total, place="after")
    due = doc.day(doc.later(20, 50), "due_date")
    number = doc.mark("number", f"{rng.choice(('COT', 'AD', 'F'))}{year}-{rng.randint(10, 999)}")
    exempt = doc.mark("total_vat", "0.00", rng.choice(("Association non assujettie à la TVA", "Exonérée de TVA – art. 261-7-1° du CGI")))
    head = f'<div class="c"><div style="font-size:1.5em" class=hl>{doc.mark("seller.name", seller.name)}</div>Association loi 1901 déclarée le 12/04/{rng.randint(1975, 2012)} – {" ".join(doc.address("seller", seller, skip=("name",)))}<br><span class=small>{" – ".join(identity(doc, seller, vat=False, bank=False))}</span></div>'
    to = f'<div style="margin-left:100mm">{"<br>".join(doc.address("buyer", buyer))}</div><p>Adhérent n° {rng.randint(10, 4000)}</p>'
    text = f'<h1>{doc.mark("kind", "invoice", "Facture")} – appel de cotisation</h1><p>N° {number}, {rng.choice(("du", "émise le", "le"))} {doc.day(doc.today, "issue_date")}</p>'
    pay = f"<p>Total à régler avant le {due} : <b>{amount}</b> ({exempt}), pour rappel {year - 1} : {doc.money('', fee - 5, place='after')}. L'assemblée générale se tiendra le {doc.day(doc.later(60, 90), style='words')}.</p><p>Virement : {doc.iban(seller)}</p>"
    slip = f'<div style="border-top:1px dashed #000;margin-top:10mm;padding-top:3mm" class="small">Talon à joindre à votre règlement – {doc.mark("buyer.name", buyer.name)} – réf. {number} – {amount}</div>'
    return doc.finish(page(doc, [head + "<div class=gap></div>" + to + text + f'<table class="lines">{"".join(lines)}</table>' + pay + stamp(doc) + f'<div class="foot">{slip}</div>']))


def margin(rng: random.Random) -> Drawing:
    """A dealer of second-hand goods under the margin scheme: one price, no tax shown."""
    doc = Doc(rng, "fr", "FR")
    seller, buyer = doc.seller(rng.choice(("Automobiles", "Antiquités", "Brocante", "Cycles d'occasion"))), doc.buyer(private=rng.random() < 0.7)
    price = Decimal(rng.randint(90, 1890) * 10)
    fee = Decimal(rng.choice(("0", "49.00", "120.00")))
    total = price + fee
    item = rng.choice(("Commode Louis-Philippe, noyer, vers 1850", "Berline 1.5 dCi 110 – 124 300 km", "Vélo de route carbone T54", "Paire de fauteuils cannés", "Utilitaire 9 m3 – 88 120 km"))
    rows = [[doc.label("desc"), "→Prix"], [doc.mark("lines.0.name", item), "→" + doc.mark("lines.0.net", f"{price:.2f}", doc.number(price))]]
    if fee:
        rows.append([doc.mark("lines.1.name", "Frais de mise à disposition"), "→" + doc.mark("lines.1.net", f"{fee:.2f}", doc.number(fee))])
    paid = percent(total, Decimal(10)) if rng.random() < 0.6 else None
    amount = doc.money("total_gross total_net", total, place="after")
    end = [[rng.choice(("Total", "Prix total", "Montant de la vente")), "→" + amount]]
    if paid is not None:
        end += [[f"Acompte chèque n° {rng.randint(1000000, 9999999)}", "→" + doc.money("prepaid", paid, place="after", sign="- ")], [doc.label("pay"), "→" + doc.money("amount_due", total - paid, place="after")]]
    regime = doc.mark("total_vat", "0.00", rng.choice(("TVA sur marge – art. 297 A du CGI, TVA non récupérable", "Régime particulier – Biens d'occasion (297 A CGI)")))
    doc.trap("first registration date", "chassis number", "cheque number", "price bought new")
    info = f"<p class=small>Prix estimé {doc.money('', price * 2 + 400, place='after')} – provenance : succession, vente du {doc.day(doc.before(60, 90))}</p>" if "km" not in item else f"<p class=small>1re mise en circulation {doc.day(doc.before(1500, 2800))} – n° de série VF{rng.randint(10**9, 10**10)}K – prix neuf d'origine {doc.money('', price * 2 + 400, place='after')} – certificat de cession du {doc.day(doc.before(1, 3))}</p>"
    items = head_items(doc, due=False, traps=1)
    who = f'<div>{logo(doc, seller.root, 26)}<br>{"<br>".join(doc.address("seller", seller))}<br><span class="small">{"<br>".join(identity(doc, seller, bank=False))}</span></div>'
    to = f'<div class="box">{doc.label("to")} : {"<br>".join(doc.address("buyer", buyer))}</div>'
    body = f'<div class="row">{who}<div>{title(doc)}{meta(doc, items, rng.choice(("pairs", "colon", "box")))}</div></div><div class=gap></div>{to}' + table(rows, "lines", head=True) + info + table(end, "sum") + f"<p><i>{regime}</i></p>" + stamp(doc) + terms(doc)
    return doc.finish(page(doc, [body]))


FAMILIES = {"fr_electricity": electricity, "fr_water": water, "fr_telecom": telecom, "fr_hotel": hotel, "fr_medical": medical, "fr_association": association, "fr_margin": margin}
