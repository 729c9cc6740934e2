"""The upper part of a page: marks and names, parties, titles, numbers and dates."""

import html
from collections.abc import Callable
from datetime import timedelta

from families import places, words
from families.case import Case

COUNTRY_FIRST = {"GB", "IE"}


def label(c: Case, text: str, *, after: bool = True) -> str:
    """A label in the document's manner: with a colon, a blank and a colon, or bare."""
    manner = c.w.choose("colon", ":|:|| :" if c.language == "fr" else ":|:|:|")
    stop = manner if after and not text.endswith(":") else ""
    return f'<span class="k">{html.escape(text)}{stop}</span>'


def pair(c: Case, name: str, value: str) -> str:
    """A label and its value on one line."""
    return f"{label(c, name)} {value}"


def address(c: Case, role: str, *, name: bool = True) -> list[str]:
    """The lines of an address, each printed as a field of the seller or buyer."""
    party = c.seller if role == "seller" else c.buyer
    lines = [
        f"<b>{c.f(f'{role}.name', party.name)}</b>"
        if c.w.choose("bold", "y|n") == "y"
        else c.f(f"{role}.name", party.name)
    ]
    if role == "buyer" and not c.private and c.rng.random() < 0.25:
        c.trap("person in address")
        lines.append(html.escape(places.person(c.rng, party.tongue)))
    street, post, city = (
        c.f(f"{role}.street", party.street),
        c.f(f"{role}.zip", party.zip),
        c.f(f"{role}.city", party.city),
    )
    lines.append(street)
    lines += [city, post] if party.country in COUNTRY_FIRST else [f"{post} {city}"]
    if c.seller.country != c.buyer.country or c.w.choose("country", "y|n|n|n") == "y":
        names = dict(entry.split("=") for entry in places.NAMES[c.language].split("|"))
        lines.append(c.f(f"{role}.country", names[party.country], party.country))
    return lines if name else lines[1:]


def identifiers(c: Case, role: str) -> list[tuple[str, str]]:
    """Labels and values of a party's numbers."""
    party = c.seller if role == "seller" else c.buyer
    found = []
    if "vat_id" in party.ids and "noids" not in c.has:
        value = party.ids["vat_id"]
        shown = c.hand.vat_id(value) if value[:2].isalpha() else value
        name = c.w.choose("vat_label", words.VAT_LABELS[c.language])
        tail = (
            {"de": " MWST", "fr": " TVA", "it": " IVA"}.get(c.language, "") if party.country == "CH" else ""
        )
        found.append((name, c.f(f"{role}.vat_id", shown, value) + tail))
    if "legal_id" in party.ids and "noids" not in c.has and (role == "seller" or c.rng.random() < 0.3):
        value = party.ids["legal_id"]
        if value != party.ids.get("vat_id"):
            choices = words.LEGAL_LABELS[party.country]
            name = c.w.choose("legal_label", choices) if role == "seller" else choices.split("|")[0]
            if party.country == "FR":
                name = (
                    name if name == "RCS" and len(value) == 9 else ("SIREN" if len(value) == 9 else "SIRET")
                )
                name = f"RCS {party.city}" if name == "RCS" else name
            name = "HRB" if "HRB" in name else name
            bare = value.removeprefix("HRB ").removeprefix("FN ")
            found.append(
                (name, c.f(f"{role}.legal_id", c.hand.legal_id(bare, party.country), bare.replace(" ", "")))
            )
    if not found and role == "seller" and party.country == "DE":
        c.trap("national tax number")
        found.append(
            (
                "Steuernummer",
                f"{c.rng.randint(10, 99)}/{c.rng.randint(100, 999)}/{c.rng.randint(10000, 99999)}",
            )
        )
    c.rng.shuffle(found)
    return found


def contacts(c: Case) -> list[str]:
    """The seller's telephone and address on the net."""
    found = [
        pair(c, c.w("phone"), c.seller.phone),
        pair(c, c.w("mail"), f"info@{c.seller.domain}"),
        f"www.{c.seller.domain}",
    ]
    return found[: c.rng.randint(1, 3)]


def name(c: Case, opt: str) -> str:
    """The seller's name, large."""
    return f'<div class="name {opt}">{c.f("seller.name", c.seller.name)}</div>'


def brand(c: Case, opt: str) -> str:
    """A trade name with a motto: not the name of the firm."""
    c.trap("brand name")
    shown = c.rng.choice(
        [
            c.seller.stem,
            c.seller.stem.lower(),
            c.seller.stem.upper(),
            f"{c.seller.stem}.",
            f"{c.seller.stem} Group",
        ]
    )
    motto = f'<div class="tiny">{html.escape(c.w("thanks"))}</div>' if c.rng.random() < 0.5 else ""
    return f'<div class="name {opt}">{shown}</div>{motto}'


