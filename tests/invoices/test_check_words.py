"""Each check of an invoice has a word for people, and the rules of proof name checks that there are."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

import smeflow
from smeflow.invoices.checks import BUYER_CHECKS, CHECK_WORDS, STOPS_PROOF_ONLY
from smeflow.invoices.kind import INVOICE
from smeflow.invoices.record import Invoice, InvoiceKind
from smeflow.kinds.field_names import COMMON_CHECKS

PACKAGES = ("invoices", "extract")
MAKERS = {"Check", "verdict", "_sum_check", "_digits_check", "_amount_missing"}
"""What makes a check; the first argument, or ``name``, is what it is called."""
PARTS = {"role": ("seller", "buyer"), "name": ("siren", "siret")}
"""What may stand in a name that is put together."""


def trees() -> Iterator[ast.Module]:
    for package in PACKAGES:
        for file in sorted((Path(smeflow.__file__).parent / package).rglob("*.py")):
            yield ast.parse(file.read_text(encoding="utf-8"))


def names_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = [
            PARTS[ast.unparse(part.value)] if isinstance(part, ast.FormattedValue) else (str(part.value),)
            for part in node.values
        ]
        yield from ("".join(chosen) for chosen in product(*parts))


def made() -> set[str]:
    names = {check.name for check in INVOICE.checks(Invoice(), None)}
    for tree in trees():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MAKERS:
                named = [keyword.value for keyword in call.keywords if keyword.arg == "name"]
                names |= {name for node in named or call.args[:1] for name in names_of(node)}
    return names


def test_each_check_that_is_made_has_a_word_and_each_word_a_check():
    """A new check without a word would be shown by its name for programs, in no language."""
    known = CHECK_WORDS.keys() | COMMON_CHECKS.keys()
    assert sorted(made() - known) == []
    assert sorted(CHECK_WORDS.keys() - made()) == []


@pytest.mark.parametrize(
    "names", [STOPS_PROOF_ONLY, BUYER_CHECKS, INVOICE.proof.only_told, INVOICE.proof.contradictions]
)
def test_the_rules_of_proof_name_checks_that_there_are(names):
    """A check that is renamed would become a doubt, or none."""
    assert sorted(names - CHECK_WORDS.keys()) == []


def test_each_kind_of_invoice_has_a_word():
    """The record's type lists them."""
    assert set(INVOICE.value_words["kind"]) == set(get_args(InvoiceKind))
