"""Compare a whole record with an independent reading: the terms `factur-x` finds by XPaths of its own.

`python benchmarks/einvoice_terms.py DATA_DIR` prints every term that differs.
"""

import argparse
import json
import logging
import re
import sys
from collections import Counter
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from smeflow.documents.read import read
from smeflow.invoices.xml.read import read_einvoice

PLAIN = {
    "BT-1": "number", "BT-2": "issue_date", "BT-3": "control.type_code", "BT-5": "currency",
    "BT-6": "vat_accounting.currency", "BT-7": "vat_accounting.date", "BT-9": "due_date",
    "BT-10": "references.buyer", "BT-11": "references.project", "BT-11-0": "references.project_name",
    "BT-12": "references.contract", "BT-13": "order_reference", "BT-14": "references.sales_order",
    "BT-15": "references.receiving_advice", "BT-16": "references.despatch_advice",
    "BT-19": "references.accounting", "BT-20": "payment_terms", "BT-23": "control.process",
    "BT-24": "control.profile", "BT-72": "delivery_date", "BT-73": "delivery.period_start",
    "BT-74": "delivery.period_end", "BT-83": "payment.reference", "BT-89": "payment.mandate",
    "BT-90": "payment.creditor_id", "BT-106": "total_lines", "BT-107": "total_allowances",
    "BT-108": "total_charges", "BT-109": "total_net", "BT-110": "total_vat", "BT-111": "vat_accounting.total",
    "BT-112": "total_gross", "BT-113": "prepaid", "BT-114": "rounding", "BT-115": "amount_due",
    "EXT-FR-FE-01": "references.contract_kind", "EXT-FR-FE-185": "delivery.incoterms",
    "EXT-FR-FE-186": "delivery.incoterms_place", "EXT-FR-FE-197": "references.order_date",
    "EXT-FR-FE-198": "references.despatch_date", "EXT-FR-FE-199": "references.contract_date",
}  # fmt: skip
MEANS = {
    "BT-81": "code", "BT-82": "name", "BT-84": "account", "BT-85": "account_name", "BT-86": "bic",
    "BT-87": "card", "BT-88": "card_holder", "BT-91": "debited_account",
}  # fmt: skip
PARTIES = {
    "BG-4": "seller_details", "BG-7": "buyer_details", "BG-10": "payee", "BG-11": "tax_representative",
    "BG-13": "delivery.to", "EXT-FR-FE-BG-01": "agents.buyer_agent", "EXT-FR-FE-BG-02": "agents.payer",
    "EXT-FR-FE-BG-03": "agents.sales_agent", "EXT-FR-FE-BG-04": "agents.invoicee",
    "EXT-FR-FE-BG-05": "agents.invoicer",
}  # fmt: skip
PARTY = {
    "name": "name", "legal_identifier": "legal_id", "legal_identifier_schemeid": "legal_scheme",
    "vat_identifier": "vat_id", "tax_identifier": "tax_number", "legal_info": "legal_form",
    "biz_name": "trading_name", "einvoicing_addr": "endpoint.id",
    "einvoicing_addr_schemeid": "endpoint.scheme", "country_code": "country", "city": "city",
    "postcode": "zip", "addr_l1": "street", "addr_l2": "street2", "addr_l3": "street3",
    "country_subdivision": "region",
}  # fmt: skip
ALLOWANCE = {
    "amount": "amount", "base_amount": "base", "rate": "percent", "reason": "reason",
    "reason_code": "reason_code", "vat_category_code": "vat_category", "vat_rate": "vat_rate",
}  # fmt: skip
LINE = {
    "BT-126": "id", "BT-129": "quantity", "BT-130": "unit", "BT-131": "net", "BT-132": "order_line",
    "BT-133": "accounting_reference", "BT-134": "period_start", "BT-135": "period_end",
    "BT-146": "unit_price", "BT-148": "gross_price", "BT-149": "price_quantity", "BT-151": "vat_category",
    "BT-152": "vat_rate", "BT-153": "name", "BT-154": "description", "BT-155": "seller_item_id",
    "BT-156": "buyer_item_id", "BT-157": "standard_item_id.id", "BT-157-1": "standard_item_id.scheme",
    "BT-159": "origin_country", "EXT-FR-FE-135": "order_reference",
    "EXT-FR-FE-136": "preceding_invoice.number",
    "EXT-FR-FE-137": "preceding_invoice.type_code", "EXT-FR-FE-138": "preceding_invoice.date",
    "EXT-FR-FE-140": "despatch_advice", "EXT-FR-FE-144": "sales_order", "EXT-FR-FE-158": "delivery_date",
    "EXT-FR-FE-163": "subtype", "EXT-FR-FE-184": "gross", "EXT-FR-FE-178": "exemption",
    "EXT-FR-FE-179": "exemption_code",
}  # fmt: skip
LISTS = {
    "BG-3": ("preceding_invoices", {"BT-25": "number", "BT-26": "date", "EXT-FR-FE-02": "type_code"}),
    "BG-20": ("allowances", ALLOWANCE),
    "BG-21": ("charges", ALLOWANCE),
    "BG-23": ("vat", {"BT-116": "base", "BT-117": "amount", "BT-118": "category", "BT-119": "rate",
                      "BT-120": "exemption", "BT-121": "exemption_code"}),
    "BG-24": ("documents", {"BT-122": "reference", "BT-123": "description", "BT-124": "location",
                            "BT-125-1": "media_type", "BT-125-2": "file_name"}),
}  # fmt: skip
ATTRIBUTE = {
    "BT-160": "name", "BT-161": "value", "EXT-FR-FE-159": "code", "EXT-FR-FE-160": "measure",
    "EXT-FR-FE-161": "unit",
}  # fmt: skip
UNIT = frozenset({"BT-130", "BT-150"})


