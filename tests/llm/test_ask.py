"""From a Pydantic model to a checked value: the schema, what is repaired, and what is asked again."""

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from smeflow.errors import AnswerInvalid, LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.answer_json import load_json, without_trailing_commas
from smeflow.llm.ask import AnswerForm, Prompt, UnfitAnswer, UnreadableAnswer, ask
from smeflow.llm.interface import Reply
from smeflow.llm.testing import Scripted


class Colour(Enum):
    RED = "red"


class Line(BaseModel):
    text: str
    amount: Decimal | None = None


class Paper(BaseModel):
    number: str
    due: date | None = None
    colour: Colour | None = None
    kind: Literal["a", "b"] = "a"
    lines: list[Line] = []


PAPER = AnswerForm.of(Paper)
FULL = {"number": "1", "due": None, "colour": "red", "kind": "a", "lines": [{"text": "x", "amount": 1.5}]}


def objects(part: Any) -> list[dict[str, Any]]:
    """List every object of a schema."""
    if isinstance(part, list):
        return [o for p in part for o in objects(p)]
    if not isinstance(part, dict):
        return []
    return ([part] if part.get("type") == "object" else []) + [o for p in part.values() for o in objects(p)]


def test_the_schema_is_strict_at_every_depth():
    """Every object requires all its names and allows no other; no default, title or look-around is left."""
    schema = json.loads(PAPER.schema.json)
    found = objects(schema)
    assert len(found) == 2
    assert all(o["additionalProperties"] is False and o["required"] == list(o["properties"]) for o in found)
    assert not {"default", "title", "oneOf"} & set(PAPER.schema.json.replace('"', " ").split())
    assert schema["$defs"]["Line"]["properties"]["amount"] == {
        "anyOf": [{"type": "number"}, {"type": "null"}]
    }


def test_a_model_that_holds_itself_has_a_schema_with_an_object_at_its_root():
    """Providers take no reference at the root."""

    class Tree(BaseModel):
        name: str
        kids: "list[Tree]" = []

    answer = AnswerForm.of(Tree)
    assert json.loads(answer.schema.json)["type"] == "object"
    assert answer.read('{"name": "a", "kids": [{"name": "b", "kids": []}]}').kids[0].name == "b"
    with pytest.raises(UnfitAnswer, match=r"kids\[0\]\.kids"):
        answer.read('{"name": "a", "kids": [{"name": "b"}]}')


def test_free_keys_are_refused_where_the_model_is_written():
    """A strict schema cannot express them; the developer is told at once."""

    class Free(BaseModel):
        anything: dict[str, str]

    with pytest.raises(TypeError, match="anything"):
        AnswerForm.of(Free)


def test_a_field_called_title_stays():
    """Only the schema's own titles go."""

    class Book(BaseModel):
        title: str

    assert json.loads(AnswerForm.of(Book).schema.json)["required"] == ["title"]


@pytest.mark.parametrize("left_out", ["number", "due", "kind", "lines"])
def test_what_is_left_out_is_not_filled_with_a_default(left_out):
    """None means that the model says there is nothing; silence does not."""
    with pytest.raises(UnfitAnswer, match=left_out):
        PAPER.read(json.dumps({k: v for k, v in FULL.items() if k != left_out}))


def test_what_is_left_out_inside_a_list_is_found():
    """At any depth."""
    with pytest.raises(UnfitAnswer, match=r"lines\[0\]\.amount"):
        PAPER.read(json.dumps({**FULL, "lines": [{"text": "x"}]}))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12,50", "12.50"),
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("-3,10", "-3.10"),
    ],
)
def test_a_number_in_a_countrys_form_is_read_where_it_is_clear(text, amount):
    """Both marks, or two decimals, leave no doubt."""
    read = PAPER.read(json.dumps({**FULL, "lines": [{"text": "x", "amount": text}]}))
    assert read.lines[0].amount == Decimal(amount)


@pytest.mark.parametrize("text", ["1,234", "1.234.567", "12,5 EUR", "abc"])
def test_a_number_that_is_not_clear_is_asked_again(text):
    """A thousand or a decimal: nobody guesses."""
    with pytest.raises(UnfitAnswer):
        PAPER.read(json.dumps({**FULL, "lines": [{"text": "x", "amount": text}]}))


def test_text_fields_are_not_taken_for_numbers():
    """Only a field that must be a number is written plainly."""
    read = PAPER.read(
        json.dumps({**FULL, "number": "1.234,56", "lines": [{"text": "2,50", "amount": "3,50"}]})
    )
    assert (read.number, read.lines[0].text) == ("1.234,56", "2,50")


