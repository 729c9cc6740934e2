"""The lower part of a page: totals, taxes by rate, payment, notes, feet and what stands in the margin."""

import html
from datetime import timedelta
from decimal import Decimal

from families import ids, places, words
from families.case import Case
from families.formats import plain
from families.heads import address, identifiers, label, pair

Row = tuple[str, str, str]


def exempt(c: Case) -> str:
    """The sentence that says why there is no tax."""
    told = words.SMALL_TRADER[c.country] if c.small else words.REVERSE[c.language]
    return c.w.choose("exempt", told)


def tax_rows(c: Case, *, minus: bool) -> list[Row]:
    """The rows of the tax: one for each rate, one for all, or none."""
    w, rng, found = c.w, c.rng, list[Row]()
    if c.small or "reverse" in c.has:
        if rng.random() < 0.5:
            found.append(("vat", f"{w('total_vat')} {c.hand.rate(Decimal(0))}", c.money("total_vat", c.vat)))
    elif len(c.rates) > 1 and rng.random() < 0.6:
        for index, (rate, base, tax) in enumerate(c.rates):
            prefix = f"vat_breakdown.{index}"
            shown = c.f(f"{prefix}.rate", c.hand.rate(rate), plain(rate))
            over = (
                f" ({c.f(f'{prefix}.base', c.hand.number(base), f'{base:.2f}')})"
                if rng.random() < 0.5
                else ""
            )
            found.append(
                (
                    "vat",
                    f"{html.escape(w('total_vat'))} {shown}{over}",
                    c.money(f"{prefix}.amount", tax, minus=minus),
                )
            )
    else:
        shown = ""
        if len(c.rates) == 1 and rng.random() < 0.7:
            rate, base, tax = c.rates[0]
            shown = " " + c.f("vat_breakdown.0.rate", c.hand.rate(rate), plain(rate))
            c.printed["vat_breakdown.0.amount"] = f"{tax:.2f}"
        found.append(("vat", html.escape(w("total_vat")) + shown, c.money("total_vat", c.vat, minus=minus)))
    return found


def sums(c: Case, opt: str) -> list[Row]:
    """Kind, label and value of each row of the totals."""
    w, rng, found = c.w, c.rng, list[Row]()
    minus = c.sort == "credit_note" and w.choose("minus", "y|n|n") == "y"
    free = c.small or "reverse" in c.has
    if c.rebate:
        c.trap("sum before discount")
        if not c.shipping:
            found.append(("x", w("subtotal"), c.hand.money(c.goods, sign="signs" in c.has)))
        found.append(("x", f"{w('discount')} {c.percent} %", c.hand.money(-c.rebate, sign="signs" in c.has)))
    if c.shipping:
        found.append(("x", w("shipping"), c.hand.money(c.shipping, sign="signs" in c.has)))
    if not (free and rng.random() < 0.5) and "grossfirst" not in opt:
        found.append(("net", w("total_net"), c.money("total_net", c.net, minus=minus)))
    found += tax_rows(c, minus=minus)
    due = bool(c.prepaid or c.retention)
    sign = None if due else True
    if "labelsign" in c.has:
        sign = False
    if "grossfirst" in opt:
        found.insert(0, ("gross", w("total_gross"), c.money("total_gross", c.gross, sign=sign, minus=minus)))
        found.append(("net", w("total_net"), c.money("total_net", c.net, minus=minus)))
    else:
        found.append(("gross", w("total_gross"), c.money("total_gross", c.gross, sign=sign, minus=minus)))
    if c.prepaid:
        shown_day = (
            f" {c.hand.date(c.day - timedelta(days=rng.randint(2, 40)))}" if rng.random() < 0.4 else ""
        )
        if shown_day:
            c.trap("date of a payment")
        found.append(
            (
                "pre",
                html.escape(w("prepaid")) + shown_day,
                c.money("prepaid", c.prepaid, minus=rng.random() < 0.5),
            )
        )
    if c.retention:
        c.trap("retention")
        found.append(("x", w("retention"), c.hand.money(-c.retention, sign="signs" in c.has)))
    if due or ("due" in opt and c.sort != "credit_note"):
        found.append(
            ("due", w("amount_due"), c.money("amount_due", c.amount_due, sign="labelsign" not in c.has))
        )
    marked = [(kind, name if "<" in name else html.escape(name), value) for kind, name, value in found]
    if "labelsign" in c.has:
        told = c.w.choose("labelsign", " ({})| {}|, {}|<br>({})").format(c.f("currency", c.currency))
        marked = [
            (kind, name + (told if kind in {"gross", "due"} else ""), value) for kind, name, value in marked
        ]
    c.printed.setdefault("currency", c.currency)
    return marked


