"""Errors of the libraries that carry a request, each with a meaning here."""

import openai
import pytest

from smeflow.errors import LLMError
from smeflow.llm.error_mapping import OPENAI_ERRORS, error_from_library


def every_sdk_error() -> list[type[BaseException]]:
    found = {e for e in vars(openai._exceptions).values() if isinstance(e, type) and issubclass(e, Exception)}
    return sorted(found | subclasses(openai.OpenAIError), key=lambda e: e.__name__)


def subclasses(kind: type[BaseException]) -> set[type[BaseException]]:
    return {kind}.union(*(subclasses(k) for k in kind.__subclasses__() if k.__module__.startswith("openai")))


@pytest.mark.parametrize("kind", every_sdk_error(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_sdk_becomes_one_of_ours(kind):
    """A class that a new SDK brings must be given a meaning here."""
    assert kind.__name__ in OPENAI_ERRORS
    made = kind.__new__(kind)
    made.args = ("it happened",)
    made.status_code = 503  # type: ignore[attr-defined]
    if OPENAI_ERRORS[kind.__name__] != "by status":
        del made.status_code  # type: ignore[attr-defined]
    assert isinstance(error_from_library(made, provider="openai", model="m"), LLMError)
