"""The factory of stranger invoices: what it draws is consistent, and its tests are those that were sealed."""

import hashlib
import importlib
import random
import sys
from decimal import Decimal
from pathlib import Path

import pytest

LAYOUTS = Path(__file__).parents[1] / "scripts" / "layouts"
SEALS = {
    "strangers": "13e8d59ab8b280379384f7af9e8ef35b9e1931752486ac549c3e09e97769108c",
    "unseen": "6fa5a9bccf937181f69df79549b12f027ac93a3bb198b11d823d9ce9d044098e",
}


@pytest.fixture(params=["strangers", "teaching", "unseen"])
def families(request, monkeypatch):
    """Import the families of one folder as the factory does; all are called ``families``."""
    for path in (LAYOUTS, LAYOUTS / request.param):
        monkeypatch.syspath_prepend(str(path))
    before = set(sys.modules)
    yield importlib.import_module("families").FAMILIES
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("families", "drawing"):
            del sys.modules[name]


@pytest.mark.parametrize("folder", SEALS)
def test_the_test_s_families_are_those_that_were_sealed(folder):
    """A figure measured on families that were changed after a rule is no figure."""
    sources = sorted((LAYOUTS / folder / "families").glob("*.py"), key=lambda path: path.name)
    whole = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    assert whole.hexdigest() == SEALS[folder]


def test_the_sums_of_each_family_are_right(families):
    """Net and VAT make gross, and the same seed draws the same page."""
    assert len(families) > 40
    for name, family in families.items():
        drawing, again = (family(random.Random(f"sums:{name}")) for _ in range(2))
        assert drawing == again, name
        truth = drawing.truth
        if {"total_net", "total_vat", "total_gross"} <= truth.keys():
            net, vat, gross = (Decimal(truth[f"total_{part}"]) for part in ("net", "vat", "gross"))
            assert net + vat == gross, name
        assert {"kind", "seller"} <= truth.keys(), name
