"""How pages look: type, colours, logos, stamps, sheets."""

import random
from collections.abc import Sequence

from .document import Doc
from .parties import invent
from .vocabulary import NETWORK, PRINTED

SANS, CONDENSED = "'DejaVu Sans', sans-serif", "'DejaVu Sans Condensed', 'DejaVu Sans', sans-serif"
SERIF, MONO = "'DejaVu Serif', serif", "'DejaVu Sans Mono', monospace"
SERIF_NARROW = "'DejaVu Serif Condensed', 'DejaVu Serif', serif"
FONTS = (SANS, CONDENSED, CONDENSED, SERIF, SERIF_NARROW, MONO)
COLOURS = ("#1b4965", "#7a1f2b", "#2f5d3a", "#444444", "#000000", "#5b3a8c", "#b4541a", "#006d77", "#8a6d00")

GLYPHS = {
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1E11111111111E", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11191513111111", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "1111111515150A", "X": "11110A040A1111", "Y": "11110A04040404", "Z": "1F01020408101F",
}


def logo(doc: Doc, text: str, height: int = 34) -> str:
    """A drawn word mark: shapes only, no text, the same all over a document."""
    if f"logo {height}" in doc.chosen:
        return doc.chosen[f"logo {height}"]
    rng = doc.rng
    colour, shapes, x = rng.choice(COLOURS), [], 0
    round_dots = rng.random() < 0.5
    letters = [char for char in text.upper().replace("É", "E").replace("Ö", "O").replace("Ä", "A").replace("Ü", "U") if char in GLYPHS]
    for char in letters:
        rows = [int(GLYPHS[char][i : i + 2], 16) for i in range(0, 14, 2)]
        dots = [(x + bit, y) for y, row in enumerate(rows) for bit in range(5) if row >> (4 - bit) & 1]
        if round_dots:
            shapes += [f'<circle cx="{left + 0.5}" cy="{top + 0.5}" r=".5"/>' for left, top in dots]
        else:
            shapes += [f'<rect x="{left}" y="{top}" width="1.02" height="1.02"/>' for left, top in dots]
        x += 6
    badge = rng.choice(('<circle cx="-6" cy="3.5" r="4"/><rect x="-8" y="3" width="4" height="1" fill="#fff"/>',
                        '<path d="M-10 7L-6 0L-2 7Z"/>', '<rect x="-9" y="0" width="7" height="7" rx="2"/>', ""))
    left, width = (-11, x + 11) if badge else (-1, x + 1)
    drawn = f'<svg height="{height}" viewBox="{left} -1 {width} 9" fill="{colour}">{badge}{"".join(shapes)}</svg>'
    doc.chosen[f"logo {height}"] = drawn
    return drawn


def style(rng: random.Random) -> str:
    """One of very many style sheets for the common classes."""
    font, size, accent = rng.choice(FONTS), rng.choice((8, 8.5, 9, 9.5)), rng.choice(COLOURS)
    if font in {MONO, SANS}:
        size -= 0.8
    head = rng.choice((f"background:{accent};color:#fff", f"border-bottom:1.5px solid {accent};color:{accent}", "background:#e6e6e6",
                       "border-top:1px solid #000;border-bottom:1px solid #000", "font-style:italic;border-bottom:1px dotted #555"))
    cells = rng.choice(("border-bottom:1px solid #ddd", "", "border:1px solid #999", "border-left:1px solid #888;border-right:1px solid #888",
                        "border-bottom:1px dotted #777"))
    zebra = rng.choice(("", ".lines tr:nth-child(even) td{background:#f2f4f6}"))
    title = rng.choice(("letter-spacing:.45em", "letter-spacing:.2em;font-weight:normal", f"color:{accent}", "font-style:italic", "font-weight:normal;text-decoration:underline"))
    last = rng.choice(("font-weight:bold;border-top:2px solid #000", f"background:{accent};color:#fff", "font-weight:bold;font-size:1.25em", "border-top:1px solid #000;border-bottom:3px double #000"))
    return f"""@page{{size:A4;margin:0}}*{{box-sizing:border-box}}body{{margin:0;font:{size}pt/{rng.choice((1.25, 1.35, 1.5))} {font}}}
.sheet{{width:210mm;min-height:296mm;padding:{rng.randint(10, 18)}mm {rng.randint(12, 20)}mm {rng.randint(7, 12)}mm;display:flex;flex-direction:column;break-after:page}}
.sheet:last-child{{break-after:auto}}.foot{{margin-top:auto;padding-top:5mm}}.small{{font-size:.78em}}.tiny{{font-size:.66em;color:#555}}
.row{{display:flex;justify-content:space-between;gap:8mm}}.r{{text-align:right}}.c{{text-align:center}}table{{border-collapse:collapse}}
td,th{{padding:{rng.choice(('1.2mm 1.8mm', '.7mm 1.5mm', '1.6mm 2mm'))};vertical-align:top;text-align:left}}td.r,th.r{{text-align:right;white-space:nowrap}}
.lines{{width:100%;margin:{rng.randint(3, 8)}mm 0 {rng.randint(2, 5)}mm}}.lines th{{{head};font-weight:{rng.choice(('bold', 'normal'))}}}.lines td{{{cells}}}{zebra}
h1{{font-size:{rng.choice((14, 17, 20, 24))}pt;margin:2mm 0;{title}}}.box{{border:1px solid {accent};padding:2mm 3mm;border-radius:{rng.choice((0, 0, 2))}mm}}
.key{{color:{rng.choice(('#666', accent, '#000'))};{rng.choice(('font-size:.8em', 'font-weight:bold', '', 'font-style:italic'))}}}
.sum{{margin-left:auto}}.sum td:last-child{{text-align:right;white-space:nowrap}}.sum .last td,.last{{{last}}}.strip{{width:100%}}.strip th,.strip td{{border:1px solid #777;text-align:center}}
.stamp{{display:inline-block;transform:rotate({rng.randint(-9, 7)}deg);border:2px solid {rng.choice(('#b00', '#225', '#080'))};color:{rng.choice(('#b00', '#225', '#080'))};padding:1mm 4mm;font:bold 9pt 'DejaVu Sans Mono';opacity:.75}}
.gap{{height:{rng.randint(4, 12)}mm}}.cols{{display:flex;gap:5mm;justify-content:space-between}}.hl{{color:{accent}}}p{{margin:1.5mm 0}}"""


