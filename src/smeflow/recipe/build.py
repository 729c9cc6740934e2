"""Make sources, steps and sinks of what a recipe says about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from smeflow.core.case import Step
from smeflow.core.plan import Entry
from smeflow.core.step import FunctionStep
from smeflow.expressions.language import RESERVED, Expression, ExpressionError
from smeflow.i18n import Phrase, say
from smeflow.kinds import registry
from smeflow.kinds.lookup import KindError
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.record_kind import split_words
from smeflow.kinds.sinks import ActingSink, DeliveringSink, Sink
from smeflow.kinds.sources import FactSource, Source, path_of
from smeflow.kinds.steps import ExpressionStep, LabelStep, MeasureStep
from smeflow.ledger.postgres_connection import one_moment
from smeflow.recipe.code_steps import parameters_of
from smeflow.recipe.conditions import check_labels, check_reads, checked_expression, type_at
from smeflow.recipe.keys import check_model_names
from smeflow.recipe.problems import problems_of, with_suggestion
from smeflow.recipe.settings import refusal_of_variable
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.recipe.yaml import KeyPath


class ProblemReporter(Protocol):
    """Note a problem at a place of the recipe."""

    def __call__(self, path: KeyPath, phrase: Phrase | ExpressionError, *, key: bool = False) -> None:
        """Note it."""
        ...


@dataclass(kw_only=True)
class RecipeBuilder:
    """Makes the parts of one recipe; whatever is wrong is told, and the rest goes on."""

    folder: Path
    roots: tuple[Path, ...]
    workspace: WorkspaceSettings
    report: ProblemReporter
    results: dict[str, Any] = field(default_factory=dict)
    """Steps made so far, with the types of their results."""
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The labels of the steps made so far that give one."""
    later: frozenset[str] = frozenset()
    timezone: str | None = None
    reviewed: set[str] = field(default_factory=set)
    """Steps with a condition that asks a person to look."""
    case_source: Source | None = None
    """What sinks may have to know of where the cases come from."""

    def source(self, data: object) -> Source | None:
        """Make the source."""
        return self._build("sources", data, ("source",)) if isinstance(data, dict) else None

    def with_facts(self, source: Source | None, entries: tuple[Entry, ...]) -> Source | None:
        """Let a source that computes facts know which ones the steps are made of."""
        if not isinstance(source, FactSource):
            return source
        facts: dict[str, Any] = {}
        locale = self.workspace.locale
        for n, entry in enumerate(entries):
            if not isinstance(entry.step, MeasureStep):
                continue
            for name, measure in entry.step.measures.items():
                if facts.setdefault(name, measure) != measure:
                    self.report(("steps", n, "facts", name), say("there is another fact {name}", name=name))
            locale = entry.step.locale if entry.step.measures else locale
        if not facts and Any not in self.results.values():
            self.report(("source",), say("no step asks for facts of this source; write a step report: NAME"))
        return source.computing(facts, locale)

    def sinks(self, data: object, source: Source | None) -> tuple[Sink | ActingSink | DeliveringSink, ...]:
        """Make the sinks; no two write one file, and none writes where the recipe reads."""
        made: dict[str, Sink | ActingSink | DeliveringSink] = {}
        self.case_source = source
        for n, each in enumerate(data if isinstance(data, list) else ()):
            sink = self._build("sinks", each, ("sinks", n))
            if sink is None:
                continue
            if sink.name in made and sink.name != "-":
                self.report(("sinks", n), say("two sinks write {path}", path=sink.name))
            target, inbox = path_of(sink), path_of(source)
            if target and inbox and target.is_relative_to(inbox):
                phrase = say("{path} lies in the source and would come in again", path=sink.name)
                self.report(("sinks", n), phrase)
            made[sink.name] = sink
        return tuple(made.values())

    def steps(self, data: object) -> tuple[str | None, tuple[Entry, ...]]:
        """Make the entries of the plan; the first may say how to split a case."""
        listed = data if isinstance(data, list) else []
        split: str | None = None
        entries: list[Entry] = []
        names = [self._name_of(each) for each in listed]
        for n, each in enumerate(listed):
            self.later = frozenset(name for name in names[n:] if name)
            if not isinstance(each, dict):
                self.report(("steps", n), say("a step is written as KIND: NAME, such as extract: invoice"))
            elif set(each) == {"split"} and n == 0:
                split = self._split(each["split"], ("steps", n, "split"))
            else:
                entry = self._entry(each, ("steps", n))
                if entry is not None:
                    entries.append(entry)
        return split, tuple(entries)

    def _name_of(self, each: object) -> str | None:
        if not isinstance(each, dict):
            return None
        word = next((key for key in each if key in self._words("steps")), None)
        return str(each[word]) if word else None

    def _words(self, family: registry.Family) -> tuple[str, ...]:
        """Give the words a recipe may use: those of smeflow, of packages, and of the firm's own files."""
        own = self.workspace.own_steps() if family == "steps" else ()
        return (*registry.kind_names(family), *own)

    def _split(self, how: object, path: KeyPath) -> str | None:
        if isinstance(how, str) and how in split_words():
            return how
        self.report(path, say("{key} must be one of {wanted}", key="split", wanted=", ".join(split_words())))
        return None

    def _entry(self, data: Mapping[str, Any], path: KeyPath) -> Entry | None:
        step = self._build("steps", {k: v for k, v in data.items() if k not in _ENTRY_KEYS}, path)
        when = self._condition(data, path, "when")
        name = self._name_of(data)
        if step is None:
            if name:
                self.results[name] = Any  # later conditions may read it; its own problem is told already
            return None
        if step.name in self.results:
            self.report(path, say("there is a step {name} already", name=step.name))
        self._check_expressions(step, data, path)
        self.results[step.name] = step.returns
        self.later -= {step.name}
        labels = step.labels if isinstance(step, LabelStep) else None
        if isinstance(labels, Mapping):
            self.labels[step.name] = tuple(map(str, labels))
        review = self._condition(data, path, "review")
        if review is not None:
            self.reviewed.add(step.name)
        llm, agree = self._models(data, path)
        return Entry(
            step=step,
            llm=llm,
            agree=agree,
            when=when.decides if when else None,
            review=review.decides if review else None,
            undecided=review.undecided if review else None,
            when_text=str(data.get("when", "")),
            review_text=str(data.get("review", "")),
        )

    def _models(self, data: Mapping[str, Any], path: KeyPath) -> tuple[str, int]:
        """Read which models a step of its own asks, and how many of them must agree."""
        llm, agree = data.get("llm", ""), data.get("agree", 1)
        listed = [llm] if isinstance(llm, str) else llm
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            self.report((*path, "llm"), say("write llm: as one model or a list of them"))
            return "", 1
        if type(agree) is not int or not 1 <= agree <= 3:
            self.report((*path, "agree"), say("agree: is how many models must say the same: 2 or 3"))
            return "", 1
        names = ", ".join(listed)
        try:
            check_model_names(names)
        except ValueError as error:
            self.report((*path, "llm"), error.args[0])
        chosen = [name for name in names.split(",") if name.strip()]
        if chosen and len(chosen) < agree:
            self.report((*path, "agree"), say("agree: {n} needs {n} models at llm:", n=agree))
        return names, agree

    def _check_expressions(self, step: Step[Any], data: Mapping[str, Any], path: KeyPath) -> None:
        """Check what the expressions inside a step read: those of a rule, the facts of a draft."""
        expressions = step.expressions if isinstance(step, ExpressionStep) else ()
        for expression in expressions.values() if isinstance(expressions, Mapping) else expressions:
            try:
                check_reads(expression, self.results, self.later, self.constants)
                check_labels(expression.text, self.labels)
            except ExpressionError as error:
                self.report((*path, *_place_of_text(data, expression.text)), error)

    @property
    def constants(self) -> Mapping[str, Any]:
        """What expressions may read besides steps."""
        return {"company": self.workspace.company}

    def _condition(self, data: Mapping[str, Any], path: KeyPath, key: str) -> Expression | None:
        if key not in data:
            return None
        text = data[key]
        if isinstance(text, bool):
            text = str(text).lower()
        if not isinstance(text, str):
            self.report((*path, key), say("{key} must be a condition, such as invoice.proven", key=key))
            return None
        return self._compile(text, (*path, key))

    def _compile(self, text: str, path: KeyPath) -> Expression | None:
        try:
            return self.expression(text)
        except ExpressionError as error:
            self.report(path, error)
            return None

    def expression(self, text: str) -> Expression:
        """Parse an expression that may read the steps made so far.

        Raises:
            ExpressionError: It is none.
        """
        expression = checked_expression(
            text, self.results, self.later, self.constants, self.workspace.company.currency
        )
        check_labels(text, self.labels)
        return expression

    def _type_of(self, text: str) -> Any:
        """Tell the type of what a dotted name gives, where it is known."""
        reads = self.expression(text).reads
        return type_at(reads[0].path, self.results) if len(reads) == 1 else None

    def _build(self, family: registry.Family, data: object, path: KeyPath) -> Any:  # a source, step or sink
        if not isinstance(data, dict):
            self.report(path, say("write it as KIND: NAME, such as {example}", example=_EXAMPLES[family]))
            return None
        known = self._words(family)
        words = [key for key in data if key in known]
        if not words:
            first = str(next(iter(data), ""))
            problem = say("{word} is no kind of {what}", word=first, what=_WHAT[family])
            self.report((*path, first), with_suggestion(problem, first, known), key=True)
            return None
        word = words[0]
        try:
            own = self.workspace.own_steps() if family == "steps" else {}
            kind = own[word] if word in own else registry.load_kind(family, word)
        except KindError as error:
            self.report((*path, word), error.phrase, key=True)
            return None
        if family == "steps" and not self._check_name(data[word], (*path, word)):
            return None
        main = "name" if family == "steps" else word
        fields = {main if key == word else key: value for key, value in data.items()}
        made = self._validated(kind, fields, path, main, word)
        missing = registry.missing_members(family, made) if made is not None else ()
        if missing:
            problem = say("{word} lacks {members}: it is no {what}", word=word, members=", ".join(missing),
                       what=_WHAT[family])  # fmt: skip
            self.report((*path, word), problem, key=True)
            return None
        return made

    def _check_name(self, name: object, path: KeyPath) -> bool:
        if (
            isinstance(name, str)
            and _STEP_NAME.fullmatch(name)
            and not iskeyword(name)
            and name not in RESERVED
        ):
            return True
        self.report(path, say("a step needs a name of letters, digits and _ that is no word of the language"))
        return False

    def _validated(self, kind: Any, fields: dict[str, Any], path: KeyPath, main: str, word: str) -> Any:
        if isinstance(fields.get("into"), str) and fields["into"] in registry.kind_names("records"):
            fields["into"] = registry.load_kind("records", fields["into"])
        if not isinstance(kind, type):
            return self._function_step(kind, fields, path, word)
        if not issubclass(kind, BaseModel):
            try:
                return kind(**fields)
            except Exception as error:  # noqa: BLE001 - code of the user's own may raise whatever it likes
                self.report(path, say("{text}", text=str(error) or type(error).__name__))
                return None
        shared = {"constants": self.constants, "currency": self.workspace.company.currency}
        fields |= {key: value for key, value in shared.items() if _is_from_workspace(kind, key)}
        if "locale" in kind.model_fields:
            fields.setdefault("locale", self.workspace.locale)
        try:
            return kind.model_validate(fields, context=self.context())
        except ValidationError as error:
            extra = set()
            for loc, problem, is_key in problems_of(error, kind):
                place = (*path, *(word if n == 0 and part == main else part for n, part in enumerate(loc)))
                self.report(place, problem, key=is_key)
            for detail in error.errors(include_url=False):
                if detail["type"] == "extra_forbidden":
                    extra.add(detail["loc"][0])
            if not extra & fields.keys():
                return None
            # what is right without the unknown keys still tells the steps after it what they may read
            return self._validated_or_none(
                kind, {key: value for key, value in fields.items() if key not in extra}
            )

    def _validated_or_none(self, kind: type[BaseModel], fields: dict[str, Any]) -> Any:
        try:
            return kind.model_validate(fields, context=self.context())
        except ValidationError:
            return None

    def _function_step(self, step: Any, fields: dict[str, Any], path: KeyPath, word: str) -> Step[Any] | None:
        if not isinstance(step, FunctionStep):
            reason = say("{name} is no step: put @step in front of the function", name=word)
            self.report((*path, word), reason, key=True)
            return None
        parameters = parameters_of(step.function)
        written = {key: value for key, value in fields.items() if key != "name"}
        named = replace(step, name=fields["name"])
        try:
            checked = parameters.model_validate(written, context=self.context())
        except ValidationError as error:
            for loc, problem, is_key in problems_of(error, parameters):
                self.report((*path, *loc), problem, key=is_key)
            return named  # the steps after it may read it all the same
        return replace(named, arguments={key: vars(checked)[key] for key in written})

    def context(self) -> RecipeContext:
        """Give what validators of kinds may need."""
        return RecipeContext(
            folder=self.folder,
            roots=self.roots,
            home=self.workspace.root,
            locale=self.workspace.locale,
            language=self.workspace.language,
            timezone=self.timezone,
            currency=self.workspace.company.currency,
            compile=self.expression,
            type_of=self._type_of,
            source=self.case_source,
            reviewed=frozenset(self.reviewed),
            variable_refused=partial(refusal_of_variable, self.workspace),
            shared_ledger=partial(one_moment, shared) if (shared := self.workspace.ledger_url) else None,
        )


def _is_from_workspace(kind: type[BaseModel], key: str) -> bool:
    """Whether a step asks for something of the workspace by a field that is no key of the recipe."""
    info = kind.model_fields.get(key)
    return info is not None and bool(info.exclude)


def _place_of_text(data: Any, text: str) -> KeyPath:
    """Find where in nested data a text stands."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if value == text:
            return (key,)
        deeper = _place_of_text(value, text)
        if deeper:
            return (key, *deeper)
    return ()


_ENTRY_KEYS = frozenset({"when", "review", "llm", "agree"})
"""Keys every step has beside its own."""
_STEP_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_EXAMPLES: Mapping[str, str] = {
    "sources": "folder: inbox",
    "steps": "extract: invoice",
    "sinks": "table: out.xlsx",
}
_WHAT: Mapping[str, Phrase] = {"sources": say("source"), "steps": say("step"), "sinks": say("sink")}
