import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from smeflow.core.case import Step
from smeflow.core.plan import Entry
from smeflow.documents.document import ROW
from smeflow.engine.cases import case_of
from smeflow.engine.run import RunSummary, run_recipe
from smeflow.kinds.sinks import Sink
from smeflow.kinds.sources import Arrival, UnreadableArrival, make_arrival
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.recipe.load import Recipe
from smeflow.recipe.workspace import WorkspaceSettings


@dataclass
class Things:
    """A source that has what the test puts into it."""

    here: dict[str, str] = field(default_factory=dict)
    media_type: str = ROW
    name: str = "things"
    complete: bool = True

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        for key, text in self.here.items():
            data = json.dumps({"id": key, "text": text}).encode() if self.media_type == ROW else text.encode()
            yield make_arrival(key, key, self.media_type, data)


@dataclass
class Office:
    """A workspace with one recipe: run it, look into its ledger."""

    folder: Path
    source: Things = field(default_factory=Things)
    entries: tuple[Entry, ...] = ()
    sinks: tuple[Sink, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def plan(self, *steps: Step[Any] | Entry) -> None:
        self.entries = tuple(s if isinstance(s, Entry) else Entry(step=s) for s in steps)

    def recipe(self) -> Recipe:
        return Recipe(
            name="r",
            path=self.folder / "r.yaml",
            text_hash=str(self.settings.get("text_hash", "t")),
            source=self.source,
            steps=self.entries,
            sinks=self.sinks,
            **{k: v for k, v in self.settings.items() if k != "text_hash"},
        )

    def run(self, llm: Any = None, **more: Any) -> RunSummary:
        workspace = WorkspaceSettings.find(self.folder)
        return run_recipe(self.recipe(), workspace, state=self.folder / ".smeflow", llm=llm, **more)

    def ledger(self) -> Ledger:
        return Ledger.open(self.folder / ".smeflow", create=False)

    def item(self, key: str) -> ItemRow:
        with self.ledger() as ledger:
            found = ledger.item("r", key)
        assert found is not None
        return found

    def values(self, key: str) -> dict[str, Any]:
        with self.ledger() as ledger:
            found = ledger.item("r", key)
            assert found is not None
            return dict(case_of(ledger, found).results)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)
