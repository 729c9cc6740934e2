"""An extraction as HTML: fields with their quotes, checks, what speaks against it. No script, no address."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from smeflow.field_names import (
    FIELDS,
    check_name,
    field_label,
    member_label,
    reader_word,
    shown_value,
)
from smeflow.i18n import Language, Phrase, say, written
from smeflow.steps.base import FieldReading

STYLE = (
    "<style>.sf{font:15px/1.45 system-ui,sans-serif;color:#1f2937}"
    ".sf table{border-collapse:collapse;width:100%;margin:.4em 0}"
    ".sf td,.sf th{text-align:left;padding:.3em .7em .3em 0;vertical-align:top}"
    ".sf td,.sf th{border-bottom:1px solid #e5e7eb}"
    ".sf th{font-weight:600;color:#6b7280;font-size:.85em}.sf td.k{color:#6b7280;white-space:nowrap}"
    ".sf td.v{font-weight:600;overflow-wrap:anywhere}.sf td.n,.sf th.n{text-align:right;white-space:nowrap}"
    ".sf td.w{color:#6b7280;font-size:.85em;white-space:nowrap}.sf table table{font-size:.9em}"
    ".sf mark{background:#fde68a;border-radius:2px;padding:0 .15em}"
    ".sf .b{display:inline-block;border-radius:1em;padding:.05em .7em;font-size:.9em;font-weight:600}"
    ".sf .ok{background:#dcfce7;color:#166534}.sf .no{background:#fee2e2;color:#991b1b}"
    ".sf .open{background:#fef3c7;color:#92400e}.sf .na{background:#f3f4f6;color:#4b5563}"
    ".sf .c{font-size:.8em;font-weight:400;margin:0 .3em .3em 0}"
    ".sf ul{color:#92400e;padding-left:1.2em}</style>"
)
_MARKS = {True: ("ok", "✓"), False: ("no", "✗"), None: ("na", "·")}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What of an extraction a person looks at; the same from a result and from the ledger's JSON."""

    fields: Mapping[str, FieldReading]
    proven: bool = False
    accepted_by: str | None = None
    checks: Sequence[tuple[str, bool | None]] = ()
    said: Sequence[Phrase] = ()
    """Doubts and problems."""
    words: Mapping[str, Phrase] = field(default_factory=lambda: FIELDS)
    """What people call the fields, in the order they are shown."""


def extraction_html(this: Shown, language: Language = "en") -> str:
    """Show an extraction, its fields in the order their kind has them."""
    order = list(this.words)
    rows = sorted(
        ((name, one) for name, one in this.fields.items() if one.value is not None),
        key=lambda row: order.index(row[0]) if row[0] in order else len(order),
    )
    heads = "".join(
        f"<th>{_text(word, language)}</th>"
        for word in (say("field"), say("value"), say("quote"), say("read by"))
    )
    body = "".join(_row(name, one, this.words, language) for name, one in rows)
    checks = "".join(_badge(passed, name, language) for name, passed in this.checks)
    notes = "".join(f"<li>{text}</li>" for text in dict.fromkeys(_text(p, language) for p in this.said))
    return (
        f'{STYLE}<div class="sf">{_verdict(this, language)}<table><tr>{heads}</tr>{body}</table>'
        f"<div>{checks}</div>{f'<ul>{notes}</ul>' if notes else ''}</div>"
    )


def _verdict(this: Shown, language: Language) -> str:
    if this.accepted_by:
        return (
            f'<span class="b ok">{_text(say("accepted by {name}", name=this.accepted_by), language)}</span>'
        )
    kind, word = ("ok", say("proven")) if this.proven else ("open", say("not proven"))
    return f'<span class="b {kind}">{"✓" if this.proven else "?"} {_text(word, language)}</span>'


def _badge(passed: bool | None, name: str, language: Language) -> str:  # noqa: FBT001 - a check's outcome, not a switch
    kind, mark = _MARKS[passed]
    return f'<span class="b c {kind}">{mark} {_text(check_name(name), language)}</span>'


def _row(name: str, one: FieldReading, words: Mapping[str, Phrase], language: Language) -> str:
    label = f'<td class="k">{_label(name, words, language)}</td>'
    members = _members(one.value)
    if members:
        return f'<tr>{label}<td colspan="3">{_inner(members, language)}</td></tr>'
    reader = _text(reader_word(one.reader) or "", language)
    page = f", {_text(say('page {n}', n=one.page), language)}" if one.page and not one.path else ""
    quote = f"<mark>{escape(one.quote)}</mark>" if one.quote else ""
    failed = "".join(_badge(ok, check, language) for check, ok in one.checks.items() if ok is False)
    value = f"{escape(shown_value(name, one.value, language))} {failed}"
    return f'<tr>{label}<td class="v">{value}</td><td>{quote}</td><td class="w">{reader}{page}</td></tr>'


def _members(value: str | None) -> list[Mapping[str, Any]]:
    """Give the rows of a field that is a table itself: lines, rates of VAT."""
    if not value or not value.startswith("[{"):
        return []
    try:
        found = json.loads(value)
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)]


def _inner(members: Sequence[Mapping[str, Any]], language: Language) -> str:
    names = list(dict.fromkeys(name for one in members for name in one))
    how = {n: ' class="n"' if all(_is_number(one.get(n)) for one in members) else "" for n in names}
    heads = "".join(f"<th{how[n]}>{_text(member_label(n), language)}</th>" for n in names)
    rows = (
        "".join(f"<td{how[n]}>{escape(_plain(one.get(n), language))}</td>" for n in names) for one in members
    )
    return f"<table><tr>{heads}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None)


def _plain(value: object, language: Language) -> str:
    """Write what may be nested: words of one cell."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(_plain(one, language) for one in value.values() if one not in (None, "", [], {}))
    if isinstance(value, list):
        return "; ".join(_plain(one, language) for one in value)
    return written(str(value), language)


def _label(name: str, words: Mapping[str, Phrase], language: Language) -> str:
    """Name a field; of a seller's or buyer's details both words."""
    named = (words[name],) if name in words else field_label(name)
    return " – ".join(_text(word, language) for word in named)


def _text(said: Phrase | str, language: Language) -> str:
    return escape(said.render(language) if isinstance(said, Phrase) else said)


def label_html(label: str | None, quote: str | None, reader: str | None, language: Language = "en") -> str:
    """Show a label, the words that decided and who read them."""
    kind = "ok" if label else "open"
    words = f" <mark>{escape(quote)}</mark>" if quote else ""
    who = _text(reader_word(reader) or "", language)
    badge = f'<span class="b {kind}">{escape(label or "–")}</span>'
    return f'{STYLE}<div class="sf">{badge}{words} <small>{who}</small></div>'


def pairs_html(rows: Iterable[tuple[str, object]]) -> str:
    """Show names and plain values, one under the other."""
    body = "".join(f'<tr><td class="k">{escape(k)}</td><td>{escape(str(v))}</td></tr>' for k, v in rows)
    return f'{STYLE}<div class="sf"><table>{body}</table></div>'
