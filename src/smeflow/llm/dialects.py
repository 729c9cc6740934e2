"""The two forms of request and answer that OpenAI-compatible servers speak.

An answer may tell how likely the model found each field: a signal, never a proof.
"""

import json
import math
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from smeflow.llm.error_mapping import broken_answer
from smeflow.llm.interface import AnswerSchema, FinishReason, Message, MessageImage, Request, Usage

_text = json.JSONEncoder(ensure_ascii=False).encode
Dropped = frozenset[str]
"""What a server has said it does not know: ``temperature``, ``max_tokens``, ``schema``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedAnswer:
    """What stands in an answer, before anybody has judged it."""

    text: str
    finish_reason: FinishReason
    model: str
    id: str
    usage: Usage | None
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How to ask, where, and how to read the answer."""

    name: Literal["chat", "responses"]
    path: str
    body: Callable[[Request, str, Dropped], str]
    read: Callable[[Mapping[str, Any]], ParsedAnswer]


def chat_body(request: Request, model: str, dropped: Dropped) -> str:
    """Write a chat completion request; the schema's part is text already."""
    limit = "max_completion_tokens" if "max_tokens" in dropped else "max_tokens"
    messages = _messages(request, dropped, _chat_content)
    parts = [f'{{"model":{_text(model)},"messages":{messages},"{limit}":{request.max_output_tokens}']
    if "temperature" not in dropped:
        parts.append(f',"temperature":{request.temperature:g}')
    if request.schema is not None and "schema" not in dropped:
        parts.append(f',"response_format":{{"type":"json_schema","json_schema":{_format(request.schema)}}}')
    return "".join([*parts, "}"])


def responses_body(request: Request, model: str, dropped: Dropped) -> str:
    """Write a request of OpenAI's own kind; it asks the provider to keep nothing."""
    messages, limit = _messages(request, dropped, _responses_content), request.max_output_tokens
    parts = [f'{{"model":{_text(model)},"store":false,"input":{messages},"max_output_tokens":{limit}']
    if "temperature" not in dropped:
        parts.append(f',"temperature":{request.temperature:g}')
    if request.schema is not None and "schema" not in dropped:
        parts.append(f',"text":{{"format":{{"type":"json_schema",{_format(request.schema)[1:]}}}')
    return "".join([*parts, "}"])


def _format(schema: AnswerSchema) -> str:
    return f'{{"name":{_text(schema.name)},"strict":true,"schema":{schema.json}}}'


def _messages(request: Request, dropped: Dropped, write: Callable[[Message], str]) -> str:
    messages = request.messages
    if request.schema is not None and "schema" in dropped:
        messages = put_first(schema_instruction(request.schema), messages)
    written = [
        f'{{"role":"{m.role}","content":{write(m) if m.images else _text(m.content)}}}' for m in messages
    ]
    return f"[{','.join(written)}]"


