"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[list[Path], typer.Argument(help="Files, or folders of files.", show_default=False)]
HERE = Path()
RecipeFile = Annotated[
    Path,
    typer.Argument(
        metavar="RECIPE",
        help="The recipe: a .yaml file, or a folder with a recipe.yaml; else this folder's.",
        show_default=False,
    ),
]
Llm = Annotated[
    str,
    typer.Option(
        "--llm",
        metavar="NAME",
        help="A model such as mistral/mistral-small-latest, auto (what is allowed), or none.",
    ),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Agree to a provider that is asked for the first time in this folder.")
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state", metavar="DIR", help="Where the ledger is kept; else .smeflow beside smeflow.toml."
    ),
]
Settings = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Set a value of the recipe, such as source.table=in.csv."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="Print one line of JSON for each document.")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=512, help="How many at once.")]
Item = Annotated[
    str,
    typer.Argument(
        metavar="ITEM", help="The item's key or number, as `smeflow status` lists it.", show_default=False
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by", metavar="NAME", help="Who decides; else SMEFLOW_PERSON, else the name of the login."
    ),
]
RecipeName = Annotated[str, typer.Option("--recipe", metavar="NAME", help="Only this recipe.")]
