"""The one place where these tests reach behind the public doors."""

import pytest


@pytest.fixture(scope="session")
def kinds():
    """Give each kind of step that ships, by its word in a recipe."""
    from smeflow.kinds.registry import STEPS, load_kind

    return {word: load_kind("steps", word) for word in STEPS}