def logo(c: Case, opt: str) -> str:
    """A drawn mark without any text."""
    rng, (x, y) = c.rng, (c.rng.randint(15, 30), c.rng.randint(20, 40))
    shapes = rng.choice([
        f'<circle cx="30" cy="30" r="{x}" fill="{{c}}"/><circle cx="60" cy="30" r="{x}" fill="{{c}}" opacity=".5"/>',
        f'<path d="M5 55 L35 5 L65 55 Z" fill="{{c}}"/><path d="M{y} 55 L75 15 L110 55 Z" fill="{{c}}" opacity=".6"/>',
        f'<rect x="5" y="5" width="{y}" height="50" fill="{{c}}"/><rect x="{y + 10}" y="20" width="50" height="35" fill="none" stroke="{{c}}" stroke-width="5"/>',
        '<path d="M10 50 C10 0 60 0 60 30 S110 60 110 10" fill="none" stroke="{c}" stroke-width="9"/>',
        '<path d="M5 30 h25 l10 -25 l20 50 l10 -25 h40" fill="none" stroke="{c}" stroke-width="6"/>',
    ])  # fmt: skip
    drawn = shapes.replace("{c}", c.w.choose("accent", ACCENTS))
    return f'<div class="{opt}"><svg width="{rng.randint(80, 150)}" height="60" viewBox="0 0 120 60">{drawn}</svg></div>'


YOURS = {
    "fr": "Votre n° TVA",
    "de": "Ihre USt-IdNr.",
    "en": "Your VAT no.",
    "nl": "Uw btw-nummer",
    "it": "Vs. partita IVA",
    "es": "Su NIF",
    "pt": "V/ contribuinte",
    "pl": "NIP nabywcy",
}
OF_ORIGINAL = {
    "fr": "Facture d'origine du",
    "de": "Originalrechnung vom",
    "en": "Original invoice date",
    "nl": "Datum oorspronkelijke factuur",
    "it": "Fattura originale del",
    "es": "Fecha factura original",
    "pt": "Data do documento de origem",
    "pl": "Data wystawienia faktury korygowanej",
}
ACCENTS = "#1f4e79|#7a1f1f|#2e6b34|#444444|#b35900|#5b2a86|#00707a|#a3123f|#000000"


def seller(c: Case, opt: str) -> str:
    """The seller, in one of many ways."""
    numbers = [pair(c, key, value) for key, value in identifiers(c, "seller")] if "ids" in opt else []
    if "only" in opt:
        return f'<div class="small">{"<br>".join(numbers)}</div>'
    lines = address(c, "seller", name="noname" not in opt)
    if "contact" in opt:
        lines += contacts(c)
    if "inline" in opt:
        joint = c.w.choose("joint", " · | - |, | • | | ")
        return f'<div class="small seller-line {"center" if "center" in opt else ""}">{joint.join(lines + numbers)}</div>'
    if "rows" in opt:
        return rows(c, "seller", numbers="ids" in opt)
    head = f'<div class="h">{html.escape(c.w("seller"))}</div>' if "labelled" in opt else ""
    align = "right" if "right" in opt else "center" if "center" in opt else ""
    return f'<div class="{align}">{head}{"<br>".join(lines + numbers)}</div>'


def rows(c: Case, role: str, *, numbers: bool) -> str:
    """A party as a small table of labels and values."""
    named = {
        "fr": "Nom|Adresse|Ville", "de": "Name|Anschrift|Ort", "en": "Name|Address|Town", "nl": "Naam|Adres|Plaats",
        "it": "Ragione sociale|Indirizzo|Città", "es": "Nombre|Domicilio|Población", "pt": "Nome|Morada|Localidade",
        "pl": "Nazwa|Adres|Miejscowość",
    }[c.language].split("|")  # fmt: skip
    lines = address(c, role)
    values = [lines[0], ", ".join(lines[1:-1]) or lines[-1], lines[-1]]
    cells = list(zip(named, values, strict=True)) + (identifiers(c, role) if numbers else [])
    body = "".join(f"<tr><td>{label(c, key)}</td><td>{value}</td></tr>" for key, value in cells)
    head = c.w("seller") if role == "seller" else c.w("bill_to")
    return f'<table class="kv"><tr><td colspan="2" class="h">{html.escape(head)}</td></tr>{body}</table>'


