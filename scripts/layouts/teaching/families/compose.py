"""Plans of pages: a line of blocks and columns becomes a family that draws documents."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from drawing import Drawing, Engine

from families import ends, heads, specials, tables
from families.case import Case

Block = Callable[[Case, str], str]
BLOCKS: dict[str, Block] = {
    "name": heads.name, "brand": heads.brand, "logo": heads.logo, "seller": heads.seller, "buyer": heads.buyer, "ship": heads.ship,
    "parties": heads.parties, "title": heads.title, "meta": heads.meta, "placedate": heads.placedate, "intro": heads.intro,
    "lines": tables.lines, "totals": ends.totals, "vat": ends.vat, "pay": ends.pay, "terms": ends.terms,
    "notes": ends.notes, "foot": ends.foot, "stamp": ends.stamp, "advert": ends.advert,
    "till": specials.till, "folio": specials.folio, "meter": specials.meter, "summary": specials.summary,
    "qr": specials.qr, "letter": specials.letter, "coupon": specials.coupon, "calls": specials.calls,
    "rule": lambda _, opt: f"<hr{opt}>", "gap": lambda _, opt: f'<div style="height:{opt or 6}mm"></div>',
}  # fmt: skip
FONTS = ("DejaVu Sans", "DejaVu Sans", "DejaVu Sans Condensed", "DejaVu Sans Condensed", "DejaVu Serif",
         "DejaVu Serif Condensed", "DejaVu Sans Mono", "DejaVu Sans Light")  # fmt: skip
ANY = ("fr-FR", "fr-FR", "fr-BE", "fr-CH", "de-DE", "de-DE", "de-AT", "de-CH", "en-GB", "en-IE", "en-NL", "en-DE",
       "nl-NL", "nl-BE", "it-IT", "it-IT", "es-ES", "es-ES", "pt-PT", "pt-PT", "pl-PL", "pl-PL")  # fmt: skip

ODDS = {"small": 0.12, "reverse": 0.12, "bilingual": 0.07, "foreign": 0.1, "invalid": 0.12, "noids": 0.06,
        "rebate": 0.18, "shipping": 0.2, "prepaid": 0.25}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is fixed about a family."""

    blocks: str
    """Blocks ``name:option`` in order; ``[ a b | c ]`` are columns; ``[30 a | b ]`` gives the first a width."""
    has: str = ""
    """What its documents hold: "long", "rebate", "discounts", "gross", …; ``x?`` is a matter of chance."""
    locales: tuple[str, ...] = ANY
    sort: str = "invoice"
    page: str = "size: A4; margin: 14mm 16mm"
    engine: Engine = "chromium"
    mono: bool = False
    css: str = ""


def render(c: Case, blocks: str) -> str:
    """The blocks of a plan as HTML."""
    out: list[str] = []
    for word in blocks.split():
        if word.startswith("["):
            width = f' width="{word[1:]}%"' if word[1:] else ""
            out.append(f'<table class="up" width="100%"><tr><td valign="top"{width}>')
        elif word == "|":
            out.append('</td><td valign="top">')
        elif word == "]":
            out.append("</td></tr></table>")
        else:
            name, _, opt = word.partition(":")
            out.append(BLOCKS[name](c, opt))
    return "\n".join(out)


def chances(rng: random.Random, has: str) -> list[str]:
    """What this document holds: the plan's musts, and its chances where they fell."""
    found = [word for word in has.split() if not word.endswith("?")]
    found += [
        word[:-1] for word in has.split() if word.endswith("?") and rng.random() < ODDS.get(word[:-1], 0.35)
    ]
    if "rates" in found or "food" in found:
        found = [word for word in found if word not in {"small", "reverse"}]
    if rng.random() < 0.6:
        found.append("signs")
    elif rng.random() < 0.4:
        found.append("labelsign")
    return found


