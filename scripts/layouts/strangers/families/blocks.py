"""Parts that many invoices have: head items, lines, sums, identity."""

from collections.abc import Sequence
from decimal import Decimal

from .document import Doc
from .look import shuffled, table
from .parties import Party, surname
from .sums import Line, Totals, cents
from .vocabulary import LABELS, RIVALS, TERMS

DEFAULT_COLUMNS = ("pos", "code", "desc", "qty", "unit", "price", "rate", "amount")


def columns(doc: Doc, *, rates: bool = True, cut: bool = False) -> list[str]:
    """Which columns there are, and in which order."""
    rng = doc.rng
    middle = ["qty", "unit", "price"]
    if rng.random() < 0.3:
        middle = ["qty", "price"]
    elif rng.random() < 0.2:
        middle = ["unit", "qty", "price"]
    if cut:
        middle.append("cut")
    front = rng.choice((["desc"], ["pos", "desc"], ["code", "desc"], ["pos", "code", "desc"], ["desc", "code"]))
    tail = rng.choice((["rate", "amount"], ["amount", "rate"])) if rates else ["amount"]
    if rng.random() < 0.15:
        return middle[:1] + front + middle[1:] + tail
    return front + middle + tail


def lines_table(doc: Doc, lines: Sequence[Line], names: Sequence[str], *, start: int = 0, before: Sequence[str] = (),
                after: Sequence[str] = (), sign: str = "") -> str:
    """The lines under their headings, with carried sums before and after."""
    heads = {"pos": "#" if doc.rng.random() < 0.3 else "Pos.", "cut": "%", **{key: doc.label(key) for key in ("code", "desc", "qty", "unit", "price", "rate", "amount")}}
    right = {"qty", "price", "rate", "cut", "amount"}

    def cell(tag: str, name: str, text: str) -> str:
        return f'<{tag}{" class=r" if name in right else ""}>{text}</{tag}>'

    rows = ["<tr>" + "".join(cell("th", name, heads[name]) for name in names) + "</tr>"]
    wide = len(names) - 1 - (1 if names[-1] == "rate" else 0)
    tail = "<td></td>" if names[-1] == "rate" else ""
    rows += [f"<tr><td colspan={wide} class=r>{doc.label('carry')}</td><td class=r>{text}</td>{tail}</tr>" for text in before]
    for place, line in enumerate(lines, start):
        cells = doc.line(place, line, sign=sign)
        rows.append("<tr>" + "".join(cell("td", name, cells[name]) for name in names) + "</tr>")
    rows += [f"<tr><td colspan={wide} class=r><i>{doc.label('carry')}</i></td><td class=r>{text}</td>{tail}</tr>" for text in after]
    return f'<table class="lines">{"".join(rows)}</table>'


def head_items(doc: Doc, *, due: bool = True, traps: int = 2, number: bool = True, dated: bool = True) -> list[tuple[str, str]]:
    """Number and date among numbers and dates of other papers."""
    rng = doc.rng
    items: list[tuple[str, str]] = []
    if number:
        serial = doc.serial()
        items.append((doc.label("number"), doc.mark("number", serial)))
    if dated:
        items.append((doc.label("date"), doc.day(doc.today, "issue_date")))
    if due:
        items.append((doc.label("due"), doc.day(doc.later(10, 60), "due_date")))
    old = doc.before(6, 70)
    pool = {
        "customer number": (doc.label("customer"), f"{rng.choice(('C', 'D', '4', ''))}{rng.randint(1000, 89999)}"),
        "order number": (doc.label("order"), doc.serial(old)), "order number and date": (doc.label("order"), f"{doc.serial(old)} / {doc.day(old)}"),
        "quote": (doc.label("quote"), f"{rng.choice(('DV', 'AN', 'Q', 'P'))}-{rng.randint(100, 9999)} ({doc.day(old)})"),
        "contact person": (doc.label("contact"), surname(rng, doc.country)),
        "delivery note number": (doc.label("note"), doc.serial(old)),
    }
    for name in rng.sample(sorted(pool), min(traps, len(pool))):
        if name.startswith("order number") and any(trap.startswith("order number") for trap in doc.traps):
            continue
        doc.trap(name)
        items.append(pool[name])
    if rng.random() < 0.3:
        items.append((doc.label("delivery"), doc.day(doc.before(1, 9), "delivery_date")))
    return shuffled(rng, items)