def buyer(c: Case, opt: str) -> str:
    """The buyer, in one of many ways."""
    numbers = (
        [pair(c, key, value) for key, value in identifiers(c, "buyer")]
        if c.rng.random() < 0.5 or "reverse" in c.has
        else []
    )
    if "rows" in opt:
        return rows(c, "buyer", numbers=bool(numbers))
    lines = address(c, "buyer") + numbers
    if "window" in opt:
        sender = f"{c.f('seller.name', c.seller.name)} · {c.seller.street} · {c.seller.zip} {c.seller.city}"
        return f'<div class="window"><div class="sender">{sender}</div>{"<br>".join(lines)}</div>'
    if "inline" in opt:
        return f"<p>{label(c, c.w('bill_to'))} {', '.join(lines)}</p>"
    head = f'<div class="h">{html.escape(c.w("bill_to"))}</div>' if "labelled" in opt else ""
    frame = "frame" if "frame" in opt else ""
    return f'<div class="{frame} {"right" if "right" in opt else ""}">{head}{"<br>".join(lines)}</div>'


def ship(c: Case, opt: str) -> str:
    """Where the goods went: a third address, of nobody's field."""
    c.trap("delivery address")
    other = places.party(c.rng, c.buyer.country, c.language)
    head = f'<div class="h">{html.escape(c.w("ship_to"))}</div>'
    return f"<div>{head}{html.escape(other.name)}<br>{html.escape(other.street)}<br>{other.zip} {other.city}</div>"


def parties(c: Case, opt: str) -> str:
    """Both parties in one table, headings above."""
    left, right = [
        "<br>".join(address(c, role) + [pair(c, *one) for one in identifiers(c, role)])
        for role in ("seller", "buyer")
    ]
    heads = [html.escape(c.w("seller")), html.escape(c.w("bill_to"))]
    if "swap" in opt:
        left, right, heads = right, left, heads[::-1]
    third = ""
    if "three" in opt:
        heads.append("")
        third = f"<td>{ship(c, opt)}</td>"
    tops = "".join(f"<th>{one}</th>" for one in heads)
    look = "ruled" if "ruled" in opt else "bordered" if "bordered" in opt else ""
    return f'<table class="full two {look}"><tr>{tops}</tr><tr><td>{left}</td><td>{right}</td>{third}</tr></table>'


def title(c: Case, opt: str) -> str:
    """What the document is, alone or with its number."""
    number = ""
    if "number" in opt:
        sign = c.w.choose("sign", "n° |Nr. |No. |#|") if c.language in {"fr", "de"} else ""
        number = f" {sign}{c.f('number', c.number)}"
    size = next((one for one in ("huge", "spaced", "band", "quiet") if one in opt), "")
    align = next((one for one in ("center", "right") if one in opt), "")
    return f'<div class="title {size} {align}">{html.escape(c.title())}{number}</div>'


def facts(c: Case, opt: str) -> list[tuple[str, str]]:
    """Number, dates and what stands among them."""
    rng, w, hand = c.rng, c.w, c.hand
    found = []
    if "number" not in c.printed:
        found.append((c.number_label(), c.f("number", c.number)))
    if "issue_date" not in c.printed:
        found.append((w("date"), c.date("issue_date", c.day)))
    if (
        c.sort != "credit_note"
        and "nodue" not in c.has
        and "due_date" not in c.printed
        and rng.random() < 0.55
    ):
        found.append((w("due"), c.date("due_date", c.due)))
    if c.sort == "credit_note":
        found.append((w("preceding"), c.f("preceding_invoice", c.preceding)))
    extras: list[tuple[str, str, Callable[[], str]]] = [
        ("delivery date", w("delivery"), lambda: c.date("delivery_date", c.delivered)),
        ("order number", w("order"), lambda: html.escape(c.a_number(c.ordered))),
        ("order date", w("orderdate"), lambda: hand.date(c.ordered)),
        (
            "customer number",
            w("customer"),
            lambda: f"{rng.choice(['C', 'K', '', ''])}{rng.randint(1000, 99999)}",
        ),
        ("contact person", w("contact"), lambda: places.person(rng, c.seller.tongue)),
        ("related document", w("related"), lambda: c.a_number(c.delivered)),
        ("period", w("period"), lambda: f"{hand.date(c.ordered)} – {hand.date(c.delivered)}"),
        ("payment method", w("method"), lambda: html.escape(w("methods"))),
        ("reference", w("your_ref"), lambda: f"{c.buyer.stem[:2].upper()}-{rng.randint(10, 999)}"),
        ("print date", w("printed"), lambda: hand.date(c.day + timedelta(days=rng.choice([0, 1, 2, 9])))),
    ]
    if c.sort == "credit_note":
        extras.append(("date of what it corrects", OF_ORIGINAL[c.language], lambda: hand.date(c.delivered)))
    taken = {key for key, _ in found}
    if c.buyer.ids.get("vat_id") and "noids" not in c.has:
        value = c.buyer.ids["vat_id"]
        shown = c.hand.vat_id(value) if value[:2].isalpha() else value
        extras.append(("buyer's VAT number", YOURS[c.language], lambda: c.f("buyer.vat_id", shown, value)))
    several = rng.choice([4, 5, 6]) if "many" in opt else rng.choice([0, 1, 1, 2, 2, 3, 4])
    for trap, key, said in rng.sample(extras, several):
        if key in taken:
            continue
        taken.add(key)
        c.trap(trap)
        found.insert(rng.randint(0, len(found)) if rng.random() < 0.5 else len(found), (key, said()))
    if "few" in opt:
        found = [entry for entry in found if "data-field" in entry[1]]
    return found


