"""Identifiers that hold: VAT numbers, numbers of registers and bank accounts with right check digits."""

import random
from collections.abc import Callable

Digits = str


def digits(rng: random.Random, count: int, first: str = "123456789") -> Digits:
    """Some digits, the first of a choice."""
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(count - 1))


def luhn(body: Digits) -> Digits:
    """The body and its Luhn digit."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        twice = int(digit) * (2 if place % 2 == 0 else 1)
        total += twice // 10 + twice % 10
    return body + str(-total % 10)


def weighted(body: Digits, weights: tuple[int, ...]) -> int:
    """The sum of digits times weights."""
    return sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))


def siren(rng: random.Random) -> Digits:
    """A French company's nine digits."""
    return luhn(digits(rng, 8, "3456789"))


def siret(number: Digits, rng: random.Random) -> Digits:
    """The fourteen digits of one of its places."""
    return luhn(number + f"{rng.randint(1, 120):04}")


def vat_fr(number: Digits) -> str:
    """The French VAT number that belongs to a SIREN."""
    return f"FR{(12 + 3 * (int(number) % 97)) % 97:02}{number}"


def vat_de(rng: random.Random) -> str:
    """A German VAT number (ISO 7064 mod 11, 10)."""
    body, product = digits(rng, 8), 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return f"DE{body}{(11 - product) % 10}"


def vat_at(rng: random.Random) -> str:
    """An Austrian VAT number."""
    body, total = digits(rng, 7), 4
    for place, digit in enumerate(body):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return f"ATU{body}{-total % 10}"


def vat_it(rng: random.Random) -> str:
    """An Italian VAT number."""
    return "IT" + luhn(digits(rng, 7, "01") + f"{rng.randint(1, 100):03}")


def vat_es(rng: random.Random) -> str:
    """A Spanish company's tax number."""
    body = digits(rng, 7)
    total = sum(int(digit) for digit in body[1::2])
    total += sum(int(digit) * 2 // 10 + int(digit) * 2 % 10 for digit in body[::2])
    return f"ES{rng.choice('AB')}{body}{-total % 10}"


def vat_nl(rng: random.Random) -> str:
    """A Dutch VAT number."""
    while True:
        body = digits(rng, 8, "12345678")
        check = weighted(body, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
        if check < 10:
            return f"NL{body}{check}B{rng.randint(1, 3):02}"


def vat_pl(rng: random.Random) -> str:
    """A Polish VAT number."""
    while True:
        body = digits(rng, 9, "56789")
        check = weighted(body, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11
        if check < 10:
            return f"PL{body}{check}"


def regon(rng: random.Random) -> Digits:
    """A Polish number of the statistical register."""
    body = digits(rng, 8, "0123")
    return f"{body}{weighted(body, (8, 9, 2, 3, 4, 5, 6, 7)) % 11 % 10}"


def vat_be(rng: random.Random) -> str:
    """A Belgian number of an enterprise."""
    body = "0" + digits(rng, 7, "4567")
    return f"BE{body}{97 - int(body) % 97:02}"


def vat_pt(rng: random.Random) -> str:
    """A Portuguese company's number."""
    body = digits(rng, 8, "5")
    check = 11 - weighted(body, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return f"PT{body}{check if check < 10 else 0}"


def vat_gb(rng: random.Random) -> str:
    """A British VAT number."""
    body = digits(rng, 7, "123456789")
    return f"GB{body}{97 - weighted(body, (8, 7, 6, 5, 4, 3, 2)) % 97:02}"


def vat_ie(rng: random.Random) -> str:
    """An Irish VAT number."""
    body = digits(rng, 7, "3456789")
    return f"IE{body}{'WABCDEFGHIJKLMNOPQRSTUV'[weighted(body, (8, 7, 6, 5, 4, 3, 2)) % 23]}"


def uid_ch(rng: random.Random) -> str:
    """A Swiss number of an enterprise."""
    while True:
        body = digits(rng, 8, "1234")
        check = (11 - weighted(body, (5, 4, 3, 2, 7, 6, 5, 4)) % 11) % 11
        if check < 10:
            return f"CHE{body}{check}"


VAT: dict[str, Callable[[random.Random], str]] = {
    "FR": lambda rng: vat_fr(siren(rng)),
    "DE": vat_de,
    "AT": vat_at,
    "IT": vat_it,
    "ES": vat_es,
    "NL": vat_nl,
    "PL": vat_pl,
    "BE": vat_be,
    "PT": vat_pt,
    "GB": vat_gb,
    "IE": vat_ie,
    "CH": uid_ch,
}


def _as_number(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text))


def iban(country: str, rng: random.Random, *, institute: str = "") -> str:
    """An account whose length, national key and check digits are right."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTVWXZ") for _ in range(4))
    body = ""
    if country == "FR":
        parts = digits(rng, 5, "1234"), digits(rng, 5, "0"), digits(rng, 11, "0")
        key = 97 - (89 * int(parts[0]) + 15 * int(parts[1]) + 3 * int(parts[2])) % 97
        body = "".join(parts) + f"{key:02}"
    elif country == "BE":
        start = digits(rng, 10)
        body = start + f"{int(start) % 97 or 97:02}"
    elif country == "ES":
        branch, account = digits(rng, 8, "02"), digits(rng, 10)
        weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
        checks = [11 - weighted(part, weights) % 11 for part in ("00" + branch, account)]
        body = branch + "".join({10: "1", 11: "0"}.get(check, str(check)) for check in checks) + account
    elif country == "PT":
        start = digits(rng, 19, "0")
        body = start + f"{98 - int(start + '00') % 97:02}"
    elif country == "PL":
        route = digits(rng, 7, "1")
        body = f"{route}{-weighted(route, (3, 9, 7, 1, 3, 9, 7)) % 10}" + digits(rng, 16)
    elif country == "IT":
        rest = digits(rng, 10, "0") + digits(rng, 12, "0")
        odd = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True))
        total = sum(odd[digit] if place % 2 == 0 else int(digit) for place, digit in enumerate(rest))
        body = chr(65 + total % 26) + rest
    elif country in {"NL", "GB", "IE"}:
        body = letters + digits(rng, 10 if country == "NL" else 14, "0" if country == "NL" else "123456789")
    elif country == "CH":
        body = (institute or digits(rng, 5, "0")) + digits(rng, 12)
    else:
        body = digits(rng, {"DE": 18, "AT": 16}[country])
    return f"{country}{98 - _as_number(body + country + '00') % 97:02}{body}"


def bic(country: str, rng: random.Random) -> str:
    """A bank's code that has the right shape."""
    return (
        "".join(rng.choice("BCDFGKLMNPRSTVXZ") for _ in range(4))
        + country
        + rng.choice(["2X", "22", "PP", "21"])
    )


def broken(number: str, rng: random.Random) -> str:
    """The same identifier with one digit changed in its tail."""
    places = [place for place, letter in enumerate(number) if letter.isdigit() and place > len(number) // 2]
    place = rng.choice(places)
    other = rng.choice([digit for digit in "0123456789" if digit != number[place]])
    return number[:place] + other + number[place + 1 :]


def qr_reference(rng: random.Random) -> str:
    """The 27 digits of a Swiss payment slip, with the recursive mod 10 digit."""
    body, carry = digits(rng, 26, "0123456789"), 0
    for digit in body:
        carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)[(carry + int(digit)) % 10]
    return f"{body}{(10 - carry) % 10}"