def vat_rows(doc: Doc, sums: Totals, *, total: bool = True, per_rate: bool = True) -> list[tuple[str, str]]:
    """The rows of tax: one for the single rate, or one for each, or their sum."""
    label, shares = doc.label("vat"), sums.shares
    if len(shares) == 1:
        share = shares[0]
        amount = doc.money("total_vat vat_breakdown.0.amount", share.amount)
        return [(f"{label} {doc.rate(share.rate, 'vat_breakdown.0.rate')}", amount)]
    rows = []
    for place, share in enumerate(shares if per_rate else ()):
        rate, base, amount = doc.share(place, share)
        with_base = doc.rng.random() < 0.6
        rows.append((f"{label} {rate}" + (f" ({base})" if with_base else ""), amount))
    if total:
        rows.append((label if not per_rate else f"{label} ∑", doc.money("total_vat", sums.vat)))
    return rows


def sum_rows(doc: Doc, sums: Totals, *, before: Sequence[tuple[str, str]] = (), vat_total: bool = True, per_rate: bool = True,
             due: Decimal | None = None, prepaid: Decimal | None = None) -> list[tuple[str, str]]:
    """The rows from net to what is due."""
    net_field = "total_net vat_breakdown.0.base" if len(sums.shares) == 1 else "total_net"
    rows = [*before, (doc.label("net"), doc.money(net_field, sums.net)), *vat_rows(doc, sums, total=vat_total, per_rate=per_rate)]
    rows.append((doc.label("gross"), doc.money("total_gross", sums.gross)))
    if prepaid is not None:
        rows.append((f"{doc.label('prepaid')} ({doc.day(doc.before(8, 50))})", doc.money("prepaid", prepaid, sign="– ")))
        doc.trap("deposit date")
        due = sums.gross - prepaid if due is None else due
    if due is not None:
        rows.append((doc.label("pay"), doc.money("amount_due", due)))
    return rows


def rival(doc: Doc, chance: float = 0.34) -> str:
    """Another net, tax and gross that add up, under a caption that says that they are not the invoice's."""
    rng, flat = doc.rng, doc.flat
    if rng.random() > chance or flat.get("kind") == "credit_note" or Decimal(flat.get("total_vat", "0")) == 0 or "total_net" not in flat:
        return ""
    net = Decimal(flat["total_net"])
    place = rng.randint(0, 2)
    factor = Decimal(rng.choice(("0.98", "0.97"))) if place == 2 else Decimal(rng.randint(140, 700)) / 100
    base = cents(net * factor)
    tax = cents(base * Decimal(flat["total_vat"]) / net)
    words = LABELS[doc.language]
    heads = [rng.choice(words[key].split("|")) for key in ("net", "vat", "gross")]
    cells = [doc.money("", value) for value in (base, tax, base + tax)]
    doc.trap("rival sums that add up")
    caption = f'<div class="small">{RIVALS[doc.language][place]}</div>'
    if rng.random() < 0.5:
        return f'<div style="margin:3mm 0">{caption}{table([heads, cells], "small box", head=True)}</div>'
    return f'<div style="margin:3mm 0">{caption}{table(list(zip(heads, cells, strict=True)), "small box")}</div>'


def sums_block(doc: Doc, rows: Sequence[tuple[str, str]], *, last: bool = True) -> str:
    """The sums under each other on the right."""
    note = f'<div class="tiny r">{doc.currency_note()}</div>' if doc.place == "none" else ""
    shape = table(rows, "sum", f"min-width:{doc.rng.randint(62, 95)}mm", last=last) + note
    return "".join(doc.rng.sample([shape, rival(doc)], 2))


def sums_strip(doc: Doc, rows: Sequence[tuple[str, str]]) -> str:
    """The sums beside each other with their headings above."""
    note = f'<div class="tiny">{doc.currency_note()}</div>' if doc.place == "none" else ""
    shape = note + table([[key for key, _ in rows], [value for _, value in rows]], "strip", head=True)
    return "".join(doc.rng.sample([shape, rival(doc)], 2))


