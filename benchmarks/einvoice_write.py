"""Does a record that is written say the same when it is read: `python benchmarks/einvoice_write.py DATA_DIR`.

Every valid e-invoice of DATA_DIR, whatever its syntax, is read, written as EXTENDED-CTC-FR and read again;
the result is held to the schema. What the writer adds because it follows from the rest is told apart.
"""

import argparse
import json
import sys
from pathlib import Path

from smeflow.documents.read import read
from smeflow.invoices.xml.read import read_einvoice
from smeflow.invoices.xml.validate import check_einvoice
from smeflow.invoices.xml.write import write_invoice
from smeflow.records import Record

FOLLOWS = ("gross_price",)
"""A price before its discount is the net price and the discount."""


def flat(value, path=""):
    """Give every value of a record with its path."""
    if isinstance(value, Record):
        for name in type(value).model_fields:
            yield from flat(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from flat(one, f"{path}[{index}]")
    elif value is not None:
        yield path, value


def differences(one, other):
    """Name what differs, but for the profile the record was written in."""
    first, second = dict(flat(one)), dict(flat(other))
    paths = {*first, *second} - {".control.profile"}
    return sorted(path for path in paths if first.get(path) != second.get(path))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    items = json.loads((options.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    wanted = [i for i in items if i["kind"] == "einvoice_xml" or i.get("has_embedded_xml")]
    same = added = valid = total = 0
    for item in wanted:
        if item["truth"] is None or item.get("defect") or item.get("upstream_validity"):
            continue
        document = read(options.data / item["file"])
        record = read_einvoice([document]).record
        files = {inner.name: inner.data for inner in document.walk()}
        again = read(write_invoice(record, "extended-ctc-fr", files=files).xml, name="again.xml")
        found = differences(record, read_einvoice([again]).record)
        total += 1
        same += not found
        added += bool(found) and all(path.endswith(FOLLOWS) for path in found)
        valid += check_einvoice(again, ("xsd",)).valid is True
        if found:
            print(f"{item['file']}: {', '.join(found[:6])}")
    print(
        f"{same} of {total} records read the same after writing, {added} more with what follows from the rest"
    )
    print(f"{valid} of {total} keep the schema")
    return 0 if same + added == total == valid else 1


if __name__ == "__main__":
    sys.exit(main())