def at(record, path):
    """Follow a dotted path."""
    for name in path.split("."):
        record = getattr(record, name)
    return record


def same(found, wanted) -> bool:
    """Compare a value with the text of the other reader; of several it took all, and we the first."""
    if isinstance(wanted, list):
        return bool(wanted) and same(found, wanted[0])
    if found is None:
        return False
    if isinstance(found, Decimal):
        try:
            return found == Decimal(str(wanted))
        except InvalidOperation:
            return False
    if isinstance(found, date):
        return found.isoformat() == str(wanted)
    return "".join(str(found).split()).casefold() == "".join(str(wanted).split()).casefold()


class Comparison:
    """What was compared in one file, and what differs."""

    def __init__(self) -> None:
        self.seen: Counter = Counter()
        self.wrong: list[str] = []

    def value(self, term, found, wanted) -> None:
        """Compare one value."""
        self.seen[term] += 1
        if not same(found, wanted):
            self.wrong.append(f"{term}: {found!r} instead of {wanted!r}")

    def group(self, name, record, terms, table) -> None:
        """Compare the terms of one group."""
        for term, path in table.items():
            if term in terms:
                self.value(f"{name} {term}", at(record, path), terms[term])

    def party(self, name, party, terms) -> None:
        """Compare a party."""
        # UBL has one name for a payee and a tax representative, and it is no trading name
        alone = name in ("BG-10", "BG-11") and not terms.get("name")
        table = {t: p for t, p in PARTY.items() if not (alone and t == "biz_name")}
        self.group(name, party, terms, table)
        if alone and terms.get("biz_name"):
            self.value(f"{name} name", party.name, terms["biz_name"])
        wanted = {k: v for k, v in terms.get("identifiers", {}).items() if k != "SEPA"}
        for scheme, number in wanted.items():
            self.value(
                f"{name} identifier", next((i.id for i in party.ids if i.scheme == scheme), None), number
            )
        for contact in terms.get("contacts", [])[:1]:
            for term, path in (("name", "contact"), ("phone", "phone"), ("email", "email")):
                if contact.get(term):
                    self.value(f"{name} contact {term}", getattr(party, path), contact[term])

    def records(self, name, records, wanted, table) -> None:
        """Compare each of many."""
        self.value(f"{name} count", len(records), len(wanted))
        for record, terms in zip(records, wanted, strict=False):
            self.group(name, record, terms, table)

    def line(self, line, terms) -> None:
        """Compare a line."""
        self.group("BG-25", line, terms, LINE)
        if notes := [n["BT-127"] for n in terms.get("BT-127-00", []) if n.get("BT-127")]:
            self.value("BT-127", line.note, "\n".join(notes))
        for scheme, number in terms.get("BT-128", {}).items():
            self.value("BT-128", line.object.id, number)
            self.value("BT-128-1", line.object.scheme or "", scheme or "")
        if prices := terms.get("BT-147-00"):
            self.value("BT-147", line.price_discount, prices[0]["BT-147"])
        classes = [
            (listed, version, code)
            for listed, codes in terms.get("BT-158", {}).items()
            for version, code in codes.items()
        ]
        have = {(c.list, c.version): c.code for c in line.classifications}
        for listed, version, code in classes:
            self.value("BT-158", have.get((listed, version)), code)
        self.records("BG-27", line.allowances, terms.get("BG-27", []), ALLOWANCE)
        self.records("BG-28", line.charges, terms.get("BG-28", []), ALLOWANCE)
        self.records("BG-32", line.attributes, terms.get("BG-32", []), ATTRIBUTE)
        for name, path in (("EXT-FR-FE-BG-10", "deliver_to"),):
            if name in terms:
                self.party(name, getattr(line, path), terms[name])


