"""Polish invoices."""

import random
from decimal import Decimal

from drawing import Drawing

from families.bill import bill
from families.look import MONO, SANS, SERIF, foot, logo, sheet
from families.numbers import digits, grouped
from families.paper import Paper
from families.places import PEOPLE, firm, pick

FOODS = "Mąka pszenna typ 500 25 kg;szt.;38;52;12;5|Drożdże świeże 1 kg;szt.;9;14;10;5|Folia spożywcza;rol.;14;22;5;23|Płyn do mycia 5 l;szt.;19;31;4;23|Cukier biały 10 kg;szt.;34;48;6;8"
CODE = "Prace programistyczne;godz.;120;190;80|Utrzymanie serwera;mies.;300;520;1|Audyt bezpieczeństwa;szt.;1800;3600;1"
BUILD = "Roboty elektryczne – budynek B;kpl.;8200;16500;1|Okablowanie strukturalne;pkt;90;140;40"
STEEL = "Blacha trapezowa T-18;m²;28;44;90|Wkręt farmerski 4,8x35 (250 szt.);op.;32;49;6|Obróbka blacharska kalenica;mb;19;29;24|Transport;usł.;120;240;1"


def pl_hurtownia(rng: random.Random) -> Drawing:
    """A wholesaler with net, rate, tax and gross in every line, sums per rate below, paid in part."""
    sale = bill(rng, FOODS, "5", count=(3, 5))
    p = Paper(
        rng,
        "pl",
        seller=firm(rng, "PL", "Hurtownia {s} Sp. z o.o.|PIEKPOL Sp. j."),
        buyer=firm(rng, "PL"),
        bill=sale,
        number=f"FV/{digits(rng, 4)}/MM/YYYY",
        dates="DD.MM.YYYY",
        style="fr",
        currency="PLN",
        money="{} zł",
    )
    paid = sale.deposit(rng)
    p.set(
        prepaid=paid,
        amount_due=sale.gross - paid,
        due_date=p.after(14),
        delivery_date=p.after(-1),
        wz=f"WZ {digits(rng, 5)}",
        bdo=digits(rng, 9),
        regon=p.seller.legal_id,
    )
    rows = ""
    for i, line in enumerate(sale.lines):
        rows += f'<tr><td>{i + 1}</td><td>{p.cell(i, line, "name")}</td><td class="r">{p.cell(i, line, "qty")}</td><td>{line.unit}</td><td class="r">{p.cell(i, line, "n.price")}</td><td class="r">{p.cell(i, line, "n.net")}</td><td class="r">{p.cell(i, line, "rate%")}</td></tr>'
    body = (
        '<table><tr><td style="width:50%">'
        + logo(rng, size=40)
        + '</td><td class="r">{seller.city}, dnia {issue_date}<br>Data dostawy: {delivery_date}</td></tr></table><div class="c"><h1>‹Faktura VAT nr|Faktura nr|FAKTURA› {number}</h1>oryginał</div><br><table class="k"><tr><td style="width:50%"><span class="g">Sprzedawca</span><br><b>{seller.name}</b><br>{seller.street}, {seller.zip} {seller.city}<br>NIP {seller.vat_id:xxx-xxx-xx-xx}<br>REGON {regon}, BDO {bdo}</td><td><span class="g">Nabywca</span><br><b>{buyer.name}</b><br>{buyer.street}, {buyer.zip} {buyer.city}<br>NIP {buyer.vat_id:xxx-xxx-xx-xx}</td></tr></table><p>Dokument magazynowy {wz}</p>'
        '<table class="k lines"><tr><th>Lp.</th><th>Nazwa towaru</th><th class="r">Ilość</th><th>J.m.</th><th class="r">Cena netto</th><th class="r">Wartość netto</th><th class="r">VAT</th></tr>'
        + rows
        + '</table><br><table class="k" style="width:70%;margin-left:auto"><tr><th>Stawka</th><th class="r">Netto</th><th class="r">Kwota VAT</th><th class="r">Brutto</th></tr>'
        + p.parts(
            '<tr><td>{rate}%</td><td class="r">{base:n}</td><td class="r">{amount:n}</td><td class="r">{gross:n}</td></tr>'
        )
        + '<tr class="b"><td>Razem</td><td class="r">{total_net:n}</td><td class="r">{total_vat:n}</td><td class="r">{total_gross:n}</td></tr></table>'
        "<p>Zapłacono gotówką: {prepaid}<br><b>‹Pozostaje do zapłaty:|Do zapłaty:|Pozostało:› {amount_due}</b><br>Termin płatności: {due_date}, przelew na rachunek {iban}</p>"
    )
    css = sheet(
        SANS,
        "8.5pt",
        "14mm",
        ".k td,.k th{border:1px solid #777}.lines th{background:#eee}td.r{white-space:normal}",
    )
    return p.drawing(body, css, "warehouse document", "statistical numbers", "place and day in one line")


