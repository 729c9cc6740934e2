"""Blocks of documents that are not plain invoices: tills, hotels, meters, telephones, payment slips, letters."""

import html
from datetime import timedelta
from decimal import Decimal

from families import ids, places
from families.case import Case
from families.formats import plain
from families.heads import address, label, pair
from families.tables import DAY


def till(c: Case, opt: str) -> str:
    """The body of a till's slip: articles, total, tax within, what was given."""
    w, hand, out = c.w, c.hand, []
    letters = {rate: "ABC"[index] for index, (rate, _, _) in enumerate(c.rates)}
    for index, line in enumerate(c.lines):
        letter = letters[line.rate]
        amount = hand.number(line.net)
        name = c.line_field(index, "item")
        if line.quantity != 1 or "always" in opt:
            count = c.line_field(index, "qty")
            each = f'<tr><td class="in">{count} x {hand.number(line.price)}</td><td class="r">{amount} {letter}</td></tr>'
            out.append(f'<tr><td colspan="2">{name}</td></tr>{each}')
        else:
            out.append(f'<tr><td>{name}</td><td class="r">{amount} {letter}</td></tr>')
    c.trap("prices with tax in lines")
    total = c.money("total_gross", c.gross, sign=True)
    out.append(f'<tr class="t-gross"><td>{html.escape(w("total_gross"))}</td><td class="r">{total}</td></tr>')
    method = w("cash")
    given = (c.gross // 10 + 1) * 10
    out.append(
        f'<tr><td>{html.escape(method)}</td><td class="r">{hand.number(given if given and "Bar" in method else c.gross)}</td></tr>'
    )
    if c.rng.random() < 0.5:
        c.trap("given and change")
        out.append(f'<tr><td>{html.escape(w("given"))}</td><td class="r">{hand.number(given)}</td></tr>')
    taxes = ""
    for index, (rate, base, tax) in enumerate(c.rates):
        key = f"vat_breakdown.{index}"
        cells = (
            f"{letters[rate]} {c.f(f'{key}.rate', hand.rate(rate), plain(rate))}",
            c.f(f"{key}.base", hand.number(base), f"{base:.2f}"),
            c.f(f"{key}.amount", hand.number(tax), f"{tax:.2f}"),
        )
        taxes += "<tr>" + "".join(f'<td class="r">{cell}</td>' for cell in cells) + "</tr>"
    tops = f"<tr><th>{html.escape(w('rate'))}</th><th class='r'>{html.escape(w('base'))}</th><th class='r'>{html.escape(w('taxamount'))}</th></tr>"
    clock = f"{c.rng.randint(8, 20):02}:{c.rng.randint(0, 59):02}"
    day = f"<p>{c.date('issue_date', c.day)} {clock} &nbsp; {c.f('number', c.number)}</p>"
    return f'<table class="full slip">{"".join(out)}</table><hr><table class="full">{tops}{taxes}</table><hr>{day}'


def folio(c: Case, opt: str) -> str:
    """A hotel's account by days: charges with tax in one column, payments in another."""
    w, hand = c.w, c.hand
    body = ""
    for index, line in enumerate(c.lines):
        day = hand.date(c.delivered + timedelta(days=int(line.extra)))
        body += f'<tr><td>{day}</td><td>{c.line_field(index, "item")}</td><td class="r">{hand.number(line.net)}</td><td></td></tr>'
    c.trap("dates in lines")
    c.trap("prices with tax in lines")
    if c.prepaid:
        paid = c.money("prepaid", c.prepaid, sign=False)
        body += f'<tr><td>{hand.date(c.day)}</td><td>{html.escape(w("prepaid"))}</td><td></td><td class="r">{paid}</td></tr>'
    nights = max(int(line.extra) for line in c.lines) + 1
    until = c.delivered + timedelta(days=nights)
    stay = html.escape(w("nights", a=hand.date(c.delivered), b=hand.date(until)))
    heads = (DAY[c.language], w("item"), w("gross"), w("prepaid"))
    tops = "".join(f"<th>{html.escape(one)}</th>" for one in heads)
    guest = f"<p>{nights} {stay} – {c.rng.randint(101, 420)}</p>"
    return f'{guest}<table class="lines head"><thead><tr>{tops}</tr></thead><tbody>{body}</tbody></table>'


def meter(c: Case, opt: str) -> str:
    """What a meter showed, and over which days."""
    c.trap("meter readings")
    c.trap("period")
    hand, new = c.hand, c.rng.randint(20000, 90000)
    used = c.lines[0].quantity
    start, end = c.day - timedelta(days=65), c.day - timedelta(days=4)
    cells = [
        (c.w("meter"), f"{c.rng.randint(10**7, 10**8)}"),
        (hand.date(start), str(new - int(used))),
        (hand.date(end), str(new)),
        (c.w("qty"), f"{used} kWh"),
        (c.w("period"), f"{hand.date(start)} – {hand.date(end)}"),
    ]
    tops = "".join(f"<th>{html.escape(name)}</th>" for name, _ in cells)
    values = "".join(f"<td>{value}</td>" for _, value in cells)
    return f'<table class="full grid filled"><tr>{tops}</tr><tr>{values}</tr></table>'


def summary(c: Case, opt: str) -> str:
    """What is to be paid, large, before any detail."""
    paid = c.amount_due if (c.prepaid or c.retention) else c.gross
    c.printed.setdefault("currency", c.currency)
    due = c.money("amount_due", paid, sign=True)
    when = f"<br>{pair(c, c.w('due'), c.date('due_date', c.due))}" if c.rng.random() < 0.7 else ""
    taken = ""
    if c.rng.random() < 0.4:
        c.trap("last year's amount")
        taken = f"<br><small>{pair(c, c.w('lastyear'), c.hand.money(c.gross * 9 / 10))}</small>"
    return f'<div class="frame center bigdue">{html.escape(c.w("amount_due"))}<br><span>{due}</span>{when}{taken}</div>'


def calls(c: Case, opt: str) -> str:
    """A page of single calls: many dates, times and small amounts."""
    c.trap("list of calls")
    rng, hand, body = c.rng, c.hand, ""
    for _ in range(rng.randint(12, 30)):
        day = hand.date(c.day - timedelta(days=rng.randint(3, 33)))
        cells = (day, f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}", f"+{rng.randint(30, 49)} {rng.randint(10**6, 10**8)}",
                 f"00:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}", hand.number(Decimal(rng.randint(0, 190)) / 100))  # fmt: skip
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return f'<div style="break-before:page"></div><table class="lines zebra small">{body}</table>'