def totals(c: Case, opt: str) -> str:
    """The sums, in one of many shapes."""
    if "sentence" in opt:
        written = html.escape(c.w("sentence", net="\0", vat="\1", gross="\2"))
        values = (
            c.money("total_net", c.net, sign=True),
            c.money("total_vat", c.vat, sign=True),
            c.money("total_gross", c.gross, sign=True),
        )
        for letter, value in zip("\0\1\2", values, strict=True):
            written = written.replace(letter, f"<b>{value}</b>" if "strong" in opt else value)
        rest = ""
        if c.prepaid or c.retention:
            before = set(c.printed)
            rest = "<br>".join(
                f"{name} {value}" for kind, name, value in sums(c, opt)[-3:] if kind in {"pre", "x", "due"}
            )
            for key in set(c.printed) - before:
                if key.startswith("vat_breakdown"):
                    del c.printed[key]
        return f"<p>{written}</p><p>{rest}</p>"
    found = sums(c, opt)
    if "strip" in opt:
        tops = "".join(f"<th>{name}</th>" for _, name, _ in found)
        cells = "".join(f'<td class="t-{kind}">{value}</td>' for kind, _, value in found)
        look = "bordered" if "bordered" in opt else "filled" if "filled" in opt else "ruled"
        return f'<table class="full strip {look}"><tr>{tops}</tr><tr>{cells}</tr></table>'
    if "big" in opt:
        small = "".join(
            f"<tr><td>{name}</td><td class='r'>{value}</td></tr>" for kind, name, value in found[:-1]
        )
        return f'<table class="kv to-right">{small}</table><div class="clear"></div><div class="bigsum">{found[-1][1]}<br><span>{found[-1][2]}</span></div>'
    if "inline" in opt:
        return (
            '<p class="r">' + " &nbsp; ".join(f"{name}: <b>{value}</b>" for _, name, value in found) + "</p>"
        )
    body = "".join(
        f'<tr class="t-{kind}"><td>{name}</td><td class="r">{value}</td></tr>' for kind, name, value in found
    )
    look = next((one for one in ("boxed", "bordered", "ruled", "filled") if one in opt), "")
    if "full" in opt:
        return f'<table class="full sums {look}">{body}</table>'
    side = "to-left" if "left" in opt else "to-center" if "center" in opt else "to-right"
    return f'<table class="sums {look} {side}">{body}</table><div class="clear"></div>'


def vat(c: Case, opt: str) -> str:
    """The taxes by rate, as a table of its own."""
    if c.small or "reverse" in c.has:
        return ""
    w = c.w
    body = ""
    for index, (rate, base, tax) in enumerate(c.rates):
        key = f"vat_breakdown.{index}"
        cells = [
            c.f(f"{key}.rate", c.hand.rate(rate), plain(rate)),
            c.f(f"{key}.base", c.hand.number(base), f"{base:.2f}"),
            c.f(f"{key}.amount", c.hand.number(tax), f"{tax:.2f}"),
        ]
        if "code" in opt:
            cells.insert(0, str(index + 1))
        if "gross" in opt:
            cells.append(c.hand.number(base + tax))
        if "turned" in opt:
            cells[:] = [cells[1], cells[0], *cells[2:]]
        body += "<tr>" + "".join(f'<td class="r">{one}</td>' for one in cells) + "</tr>"
    heads = [w("rate"), w("base"), w("taxamount")]
    if "code" in opt:
        heads.insert(0, "Code")
    if "gross" in opt:
        heads.append(w("gross"))
    if "turned" in opt:
        heads[:] = [heads[1], heads[0], *heads[2:]]
    if "sum" in opt or len(c.rates) > 1:
        c.trap("sums of the rate table")
    tops = "".join(f"<th>{html.escape(one)}</th>" for one in heads)
    look = next((one for one in ("bordered", "ruled", "filled") if one in opt), "")
    return f'<table class="vat {look}"><tr>{tops}</tr>{body}</table>'


def due_sentence(c: Case) -> str:
    """When to pay, as a sentence with a date or terms alone."""
    if c.sort in {"credit_note", "receipt"} or "nodue" in c.has:
        return ""
    if "due_date" not in c.printed and c.rng.random() < 0.5:
        return html.escape(c.w("due_by", date="\0")).replace("\0", c.date("due_date", c.due))
    if c.rng.random() < 0.8:
        c.trap("terms in days")
        return html.escape(c.w("terms", n=str(c.term)))
    return ""


def account(c: Case) -> list[tuple[str, str]]:
    """Labels and values of the account to pay to."""
    w, rng = c.w, c.rng
    found = [(w("iban"), c.f("iban", c.hand.iban(c.iban), c.iban))]
    if rng.random() < 0.7:
        found.insert(rng.randint(0, 1), (w("bic"), c.bic))
    if rng.random() < 0.6:
        c.trap("bank's name")
        found.insert(0, (w("bank"), html.escape(c.bank)))
    if rng.random() < 0.3:
        found.insert(0, (w("holder"), c.f("seller.name", c.seller.name)))
    if rng.random() < 0.3:
        found.append((w("payref"), c.f("number", c.number)))
    return found