def pl_software(rng: random.Random) -> Drawing:
    """A programmer's bill for a client abroad: reverse charge, euro, the value in zloty by a bank's table."""
    work = bill(rng, CODE, "0", count=(1, 2))
    p = Paper(
        rng,
        "pl",
        engine="typst",
        seller=firm(rng, "PL", "{p} Software|Bitowo Sp. z o.o."),
        buyer=firm(rng, "DE"),
        bill=work,
        number=f"{rng.randint(1, 30)}/MM/YYYY",
        dates="YYYY-MM-DD",
        style="fr",
        money="{} EUR",
    )
    p.exempt()
    p.set(
        due_date=p.after(14),
        delivery_date=p.after(-3),
        rate="4,3187",
        table=f"{rng.randint(20, 250)}/A/NBP",
        pln=work.gross * Decimal("4.3187"),
    )
    rows = "".join(
        ", ".join(f"[{cell}]" for cell in row) + ",\n" for row in p.rows("name qty_unit price net")
    )
    body = (
        "#text(20pt)[Faktura] #text(12pt, fill: gray)[Invoice] #h(1fr) *{number}*\n#line(length: 100%)\n#grid(columns: (1fr, 1fr, 1fr), [_‹Wystawiono|Data wystawienia|Data›_ \\ {issue_date}], [_Data wykonania usługi_ \\ {delivery_date}], [_‹Płatne do|Termin płatności|Zapłata do›_ \\ {due_date}])\n#v(14pt)\n#grid(columns: (1fr, 1fr), [_Wystawca_ \\ *{seller.name}* \\ {seller.street} \\ {seller.zip} {seller.city} \\ NIP PL{seller.vat_id}], [_Odbiorca_ \\ *{buyer.name}* \\ {buyer.street} \\ {buyer.zip} {buyer.city}, Niemcy \\ VAT UE {buyer.vat_id}])\n#v(14pt)\n"
        "#table(columns: (1fr, auto, auto, auto), align: (left, right, right, right), stroke: 0.5pt, [Usługa], [Ilość], [Cena], [Wartość],\n"
        + rows
        + ")\n"
        "#align(right)[Wartość netto {total_net} \\ VAT (np.) {total_vat} \\ *‹Do zapłaty|Razem do zapłaty|Wartość brutto› {total_gross}*]\n\nOdwrotne obciążenie (reverse charge). Równowartość {pln:n} PLN wg kursu {rate}, tabela {table}.\n\nKonto: {iban}, SWIFT {bic}"
    )
    css = '#set page(paper: "a4", margin: 2cm)\n#set text(font: "Libertinus Serif", size: 10.5pt)'
    return p.drawing(body, css, "value in zloty, rate and table", "service's day")


