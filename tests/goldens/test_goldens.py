"""What the present code reads, writes and prints is what is kept in ``tests/goldens/kept``, byte for byte."""

import importlib.util

import pytest

pytestmark = pytest.mark.slow

PARTS = ("en", "fr", "documents", "mails", "help")
MOST_LINES = 200


@pytest.fixture(scope="module")
def goldens(root):
    """Give the command that makes golden outputs, as a module."""
    spec = importlib.util.spec_from_file_location("goldens", root / "scripts" / "goldens.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.requires_module("duckdb")
@pytest.mark.requires_module("typst")
def test_nothing_differs_from_what_is_kept(goldens, part, tmp_path):
    """Outputs and screens of the bundled recipes, what is read of each document, help of each command."""
    goldens.make(part, tmp_path)
    told = list(goldens.differences(part, tmp_path))
    more = [f"… and {len(told) - MOST_LINES} more lines"] if len(told) > MOST_LINES else []
    assert not told, "\n".join(["", *told[:MOST_LINES], *more, "", goldens.RENEW])


def test_every_part_is_tested(goldens):
    """A part that is added to the command is added here."""
    assert set(PARTS) == set(goldens.PARTS)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_second_run_asks_nothing_and_says_nothing_new(goldens, language):
    """The screens kept of a recipe's second run tell the same counts, and less besides."""
    for file in sorted((goldens.KEPT / language / "screens").glob("run-*.txt")):
        first, second = (each.split("[ends with")[0] for each in file.read_text("utf-8").split("$ ")[1:])
        assert set(second.splitlines()) <= set(first.splitlines()), file.name
