"""Draw the README's picture, and its part on the first page of the site: each value boxed where it stands."""

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from smeflow import Case, read, run
from smeflow.documents.show import page_png
from smeflow.records import Invoice
from smeflow.steps import Extract

ROOT = Path(__file__).resolve().parent.parent
INVOICE = ROOT / "recipes/supplier-mail/inbox/netpresse-2022089083.pdf"
PICTURE = ROOT / "docs/images/quotes.png"
PART = ROOT / "docs/images/invoice.png"
COLOURS = ("#1b6ec2", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#0f766e")


def draw() -> None:
    """Read the invoice, draw a box and the field's name at each quote, and write the picture."""
    document = read(INVOICE)
    extract = Extract(name="invoice", into=Invoice)
    fields = run([extract], Case.of(document))[extract].fields
    page = Image.open(io.BytesIO(page_png(document, 1, dpi=110))).convert("RGB")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    names: dict[tuple[float, ...], list[str]] = {}
    for name, field in fields.items():
        if field.box and field.page == 1 and "." not in name and "[" not in name and name != "currency":
            names.setdefault(_sides(field.box), []).append(name.replace("_", " "))
    for i, (sides, told) in enumerate(names.items()):
        left, top, right, bottom = (
            v * size for v, size in zip(sides, (page.width, page.height) * 2, strict=True)
        )
        colour = COLOURS[i % len(COLOURS)]
        pen.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=colour, width=2)
        tag = ", ".join(told)
        width = pen.textlength(tag, font=font)
        start = min(left - 3, page.width - width - 12)
        pen.rectangle((start, top - 19, start + width + 8, top - 3), fill=colour)
        pen.text((start + 4, top - 19), tag, fill="white", font=font)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.crop((0, 0, page.width, int(page.height * 0.99))).quantize(64).save(PICTURE, optimize=True)
    page.crop((40, 140, page.width, 875)).quantize(64).save(PART, optimize=True)


def _sides(box: object) -> tuple[float, ...]:
    if isinstance(box, list | tuple):
        return tuple(float(v) for v in box)
    return tuple(float(getattr(box, side)) for side in ("left", "top", "right", "bottom"))


if __name__ == "__main__":
    draw()
