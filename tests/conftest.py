"""What every test gets: no network but loopback, and skips that name what is missing."""

import atexit
import gc
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import hypothesis
import pytest

# A time is no test: the machine is shared, and a slow moment is no mistake.
hypothesis.settings.register_profile("smeflow", deadline=None)
hypothesis.settings.register_profile("fast", deadline=None, max_examples=20)  # for `make test-fast`
hypothesis.settings.load_profile("smeflow")

HERE = Path(__file__).parent
REQUIRE_ALL = os.environ.get("SMEFLOW_REQUIRE_ALL") == "1"
"""On the machine that decides, a missing program is a failure and not a skip."""

# Before anything that connects is imported, and for every Python that a test starts.
_BLOCK = HERE / "network_block"
_OWN = Path(tempfile.mkdtemp(prefix="smeflow-tests-"))  # each worker's own: several may run side by side
atexit.register(shutil.rmtree, _OWN, ignore_errors=True)
_ATTEMPTS = _OWN / "attempts"
os.environ["SMEFLOW_TEST_NETWORK_ATTEMPTS"] = str(_ATTEMPTS)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_BLOCK), os.environ.get("PYTHONPATH")]))
_spec = importlib.util.spec_from_file_location("smeflow_network_block", _BLOCK / "sitecustomize.py")
assert _spec is not None
assert _spec.loader is not None
_spec.loader.exec_module(importlib.util.module_from_spec(_spec))

# No test may depend on what the machine of its author has set.
for _name in list(os.environ):
    if _name.endswith("_API_KEY") or _name.startswith(("LANGCHAIN_", "LANGSMITH_", "SMEFLOW_LLM")):
        del os.environ[_name]
os.environ["SMEFLOW_CACHE"] = str(_OWN / "cache")  # no model of this machine's user
os.environ["SMEFLOW_MODEL"] = "none"  # the demo's second act would fetch a gigabyte


@pytest.fixture(autouse=True)
def network_attempts() -> Iterator[list[str]]:
    """Give the refused attempts so far, as a list a test may empty; fail a test that leaves some.

    Each line reads like ``socket.connect to '203.0.113.7'``.
    """
    seen: list[str] = []
    _ATTEMPTS.write_text("", encoding="utf-8")
    yield seen
    left = [a for a in _ATTEMPTS.read_text(encoding="utf-8").splitlines() if a not in seen]
    assert not left, f"this test tried to leave the machine: {left}"


@cache
def _languages_of_tesseract() -> frozenset[str]:
    done = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False)
    return frozenset(done.stdout.split()[1:])


def _missing(mark: pytest.Mark) -> str | None:
    """Say what a `requires_…` mark wants and does not find."""
    name = str(mark.args[0])
    if mark.name == "requires_module":
        return None if importlib.util.find_spec(name) else f"the Python package {name} is not installed"
    if shutil.which(name) is None and shutil.which(name, path="/usr/sbin") is None:  # where servers stand
        return f"the program {name} is not installed"
    absent = (
        set(mark.kwargs.get("languages", ())) - _languages_of_tesseract() if name == "tesseract" else set()
    )
    return f"tesseract has no data for {', '.join(sorted(absent))}" if absent else None


def _slow_tests() -> frozenset[str]:
    """Give the listed functions; none where this file guards other tests than these."""
    with suppress(FileNotFoundError):
        return frozenset((HERE / "slow_tests.txt").read_text("utf-8").split())
    return frozenset()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what `scripts/slow_tests.py` measured as slow, before marks choose."""
    slow = _slow_tests()
    for item in items:
        if item.nodeid.partition("[")[0] in slow:
            item.add_marker(pytest.mark.slow)


def pytest_collection(session: pytest.Session) -> None:
    """Let the collector rest while thousands of tests are loaded: none of that is garbage."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count what was loaded as there for good."""
    gc.freeze()
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program or package is missing, or fail it where everything must be there."""
    for mark in [*item.iter_markers("requires_program"), *item.iter_markers("requires_module")]:
        if reason := _missing(mark):
            (pytest.fail if REQUIRE_ALL else pytest.skip)(reason)


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the folder of the project."""
    return HERE.parent


@pytest.fixture(scope="session")
def recipes() -> Path:
    """Give the folder of the bundled recipes and their documents; copy what a test changes."""
    return HERE.parent / "recipes"


@pytest.fixture(scope="session")
def documents() -> Path:
    """Give the folder of third-party documents that only tests read."""
    return HERE / "documents"


def pytest_report_header() -> str:
    """Tell which Python runs and whether anything may be skipped."""
    skips = "nothing may be skipped" if REQUIRE_ALL else "skips are listed at the end"
    return f"smeflow tests on {sys.version.split()[0]}; {skips}"