def drawn_code(c: Case, side: int = 33) -> str:
    """A square of dark and light cells that looks like a code and says nothing."""
    rng, cells = c.rng, ""
    for y in range(side):
        for x in range(side):
            corner = ((x < 8 or x > side - 9) and y < 8) or (x < 8 and y > side - 9)
            if not corner and rng.random() < 0.48:
                cells += f"M{x} {y}h1v1h-1z"
    for x, y in ((0, 0), (side - 7, 0), (0, side - 7)):
        cells += f"M{x} {y}h7v7h-7zM{x + 1} {y + 1}v5h5v-5zM{x + 2} {y + 2}h3v3h-3z"
    return f'<svg width="46mm" height="46mm" viewBox="0 0 {side} {side}"><path fill-rule="evenodd" d="{cells}"/></svg>'


def qr(c: Case, opt: str) -> str:
    """A Swiss payment part: receipt at the left, code and account at the right."""
    told = {
        "de": "Empfangsschein|Zahlteil|Konto / Zahlbar an|Referenz|Zahlbar durch|Währung|Betrag|Annahmestelle",
        "fr": "Récépissé|Section paiement|Compte / Payable à|Référence|Payable par|Monnaie|Montant|Point de dépôt",
    }[c.language if c.language in {"de", "fr"} else "fr"].split("|")
    spaced = " ".join(c.iban[start : start + 4] for start in range(0, len(c.iban), 4))
    digits = ids.qr_reference(c.rng)
    reference = digits[:2] + " " + " ".join(digits[start : start + 5] for start in range(2, 27, 5))
    c.trap("payment reference")
    to = [c.f("seller.name", c.seller.name), html.escape(c.seller.street), f"{c.seller.zip} {c.seller.city}"]
    by = [c.f("buyer.name", c.buyer.name), html.escape(c.buyer.street), f"{c.buyer.zip} {c.buyer.city}"]
    amount = c.amount_due if c.prepaid else c.gross
    key = "amount_due" if c.prepaid else "total_gross"
    shown = c.f(key, f"{amount:,.2f}".replace(",", " "), f"{amount:.2f}")
    money = f"<td><b>{told[5]}</b><br>{c.f('currency', c.currency)}</td><td><b>{told[6]}</b><br>{shown}</td>"
    account = "<br>".join([f"<b>{told[2]}</b>", c.f("iban", spaced, c.iban), *to])
    rest = f"<b>{told[3]}</b><br>{reference}<br><br><b>{told[4]}</b><br>{'<br>'.join(by)}"
    left = f"<td class='q1'><b>{told[0]}</b><br><br>{account}<br><br>{rest}<table><tr>{money}</tr></table><div class='r'>{told[7]}</div></td>"
    middle = (
        f"<td class='q2'><b>{told[1]}</b><br><br>{drawn_code(c)}<br><br><table><tr>{money}</tr></table></td>"
    )
    return f'<table class="qr"><tr>{left}{middle}<td class="q3">{account}<br><br>{rest}</td></tr></table>'


def letter(c: Case, opt: str) -> str:
    """A fee said in a letter: the lines are sentences."""
    parts = []
    for index, line in enumerate(c.lines):
        figures = f"{c.line_field(index, 'qty')} {html.escape(line.unit)} × {c.line_field(index, 'price')} = {c.line_field(index, 'net')}"
        parts.append(f"<p>{c.line_field(index, 'item')} : {figures}</p>")
    who = places.person(c.rng, c.seller.tongue)
    c.trap("signature")
    return f"{''.join(parts)}<p style='margin-top:6mm'>{who}</p>" if "signed" in opt else "".join(parts)


def coupon(c: Case, opt: str) -> str:
    """A slip to tear off and send back with the money."""
    c.trap("coupon")
    paid = c.amount_due if (c.prepaid or c.retention) else c.gross
    key = "amount_due" if (c.prepaid or c.retention) else "total_gross"
    cells = [
        f"{label(c, c.number_label())} {c.f('number', c.number)}",
        f"{label(c, c.w('customer'))} {c.rng.randint(1000, 99999)}",
        f"{label(c, c.w('amount_due'))} {c.money(key, paid, sign=True)}",
        "<br>".join(address(c, "seller")),
    ]
    body = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<div style="border-top:1px dashed #000;margin-top:8mm;padding-top:3mm">✂<table class="full"><tr>{body}</tr></table></div>'