def pay(c: Case, opt: str) -> str:
    """How to pay."""
    if c.sort == "credit_note" and c.rng.random() < 0.6:
        return ""
    found, told = account(c), due_sentence(c)
    if "inline" in opt:
        return f'<p class="small">{told} {" – ".join(pair(c, *one) for one in found)}</p>'
    if "strip" in opt:
        tops = "".join(f"<th>{html.escape(name)}</th>" for name, _ in found)
        cells = "".join(f"<td>{value}</td>" for _, value in found)
        return f'<p>{told}</p><table class="full strip bordered"><tr>{tops}</tr><tr>{cells}</tr></table>'
    if "list" in opt:
        return f"<p>{told}</p><p>{'<br>'.join(pair(c, *one) for one in found)}</p>"
    body = "".join(f"<tr><td>{label(c, name)}</td><td>{value}</td></tr>" for name, value in found)
    return f'<div class="{"frame" if "box" in opt else ""}"><div>{told}</div><table class="kv">{body}</table></div>'


def terms(c: Case, opt: str) -> str:
    """When to pay and nothing of the account."""
    return f"<p>{due_sentence(c)}</p>"


SKONTO = {
    "fr": "Escompte de 2 % en cas de règlement avant le {} : {}", "de": "Bei Zahlung bis {} abzüglich 2 % Skonto: {}",
    "en": "2% settlement discount if paid by {}: {}", "nl": "Bij betaling vóór {} 2% korting: {}",
    "it": "Sconto 2% per pagamento entro il {}: {}", "es": "Dto. pronto pago 2 % hasta el {}: {}",
    "pt": "Desconto de 2% para pagamento até {}: {}", "pl": "Skonto 2% przy zapłacie do {}: {}",
}  # fmt: skip
WEIGHT = {
    "fr": "Poids total|Nombre de colis", "de": "Gesamtgewicht|Anzahl Packstücke", "en": "Total weight|Number of parcels",
    "nl": "Totaal gewicht|Aantal colli", "it": "Peso totale|Numero colli", "es": "Peso total|Número de bultos",
    "pt": "Peso total|Número de volumes", "pl": "Waga łącznie|Liczba paczek",
}  # fmt: skip
DEBIT = {
    "fr": "Montant prélevé sur votre compte {} le {}", "de": "Der Betrag wird von Ihrem Konto {} am {} abgebucht",
    "en": "We will collect this amount from your account {} on {}", "nl": "Wordt afgeschreven van uw rekening {} op {}",
    "it": "Addebito sul vostro conto {} il {}", "es": "Se cargará en su cuenta {} el {}",
    "pt": "Débito na sua conta {} em {}", "pl": "Kwota zostanie pobrana z rachunku {} dnia {}",
}  # fmt: skip


def more_traps(c: Case) -> list[str]:
    """Dates, amounts and accounts in small print that are nobody's field."""
    rng, hand, told = c.rng, c.hand, []
    if rng.random() < 0.12 and c.sort == "invoice":
        c.trap("cash discount")
        early = hand.date(c.day + timedelta(days=8))
        told.append(html.escape(SKONTO[c.language].format(early, hand.money(c.gross * 98 / 100))))
    if rng.random() < 0.1:
        c.trap("weight")
        weight, parcels = WEIGHT[c.language].split("|")
        told.append(
            f"{weight}: {hand.number(Decimal(rng.randint(50, 90000)) / 100)} kg &nbsp; {parcels}: {rng.randint(1, 12)}"
        )
    if rng.random() < 0.07 and not c.private:
        c.trap("buyer's account")
        other = hand.iban(ids.iban(c.buyer.country, rng))
        shown = other[:8] + "XXXXXXXX" + other[-4:] if rng.random() < 0.5 else other
        told.append(
            html.escape(
                DEBIT[c.language].format(shown, hand.date(c.day + timedelta(days=rng.randint(5, 12))))
            )
        )
    if rng.random() < 0.06 and "due_date" not in c.printed and c.sort == "invoice":
        c.trap("instalments")
        part = c.gross / 3
        dates = [hand.date(c.day + timedelta(days=30 * count)) for count in (1, 2, 3)]
        told.append(
            f"{html.escape(c.w('due'))}: " + " &nbsp; ".join(f"{day} {hand.number(part)}" for day in dates)
        )
        c.has.add("nodue")
    return told


