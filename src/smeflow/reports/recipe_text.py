"""Write a recipe that makes a report of proposed facts."""

import json
import re
from collections.abc import Iterator, Mapping

from smeflow.writing.periods import Grain

_PLAIN = re.compile(r"[A-Za-zÀ-ÿ_][\w À-ÿ./'’()*+-]*[\wÀ-ÿ)]|[A-Za-z_]")
_YAML_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def write_recipe(
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
        f"recipe: {yaml_value(name)}",
        f"about: {yaml_value(about)}",
        "llm: none",
        "source:",
        f"  period: {grain or 'all'}",
        f"  tables: {{{table}: {yaml_value(origin)}}}",
    ]
    if grain:
        lines.append("  last: 1")
    lines += [
        "steps:",
        "  - report: report",
        f"    title: {yaml_value(title)}",
        f"    locale: {locale}",
        "    facts:",
    ]
    lines += [f"      {line}" for line in write_facts(facts)]
    lines += ["sinks:", '  - {report: "out/{key}", formats: [html, pdf, docx, xlsx]}']
    return "\n".join(lines) + "\n"


def write_facts(facts: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Write one fact a line."""
    for name, written in facts.items():
        yield f"{name}: {yaml_value(written)}"


def yaml_value(value: object) -> str:
    """Write a value as YAML reads it back: plain where that is safe, else in double quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {yaml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml_value, value)) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    safe = (
        _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS and ": " not in text and " #" not in text
    )
    return text if safe else json.dumps(text, ensure_ascii=False)
