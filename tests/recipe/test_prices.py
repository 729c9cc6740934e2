"""What a model costs by the firm's own contract."""

from decimal import Decimal

import pytest

from smeflow.engine.models import models_of_recipe, objection
from smeflow.errors import RecipeError
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

RECIPE = """
recipe: one
llm: qwen3@https://models.example.eu/v1
residency: any
source: {folder: .}
steps:
  - triage: kind
    labels: {a: one, b: two}
"""
PRICES = """
[prices."models.example.eu/qwen3"]
input_per_million = 0.20
output_per_million = 0.60
as_of = 2026-11-01
"""


def test_a_model_of_unknown_price_is_used_once_its_price_is_written_down(tmp_path):
    """The message under a budget names the section that ends it, and that section does."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    recipe = load(tmp_path / "recipe.yaml")
    refused = objection(recipe, models_of_recipe(recipe)[0].every[0].place)
    assert '[prices."models.example.eu/qwen3"]' in str(refused)

    (tmp_path / "smeflow.toml").write_text(PRICES)
    recipe = load(tmp_path / "recipe.yaml")
    llm = models_of_recipe(recipe)[0].every[0]
    assert objection(recipe, llm.place) is None
    assert llm.place.price.of(1_000_000, 500_000).amount == Decimal("0.5")


def test_a_price_without_its_day_is_told_with_its_line(tmp_path):
    """A price nobody can date is none."""
    (tmp_path / "smeflow.toml").write_text(PRICES.replace("as_of = 2026-11-01\n", ""))
    with pytest.raises(RecipeError, match=r"smeflow\.toml:2:1: .*as_of"):
        WorkspaceSettings.find(tmp_path)
