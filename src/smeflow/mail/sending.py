"""Send an answer to who wrote: only what a person approved, or what a rule over proven values lets go."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow.core.claims import Evidenced
from smeflow.expressions.language import Expression, ExpressionError
from smeflow.i18n import say
from smeflow.kinds.mailbox import Account, Effect
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.mail.actions import BY_RULE
from smeflow.mail.senders import envelope_sender, reason_not_to_answer
from smeflow.mail.smtp import plain_address
from smeflow.values.cells import cell_of, text_of

PERSON = "person"


class ToRow(BaseModel):
    """A recipient that stands in a table of the firm's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    table: str
    """A table named in ``smeflow.toml``."""
    column: str = "email"
    """The column with the address."""
    where: dict[str, str] = Field(min_length=1)
    """Which row: columns, each with an expression: ``{number: order.record.customer}``."""


class SendAnswers(BaseModel):
    """Sends an answer over SMTP: ``send: reply``. Without ``mode: act`` it only lists what it would send.

    What was sent cannot be taken back. Each mail gets at most one answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    send: str
    """The step whose text is sent."""
    host: str
    """The server that sends: ``ssl0.ovh.net``, ``smtp.gmail.com``."""
    port: int = Field(default=465, ge=1, le=65535)
    """Its port."""
    security: Literal["tls", "starttls"] = "tls"
    """``tls`` on port 465, ``starttls`` on port 587; there is none without."""
    user: str = ""
    """What to log in as, where it is not the mailbox's address."""
    certificate: str | None = None
    """The certificate of a server of the firm's own, a file relative to the recipe."""
    approve: str
    """``person``: what somebody approved in the review of the step. Or a rule that reads values proven from
    the mail, and sends by itself where it holds: ``order.proven``."""
    mode: Literal["observe", "act"] = "observe"
    """``observe`` lists what would be sent; ``act`` sends."""
    when: str | None = None
    """Only mails for which this holds."""
    to: Literal["sender"] | ToRow = "sender"
    """Who gets it: ``sender``, as the receiving server wrote it down; or an address in the firm's table."""
    _source: Account | None = PrivateAttr(default=None)
    _sender: Account | None = PrivateAttr(default=None)
    _expressions: dict[str, Expression] = PrivateAttr(default_factory=dict)

    @field_validator("send")
    @classmethod
    def _is_step(cls, written: str, info: ValidationInfo) -> str:
        _compile(f"{written}.text", RecipeContext.of(info.context))
        return written

    @field_validator("when", "approve", mode="before")
    @classmethod
    def _is_expression(cls, written: object, info: ValidationInfo) -> object:
        written = str(written).lower() if isinstance(written, bool) else written
        if info.field_name == "approve" and written == PERSON:
            _must_be_reviewed(info.data.get("send", ""), RecipeContext.of(info.context))
        elif isinstance(written, str):
            expression = _compile(written, RecipeContext.of(info.context))
            if info.field_name == "approve":
                _only_proven(expression, RecipeContext.of(info.context))
        return written

    @field_validator("to")
    @classmethod
    def _has_good_columns(cls, written: object, info: ValidationInfo) -> object:
        for text in written.where.values() if isinstance(written, ToRow) else ():
            _compile(text, RecipeContext.of(info.context))
        return written

    @field_validator("certificate")
    @classmethod
    def _inside(cls, certificate: str | None, info: ValidationInfo) -> str | None:
        if certificate is not None and not RecipeContext.of(info.context).path(certificate).is_file():
            raise ValueError(say("{path} does not exist", path=certificate))
        return certificate

    @field_validator("mode")
    @classmethod
    def _has_mailbox(cls, mode: str, info: ValidationInfo) -> str:
        if mode == "act" and _has_no_mailbox(RecipeContext.of(info.context)):
            raise ValueError(
                say("act needs a source that is a mailbox; with others only observe is possible")
            )
        return mode

    def model_post_init(self, context: Any, /) -> None:
        """Compile what is an expression, and find both servers."""
        recipe = RecipeContext.of(context)
        self._source = _account_of(recipe)
        if self._source is not None:
            self._sender = Account(
                address=self._source.address,
                host=self.host,
                port=self.port,
                user=self.user or self._source.user,
                security=self.security,
                certificate=recipe.path(self.certificate) if self.certificate else None,
            )
        texts = {"when": self.when, "approve": None if self.approve == PERSON else self.approve}
        if isinstance(self.to, ToRow):
            texts |= {f"to {column}": text for column, text in self.to.where.items()}
        self._expressions.update(
            {name: _compile(text, recipe) for name, text in texts.items() if text is not None}
        )

    @property
    def name(self) -> str:
        """What is sent."""
        return f"send {self.send}"

    @property
    def acting(self) -> bool:
        """Whether anything is sent at all."""
        return self.mode == "act"

    @property
    def account(self) -> Account | None:
        """The mailbox the mail came into; None where the source is none."""
        return self._source

    @property
    def sender(self) -> Account | None:
        """The server that sends."""
        return self._sender

    def effects(self, item: SinkItem) -> tuple[Effect, ...]:
        """Give the one answer to a finished mail, if it may go."""
        drafted = item.case.results.get(self.send)
        text = getattr(drafted, "text", "")
        if not text or not item.case.documents or reason_not_to_answer(item.case.documents[0]) is not None:
            return ()
        if "when" in self._expressions and self._expressions["when"].decides(item.case) is not True:
            return ()
        by, target = self._leave(item, drafted), self._target(item)
        if not by or not target or (self._source and target.casefold() == self._source.address.casefold()):
            return ()
        subject = str(getattr(drafted, "subject", "") or "").replace("\n", " ")
        return (Effect(kind="send", target=target, content=f"{subject}\n{text}", by=by),)

    def _leave(self, item: SinkItem, drafted: object) -> str:
        """Tell who lets the answer go: a person, or the rule; nobody where it is empty."""
        person = item.approved.get(self.send, "")
        if person or self.approve == PERSON:
            return person
        if getattr(drafted, "doubts", ()):  # something in it stands in no source: a person must see it
            return ""
        rule = self._expressions["approve"]
        found = [item.case.results.get(read.path[0]) for read in rule.reads]
        settled = all(isinstance(value, Evidenced) and value.settled() for value in found)
        return BY_RULE if settled and rule.decides(item.case) is True else ""

    def _target(self, item: SinkItem) -> str:
        """Give the address; never one that stands in a text."""
        if not isinstance(self.to, ToRow):
            return plain_address(envelope_sender(item.case.documents[0]))
        where = {
            column: text_of(cell_of(self._expressions[f"to {column}"](item.case))) for column in self.to.where
        }
        if not all(where.values()):
            return ""
        found = {row.get(self.to.column, "").strip() for row in item.case.known.rows(self.to.table, **where)}
        return plain_address(found.pop()) if len(found) == 1 else ""