def family(plan: Plan) -> Callable[[random.Random], Drawing]:
    """The family that draws a plan."""

    def draw(rng: random.Random) -> Drawing:
        locale = rng.choice(plan.locales)
        has = chances(rng, plan.has)
        if "reverse" in has and locale[-2:] in {"CH", "GB"}:
            has.remove("reverse")
        if "small" in has and "reverse" in has:
            has.remove("reverse")
        c = Case(rng, locale, plan.sort, has)
        body = render(c, plan.blocks)
        if (c.small or "reverse" in c.has) and "notes" not in plan.blocks:
            body += f"<p>{ends.exempt(c)}</p>"
        style = office_style(c) if plan.engine == "libreoffice" else sheet(c, plan)
        source = (
            f'<!doctype html><html lang="{c.language}"><head><meta charset="utf-8"><title>{c.title()}</title>'
            f"<style>{style}</style></head><body>{body}</body></html>"
        )
        if plan.engine == "libreoffice":
            source = office(source, spread="narrow" not in plan.blocks)
        return Drawing(
            source=source,
            truth=c.truth(),
            language=c.language,
            engine=plan.engine,
            distractors=tuple(c.distractors),
            identifiers_valid=c.identifiers_valid(),
        )

    return draw


def office(source: str, *, spread: bool) -> str:
    """The same page with the widths and borders that LibreOffice reads: attributes of tables."""
    source = re.sub(
        r'(<table class="[^"]*(?:full|lines)[^"]*")', r'\1 width="100%"' if spread else r"\1", source
    )
    source = re.sub(
        r'(<table class="[^"]*(?:grid|bordered|boxed)[^"]*")', r'\1 border="1" cellspacing="0"', source
    )
    source = source.replace('class="r"', 'class="r" align="right"').replace(
        '<th class="r c-', '<th align="right" class="r c-'
    )
    return re.sub(r'(<table class="[^"]*to-right[^"]*")', r'\1 align="right"', source)


def office_style(c: Case) -> str:
    """The little style that LibreOffice understands."""
    font, size = c.rng.choice(FONTS[:7]), c.rng.choice([8, 9, 9, 10])
    return (
        f"@page {{ size: 21cm 29.7cm; margin: 1.6cm }} body, td, th, p {{ font-family: '{font}'; font-size: {size}pt }}"
        f" td, th {{ padding: 0.08cm }} .r {{ text-align: right }} th {{ text-align: left; font-weight: bold }}"
        f" .small, .tiny {{ font-size: {size - 1}pt }} .title, .name {{ font-size: {size + 6}pt; font-weight: bold }}"
        f" .h {{ font-weight: bold }} .right {{ text-align: right }} .center {{ text-align: center }}"
        f" p {{ margin: 0.1cm 0 }}"
    )


