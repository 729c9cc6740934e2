"""Show what a step found, from the JSON the ledger keeps: no step's class is needed for it."""

from collections.abc import Iterable, Mapping
from typing import Any

from smeflow.cli.screen import Column, Screen
from smeflow.field_names import FIELDS, field_label, reader_word
from smeflow.i18n import Phrase, phrase_of, say

TABLES = frozenset(
    {
        *("vat", "lines", "notes", "seller_details", "buyer_details", "note_codes", "grouping_lines"),
        *("preceding_invoices", "allowances", "charges", "documents", "payment.means"),
    }
)
"""Fields that are tables themselves: they stand in the JSON and in files, too long for a screen."""
MARKS = {True: "✓", False: "✗", None: "·"}


def show_value(screen: Screen, value: object) -> None:
    """Print a step's result: an extraction, a label, a draft, or whatever else it is."""
    if not isinstance(value, Mapping):
        screen.print(f"  {value}")
        return
    for key, shown in SHOWN:
        if key in value:
            shown(screen, value)
            break
    else:
        for name, one in value.items():
            if name not in ("doubts", "problems") and one not in (None, "", (), [], {}):
                screen.print(f"  {name}: {one}")
    for said in dict.fromkeys(screen.text(p) for p in sentences(value)):
        screen.print(f"  • {said}", style="yellow")


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
        if reading.get("value") is None or name in TABLES:
            continue
        reader, page = screen.text(reader_word(reading.get("reader"))), reading.get("page")
        where = screen.text(say("page {n}", n=page)) if page and not reading.get("path") else ""
        yield (
            term_name(screen, name),
            reading["value"],
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
    """Name a term of an invoice, with the groups it stands in: ``line 2: price``."""
    return ": ".join(screen.text(word) for word in field_label(name))


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
        checks.append(f"{MARKS[check['passed']]} {check['name']}   ", style=style)
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