def page(doc: Doc, sheets: Sequence[str], css: str = "", base: str = "") -> str:
    """A whole document of sheets."""
    sheets = [printed(doc) + sheets[0], *sheets[1:]]
    sheets[-1] += network(doc)
    body = "".join(f'<div class="sheet">{sheet}</div>' for sheet in sheets)
    return f'<!DOCTYPE html><html lang="{doc.language}"><head><meta charset="utf-8"><title>-</title><style>{base or style(doc.rng)}{css}</style></head><body>{body}</body></html>'


def printed(doc: Doc) -> str:
    """The day and time of printing at the top."""
    if doc.rng.random() > 0.2:
        return ""
    doc.trap("print date")
    return f'<div class="tiny r">{PRINTED[doc.language]} {doc.day(doc.later(1, 9), style="%d/%m/%Y")} {doc.rng.randint(7, 19):02d}:{doc.rng.randint(0, 59):02d}</div>'


def network(doc: Doc) -> str:
    """The identity of a network that the seller belongs to."""
    if doc.rng.random() > 0.15 or doc.country == "US":
        return ""
    doc.trap("network's identity")
    other = invent(doc.rng, doc.country)
    number = {"FR": f"SIREN {other.legal_id[:9]}", "DE": f"USt-IdNr. {other.vat_id}", "GB": f"Company no. {other.legal_id}"}.get(doc.country, other.vat_id)
    return f'<div class="tiny c">{NETWORK[doc.language]} {other.name}, {other.street}, {other.zip} {other.city} – {number}</div>'


def stamp(doc: Doc, chance: float = 0.45) -> str:
    """A print stamp with a date that is none of the invoice's."""
    if doc.rng.random() > chance:
        return ""
    doc.trap("print stamp with date")
    when = doc.day(doc.later(1, 12), style=doc.rng.choice(("%d.%m.%Y", "%d/%m/%Y", "%d %m %Y")))
    side = doc.rng.choice(("left", "center", "right"))
    return f'<div style="text-align:{side};margin:2mm 6mm"><span class="stamp">{doc.label("paid_stamp")} {when}</span></div>'


def table(rows: Sequence[Sequence[str]], cls: str = "", css: str = "", *, last: bool = False, head: bool = False) -> str:
    """A plain table from rows of cells."""
    out = []
    for place, row in enumerate(rows):
        tag = "th" if head and place == 0 else "td"
        mark = ' class="last"' if last and place == len(rows) - 1 else ""
        cells = "".join(f'<{tag}{" class=r" if cell.startswith("→") else ""}>{cell.removeprefix("→")}</{tag}>' for cell in row)
        out.append(f"<tr{mark}>{cells}</tr>")
    return f'<table class="{cls}" style="{css}">{"".join(out)}</table>'


def meta(doc: Doc, items: Sequence[tuple[str, str]], kind: str = "") -> str:
    """Labels and values of the head, in one of many forms."""
    kind = kind or doc.rng.choice(("pairs", "colon", "over", "grid", "box"))
    if kind == "over":
        cells = "".join(f'<td style="padding-right:6mm"><div class="key">{key}</div>{value}</td>' for key, value in items)
        return f"<table><tr>{cells}</tr></table>"
    if kind == "grid":
        return table([[key for key, _ in items], [value for _, value in items]], "strip", head=True)
    if kind == "colon":
        mark = doc.rng.choice((" :", ":", ""))
        return "<div>" + "".join(f'<div><span class="key">{key}{mark}</span> {value}</div>' for key, value in items) + "</div>"
    rows = [(f'<span class="key">{key}</span>', value) for key, value in items]
    return table(rows, "box" if kind == "box" else "")


def columns_foot(doc: Doc, groups: Sequence[Sequence[str]]) -> str:
    """Small columns at the foot of the sheet."""
    cells = "".join(f"<div>{'<br>'.join(group)}</div>" for group in groups)
    if "foot rule" not in doc.chosen:
        doc.chosen["foot rule"] = doc.rng.choice(("", "border-top:1px solid #888;", "border-top:1px solid #888;", "border-top:3px double #555;"))
    line = doc.chosen["foot rule"]
    return f'<div class="foot small"><div class="cols" style="{line}padding-top:1.5mm">{cells}</div></div>'


def shuffled(rng: random.Random, items: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The items in another order."""
    return rng.sample(list(items), len(items))
