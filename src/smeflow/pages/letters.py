"""The letters that our fonts have. On paper every letter must be drawn: what has no picture becomes a box."""

import unicodedata

LATIN = "20-7E A0-FF 152-153 160-161 178 17D-17E 2009 2010-2015 2018-201E 2020-2022 2026 202F 2030 2039-203A"
LATIN += " 20AC 2122 2190-2193 2212 2248 2260 2264-2265 25B2 25BC"
EUROPE = (
    f"{LATIN} 100-17F 192 218-21B 2C6 2DC 370-3FF 400-45F 490-491 1E9E 2000-200A 2032-2033 2044 20BD 20B4"
)
EUROPE += " 2116 2194-2199 2202 2206 2211 2215 221A 221E 25A0-25A1 25CF 25CB 2713 FFFD"


def code_points(ranges: str) -> list[int]:
    """Read ranges of code points in hexadecimal: ``20-7E A0``."""
    pairs = [part.partition("-") for part in ranges.split()]
    return [n for first, _, last in pairs for n in range(int(first, 16), int(last or first, 16) + 1)]


_KNOWN = frozenset(map(chr, code_points(EUROPE))) - {"\u038b", "\u038d", "\u03a2"} | {"\n"}


def drawable(text: str) -> str:
    """Replace what the fonts cannot draw: by its plain form where it has one, else by a box."""
    text = unicodedata.normalize("NFC", text)
    if _KNOWN.issuperset(text):
        return text
    return "".join(letter if letter in _KNOWN else _plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if unicodedata.category(letter) in {"Cc", "Cf", "Mn", "Cs"}:
        return ""
    plain = unicodedata.normalize("NFKD", letter)
    kept = "".join(part for part in plain if part in _KNOWN)
    return kept or "□"
