"""Everything smeflow raises on purpose.

::

    SmeflowError
    ├── RecipeError       file, problems [(line, column, phrase)], all at once
    ├── MissingExtra      package, extra
    ├── DocumentError     name
    │   ├── UnreadableDocument
    │   ├── UnsupportedDocument
    │   └── LimitExceeded      limit, value, found
    ├── AnswerLater       due_at, ticket (control flow of the runner alone)
    ├── LLMError
    │   ├── LLMUnavailable     retry_after_seconds, kind, sent; the only one retried
    │   ├── LLMRejected        reason; asking again will not help
    │   ├── LLMRefused         the model declined or was filtered
    │   └── AnswerInvalid      reply, problems
    ├── BudgetSpent       limit, spent, currency
    ├── StepFailed        step, case_id (cause chained)
    ├── LedgerError
    │   ├── LedgerBusy         pid
    │   └── LedgerDamaged      where, repair
    ├── SourceError
    └── SinkError

A message says what happened, where, and what to do; ``error.phrase`` holds it for translation.
"""

import errno
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from smeflow.i18n import Phrase, say


class SmeflowError(Exception):
    """The root: catch it to catch everything smeflow raises on purpose."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.phrase = phrase

    def __str__(self) -> str:
        return str(self.phrase)


_REASONS: Mapping[int, Phrase] = {
    errno.ENOENT: say("it is not there"),
    errno.EACCES: say("this user may not"),
    errno.EPERM: say("this user may not"),
    errno.EROFS: say("it may only be read"),
    errno.EISDIR: say("it is a folder"),
    errno.ENOTDIR: say("it is not a folder"),
    errno.EEXIST: say("it is there already"),
    errno.ENOSPC: say("the disk is full"),
    errno.ENAMETOOLONG: say("its name is too long"),
    errno.EMFILE: say("too many files are open"),
    errno.EIO: say("the disk does not answer as it should"),
    errno.ECONNREFUSED: say("nothing answers there"),
    errno.ETIMEDOUT: say("no answer came in time"),
    errno.ENETUNREACH: say("the network is not reached"),
}


def os_error_reason(error: OSError) -> Phrase | str:
    """Say why the system refused: in the reader's language, or in the system's where it is rare."""
    known = _REASONS.get(error.errno) if error.errno else None
    return known or error.strerror or str(error) or type(error).__name__


class Problem(NamedTuple):
    """One mistake in a file a person wrote. Lines and columns count from 1."""

    line: int
    column: int
    phrase: Phrase


class RecipeError(SmeflowError):
    """A recipe or a ``smeflow.toml`` cannot be used; every problem is reported at once, in file order."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = sorted(problems, key=lambda p: (p.line, p.column))
        lines = "\n".join(f"{file}:{p.line}:{p.column}: {p.phrase}" for p in self.problems)
        super().__init__(Phrase("{lines}", {"lines": lines}))


class MissingExtra(SmeflowError):
    """An optional package is needed and not installed."""

    def __init__(self, *, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(
            say(
                '{package} is not installed. Install it with: pip install "smeflow[{extra}]"',
                package=package,
                extra=extra,
            )
        )


class DocumentError(SmeflowError):
    """A document could not become text and values."""

    def __init__(self, phrase: Phrase, *, name: str = "") -> None:
        """*name* is the document's; without it, what *phrase* calls ``name``."""
        super().__init__(phrase)
        self.name = name or str(phrase.data.get("name", ""))


class UnreadableDocument(DocumentError):
    """The bytes are not what they claim to be, or are cut."""


class UnsupportedDocument(DocumentError):
    """No reader knows this media type."""


class LimitExceeded(DocumentError):
    """A document is larger, deeper or slower than a limit allows."""

    def __init__(
        self, phrase: Phrase, *, limit: str, value: float, found: float | None = None, name: str = ""
    ) -> None:
        super().__init__(phrase, name=name)
        self.limit, self.value, self.found = limit, value, found


class AnswerLater(SmeflowError):
    """The answer comes at *due_at*; only the runner catches this, parks the item and replays the step."""

    def __init__(self, phrase: Phrase, *, due_at: datetime, ticket: str = "") -> None:
        super().__init__(phrase)
        self.due_at, self.ticket = due_at, ticket


class LLMError(SmeflowError):
    """A model gave no usable answer."""


class LLMUnavailable(LLMError):
    """The provider did not answer this time; asking again may help."""

    def __init__(
        self,
        phrase: Phrase,
        *,
        kind: Literal["rate", "outage", "broken"] = "outage",
        retry_after_seconds: float | None = None,
        sent: bool = True,
        reached: bool = True,
    ) -> None:
        """*kind*: asked too fast, not there, or an answer that broke on its way.

        *sent*: the request may have been processed, and so paid. *reached*: something is at its address.
        """
        super().__init__(phrase)
        self.kind, self.retry_after_seconds, self.sent, self.reached = (
            kind,
            retry_after_seconds,
            sent,
            reached,
        )


Rejection = Literal["no_model", "key", "quota", "model", "residency", "request", "too_long"]


class LLMRejected(LLMError):
    """The request will never be answered as it is.

    ``key``, ``quota``, ``model`` and ``residency`` stop a run; ``request`` and ``too_long`` concern one item;
    ``no_model`` means that there is none to ask.
    """

    def __init__(self, phrase: Phrase, *, reason: Rejection) -> None:
        super().__init__(phrase)
        self.reason = reason


class LLMRefused(LLMError):
    """The model declined to answer, or its answer was filtered."""


class AnswerInvalid(LLMError):
    """The model answered, and what it said does not fit the schema."""

    def __init__(self, phrase: Phrase, *, reply: str, problems: Sequence[str]) -> None:
        super().__init__(phrase)
        self.reply, self.problems = reply, tuple(problems)


class BudgetSpent(SmeflowError):
    """The next call could cost more than is left."""

    def __init__(
        self,
        phrase: Phrase,
        *,
        limit: Decimal,
        spent: Decimal,
        currency: str,
        whose: Literal["item", "run", "month"] = "run",
    ) -> None:
        """*whose* budget it is: that of one item concerns it alone, the others stop the run."""
        super().__init__(phrase)
        self.limit, self.spent, self.currency, self.whose = limit, spent, currency, whose


class StepFailed(SmeflowError):
    """A step raised; the cause is chained."""

    def __init__(self, phrase: Phrase, *, step: str, case_id: str) -> None:
        super().__init__(phrase)
        self.step, self.case_id = step, case_id


class LedgerError(SmeflowError):
    """The ledger cannot be used."""


class LedgerBusy(LedgerError):
    """Another runner works on the same recipe."""

    def __init__(self, phrase: Phrase, *, pid: int | None) -> None:
        super().__init__(phrase)
        self.pid = pid


class LedgerDamaged(LedgerError):
    """The ledger's file or one of its rows is not what was written."""

    def __init__(self, phrase: Phrase, *, where: str, repair: str) -> None:
        super().__init__(phrase)
        self.where, self.repair = where, repair


class SourceError(SmeflowError):
    """A source of cases cannot be read."""


class SinkError(SmeflowError):
    """A result cannot be put where it belongs; nothing is lost, the ledger still has it."""
