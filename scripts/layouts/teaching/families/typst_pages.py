"""Families that typst prints, with its own fonts."""

import random
from collections.abc import Callable

from drawing import Drawing

from families.case import Case, json_text, mark_typst
from families.compose import ANY, chances
from families.ends import exempt
from families.formats import plain
from families.heads import identifiers

FONTS = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono", "DejaVu Sans", "DejaVu Serif")


def say(text: str) -> str:
    """A text in typst's markup."""
    return "#" + json_text(text)


def pair(c: Case, name: str, value: str) -> str:
    """A label and its value."""
    return f"{say(name + c.w.choose('colon', ':|:||'))} {value}"


def address(c: Case, role: str, joint: str = " \\\n") -> str:
    """The lines of a party's address."""
    party = c.seller if role == "seller" else c.buyer
    place = f"{c.f(f'{role}.zip', party.zip)} {c.f(f'{role}.city', party.city)}"
    return joint.join([f"*{c.f(f'{role}.name', party.name)}*", c.f(f"{role}.street", party.street), place])


def numbers(c: Case, role: str, joint: str = " \\\n") -> str:
    """A party's identifiers."""
    return joint.join(pair(c, name, value) for name, value in identifiers(c, role))


def facts(c: Case) -> list[tuple[str, str]]:
    """Number, dates and a few others."""
    rng, found = (
        c.rng,
        [(c.number_label(), c.f("number", c.number)), (c.w("date"), c.date("issue_date", c.day))],
    )
    if rng.random() < 0.6:
        found.append((c.w("due"), c.date("due_date", c.due)))
    if rng.random() < 0.5:
        c.trap("order date")
        found.insert(rng.randint(0, 2), (c.w("orderdate"), say(c.hand.date(c.ordered))))
    if rng.random() < 0.5:
        c.trap("customer number")
        found.append((c.w("customer"), say(f"{rng.randint(1000, 99999)}")))
    return found


def cells(rows: list[tuple[str, str]]) -> str:
    """Rows of labels and values."""
    return "".join(f"[{name if name.startswith('#') else say(name)}], [{value}],\n" for name, value in rows)


def sums(c: Case) -> list[tuple[str, str]]:
    """The totals."""
    found = [(c.w("total_net"), c.money("total_net", c.net))]
    if len(c.rates) > 1:
        for index, (rate, _, tax) in enumerate(c.rates):
            key = f"vat_breakdown.{index}"
            shown = c.f(f"{key}.rate", c.hand.rate(rate), plain(rate))
            found.append((f"{say(c.w('total_vat'))} {shown}", c.money(f"{key}.amount", tax)))
    else:
        found.append((c.w("total_vat"), c.money("total_vat", c.vat)))
    found.append((c.w("total_gross"), c.money("total_gross", c.gross, sign=True)))
    if c.prepaid:
        found += [
            (c.w("prepaid"), c.money("prepaid", c.prepaid)),
            (c.w("amount_due"), c.money("amount_due", c.amount_due, sign=True)),
        ]
    return found


def table(c: Case, columns: list[str], style: str) -> str:
    """The lines."""
    heads = "".join(f"[*{say(c.w(column))}*]," for column in columns)
    body = ""
    for index, line in enumerate(c.lines):
        for column in columns:
            body += f"[{say(line.unit) if column == 'unit' else c.line_field(index, column)}],"
        body += "\n"
    widths = ", ".join("1fr" if column == "item" else "auto" for column in columns)
    aligned = ", ".join("left" if column in {"item", "unit"} else "right" for column in columns)
    return f"#table(columns: ({widths}), align: ({aligned}), {style}, {heads}\n{body})"


def ending(c: Case) -> str:
    """Payment, the exemption and thanks."""
    told = []
    if c.small or "reverse" in c.has:
        told.append(say(exempt(c)))
    told += [pair(c, c.w("iban"), c.f("iban", c.hand.iban(c.iban), c.iban)), pair(c, c.w("bic"), say(c.bic))]
    if c.rng.random() < 0.4:
        c.trap("terms in days")
        told.append(say(c.w("terms", n=str(c.term))))
    if c.rng.random() < 0.5:
        told.append(say(c.w("late")))
    told.append(say(c.w("thanks")))
    return " \\\n".join(told)


