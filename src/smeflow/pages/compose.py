"""Lay a drafted report out: its sections as paragraphs, charts and tables, each figure bound to its fact."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from smeflow.facts import report as drafted
from smeflow.facts.report import FactValue
from smeflow.i18n import Language, language_of, say
from smeflow.pages.base import (
    Block,
    Column,
    Evidence,
    Figure,
    Highlight,
    Pages,
    Paragraph,
    Run,
    Section,
    Table,
    Told,
)
from smeflow.pages.choose import figure_of, note_of, table_of, wants_table, with_forecast
from smeflow.pages.periods import against
from smeflow.pages.words import rows_of

MAX_HIGHLIGHTS = 3


def pages_of(report: drafted.Report, company: str = "") -> Pages:
    """Lay *report* out. Charts are chosen by the shape of each fact; nothing is computed."""
    language = language_of(report.locale)
    facts = {fact.name: fact for fact in report.facts}
    missing = [phrase.render(language) for phrase in report.missing]
    sections = tuple(
        Section(title=section.heading, blocks=tuple(_blocks(section, facts, report.locale)))
        for section in report.sections
    )
    shown = {name for section in report.sections for name in section.shows}
    highlights = () if missing else tuple(_highlights(report, facts))
    summary = _summary(report, highlights)
    said = _said(report, highlights, summary)
    notes = [
        fact.incomplete.render(language) for fact in report.facts if fact.incomplete and fact.name in shown
    ]
    return Pages(
        title=report.title,
        subtitle=report.subtitle,
        company=company,
        day=report.period.last,
        language=language,
        highlights=highlights,
        summary=tuple(_paragraph(paragraph, facts, report.locale) for paragraph in summary),
        sections=() if missing else sections,
        annex=tuple(
            replace(_evidence(fact, report.locale), printed=fact.name in said) for fact in report.facts
        ),
        cut=tuple(phrase.render(language) for phrase in (*report.remarks, *report.changed)),
        notes=tuple(dict.fromkeys(_sentence(note) for note in (*missing, *notes))),
        sources=tuple(
            Told(
                name=source.name,
                rows=source.rows,
                sha256=source.sha256,
                columns=source.columns,
                remarks=tuple(phrase.render(language) for phrase in source.told),
            )
            for source in report.sources
        ),
    )


def _summary(report: drafted.Report, highlights: Sequence[Highlight]) -> tuple[drafted.Paragraph, ...]:
    """Leave out an item that says what stands large above it."""
    large = {item.fact for item in highlights}
    return tuple(
        paragraph
        for paragraph in report.summary
        if not (paragraph.kind == "item" and paragraph.by == "pattern" and paragraph.facts[:1][0] in large)
    )


def _said(
    report: drafted.Report, highlights: Sequence[Highlight], summary: Sequence[drafted.Paragraph]
) -> set[str]:
    """Name the facts that are on the pages: in words, as a table or picture, large at the top."""
    paragraphs = [*summary, *(p for section in report.sections for p in section.paragraphs)]
    names = {name for paragraph in paragraphs for name in paragraph.facts}
    names |= {name for section in report.sections for name in section.shows}
    names |= {item.fact for item in highlights}
    changed = {f"{name}.change" for name in names}
    rows = {name.partition(".")[0] for name in names}
    return names | changed | rows


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _blocks(section: drafted.Section, facts: Mapping[str, FactValue], locale: str) -> Iterator[Block]:
    for paragraph in section.paragraphs:
        yield _paragraph(paragraph, facts, locale)
    shows = [facts[name] for name in section.shows if name in facts]
    single = [fact for fact in shows if fact.shape == "scalar"]
    if single:
        yield _key_figures(single, facts, locale)
    yield from _pictures([fact for fact in shows if fact.shape != "scalar"], locale)


def _pictures(shows: Sequence[FactValue], locale: str) -> Iterator[Block]:
    """Draw each fact; a forecast goes on from the series before it, in the same chart."""
    held: Figure | None = None
    for fact in shows:
        if held and fact.measure == "forecast" and (joined := with_forecast(held, fact, locale)):
            yield from (joined, table_of(fact, locale, drawn=True))
            held = None
            continue
        if held:
            yield held
        held = figure_of(fact, locale)
        if fact.rows and (held is None or wants_table(fact)):
            yield from (held,) if held else ()
            yield table_of(fact, locale, drawn=held is not None)
            held = None
    if held:
        yield held


def _paragraph(paragraph: drafted.Paragraph, facts: Mapping[str, FactValue], locale: str) -> Paragraph:
    """Cut a paragraph where its figures are, each with its fact; without these they are searched for."""
    bullet = paragraph.kind == "item"
    if paragraph.figures is not None:
        return Paragraph(runs=tuple(_bound(paragraph.text, paragraph.figures)), bullet=bullet)
    said = [(text, name) for name in paragraph.facts if name in facts for text in _texts(facts[name], locale)]
    runs = _cut(paragraph.text, sorted(said, key=lambda pair: -len(pair[0])))
    return Paragraph(runs=tuple(runs), bullet=bullet)


def _bound(text: str, figures: Sequence[drafted.FigureSpan]) -> Iterator[Run]:
    at = 0
    for first, end, name in figures:
        if at < first:
            yield Run(text=text[at:first])
        yield Run(text=text[first:end], fact=name)
        at = end
    if text[at:]:
        yield Run(text=text[at:])


def _texts(fact: FactValue, locale: str) -> Iterator[str]:
    """List how a fact's figures stand in prose: with or without their sign."""
    for row in fact.shown(locale):
        for text, column in zip(row, fact.columns, strict=True):
            bare = fact.shape != "scalar" and text.isdigit() and len(text) < 3  # the "1" of "1 to 30 days"
            if column.kind == "number" and any(letter.isdigit() for letter in text) and not bare:
                yield text
                if text[:1] in "-−+":
                    yield text[1:]


