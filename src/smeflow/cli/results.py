"""Show what a step found, from the JSON the ledger keeps: no step's class is needed for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smeflow.cli.console import STATE_WORDS, Screen, ScreenColumn, join_sentences
from smeflow.i18n import Phrase, localized, localized_text, phrase_from_json, say
from smeflow.kinds.field_names import FIELDS, field_label, reader_word

if TYPE_CHECKING:
    from smeflow.engine.run import RunSummary
    from smeflow.invoices.record import Invoice
    from smeflow.kinds.records import Record
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.rows import ItemRow

NOT_LISTED = frozenset(
    {
        *("vat", "lines", "notes", "seller_details", "buyer_details", "note_codes", "grouping_lines"),
        *("preceding_invoices", "allowances", "charges", "documents", "payment.means"),
        *("control.profile", "control.type_code"),
    }
)
"""Fields that are tables themselves or words between programs: they stand in the JSON and in files."""
CHECK_MARKS = {True: "✓", False: "✗", None: "·"}


def print_result(screen: Screen, value: object, kind: str) -> None:
    """Print a step's result as results of its *kind* are; one of no named kind value by value."""
    if not isinstance(value, Mapping):
        screen.print(f"  {_one_line(value, screen)}")
        return
    RESULT_PRINTERS.get(kind, _print_values)(screen, value)
    for remark in dict.fromkeys(screen.text(p) for p in doubts_and_problems(value)):
        screen.print(f"  • {remark}", style="yellow")


def _print_values(screen: Screen, value: Mapping[str, Any]) -> None:
    for name, member in value.items():
        if name not in ("doubts", "problems") and member not in (None, "", (), [], {}):
            screen.fact(_WORDS.get(name, name), _one_line(member, screen), indent="  ")


def _one_line(value: object, screen: Screen) -> str:
    """Write what may be nested: words of one line, no program's brackets."""
    from smeflow.engine.own_steps import untag_value

    value = untag_value(value)
    if isinstance(value, Mapping):
        parts = (
            (k, _one_line(member, screen)) for k, member in value.items() if member not in (None, "", [], {})
        )
        return ", ".join(f"{k} {text}" for k, text in parts)
    if isinstance(value, list | tuple):
        return "; ".join(_one_line(member, screen) for member in value)
    return (
        localized_text(value, screen.language)
        if isinstance(value, str)
        else screen.text(localized(value, screen.language))
    )


_WORDS: Mapping[str, Phrase] = {"value": say("value"), "because": say("because")}


def _print_report(screen: Screen, value: Mapping[str, Any]) -> None:
    """Print a report's paragraphs, each under the name it is corrected by, and what was cut."""
    from rich.text import Text

    written = value.get("written") or {}
    screen.print(f"  {value.get('title', '')}", style="bold")
    number = 0
    for heading, paragraphs in (
        ("", value["summary"]),
        *((s["heading"], s["paragraphs"]) for s in value["sections"]),
    ):
        if heading:
            screen.print(f"  {heading}", style="cyan")
        for paragraph in paragraphs:
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
    for remark in (*value.get("missing", ()), *value.get("remarks", ())):
        screen.print(f"  • {screen.text(phrase_from_json(remark))}", style="yellow")


def doubts_and_problems(value: Mapping[str, Any]) -> list[Phrase]:
    """Read the doubts and problems back out of a result's JSON."""
    return [phrase_from_json(phrase) for phrase in (*value.get("doubts", ()), *value.get("problems", ()))]


def field_rows(screen: Screen, fields: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[object, ...]]:
    """Give a table row for every field that holds a value: name, value, quote, who read it where."""
    from smeflow.kinds.record_kind import shown_value

    order = list(FIELDS)
    for name, reading in sorted(
        fields.items(), key=lambda f: order.index(f[0]) if f[0] in order else len(order)
    ):
        if reading.get("value") is None or name in NOT_LISTED or str(reading["value"]).startswith("[{"):
            continue
        reader, page = screen.text(reader_word(reading.get("reader"))), reading.get("page")
        where = screen.text(say("page {n}", n=page)) if page and not reading.get("path") else ""
        yield (
            term_name(screen, name),
            shown_value(name, reading["value"], screen.language),
            reading.get("quote"),
            ", ".join(filter(None, (reader, where))),
        )


def print_rivals(screen: Screen, fields: Mapping[str, Mapping[str, Any]]) -> None:
    """Name what else each field could be: what nothing speaks against stands out, the rest has its reason."""
    from smeflow.extract.shown import RIVALS_SHOWN, rival_text
    from smeflow.kinds.record_kind import shown_value
    from smeflow.kinds.steps import RivalReading

    for name, reading in fields.items():
        for number, rival in enumerate(reading.get("rivals", ())[:RIVALS_SHOWN]):
            if number == 0:
                value = shown_value(name, reading.get("value"), screen.language) or "?"
                screen.print(f"  {term_name(screen, name)} {value}", "cyan")
            text = rival_text(name, RivalReading.model_validate(rival), screen.language)
            screen.print(f"    {text}", "bright_black" if rival.get("why") else "yellow")


