"""``docs/kinds.md`` tells every key of every source and sink, as the classes read them."""

import runpy
from pathlib import Path

from smeflow.kinds import registry

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_classes_say():
    """After a change: python scripts/write_kinds.py."""
    page = (ROOT / "docs" / "kinds.md").read_text(encoding="utf-8")
    assert page == runpy.run_path(str(ROOT / "scripts" / "write_kinds.py"))["page"]()
    for word in (*registry.SOURCES, *registry.SINKS):
        assert f"### `{word}`" in page
    assert not [line for line in page.splitlines() if line.startswith("| `") and line.endswith("|  |")]
