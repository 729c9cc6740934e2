"""Numbers that firms print, with right check digits."""

import random
from collections.abc import Callable, Iterable

ES_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
IE_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV"
QR_TABLE = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)
IT_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def digits(rng: random.Random, count: int) -> str:
    """Random digits, the first of them not zero."""
    return str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(count - 1))


def weighted(text: str, weights: Iterable[int]) -> int:
    """The sum of digits times weights."""
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True))


def luhn(text: str) -> str:
    """The text with its Luhn digit."""
    total = 0
    for place, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return text + str(-total % 10)


def siren(rng: random.Random) -> str:
    """A SIREN of nine digits."""
    return luhn(digits(rng, 8))


def siret(rng: random.Random, company: str) -> str:
    """A SIRET for a SIREN."""
    return luhn(company + f"{rng.randint(1, 60):04d}")


def fr_vat(company: str) -> str:
    """The French VAT number of a SIREN."""
    return f"FR{(12 + 3 * (int(company) % 97)) % 97:02d}{company}"


def de_vat(rng: random.Random) -> str:
    """A German VAT number (ISO 7064, mod 11, 10)."""
    body = digits(rng, 8)
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return f"DE{body}{(11 - product) % 10}"


def at_vat(rng: random.Random) -> str:
    """An Austrian UID."""
    body = digits(rng, 7)
    total = sum(int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(body))
    return f"ATU{body}{(10 - (total + 4) % 10) % 10}"


def ch_uid(rng: random.Random) -> str:
    """A Swiss UID, without points."""
    while True:
        body = digits(rng, 8)
        check = -weighted(body, (5, 4, 3, 2, 7, 6, 5, 4)) % 11
        if check < 10:
            return f"CHE{body}{check}"


def be_vat(rng: random.Random) -> str:
    """A Belgian enterprise number with its country."""
    body = "0" + str(rng.randint(4, 7)) + digits(rng, 6)
    return f"BE{body}{97 - int(body) % 97:02d}"


def nl_vat(rng: random.Random) -> str:
    """A Dutch btw number of a firm."""
    while True:
        body = digits(rng, 8)
        check = weighted(body, range(9, 1, -1)) % 11
        if check < 10:
            return f"NL{body}{check}B0{rng.randint(1, 3)}"


def it_vat(rng: random.Random) -> str:
    """An Italian partita IVA of eleven digits."""
    return luhn(f"0{digits(rng, 6)}{rng.randint(1, 100):03d}")


def it_person_code(rng: random.Random) -> str:
    """A codice fiscale of an invented person."""
    letters = "".join(rng.choice("BCDFGLMNPRSTVZ") for _ in range(6))
    day = rng.randint(1, 28) + rng.choice((0, 40))
    body = f"{letters}{rng.randint(55, 98)}{rng.choice('ABCDEHLMPRST')}{day:02d}F{rng.randint(100, 899)}"
    total = 0
    for place, char in enumerate(body):
        value = int(char) if char.isdigit() else ord(char) - 65
        total += IT_ODD[value] if place % 2 == 0 else value
    return body + chr(65 + total % 26)


def es_firm(rng: random.Random) -> str:
    """A Spanish NIF of a company (letter B)."""
    body = digits(rng, 7)
    total = sum(int(d) if i % 2 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(body))
    return f"B{body}{-total % 10}"


def es_person(rng: random.Random) -> str:
    """A Spanish NIF of a person."""
    body = digits(rng, 8)
    return body + ES_LETTERS[int(body) % 23]


def pt_nif(rng: random.Random, first: str = "5") -> str:
    """A Portuguese NIF."""
    body = first + digits(rng, 7)
    check = -weighted(body, range(9, 1, -1)) % 11
    return body + str(0 if check > 9 else check)


