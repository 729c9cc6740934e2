"""Families whose plan itself is drawn: any head with any table with any foot."""

import random
from collections.abc import Callable

from drawing import Drawing

from families.compose import ANY, Plan, family

HEADS = ("[ name seller:noname{i} | title:right ]", "[ logo seller{i} | title:right ]", "name:band seller:inline+noname{i} title",
         "title:huge seller:labelled{i}", "[ title | seller:right{i} ]", "logo:center seller:inline+center{i} title:center",
         "name:right title:number", "[ seller:rows{i} | title:huge ]", "name:center+spaced title:center", "[ brand | title:right+number ] seller:inline{i}", "brand:band [ seller:small{i} | title:right ]", "title:band+number logo:right")  # fmt: skip
MIDDLES = ("[ buyer:labelled | meta ]", "[ meta | buyer ]", "meta:grid+bordered buyer", "buyer:right meta:inline", "[ buyer:labelled | ship | meta:list ]",
           "buyer:frame meta:two", "meta:sentence buyer:inline", "parties:ruled meta:grid+filled", "[60 buyer:window | meta:boxed ]",
           "[ gap:1 | buyer ] meta:under", "buyer:rows meta:list", "meta:ruled buyer:labelled", "parties:bordered+swap meta:inline")  # fmt: skip
LOOKS = (
    "grid",
    "rules",
    "head",
    "zebra",
    "dark",
    "none",
    "cols",
    "cols+filled",
    "dark+zebra",
    "rules+groups",
    "tworow+rules",
)
SUMS = ("totals", "totals:boxed", "totals:left", "totals:strip+ruled", "totals:full", "[ vat:ruled | totals:ruled ]", "vat totals:due",
        "totals:big", "totals:sentence", "[ pay:list | totals:bordered ]", "totals:inline", "totals:center+due", "totals:strip+bordered vat:bordered")  # fmt: skip
PAYS = ("pay", "pay:box", "pay:list", "pay:inline", "pay:strip", "terms pay:inline")
FEET = (
    "foot:ids",
    "foot:columns+ids+contact",
    "foot:ids+fixed",
    "foot:ids+bank+center",
    "seller:inline+ids",
    "seller:only+ids",
    "foot:columns+ids+bank+fixed",
)
HAS = "rates? prepaid? rebate? shipping? reverse? small? discounts? foreign? invalid? signs? private? qtyunit? bilingual?"


def columns(rng: random.Random) -> str:
    """Some columns in some order; the text and an amount always."""
    chosen = ["item", "net"]
    for column, odds in (
        ("qty", 0.9),
        ("price", 0.85),
        ("unit", 0.4),
        ("rate", 0.45),
        ("ref", 0.35),
        ("pos", 0.3),
        ("date", 0.12),
        ("gross", 0.15),
        ("disc", 0.4),
    ):
        if rng.random() < odds:
            chosen.append(column)
    usual = ["pos", "date", "ref", "item", "qty", "unit", "price", "disc", "rate", "net", "gross"]
    chosen.sort(key=usual.index)
    if rng.random() < 0.4:
        tail = chosen[:-1]
        rng.shuffle(tail)
        chosen = tail + chosen[-1:]
    return ".".join(chosen)


def mixed(
    locales: tuple[str, ...], *, has: str = HAS, sort: str = "invoice"
) -> Callable[[random.Random], Drawing]:
    """A family for some countries."""

    def draw(rng: random.Random) -> Drawing:
        numbers = "+ids" if rng.random() < 0.5 else ""
        head = (
            rng.choice(HEADS)
            .replace("seller{i}", "seller:ids" if numbers else "seller")
            .replace("{i}", numbers)
        )
        parts = [head, rng.choice(MIDDLES)]
        if rng.random() < 0.15 and "sentence" not in parts[1]:
            parts.insert(1, rng.choice(["placedate", "placedate:right"]))
        if rng.random() < 0.4:
            parts.append("intro")
        look, sums = rng.choice(LOOKS), rng.choice(SUMS)
        if rng.random() < 0.12 and "tworow" not in look:
            look, sums = f"{look}+sums", ""
        parts.append(f"lines:{columns(rng)}/{look}")
        tail = [sums, "notes"] + ([] if "pay" in sums else [rng.choice(PAYS)])
        parts += tail
        if "+ids" not in head or rng.random() < 0.5:
            parts.append(rng.choice(FEET))
        if rng.random() < 0.3:
            parts.insert(rng.choice([0, len(parts)]), rng.choice(["stamp", "stamp:right", "stamp:side"]))
        page = rng.choice(
            [
                "size: A4; margin: 14mm 16mm",
                "size: A4; margin: 10mm",
                "size: A4; margin: 20mm 22mm",
                "size: letter; margin: 15mm",
            ]
        )
        more = " long" if rng.random() < 0.08 else ""
        return family(Plan(blocks=" ".join(parts), has=has + more, locales=locales, sort=sort, page=page))(
            rng
        )

    return draw


MIXED = {
    "mixed_fr": mixed(("fr-FR", "fr-FR", "fr-BE", "fr-CH")),
    "mixed_de": mixed(("de-DE", "de-DE", "de-AT", "de-CH")),
    "mixed_en": mixed(("en-GB", "en-IE", "en-NL", "en-DE", "en-FR")),
    "mixed_south": mixed(("it-IT", "es-ES", "pt-PT")),
    "mixed_east": mixed(("pl-PL", "nl-NL", "nl-BE")),
    "mixed_any": mixed(ANY),
    "mixed_credit": mixed(ANY, sort="credit_note"),
}
