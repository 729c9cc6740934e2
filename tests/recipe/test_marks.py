"""YAML as plain data, with a place for every key and value."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from smeflow.errors import RecipeError
from smeflow.recipe.yaml import read_yaml, read_yaml_value


def test_every_key_and_value_has_its_place() -> None:
    """Lines and columns count from 1."""
    marked = read_yaml('a: 1\nb:\n  - {x: "q", y: [1, 2]}\n', "f.yaml")
    assert marked.data == {"a": 1, "b": [{"x": "q", "y": [1, 2]}]}
    assert (marked.at(("b", 0, "y"), key=True).line, marked.at(("b", 0, "y"), key=True).column) == (3, 14)
    assert (marked.at(("b", 0, "y", 1)).line, marked.at(("b", 0, "y", 1)).column) == (3, 21)
    assert marked.inside(("b", 0, "x"), 0).column == 10


def test_what_is_not_there_is_told_at_what_stands_around_it() -> None:
    """A missing key is a problem of the mapping it is missing in."""
    marked = read_yaml("a:\n  b: 1\n", "f.yaml")
    assert marked.at(("a", "c", "d")).line == 2


def test_words_stay_words() -> None:
    """``no`` is no boolean, a date no date, a number with a colon no number of seconds."""
    marked = read_yaml(
        "a: no\nb: 2026-01-31\nc: 12:30\nd: 1e999\ne: .inf\nf: true\ng: 0.5\nh: ~\ni: '7'\n", "f"
    )
    assert list(marked.data.values()) == ["no", "2026-01-31", "12:30", "1e999", ".inf", True, 0.5, None, "7"]


def test_a_file_is_told_all_its_mistakes_at_once() -> None:
    """In file order, each at its own line."""
    with pytest.raises(RecipeError) as caught:
        read_yaml("a: 1\na: 2\nb: !!python/name:os.system x\n<<: {c: 1}\n", "f.yaml")
    assert [p.line for p in caught.value.problems] == [2, 3, 4]
    assert "stands in line 1 already" in str(caught.value)


_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nx: !!python/object/apply:os.system [ls]", 2),
        ("x: !!binary aGk=", 1),
        ("x: !mine y", 1),
        ("x: !!set {y}", 1),
        (_BOMB, 1),
        ("a: &a [*a]", 1),
        ("a: *nobody", 1),
        ("<<: {a: 1}", 1),
        ("a: 1\n---\nb: 2", 2),
        ("a: [1\nb: 2", 2),
        ("[" * 30_000, 1),
        ("- " * 15_000, 1),
        ("? " * 15_000, 1),
        ("{a: " * 8_000, 1),
        ("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 200)), 22),
        ("x" * 50_000, 1),
        ("a: \x01", 1),
        ("ok: 1\na: \x00", 2),
        ("\t a: 1", 1),
        ("? [a]\n: 1", 1),
        (b"a: 1\nb: \xff\xfe", 2),
    ],
)
def test_hostile_files_are_refused_with_their_line(text: str | bytes, line: int) -> None:
    """Tags, bombs, broken bytes and depth: refused within a second, never read as something else."""
    start = time.process_time()
    with pytest.raises(RecipeError) as caught:
        read_yaml(text, "f.yaml")
    assert time.process_time() - start < 1
    assert caught.value.problems[0].line == line


def test_an_alias_is_allowed_where_it_stays_small() -> None:
    """Writing a list once and naming it twice is no bomb."""
    assert read_yaml("a: &a [1, 2]\nb: *a\n", "f").data == {"a": [1, 2], "b": [1, 2]}


def test_one_value_is_read_as_in_a_recipe() -> None:
    """What ``--set`` takes."""
    assert [read_yaml_value(text) for text in ("0.5", "[a, b]", "true", "in.csv", "7")] == [
        0.5,
        ["a", "b"],
        True,
        "in.csv",
        7,
    ]


_WORDS = st.from_regex(r"[a-z][a-z0-9 _\-é]{0,8}[a-z0-9]", fullmatch=True)
_DATA = st.recursive(
    st.one_of(_WORDS, st.integers(-999, 999), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_WORDS, inner, max_size=4)),
    max_leaves=20,
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.dictionaries(_WORDS, _DATA, min_size=1, max_size=5))
def test_data_comes_back_as_it_was_written(data: dict[str, object]) -> None:
    """What a YAML writer writes is read as it was, and every value has a place in the text."""
    import io

    stream = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.dump(data, stream)
    text = stream.getvalue()
    marked = read_yaml(text, "f.yaml")
    assert marked.data == data
    lines = text.splitlines()
    for path, mark in marked.keys.items():
        assert lines[mark.line - 1][mark.column - 1 :].lstrip("'\"?& ").startswith(str(path[-1])[:1])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-[]{}!&*#|>'\"%@`,? \n\t\\0"), max_size=40))
def test_any_text_is_data_or_refused(text: str) -> None:
    """No text makes the reader fail in another way."""
    line = 1
    try:
        read_yaml(text, "f.yaml")
    except RecipeError as error:
        line = error.problems[0].line
    assert 1 <= line <= text.count("\n") + 2