def sheet(c: Case, plan: Plan) -> str:
    """The style of one document: fixed shape, and its own fonts, sizes and colours."""
    rng = c.rng
    accent = c.w.choose("accent", heads.ACCENTS)
    font = "DejaVu Sans Mono" if plan.mono else rng.choice(FONTS)
    size = rng.choice([8, 8.5, 9, 9.5, 10]) - (1 if "Mono" in font else 0)
    weight = "200" if "Light" in font else "normal"
    family_name = "DejaVu Sans" if "Light" in font else font
    loose, soft = rng.choice([2, 3, 4, 6]), rng.choice(["#eee", "#f3f3ea", "#e8eef5", accent + "22"])
    strong = rng.choice(["bold", "normal", "bold"])
    titles = rng.choice(["", "text-transform:uppercase;", "letter-spacing:2px;", "font-variant:small-caps;"])
    line = rng.choice(
        ["1px solid #000", "1px solid #999", f"1px solid {accent}", "2px solid #000", "1px dotted #444"]
    )
    return f"""
@page {{ {plan.page} }}
* {{ box-sizing: border-box }}
body {{ margin: 0; font: {weight} {size}pt/{rng.choice([1.25, 1.35, 1.5])} '{family_name}', sans-serif; color: #111 }}
table {{ border-collapse: collapse; font-size: inherit }}
td, th {{ vertical-align: top; padding: 1px 3px; text-align: left; font-weight: inherit }}
th {{ font-weight: {strong} }}
.full, .lines, .up {{ width: 100% }} .up > tbody > tr > td {{ padding: 0 6px 0 0 }} .up > tbody > tr > td + td {{ padding-left: 3mm }} .up {{ margin-bottom: {loose}mm }}
.r {{ text-align: right !important }} .right {{ text-align: right }} .center {{ text-align: center }}
.k {{ font-weight: {rng.choice(["bold", "normal", "normal"])}; color: {rng.choice(["#111", "#555", accent])} }}
.kv td:first-child {{ padding-right: 10px; white-space: nowrap }}
.h {{ font-weight: bold; color: {accent}; {titles} margin-bottom: 2px; font-size: {rng.choice([80, 90, 100])}% }}
.name {{ font-size: {size * 1.9:.1f}pt; color: {accent}; font-weight: bold; margin-bottom: 2mm }}
.name.band {{ background: {accent}; color: #fff; padding: 4mm 5mm }} .name.spaced {{ letter-spacing: 4px; text-transform: none }}
.name.plain {{ font-size: {size * 1.2:.1f}pt; color: #111 }}
.title {{ font-size: {size * 1.6:.1f}pt; font-weight: {strong}; margin: {loose}mm 0 }}
.title.huge {{ font-size: {size * 3:.1f}pt; color: {accent} }} .title.spaced {{ letter-spacing: 6px }}
.title.band {{ background: {accent}; color: #fff; padding: 2mm 4mm }} .title.quiet {{ font-size: {size}pt; font-weight: bold }}
.small {{ font-size: 85% }} .tiny {{ font-size: 75%; color: #555 }} .fr {{ float: right }}
.frame {{ border: {line}; padding: 2mm 3mm; margin: 2mm 0 }} .boxed {{ border: {line} }}
.bordered td, .bordered th {{ border: {line} }} .ruled tr {{ border-bottom: {line} }} .filled th {{ background: {soft} }}
.grid {{ margin: {loose}mm 0 }} .two td {{ width: 50%; padding: 3px 6px }} .window {{ height: 38mm; width: 88mm; margin-top: 8mm }}
.sender {{ font-size: 70%; text-decoration: underline; margin-bottom: 3mm }} .stack {{ margin-bottom: 3mm }}
.to-right {{ margin-left: auto }} .to-center {{ margin: 0 auto }} .clear {{ clear: both }}
.lines {{ margin: {loose}mm 0 }} .lines td, .lines th {{ padding: {rng.choice([1, 2, 3, 5])}px 4px }} .c-item {{ width: 40% }}
.lines.grid td, .lines.grid th {{ border: {line} }} .lines.rules tr {{ border-bottom: {line} }} .lines.head thead {{ border-bottom: 2px solid {accent} }}
.lines.zebra tbody tr:nth-child(even) {{ background: {soft} }} .lines.dark thead {{ background: {accent}; color: #fff }}
.lines.cols td {{ border-left: {line}; border-right: {line} }} .lines.cols {{ border: {line} }} .lines.cols th {{ border: {line} }}
.lines td.r, .sums .r, .vat .r {{ white-space: nowrap }} tr {{ break-inside: avoid }}
.sub td {{ font-style: italic; border-top: {line} }} .again {{ font-size: 90%; margin-bottom: 4mm; border-bottom: {line} }}
.sums td {{ padding: 2px 8px }} .t-gross td, .t-due td {{ font-weight: bold }} .t-due td {{ border-top: {line}; color: {accent} }}
.strip {{ margin: {loose}mm 0 }} .strip td, .strip th {{ padding: 3px 8px }} .vat {{ margin: 2mm 0 }} .vat td, .vat th {{ padding: 1px 8px }}
.bigsum {{ text-align: right; margin: 4mm 0; color: {accent} }} .bigsum span {{ font-size: {size * 2.4:.1f}pt; font-weight: bold }}
.card {{ border-bottom: {line}; padding: 2mm 0 }} .card b, .said li > span:first-child {{ display: block }} .metas {{ margin: 3mm 0 }}
.foot {{ margin-top: 8mm; border-top: {line}; padding-top: 2mm; font-size: 80% }} .foot.fixed {{ position: fixed; bottom: 0; left: 0; right: 0 }}
.side {{ position: fixed; left: -12mm; top: 120mm; width: 6mm; font-size: 6pt; writing-mode: vertical-rl; white-space: nowrap }}
{plan.css}
"""