def placedate(c: Case, opt: str) -> str:
    """Town and date as in a letter, without a label."""
    shapes = {
        "fr": "{}, le {}|Fait à {}, le {}",
        "de": "{}, den {}|{}, {}",
        "it": "{}, {}|{}, lì {}",
        "es": "{}, a {}|{}, {}",
        "pl": "{}, dnia {}|{}, {}",
    }
    shape = places.one(c.rng, shapes.get(c.language, "{}, {}"))
    town = c.seller.city.split(" (")[0]
    if "labelled" in opt:
        shape = f"{PLACE_AND_DATE[c.language]}: {{}}, {{}}"
    return f'<div class="{opt}">{shape.format(html.escape(town), c.date("issue_date", c.day))}</div>'


PLACE_AND_DATE = {
    "fr": "Fait à, le",
    "de": "Ort, Datum",
    "en": "Place and date",
    "nl": "Plaats en datum",
    "it": "Luogo e data",
    "es": "Lugar y fecha de expedición",
    "pt": "Local e data de emissão",
    "pl": "Miejsce i data wystawienia",
}


def meta(c: Case, opt: str) -> str:
    """Numbers and dates, in one of many ways."""
    if "sentence" in opt:
        written = c.w("meta_sentence", title=c.title(), number="\0", date="\1")
        body = (
            html.escape(written)
            .replace("\0", c.f("number", c.number))
            .replace("\1", c.date("issue_date", c.day))
        )
        rest = " – ".join(pair(c, *one) for one in facts(c, opt))
        return f'<p class="metas">{body}</p><p class="small">{rest}</p>'
    found = facts(c, opt)
    if "grid" in opt:
        tops = "".join(f"<th>{html.escape(key)}</th>" for key, _ in found)
        cells = "".join(f"<td>{value}</td>" for _, value in found)
        look = next((one for one in ("bordered", "ruled", "filled") if one in opt), "")
        return f'<table class="full grid {look}"><tr>{tops}</tr><tr>{cells}</tr></table>'
    if "under" in opt:
        body = "".join(f"<td><b>{value}</b><br>{label(c, key, after=False)}</td>" for key, value in found)
        return f'<table class="full grid"><tr>{body}</tr></table>'
    if "inline" in opt:
        return f'<p class="metas">{" &nbsp;|&nbsp; ".join(pair(c, *one) for one in found)}</p>'
    if "stack" in opt:
        return "".join(
            f'<div class="stack">{label(c, key, after=False)}<br>{value}</div>' for key, value in found
        )
    if "two" in opt:
        pairs = [f"<td>{label(c, key)}</td><td>{value}</td>" for key, value in found]
        pairs += ["<td></td><td></td>"] * (len(pairs) % 2)
        body = "".join(f"<tr>{a}{b}</tr>" for a, b in zip(pairs[::2], pairs[1::2], strict=True))
        return f'<table class="full kv">{body}</table>'
    if "list" in opt:
        return f'<div class="{"right" if "right" in opt else ""}">{"<br>".join(pair(c, *one) for one in found)}</div>'
    body = "".join(
        f'<tr><td>{label(c, key)}</td><td class="{"r" if "r" in opt else ""}">{value}</td></tr>'
        for key, value in found
    )
    look = next((one for one in ("boxed", "bordered", "ruled", "filled") if one in opt), "")
    return f'<table class="kv {look} {"to-right" if "right" in opt else ""}">{body}</table>'


def intro(c: Case, opt: str) -> str:
    """A sentence before the lines, sometimes with a subject."""
    subject = ""
    if c.rng.random() < 0.5:
        c.trap("subject")
        what = f"{places.surname(c.rng, c.seller.tongue)} {c.rng.randint(2, 90)}"
        subject = f"<p><b>{pair(c, c.w('subject'), what)}</b></p>"
    return subject + f"<p>{html.escape(c.w('intro'))}</p>"
