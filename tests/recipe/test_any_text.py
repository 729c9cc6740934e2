"""Recipes that were damaged: read, or refused with every mistake at its line, and never a traceback."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.mutation import damage, damaged

from smeflow.errors import RecipeError
from smeflow.recipe.load import load

RECIPE = """\
recipe: invoices
about: Read invoices.
llm: none
schedule: "0 7 1 * *"
source: {folder: inbox/, match: ["*.xml", "*.pdf"]}
budget: {run: 5 EUR}
steps:
  - extract: invoice
    into: Invoice
    review: not invoice.proven or invoice.record.total_gross > 500
  - rule: kind
    choose: [{when: 'contains(fields["subject"], "facture")', value: invoice}]
    otherwise: other
  - draft: answer
    template: Bonjour {name}
    facts: {name: invoice.record.seller}
sinks:
  - {table: out/purchases.csv, rows: invoice.record}
"""
WORDS = st.sampled_from(
    [
        "steps:",
        "- ",
        "extract: x",
        "rule: 1",
        "{",
        "}",
        "[",
        "null",
        "&a",
        "*a",
        "review: 1 +",
        "\n",
        "  ",
        "llm:",
        "$X",
    ]
)


def told(folder, data):
    """Load *data* as a recipe; give the mistakes."""
    (folder / "recipe.yaml").write_bytes(data)
    try:
        load(folder)
    except RecipeError as error:
        lines = data.count(b"\n") + data.count(b"\r") + 2
        assert error.problems
        assert all(
            1 <= p.line <= max(lines, len(data.decode(errors="replace").splitlines()) + 2)
            for p in error.problems
        )
        return error.problems
    return []


@pytest.fixture
def folder(tmp_path):
    """Make a firm's folder."""
    (tmp_path / "inbox").mkdir()
    return tmp_path


def test_the_recipe_is_right_before_it_is_damaged(folder):
    """Else the tests below would try one mistake again and again."""
    assert told(folder, RECIPE.encode()) == []


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage)
def test_a_damaged_recipe_is_refused_at_a_line(folder, changes):
    """Or it is still one."""
    told(folder, damaged(RECIPE.encode(), changes))


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 0.999), st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=30))
def test_anything_written_into_a_recipe_is_refused_at_a_line(folder, place, text):
    """Words of recipes at the wrong place, and any other."""
    at = int(place * len(RECIPE))
    told(folder, (RECIPE[:at] + text + RECIPE[at:]).encode("utf-8", "surrogatepass"))
