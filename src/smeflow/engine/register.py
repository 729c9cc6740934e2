"""The register of processing: which recipes are really run, on what, with which models, where, and who looks.

Made of the recipes as they are and of the ledger, so that it says what happened and not what was planned. It
holds no content and no name of a person. What only the firm knows (legal basis, how long data is kept, who is
responsible) stands in it as questions.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from smeflow.engine.models import CONSENT_FILE
from smeflow.errors import SmeflowError
from smeflow.i18n import Language, Phrase, localized, say
from smeflow.kinds.registry import SINKS, SOURCES, STEPS
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import nanos_to_money
from smeflow.llm.providers import PROVIDERS, is_loopback
from smeflow.money import Money
from smeflow.recipe.load import Recipe, load
from smeflow.tables.table_file import Sheet, workbook_bytes


@dataclass(frozen=True, kw_only=True)
class ModelUse:
    """One model that a recipe has asked."""

    recipe: str
    provider: str
    model: str
    region: str
    """``local``, ``eu``, ``outside`` or ``unknown``, as the provider binds itself."""
    processed: str
    """Where data is processed, in the provider's own words, with the page and the day it was read there."""
    agreed: str
    """Who agreed to the provider in this workspace, and when; empty where nobody had to."""
    calls: int
    tokens_in: int
    tokens_out: int
    cost: Money
    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class RecipeUse:
    """What one recipe does, and what it has done."""

    name: str
    recipe: Recipe | None
    """None where the ledger knows it and its file is not here, or has mistakes."""
    file: str
    kinds: Mapping[str, int]
    """How many things came in, by media type."""
    first: date | None
    last: date | None
    states: Mapping[str, int]
    decisions: Mapping[str, int]
    """What people decided, by action."""
    people: int
    """How many people decided."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """All recipes of a workspace, and every model they have asked."""

    on: date
    recipes: tuple[RecipeUse, ...]
    models: tuple[ModelUse, ...]


def make_register(ledger: Ledger, root: Path, on: date) -> Register:
    """Gather what the recipes in *root* and the folders in it say, and what the *ledger* knows of each."""
    files = dict(_recipes_in(root))
    names = dict.fromkeys([*ledger.recipes(), *files])
    consents = _consents(ledger.store.folder)
    return Register(
        on=on,
        recipes=tuple(_use_of(ledger, name, files.get(name, (None, ""))) for name in sorted(names)),
        models=tuple(use for name in sorted(names) for use in _models_of(ledger, name, files, consents)),
    )


_Files = Mapping[str, tuple[Recipe | None, str]]


def _recipes_in(root: Path) -> Iterator[tuple[str, tuple[Recipe | None, str]]]:
    """Read each recipe once; of two with one name, such as in two languages, the first file counts."""
    taken: set[str] = set()
    for file in sorted((*root.glob("*.y*ml"), *root.glob("*/*.y*ml"))):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        words = next((line.split("#")[0].split() for line in lines if line.startswith("recipe:")), [])
        if len(words) != 2 or words[1] in taken:
            continue
        taken.add(words[1])
        try:
            recipe = load(file)
        except SmeflowError:  # `smeflow check` says what is wrong with it
            recipe = None
        yield words[1], (recipe, file.relative_to(root).as_posix())


def _use_of(ledger: Ledger, name: str, file: tuple[Recipe | None, str]) -> RecipeUse:
    intake = ledger.store.tuples("intake of recipe", recipe=name)
    decided = [row for row in ledger.store.tuples("decisions of recipe", recipe=name) if row[0] != "note"]
    actions: Counter[str] = Counter()
    for action, _, count in decided:
        actions[str(action)] += int(count)
    counts = ledger.counts(name)
    return RecipeUse(
        name=name,
        recipe=file[0],
        file=file[1],
        kinds={str(kind): int(count) for kind, count, _, _ in intake},
        first=min((_day(row[2]) for row in intake), default=None),
        last=max((_day(row[3]) for row in intake), default=None),
        states={
            "done": counts.done,
            "review": counts.review,
            "failed": counts.failed,
            "skipped": counts.skipped,
            "open": counts.open,
        },
        decisions=dict(actions),
        people=len({person for _, person, _ in decided}),
    )


def _models_of(
    ledger: Ledger, name: str, files: _Files, consents: Mapping[str, tuple[str, str]]
) -> Iterator[ModelUse]:
    recipe = files.get(name, (None, ""))[0]
    own = recipe.regions if recipe is not None else {}
    rows = ledger.store.tuples("models of recipe", recipe=name)
    for provider, model, calls, tokens_in, tokens_out, nanos, first, last in rows:
        row = PROVIDERS.get(str(provider))
        region, agreed = consents.get(str(provider), ("", ""))
        address = str(provider).partition("@")[2]
        stated = f"{row.processed} ({row.stated_at}, {row.looked_up})" if row and row.processed else ""
        yield ModelUse(
            recipe=name,
            provider=str(provider),
            model=str(model),
            region=own.get(str(provider)) or region or _region_here(row.region if row else "", address),
            processed=stated,
            agreed=agreed,
            calls=int(calls),
            tokens_in=int(tokens_in),
            tokens_out=int(tokens_out),
            cost=nanos_to_money(int(nanos), ledger.currency),
            first=_day(first),
            last=_day(last),
        )


def _region_here(stated: str, address: str) -> str:
    if address and is_loopback(address):
        return "local"
    return stated or "unknown"


def _consents(state: Path) -> dict[str, tuple[str, str]]:
    """Give by provider in which region it was agreed to, and who agreed when."""
    try:
        kept = json.loads((state / CONSENT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    agreed = {}
    for key, told in kept.items() if isinstance(kept, dict) else ():
        provider, region, *_ = [*str(key).split(), "", ""]
        agreed[provider] = (region, f"{told.get('by', '')}, {str(told.get('at', ''))[:10]}")
    return agreed


def _day(at: object) -> date:
    return datetime.fromisoformat(str(at)).date()


# --- in words ---------------------------------------------------------------------------------------------

_RECIPE_HEADINGS: tuple[Phrase, ...] = (
    say("recipe"),
    say("file"),
    say("purpose"),
    say("where data comes from"),
    say("what came in"),
    say("first arrival"),
    say("last arrival"),
    say("steps"),
    say("models that may be asked"),
    say("what models do not see"),
    say("when a person looks"),
    say("what people decided"),
    say("how it stands"),
    say("where results go"),
)
_MODEL_HEADINGS: tuple[Phrase, ...] = (
    say("recipe"),
    say("provider"),
    say("model"),
    say("region"),
    say("where it computes, by its own word"),
    say("agreed to by"),
    say("calls"),
    say("tokens sent"),
    say("tokens received"),
    say("cost"),
    say("first call"),
    say("last call"),
)
QUESTIONS: tuple[Phrase, ...] = (
    say("Who is responsible for each recipe, and who replaces that person?"),
    say("Whose data is it (customers, suppliers, employees), and on what legal basis is it processed?"),
    say("How long are documents, results and the ledger kept, and who deletes them?"),
    say("Were the people concerned told, and where can they ask, object or have data corrected?"),
    say("Is there a contract with each provider of models (GDPR, article 28), and where does it lie?"),
    say("Who was trained to use it, and when (AI Act, article 4)?"),
)
"""What no ledger knows, and a firm writes beside the register."""
REGIONS: Mapping[str, Phrase] = {
    "local": say("this machine"),
    "eu": say("European Union"),
    "outside": say("outside the European Union"),
    "unknown": say("not known"),
}
ACTIONS: Mapping[str, Phrase] = {
    "approve": say("approved"),
    "correct": say("corrected"),
    "reject": say("rejected"),
    "again": say("asked again"),
    "split": say("split"),
    "undo": say("taken back"),
}
_STATES: Mapping[str, Phrase] = {
    "done": say("done"),
    "review": say("in review"),
    "failed": say("failed"),
    "skipped": say("left out"),
    "open": say("still open"),
}


def register_sheets(register: Register, language: Language) -> tuple[Sheet, ...]:
    """Put the register into sheets: recipes, models, and what the firm has to say itself."""

    def text(what: object) -> str:
        return str(localized(what, language))

    head = [text(heading) for heading in _RECIPE_HEADINGS]
    recipes = [[text(cell) for cell in _recipe_cells(use, language)] for use in register.recipes]
    models = [_model_cells(use, language) for use in register.models]
    title = text(say("Register of processing, {day}", day=register.on))
    return (
        Sheet(name=text(say("recipes")), header=head, lines=recipes, print_title=title),
        Sheet(
            name=text(say("models")),
            header=[text(heading) for heading in _MODEL_HEADINGS],
            lines=models,
            print_title=title,
        ),
        Sheet(
            name=text(say("to fill in")),
            header=[text(say("question")), text(say("answer"))],
            lines=[[text(question), ""] for question in QUESTIONS],
            print_title=title,
        ),
    )


def _recipe_cells(use: RecipeUse, language: Language) -> Iterator[object]:
    recipe = use.recipe
    gone = say("its file is not here, or has mistakes")
    yield use.name
    yield use.file or gone
    yield recipe.about if recipe else gone
    yield _word_of(recipe.source, SOURCES) if recipe else ""
    yield _counted(((kind, n) for kind, n in use.kinds.items()), language)
    yield use.first or ""
    yield use.last or ""
    yield ", ".join(f"{e.step.name} ({_kind(e.step, STEPS)})" for e in recipe.entries) if recipe else ""
    yield _may_be_asked(recipe) if recipe else ""
    yield _hidden(recipe, language) if recipe else ""
    yield _conditions(recipe, language) if recipe else ""
    decided = _counted(((ACTIONS.get(action, action), n) for action, n in use.decisions.items()), language)
    yield say("{decided} (by {n} people)", decided=decided, n=use.people) if decided else say("nothing yet")
    states = [(_STATES[state], n) for state, n in use.states.items() if n]
    yield _counted(states, language) or say("it has not run")
    yield "; ".join(_word_of(sink, SINKS) for sink in recipe.sinks) if recipe else ""


def _counted(pairs: Iterable[tuple[object, int]], language: Language) -> str:
    return ", ".join(f"{n} × {localized(what, language)}" for what, n in pairs)


def _kind(kind: object, table: Mapping[str, str]) -> str:
    place = f"{type(kind).__module__}:{type(kind).__name__}"
    return next((word for word, where in table.items() if where == place), type(kind).__name__)


def _word_of(kind: Any, table: Mapping[str, str]) -> str:
    """Name a source or sink by its word and its place, and say where it acts beyond this machine's files."""
    fields = dict(kind) if isinstance(kind, BaseModel) else {}
    word = _kind(kind, table)
    acts = ", mode: act" if fields.get("mode") == "act" or fields.get(word) == "act" else ""
    return f"{word}: {kind.name}{acts}"


