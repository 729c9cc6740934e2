"""Check what was drawn of the unseen families: that all of the truth is printed, and that sums and identifiers hold.

python scripts/layouts/unseen/check.py FOLDER
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from stdnum import iban
from stdnum.ch import uid
from stdnum.eu import vat as eu_vat
from stdnum.fr import siret
from stdnum.gb import vat as gb_vat

BLANK = re.compile(r"[\s\u00a0\u202f\u00ad\ufffe\u0002\u200b-]+")
SUMS = {"total_net", "total_vat", "total_gross"}
NUMBERS = SUMS | {
    "amount_due",
    "prepaid",
    "base",
    "amount",
    "net",
    "unit_price_net",
    "rate",
    "vat_rate",
    "quantity",
}
NATIONAL = {"IT": "IT", "ES": "ES", "PT": "PT", "PL": "PL"}
LONG = {"fr_grossiste", "de_grosshandel", "de_mobilfunk"}
UNWRITTEN = {"kind", "currency", "country"}


def printed(path: str, value: str, text: str) -> bool:
    """Whether a value is in the text in one of its writings."""
    last = path.rpartition(".")[2]
    if last in UNWRITTEN:
        return True
    if last.endswith("_date"):
        day = date.fromisoformat(value)
        months = rf"0?{day.month}|\w{{3,12}}"
        separator = r"[\s./,-]*"
        forms = (
            rf"(?<!\d)0?{day.day}{separator}(?:{months}){separator}(?:{day.year}|{day.year % 100:02})",
            rf"{day.year}{separator}0?{day.month}{separator}0?{day.day}",
            rf"[A-Z]\w{{2,9}} {day.day}, {day.year}",
        )
        return any(re.search(form, text) for form in forms)
    if last in NUMBERS:
        whole, _, tail = value.partition(".")
        tail = tail.rstrip("0") if last in {"rate", "vat_rate"} else tail
        joint = "".join(f"{digit}[\\s.,'’]?" for digit in whole[:-1]) + whole[-1:]
        return bool(re.search(rf"(?<!\d){joint}" + (rf"[.,]{tail}" if tail else ""), text))
    plain = re.sub(r"[.\s-]", "", text).lower()
    return (
        BLANK.sub("", value).lower() in BLANK.sub("", text).lower()
        or re.sub(r"[.\s-]", "", value).lower() in plain
    )


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """All values with their paths."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, f"{path}.{key}" if path else str(key))
    else:
        yield path, str(value)


def sums(truth: dict[str, Any]) -> Iterator[str]:
    """What does not add up."""
    amount = {key: Decimal(truth[key]) for key in SUMS | {"amount_due", "prepaid"} if key in truth}
    if amount.keys() >= SUMS and amount["total_net"] + amount["total_vat"] != amount["total_gross"]:
        yield "net and tax are not gross"
    if {"prepaid", "amount_due"} <= amount.keys() and amount["amount_due"] > amount["total_gross"] - amount[
        "prepaid"
    ]:
        yield "more is due than gross less what was paid"
    if amount.get("amount_due", Decimal(0)) < 0 or amount.get("prepaid", Decimal(1)) <= 0:
        yield "an amount is below zero"
    parts = truth.get("vat_breakdown", [])
    for part in parts:
        if part.keys() >= {"rate", "base", "amount"}:
            due = Decimal(part["base"]) * Decimal(part["rate"]) / 100
            if abs(due.quantize(Decimal("0.01"), ROUND_HALF_UP) - Decimal(part["amount"])) > Decimal("0.01"):
                yield "rate"
    taxes = [Decimal(part["amount"]) for part in parts if "amount" in part]
    if len(taxes) == len(parts) > 0 and "total_vat" in amount and sum(taxes) != amount["total_vat"]:
        yield "taxes of the rates"
    for index, line in enumerate(truth.get("lines", [])):
        if line.keys() >= {"quantity", "unit_price_net", "net"}:
            most = Decimal(line["quantity"]) * Decimal(line["unit_price_net"]) + Decimal("0.01")
            if Decimal(line["net"]) > most:
                yield f"line {index}"


def identifiers(row: dict[str, Any]) -> Iterator[str]:
    """Claimed identifiers that do not hold."""
    truth = row["truth"]
    seller = truth["seller"]
    number, legal = seller.get("vat_id", ""), seller.get("legal_id", "")
    if row["identifiers_valid"] and not (number or legal):
        yield "no identifier is printed"
    language = row["language"].upper()
    prefix = "" if number[:2].isalpha() else NATIONAL.get(language, "")
    if number.startswith("CHE"):
        good = uid.is_valid(number)
    elif number.startswith("GB"):
        good = gb_vat.is_valid(number)
    else:
        good = not number or eu_vat.is_valid(prefix + number)
    if not good:
        yield number
    if language == "FR" and len(legal) == 14 and not siret.is_valid(legal):
        yield legal
    if "iban" in truth and not iban.is_valid(truth["iban"]):
        yield truth["iban"]


def main() -> None:
    """Read a folder's manifest and say what is wrong."""
    folder = Path(sys.argv[1])
    faults: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for entry in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(entry)
        if row["medium"] != "pdf":
            continue
        document = pdfium.PdfDocument(folder / row["file"])
        text = "\n".join(page.get_textpage().get_text_range() for page in document)
        seen.update(
            (
                f"language {row['language']}",
                f"kind {row['kind']}",
                f"engine {row['engine']}",
                f"pages {len(document)}",
            )
        )
        exempt = row["truth"].get("total_vat") == "0.00"
        said = [
            (path, value)
            for path, value in leaves(row["truth"])
            if not (exempt and path in SUMS - {"total_gross"})
        ]
        found = {
            "not printed": [path for path, value in said if not printed(path, value, text)],
            "no box": [
                path
                for path, _ in said
                if path not in row["boxes"] and path not in UNWRITTEN and not (exempt and path in SUMS)
            ],
            "sums": list(sums(row["truth"])),
            "identifiers": list(identifiers(row)),
            "pages": [str(len(document))] if len(document) != 1 + (row["family"] in LONG) else [],
        }
        for what, reasons in found.items():
            if reasons:
                faults[what] += 1
                sys.stdout.write(f"{row['id']}: {what}: {', '.join(reasons[:6])}\n")
    sys.stdout.write(f"{dict(faults) or 'all holds'}\n{dict(sorted(seen.items()))}\n")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
