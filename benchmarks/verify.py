"""How far `verify` trusts a record of somebody else's: `python benchmarks/verify.py DIR [DIR …]`.

The records are what the pages print, named as other programs name it; and the same with a lie in each, of the
kinds of ``lies.py``. Told is how many true values are proven, read alike or only printed, and whether any lie
is proven (there must be none).
"""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

from lies import TOTALS, lies_about, pages_in, truthful

from smeflow import verify

CALLED = (
    {},
    {"number": "invoice_id", "issue_date": "invoice_date", "seller": "supplier_name",
     "buyer": "receiver_name",
     "total_net": "net_amount", "total_vat": "total_tax_amount", "total_gross": "total_amount"},
    {"number": "InvoiceId", "issue_date": "InvoiceDate", "seller": "VendorName", "buyer": "CustomerName",
     "total_net": "SubTotal", "total_vat": "TotalTax", "total_gross": "InvoiceTotal"},
    {"number": "numéro facture", "issue_date": "date facture", "seller": "fournisseur", "buyer": "client",
     "total_net": "total HT", "total_vat": "total TVA", "total_gross": "total TTC", "due_date": "échéance"},
)  # fmt: skip
"""Our own names, and those of programs and people."""


def record_of(answer: dict, number: int) -> dict[str, str]:
    """Write an answer as a record, under one of the ways of calling the fields."""
    called = CALLED[number % len(CALLED)]
    return {called.get(name, name): value for name, value in answer.items() if value is not None}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--lies", type=int, default=171)
    parser.add_argument("--truths", type=int, default=200)
    options = parser.parse_args()
    pages = [page for folder in options.folders for page in pages_in(folder)]
    random.Random(4).shuffle(pages)
    verdicts, proven = Counter(), 0
    for number, page in enumerate(pages[: options.truths]):
        found = verify(record_of(truthful(page), number), page.document)
        proven += found.proven
        verdicts.update(field.verdict for field in found.fields.values())
    told = ", ".join(f"{verdict} {n}" for verdict, n in verdicts.most_common())
    print(f"{min(len(pages), options.truths)} true records: {proven} proven; of their values: {told}")
    chance, kinds, passed = random.Random(16), Counter(), Counter()
    lies = [(page, lie) for page in pages for lie in lies_about(page, chance)]
    chance.shuffle(lies)
    for number, (page, (kind, fields, answer)) in enumerate(lies[: options.lies]):
        found = verify(record_of(answer, number), page.document)
        kinds[kind] += 1
        told_of = {field.field: field for field in found.fields.values()}
        trusted = [n for n in fields if n in told_of and told_of[n].verdict == "proven"
                   and told_of[n].value != page.truth.get(n)]  # fmt: skip
        if kind == "swapped" and set(trusted) < set(TOTALS) and page.truth.get("total_vat") == "0.00":
            trusted = []  # net and gross are the same amount
        if found.proven or trusted:
            passed[kind] += 1
            print(f"  {page.id}: {kind}: proven {trusted or 'as a whole'}")
    listed = ", ".join(f"{kind} {passed[kind]} of {n}" for kind, n in sorted(kinds.items()))
    print(f"{sum(kinds.values())} lies: proven {sum(passed.values())}: {listed}")
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