def test_a_document_number_with_an_exponent_in_it_is_text():
    """Only a number can be endless."""
    assert PAPER.read(json.dumps({**FULL, "number": "7E2026"})).number == "7E2026"


def test_two_different_answers_are_no_answer():
    """And two equal ones are one."""
    one, other = json.dumps(FULL), json.dumps({**FULL, "number": "2"})
    with pytest.raises(UnreadableAnswer):
        PAPER.read(f"{one}\nor rather\n{other}")
    assert PAPER.read(f"{one}\nonce more:\n{one}").number == "1"


@given(
    st.dictionaries(
        st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False) | st.text(), max_size=4
    )
)
def test_json_is_read_as_json(value):
    """Nothing is lost of what is plain JSON; a comma inside a text is no trailing comma."""
    text = json.dumps({"v": value})
    assert load_json(text) == {"v": value}
    assert without_trailing_commas(text) == text


@given(st.text(max_size=200))
def test_no_text_brings_the_reader_down(text):
    """Whatever a model says is a value, or one of two errors."""
    for said in (text, "{" + text, f'```json\n{{"number": {text}}}\n```', "[" * 3000 + text):
        try:
            PAPER.read(said)
        except (UnreadableAnswer, UnfitAnswer):
            continue


def test_a_deeply_nested_answer_is_an_answer_of_no_use():
    """Not a RecursionError."""
    with pytest.raises((UnreadableAnswer, UnfitAnswer)):
        PAPER.read('{"number":' * 100_000)


def test_a_problem_found_by_the_caller_is_told():
    """`check` speaks after the schema was followed."""
    llm = Scripted([{**FULL, "number": "bad"}, FULL])
    got = ask(
        llm,
        Prompt("s", "u"),
        PAPER,
        check=lambda p: ["the number is not printed"] if p.number == "bad" else [],
    )
    assert (got.value.number, got.tries) == ("1", 2)
    assert "the number is not printed" in llm.requests[1].messages[-1].content
    assert llm.requests[1].messages[:2] == llm.requests[0].messages


def test_the_same_question_again_differs_from_the_first():
    """So that neither a cache nor a cold model gives the same bad answer again."""
    llm = Scripted(["no", "no", "no", "no", FULL])
    ask(llm, Prompt("s", "u"), PAPER)
    assert [r.again for r in llm.requests] == [0, 1, 2, 3, 4]
    assert llm.requests[0].temperature == 0
    assert llm.requests[1].temperature > 0
    assert len({r.hash for r in llm.requests}) == 5


def test_asking_is_deterministic():
    """The same answers give the same questions: a replay after a crash pays nothing twice."""
    lines = ["no", {**FULL, "kind": "z"}, "", {**FULL, "kind": "z"}, FULL]
    first, second = Scripted(lines), Scripted(lines)
    ask(first, Prompt("s", "u"), PAPER)
    ask(second, Prompt("s", "u"), PAPER)
    assert [r.hash for r in first.requests] == [r.hash for r in second.requests]


def test_a_cut_answer_is_given_more_room():
    """The same limit would cut it again."""
    llm = Scripted([Reply(text="{", model="m", finish_reason="length"), FULL])
    ask(llm, Prompt("s", "u"), PAPER, max_output_tokens=100)
    assert [r.max_output_tokens for r in llm.requests] == [100, 200]


def test_an_answer_cut_with_all_the_room_is_not_paid_again():
    """Nothing is left to try that was not tried."""
    llm = Scripted([Reply(text="{", model="m", finish_reason="length")], for_ever=True)
    with pytest.raises(AnswerInvalid, match="in 3 tries: it was cut"):
        ask(llm, Prompt("s", "u"), PAPER, max_output_tokens=100)
    assert [r.max_output_tokens for r in llm.requests] == [100, 200, 400]


def test_no_answer_after_a_bad_one_is_a_bad_answer():
    """The item goes to a person with what was said, and not to a queue."""
    gone = LLMUnavailable(say("asked {count} times", count=5), kind="broken", sent=False)
    with pytest.raises(AnswerInvalid) as caught:
        ask(Scripted(["no", gone]), Prompt("s", "u"), PAPER)
    assert caught.value.reply == "no"
    with pytest.raises(LLMUnavailable):
        ask(Scripted([gone]), Prompt("s", "u"), PAPER)
