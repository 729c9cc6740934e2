"""``smeflow facts``: what an unknown table can tell, each figure computed; as a recipe with ``--yaml``."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from smeflow.cli.arguments import Json, Llm
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smeflow.reports.measures.measure import MeasureContext
    from smeflow.reports.profile import ColumnProfile, FactDefinition
    from smeflow.reports.propose import TableProposal
    from smeflow.tables.book import LoadedTable, TableBook
    from smeflow.writing.periods import Grain
    from smeflow.writing.report import ReportFact

PeriodOption = Literal["month", "quarter", "week", "year", "all"]
_SHOWN, _TOLD, _ROWS = 3, 12, 50
KINDS = {"text": say("text"), "number": say("numeric"), "date": say("day")}
ROLES = {
    "amount": say("amount"), "quantity": say("quantity"), "rate": say("rate or price"), "level": say("level"),
    "dimension": say("group"), "identifier": say("identifier"), "date": say("day it happened"),
    "due": say("day it is due"), "paid": say("paid"), "text": say("text"),
}  # fmt: skip


def facts(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A table: CSV, XLSX, ODS, JSON, or a FEC.", show_default=False),
    ],
    sheet: Annotated[str, typer.Option("--sheet", help="The sheet of a spreadsheet.")] = "",
    date: Annotated[
        str, typer.Option("--date", metavar="COLUMN", help="The column that says when a row happened.")
    ] = "",
    period: Annotated[
        PeriodOption | None,
        typer.Option("--period", help="Figures of a month, quarter, week or year, or of all."),
    ] = None,
    at: Annotated[
        str,
        typer.Option("--at", metavar="PERIOD", help="Which one, such as 2026-10; else the newest whole one."),
    ] = "",
    rows: Annotated[
        str, typer.Option("--rows", metavar="FACT", help="Show the rows behind one figure.")
    ] = "",
    yaml: Annotated[bool, typer.Option("--yaml", help="Print a recipe that runs.")] = False,
    json: Json = False,
    llm: Llm = "none",
) -> None:
    """Tell what a table holds and propose figures, each computed; a model may propose queries."""
    from smeflow.tables.book import TableBook

    screen: Screen = ctx.obj
    if not file.is_file():
        raise UsageProblem(say("There is no file {path}.", path=file))
    with TableBook() as book:
        asked = _TableReport(screen, file, sheet or None, date or None, period, at)
        asked.look(book)
        asked.suggest(llm)
        if rows:
            asked.tell_rows(rows)
        elif yaml:
            typer.echo(asked.recipe(), nl=False)
        elif json:
            asked.tell_json()
        else:
            asked.tell()


class _TableReport:
    """One table on its way to the screen."""

    proposal: "TableProposal"
    context: "MeasureContext"

    def __init__(
        self,
        screen: Screen,
        file: Path,
        sheet: str | None,
        date: str | None,
        period: PeriodOption | None,
        at: str,
    ) -> None:
        self.screen, self.file, self.sheet, self.date, self.period, self.at = (
            screen,
            file,
            sheet,
            date,
            period,
            at,
        )
        self.locale = "fr-FR" if screen.language == "fr" else "en-GB"
        self.written: dict[str, FactDefinition] = {}
        self.refused: list[Phrase] = []
        self.books = False

    def look(self, book: "TableBook") -> None:
        """Read the table and propose."""
        from smeflow.reports.measures.measure import MeasureContext
        from smeflow.reports.propose import fact_name, propose_accounting_facts, propose_facts
        from smeflow.tables.fec import is_fec, load_fec
        from smeflow.tables.load import load_file
        from smeflow.writing.periods import Window

        name = fact_name(self.file.stem)
        self.books = is_fec(self.file)
        if self.books:
            name = "books"
            table = load_fec(book, name, self.file)
            self.date = self.date or "EcritureDate"
        else:
            table = load_file(book, name, self.file, sheet=self.sheet)
        if self.date:
            self._require_days(table, self.date)
        grain = None if self.period in {None, "all"} else self.period
        self.proposal = propose_facts(book, table, day=self.date, grain=grain, locale=self.locale)  # type: ignore[arg-type]  # "all" is none
        if self.proposal.day is None and (grain or self.at):
            raise UsageProblem(say("No table of {name} has a column with days.", name=self.file.name))
        window = None if self.period == "all" else self.proposal.window
        if self.at:
            try:
                window = Window.of(self.at)
            except ValueError:
                raise UsageProblem(
                    say("{text} is no period; write 2026, 2026-Q1, 2026-01 or 2026-W01", text=self.at)
                ) from None
        dates = {name: self.proposal.day} if self.proposal.day else {}
        self.context = MeasureContext(book=book, window=window, locale=self.locale, dates=dates)
        self.written = dict(propose_accounting_facts(self.locale) if self.books else self.proposal.written)

    def _require_days(self, table: "LoadedTable", date: str) -> None:
        """Refuse a column that dates no row: years alone, a column that is not there."""
        from smeflow.tables.book import FactError

        try:
            column = table.column(date)
        except FactError as error:
            raise UsageProblem(error.phrase) from None
        if table.columns[column].kind != "date":
            days = ", ".join(table.of_kind("date")) or "–"
            raise UsageProblem(
                say("Column {column} holds no days; these do: {columns}.", column=column, columns=days)
            )

    def suggest(self, llm: str) -> None:
        """Let a model propose more, where one is named."""
        from smeflow.cli.models import model_named
        from smeflow.reports.propose import suggest_facts

        model = model_named(llm, self.screen, Path.cwd())
        if model is None:
            return
        suggested = suggest_facts(self.proposal, self.context, model)
        self.written |= suggested.written
        self.refused += [
            say("Not kept: {label}: {why}", label=label or "–", why=why) for label, why in suggested.refused
        ]

    def computed(self) -> tuple[dict[str, "ReportFact"], tuple[Phrase, ...]]:
        """Run every figure."""
        from smeflow.reports.facts import compute_facts
        from smeflow.reports.measures.registry import measure_of

        figures = compute_facts({name: measure_of(each) for name, each in self.written.items()}, self.context)
        return {fact.name: fact for fact in figures.facts}, figures.missing

    def recipe(self) -> str:
        """Write a recipe of what can be computed."""
        known, _ = self.computed()
        facts = {name: each for name, each in self.written.items() if name in known and known[name].rows}
        origin: Any = self.file.as_posix()
        more: dict[str, object] = {}
        if self.sheet:
            more["sheet"] = self.sheet
        if self.date and not self.books:
            more["date"] = self.proposal.day
        if self.books or more:
            origin = {"fec" if self.books else "file": origin, **more}
        stem = self.file.stem.replace("_", " ").strip()
        title = stem[:1].upper() + stem[1:]
        colon = "\u00a0: " if self.screen.language == "fr" else ": "
        all_dates = self.context.window is None
        return _write_recipe(
            name="".join(c if c.isalnum() else "-" for c in self.proposal.table.name).strip("-") + "-report",
            about=self.screen.text(say("Figures of {name}.", name=self.file.name)),
            table=self.proposal.table.name,
            origin=origin,
            facts=facts,
            grain=None if all_dates else self.proposal.grain,
            title=title if all_dates else f"{title}{colon}{{period}}",
            locale=self.locale,
        )

    def tell_json(self) -> None:
        """Print a line for each figure."""
        known, missing = self.computed()
        for name, written in self.written.items():
            fact = known.get(name)
            if fact is None:
                continue
            self.screen.json(
                {
                    "name": name,
                    "label": fact.label,
                    "written": dict(written),
                    "columns": [c.name for c in fact.columns],
                    "rows": [list(row) for row in fact.rows],
                    "query": fact.query,
                    "behind": [{"table": b.table, "count": b.count, "rows": b.link} for b in fact.behind],
                    "incomplete": self.screen.text(fact.incomplete) or None,
                    "note": self.screen.text(fact.note) or None,
                }
            )
        for phrase in (*missing, *self.refused):
            self.screen.note(phrase, "yellow")

    def tell_rows(self, name: str) -> None:
        """Show the rows one figure rests on, with their lines in the file."""
        from smeflow.tables.book import LINE, fact_cell, quoted

        known, _ = self.computed()
        if name not in known or not known[name].behind:
            listed = ", ".join(each for each, fact in known.items() if fact.behind)
            raise UsageProblem(say("There is no figure {name}; there are: {names}.", name=name, names=listed))
        fact, behind = known[name], known[name].behind[0]
        where = f" WHERE {behind.where}" if behind.where else ""
        table = quoted(self.proposal.table.name)
        sql = f"SELECT * FROM {table}{where} ORDER BY {LINE} LIMIT {_ROWS}"  # noqa: S608 - the book is locked
        columns, rows = self.context.book.select(sql)
        screen = self.screen
        screen.print(f"{fact.label}: {_value(fact, self.locale)}", "bold cyan")
        screen.print(fact.query, "bright_black")
        headings = [ScreenColumn(heading=say("Line"), right=True)]
        headings += [ScreenColumn(heading=say("{text}", text=c)) for c in columns[1:]]
        screen.print(screen.table(headings, [[fact_cell(cell) for cell in row] for row in rows]))
        screen.print(say("{n} rows: {link}", n=behind.count, link=behind.link), "bright_black")

    def tell(self) -> None:
        """Show the columns, what was found, and the figures."""
        table, screen = self.proposal.table, self.screen
        screen.print(say("{name}: {n} rows", name=self.file.name, n=table.rows), "bold cyan")
        for phrase in table.notes[:_TOLD]:
            screen.print(f"  • {screen.text(phrase)}", "yellow")
        screen.print()
        screen.print(screen.table(
            [
                ScreenColumn(heading=say("Column")),
                ScreenColumn(heading=say("Read as")),
                ScreenColumn(heading=say("Used as")),
                ScreenColumn(heading=say("Filled"), right=True),
                ScreenColumn(heading=say("Different"), right=True),
                ScreenColumn(heading=say("Example"), style="bright_black"),
            ],
            [
                (p.name, _kind(p, screen), ROLES[p.role], str(p.filled), str(p.distinct), p.example)
                for p in self.proposal.columns
            ],
        ))  # fmt: skip
        known, missing = self.computed()
        screen.print()
        rows = [
            (name, _value(known[name], self.locale), _how(written))
            for name, written in self.written.items() if name in known
        ]  # fmt: skip
        screen.print(screen.table(
            [
                ScreenColumn(heading=say("Fact"), style="cyan"), ScreenColumn(heading=say("Value"), ratio=3),
                ScreenColumn(heading=say("As a recipe writes it"), style="bright_black", ratio=2),
            ],
            rows,
            self._heading(),
        ))  # fmt: skip
        remarks = [*_undated(self.context), *_remarks(known), *missing, *self.refused]
        for text in dict.fromkeys(map(screen.text, remarks)):
            screen.print(f"  • {text}", "yellow")
        screen.print()
        screen.print(
            say("As a recipe that runs: smeflow facts {file} --yaml", file=self.file), "bright_black"
        )

    def _heading(self) -> Phrase:
        from smeflow.writing.locales import LocaleFormat

        if self.context.window is None:
            return say("Figures of all rows")
        return say("Figures of {period}", period=LocaleFormat(self.locale).period(self.context.window.key))


def _kind(profile: "ColumnProfile", screen: Screen) -> str:
    return f"{screen.text(KINDS[profile.how.kind])} {profile.how.unit}".strip()


def _value(fact: "ReportFact", locale: str) -> str:
    """Say a figure in a line: a value and its change, the first names, the newest periods."""
    if fact.shape == "scalar":
        return fact.text(locale)
    shown = list(fact.shown(locale))
    if not shown:
        return "–"
    newest = fact.shape in {"series", "matrix"} and fact.measure != "forecast"
    part = shown[-_SHOWN:] if newest else shown[:_SHOWN]
    width = 3 if fact.shape in {"ranking", "buckets"} else 2 if fact.shape == "series" else 4
    if fact.measure == "moving":
        part = [(row[0], row[-1]) for row in part]
    text = " · ".join(" ".join(row[:width]) for row in part)
    return (
        ("… " if newest and len(shown) > len(part) else "")
        + text
        + (" …" if not newest and len(shown) > len(part) else "")
    )


def _how(written: "FactDefinition") -> str:
    return _yaml_value({key: value for key, value in written.items() if key != "label"})


def _undated(context: "MeasureContext") -> "Iterable[Phrase]":
    from smeflow.reports.facts import undated_rows

    return undated_rows(context) if context.window else ()


def _remarks(known: dict[str, "ReportFact"]) -> list[Phrase]:
    return [fact.incomplete for fact in known.values() if fact.incomplete is not None]


_PLAIN = re.compile(r"[A-Za-zÀ-ÿ_][\w À-ÿ./'’()*+-]*[\wÀ-ÿ)]|[A-Za-z_]")
_YAML_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def _write_recipe(
    *,
    name: str,
    about: str,
    table: str,
    origin: str | Mapping[str, object],
    facts: Mapping[str, Mapping[str, object]],
    grain: "Grain | None",
    title: str,
    locale: str,
) -> str:
    """Write a whole recipe: the table as its source, a report of the facts, and where its pages go."""
    lines = [
        f"recipe: {_yaml_value(name)}",
        f"about: {_yaml_value(about)}",
        "llm: none",
        "source:",
        f"  period: {grain or 'all'}",
        f"  tables: {{{table}: {_yaml_value(origin)}}}",
    ]
    if grain:
        lines.append("  last: 1")
    lines += [
        "steps:",
        "  - report: report",
        f"    title: {_yaml_value(title)}",
        f"    locale: {locale}",
        "    facts:",
    ]
    lines += [f"      {name}: {_yaml_value(fact)}" for name, fact in facts.items()]
    lines += ["sinks:", '  - {report: "out/{key}", formats: [html, pdf, docx, xlsx]}']
    return "\n".join(lines) + "\n"


def _yaml_value(value: object) -> str:
    """Write a value as YAML reads it back: plain where that is safe, else in double quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_yaml_value, value)) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    safe = (
        _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS and ": " not in text and " #" not in text
    )
    return text if safe else json.dumps(text, ensure_ascii=False)
