"""The table of lines, in many orders and looks."""

import html
from decimal import Decimal

from families.case import Case
from families.ends import sums
from families.heads import label

DAY = {
    "de": "Datum",
    "en": "Date",
    "nl": "Datum",
    "it": "Data",
    "pt": "Data",
    "es": "Fecha",
    "pl": "Data",
    "fr": "Date",
}
RIGHT = {"qty", "price", "rate", "net", "disc", "gross", "pos"}


def head(c: Case, column: str) -> str:
    """The heading of a column."""
    if column == "pos":
        return c.w.choose(
            "pos",
            "Pos.|#|Nr.|Pos" if c.language == "de" else "#|N°|No.|L." if c.language == "fr" else "#|No|Pos",
        )
    if column == "date":
        return DAY[c.language]
    if c.with_tax and column in {"net", "price"}:
        return (
            c.w("gross") if column == "net" else c.w("price").replace("HT", "TTC").replace("netto", "brutto")
        )
    return c.w(column)


def cell(c: Case, index: int, column: str) -> str:
    """One cell."""
    line, hand = c.lines[index], c.hand
    if column in {"qty", "price", "rate", "net"}:
        written = c.line_field(index, column)
        if column == "qty" and "qtyunit" in c.has:
            written += f" {html.escape(line.unit)}"
        return written
    if column == "item":
        more = f'<div class="small">{html.escape(line.extra)}</div>' if line.extra else ""
        return c.line_field(index, "item") + more
    if column == "disc":
        return hand.rate(Decimal(line.discount)) if line.discount else ""
    if column == "gross":
        c.trap("gross column")
        return hand.number(line.net + line.net * line.rate / 100)
    if column == "vat":
        return hand.number(line.net * line.rate / 100)
    if column == "date":
        c.trap("dates in lines")
        return hand.date(c.ordered)
    return {"pos": str(index + 1), "unit": html.escape(line.unit), "ref": html.escape(line.ref)}[column]


def lines(c: Case, opt: str) -> str:
    """The lines: ``columns/look``."""
    spec, _, look = opt.partition("/")
    columns = spec.split(".")
    if "discounts" not in c.has:
        columns = [column for column in columns if column != "disc"]
    if "cards" in look:
        return cards(c)
    if "said" in look:
        return said(c)
    tops = "".join(
        f'<th class="{"r" if column in RIGHT else ""} c-{column}">{html.escape(head(c, column))}</th>'
        for column in columns
    )
    top = "" if "headless" in look else f"<thead><tr>{tops}</tr></thead>"
    kind = " ".join(look.split("+"))
    if "long" not in c.has or "flow" in look:
        body = "".join(row(c, index, columns, look) for index in range(len(c.lines)))
        if "sums" in look:
            for kind, name, value in sums(c, "due" if "sums+due" in look else ""):
                wide = f'<td class="r" colspan="{len(columns) - 1}">{name}</td>'
                body += f'<tr class="t-{kind}">{wide}<td class="r">{value}</td></tr>'
        return f'<table class="lines {kind}">{top}<tbody>{body}{fill(c, columns, look)}</tbody></table>'
    return broken(c, columns, look, f'<table class="lines {kind}">{top}')


def fill(c: Case, columns: list[str], look: str) -> str:
    """Empty rows down to the foot of the table, as printed forms have."""
    return (
        ("<tr>" + "<td>&nbsp;</td>" * len(columns) + "</tr>") * c.rng.randint(3, 8)
        if "filled" in look
        else ""
    )


def row(c: Case, index: int, columns: list[str], look: str) -> str:
    """One line; two rows of the table where the text stands above its figures."""
    group = ""
    if "groups" in look and index % 3 == 0 and index:
        c.trap("subtotals")
        part = sum((line.net for line in c.lines[index - 3 : index]), Decimal(0))
        group = f'<tr class="sub"><td colspan="{len(columns) - 1}">{html.escape(c.w("subtotal"))}</td><td class="r">{c.hand.number(part)}</td></tr>'
    if "tworow" in look:
        rest = [column for column in columns if column != "item"]
        first = f'<tr><td colspan="{len(columns)}"><b>{cell(c, index, "item")}</b></td></tr>'
        second = "".join(f'<td class="r">{cell(c, index, column)}</td>' for column in rest)
        return f"{group}{first}<tr><td></td>{second}</tr>"
    cells = "".join(
        f'<td class="{"r" if column in RIGHT else ""}">{cell(c, index, column)}</td>' for column in columns
    )
    return f"{group}<tr>{cells}</tr>"


def broken(c: Case, columns: list[str], look: str, start: str) -> str:
    """A table over two pages or more, with the amount carried over."""
    c.trap("carried over")
    size = c.rng.randint(14, 20)
    width, parts, carried = len(columns) - 1, [], Decimal(0)
    starts = list(range(0, len(c.lines), size))
    for begin in starts:
        chosen = range(begin, min(begin + size, len(c.lines)))
        before = (
            f'<tr class="sub"><td colspan="{width}">{html.escape(c.w("carried"))}</td><td class="r">{c.hand.number(carried)}</td></tr>'
            if begin
            else ""
        )
        body = "".join(row(c, index, columns, look) for index in chosen)
        carried += sum((c.lines[index].net for index in chosen), Decimal(0))
        after, again = "", ""
        if begin != starts[-1]:
            after = f'<tr class="sub"><td colspan="{width}">{html.escape(c.w("carry"))}</td><td class="r">{c.hand.number(carried)}</td></tr>'
        if begin:
            page = c.w("page", a=str(begin // size + 1), b=str(len(starts)))
            again = f'<div class="again">{html.escape(c.title())} {c.f("number", c.number)} <span class="fr">{page}</span></div>'
        parts.append(f"{again}{start}<tbody>{before}{body}{after}</tbody></table>")
    return '<div style="break-after: page"></div>'.join(parts)


def cards(c: Case) -> str:
    """Lines as small paragraphs, without a table."""
    parts = []
    for index, line in enumerate(c.lines):
        figures = f"{cell(c, index, 'qty')} {html.escape(line.unit)} × {cell(c, index, 'price')}"
        parts.append(
            f'<div class="card"><span class="fr">{cell(c, index, "net")}</span><b>{cell(c, index, "item")}</b>{figures}</div>'
        )
    return "".join(parts)


def said(c: Case) -> str:
    """Lines as a list with labels before each figure."""
    parts = []
    for index in range(len(c.lines)):
        told = [
            f"{label(c, head(c, column))} {cell(c, index, column)}"
            for column in ("qty", "price", "rate", "net")
        ]
        parts.append(f"<li>{cell(c, index, 'item')}{' &nbsp; '.join(told)}</li>")
    return f'<ol class="said">{"".join(parts)}</ol>'
