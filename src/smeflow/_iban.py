"""What every IBAN has: its country's length and right check digits (ISO 13616)."""

_LENGTHS = (
    "AD24 AE23 AL28 AT20 BA20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 DZ26 EE20 ES24 FI18 FO18 FR27 GB22 GE22 "
    "GI23 GL18 GR27 HR21 HU28 IE22 IL23 IS26 IT27 LB28 LI21 LT20 LU20 LV21 MA28 MC27 MD24 ME22 MK19 MT31 "
    "NL18 NO15 PL28 PT25 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 TR26 UA29 VA22 XK20"
)
IBAN_LENGTHS = {code[:2]: int(code[2:]) for code in _LENGTHS.split()}
"""How many characters an IBAN has, by country: Europe and its neighbours."""


def check_digits_ok(number: str) -> bool:
    """Tell whether *number*, without spaces and in capitals, has the right check digits (ISO 7064, 97-10)."""
    if not (number.isascii() and number.isalnum()):
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1
