"""Show an extraction, a label or plain values as HTML: in a notebook, and on the page of an item."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from smeflow.i18n import Language, Phrase, localized_text, say
from smeflow.kinds.field_names import FIELDS, field_label, member_label, reader_word
from smeflow.kinds.record_kind import shown_value, word_for_check
from smeflow.kinds.steps import FieldReading, RivalReading

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
class ExtractionView:
    """What of an extraction a person looks at; the same from a result and from the ledger's JSON."""

    fields: Mapping[str, FieldReading]
    proven: bool = False
    accepted_by: str | None = None
    checks: Sequence[tuple[str, bool | None]] = ()
    remarks: Sequence[Phrase] = ()
    """Doubts and problems."""
    words: Mapping[str, Phrase] = field(default_factory=lambda: FIELDS)
    """What people call the fields, in the order they are shown."""
    check_words: Mapping[str, Phrase] = field(default_factory=dict)
    """What the record's kind calls its checks, where the kind is known."""


def extraction_html(view: ExtractionView, language: Language = "en") -> str:
    """Show an extraction, its fields in the order their kind has them."""
    order = list(view.words)
    rows = sorted(
        ((name, r) for name, r in view.fields.items() if r.value is not None or r.rivals),
        key=lambda row: order.index(row[0]) if row[0] in order else len(order),
    )
    headers = "".join(
        f"<th>{_text(word, language)}</th>"
        for word in (say("field"), say("value"), say("quote"), say("read by"))
    )
    body = "".join(_row(name, reading, view, language) for name, reading in rows)
    checks = "".join(
        _badge(passed, word_for_check(name, view.check_words), language) for name, passed in view.checks
    )
    notes = "".join(f"<li>{text}</li>" for text in dict.fromkeys(_text(p, language) for p in view.remarks))
    return (
        f'{STYLE}<div class="sf">{_verdict(view, language)}<table><tr>{headers}</tr>{body}</table>'
        f"<div>{checks}</div>{f'<ul>{notes}</ul>' if notes else ''}</div>"
    )


def _verdict(view: ExtractionView, language: Language) -> str:
    if view.accepted_by:
        return (
            f'<span class="b ok">{_text(say("accepted by {name}", name=view.accepted_by), language)}</span>'
        )
    kind, word = ("ok", say("proven")) if view.proven else ("open", say("not proven"))
    return f'<span class="b {kind}">{"✓" if view.proven else "?"} {_text(word, language)}</span>'


def _badge(passed: bool | None, label: Phrase | str, language: Language) -> str:  # noqa: FBT001 - a check's outcome, not a switch
    kind, mark = _MARKS[passed]
    return f'<span class="b c {kind}">{mark} {_text(label, language)}</span>'


def _row(name: str, reading: FieldReading, view: ExtractionView, language: Language) -> str:
    label = f'<td class="k">{_label(name, view.words, language)}</td>'
    members = _members(reading.value)
    if members:
        return f'<tr>{label}<td colspan="3">{_inner(members, language)}</td></tr>'
    reader = _text(reader_word(reading.reader) or "", language)
    page = (
        f", {_text(say('page {n}', n=reading.page), language)}" if reading.page and not reading.path else ""
    )
    quote = f"<mark>{escape(reading.quote)}</mark>" if reading.quote else ""
    failed = "".join(
        _badge(passed, word_for_check(check, view.check_words), language)
        for check, passed in reading.checks.items()
        if passed is False
    )
    value = f"{escape(shown_value(name, reading.value, language))} {failed}" if reading.value else ""
    value += "".join(_rival(name, rival, language) for rival in reading.rivals[:RIVALS_SHOWN])
    return f'<tr>{label}<td class="v">{value}</td><td>{quote}</td><td class="w">{reader}{page}</td></tr>'


RIVALS_SHOWN = 3
"""Rivals of a field that a person sees; all of them stand in the JSON."""


def _rival(name: str, rival: RivalReading, language: Language) -> str:
    """Show what else a field could have been; one that nothing speaks against stands out."""
    words = escape(rival_text(name, rival, language))
    return f"<br><small>{words}</small>" if rival.why else f'<br><span class="b open">{words}</span>'


def rival_text(name: str, rival: RivalReading, language: Language) -> str:
    """Say in one line what else a field could have been, where that stands and why it was set aside."""
    value = shown_value(name, rival.value, language)
    if rival.page and rival.label:
        text = say("or {value} (page {n}, beside “{label}”)", value=value, n=rival.page, label=rival.label)
    elif rival.page:
        text = say("or {value} (page {n})", value=value, n=rival.page)
    else:
        text = say("or {value}", value=value)
    shown = text.render(language)
    return f"{shown} – {rival.why.render(language)}" if rival.why else shown


def _members(value: str | None) -> list[Mapping[str, Any]]:
    """Give the rows of a field that is a table itself: lines, rates of VAT."""
    if not value or not value.startswith("[{"):
        return []
    try:
        return [member for member in json.loads(value) if isinstance(member, dict)]
    except ValueError:
        return []


def _inner(members: Sequence[Mapping[str, Any]], language: Language) -> str:
    names = list(dict.fromkeys(name for member in members for name in member))
    css = {n: ' class="n"' if all(_is_number(member.get(n)) for member in members) else "" for n in names}
    headers = "".join(f"<th{css[n]}>{_text(member_label(n), language)}</th>" for n in names)
    rows = (
        "".join(f"<td{css[n]}>{escape(_plain(member.get(n), language))}</td>" for n in names)
        for member in members
    )
    return f"<table><tr>{headers}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None)


def _plain(value: object, language: Language) -> str:
    """Write what may be nested: words of one cell."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(
            _plain(member, language) for member in value.values() if member not in (None, "", [], {})
        )
    if isinstance(value, list):
        return "; ".join(_plain(member, language) for member in value)
    return localized_text(str(value), language)


def _label(name: str, words: Mapping[str, Phrase], language: Language) -> str:
    """Name a field; of a seller's or buyer's details both words."""
    labels = (words[name],) if name in words else field_label(name)
    return " – ".join(_text(word, language) for word in labels)


def _text(phrase: Phrase | str, language: Language) -> str:
    return escape(phrase.render(language) if isinstance(phrase, Phrase) else phrase)


def label_html(label: str | None, quote: str | None, reader: str | None, language: Language = "en") -> str:
    """Show a label, the words that decided and who read them."""
    kind = "ok" if label else "open"
    words = f" <mark>{escape(quote)}</mark>" if quote else ""
    read_by = _text(reader_word(reader) or "", language)
    badge = f'<span class="b {kind}">{escape(label or "–")}</span>'
    return f'{STYLE}<div class="sf">{badge}{words} <small>{read_by}</small></div>'


def pairs_html(rows: Iterable[tuple[str, object]]) -> str:
    """Show names and plain values, one under the other."""
    body = "".join(f'<tr><td class="k">{escape(k)}</td><td>{escape(str(v))}</td></tr>' for k, v in rows)
    return f'{STYLE}<div class="sf"><table>{body}</table></div>'
