"""What a step's fingerprint sees of a user's own code, and what it says that it does not see."""

import importlib.util
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smeflow import LLM, Case, fingerprint, step
from smeflow.core.fingerprints import earlier_fingerprint, unseen_by_fingerprint

MODULE = '''
import logging
import re
from decimal import Decimal
from enum import Enum

from pydantic import BaseModel, Field, field_validator

from smeflow import LLM, Case, step

log = logging.getLogger(__name__)
PROMPT = "Say what is broken."
RULES = {"urgent": ("today", "now")}
NUMBER = re.compile(r"T-[0-9]+")
UNUSED = "nobody reads this"


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Line(BaseModel):
    price: Decimal = Field(ge=0)


class Ticket(BaseModel):
    number: str | None = None
    level: Level = Level.LOW
    lines: tuple[Line, ...] = ()

    @field_validator("number")
    @classmethod
    def _upper(cls, number):
        return cleaned(number)


def cleaned(number):
    return number.upper() if number else None


def helper(text):
    return deeper(text) + PROMPT


def deeper(text):
    return text.strip()


def other(text):
    return text


@step
def earlier(case: Case, llm: LLM) -> str:
    return "a"


def limited(words):
    @step
    def inside(case: Case, llm: LLM) -> bool:
        return any(word in case.text for word in words)

    return inside


@step
def ticket(case: Case, llm: LLM, *, level: str = PROMPT) -> Ticket:
    """Read a ticket."""
    log.info("reading")
    match = NUMBER.search(helper(case.text))
    case.get(earlier)
    return Ticket(number=match and match.group(), level=Level.HIGH if RULES else Level.LOW)


inside = limited(("today",))
'''


@pytest.fixture
def module_of(tmp_path: Path) -> Callable[[str], Any]:
    """Give a module of the text given, as a file of a user's own."""
    counter = iter(range(100))

    def make(text: str) -> Any:
        file = tmp_path / f"{next(counter)}" / "tickets.py"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("tickets", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["tickets"] = module
        spec.loader.exec_module(module)
        return module

    yield make
    sys.modules.pop("tickets", None)


SEEN = {
    "a prompt": ("Say what is broken.", "Say what is wrong."),
    "a table of words": ('"today", "now"', '"today"'),
    "a pattern": ("T-[0-9]+", "T[0-9]+"),
    "a helper": ("return deeper(text) +", "return deeper(text) * 2 +"),
    "a helper's helper": ("text.strip()", "text.lstrip()"),
    "a field of the result": ("number: str | None = None", "number: str | None = 'T-1'"),
    "a class inside the result": ("Field(ge=0)", "Field(ge=1)"),
    "an enum": ('HIGH = "high"', 'HIGH = "very high"'),
    "what a validator calls": ("number.upper()", "number.lower()"),
    "its own code": ('log.info("reading")', 'log.info("reading a ticket")'),
}
UNTOUCHED = {
    "a constant nobody uses": ("nobody reads this", "nobody reads that"),
    "a function nobody calls": ("def other(text):\n    return text", "def other(text):\n    return text * 2"),
    "a comment": ("log = logging", "# what happens\nlog = logging"),
    "how a step before comes to its value": ('return "a"', 'return "b"'),
}


@pytest.mark.parametrize("change", SEEN.values(), ids=SEEN.keys())
def test_a_change_of_what_decides_the_answer_is_seen(module_of, change):
    """Whatever the function uses of the user's own is part of what it would do."""
    before = module_of(MODULE).ticket
    known = fingerprint(before), unseen_by_fingerprint(before)
    after = module_of(MODULE.replace(*change)).ticket
    assert MODULE.replace(*change) != MODULE
    assert (fingerprint(after), unseen_by_fingerprint(after)) != known
    assert known[1] == ()


@pytest.mark.parametrize("change", UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_a_change_that_decides_nothing_asks_nothing_again(module_of, change):
    """What the function does not use may change."""
    before = module_of(MODULE).ticket
    known = fingerprint(before), unseen_by_fingerprint(before)
    after = module_of(MODULE.replace(*change)).ticket
    assert MODULE.replace(*change) != MODULE
    assert (fingerprint(after), unseen_by_fingerprint(after)) == known
    assert known[1] == ()


def test_what_a_function_is_closed_over_is_seen(module_of):
    """A step made by a function differs by what that was given."""
    before, after = module_of(MODULE), module_of(MODULE.replace('limited(("today",))', 'limited(("now",))'))
    assert fingerprint(before.inside) != fingerprint(after.inside)


def test_a_file_that_lies_elsewhere_says_the_same(module_of):
    """A fingerprint holds no path and no address, and is the same in another process."""
    here = module_of(MODULE)
    code = f"import sys; sys.path.insert(0, {str(Path(here.__file__).parent)!r}); import tickets, smeflow; "
    code += "print(smeflow.fingerprint(tickets.ticket))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint(here.ticket)


UNSEEN = {
    "a file": ('return open("prompt.txt").read()', "open(…)"),
    "a path": ("return Path('p').read_text()", "Path('p').read_text"),
    "an object": ("return client.answer()", "client"),
    "what it keeps": ("memory[case.id] = 1\n    return 'a'", "memory"),
    "a module of the user's own": ("import tickets_of_mine\n    return 'a'", "tickets_of_mine"),
}


@pytest.mark.parametrize(("body", "what"), UNSEEN.values(), ids=UNSEEN.keys())
def test_what_is_not_seen_is_told_and_a_version_settles_it(module_of, body, what):
    """The author is asked for a version where a change would go unnoticed."""
    text = textwrap.dedent("""
        from pathlib import Path
        from smeflow import LLM, Case, step

        class Client:
            def __init__(self):
                self.secret = object()
            def answer(self):
                return "a"

        client = Client()
        memory = {{}}

        @step{version}
        def ask(case: Case, llm: LLM) -> str:
            {body}
    """)
    told = unseen_by_fingerprint(module_of(text.format(version="", body=body)).ask)
    assert [phrase.data["what"] for phrase in told] == [what]
    assert "version" in str(told[0])
    assert unseen_by_fingerprint(module_of(text.format(version='(version="1")', body=body)).ask) == ()


def test_what_a_step_keeps_between_its_calls_changes_nothing(module_of):
    """A memory that fills is no other step: it would be asked again at every run."""
    text = (
        "from smeflow import LLM, Case, step\nmemory = {}\n\n\n@step\ndef ask(case: Case, llm: LLM) -> str:\n"
    )
    module = module_of(text + "    memory[case.id] = 1\n    return 'a'\n")
    before = fingerprint(module.ask)
    module.ask(Case.of("text"), None)
    assert module.memory
    assert fingerprint(module.ask) == before


def test_an_older_ledger_knows_the_step_by_its_code_alone(module_of):
    """What uses nothing of the user's own has the fingerprint it always had."""

    @step
    def plain(case: Case, llm: LLM) -> str:
        return case.text.strip()

    assert fingerprint(plain) == earlier_fingerprint(plain)
    module = module_of(MODULE)
    assert fingerprint(module.ticket) != earlier_fingerprint(module.ticket)


def test_arguments_are_part_of_what_a_step_does(module_of):
    """The same function with another value is another step."""
    ticket = module_of(MODULE).ticket
    assert fingerprint(ticket.named("t", level="a")) != fingerprint(ticket.named("t", level="b"))
    assert fingerprint(ticket.named("t")) == fingerprint(ticket.named("t"))
