"""Show what a step found, from the JSON the ledger keeps: no step's class is needed for it."""

from collections.abc import Iterable, Mapping
from typing import Any

from smeflow.cli.screen import Column, Screen
from smeflow.field_names import FIELDS, check_name, field_label, reader_word, shown_value
from smeflow.i18n import Phrase, phrase_of, say, shown, written
from smeflow.record_kinds import word_for

TABLES = frozenset(
    {
        *("vat", "lines", "notes", "seller_details", "buyer_details", "note_codes", "grouping_lines"),
        *("preceding_invoices", "allowances", "charges", "documents", "payment.means"),
        *("control.profile", "control.type_code"),
    }
)
"""Fields that are tables themselves or words between programs: they stand in the JSON and in files."""
MARKS = {True: "✓", False: "✗", None: "·"}


def show_value(screen: Screen, value: object) -> None:
    """Print a step's result: an extraction, a label, a draft, or whatever else it is."""
    if not isinstance(value, Mapping):
        screen.print(f"  {_plain(value, screen)}")
        return
    for key, tell in SHOWN:
        if key in value:
            tell(screen, value)
            break
    else:
        for name, one in value.items():
            if name not in ("doubts", "problems") and one not in (None, "", (), [], {}):
                screen.fact(_WORDS.get(name, name), _plain(one, screen), indent="  ")
    for said in dict.fromkeys(screen.text(p) for p in sentences(value)):
        screen.print(f"  • {said}", style="yellow")


def _plain(value: object, screen: Screen) -> str:
    """Write what may be nested: words of one line, no program's brackets."""
    from smeflow.steps.rule import untagged

    value = untagged(value)
    if isinstance(value, Mapping):
        parts = ((k, _plain(one, screen)) for k, one in value.items() if one not in (None, "", [], {}))
        return ", ".join(f"{k} {text}" for k, text in parts)
    if isinstance(value, list | tuple):
        return "; ".join(_plain(one, screen) for one in value)
    return (
        written(value, screen.language)
        if isinstance(value, str)
        else screen.text(shown(value, screen.language))
    )


_WORDS: Mapping[str, Phrase] = {"value": say("value"), "because": say("because")}


def _report(screen: Screen, value: Mapping[str, Any]) -> None:
    """Print a report's paragraphs, each under the name it is corrected by, and what was cut."""
    from rich.text import Text

    written = value.get("written") or {}
    screen.print(f"  {value.get('title', '')}", style="bold")
    number = 0
    for heading, told in (
        ("", value["summary"]),
        *((s["heading"], s["paragraphs"]) for s in value["sections"]),
    ):
        if heading:
            screen.print(f"  {heading}", style="cyan")
        for paragraph in told:
            number += 1
            screen.print(
                Text(f"  p{number}  ", style="bright_black").append(paragraph["text"], style="default")
            )
    if written.get("by") == "model":
        counted = say(
            "Sentences of the model: {kept} kept, {repaired} repaired, {cut} cut.",
            **{name: written.get(name, 0) for name in ("kept", "repaired", "cut")},
        )
        screen.print(f"  {screen.text(counted)}", style="bright_black")
    for said in (*value.get("missing", ()), *value.get("remarks", ())):
        screen.print(f"  • {screen.text(phrase_of(said))}", style="yellow")


def sentences(value: Mapping[str, Any]) -> list[Phrase]:
    """Read the doubts and problems back out of a result's JSON."""
    return [phrase_of(said) for said in (*value.get("doubts", ()), *value.get("problems", ()))]


def field_rows(screen: Screen, fields: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[object, ...]]:
    """Give a table row for every field that holds a value: name, value, quote, who read it where."""
    order = list(FIELDS)
    for name, reading in sorted(
        fields.items(), key=lambda f: order.index(f[0]) if f[0] in order else len(order)
    ):
        if reading.get("value") is None or name in TABLES or str(reading["value"]).startswith("[{"):
            continue
        reader, page = screen.text(reader_word(reading.get("reader"))), reading.get("page")
        where = screen.text(say("page {n}", n=page)) if page and not reading.get("path") else ""
        yield (
            term_name(screen, name),
            shown_value(name, reading["value"], screen.language),
            reading.get("quote"),
            ", ".join(filter(None, (reader, where))),
        )


def field_columns() -> list[Column]:
    """Head the columns of `field_rows`."""
    return [
        Column(heading=say("field"), style="cyan"),
        Column(heading=say("value")),
        Column(heading=say("quote"), style="italic"),
        Column(heading=say("read by"), style="bright_black"),
    ]


def term_name(screen: Screen, name: str) -> str:
    """Name a field by its kind's word; a term of an invoice with its groups: ``line 2: price``."""
    colon = "\u00a0: " if screen.language == "fr" else ": "
    own = None if name in FIELDS else word_for(name)
    return colon.join(screen.text(word) for word in ((own,) if own else field_label(name)))


def _extraction(screen: Screen, value: Mapping[str, Any]) -> None:
    from rich.text import Text

    if value.get("accepted_by"):
        verdict = Text(screen.text(say("accepted by {name}", name=value["accepted_by"])), style="green")
    elif value.get("proven"):
        verdict = Text("✓ " + screen.text(say("proven")), style="green")
    else:
        verdict = Text("? " + screen.text(say("not proven")), style="yellow")
    screen.print(verdict)
    if value.get("fields"):
        screen.print(screen.table(field_columns(), field_rows(screen, value["fields"])))
    checks = Text("  ")
    for check in value.get("checks", ()):
        style = {True: "green", False: "red"}.get(check["passed"], "bright_black")
        checks.append(f"{MARKS[check['passed']]} {screen.text(check_name(check['name']))}   ", style=style)
    if checks.plain.strip():
        screen.print(checks)


def _label(screen: Screen, value: Mapping[str, Any]) -> None:
    quote = f"  « {value['quote']} »" if value.get("quote") else ""
    reader = screen.text(reader_word(value.get("reader")))
    screen.print(f"  {value['label'] or '–'}{quote}  {reader}".rstrip())


def _draft(screen: Screen, value: Mapping[str, Any]) -> None:
    if value.get("subject"):
        screen.print(f"  {value['subject']}", style="bold")
    screen.print("\n".join(f"  {line}" for line in str(value["text"]).splitlines()))


SHOWN = (("record", _extraction), ("label", _label), ("text", _draft), ("sections", _report))
"""A key that only results of one kind have, and how they are shown."""
