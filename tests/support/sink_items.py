"""Finished items for the tests of sinks."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.records import Invoice


class Found(BaseModel):
    record: Invoice
    proven: bool = True


class Kind(BaseModel):
    label: str | None


Make = Callable[..., SinkItem]


@pytest.fixture
def item() -> Make:
    """Make a finished item; its original says its own key."""

    def make(key: str, label: str | None = "invoice", name: str = "", **record: Any) -> SinkItem:
        fields = {"number": key, "currency": "EUR", "total_gross": Decimal("600.10"), **record}
        fields.setdefault("issue_date", date(2026, 1, 2))
        case = Case.of(text_document(f"body of {key}", name=name or key), id=key)
        case = case.with_result("invoice", Found(record=Invoice(**fields))).with_result(
            "kind", Kind(label=label)
        )
        name = name or key.rpartition("/")[2]
        return SinkItem(recipe="r", key=key, name=name, version="v", case=case)

    return make


@pytest.fixture
def context(tmp_path: Path) -> RecipeContext:
    """What a recipe in *tmp_path* gives to its sinks."""
    return RecipeContext(folder=tmp_path)
