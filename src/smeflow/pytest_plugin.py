"""What ``pytest`` gets from smeflow: recorded models and a network that is closed, as fixtures.

Found by itself where smeflow is installed; it loads nothing of smeflow before a fixture is used.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from smeflow.llm.testing import Recorded

RECORD = "--smeflow-record"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--smeflow-record``."""
    group = parser.getgroup("smeflow")
    group.addoption(
        RECORD,
        action="store_true",
        help="ask the models that tests name, and write their answers down; without it none is asked",
    )


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> "Callable[[str], Recorded]":
    """Give a model that answers from a file of ``recordings/`` beside the test: ``recorded("openai/gpt-5")``.

    With ``--smeflow-record`` the model is asked what is not in the file yet. Without it nobody is, and a
    question that is not in the file fails the test.
    """
    name = re.sub(r"[^\w-]+", "-", request.node.name).strip("-")
    path = request.path.parent / "recordings" / f"{request.path.stem}-{name}.jsonl"
    asks = bool(request.config.getoption(RECORD))

    def model_of(model: str) -> "Recorded":
        from smeflow.llm.connect import connect
        from smeflow.llm.testing import Recorded

        return Recorded(connect(model) if asks else None, path, sealed=not asks)

    return model_of


@pytest.fixture
def no_network() -> Iterator[None]:
    """Close the network for the test: what tries to leave this machine fails it."""
    from smeflow.testing import no_network as closed

    with closed():
        yield
