import uuid
from collections.abc import Iterator

import pytest
from support.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture
def address(server: PostgresServer) -> str:
    """The address of a ledger of the test's own."""
    return server.ledger(f"f{uuid.uuid4().hex[:12]}")
