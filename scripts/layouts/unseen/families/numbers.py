"""Identifiers with right check digits, made of random ones."""

import random

from stdnum import iban as iban_number
from stdnum import luhn
from stdnum.at import uid as at_uid
from stdnum.ch import uid as ch_uid
from stdnum.es import ccc as es_ccc
from stdnum.es import cif as es_cif
from stdnum.es import dni as es_dni
from stdnum.ie import vat as ie_vat
from stdnum.iso7064 import mod_11_10
from stdnum.pl import nip as pl_nip
from stdnum.pt import nif as pt_nif

FR_BANKS = ("30004", "30002", "10278", "14505", "17515", "20041", "18206", "30076")
DE_BANKS = ("37040044", "70020270", "25050180", "60050101", "10050000", "76050101", "43060967", "20050550")
BICS = {
    "FR": ("BNPAFRPP", "CRLYFRPP", "CMCIFR2A", "CEPAFRPP382", "AGRIFRPP882"),
    "DE": ("COBADEFFXXX", "HYVEDEMMXXX", "SOLADEST600", "GENODEM1GLS", "HASPDEHHXXX"),
    "AT": ("BKAUATWW", "RLNWATWW"),
    "CH": ("POFICHBEXXX", "KBAGCH22"),
    "BE": ("GEBABEBB", "KREDBEBB"),
    "NL": ("RABONL2U", "INGBNL2A", "ABNANL2A"),
    "IT": ("UNCRITMM", "BCITITMM"),
    "ES": ("CAIXESBB", "BBVAESMM"),
    "PT": ("CGDIPTPL", "BCOMPTPL"),
    "PL": ("BPKOPLPW", "INGBPLPW"),
    "GB": ("BARCGB22", "LOYDGB2L"),
    "IE": ("AIBKIE2D", "BOFIIE2D"),
}


def digits(rng: random.Random, count: int) -> str:
    """Random digits, the first not zero."""
    return str(rng.randint(1, 9)) + "".join(str(rng.randint(0, 9)) for _ in range(count - 1))


def grouped(text: str, size: int = 4, gap: str = " ") -> str:
    """Write a number in groups."""
    return gap.join(text[at : at + size] for at in range(0, len(text), size))


def siren(rng: random.Random) -> str:
    """Nine digits of a French firm."""
    body = digits(rng, 8)
    return body + luhn.calc_check_digit(body)


def siret(rng: random.Random, firm: str) -> str:
    """A firm's seat: its number and five digits."""
    body = firm + f"{rng.randint(1, 9):04}"
    return body + luhn.calc_check_digit(body)


def fr_vat(firm: str) -> str:
    """The VAT number that belongs to a SIREN."""
    return f"FR{(12 + 3 * (int(firm) % 97)) % 97:02}{firm}"


def de_vat(rng: random.Random) -> str:
    """A German VAT number."""
    body = digits(rng, 8)
    return "DE" + body + mod_11_10.calc_check_digit(body)


def at_vat(rng: random.Random) -> str:
    """An Austrian VAT number."""
    body = digits(rng, 7)
    return "ATU" + body + at_uid.calc_check_digit("U" + body)


def ch_number(rng: random.Random) -> str:
    """A Swiss number of a business."""
    while True:
        body = digits(rng, 8)
        check = ch_uid.calc_check_digit(body)
        if len(check) == 1:
            return "CHE" + body + check


def be_vat(rng: random.Random) -> str:
    """A Belgian VAT number."""
    body = "0" + digits(rng, 7)
    return f"BE{body}{97 - int(body) % 97:02}"


def nl_vat(rng: random.Random) -> str:
    """A Dutch VAT number."""
    while True:
        body = digits(rng, 8)
        check = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if check < 10:
            return f"NL{body}{check}B01"


def it_vat(rng: random.Random) -> str:
    """An Italian partita IVA, without its prefix."""
    body = "0" + digits(rng, 6) + f"{rng.randint(1, 99):03}"
    return body + luhn.calc_check_digit(body)


def es_firm(rng: random.Random) -> str:
    """A Spanish company's NIF."""
    body = rng.choice("AB") + digits(rng, 7)
    return body + es_cif.calc_check_digits(body)[0]


