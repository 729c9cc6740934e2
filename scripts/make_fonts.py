"""Cut the fonts of the reports' pages out of Inter: the letters of Europe, in two weights.

Needs `fonttools` with `brotli`, and the folder with Inter-Regular.otf and Inter-SemiBold.otf as Inter's
authors publish them (Debian's package fonts-inter brings it).
"""

import sys
from pathlib import Path

from smeflow.pages.pdf import EUROPEAN_RANGES, LATIN_RANGES, code_points

FONTS = Path(__file__).parents[1] / "src" / "smeflow" / "pages" / "fonts"
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]


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
        cut(source, FONTS / f"{file}.otf", EUROPEAN_RANGES, weight)
        cut(source, FONTS / f"{file}.woff2", LATIN_RANGES, weight)


if __name__ == "__main__":
    main()