def field_columns() -> list[ScreenColumn]:
    """Head the columns of `field_rows`."""
    return [
        ScreenColumn(heading=say("field"), style="cyan"),
        ScreenColumn(heading=say("value")),
        ScreenColumn(heading=say("quote"), style="italic"),
        ScreenColumn(heading=say("read by"), style="bright_black"),
    ]


def term_name(screen: Screen, name: str) -> str:
    """Name a field by its kind's word; a term of an invoice with its groups: ``line 2: price``."""
    from smeflow.kinds.record_kind import word_for_field

    colon = "\u00a0: " if screen.language == "fr" else ": "
    own = None if name in FIELDS else word_for_field(name)
    return colon.join(screen.text(word) for word in ((own,) if own else field_label(name)))


def _print_extraction(screen: Screen, value: Mapping[str, Any]) -> None:
    from rich.text import Text

    from smeflow.kinds.record_kind import word_for_check

    if value.get("accepted_by"):
        verdict = Text(screen.text(say("accepted by {name}", name=value["accepted_by"])), style="green")
    elif value.get("proven"):
        verdict = Text("✓ " + screen.text(say("proven")), style="green")
    else:
        verdict = Text("? " + screen.text(say("not proven")), style="yellow")
    screen.print(verdict)
    if value.get("fields"):
        screen.print(screen.table(field_columns(), field_rows(screen, value["fields"])))
        print_rivals(screen, value["fields"])
    checks = Text("  ")
    for check in value.get("checks", ()):
        style = {True: "green", False: "red"}.get(check["passed"], "bright_black")
        checks.append(
            f"{CHECK_MARKS[check['passed']]} {screen.text(word_for_check(check['name']))}   ", style=style
        )
    if checks.plain.strip():
        screen.print(checks)


def _print_label(screen: Screen, value: Mapping[str, Any]) -> None:
    quote = f"  « {value['quote']} »" if value.get("quote") else ""
    reader = screen.text(reader_word(value.get("reader")))
    screen.print(f"  {value['label'] or '–'}{quote}  {reader}".rstrip())


def _print_draft(screen: Screen, value: Mapping[str, Any]) -> None:
    if value.get("subject"):
        screen.print(f"  {value['subject']}", style="bold")
    screen.print("\n".join(f"  {line}" for line in str(value["text"]).splitlines()))


RESULT_PRINTERS: Mapping[str, Callable[[Screen, Mapping[str, Any]], None]] = {
    "extraction": _print_extraction,
    "label": _print_label,
    "draft": _print_draft,
    "report": _print_report,
}
"""How results are shown, by the name of their kind in `RESULTS`."""


def invoice_terms(record: "Invoice") -> list[tuple[str, Any]]:
    """Give every term that says something, groups and lists taken apart."""
    return list(_term_rows(record, ""))


def _term_rows(record: "Record", before: str) -> Iterator[tuple[str, Any]]:
    from smeflow.kinds.records import Record, is_empty

    for name in type(record).model_fields:
        value = getattr(record, name)
        if is_empty(value):
            continue
        if isinstance(value, Record):
            yield from _term_rows(value, f"{before}{name}.")
        elif isinstance(value, tuple):
            for number, member in enumerate(value, 1):
                if isinstance(member, Record):
                    yield from _term_rows(member, f"{before}{name} {number}.")
                else:
                    yield f"{before}{name} {number}", member
        else:
            yield f"{before}{name}", value


def print_invoice_terms(
    screen: Screen, path: Path, rows: Sequence[tuple[str, Any]], problems: Iterable[Any]
) -> None:
    """Print one invoice's terms."""
    from rich.text import Text

    screen.print(Text(path.name, style="bold"))
    if rows:
        columns = [ScreenColumn(heading=say("field"), style="cyan"), ScreenColumn(heading=say("value"))]
        shown = ((term_name(screen, name), _term_value(screen, name, value)) for name, value in rows)
        screen.print(screen.table(columns, shown))
    for problem in problems:
        screen.print(f"  • {screen.text(problem)}", style="yellow")
    screen.print()


def _term_value(screen: Screen, name: str, value: Any) -> Any:
    """Say the kind of an invoice in words; amounts and days the table writes itself."""
    from smeflow.kinds.record_kind import shown_value

    return shown_value(name, value, screen.language) if name == "kind" else value


def invoice_json(record: "Invoice") -> dict[str, Any]:
    """Give the record as JSON; terms that say nothing are left out."""
    plain: dict[str, Any] = _without_empty(record.model_dump(mode="json"))
    return plain


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        filled = {name: _without_empty(member) for name, member in value.items()}
        return {name: member for name, member in filled.items() if member not in (None, [], {})}
    return [_without_empty(member) for member in value] if isinstance(value, list) else value


LISTED_ITEMS = 20


