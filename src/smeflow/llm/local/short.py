"""Make a question shorter and start it with what all questions of its kind share."""

import json
import re
from dataclasses import replace
from typing import Any

from smeflow.llm.base import AnswerSchema, Message, Request

MOST_CHARACTERS = 6_000
"""Of one message: about a minute of reading on two cores."""
CUT = "\n[…]\n"
_SPACES = re.compile(r"[ \t\u00a0\u202f]{3,}")
_EXAMPLES = re.compile(r"<<<([0-9a-f]{12}) approved (?:example of|before).*?\n\1>>>\s*", re.DOTALL)
"""Approved examples beside the question: a small model copies from them what does not belong to it."""
_LINES = re.compile(r"\n\s*\n\s*")


def shortened(request: Request) -> Request:
    """Leave examples out, squeeze empty room, cut the middle of long messages, and tell the fields first.

    A server holds a model to the schema and does not show it; a small one reads better when it knows what
    comes. The list of fields is the same for every document of a step, so it is read once.
    """
    told = [Message(m.role, _short(m.content), m.images) if m.role == "user" else m for m in request.messages]
    if request.schema is not None:
        fields = Message("system", in_few_words(request.schema))
        first = told[0] if told and told[0].role == "system" else None
        told = (
            [replace(first, content=f"{fields.content}\n\n{first.content}"), *told[1:]]
            if first
            else [fields, *told]
        )
    return replace(request, messages=tuple(told))


def in_few_words(schema: AnswerSchema) -> str:
    """List the fields of a schema with what they are, a line each."""
    told = json.loads(schema.json)
    lines = _fields(told, told.get("$defs") or {}, "")
    return "Answer with JSON on one line. Its fields:\n" + "\n".join(lines)


def _fields(node: dict[str, Any], parts: dict[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, one in (node.get("properties") or {}).items():
        about = one.get("description")
        lines.append(f"{indent}- {name}: {about}" if about else f"{indent}- {name}")
        below = next(filter(None, (_object(kind, parts) for kind in (one, *one.get("anyOf", ())))), None)
        if below is not None and len(indent) < 4:
            lines += _fields(below, parts, indent + "  ")
    return lines


def _object(kind: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any] | None:
    """Give the object a value is made of, or a list of: where it has names of its own."""
    kind = kind.get("items") or kind
    found: dict[str, Any] = parts.get(str(kind.get("$ref", "")).rpartition("/")[2], kind)
    return found if found.get("properties") else None


def _short(text: str) -> str:
    text = _LINES.sub("\n", _SPACES.sub("  ", _EXAMPLES.sub("", text)))
    if len(text) <= MOST_CHARACTERS:
        return text
    head = MOST_CHARACTERS * 2 // 3
    return text[:head] + CUT + text[-(MOST_CHARACTERS - head) :]
