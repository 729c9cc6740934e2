"""Lay a drafted report out: its sections as paragraphs, charts and tables, each figure bound to its fact."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from smeflow.i18n import Language, Phrase, language_of, say
from smeflow.pages.elements import (
    AnnexEntry,
    Block,
    Figure,
    Highlight,
    PageParagraph,
    PageSection,
    PageTable,
    PrintedReport,
    SourceTable,
    TableColumn,
    TextRun,
    count_of_rows,
)
from smeflow.pages.figures import (
    as_sentence,
    earlier_alt_text,
    figure_of,
    note_of,
    table_of,
    wants_table,
    with_forecast,
)
from smeflow.writing import report as drafted
from smeflow.writing.report import ReportFact

MAX_HIGHLIGHTS = 3


def lay_out(report: drafted.Report, company: str = "") -> PrintedReport:
    """Lay *report* out. Charts are chosen by the shape of each fact; nothing is computed."""
    language = language_of(report.locale)
    facts = {fact.name: fact for fact in report.facts}
    missing = [phrase.render(language) for phrase in report.missing]
    sections = tuple(
        PageSection(title=section.heading, blocks=tuple(_blocks(section, facts, report)))
        for section in report.sections
    )
    shown = {name for section in report.sections for name in section.shows}
    highlights = () if missing else tuple(_highlights(report, facts))
    summary = _summary(report, highlights)
    mentioned = _mentioned_facts(report, highlights, summary)
    notes = [
        fact.incomplete.render(language) for fact in report.facts if fact.incomplete and fact.name in shown
    ]
    return PrintedReport(
        title=report.title,
        subtitle=report.subtitle,
        company=company,
        day=report.period.last,
        language=language,
        highlights=highlights,
        summary=tuple(_paragraph(paragraph, facts, report.locale) for paragraph in summary),
        sections=() if missing else sections,
        annex=tuple(
            replace(
                _evidence(fact, report.locale),
                printed=fact.name in mentioned,
                query_printed=report.look is None,
            )
            for fact in report.facts
        ),
        cut=tuple(phrase.render(language) for phrase in (*report.remarks, *report.changed)),
        notes=tuple(dict.fromkeys(as_sentence(note) for note in (*missing, *notes))),
        sources=tuple(
            SourceTable(
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


def _mentioned_facts(
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


def _blocks(
    section: drafted.Section, facts: Mapping[str, ReportFact], report: drafted.Report
) -> Iterator[Block]:
    locale = report.locale
    for paragraph in section.paragraphs:
        yield _paragraph(paragraph, facts, locale)
    shows = [facts[name] for name in section.shows if name in facts]
    single = [fact for fact in shows if fact.shape == "scalar"]
    if single:
        yield _key_figures(single, facts, locale)
    blocks = _charts_and_tables([fact for fact in shows if fact.shape != "scalar"], locale)
    if report.look is not None:
        yield from blocks
        return
    for block in blocks:  # a picture of an older report keeps the sentence it had
        if isinstance(block, Figure):
            yield replace(block, alt=earlier_alt_text(block, language_of(locale)))
        else:
            yield block


def _charts_and_tables(shows: Sequence[ReportFact], locale: str) -> Iterator[Block]:
    """Draw each fact; a forecast goes on from the series before it, in the same chart."""
    pending: Figure | None = None
    for fact in shows:
        if pending and fact.measure == "forecast" and (joined := with_forecast(pending, fact, locale)):
            yield from (joined, table_of(fact, locale, drawn=True))
            pending = None
            continue
        if pending:
            yield pending
        pending = figure_of(fact, locale)
        if fact.rows and (pending is None or wants_table(fact)):
            yield from (pending,) if pending else ()
            yield table_of(fact, locale, drawn=pending is not None)
            pending = None
    if pending:
        yield pending


def _paragraph(paragraph: drafted.Paragraph, facts: Mapping[str, ReportFact], locale: str) -> PageParagraph:
    """Cut a paragraph where its figures are, each with its fact; without these they are searched for."""
    bullet = paragraph.kind == "item"
    if paragraph.figures is not None:
        return PageParagraph(runs=tuple(_bound(paragraph.text, paragraph.figures)), bullet=bullet)
    forms = [
        (text, name)
        for name in paragraph.facts
        if name in facts
        for text in _printed_forms(facts[name], locale)
    ]
    runs = _bind_figures(paragraph.text, sorted(forms, key=lambda pair: -len(pair[0])))
    return PageParagraph(runs=tuple(runs), bullet=bullet)


def _bound(text: str, figures: Sequence[drafted.FigureSpan]) -> Iterator[TextRun]:
    at = 0
    for first, end, name in figures:
        if at < first:
            yield TextRun(text=text[at:first])
        yield TextRun(text=text[first:end], fact=name)
        at = end
    if text[at:]:
        yield TextRun(text=text[at:])


def _printed_forms(fact: ReportFact, locale: str) -> Iterator[str]:
    """List how a fact's figures stand in prose: with or without their sign."""
    for row in fact.shown(locale):
        for text, column in zip(row, fact.columns, strict=True):
            bare = fact.shape != "scalar" and text.isdigit() and len(text) < 3  # the "1" of "1 to 30 days"
            if column.kind == "number" and any(letter.isdigit() for letter in text) and not bare:
                yield text
                if text[:1] in "-−+":
                    yield text[1:]


