"""What Typer says of a mistyped command, in the language of the person who typed it."""

import re

from smeflow.i18n import Phrase, say

_SAID: tuple[tuple[re.Pattern[str], Phrase], ...] = (
    (
        re.compile(r"No such option: (?P<a>\S+?)\.?( Did you mean (?P<b>.+)\?)?"),
        say("There is no option {a}."),
    ),
    (re.compile(r"No such command '(?P<a>.+?)'\..*"), say("There is no command {a}.")),
    (re.compile(r"Missing argument '(?P<a>.+)'\."), say("The argument {a} is missing.")),
    (re.compile(r"Missing option '(?P<a>.+)'\."), say("The option {a} is missing.")),
    (re.compile(r"Option '(?P<a>.+)' requires an argument\."), say("The option {a} needs a value.")),
    (re.compile(r"Got unexpected extra arguments? ?(\(s\) )?\((?P<a>.+)\)"), say("There is too much: {a}.")),
    (re.compile(r"Invalid value for '(?P<a>.+?)': .*", re.DOTALL), say("The value of {a} is not usable.")),
)
"""What it may say, and our words for it."""


def in_words(message: str) -> Phrase | str:
    """Give *message* as a sentence that can be translated; as it is where it is none of those known."""
    for pattern, phrase in _SAID:
        found = pattern.fullmatch(message.strip())
        if found:
            near = found.groupdict().get("b")
            what = Phrase(phrase.template, {"a": found["a"]})
            return say("{what} Did you mean {near}?", what=what, near=near) if near else what
    return message


def language_first(arguments: list[str]) -> list[str]:
    """Put ``--lang`` before the command, wherever it was typed."""
    if "--" in arguments:
        return arguments
    for n, one in enumerate(arguments):
        if one == "--lang" and n + 1 < len(arguments):
            return [*arguments[n : n + 2], *arguments[:n], *arguments[n + 2 :]]
        if one.startswith("--lang="):
            return [one, *arguments[:n], *arguments[n + 1 :]]
    return arguments
