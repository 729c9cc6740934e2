"""The one place where these tests reach behind the public doors."""

import pytest


@pytest.fixture(scope="session")
def kinds():
    """Give each kind of step that ships, by its word in a recipe."""
    from smeflow.recipe.kinds import STEPS, find

    return {word: find("steps", word) for word in STEPS}