def put_first(words: str, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Put *words* before the first system message: some models answer nothing to a second one."""
    if not messages or messages[0].role != "system":
        return (Message("system", words), *messages)
    return (replace(messages[0], content=f"{words}\n\n{messages[0].content}"), *messages[1:])


def _chat_content(message: Message) -> str:
    pictures = [{"type": "image_url", "image_url": {"url": _address(i)}} for i in message.images]
    return _text([{"type": "text", "text": message.content}, *pictures])


def _responses_content(message: Message) -> str:
    pictures = [{"type": "input_image", "image_url": _address(i)} for i in message.images]
    return _text([{"type": "input_text", "text": message.content}, *pictures])


def _address(picture: MessageImage) -> str:
    return f"data:{picture.media_type};base64,{b64encode(picture.data).decode('ascii')}"


def schema_instruction(schema: AnswerSchema) -> str:
    """Ask for JSON in the prompt, where the server cannot be held to a schema."""
    return f"Answer with one JSON object and nothing else. It follows this JSON Schema:\n{schema.json}"


def read_chat(answer: Mapping[str, Any]) -> ParsedAnswer:
    """Read a chat completion.

    Raises:
        LLMUnavailable: It holds no message.
    """
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise broken_answer("no choices")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise broken_answer("no message")
    ends: dict[object, FinishReason] = {"length": "length", "content_filter": "content_filter"}
    finish = ends.get(choices[0].get("finish_reason"), "stop")
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        return _parsed(answer, refusal, "refusal", _CHAT_USAGE)
    text = _joined(message.get("content"))
    parsed = _parsed(answer, text, finish, _CHAT_USAGE)
    tokens = choices[0].get("logprobs")
    if not isinstance(tokens, dict):
        return parsed
    return replace(parsed, probabilities=field_probabilities(text, tokens.get("content")))


def read_responses(answer: Mapping[str, Any]) -> ParsedAnswer:
    """Read an answer of OpenAI's own kind.

    Raises:
        LLMUnavailable: It holds no message, or says that it failed.
    """
    output = answer.get("output")
    incomplete = answer.get("incomplete_details")
    reason = incomplete.get("reason") if isinstance(incomplete, dict) else None
    if answer.get("status") in {"failed", "cancelled", "queued", "in_progress"}:
        raise broken_answer(str(answer["status"]))
    if not isinstance(output, list) or (not output and reason is None):
        raise broken_answer("no output")
    parts = [
        part
        for item in output
        if isinstance(item, dict) and item.get("type") == "message" and isinstance(item.get("content"), list)
        for part in item["content"]
        if isinstance(part, dict)
    ]
    refusals = [str(p.get("refusal") or "") for p in parts if p.get("type") == "refusal"]
    if refusals:
        return _parsed(answer, "".join(refusals), "refusal", _RESPONSES_USAGE)
    ends: dict[object, FinishReason] = {None: "stop", "content_filter": "content_filter"}
    return _parsed(answer, _joined(parts), ends.get(reason, "length"), _RESPONSES_USAGE)


def _parsed(
    answer: Mapping[str, Any],
    text: str,
    finish: FinishReason,
    usage_names: tuple[str, str, str],
) -> ParsedAnswer:
    usage_json = answer.get("usage")
    return ParsedAnswer(
        text=text,
        finish_reason=finish,
        model=_short(answer.get("model")),
        id=_short(answer.get("id")),
        usage=_usage(usage_json, usage_names) if isinstance(usage_json, dict) else None,
    )


def _joined(content: object) -> str:
    """Give the text of a content that may be text, nothing, or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (
        p.get("text") for p in content if isinstance(p, dict) and p.get("type") in {"text", "output_text"}
    )
    return "".join(t for t in texts if isinstance(t, str))


_CHAT_USAGE = ("prompt_tokens", "completion_tokens", "prompt_tokens_details")
_RESPONSES_USAGE = ("input_tokens", "output_tokens", "input_tokens_details")
"""What the two forms call the tokens sent, those received, and the details of those sent."""


def _usage(counts: Mapping[str, Any], names: tuple[str, str, str]) -> Usage | None:
    sent_name, received_name, details = names
    sent, received = counts.get(sent_name), counts.get(received_name)
    if type(sent) is not int or type(received) is not int or sent < 0 or received < 0:
        return None
    detail = counts.get(details)
    cached = detail.get("cached_tokens") if isinstance(detail, dict) else 0
    cached_tokens = cached if type(cached) is int and 0 <= cached <= sent else 0
    return Usage(input_tokens=sent, output_tokens=received, cached_input_tokens=cached_tokens)


def _short(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def field_probabilities(text: str, tokens: object) -> Mapping[str, float] | None:
    """Give for each named value of a JSON answer how likely its least likely token was; None: unknown.

    *tokens* is ``choices[0].logprobs.content``. Only texts, numbers and ``null`` directly in the answer's
    object are given: the rest is form, which a schema dictates.
    """
    if not isinstance(tokens, list) or not text:
        return None
    spans = _spans(tokens)
    written = "".join(piece for piece, _ in spans)
    offset = written.find(text)
    if offset < 0:
        return None
    probabilities: dict[str, float] = {}
    for name, start, end in _values(text):
        least = _least(spans, start + offset, end + offset)
        if least is not None:
            probabilities[name] = round(math.exp(min(0.0, least)), 4)
    return probabilities or None


def _spans(tokens: Sequence[Any]) -> list[tuple[str, float]]:
    """Give each token's text, by its bytes where they are given: a character may span two tokens."""
    spans: list[tuple[str, float]] = []
    pending, lowest = b"", 0.0
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("logprob"), int | float):
            return []
        raw = token.get("bytes")
        piece = _bytes(raw) or str(token.get("token", "")).encode()
        pending, lowest = pending + piece, min(lowest, float(token["logprob"]))
        try:
            spans.append((pending.decode(), lowest))
        except UnicodeDecodeError:
            continue
        pending, lowest = b"", 0.0
    return spans


def _bytes(raw: object) -> bytes:
    valid = isinstance(raw, list) and all(type(b) is int and 0 <= b < 256 for b in raw)
    return bytes(raw) if valid and isinstance(raw, list) else b""


def _least(spans: Sequence[tuple[str, float]], start: int, end: int) -> float | None:
    position, least = 0, None
    for piece, logprob in spans:
        if position < end and position + len(piece) > start:
            least = logprob if least is None else min(least, logprob)
        position += len(piece)
    return least


def _values(text: str) -> list[tuple[str, int, int]]:
    """Find where the values of an object's own names stand, without their quotes."""
    decoder = json.JSONDecoder()
    position = text.find("{") + 1
    values: list[tuple[str, int, int]] = []
    try:
        while position:
            position = _past(text, position, " \t\r\n,")
            if text[position] != '"':
                break
            name, position = decoder.raw_decode(text, position)
            position = _past(text, position, " \t\r\n:")
            value, end = decoder.raw_decode(text, position)
            if isinstance(value, str) and value:
                values.append((str(name), position + 1, end - 1))
            elif value is None or isinstance(value, int | float):
                values.append((str(name), position, end))
            position = end
    except (ValueError, IndexError, RecursionError):
        return values
    return values


def _past(text: str, position: int, skipped: str) -> int:
    while text[position] in skipped:
        position += 1
    return position


CHAT = Dialect(name="chat", path="/chat/completions", body=chat_body, read=read_chat)
RESPONSES = Dialect(name="responses", path="/responses", body=responses_body, read=read_responses)
