"""Which models a command may use.

Nothing is asked unless it was named or allowed and a person agreed once; a local one is fetched.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from smeflow.cli.arguments import person_name
from smeflow.cli.console import Screen
from smeflow.engine.models import require_consent, split_model_names
from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase, say
from smeflow.review.choosing import state_folder

if TYPE_CHECKING:
    from smeflow.llm.interface import LLM, ConnectedLLM, ModelEndpoint
    from smeflow.llm.local.fetch import FetchSource
    from smeflow.llm.local.models import KnownModel, StoredModel
    from smeflow.recipe.load import Recipe


def ask_consent_once(
    screen: Screen, models: "Sequence[ConnectedLLM]", state: Path, *, yes: bool = False
) -> None:
    """Have a person agree to each provider outside of this machine, the first time it would be asked.

    Raises:
        LLMRejected: Nobody agreed; nothing was sent.
    """
    require_consent(
        models, state, lambda: person_name(""), lambda place: yes or _person_agrees(screen, place)
    )


def _person_agrees(screen: Screen, place: "ModelEndpoint") -> bool:
    import sys

    screen.note(_consent_question(place), style="yellow")
    if not (sys.stdin.isatty() and screen.on_terminal):
        return False
    word = screen.text(say("Send it there from now on? [y/N]"))
    return input(f"{word} ").strip().lower() in {"y", "yes", "o", "oui"}


def _consent_question(place: "ModelEndpoint") -> Phrase:
    return say(
        "For the first time in this folder, {provider} would be asked ({model}; data is processed: {where}). "
        "It gets the text of the documents and mails that a model is asked about, and the question.",
        provider=place.provider,
        model=place.model,
        where=region_in_words(place),
    )


def region_in_words(place: "ModelEndpoint") -> Phrase | str:
    """Say where a provider computes, in its own words where it has a row."""
    from smeflow.llm.providers import PROVIDERS

    row = next((r for r in PROVIDERS.values() if r.base_url and r.base_url == place.base_url), None)
    words = {"eu": say("in the European Union"), "outside": say("outside of the European Union")}
    region = words.get(place.region, say("nobody knows where"))
    return say("{region}: {words}", region=region, words=row.processed) if row is not None else region


def model_named(name: str, screen: Screen, here: Path, *, yes: bool = False) -> "LLM | None":
    """Connect to the model called *name*; none for ``none`` and for nothing.

    ``auto`` takes one on this machine, else a provider that ``smeflow.toml`` allows; it says which and why.
    Of several names, separated by commas, the next is asked where one is away or its answer is of no use.
    """
    from smeflow.llm.connect import choose_model
    from smeflow.llm.router import Fallback
    from smeflow.recipe.workspace import WorkspaceSettings

    if name in ("", "none"):
        return None
    workspace = WorkspaceSettings.find(here)
    models: list[ConnectedLLM] = []
    for model_name in split_model_names(name):
        choice = choose_model(
            model_name,
            allowed=workspace.allow,
            residency=workspace.residency,
            region=workspace.region,
            regions=workspace.regions,
            environ=os.environ,
            prices=workspace.prices,
        )
        if model_name == "auto":
            screen.note(choice.why)
        models += [choice.llm] if choice.llm is not None else []
    ask_consent_once(screen, models, state_folder(None, here), yes=yes)
    return models[0] if len(models) == 1 else Fallback(models=models) if models else None


USUAL_SECONDS = "10-60"
"""What a question takes on two cores; see docs/measurements.md."""


def tell_local_model(screen: Screen, llm: "ConnectedLLM | None") -> None:
    """Say that the model inside smeflow is asked, how long that takes, and who uses it now."""
    from smeflow.llm.local.llama import LocalLLM

    if not isinstance(llm, LocalLLM):
        return
    holder = llm.holder
    if holder is not None:
        screen.note(_waits_for(holder), style="yellow")
    screen.note(
        say(
            "What the readers leave is asked of {model} on this machine: about {seconds} s a question on two "
            "quiet cores. Ctrl-C keeps what is done; --llm none asks nobody.",
            model=f"{llm.place.provider}/{llm.place.model}", seconds=USUAL_SECONDS,
        ),
        style="bright_black",
    )  # fmt: skip


def tell_local_model_busy(screen: Screen, recipe: "Recipe", llm: str) -> None:
    """Say why ``auto`` asks nobody while another run uses the model inside smeflow."""
    from smeflow.llm.local.llama import model_in_use

    written = [llm] if llm else [recipe.llm, *(entry.llm for entry in recipe.entries if entry.llm)]
    if any("auto" in split_model_names(names) for names in written):
        reason = model_in_use()
        if reason is not None:
            screen.note(reason, style="yellow")


def _waits_for(holder: int) -> Phrase:
    return say("The model of this machine is used by process {pid}; this run waits for it. Ctrl-C ends it.",
               pid=holder or "?")  # fmt: skip


@contextmanager
def download_bar(screen: Screen, name: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many bytes are there: a bar on a terminal, else a line for each tenth."""
    if not screen.on_terminal:
        yield _TenthsPrinter(screen, name)
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", style="bold"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=screen.err, transient=True) as shown:
        task = shown.add_task(name, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


class _TenthsPrinter:
    """Tells where nobody watches: a log is not flooded."""

    def __init__(self, screen: Screen, name: str) -> None:
        self.screen, self.name, self.last = screen, name, 0

    def __call__(self, done: int, total: int) -> None:
        tenth = done * 10 // total if total else 0
        if tenth != self.last:
            self.last = tenth
            percent = f"{tenth * 10}\u00a0%"
            self.screen.note(say("{name}: {percent}", name=self.name, percent=percent), style="bright_black")


def fetch_model(screen: Screen, known: "KnownModel", source: "FetchSource | None" = None) -> "StoredModel":
    """Fetch *known*.

    Raises:
        LLMError: It cannot be had, or what came is not it.
    """
    from smeflow.llm.local.fetch import fetch_model
    from smeflow.llm.local.models import ModelStore

    size = round(known.bytes / 1_000_000)
    screen.note(say("Fetching {model}, {size} MB.", model=known.title, size=size))
    with download_bar(screen, known.name) as tell:
        return fetch_model(known, ModelStore.of(), source=source, tell=tell, note=screen.note)


def tell_fetched(screen: Screen, model: "StoredModel", known: "KnownModel | None") -> None:
    """Say once, when it comes: that it is the one, under which licence, and what it can do."""
    screen.print(say("✓ {model}: SHA-256 {hash}", model=model.title, hash=model.sha256), style="green")
    if known is None:
        screen.print(say("Its licence is between you and who made it. smeflow has measured nothing of it."))
        return
    screen.print(say("Licence: {licence}.", licence=known.licence))
    screen.print(known.word)


LOCAL_NAMES = ("", "auto", "local")


def connect_for_demo(screen: Screen, name: str, folder: Path) -> "ConnectedLLM | None":
    """Connect to the model called *name*, fetching ours first; where it cannot be had, None and a word."""
    from smeflow.llm.connect import connect

    try:
        if name in LOCAL_NAMES and not _fetch_our_model(screen):
            return None
        model = connect("local" if name in LOCAL_NAMES else name)
        ask_consent_once(screen, [model], folder)
        return model
    except SmeflowError as error:
        screen.print(error.phrase, style="yellow")
        _no_second_act(screen)
        return None


def _fetch_our_model(screen: Screen) -> bool:
    """Have the model inside smeflow at hand."""
    from smeflow.llm.local.llama import default_model
    from smeflow.llm.local.models import CATALOGUE, DEFAULT_MODEL, ModelStore

    if importlib.util.find_spec("xllamacpp") is None:
        screen.print(
            say('What runs a model here is not installed. It comes with: pip install "smeflow[local]"')
        )
        _no_second_act(screen)
        return False
    if default_model(ModelStore.of()) is None:
        screen.print(
            say("The model is fetched now. Ctrl-C stops here, and SMEFLOW_MODEL=none leaves this act out.")
        )
        tell_fetched(screen, fetch_model(screen, CATALOGUE[DEFAULT_MODEL]), CATALOGUE[DEFAULT_MODEL])
        screen.print()
    return True


def _no_second_act(screen: Screen) -> None:
    screen.print(say("There is no second act here; what the first gave stays."))
