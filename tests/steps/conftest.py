"""The facts of a month that `tests/facts` is tried on, for what is written about them."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "smeflow_tests_of_facts", Path(__file__).parent.parent / "facts" / "conftest.py"
)
assert _spec is not None
assert _spec.loader is not None
_facts = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_facts)
english, french, october = _facts.english, _facts.french, _facts.october