def pl_elektryk(rng: random.Random) -> Drawing:
    """A split payment: an invoice of a deposit before, an account in groups of its own."""
    work = bill(rng, BUILD, "23", count=(1, 2))
    p = Paper(
        rng,
        "pl",
        seller=firm(rng, "PL", "Elektro-Mont {s}|ENERGOSTYK S.A."),
        buyer=firm(rng, "PL"),
        bill=work,
        number=f"{digits(rng, 3)}/YY",
        dates="D MONTH YYYY r.",
        style="fr",
        currency="PLN",
        money="{} PLN",
    )
    paid = work.deposit(rng)
    p.set(
        prepaid=paid,
        amount_due=work.gross - paid,
        advance=f"ZAL/{rng.randint(1, 60)}/22",
        advance_day=p.after(-45),
        due_date=p.after(21),
        contract=f"U-{digits(rng, 4)}",
    )
    p.facts["iban"] = "PL " + p.seller.more["iban"][2:4] + " " + grouped(p.seller.more["iban"][4:])
    body = (
        '<div class="row"><div class="b" style="font-size:14pt">{seller.name}</div><div class="s">{seller.street}<br>{seller.zip} {seller.city}<br>NIP: {seller.vat_id}</div></div><hr><p><b>FAKTURA KOŃCOWA NR {number}</b></p><table><tr><td style="width:50%">Data wystawienia: {issue_date}<br>Termin zapłaty: {due_date}<br>Umowa: {contract}</td><td>Zamawiający:<br>{buyer.name}<br>{buyer.street}<br>{buyer.zip} {buyer.city}<br>NIP: {buyer.vat_id}</td></tr></table><br>'
        + p.table(
            "Lp.|Zakres prac|Jm|Ilość|Cena jedn. netto|Wartość netto", "pos name unit qty n.price n.net"
        )
        + '<table style="width:60%;margin:14px 0 0 auto"><tr><td>Wartość netto</td><td class="r">{total_net}</td></tr><tr><td>Podatek VAT 23%</td><td class="r">{total_vat}</td></tr><tr class="b"><td>‹Wartość brutto|Razem brutto|Ogółem›</td><td class="r">{total_gross}</td></tr><tr><td>Zaliczka (faktura {advance} z {advance_day})</td><td class="r">{prepaid:-}</td></tr><tr class="b"><td>‹Kwota do zapłaty|Pozostaje do zapłaty|Do zapłaty po odliczeniu zaliczki›</td><td class="r">{amount_due}</td></tr></table><p class="b">Mechanizm podzielonej płatności</p><p>Nr rachunku: {iban}</p>'
        + foot("Wystawił: {seller.person}. Prosimy o podanie numeru faktury w tytule przelewu.")
    )
    css = sheet(SERIF, "10pt", "18mm", ".lines th,.lines td{border-bottom:1px solid #999}")
    return p.drawing(body, css, "deposit's invoice and day", "contract number")


def pl_korekta(rng: random.Random) -> Drawing:
    """A correction that takes goods back, in a frame of a printer of old."""
    back = bill(rng, STEEL, "23", count=(1, 2))
    p = Paper(
        rng,
        "pl",
        kind="credit_note",
        seller=firm(rng, "PL", "Dachy {s} Sp. z o.o.|BLACHEX S.A."),
        buyer=firm(rng, "PL"),
        bill=back,
        number=f"KOR/{rng.randint(1, 99)}/YYYY",
        dates="DD-MM-YYYY",
        style="fr",
        currency="PLN",
        money="{}",
    )
    p.set(
        preceding_invoice=f"FS/{digits(rng, 4)}/YYYY".replace("YYYY", str(p.issued.year)),
        old=p.after(-17),
        clerk=pick(rng, PEOPLE, "PL"),
    )
    body = (
        '<div style="border:2px solid #000;padding:10px"><div class="c b">FAKTURA KORYGUJĄCA nr {number}</div><div class="c">z dnia {issue_date}</div><div class="c">do faktury nr {preceding_invoice} z dnia {old}</div></div><br>Sprzedawca: {seller.name}, {seller.street}, {seller.zip} {seller.city}, NIP {seller.vat_id}<br>Nabywca: {buyer.name}, {buyer.street}, {buyer.zip} {buyer.city}, NIP {buyer.vat_id}<br><br>Przyczyna korekty: zwrot towaru<br><br>'
        + p.table("Nazwa|J.m.|Zwrot ilość|Cena netto|Netto", "name unit qty n.price -net")
        + "<br><table style='width:70%'><tr><td>Kwota netto</td><td class='r'>{total_net:-}</td></tr><tr><td>Kwota VAT 23%</td><td class='r'>{total_vat:-}</td></tr><tr class='b'><td>Do zwrotu brutto PLN</td><td class='r'>{total_gross:-}</td></tr></table><br>Sporządził: {clerk}"
    )
    css = sheet(MONO, "9pt", "18mm", ".lines th,.lines td{border:1px solid #000}")
    return p.drawing(body, css, "number and day of the old invoice", "clerk")
