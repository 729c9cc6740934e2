"""What a user of `pip install smeflow` gets."""

import subprocess
import sys
import zipfile

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """Build the wheel as a release would, into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_the_recipes_travel_with_their_documents(wheel, root):
    """Every file of recipes/ is in the wheel with the bytes it has in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "recipes"], cwd=root, capture_output=True, text=True, check=False
    )
    names = [n for n in listed.stdout.split("\0") if n] or [
        str(f.relative_to(root)) for f in (root / "recipes").rglob("*") if f.is_file()
    ]
    assert len(names) > 60
    assert [n for n in names if wheel.read(f"smeflow/_bundled/{n}") != (root / n).read_bytes()] == []


def test_types_translations_and_the_licence_travel(wheel):
    """Type checkers find the types, French readers their sentences, and everyone the licence."""
    names = wheel.namelist()
    assert "smeflow/py.typed" in names
    assert any(n.startswith("smeflow/i18n_fr/") and n.endswith(".json") for n in names)
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_nothing_else_travels(wheel):
    """No test, no ledger and no cache of the machine it was built on is in the wheel, and it stays small."""
    strangers = [n for n in wheel.namelist() if not n.startswith(("smeflow/", "smeflow-"))]
    litter = [n for n in wheel.namelist() if "__pycache__" in n or "/.smeflow/" in n or "/out/" in n]
    assert strangers == []
    assert litter == []
    assert sum(i.compress_size for i in wheel.infolist()) < 6_000_000