def es_person(rng: random.Random) -> str:
    """A Spanish person's NIF."""
    body = digits(rng, 8)
    return body + es_dni.calc_check_digit(body)


def pt_vat(rng: random.Random) -> str:
    """A Portuguese company's NIF."""
    body = "5" + digits(rng, 7)
    return body + pt_nif.calc_check_digit(body)


def pl_vat(rng: random.Random) -> str:
    """A Polish NIP."""
    while True:
        body = digits(rng, 9)
        check = pl_nip.checksum(body + "0") % 11
        if check < 10:
            return body + str(check)


def gb_vat(rng: random.Random) -> str:
    """A British VAT number."""
    while True:
        body = digits(rng, 7)
        total = sum(int(digit) * weight for digit, weight in zip(body, range(8, 1, -1), strict=True))
        check = -total % 97
        if 100000 < int(body) < 9490001:
            return f"GB{body}{check:02}"


def ie_number(rng: random.Random) -> str:
    """An Irish VAT number."""
    body = digits(rng, 7)
    return f"IE{body}{ie_vat.calc_check_digit(body)}"


def _fr_account(rng: random.Random) -> str:
    bank, branch, account = rng.choice(FR_BANKS), digits(rng, 5), digits(rng, 11)
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    return f"{bank}{branch}{account}{key:02}"


def _be_account(rng: random.Random) -> str:
    body = rng.choice(("001", "310", "363", "735")) + digits(rng, 7)
    return f"{body}{int(body) % 97 or 97:02}"


def _es_account(rng: random.Random) -> str:
    body = rng.choice(("2100", "0182", "0049")) + digits(rng, 4)
    account = digits(rng, 10)
    return body + es_ccc.calc_check_digits(body + "00" + account) + account


def iban(rng: random.Random, country: str) -> str:
    """An account's number, without blanks."""
    account = {
        "FR": lambda: _fr_account(rng),
        "DE": lambda: rng.choice(DE_BANKS) + digits(rng, 10),
        "AT": lambda: digits(rng, 16),
        "CH": lambda: "0" + digits(rng, 4) + digits(rng, 12),
        "BE": lambda: _be_account(rng),
        "NL": lambda: rng.choice(("RABO", "INGB", "ABNA", "TRIO")) + "0" + digits(rng, 9),
        "IT": lambda: rng.choice("ABKXZ") + "0" + digits(rng, 9) + digits(rng, 12),
        "ES": lambda: _es_account(rng),
        "PT": lambda: _pt_account(rng),
        "PL": lambda: digits(rng, 24),
        "GB": lambda: rng.choice(("BARC", "LOYD", "NWBK")) + digits(rng, 14),
        "IE": lambda: rng.choice(("AIBK", "BOFI")) + digits(rng, 14),
    }[country]()
    return country + iban_number.calc_check_digits(country + "00" + account) + account


def _pt_account(rng: random.Random) -> str:
    body = rng.choice(("0035", "0033", "0010")) + digits(rng, 4) + digits(rng, 11)
    return f"{body}{98 - int(body) * 100 % 97:02}"


def belgian_reference(rng: random.Random) -> str:
    """A structured message of a Belgian transfer."""
    body = digits(rng, 10)
    whole = f"{body}{int(body) % 97 or 97:02}"
    return f"+++{whole[:3]}/{whole[3:7]}/{whole[7:]}+++"


def swiss_reference(rng: random.Random) -> str:
    """The 27 digits of a QR reference."""
    table, carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5), 0
    body = "".join(str(rng.randint(0, 9)) for _ in range(26))
    for digit in body:
        carry = table[(carry + int(digit)) % 10]
    whole = body + str((10 - carry) % 10)
    return whole[:2] + " " + grouped(whole[2:], 5)


def swiss_qr_iban(rng: random.Random) -> str:
    """An account for payments with a QR reference: its institution is between 30000 and 31999."""
    account = f"3{rng.randint(0, 1)}{rng.randint(0, 999):03}" + digits(rng, 12)
    return "CH" + iban_number.calc_check_digits("CH00" + account) + account
