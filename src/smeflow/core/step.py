"""Make a step of a function, and ask a result what it is able to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import FunctionType
from typing import Any, Protocol, cast, get_type_hints, overload, runtime_checkable

from pydantic import BaseModel

from smeflow.core.case import Case, Step, T
from smeflow.i18n import Phrase
from smeflow.llm.interface import LLM


@dataclass(frozen=True)
class FunctionStep(Step[T]):
    """A step made of a plain function by `step`."""

    function: Callable[[Case, LLM], T]
    name: str = ""
    returns: type[T] = cast("type[T]", object)  # noqa: RUF009 - no call is made, the type checker is told
    version: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Keyword arguments the function is called with, besides the case and the model."""

    def __call__(self, case: Case, llm: LLM, /) -> T:
        """Call the function."""
        return cast("Callable[..., T]", self.function)(case, llm, **self.arguments)

    def named(self, name: str, /, **arguments: Any) -> "FunctionStep[T]":
        """Give the same step under another *name*, with keyword arguments of its own."""
        return replace(self, name=name, arguments={**self.arguments, **arguments})


@overload
def step(function: Callable[[Case, LLM], T], /) -> FunctionStep[T]: ...
@overload
def step(
    *, name: str | None = None, version: str | None = None
) -> Callable[[Callable[[Case, LLM], T]], FunctionStep[T]]: ...
def step(
    function: Callable[[Case, LLM], T] | None = None,
    /,
    *,
    name: str | None = None,
    version: str | None = None,
) -> FunctionStep[T] | Callable[[Callable[[Case, LLM], T]], FunctionStep[T]]:
    """Make a step of a function whose return type is annotated.

    *version* says when results are no longer comparable; without it, the function's code decides
    (comments and layout do not count).
    """

    def make(f: Callable[[Case, LLM], T]) -> FunctionStep[T]:
        returns = get_type_hints(f).get("return")
        if returns is None:
            raise TypeError(f"step {f.__name__!r} needs a return annotation, so that its result can be kept")
        return FunctionStep(f, name or f.__name__, returns, version)

    return make if function is None else make(function)


@runtime_checkable
class DoubtingResult(Protocol):
    """A result that can speak against itself."""

    @property
    def doubts(self) -> Sequence[Phrase]:
        """What is in doubt, for the person who must look."""
        ...


@runtime_checkable
class ModelWantingResult(Protocol):
    """A result that knows whether a model would have made it better."""

    @property
    def wanted_model(self) -> bool:
        """Whether it had none to ask."""
        ...


def has_ability(value: object, ability: type, name: str) -> bool:
    """Tell whether *value* has the *ability*, a Protocol whose one member is *name*.

    It is what ``isinstance`` says, which goes through the whole Protocol each time, at fifty times the cost.
    """
    kind: Any = type(value)
    sure = _has_by_type(kind, name)
    return isinstance(value, ability) if sure is None else sure


@lru_cache(maxsize=1024)
def _has_by_type(kind: Any, name: str) -> bool | None:
    """Tell whether all values of *kind* have *name*, or none; None where it is not the type that decides."""
    own = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    if isinstance(own, property | cached_property | FunctionType):
        return True
    if own is not None:
        return None
    if issubclass(kind, BaseModel):
        if name in kind.model_fields:
            return True
        return None if kind.model_config.get("extra") == "allow" else False
    dynamic = any("__getattr__" in vars(base) for base in kind.__mro__)
    return None if dynamic or kind.__dictoffset__ else False


def doubts_of(value: object) -> tuple[Phrase, ...]:
    """Give what a result says against itself; whatever is in doubt goes to a person."""
    if not has_ability(value, DoubtingResult, "doubts"):
        return ()
    return tuple(cast("DoubtingResult", value).doubts)


def wants_model(value: object) -> bool:
    """Tell whether a result would be better with a model and had none."""
    if not has_ability(value, ModelWantingResult, "wanted_model"):
        return False
    return cast("ModelWantingResult", value).wanted_model
