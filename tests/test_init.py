"""The names at the top of the package."""

import subprocess
import sys

import pytest

import smeflow


@pytest.mark.parametrize("name", smeflow.__all__)
def test_every_name_is_there_when_it_is_used(name):
    """Each name of ``__all__`` is found and documented."""
    assert getattr(smeflow, name).__doc__
    assert name in dir(smeflow)


@pytest.mark.slow
@pytest.mark.parametrize(
    "first",
    [
        "",
        "import smeflow.core.case, smeflow.core.run",
        "from smeflow.core.case import Case",
        "from smeflow.steps import Extract",
    ],
)
def test_step_and_run_are_functions_whatever_was_imported_before(first):
    """Modules of the same name never stand in for the functions."""
    check = "from types import FunctionType as F\nassert isinstance(step, F) and isinstance(run, F)"
    code = f"{first}\nfrom smeflow import run, step\n{check}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_that_is_not_there_is_an_attribute_error():
    """Misspelling a name says which."""
    with pytest.raises(AttributeError, match="Cse"):
        smeflow.Cse  # noqa: B018 - the look-up is the test