def compare(record, terms, data=b"") -> Comparison:
    """Compare one record with the terms the other reader found.

    Left out is where it does not follow the standard: a charge indicator of 0 or 1 is a boolean too, a VAT
    currency that is the invoice's own has no second total, and "Project reference" is no project's name.
    """
    done = Comparison()
    if terms.get("BT-11-0") == "Project reference":
        terms.pop("BT-11-0")
    if terms.get("BT-6") == terms.get("BT-5"):
        terms.pop("BT-111", None)
    booleans = re.search(rb"Indicator>\s*[01]\s*<", data)
    done.group("", record, terms, PLAIN)
    _means(done, record, terms)
    if "BT-17" in terms:
        done.value("BT-17", record.references.tender, terms["BT-17"])
    for scheme, number in list(terms.get("BT-18", {}).items())[:1]:
        done.value("BT-18", record.references.object.id, number)
        done.value("BT-18-1", record.references.object.scheme or "", scheme or "")
    for name, path in PARTIES.items():
        if name in terms:
            done.party(name, at(record, path), terms[name])
    for name, (path, table) in LISTS.items():
        if not (booleans and name in ("BG-20", "BG-21")):
            done.records(name, getattr(record, path), terms.get(name, []), table)
    _notes(done, record, terms)
    _lines(done, record, terms)
    return done


def _means(done, record, terms) -> None:
    for index, means in enumerate(record.payment.means):
        for term, path in MEANS.items():
            wanted = terms.get(term)
            wanted = wanted if isinstance(wanted, list) else [wanted] if wanted else []
            if len(wanted) == len(record.payment.means):
                done.value(term, getattr(means, path), wanted[index])
    for bt, path in (("BT-84", "iban"), ("BT-86", "bic")):
        if bt in terms and (getattr(record, path) or bt == "BT-86"):
            done.value(bt, getattr(record, path), terms[bt])


def _notes(done, record, terms) -> None:
    notes = [n for n in terms.get("BG-1", []) if n.get("BT-22")]
    done.value("BT-22 count", len(record.notes), len(notes))
    for index, note in enumerate(notes[: len(record.notes)]):
        done.value("BT-22", record.notes[index], note["BT-22"])
        if note.get("BT-21"):
            done.value("BT-21", (record.note_codes or [None] * 99)[index], note["BT-21"])


def _lines(done, record, terms) -> None:
    lines = {line.id: line for line in (*record.lines, *record.grouping_lines)}
    wanted = terms.get("BG-25", [])
    done.value("BG-25 count", len(record.lines) + len(record.grouping_lines), len(wanted))
    by_place = len(lines) < len(wanted)
    for index, line in enumerate(wanted):
        mine = record.lines[index] if by_place else lines.get(line.get("BT-126"))
        if mine is None:
            done.value("BG-25", None, line.get("BT-126"))
        else:
            done.line(mine, line)


def terms_of(document):
    """Let the other reader find its terms in the e-invoice inside *document*; None where it cannot."""
    from facturx.parse_xml import parse_ubl_cii_xml

    for inner in document.walk():
        if inner.fields.get("syntax") in ("CII", "UBL"):
            try:
                return parse_ubl_cii_xml(inner.data, level="extended", check_xsd=False), inner.data
            except Exception:  # noqa: BLE001 - whatever stops the other reader, there is nothing to compare
                return None
    return None


def main() -> int:
    """Compare and print."""
    logging.disable(logging.CRITICAL)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    wanted = [i for i in items if i["kind"] == "einvoice_xml" or i.get("has_embedded_xml")]
    files = right = alone = 0
    seen: Counter = Counter()
    for item in wanted:
        if item["truth"] is None or invalid(item):
            continue
        document = read(options.data / item["file"])
        found, reading = terms_of(document), read_einvoice([document])
        if found is None:
            alone += 1
        if found is None or reading is None or reading.record is None:
            continue
        done = compare(reading.record, *found)
        files += 1
        right += not done.wrong
        seen += done.seen
        if done.wrong:
            print(f"{item['file']}: {'; '.join(done.wrong[:8])}")
    print(
        f"{right} of {files} valid files agree in every term: {sum(seen.values())} values, {len(seen)} terms"
    )
    print(f"{alone} more (ZUGFeRD 1, FatturaPA, what it stops at) the other reader does not read")
    return 0 if right == files else 1


def invalid(item) -> bool:
    """Tell a file that is wrong on purpose."""
    told = str(item.get("upstream_validity") or "")
    return item.get("defect", {}).get("attendu") == "rejet" or told.startswith(("rejet", "upstream"))


if __name__ == "__main__":
    sys.exit(main())
