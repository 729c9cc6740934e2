"""The page about models says what the code does."""

import importlib.util


def test_the_table_of_providers_is_the_codes(root):
    """``python scripts/provider_table.py`` prints it anew."""
    spec = importlib.util.spec_from_file_location("provider_table", root / "scripts" / "provider_table.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.provider_table() in (root / "docs" / "models.md").read_text(encoding="utf-8")