def _account_of(recipe: RecipeContext) -> Account | None:
    found = getattr(recipe.source, "account", None)
    return found if isinstance(found, Account) else None


def _has_no_mailbox(recipe: RecipeContext) -> bool:
    return recipe.is_recipe and _account_of(recipe) is None


def _compile(text: str, recipe: RecipeContext) -> Expression:
    expression = recipe.compile(text)
    if not expression.reads:
        raise ExpressionError(say("this reads no step: {text}", text=text[:60]))
    return expression


def _must_be_reviewed(step: str, recipe: RecipeContext) -> None:
    """See to it that a person is asked at all."""
    if recipe.reviewed is not None and step and step not in recipe.reviewed:
        raise ValueError(
            say(
                'nobody would be asked: write review: "true" at the step {step}, so that a person sees it',
                step=step,
            )
        )


def _only_proven(expression: Expression, recipe: RecipeContext) -> None:
    """Let a rule read only what is quoted from the mail: what `Extract` and `Triage` give.

    Raises:
        ExpressionError: It reads a text somebody or a model wrote.
    """
    for read in expression.reads:
        root = read.path[0]
        kind = recipe.type_of(root) if recipe.type_of else None
        if kind is not None and not (isinstance(kind, type) and issubclass(kind, Evidenced)):
            raise ExpressionError(
                say(
                    "a rule that sends by itself may read what extract and triage found, and {name} is none "
                    "of these; or write approve: person",
                    name=root,
                ),
                read.offset,
            )
