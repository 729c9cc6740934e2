"""The models on this machine."""

import pytest

from smeflow.errors import LLMRejected
from smeflow.llm.local.models import ModelStore, cache_folder


def gguf(folder, content=b"GGUF and more", name="A-Model.gguf"):
    file = folder / name
    file.write_bytes(content)
    return file


def test_the_cache_lies_where_each_system_keeps_what_can_be_had_again(tmp_path, monkeypatch):
    """Linux, macOS and Windows each have a place, and a variable names another."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder({}, "linux") == tmp_path / ".cache" / "smeflow"
    assert cache_folder({"XDG_CACHE_HOME": "/x"}, "linux").as_posix() == "/x/smeflow"
    assert cache_folder({}, "darwin") == tmp_path / "Library" / "Caches" / "smeflow"
    assert cache_folder({"LOCALAPPDATA": "/l"}, "win32").as_posix() == "/l/smeflow/Cache"
    assert cache_folder({"SMEFLOW_CACHE": str(tmp_path / "own")}, "win32") == tmp_path / "own"


def test_a_file_is_named_for_its_content_and_listed_by_name(tmp_path):
    """The same bytes under two names lie there once, and go with the last of them."""
    store = ModelStore(tmp_path / "models")
    first, second = store.add(gguf(tmp_path)), store.add(gguf(tmp_path), "other")
    assert first.name == "a-model"
    assert store.path_of(first) == store.path_of(second)
    assert store.checked(first)
    assert [m.name for m in store.models()] == ["a-model", "other"]
    assert store.remove("a-model") == first
    assert store.path_of(second).is_file()
    assert store.remove("other") == second
    assert not store.path_of(second).exists()
    assert store.remove("other") is None


def test_what_is_no_model_and_what_has_no_name_is_refused(tmp_path):
    """A GGUF file says so in its first four bytes; a name is no path."""
    store = ModelStore(tmp_path / "models")
    with pytest.raises(LLMRejected, match="no GGUF"):
        store.add(gguf(tmp_path, b"MZ"))
    with pytest.raises(LLMRejected, match="small letters"):
        store.add(gguf(tmp_path), "../out")
    assert store.models() == []


def test_a_model_whose_file_is_gone_or_cut_does_not_count(tmp_path):
    """A note alone is no model."""
    store = ModelStore(tmp_path / "models")
    made = store.add(gguf(tmp_path))
    store.path_of(made).write_bytes(b"GGUF")
    assert store.models() == []
    (store.folder / "broken.json").write_text("{", encoding="utf-8")
    assert store.models() == []
