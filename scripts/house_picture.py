"""Draw ``docs/images/house.svg``: the packages as floors, from the layers that ``make check`` holds.

Usage: ``python scripts/house_picture.py``. A test compares the picture with what this gives.
"""

import ast
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "house.svg"
WIDTH, GAP, MARGIN = 960, 8, 16
HEIGHT, PLAIN = 46, 26
COLOURS = {"top": "#e8eefc", "craft": "#e6f4ea", "kernel": "#fdf3e1", "base": "#eeeeee"}
CRAFTS = {"reports", "pages", "invoices", "mail", "triage", "extract", "writing", "tables", "files"}
TOP = {"cli", "web", "review", "evaluate", "notebook", "books"}


def floors() -> list[list[str]]:
    """Give the names on each floor, the top one first; what is not built yet is left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return [[name.strip() for name in layer.split("|")] for layer in layers if not layer.startswith("(")]


def sentence(name: str) -> str:
    """Give the first sentence of a package's or module's docstring."""
    folder = ROOT / "src" / "smeflow" / name
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def picture() -> str:
    """Give the picture as SVG."""
    parts, top = [], MARGIN
    for floor in floors():
        small = all(name.startswith("_") or name in {"errors", "i18n", "money"} for name in floor)
        height = PLAIN if small else HEIGHT
        wide = (WIDTH - 2 * MARGIN - GAP * (len(floor) - 1)) / len(floor)
        for place, name in enumerate(floor):
            parts.append(_room(name, MARGIN + place * (wide + GAP), top, wide, height))
        top += height + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + MARGIN - GAP}" role="img" '
        'aria-label="The packages of smeflow as floors; imports point down" font-family="sans-serif">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>", ""])


def _room(name: str, left: float, top: float, wide: float, height: float) -> str:
    kind = "top" if name in TOP else "craft" if name in CRAFTS else "base" if height == PLAIN else "kernel"
    box = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{height}" rx="5" '
        f'fill="{COLOURS[kind]}" stroke="#9aa0a6"/>'
    )
    middle = left + wide / 2
    if height == PLAIN:
        return box + _text(middle, top + 17, name, size=13, bold=True)
    return box + _text(middle, top + 18, name, size=14, bold=True) + _about(name, middle, top + 36, wide)


def _about(name: str, middle: float, line: float, wide: float) -> str:
    most = int(wide / 6.2)
    said = sentence(name).rstrip(".")
    while len(said) > most:
        cut = max(said.rfind(mark, 0, most) for mark in (", ", ": ", "; ", " "))
        said = said[: cut if cut > 0 else most].rstrip(",:; ") + "…"
        most = len(said)
    return _text(middle, line, said, size=11)


def _text(x: float, y: float, text: str, *, size: int, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{weight} text-anchor="middle" '
        f'fill="#202124">{escape(text)}</text>'
    )


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture(), encoding="utf-8")
    print(PICTURE.relative_to(ROOT))
