"""``smeflow facts``: what an unknown table can tell, each figure computed; as a recipe with ``--yaml``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from smeflow.cli.exits import UsageProblem
from smeflow.cli.options import Json, Llm
from smeflow.cli.screen import Column, Screen
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smeflow.facts.book import Book
    from smeflow.facts.measures.base import Desk
    from smeflow.facts.propose import Proposal, Written
    from smeflow.facts.report import FactValue
    from smeflow.facts.roles import Profile

Every = Literal["month", "quarter", "week", "year", "all"]
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
        Every | None, typer.Option("--period", help="Figures of a month, quarter, week or year, or of all.")
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
    from smeflow.facts.book import Book

    screen: Screen = ctx.obj
    if not file.is_file():
        raise UsageProblem(say("There is no file {path}.", path=file))
    with Book() as book:
        asked = _Asked(screen, file, sheet or None, date or None, period, at)
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


class _Asked:
    """One table on its way to the screen."""

    proposal: "Proposal"
    desk: "Desk"

    def __init__(
        self, screen: Screen, file: Path, sheet: str | None, date: str | None, period: Every | None, at: str
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
        self.written: dict[str, Written] = {}
        self.refused: list[Phrase] = []
        self.books = False

    def look(self, book: "Book") -> None:
        """Read the table and propose."""
        from smeflow.facts.accounts import hold_fec, is_fec
        from smeflow.facts.load import hold_file
        from smeflow.facts.measures.base import Desk
        from smeflow.facts.propose import name_of, propose, propose_books
        from smeflow.facts.window import Window

        name = name_of(self.file.stem)
        self.books = is_fec(self.file)
        if self.books:
            name = "books"
            held = hold_fec(book, name, self.file)
            self.date = self.date or "EcritureDate"
        else:
            held = hold_file(book, name, self.file, sheet=self.sheet)
        grain = None if self.period in {None, "all"} else self.period
        self.proposal = propose(book, held, day=self.date, grain=grain, locale=self.locale)  # type: ignore[arg-type]  # "all" is none
        window = None if self.period == "all" else self.proposal.window
        if self.at:
            try:
                window = Window.of(self.at)
            except ValueError:
                raise UsageProblem(
                    say("{text} is no period; write 2026, 2026-Q1, 2026-01 or 2026-W01", text=self.at)
                ) from None
        dates = {name: self.proposal.day} if self.proposal.day else {}
        self.desk = Desk(book=book, window=window, locale=self.locale, dates=dates)
        self.written = dict(propose_books(self.locale) if self.books else self.proposal.written)

    def suggest(self, llm: str) -> None:
        """Let a model propose more, where one is named."""
        from smeflow.cli.models import model_named
        from smeflow.facts.suggest import suggest

        model = model_named(llm, self.screen, Path.cwd())
        if model is None:
            return
        found = suggest(self.proposal, self.desk, model)
        self.written |= found.written
        self.refused += [
            say("Not kept: {label}: {why}", label=label or "–", why=why) for label, why in found.refused
        ]

    def computed(self) -> tuple[dict[str, "FactValue"], tuple[Phrase, ...]]:
        """Run every figure."""
        from smeflow.facts.compute import compute
        from smeflow.facts.measures.kinds import measure_of

        found = compute({name: measure_of(each) for name, each in self.written.items()}, self.desk)
        return {fact.name: fact for fact in found.facts}, found.missing

    def recipe(self) -> str:
        """Write a recipe of what can be computed."""
        from smeflow.facts.write import recipe_text

        known, _ = self.computed()
        kept = {name: each for name, each in self.written.items() if name in known and known[name].rows}
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
        whole = self.desk.window is None
        return recipe_text(
            name="".join(c if c.isalnum() else "-" for c in self.proposal.held.name).strip("-") + "-report",
            about=self.screen.text(say("Figures of {name}.", name=self.file.name)),
            table=self.proposal.held.name,
            origin=origin,
            facts=kept,
            grain=None if whole else self.proposal.grain,
            title=title if whole else f"{title}{colon}{{period}}",
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
        from smeflow.facts.book import LINE, cell_of, quoted

        known, _ = self.computed()
        if name not in known or not known[name].behind:
            listed = ", ".join(each for each, fact in known.items() if fact.behind)
            raise UsageProblem(say("There is no figure {name}; there are: {names}.", name=name, names=listed))
        fact, behind = known[name], known[name].behind[0]
        where = f" WHERE {behind.where}" if behind.where else ""
        table = quoted(self.proposal.held.name)
        sql = f"SELECT * FROM {table}{where} ORDER BY {LINE} LIMIT {_ROWS}"  # noqa: S608 - the book is locked
        columns, found = self.desk.book.select(sql)
        screen = self.screen
        screen.print(f"{fact.label}: {_value(fact, self.locale)}", "bold cyan")
        screen.print(fact.query, "bright_black")
        headings = [Column(heading=say("Line"), right=True)]
        headings += [Column(heading=say("{text}", text=c)) for c in columns[1:]]
        screen.print(screen.table(headings, [[cell_of(cell) for cell in row] for row in found]))
        screen.print(say("{n} rows: {link}", n=behind.count, link=behind.link), "bright_black")

    def tell(self) -> None:
        """Show the columns, what was found, and the figures."""
        held, screen = self.proposal.held, self.screen
        screen.print(say("{name}: {n} rows", name=self.file.name, n=held.rows), "bold cyan")
        for phrase in held.told[:_TOLD]:
            screen.print(f"  • {screen.text(phrase)}", "yellow")
        screen.print()
        screen.print(screen.table(
            [
                Column(heading=say("Column")), Column(heading=say("Read as")), Column(heading=say("Used as")),
                Column(heading=say("Filled"), right=True), Column(heading=say("Different"), right=True),
                Column(heading=say("Example"), style="bright_black"),
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
                Column(heading=say("Fact"), style="cyan"), Column(heading=say("Value"), ratio=3),
                Column(heading=say("As a recipe writes it"), style="bright_black", ratio=2),
            ],
            rows,
            self._heading(),
        ))  # fmt: skip
        remarks = [*_undated(self.desk), *_remarks(known), *missing, *self.refused]
        for text in dict.fromkeys(map(screen.text, remarks)):
            screen.print(f"  • {text}", "yellow")
        screen.print()
        screen.print(
            say("As a recipe that runs: smeflow facts {file} --yaml", file=self.file), "bright_black"
        )

    def _heading(self) -> Phrase:
        from smeflow.facts.figures import Figures

        if self.desk.window is None:
            return say("Figures of all rows")
        return say("Figures of {period}", period=Figures(self.locale).period(self.desk.window.key))


def _kind(profile: "Profile", screen: Screen) -> str:
    return f"{screen.text(KINDS[profile.how.kind])} {profile.how.unit}".strip()


def _value(fact: "FactValue", locale: str) -> str:
    """Say a figure in a line: a value and its change, the first names, the newest periods."""
    if fact.shape == "scalar":
        return fact.text(locale)
    shown = list(fact.shown(locale))
    if not shown:
        return "–"
    newest = fact.shape in {"series", "matrix"} and fact.measure != "forecast"
    part = shown[-_SHOWN:] if newest else shown[:_SHOWN]
    width = 3 if fact.shape in {"ranking", "buckets"} else 2 if fact.shape == "series" else 4
    text = " · ".join(" ".join(row[:width]) for row in part)
    return (
        ("… " if newest and len(shown) > len(part) else "")
        + text
        + (" …" if not newest and len(shown) > len(part) else "")
    )


def _how(written: "Written") -> str:
    from smeflow.facts.write import scalar

    return scalar({key: value for key, value in written.items() if key != "label"})


def _undated(desk: "Desk") -> "Iterable[Phrase]":
    from smeflow.facts.compute import undated

    return undated(desk) if desk.window else ()


def _remarks(known: dict[str, "FactValue"]) -> list[Phrase]:
    return [fact.incomplete for fact in known.values() if fact.incomplete is not None]
