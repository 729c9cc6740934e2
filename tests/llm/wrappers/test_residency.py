"""No recipe sends anything to where it may not go: forbidden providers, fallbacks, redirects."""

import importlib.util

import pytest

pytestmark = pytest.mark.slow


def test_forty_recipes_are_refused_before_the_first_byte(root, monkeypatch):
    """Every one of them, whichever way it names its model; nothing is even looked up."""
    from smeflow.llm.providers import PROVIDERS

    for row in PROVIDERS.values():  # so that they are taken back afterwards
        if row.key_variable:
            monkeypatch.setenv(row.key_variable, "sk-0123456789")
    monkeypatch.setenv("AZURE_OPENAI_BASE_URL", "https://firm.openai.azure.com/openai/v1")
    spec = importlib.util.spec_from_file_location("residency", root / "benchmarks" / "residency.py")
    forty = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(forty)
    total, refused, sent, others = forty.measure()
    assert others == []
    assert (total, refused, sent) == (40, 40, 0)
