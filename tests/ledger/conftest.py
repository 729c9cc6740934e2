import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.postgres import PostgresServer, postgres_server

from smeflow._text import sha256
from smeflow.ledger import history
from smeflow.ledger.intake import Incoming, Intake, IntakeCounts
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.postgres_connection import LedgerUrl
from smeflow.ledger.rows import RunRow


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest) -> LedgerUrl | None:
    """Where the ledger is: every promise is one of both databases."""
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return LedgerUrl.parse(server.ledger(f"t{uuid.uuid4().hex[:12]}"))


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock, url: LedgerUrl | None) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "state", clock=clock, url=url) as opened:
        yield opened


@pytest.fixture
def take(ledger: Ledger) -> Callable[..., IntakeCounts]:
    """Take files in: ``take({"a.txt": b"…"})``."""

    def take_in(
        files: dict[str, bytes], *, unique: bool = False, complete: bool = True, keep: bool = False
    ) -> IntakeCounts:
        incoming = (
            Incoming(
                key=key, version=sha256(data), name=key, media_type="text/plain", data=data, unique=unique
            )
            for key, data in files.items()
        )
        return Intake(ledger.store, "r", "inbox").take(incoming, complete=complete, keep=keep)

    return take_in


@pytest.fixture
def run(ledger: Ledger) -> RunRow:
    return history.begin_run(ledger.store, recipe="r", text_hash="t", plan="p", llm="m", smeflow="0", pid=1)