def list_items(
    screen: Screen, ledger: "Ledger", rows: "list[ItemRow]", most: int | None = LISTED_ITEMS
) -> None:
    """List items with their state and why they are there; at most *most*."""
    if not rows:
        return
    columns = [
        ScreenColumn(heading=say("no."), right=True, wrap=False, style="bright_black"),
        ScreenColumn(heading=say("item"), style="cyan", ratio=2),
        ScreenColumn(heading=say("state"), wrap=False),
        ScreenColumn(heading=say("why"), ratio=3),
    ]
    cells = [(r.id, r.name or r.key, screen.state(r.state), why(screen, r, ledger)) for r in rows[:most]]
    screen.print()
    screen.print(screen.table(columns, cells))
    if most is not None and len(rows) > most:
        screen.print(
            say("… and {n} more. See them all with: smeflow status --all", n=len(rows) - most),
            style="bright_black",
        )


def why(screen: Screen, row: "ItemRow", ledger: "Ledger | None" = None) -> str:
    """Say why an item is where it is; with *ledger* what is wrong with it, not that it was asked for.

    What speaks against it beside other items (it was there before, its account is another) is always told.
    """
    sentences = [screen.text(p) for p in row.reason.phrases]
    if row.reason.kind == "asked" and ledger is not None:
        sentences = _complaints(screen, row, ledger) or sentences
    text = join_sentences(sentences, screen.language) or row.reason.kind
    if row.due_at is not None and row.state == "open":
        text += screen.text(say(" (due {at})", at=screen.text(row.due_at)))
    return text


def _complaints(screen: Screen, row: "ItemRow", ledger: "Ledger") -> list[str]:
    """Give what the value that waits says against itself; nothing where it is proven."""
    import json

    from smeflow.core.plan import is_wish

    stored = ledger.value(row, row.reason.step)
    value = json.loads(stored[0]) if stored and stored[0] else None
    if not isinstance(value, dict) or value.get("proven"):
        return []
    against = doubts_and_problems({"doubts": value.get("doubts", ())}) or doubts_and_problems(value)
    own = set(map(str, against))
    between = [p for p in row.reason.phrases if not is_wish(p) and str(p) not in own]
    return [screen.text(p) for p in (*between, *against[:3])] if against else []


@dataclass(frozen=True, kw_only=True)
class RecipeOutcome:
    """What came of one recipe."""

    name: str
    folder: Path
    summary: "RunSummary"
    left: "tuple[tuple[ItemRow, str], ...]"
    """What is not done, and why."""
    without: int
    """How many are done that would have been better with a model."""
    outputs: tuple[tuple[str, int], ...]
    """Each path that was written, and how many rows or files it has."""


def tell_act(screen: Screen, ran: list[RecipeOutcome], seconds: float) -> None:
    """Print what came of an act: counts, what is not done and why, where the outputs lie."""
    from rich.text import Text

    columns = [
        ScreenColumn(heading=say("recipe"), style="bold"),
        ScreenColumn(heading=say("items"), right=True, wrap=False),
        *(ScreenColumn(heading=word, right=True, wrap=False) for word, _, _ in STATE_WORDS.values()),
    ]
    rows = [
        (
            r.name,
            r.summary.items,
            *(_styled_count(getattr(r.summary, s), style) for s, (_, style, _) in STATE_WORDS.items()),
        )
        for r in ran
    ]
    screen.print(screen.table(columns, rows))
    left = [item for r in ran for item in r.left]
    if left:
        screen.print()
        screen.print(_table_of_left(screen, left))
    wanted = [row for row, _ in left if row.wanted]
    without = sum(r.without for r in ran)
    if wanted or without:
        screen.print()
        screen.print(
            say(
                "{n} items wanted a model and had none: {left} wait (marked *), {done} are done without.",
                n=len(wanted) + without,
                left=len(wanted),
                done=without,
            ),
            style="cyan",
        )
    screen.print()
    screen.print(
        say("Written in {seconds} s:", seconds=screen.number(Decimal(f"{seconds:.1f}"))), style="bold"
    )
    for path, number in (output for r in ran for output in r.outputs):
        line = Text("  → ", style="green").append(_path_from_here(path), style="default")
        screen.print(line.append(f"  ({number})", style="bright_black"))


def _table_of_left(screen: Screen, rows: "list[tuple[ItemRow, str]]") -> object:
    columns = [
        ScreenColumn(heading=say("item"), style="cyan", ratio=2),
        ScreenColumn(heading=say("state"), wrap=False),
        ScreenColumn(heading=say("why"), ratio=3),
    ]
    cells = [
        (f"{row.name or row.key}{' *' if row.wanted else ''}", screen.state(row.state), reason)
        for row, reason in rows
    ]
    return screen.table(columns, cells)


def _path_from_here(path: str) -> str:
    """Give a path as seen from here."""
    place = Path(path)
    return str(place.relative_to(Path.cwd())) if place.is_relative_to(Path.cwd()) else path


def _styled_count(number: int, style: str) -> object:
    from rich.text import Text

    return Text(str(number), style=style if number else "bright_black")
