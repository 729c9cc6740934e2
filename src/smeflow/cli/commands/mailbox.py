"""``smeflow mailbox``: log in, look what is there, and see what a recipe would do."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from smeflow.cli.arguments import Json, RecipeFile, Settings, State, load_recipe, open_ledger
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.cli.exits import UsageProblem
from smeflow.i18n import say

if TYPE_CHECKING:
    from smeflow.mail.login import Grant

CLIENT_SECRET = "SMEFLOW_MAILBOX_CLIENT_SECRET"  # noqa: S105 - the name of a variable
mailbox = typer.Typer(help="Log in to mailboxes, look into them, and see what a recipe would do there.")


@mailbox.command()
def login(
    ctx: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whose mailbox: contact@atelier.fr.")],
    how: Annotated[
        Literal["password", "microsoft", "microsoft-app", "google"],
        typer.Option("--with", help="How the provider lets programs in; see docs/mailboxes.md."),
    ] = "password",
    client_id: Annotated[
        str, typer.Option("--client-id", help="The number the provider gave your registered program.")
    ] = "",
    tenant: Annotated[str, typer.Option("--tenant", help="Microsoft: your firm's directory.")] = "common",
    authority: Annotated[
        str, typer.Option("--authority", metavar="URL", help="Another login service than the provider's own.")
    ] = "",
) -> None:
    """Log in to a mailbox once; password or consent is kept in the keyring of this machine."""
    from smeflow.mail.login import (
        MICROSOFT,
        consent_by_device,
        microsoft_app_grant,
        store_grant,
        store_secret,
    )

    screen: Screen = ctx.obj
    name, _, domain = address.partition("@")
    if not name or "." not in domain:
        raise UsageProblem(
            say("{address} is no mail address; write it whole, such as contact@atelier.fr", address=address)
        )
    if how == "password":
        store_secret(address, _secret(screen, say("Password of {address}", address=address)))
        screen.print(say("Kept in the keyring for {address}.", address=address))
        return
    if not client_id:
        raise UsageProblem(say("Give the number of your registered program: --client-id NUMBER"))
    if how == "microsoft-app":
        secret = os.environ.get(CLIENT_SECRET) or _secret(screen, say("Client secret"))
        grant = microsoft_app_grant(tenant, client_id, secret, authority or MICROSOFT)
    elif how == "microsoft":
        grant = consent_by_device(
            tenant, client_id, lambda page, code: _show_code(screen, page, code), authority or MICROSOFT
        )
    else:
        grant = _by_browser(screen, client_id, authority)
    store_grant(address, grant)
    screen.print(say("Kept in the keyring for {address}.", address=address))


def _by_browser(screen: Screen, client_id: str, authority: str) -> "Grant":
    from smeflow.mail.login import GOOGLE_CONSENT, GOOGLE_TOKEN, consent_in_browser

    secret = os.environ.get(CLIENT_SECRET) or _secret(screen, say("Client secret"))
    return consent_in_browser(
        client_id,
        secret,
        lambda page: screen.print(say("Open this page in your browser: {page}", page=page)),
        consent=f"{authority}/auth" if authority else GOOGLE_CONSENT,
        token_url=f"{authority}/token" if authority else GOOGLE_TOKEN,
    )


def _secret(screen: Screen, asked: object) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(screen.text(asked), hide_input=True, err=True))
    if piped := sys.stdin.readline().strip():
        return piped
    raise UsageProblem(say("{what}: nothing was given. Type it in a terminal, or pipe it in.", what=asked))


def _show_code(screen: Screen, page: str, code: str) -> None:
    screen.print(say("Open {page} on any device and enter the code {code}", page=page, code=code))


@mailbox.command()
def look(
    ctx: typer.Context,
    recipe: RecipeFile = Path(),
    state: State = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
) -> None:
    """Open the mailbox of a recipe and count what it would read first, and its cost. Changes nothing."""
    from smeflow.cli.running import cost_of_mails, counted

    screen: Screen = ctx.obj
    loaded = load_recipe(recipe, settings)
    total = 0
    for folder, mails, waiting in counted(loaded, recipe, state):
        total += waiting
        screen.print(
            say(
                "{folder}: {there} mails, {waiting} of them to be read",
                folder=folder,
                there=mails,
                waiting=waiting,
            )
        )
    if total:
        screen.print(cost_of_mails(screen, loaded, total))


@mailbox.command()
def plan(
    ctx: typer.Context,
    recipe: RecipeFile = Path(),
    state: State = None,
    settings: Settings = [],  # noqa: B006 - Typer copies it
    json: Json = False,
) -> None:
    """List what a recipe that only observes would do with each mail."""
    from smeflow.kinds.mailbox import Effect, describe_effect
    from smeflow.ledger.mail import observed_effects

    screen: Screen = ctx.obj
    loaded = load_recipe(recipe, settings)
    with open_ledger(state, recipe) as ledger:
        rows = []
        for item, effects in observed_effects(ledger.store, loaded.name):
            if json:
                screen.json({"item": item.key, "name": item.name, "would": effects})
            for kind, target in effects:
                rows.append((item.name, describe_effect(Effect(kind=kind, target=target))))
    if json:
        return
    if not rows:
        screen.print(say("There is nothing to do that was not done."))
        return
    screen.print(
        screen.table([ScreenColumn(heading=say("mail")), ScreenColumn(heading=say("would be done"))], rows)
    )
    screen.print(say("Nothing of this was done. To do it, write mailbox: act in the recipe."))