def rate_table(doc: Doc, sums: Totals, *, letters: bool = False) -> str:
    """Base and tax for each rate, with or without their sums."""
    rows = [["", *("→" + doc.label(key) for key in ("base", "rate", "vat"))]]
    for place, share in enumerate(sums.shares):
        rate, base, amount = doc.share(place, share)
        rows.append([chr(65 + place) if letters else "", "→" + base, "→" + rate, "→" + amount])
    if doc.rng.random() < 0.5:
        rows.append(["Σ", "→" + doc.number(sums.net), "", "→" + doc.number(sums.vat)])
    doc.trap("rate table")
    return table(rows, "small", "border:1px solid #999", head=True)


def identity(doc: Doc, party: Party, *, vat: bool = True, legal: bool = True, bank: bool = True, broken: bool = False,
             contact: bool = True) -> list[str]:
    """What the law makes a seller print, in pieces."""
    rng, country = doc.rng, party.country
    out: list[str] = []
    if vat:
        tail = {"de": " MWST", "fr": " TVA", "it": " IVA"}.get(doc.language, "") if country == "CH" else ""
        swiss = {"fr": "IDE", "it": "IDI"}.get(doc.language, "UID")
        out.append(f"{swiss if country == 'CH' else doc.label('vatno')} {doc.vat_number('seller', party)}{tail}")
    if legal and party.legal_id:
        number = doc.legal_number("seller", party)
        court = {"DE": f"Amtsgericht {party.city} {number}", "AT": f"{number}, LG {party.city}", "NL": f"KvK {number}", "PL": f"REGON {number}"}
        out.append(court.get(country, f"{doc.label('legal')} {number}"))
    if country == "FR" and not party.private and rng.random() < 0.7:
        out.append(f"au capital de {doc.number(Decimal(party.capital), 0)} € – RCS {party.city} – APE {rng.randint(1000, 9600):04d}Z")
        doc.trap("share capital")
    if country == "DE" and rng.random() < 0.6:
        out.append(f"Steuer-Nr. {rng.randint(10, 99)}/{rng.randint(100, 999)}/{rng.randint(10000, 99999)}")
        doc.trap("tax number")
    if country in {"DE", "AT"} and not party.private:
        out.append(f"GF: {party.person}")
        doc.trap("manager's name")
    if bank and party.iban:
        house = rng.choice(("Banque Orvalle", "Crédit du Plessard") if doc.language == "fr" else ("Volksbank Hainlohe", "Sparkasse Niederau")
                           if doc.language == "de" else ("Banca Verbena", "Banco Atalaya", "Norwold Bank"))
        out.append(f"{house} {doc.label('iban')} {doc.iban(party, broken=broken)} BIC {party.bic}")
        doc.trap("bank name")
    if contact:
        out += [f"{rng.choice(('Tel.', 'T', '☎'))} {party.phone}", rng.choice((party.email, party.web))]
    return out


def terms(doc: Doc) -> str:
    """Conditions with sums and dates that are not the invoice's."""
    doc.trap("terms with amounts")
    return f'<p class="tiny">{doc.rng.choice(TERMS[doc.language])}</p>'


def maker(doc: Doc) -> str:
    """The maker of the software in the foot."""
    if doc.rng.random() < 0.5:
        return ""
    doc.trap("software maker")
    name = doc.rng.choice(("Factulio", "Belegwerk", "Invoxa", "Kontorino", "Gestivia"))
    text = {"fr": "Édité avec {0} – {0} SAS, logiciel de gestion", "de": "Erstellt mit {0} 7.2 – {0} Software GmbH", "en": "Powered by {0} Ltd",
            "nl": "Gemaakt met {0} B.V.", "it": "Documento generato da {0} S.r.l.", "es": "Generado con {0} Soluciones S.L.",
            "pt": "x7Fq-Processado por programa certificado n.º 2291/AT – {0} Lda.", "pl": "Wygenerowano w programie {0} sp. z o.o."}
    return f'<div class="tiny c">{text[doc.language].format(name)}</div>'
