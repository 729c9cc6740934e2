"""Pages as many kinds of issuers lay them out, drawn as text: what is read of them, and what is proven."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from smeflow import Case
from smeflow.invoices.page.names import name_key
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

LAYOUTS = sorted((Path(__file__).parent / "layouts").glob("*.txt"))
EXACT, PROVEN = 0.88, 0.2
"""Shares that must not fall."""


def drawn(path: Path) -> tuple[dict[str, str], str]:
    """Take a file apart: what is true, and the page."""
    head, _, text = path.read_text(encoding="utf-8").partition("---\n")
    return dict(line.split(": ", 1) for line in head.splitlines()), text


def agrees(field: str, found: object, true: str) -> bool:
    """Compare a value with what is true of the page."""
    if isinstance(found, Decimal):
        return found == Decimal(true)
    if field == "seller":
        return name_key(str(found)) == name_key(true)
    if field == "number":
        return re.sub(r"\W", "", str(found)) == re.sub(r"\W", "", true)
    return str(found) == true


def found_on(path: Path, paper):
    """Read one page without a model."""
    true, text = drawn(path)
    step = Extract(name="invoice", into="Invoice", readers=("layout",))
    return true, step(Case.of(paper(text, name=path.stem)), NoModel())


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda p: p.stem)
def test_what_is_proven_is_right(path, paper):
    """Whoever laid the page out: a field may stay empty, but no proven record holds an error."""
    true, found = found_on(path, paper)
    values = {field: getattr(found.record, field) for field in true}
    wrong = {f: str(v) for f, v in values.items() if v is not None and not agrees(f, v, true[f])}
    assert not (found.proven and wrong), wrong
    assert not {"total_net", "total_vat", "total_gross"} & wrong.keys()


@pytest.mark.slow
def test_most_pages_are_read_whole_and_proven(paper):
    """Rules hold for issuers nobody tuned them to."""
    exact = proven = 0
    for path in LAYOUTS:
        true, found = found_on(path, paper)
        values = {field: getattr(found.record, field) for field in true}
        exact += all(v is not None and agrees(f, v, true[f]) for f, v in values.items())
        proven += found.proven
    assert exact / len(LAYOUTS) >= EXACT
    assert proven / len(LAYOUTS) >= PROVEN