def notes(c: Case, opt: str) -> str:
    """Remarks: the exemption, what happens when late, and things that look like fields."""
    rng, w, hand, told = c.rng, c.w, c.hand, []
    if c.small or "reverse" in c.has:
        told.append(html.escape(exempt(c)))
    if rng.random() < 0.6:
        told.append(html.escape(w("late")))
    if rng.random() < 0.16:
        c.trap("reminder of older invoices")
        old = c.a_number(c.day - timedelta(days=70))
        told.append(
            f"{html.escape(w('reminder'))}: {old}, {hand.date(c.day - timedelta(days=70))}, {hand.money(c.gross * 7 / 9)}"
        )
    if rng.random() < 0.12:
        c.trap("last year's amount")
        told.append(pair(c, w("lastyear"), hand.money(c.gross * 11 / 13)))
    if rng.random() < 0.12:
        c.trap("second currency")
        other = rng.choice([code for code in ("USD", "GBP", "CHF", "EUR") if code != c.currency])
        told.append(pair(c, w("equivalent"), f"{hand.number(c.gross * 108 / 100)} {other}"))
    told += more_traps(c)
    if rng.random() < 0.15:
        c.trap("carrier")
        carrier = f"{places.surname(rng, c.seller.tongue)} Trans"
        told.append(
            f"{carrier}, {label(c, w.choose('vat_label', words.VAT_LABELS[c.language]))} {c.hand.vat_id(ids.VAT[c.country](rng))}"
        )
    if rng.random() < 0.6:
        told.append(html.escape(w("thanks")))
    if opt != "ordered":
        rng.shuffle(told)
    return "".join(f'<p class="small">{one}</p>' for one in told)


def foot(c: Case, opt: str) -> str:
    """The foot of the page: the seller again, its numbers, its bank, its software."""
    rng, w = c.rng, c.w
    parts: list[list[str]] = [address(c, "seller")]
    if "ids" in opt:
        numbers = [pair(c, *one) for one in identifiers(c, "seller")]
        if rng.random() < 0.4 and c.country in {"FR", "IT", "ES", "PT", "PL", "BE"}:
            c.trap("share capital")
            numbers.append(
                f"{html.escape(w('capital'))} {c.hand.money(Decimal(rng.choice([1000, 5000, 7500, 10000, 20000, 50000])), sign=True)}"
            )
        parts.append(numbers)
    if "contact" in opt or rng.random() < 0.3:
        c.trap("contact in foot")
        parts.append([pair(c, w("phone"), c.seller.phone), f"mail@{c.seller.domain}"])
    if "bank" in opt:
        parts.append([pair(c, *one) for one in account(c)])
    if rng.random() < 0.12:
        c.trap("second address of the seller")
        other = places.party(rng, c.country, c.language)
        parts.append([html.escape(other.street), f"{other.zip} {other.city}"])
    if rng.random() < 0.25 and "long" not in c.has:
        parts.append([html.escape(w("page", a="1", b="1"))])
    if rng.random() < 0.2:
        c.trap("software")
        parts.append(
            [
                f"{html.escape(w('software'))} {places.surname(rng, c.seller.tongue)}Soft {rng.randint(1, 9)}.{rng.randint(0, 9)}"
            ]
        )
    fixed = "fixed" if "fixed" in opt and len(c.lines) < 6 else ""
    if "columns" in opt:
        cells = "".join(f"<td>{'<br>'.join(part)}</td>" for part in parts if part)
        return f'<div class="foot {fixed}"><table class="full"><tr>{cells}</tr></table></div>'
    joint = rng.choice([" · ", " – ", " | ", ", "])
    lines = [joint.join(part) for part in parts if part]
    return f'<div class="foot center {fixed}">{"<br>".join(lines)}</div>'


def stamp(c: Case, opt: str) -> str:
    """When it was printed: a date that is not the document's."""
    if c.rng.random() < 0.35 and "always" not in opt:
        return ""
    c.trap("print stamp")
    when = c.day + timedelta(days=c.rng.randint(0, 40))
    clock = f" {c.rng.randint(7, 19):02}:{c.rng.randint(0, 59):02}" if c.rng.random() < 0.5 else ""
    page = html.escape(c.w("page", a="1", b="1")) if "long" not in c.has and c.rng.random() < 0.5 else ""
    written = f"{html.escape(c.w('printed'))} {c.hand.date(when)}{clock} {page}"
    if "side" in opt:
        return f'<div class="side">{written}</div>'
    return f'<div class="tiny {"right" if "right" in opt else ""}">{written}</div>'


def advert(c: Case, opt: str) -> str:
    """A word of advertising, with an amount that is nobody's."""
    c.trap("advertisement")
    saving = c.hand.money(Decimal(c.rng.choice([5, 10, 15, 20, 25, 50])), sign=True)
    return (
        f'<div class="frame center"><b>-{saving}</b> {html.escape(c.w("thanks"))} www.{c.seller.domain}</div>'
    )