def _cut(text: str, said: Sequence[tuple[str, str]]) -> Iterator[Run]:
    for figure, name in said:
        start = _find(text, figure)
        if start >= 0:
            rest = [pair for pair in said if pair[0] != figure or pair[1] == name]
            yield from _cut(text[:start], rest)
            yield Run(text=figure, fact=name)
            yield from _cut(text[start + len(figure) :], rest)
            return
    if text:
        yield Run(text=text)


def _find(text: str, figure: str) -> int:
    """Find a figure that is not a part of a longer one."""
    start = text.find(figure)
    while start >= 0:
        before, after = text[:start][-1:], text[start + len(figure) :]
        if (
            not before.isdigit()
            and not after[:1].isdigit()
            and not (after[:1] in ".,\u202f" and after[1:2].isdigit())
        ):
            return start
        start = text.find(figure, start + 1)
    return -1


def _highlights(report: drafted.Report, facts: Mapping[str, FactValue]) -> Iterator[Highlight]:
    """Choose what stands large at the top: what the summary speaks of, then what changed most."""
    spoken = [name for paragraph in report.summary for name in paragraph.facts]
    moved = sorted(
        (name for name in facts if f"{name}.change" in facts),
        key=lambda name: -abs(_decimal(facts[f"{name}.change"])),
    )
    names = dict.fromkeys(_whole(name, facts) for name in (*spoken, *moved, *facts))
    chosen = [
        name
        for name in names
        if name in facts and facts[name].value is not None and facts[name].columns[0].role == "value"
    ]
    language = language_of(report.locale)
    for name in chosen[:MAX_HIGHLIGHTS]:
        change = facts.get(f"{name}.change")
        yield Highlight(
            label=facts[name].label,
            value=facts[name].text(report.locale),
            change=_change(change, report, language),
            direction=(change.direction or "") if change else "",
            fact=name,
        )


def _whole(name: str, facts: Mapping[str, FactValue]) -> str:
    """Give the fact a part such as ``revenue.change`` belongs to."""
    whole = name.rpartition(".")[0]
    return whole if whole in facts else name


def _decimal(fact: FactValue) -> Decimal:
    return fact.value if isinstance(fact.value, Decimal) else Decimal(0)


def _change(change: FactValue | None, report: drafted.Report, language: Language) -> str:
    if change is None or change.value is None or change.incomplete:
        return ""
    text = change.text(report.locale)
    return against(report.period.key, _signed(change, text)).render(language)


def _signed(change: FactValue, text: str) -> str:
    """Write a change with its sign; a minus of print, not a hyphen."""
    return f"+{text}" if _decimal(change) > 0 else text.replace("-", "\u2212", 1)


def _key_figures(shown: Iterable[FactValue], facts: Mapping[str, FactValue], locale: str) -> Table:
    """Put single values into one table, each with its change where there is one."""
    language = language_of(locale)
    rows = []
    for fact in shown:
        change = facts.get(f"{fact.name}.change")
        changed = _signed(change, change.text(locale)) if change and change.value is not None else ""
        rows.append((fact.label, fact.text(locale), changed))
    changes = any(row[2] for row in rows)
    columns = (
        Column(title=say("Figure").render(language)),
        Column(title=say("Value").render(language), number=True),
        Column(title=say("Change").render(language), number=True),
    )
    notes = dict.fromkeys(note for fact in shown if (note := note_of(fact, language)))
    return Table(
        caption=say("Key figures").render(language),
        columns=columns if changes else columns[:2],
        rows=tuple(row if changes else row[:2] for row in rows),
        note=" ".join(notes),
    )


def _evidence(fact: FactValue, locale: str) -> Evidence:
    language = language_of(locale)
    scalar = fact.shape == "scalar"
    sources = "; ".join(f"{behind.table}, {rows_of(behind.count, language)}" for behind in fact.behind)
    return Evidence(
        name=fact.name,
        title=fact.label,
        shown=fact.text(locale) if scalar and fact.rows else "",
        value=fact.value,
        unit=fact.columns[0].unit if scalar else "",
        query=fact.query,
        source=sources,
        lines=tuple(line for behind in fact.behind for line in behind.lines),
        links=tuple(behind.link for behind in fact.behind),
        columns=() if scalar else tuple(column.label for column in fact.columns),
        cells=()
        if scalar
        else tuple(
            tuple(column.read(cell) for column, cell in zip(fact.columns, row, strict=True))
            for row in fact.rows
        ),
        remark=note_of(fact, language),
    )
