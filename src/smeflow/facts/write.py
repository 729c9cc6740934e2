"""Write proposed figures as a recipe that runs."""

import json
import re
from collections.abc import Iterator, Mapping

from smeflow.facts.window import Grain

_PLAIN = re.compile(r"[A-Za-zÀ-ÿ_][\w À-ÿ./'’()*+-]*[\wÀ-ÿ)]|[A-Za-z_]")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def recipe_text(
    *,
    name: str,
    about: str,
    table: str,
    origin: str | Mapping[str, object],
    facts: Mapping[str, Mapping[str, object]],
    grain: Grain | None,
    title: str,
    locale: str,
) -> str:
    """Write a whole recipe: the table as its source, a report of the facts, and where its pages go."""
    lines = [
        f"recipe: {scalar(name)}",
        f"about: {scalar(about)}",
        "llm: none",
        "source:",
        f"  period: {grain or 'all'}",
        f"  tables: {{{table}: {scalar(origin)}}}",
    ]
    if grain:
        lines.append("  last: 1")
    lines += [
        "steps:",
        "  - report: report",
        f"    title: {scalar(title)}",
        f"    locale: {locale}",
        "    facts:",
    ]
    lines += [f"      {line}" for line in facts_text(facts)]
    lines += ["sinks:", '  - {report: "out/{key}", formats: [html, pdf, docx, xlsx]}']
    return "\n".join(lines) + "\n"


def facts_text(facts: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Write one fact a line."""
    for name, written in facts.items():
        yield f"{name}: {scalar(written)}"


def scalar(value: object) -> str:
    """Write a value as YAML reads it back: plain where that is safe, else in double quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {scalar(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(scalar, value)) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    safe = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and ": " not in text and " #" not in text
    return text if safe else json.dumps(text, ensure_ascii=False)