def pl_nip(rng: random.Random) -> str:
    """A Polish NIP."""
    while True:
        body = digits(rng, 9)
        check = weighted(body, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11
        if check < 10:
            return body + str(check)


def pl_regon(rng: random.Random) -> str:
    """A Polish REGON of nine digits."""
    body = digits(rng, 8)
    return body + str(weighted(body, (8, 9, 2, 3, 4, 5, 6, 7)) % 11 % 10)


def gb_vat(rng: random.Random) -> str:
    """A British VAT number."""
    while True:
        body = digits(rng, 7)
        check = 97 - weighted(body, range(8, 1, -1)) % 97
        if check < 97:
            return f"GB{body}{check:02d}"


def ie_vat(rng: random.Random) -> str:
    """An Irish VAT number of the new form."""
    body = digits(rng, 7)
    return f"IE{body}{IE_LETTERS[(weighted(body, range(8, 1, -1)) + 72) % 23]}H"


def iban(rng: random.Random, country: str) -> str:
    """An IBAN of the country with its national check digits where there are some."""
    def letters() -> str:
        return "".join(rng.choice("BCDFGHKLMNPRSTVZ") for _ in range(4))

    def draw(count: int) -> str:
        return digits(rng, count)

    def french() -> str:
        bank, desk, account = "1" + draw(4), "0" + draw(4), "0" + draw(10)
        return f"{bank}{desk}{account}{97 - (89 * int(bank) + 15 * int(desk) + 3 * int(account)) % 97:02d}"

    def belgian() -> str:
        body = draw(10)
        return f"{body}{int(body) % 97 or 97:02d}"

    def spanish() -> str:
        weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
        desk, account = draw(8), draw(10)
        checks = [(11 - weighted(part, weights) % 11) for part in ("00" + desk, account)]
        return desk + "".join(str({11: 0, 10: 1}.get(check, check)) for check in checks) + account

    def italian() -> str:
        body = "0" + draw(4) + draw(5) + "0000" + draw(8)
        total = sum(IT_ODD[int(d)] if i % 2 == 0 else int(d) for i, d in enumerate(body))
        return chr(65 + total % 26) + body

    def portuguese() -> str:
        body = "00" + draw(17)
        return f"{body}{98 - int(body) * 100 % 97:02d}"

    makers: dict[str, Callable[[], str]] = {
        "FR": french, "BE": belgian, "ES": spanish, "IT": italian, "PT": portuguese,
        "DE": lambda: draw(18), "AT": lambda: draw(16), "PL": lambda: draw(24),
        "CH": lambda: "0" + draw(4) + "0" + draw(11), "NL": lambda: letters() + "0" + draw(9),
        "GB": lambda: letters() + draw(14), "IE": lambda: letters() + draw(14),
    }
    return with_iban_key(country, makers[country]())


def with_iban_key(country: str, account: str) -> str:
    """Country, check digits and account."""
    number = int("".join(str(int(char, 36)) for char in account + country + "00"))
    return f"{country}{98 - number % 97:02d}{account}"


def qr_iban(rng: random.Random) -> str:
    """A Swiss IBAN for QR references."""
    return with_iban_key("CH", f"30{digits(rng, 3)}0{digits(rng, 11)}")


def qr_reference(rng: random.Random) -> str:
    """A Swiss QR reference of 27 digits."""
    body = "00" + digits(rng, 24)
    carry = 0
    for digit in body:
        carry = QR_TABLE[(carry + int(digit)) % 10]
    return body + str(-carry % 10)


def groups(text: str, *sizes: int, gap: str = " ") -> str:
    """The text cut in groups; the last size is repeated."""
    parts, place, wanted = [], 0, list(sizes)
    while place < len(text):
        size = wanted.pop(0) if len(wanted) > 1 else wanted[0]
        parts.append(text[place : place + size])
        place += size
    return gap.join(parts)


def spoil(text: str) -> str:
    """The text with another check digit, so that its check fails."""
    text, tail = (text[:-3], text[-3:]) if text.startswith("NL") else (text, "")
    for place in range(len(text) - 1, -1, -1):
        if text[place].isdigit():
            return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :] + tail
    return text + tail