def _may_be_asked(recipe: Recipe) -> str:
    own = [f"{e.step.name}: {e.llm}" for e in recipe.entries if e.llm]
    allowed = f" ({', '.join(recipe.allow)})" if recipe.llm == "auto" and recipe.allow else ""
    return "; ".join((f"{recipe.llm}{allowed}, residency: {recipe.residency}", *own))


def _hidden(recipe: Recipe, language: Language) -> str:
    parts: list[object] = [say("personal data that its patterns find")] if recipe.redact else []
    parts += recipe.private
    return ", ".join(str(localized(part, language)) for part in parts or [say("nothing is hidden")])


def _conditions(recipe: Recipe, language: Language) -> str:
    """Say when an item waits for a person: what a step doubts always does."""
    own = [f"{e.step.name}: {e.review_text}" for e in recipe.entries if e.review_text]
    always = say("whatever a step doubts or cannot read").render(language)
    return "; ".join((always, *own))


def _model_cells(use: ModelUse, language: Language) -> Sequence[Any]:
    region = localized(REGIONS.get(use.region, use.region), language)
    named = (use.recipe, use.provider, use.model, region, use.processed, use.agreed)
    return (*named, use.calls, use.tokens_in, use.tokens_out, use.cost, use.first, use.last)


def register_markdown(register: Register, language: Language) -> str:
    """Write the register as a page of Markdown: a list a recipe, a table of models, the questions left."""

    def text(what: object) -> str:
        return str(localized(what, language))

    recipes, models, questions = register_sheets(register, language)
    lines = [f"# {text(say('Register of processing, {day}', day=register.on))}", "", text(_PREFACE), ""]
    for line in recipes.lines:
        lines += [f"## {line[0]}", ""]
        lines += [
            f"- **{head}**: {cell}" for head, cell in zip(recipes.header[1:], line[1:], strict=True) if cell
        ]
        lines.append("")
    lines += [f"## {text(say('Models that were asked'))}", ""]
    if models.lines:
        lines += [f"| {' | '.join(models.header)} |", "|" + "---|" * len(models.header)]
        cells = ([text(cell).replace("|", "\\|") for cell in line] for line in models.lines)
        lines += [f"| {' | '.join(line)} |" for line in cells]
    else:
        lines.append(text(say("No model was asked.")))
    lines += ["", f"## {text(say('What only you know'))}", ""]
    lines += [f"- {question}" for question, _ in questions.lines]
    return "\n".join(lines) + "\n"


_PREFACE = say(
    "What the recipes of this folder do, and what the ledger says they did. It helps to keep the record that "
    "GDPR, article 30, and the AI Act ask for; it is no legal advice, and the questions at its end are yours."
)


def register_workbook(register: Register, language: Language) -> bytes:
    """Write the register as XLSX."""
    return workbook_bytes(register_sheets(register, language), language)
