"""How likely a model found what it wrote."""

import math

from smeflow.llm.dialects import field_probabilities, read_chat


def tokens(*pairs):
    return [{"token": text, "logprob": math.log(p), "bytes": list(text.encode())} for text, p in pairs]


def test_each_value_has_that_of_its_least_likely_token():
    """What the schema dictates does not count."""
    told = tokens(
        ("```", 0.001), ('{"label": "', 0.01), ("in", 0.9), ("voice", 0.5), ('", "n": ', 0.01), ("42", 0.7),
        (', "x": ', 0.1), ("null", 0.6), ("}", 0.2),
    )  # fmt: skip
    text = '{"label": "invoice", "n": 42, "x": null}'
    assert field_probabilities(text, told) == {"label": 0.5, "n": 0.7, "x": 0.6}


def test_a_character_in_two_tokens_is_one():
    """Tokens are bytes; an accent may be cut through."""
    raw = "é".encode()
    split = [
        {"token": '{"a":"', "logprob": 0.0},
        {"token": "?", "logprob": math.log(0.4), "bytes": [raw[0]]},
        {"token": "?", "logprob": math.log(0.8), "bytes": [raw[1]]},
        {"token": '"}', "logprob": 0.0},
    ]
    assert field_probabilities('{"a":"é"}', split) == {"a": 0.4}


def test_what_tells_nothing_gives_nothing():
    """No tokens, other tokens, or no object."""
    assert field_probabilities("{}", None) is None
    assert field_probabilities('{"a": 1}', tokens(("something else", 0.5))) is None
    assert field_probabilities("plain text", tokens(("plain text", 0.5))) is None
    assert field_probabilities('{"a": 1}', [{"token": '{"a": 1}', "logprob": "x"}]) is None


def test_a_chat_answer_carries_them():
    """From ``choices[0].logprobs.content``."""
    said = read_chat({
        "choices": [{
            "message": {"content": '{"a":"b"}'}, "finish_reason": "stop",
            "logprobs": {"content": tokens(('{"a":"', 1), ("b", 0.25), ('"}', 1))},
        }],
    })  # fmt: skip
    assert said.probabilities == {"a": 0.25}
