"""What a scanner and a telephone make of a page."""

import io
import random
from collections.abc import Sequence

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageFilter

Move = Sequence[float]
Corners = Sequence[tuple[float, float]]


def pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    """The pages of a PDF as pictures."""
    document = pdfium.PdfDocument(pdf)
    drawn = [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]
    document.close()
    return drawn


def projection(begin: Corners, end: Corners) -> list[float]:
    """The eight numbers of the projection that takes four corners to four others."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(begin, end, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    goal = [value for corner in end for value in corner]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(goal))]


def _warp(
    page: Image.Image, size: tuple[int, int], corners: Corners, ground: tuple[int, int, int]
) -> tuple[Image.Image, Move]:
    wide, high = page.size
    whole = [(0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high)]
    back = projection(corners, whole)
    how = Image.Transform.PERSPECTIVE
    warped = page.transform(size, how, back, Image.Resampling.BICUBIC, fillcolor=ground)
    shares = [(x / size[0], y / size[1]) for x, y in corners]
    return warped, projection([(0, 0), (1, 0), (1, 1), (0, 1)], shares)


def _jpeg(picture: Image.Image, quality: int, dpi: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
    return out.getvalue()


def scan(page: Image.Image, rng: random.Random, dpi: int = 150) -> tuple[bytes, Move]:
    """A grey scan, a little askew, with dust and a weak contrast; and where its points went."""
    wide, high = page.size
    angle = rng.uniform(-1.6, 1.6) * np.pi / 180
    shift = (rng.uniform(-0.008, 0.008) * wide, rng.uniform(-0.008, 0.008) * high)
    cos, sin = np.cos(angle), np.sin(angle)
    corners = [
        (
            wide / 2 + cos * (x - wide / 2) - sin * (y - high / 2) + shift[0],
            high / 2 + sin * (x - wide / 2) + cos * (y - high / 2) + shift[1],
        )
        for x, y in ((0, 0), (wide, 0), (wide, high), (0, high))
    ]
    turned, move = _warp(page, page.size, corners, (255, 255, 255))
    blurred = turned.convert("L").filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.7)))
    grey = np.asarray(blurred, np.float64)
    noise = np.random.default_rng(rng.getrandbits(32))
    black, white = rng.uniform(10, 60), rng.uniform(232, 255)
    grey = black + grey / 255 * (white - black)
    grey += noise.normal(0, rng.uniform(1, 5), grey.shape)
    for _ in range(rng.randrange(25)):
        x, y = rng.randrange(wide - 3), rng.randrange(high - 3)
        grey[y : y + rng.randint(1, 3), x : x + rng.randint(1, 3)] = rng.uniform(60, 150)
    if rng.random() < 0.15:
        grey[:, rng.randrange(wide)] -= rng.uniform(30, 90)
    picture = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    return _jpeg(picture, rng.randint(35, 80), dpi), move


def photo(page: Image.Image, rng: random.Random) -> tuple[bytes, Move]:
    """A telephone's photograph: perspective, uneven light, a shadow, blur; and where its points went."""
    wide, high = page.size
    margin = rng.uniform(0.02, 0.1)
    size = (round(wide * (1 + 2 * margin)), round(high * (1 + 2 * margin)))
    slack = margin * 0.9
    turn = rng.uniform(-0.02, 0.02)
    corners = [
        (
            margin * wide + x * wide + rng.uniform(-slack, slack) * wide * 0.6 + turn * (0.5 - y) * high,
            margin * high + y * high + rng.uniform(-slack, slack) * high * 0.6 + turn * (x - 0.5) * wide,
        )
        for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    table = rng.choice([(92, 70, 52), (60, 62, 66), (150, 146, 140), (38, 34, 32), (176, 150, 116)])
    taken, move = _warp(page, size, corners, table)
    taken = taken.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.1)))
    light = np.asarray(taken, np.float32)
    down, across = np.mgrid[0 : 1 : size[1] * 1j, 0 : 1 : size[0] * 1j]
    where = (rng.uniform(-0.2, 1.2), rng.uniform(-0.2, 1.2))
    lamp = 1.05 - rng.uniform(0.2, 0.5) * np.hypot(across - where[0], down - where[1])
    if rng.random() < 0.7:
        slope, at = rng.uniform(-1.5, 1.5), rng.uniform(0.3, 1.0)
        edge = 1 / (1 + np.exp(-(across + slope * (down - 0.5) - at) / rng.uniform(0.01, 0.08)))
        lamp = lamp * (1 - rng.uniform(0.15, 0.4) * edge)
    warmth = np.array([1.0, rng.uniform(0.94, 1.0), rng.uniform(0.82, 1.0)])
    noise = np.random.default_rng(rng.getrandbits(32))
    light = light * lamp[..., None] * warmth + noise.normal(0, rng.uniform(1, 6), light.shape)
    picture = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))
    return _jpeg(picture, rng.randint(45, 85), 200), move


def bound(jpegs: Sequence[bytes], dpi: int = 150) -> bytes:
    """The scanned pages as one PDF, each page one JPEG and nothing else."""
    objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for jpeg in jpegs:
        with Image.open(io.BytesIO(jpeg)) as picture:
            (wide, high), grey = picture.size, picture.mode == "L"
        first = len(objects) + 1
        kids.append(f"{first} 0 R")
        points = f"{wide * 72 / dpi:.2f} {high * 72 / dpi:.2f}"
        show = f"q {points.replace(' ', ' 0 0 ')} 0 0 cm /I Do Q".encode()
        space = "DeviceGray" if grey else "DeviceRGB"
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {points}]/Resources<</XObject<</I {first + 1} 0 R>>>>"
            f"/Contents {first + 2} 0 R>>".encode(),
            f"<</Type/XObject/Subtype/Image/Width {wide}/Height {high}/ColorSpace/{space}/BitsPerComponent 8"
            f"/Filter/DCTDecode/Length {len(jpeg)}>>\nstream\n".encode()
            + jpeg
            + b"\nendstream",
            f"<</Length {len(show)}>>\nstream\n".encode() + show + b"\nendstream",
        ]
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
    out = bytearray(b"%PDF-1.4\n")
    starts = []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{start:010} 00000 n \n".encode() for start in starts)
    out += f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)
