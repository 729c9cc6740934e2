"""Read ``KEY=VALUE`` options."""

from collections.abc import Sequence

from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say


def settings_of(written: Sequence[str]) -> dict[str, str]:
    """Read what ``--set`` says of a recipe, by key."""
    found = {}
    for one in written:
        key, mark, value = one.partition("=")
        if not mark or not key:
            raise UsageProblem(
                say("--set {written}: write KEY=VALUE, such as source.table=in.csv", written=one)
            )
        found[key] = value
    return found
