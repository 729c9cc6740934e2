"""The sink that sends: who may send mail, and to whom it goes.

An answer goes out where a person approved it, or where a rule over proven values lets it go, and only with
``mode: act``. It is sent once, by `actions.SendMail`, over the wire of `smtp`.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from smeflow.core.claims import Evidenced
from smeflow.expressions.language import Expression, ExpressionError
from smeflow.i18n import say
from smeflow.kinds.mailbox import Account, Effect
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sinks import SinkItem
from smeflow.mail.actions import BY_RULE
from smeflow.mail.connect import CertificatePath
from smeflow.mail.senders import envelope_sender
from smeflow.mail.sink import MailSink, answer_content, compile_expression
from smeflow.mail.smtp import plain_address

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


class SendAnswers(MailSink):
    """Sends an answer over SMTP: ``send: reply``. Without ``mode: act`` it only lists what it would send.

    What was sent cannot be taken back. Each mail gets at most one answer.
    """

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
    certificate: CertificatePath = None
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
    _sender: Account | None = PrivateAttr(default=None)

    @field_validator("when", "approve", mode="before")
    @classmethod
    def _is_expression(cls, written: object, info: ValidationInfo) -> object:
        written = str(written).lower() if isinstance(written, bool) else written
        if info.field_name == "approve" and written == PERSON:
            _must_be_reviewed(info.data.get("send", ""), RecipeContext.of(info.context))
        elif isinstance(written, str):
            # a rule that reads nothing would send everything
            expression = compile_expression(written, RecipeContext.of(info.context), constant=False)
            if info.field_name == "approve":
                _only_proven(expression, RecipeContext.of(info.context))
        return written

    @field_validator("to")
    @classmethod
    def _has_good_columns(cls, written: object, info: ValidationInfo) -> object:
        for text in written.where.values() if isinstance(written, ToRow) else ():
            compile_expression(text, RecipeContext.of(info.context), constant=False)
        return written

    def model_post_init(self, context: Any, /) -> None:
        """Compile the expressions, and find both servers."""
        super().model_post_init(context)
        if self.account is not None:
            self._sender = Account(
                address=self.account.address,
                host=self.host,
                port=self.port,
                user=self.user or self.account.user,
                security=self.security,
                certificate=RecipeContext.of(context).path(self.certificate) if self.certificate else None,
            )

    def written_expressions(self) -> dict[str, str]:
        """Give the conditions by their keys, and what finds the recipient's row by its columns."""
        texts = {"when": self.when, "approve": None if self.approve == PERSON else self.approve}
        if isinstance(self.to, ToRow):
            texts |= {f"to {column}": text for column, text in self.to.where.items()}
        return {name: text for name, text in texts.items() if text is not None}

    @property
    def name(self) -> str:
        """What is sent."""
        return f"send {self.send}"

    @property
    def acting(self) -> bool:
        """Whether anything is sent at all."""
        return self.mode == "act"

    @property
    def sender(self) -> Account | None:
        """The server that sends."""
        return self._sender

    def effects(self, item: SinkItem) -> tuple[Effect, ...]:
        """Give the one answer to a finished mail, if it may go."""
        content = answer_content(item, self.send)
        if not content or (self.when is not None and not self.holds("when", item)):
            return ()
        approver, target = self._approver(item), self._recipient(item)
        to_ourselves = self.account is not None and target.casefold() == self.account.address.casefold()
        if not approver or not target or to_ourselves:
            return ()
        return (Effect(kind="send", target=target, content=content, by=approver),)

    def _approver(self, item: SinkItem) -> str:
        """Tell who lets the answer go: a person, or the rule; nobody where it is empty."""
        person = item.approved.get(self.send, "")
        if person or self.approve == PERSON:
            return person
        drafted = item.case.results.get(self.send)
        if getattr(drafted, "doubts", ()):  # foreign: what a user's step is unsure of, a person must see too
            return ""
        read = [item.case.results.get(name.path[0]) for name in self._expressions["approve"].reads]
        settled = all(isinstance(result, Evidenced) and result.settled() for result in read)
        return BY_RULE if settled and self.holds("approve", item) else ""

    def _recipient(self, item: SinkItem) -> str:
        """Give the address; never one that stands in a text."""
        if not isinstance(self.to, ToRow):
            return plain_address(envelope_sender(item.case.documents[0]))
        where = {column: self.value_of(f"to {column}", item) for column in self.to.where}
        if not all(where.values()):
            return ""
        rows = item.case.known.rows(self.to.table, **where)
        addresses = {row.get(self.to.column, "").strip() for row in rows}
        return plain_address(addresses.pop()) if len(addresses) == 1 else ""


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