def body(c: Case, shape: str) -> str:
    """The page of one shape."""
    title = say(c.title())
    if shape == "letter":
        return (
            f"#align(right)[{address(c, 'seller')} \\\n{numbers(c, 'seller')}]\n#v(1cm)\n{address(c, 'buyer')}\n#v(1cm)\n= {title}\n"
            f"{' #h(1cm) '.join(pair(c, *one) for one in facts(c))}\n\n{table(c, ['item', 'qty', 'price', 'net'], 'stroke: none')}\n"
            f"#align(right)[#table(columns: 2, stroke: none, align: (left, right), {cells(sums(c))})]\n#v(5mm)\n{ending(c)}"
        )
    if shape == "grid":
        return (
            f"#align(center)[#text(size: 2em)[{title}]]\n#grid(columns: (1fr, 1fr), gutter: 5mm, [{say(c.w('seller'))} \\\n{address(c, 'seller')} \\\n"
            f"{numbers(c, 'seller')}], [{say(c.w('bill_to'))} \\\n{address(c, 'buyer')}])\n#v(5mm)\n#table(columns: (auto, 1fr), {cells(facts(c))})\n"
            f"{table(c, ['qty', 'unit', 'item', 'rate', 'price', 'net'], 'stroke: 0.5pt')}\n"
            f"#align(right)[#table(columns: 2, stroke: (bottom: 0.5pt), align: (left, right), {cells(sums(c))})]\n{ending(c)}"
        )
    if shape == "columns":
        told = facts(c)
        heads = "".join(f"[*{say(name)}*]," for name, _ in told) + "".join(f"[{value}]," for _, value in told)
        totals = sums(c)
        strip = "".join(
            f"[*{name if name.startswith('#') else say(name)}*]," for name, _ in totals
        ) + "".join(f"[{value}]," for _, value in totals)
        return (
            (
                f'#text(size: 1.6em, weight: "bold")[{c.f("seller.name", c.seller.name)}]\n\n= {title}\n#table(columns: {len(told)}, {heads})\n'
                f"{address(c, 'buyer')}\n#v(8mm)\n{table(c, ['item', 'rate', 'qty', 'net'], 'stroke: (x: none, y: 0.4pt), fill: (_, y) => if calc.odd(y) {{ luma(235) }}')}\n"
                f"#table(columns: {len(totals)}, {strip})\n{ending(c)}\n#place(bottom + center)[#text(size: 0.8em)[{address(c, 'seller', ' · ')} \\\n{numbers(c, 'seller', ' · ')}]]"
            )
            .replace("{{", "{")
            .replace("}}", "}")
        )
    return (
        f"#grid(columns: (1fr, 2fr), gutter: 8mm, [{address(c, 'seller')} \\\n{numbers(c, 'seller')}\n#v(8mm)\n"
        f"{cells_list(c)}\n#v(8mm)\n{ending(c)}], [= {title}\n{address(c, 'buyer')}\n#v(5mm)\n"
        f"{table(c, ['item', 'qty', 'net'], 'stroke: (bottom: 0.5pt)')}\n#table(columns: (1fr, auto), stroke: none, align: (left, right), {cells(sums(c))})])"
    )


def cells_list(c: Case) -> str:
    """Number and dates, one below the other."""
    return " \\\n".join(pair(c, *one) for one in facts(c))


def family(shape: str) -> Callable[[random.Random], Drawing]:
    """The family of one shape."""

    def draw(rng: random.Random) -> Drawing:
        has = [
            word
            for word in chances(rng, "rates? prepaid? small? reverse? invalid? signs?")
            if word != "labelsign"
        ]
        locale = rng.choice([one for one in ANY if one[-2:] != "CH"])
        if "small" in has or locale.endswith("GB"):
            has = [word for word in has if word != "reverse"]
        c = Case(rng, locale, "invoice", has, mark=mark_typst)
        margin, font = rng.choice(["18mm", "22mm", "25mm"]), rng.choice(FONTS)
        page = f'#set page(paper: "a4", margin: {margin})\n#set text(font: "{font}", size: {rng.choice([9, 10, 11])}pt)\n'
        source = page + body(c, shape)
        c.printed.setdefault("currency", c.currency)
        return Drawing(
            source=source,
            truth=c.truth(),
            language=c.language,
            engine="typst",
            distractors=tuple(c.distractors),
            identifiers_valid=c.identifiers_valid(),
        )

    return draw


TYPST_TRAIN = {f"typst_{shape}": family(shape) for shape in ("letter", "grid", "columns")}
TYPST_TUNE = {"tune_typst": family("side")}
