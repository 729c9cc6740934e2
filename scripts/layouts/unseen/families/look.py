"""What pages are dressed with: sheets of style, signs of firms, codes to scan, stamps."""

import random

SANS, NARROW, SERIF, MONO = "DejaVu Sans", "DejaVu Sans Condensed", "DejaVu Serif", "DejaVu Sans Mono"


def sheet(font: str, size: str, margin: str, extra: str = "", *, paper: str = "A4") -> str:
    """The style of a page of Chromium."""
    return (
        f"@page{{size:{paper};margin:{margin}}}body{{font:{size} '{font}';color:#1c1c1c;margin:0;line-height:1.32}}"
        "table{border-collapse:collapse;width:100%}td,th{padding:3px 5px;vertical-align:top;font-weight:normal;text-align:left}"
        "th.r,td.r{text-align:right;white-space:nowrap}.row{display:flex;justify-content:space-between}.b{font-weight:bold}"
        ".s{font-size:75%}.g{color:#777}p{margin:6px 0}h1{margin:0;font-size:150%}.end{margin-left:auto}.c{text-align:center}"
        + extra
    )


def logo(rng: random.Random, text: str = "", *, size: int = 54, colour: str = "") -> str:
    """A sign of shapes; a text in it is the mark's, not the firm's full name."""
    colour = colour or rng.choice(("#0b5d7a", "#8a1f3d", "#2f6b3a", "#c46a00", "#3b3f8f", "#444"))
    shape = rng.choice(
        (
            '<circle cx="27" cy="27" r="24"/><rect x="20" y="6" width="14" height="42" fill="#fff"/>',
            '<path d="M4 50 L27 4 L50 50 Z"/><circle cx="27" cy="36" r="8" fill="#fff"/>',
            '<rect x="3" y="3" width="48" height="48" rx="12"/><path d="M14 38 L27 14 L40 38" stroke="#fff" stroke-width="6" fill="none"/>',
            '<path d="M3 27 Q27 -12 51 27 Q27 66 3 27 Z"/><circle cx="27" cy="27" r="9" fill="#fff"/>',
        )
    )
    sign = f'<svg width="{size}" height="{size}" viewBox="0 0 54 54" fill="{colour}" style="vertical-align:middle">{shape}</svg>'
    name = f' <span style="font-size:{size * 0.42:.0f}px;font-weight:bold;color:{colour};vertical-align:middle;letter-spacing:1px">{text}</span>'
    return sign + (name if text else "")


def code(rng: random.Random, size: int = 120) -> str:
    """Something that looks like a code to scan."""
    count, squares = 29, []
    for y in range(count):
        for x in range(count):
            corner = (
                (x < 8 or x > count - 9)
                and (y < 8 or y > count - 9)
                and not (x > count - 9 and y > count - 9)
            )
            if not corner and rng.random() < 0.48:
                squares.append(f"M{x} {y}h1v1h-1z")
    for x, y in ((0, 0), (count - 7, 0), (0, count - 7)):
        squares.append(f"M{x} {y}h7v7h-7zM{x + 1} {y + 1}v5h5v-5zM{x + 2} {y + 2}h3v3h-3z")
    return f'<svg width="{size}" height="{size}" viewBox="0 0 {count} {count}"><path fill-rule="evenodd" d="{"".join(squares)}"/></svg>'


def stamp(text: str, place: str, colour: str = "#b0232a") -> str:
    """A rubber stamp over the page, with what a hand put into it."""
    return (
        f'<div style="position:absolute;{place};transform:rotate(-9deg);border:2px solid {colour};color:{colour};'
        f'padding:3px 10px;font-weight:bold;letter-spacing:1px;opacity:.75;text-align:center">{text}</div>'
    )


def foot(text: str, style: str = "") -> str:
    """A footer at the page's lower edge."""
    return (
        f'<div style="position:fixed;bottom:0;left:0;right:0;font-size:72%;color:#555;{style}">{text}</div>'
    )
