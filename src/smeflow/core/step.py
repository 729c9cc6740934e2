"""Make a step of a function, and ask a result what it is able to do."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import FunctionType
from typing import Any, Never, NoReturn, Protocol, cast, get_type_hints, overload, runtime_checkable

from pydantic import BaseModel

from smeflow._text import shortened
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
        """Call the function.

        Raises:
            TypeError: It gave something else than its annotation says.
        """
        value = cast("Callable[..., T]", self.function)(case, llm, **self.arguments)
        if not _is_of(value, self.returns):
            wanted = self.returns.__name__
            raise TypeError(
                f"step {self.name!r} says -> {wanted} and gave {type(value).__name__} "
                f"({shortened(repr(value), 60)}): return {wanted}, or change the annotation"
            )
        return value

    def named(self, name: str, /, **arguments: Any) -> "FunctionStep[T]":
        """Give the same step under another *name*, with keyword arguments of its own."""
        return replace(self, name=name, arguments={**self.arguments, **arguments})


def _is_of(value: object, returns: Any) -> bool:
    """Tell whether *value* is what a step says it returns; what cannot be told at run time passes."""
    if not isinstance(returns, type) or (returns in (float, complex) and isinstance(value, int)):
        return True
    try:
        return isinstance(value, returns)
    except TypeError:  # a TypedDict, or a Protocol nobody can ask
        return True


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
        called = name or _require_step_function(f).__name__
        if not called.isidentifier():
            raise ValueError(
                f"a step cannot be called {called!r}: letters, digits and underlines, a letter first; "
                "write @step(name='kind')"
            )
        return FunctionStep(f, called, _returned(f), version)

    if isinstance(function, str):
        raise TypeError(f"write @step(name={function!r}): the name of a step is given by its word")
    return make if function is None else make(function)


_SHAPE = "write: def {name}(case: Case, llm: LLM) -> …"


def _require_step_function(f: Any) -> Any:
    """Refuse what cannot be called as a step, where it is written.

    Raises:
        TypeError: The message says what to write instead.
    """
    if isinstance(f, type) or not callable(f) or isinstance(f, FunctionStep):
        raise TypeError(f"@step stands above a function, and {f!r} is none")
    name = getattr(f, "__name__", type(f).__name__)  # foreign: any callable of a user's own
    if inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f):
        raise TypeError(
            f"step {name!r} is async: write def instead. Cases run beside each other all the same: await "
            "arun(…), or run_many(…)"
        )
    if inspect.isgeneratorfunction(f):
        raise TypeError(f"step {name!r} yields: a step returns one value; return a list of them")
    signature = inspect.signature(f)
    by_place = [p for p in signature.parameters.values() if p.kind <= p.POSITIONAL_OR_KEYWORD]
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())
    required = [p for p in by_place if p.default is p.empty]
    if len(required) > 2 or (len(by_place) < 2 and not takes_any):
        what = f"step {name!r} takes {signature}, and a step is called with a case and a model"
        raise TypeError(f"{what}; {_SHAPE.format(name=name)}")
    return f


def _returned(f: Any) -> Any:
    try:
        hints = get_type_hints(f)
    except NameError as error:
        raise TypeError(
            f"the annotations of step {f.__name__!r} name {error.name!r}, which is not there at run time: "
            "import it outside of TYPE_CHECKING"
        ) from error
    if "return" not in hints:
        raise TypeError(
            f"step {f.__name__!r} needs a return annotation, so that its result can be kept; "
            + _SHAPE.format(name=f.__name__)
        )
    if hints["return"] in (type(None), Never, NoReturn):
        raise TypeError(
            f"step {f.__name__!r} says that it returns nothing: a step is a function from a case to a value"
        )
    return hints["return"]


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