def _bind_figures(text: str, forms: Sequence[tuple[str, str]]) -> Iterator[TextRun]:
    for figure, name in forms:
        start = _find(text, figure)
        if start >= 0:
            rest = [pair for pair in forms if pair[0] != figure or pair[1] == name]
            yield from _bind_figures(text[:start], rest)
            yield TextRun(text=figure, fact=name)
            yield from _bind_figures(text[start + len(figure) :], rest)
            return
    if text:
        yield TextRun(text=text)


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


def _highlights(report: drafted.Report, facts: Mapping[str, ReportFact]) -> Iterator[Highlight]:
    """Choose what stands large at the top: what the summary speaks of, then what changed most."""
    mentioned = [name for paragraph in report.summary for name in paragraph.facts]
    moved = sorted(
        (name for name in facts if f"{name}.change" in facts),
        key=lambda name: -abs(_decimal(facts[f"{name}.change"])),
    )
    names = dict.fromkeys(_fact_of_part(name, facts) for name in (*mentioned, *moved, *facts))
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


def _fact_of_part(name: str, facts: Mapping[str, ReportFact]) -> str:
    """Give the fact a part such as ``revenue.change`` belongs to."""
    whole = name.rpartition(".")[0]
    return whole if whole in facts else name


def _decimal(fact: ReportFact) -> Decimal:
    return fact.value if isinstance(fact.value, Decimal) else Decimal(0)


def _change(change: ReportFact | None, report: drafted.Report, language: Language) -> str:
    if change is None or change.value is None or change.incomplete:
        return ""
    text = change.text(report.locale)
    return against_previous(report.period.key, _signed(change, text)).render(language)


def _signed(change: ReportFact, text: str) -> str:
    """Write a change with its sign; a minus of print, not a hyphen."""
    return f"+{text}" if _decimal(change) > 0 else text.replace("-", "\u2212", 1)


def _key_figures(shown: Iterable[ReportFact], facts: Mapping[str, ReportFact], locale: str) -> PageTable:
    """Put single values into one table, each with its change where there is one."""
    language = language_of(locale)
    rows = []
    for fact in shown:
        change = facts.get(f"{fact.name}.change")
        changed = _signed(change, change.text(locale)) if change and change.value is not None else ""
        rows.append((fact.label, fact.text(locale), changed))
    changes = any(row[2] for row in rows)
    columns = (
        TableColumn(title=say("Figure").render(language)),
        TableColumn(title=say("Value").render(language), number=True),
        TableColumn(title=say("Change").render(language), number=True),
    )
    notes = dict.fromkeys(note for fact in shown if (note := note_of(fact, language)))
    return PageTable(
        caption=say("Key figures").render(language),
        columns=columns if changes else columns[:2],
        rows=tuple(row if changes else row[:2] for row in rows),
        note=" ".join(notes),
    )


def _evidence(fact: ReportFact, locale: str) -> AnnexEntry:
    language = language_of(locale)
    scalar = fact.shape == "scalar"
    sources = "; ".join(f"{behind.table}, {count_of_rows(behind.count, language)}" for behind in fact.behind)
    return AnnexEntry(
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


def against_previous(key: str, change: str) -> Phrase:
    """Say against which period something changed."""
    part = key.partition("-")[2]
    if part[:1] == "Q":
        return say("{change} on the quarter before", change=change)
    if part[:1] == "W":
        return say("{change} on the week before", change=change)
    if len(part) == 2:
        return say("{change} on the month before", change=change)
    if key.isdigit() and len(key) == 4:
        return say("{change} on the year before", change=change)
    return say("{change} on the period before", change=change)
