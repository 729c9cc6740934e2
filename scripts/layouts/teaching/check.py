"""Check what was drawn: sums, identifiers, and that all of the truth stands in the text of its PDF.

PYTHONPATH=scripts/layouts python scripts/layouts/teaching/check.py FOLDER
"""

import json
import re
import sys
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from stdnum import iban
from stdnum.eu import vat as eu_vat
from stdnum.fr import siren, siret

BLANK = re.compile(r"[\s\u00a0\u202f\u00ad\ufffe\u0002\u200b-]+")
AMOUNTS = {
    "total_net",
    "total_vat",
    "total_gross",
    "amount_due",
    "prepaid",
    "base",
    "amount",
    "net",
    "unit_price_net",
}
CODES = {"kind", "currency", "country", "issue_date", "due_date", "delivery_date"}


def text_of(file: Path) -> tuple[str, int]:
    """The text of a PDF without blanks, and its pages."""
    document = pdfium.PdfDocument(file)
    return BLANK.sub("", "".join(page.get_textpage().get_text_range() for page in document)), len(document)


def leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    """All values with their paths."""
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [leaf for index, one in enumerate(value) for leaf in leaves(one, f"{path}.{index}")]
    return [(path, str(value))]


def printed(path: str, value: str, text: str) -> bool:
    """Whether a value is in the text in one of its writings."""
    last = path.rsplit(".", maxsplit=1)[-1]
    if last in CODES:
        return True
    if last in AMOUNTS or last in {"rate", "vat_rate", "quantity"}:
        whole, _, tail = value.partition(".")
        joint = "".join(f"{digit}[.,'’]?" for digit in whole[:-1]) + whole[-1:]
        pattern = joint + (f"[.,]{tail}" if tail else "")
        return bool(re.search(pattern, text))
    plain = re.sub(r"[.\-]", "", text)
    return (
        BLANK.sub("", value).lower() in text.lower() or re.sub(r"[.\s\-]", "", value).lower() in plain.lower()
    )


def sums(truth: dict[str, Any]) -> list[str]:
    """What does not add up."""
    wrong = []
    amount = {key: Decimal(truth[key]) for key in AMOUNTS if key in truth}
    if {"total_net", "total_vat", "total_gross"} <= set(amount) and amount["total_net"] + amount[
        "total_vat"
    ] != amount["total_gross"]:
        wrong.append("net + vat")
    for entry in truth.get("vat_breakdown", []):
        if {"rate", "base", "amount"} <= set(entry):
            due = (Decimal(entry["base"]) * Decimal(entry["rate"]) / 100).quantize(
                Decimal("0.01"), ROUND_HALF_UP
            )
            if abs(due - Decimal(entry["amount"])) > Decimal("0.01"):
                wrong.append("rate")
    parts = [one.get("amount") for one in truth.get("vat_breakdown", [])]
    if (
        "total_vat" in amount
        and parts
        and None not in parts
        and sum(map(Decimal, parts)) != amount["total_vat"]
    ):
        wrong.append("breakdown")
    return wrong


def identifiers(row: dict[str, Any]) -> list[str]:
    """Claimed identifiers that do not hold."""
    wrong, truth = [], row["truth"]
    if not row["identifiers_valid"]:
        return []
    seller = truth.get("seller", {})
    if "vat_id" not in seller and "legal_id" not in seller:
        wrong.append("none")
    number = seller.get("vat_id", "")
    if number[:2] in {"FR", "DE", "AT", "IT", "ES", "NL", "PL", "BE", "PT", "IE"} and not eu_vat.is_valid(
        number
    ):
        wrong.append(number)
    legal = seller.get("legal_id", "")
    if number.startswith("FR") and legal and not (siren.is_valid(legal) or siret.is_valid(legal)):
        wrong.append(legal)
    if "iban" in truth and not iban.is_valid(truth["iban"], check_country=not truth["iban"].startswith("BE")):
        wrong.append(truth["iban"])
    return wrong


def main() -> None:
    """Read a folder's manifest and say what is wrong."""
    folder = Path(sys.argv[1])
    faults: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("medium", "pdf") != "pdf":
            continue
        text, pages = text_of(folder / row["file"])
        seen[f"pages {pages}"] += 1
        seen["languages " + row["language"]] += 1
        seen["invalid"] += not row["identifiers_valid"]
        for name in row["distractors"]:
            seen[f"trap {name}"] += 1
        missing = [path for path, value in leaves(row["truth"]) if not printed(path, value, text)]
        missing = [
            path
            for path in missing
            if not (path in {"total_net", "total_vat"} and row["truth"]["total_vat"] == "0.00")
        ]
        unboxed = [
            path
            for path, _ in leaves(row["truth"])
            if path not in row["boxes"] and path not in {"kind", "currency"}
        ]
        unboxed = [
            path
            for path in unboxed
            if not path.endswith(".amount") and path not in {"total_net", "total_vat"}
        ]
        for what, found in (
            ("not printed", missing),
            ("sums", sums(row["truth"])),
            ("identifiers", identifiers(row)),
            ("no box", unboxed),
        ):
            if found:
                faults[what] += 1
                print(row["id"], what, found[:6])
        if pages > 1 and "long" not in row["family"] and "tele" not in row["family"]:
            seen[f"overflow {row['family']}"] += 1
    print(dict(faults))
    print(dict(sorted(seen.items())))


if __name__ == "__main__":
    main()
