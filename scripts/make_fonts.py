"""Cut the fonts of the reports' pages out of Inter: the letters of Europe, in two weights.

Needs `fonttools` with `brotli`, and the folder with Inter-Regular.otf and Inter-SemiBold.otf as Inter's
authors publish them (Debian's package fonts-inter brings it).
"""

import sys
from pathlib import Path

FONTS = Path(__file__).parents[1] / "src" / "smeflow" / "pages" / "fonts"
LATIN = "20-7E A0-FF 152-153 160-161 178 17D-17E 2009 2010-2015 2018-201E 2020-2022 2026 202F 2030 2039-203A"
LATIN += " 20AC 2122 2190-2193 2212 2248 2260 2264-2265 25B2 25BC"
EUROPE = (
    f"{LATIN} 100-17F 192 218-21B 2C6 2DC 370-3FF 400-45F 490-491 1E9E 2000-200A 2032-2033 2044 20BD 20B4"
)
EUROPE += " 2116 2194-2199 2202 2206 2211 2215 221A 221E 25A0-25A1 25CF 25CB 2713 FFFD"
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]


def code_points(ranges: str) -> list[int]:
    """Read ranges of code points."""
    pairs = [part.partition("-") for part in ranges.split()]
    return [n for first, _, last in pairs for n in range(int(first, 16), int(last or first, 16) + 1)]


def cut(source: Path, target: Path, ranges: str, weight: str) -> None:
    """Write the part of a font that has the letters of *ranges*."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(layout_features=FEATURES, hinting=False, desubroutinize=True)
    options.flavor = target.suffix[1:] if target.suffix == ".woff2" else None
    font = TTFont(source, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=code_points(ranges))
    cutter.subset(font)
    for record, text in ((1, "Inter"), (2, weight), (16, "Inter"), (17, weight)):
        font["name"].setName(text, record, 3, 1, 0x409)
    subset.save_font(font, str(target), options)
    print(f"{target.name}: {target.stat().st_size} bytes")


def main() -> None:
    """Cut both weights, for PDF and pictures (OTF) and for pages (WOFF2)."""
    for file, weight in (("Inter-Regular", "Regular"), ("Inter-SemiBold", "SemiBold")):
        source = Path(sys.argv[1]) / f"{file}.otf"
        cut(source, FONTS / f"{file}.otf", EUROPE, weight)
        cut(source, FONTS / f"{file}.woff2", LATIN, weight)


if __name__ == "__main__":
    main()
