"""Where the recipes that come with smeflow lie."""

from pathlib import Path

from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say


def bundled_recipes() -> Path:
    """Give the folder of the bundled recipes: in the installed package, else in the clone it runs from."""
    import smeflow

    package = Path(smeflow.__file__).parent
    for place in (package / "_bundled" / "recipes", package.parents[1] / "recipes"):
        if place.is_dir():
            return place
    raise UsageProblem(
        say("The bundled recipes are missing. Install smeflow again: pip install --force-reinstall smeflow")
    )
