"""One peer in its own interpreter: ``python benchmarks/peer_rows.py NAME < paths``; a JSON line a file.

It imports nothing of smeflow. Exit code 3 says that the peer is not installed.
"""

import contextlib
import json
import logging
import sys


def by_invoice2data():
    """Give a reader that uses all templates that come with invoice2data."""
    from invoice2data import extract_data
    from invoice2data.extract.loader import read_templates

    logging.disable(logging.CRITICAL)
    templates = read_templates()
    names = {
        "number": "invoice_number",
        "issue_date": "date",
        "seller": "issuer",
        "currency": "currency",
        "total_net": "amount_untaxed",
        "total_vat": "amount_tax",
        "total_gross": "amount",
    }

    def read(path):
        found = extract_data(path, templates=templates) or {}
        return {field: found.get(name) for field, name in names.items()} if found else {}

    return read


def by_facturx():
    """Give a reader that takes the XML alone, without checking it against its schema."""
    from facturx import get_xml_from_pdf
    from facturx.parse_xml import parse_ubl_cii_xml

    names = {
        "number": "BT-1",
        "issue_date": "BT-2",
        "currency": "BT-5",
        "total_net": "BT-109",
        "total_vat": "BT-110",
        "total_gross": "BT-112",
    }

    def read(path):
        with open(path, "rb") as stream:  # noqa: PTH123 - the path is a text from standard input
            data = stream.read()
        if data[:4] == b"%PDF":
            _, data = get_xml_from_pdf(data, check_xsd=False)
        found = parse_ubl_cii_xml(data) if data else {}
        seller = (found.get("BG-4") or {}).get("name") if found else None
        return (
            {**{field: found.get(name) for field, name in names.items()}, "seller": seller} if found else {}
        )

    return read


READERS = {"invoice2data": by_invoice2data, "facturx": by_facturx}

if __name__ == "__main__":
    try:
        with contextlib.redirect_stdout(sys.stderr):
            reader = READERS[sys.argv[1]]()
    except ImportError:
        sys.exit(3)
    for line in sys.stdin.read().splitlines():
        try:
            with contextlib.redirect_stdout(sys.stderr):
                row = reader(line)
        except Exception:  # noqa: BLE001 - a peer that fails on a file has read nothing of it
            row = {}
        print(json.dumps([line, row], default=str))
