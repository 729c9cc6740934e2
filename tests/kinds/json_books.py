"""A format of books as a package of somebody's adds it: one file."""

import json
from collections.abc import Sequence

from smeflow.invoices.books.journal import BooksFormat, Journal, NumberedEntry


def write(entries: Sequence[NumberedEntry], journal: Journal, _separator: str) -> bytes:
    """Write a line of JSON for each entry."""
    lines = [
        {
            "journal": journal.code,
            "number": one.number,
            "reference": one.entry.reference,
            "debit": str(sum(posting.debit for posting in one.entry.postings)),
        }
        for one in entries
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


LINES = BooksFormat(write=write, ending=".jsonl")
