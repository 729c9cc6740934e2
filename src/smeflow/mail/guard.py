"""Look at who a mail says it is from: look-alike domains, answers that go elsewhere, accounts that changed.

Nothing is decided about the mail: what is odd is a flag and a doubt, and a person looks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from email.utils import getaddresses
from typing import Any, ClassVar, Literal, Protocol

from pydantic import Field

from smeflow._text import folded
from smeflow.core.case import Case, Known
from smeflow.core.claims import Claim
from smeflow.documents.document import Document
from smeflow.i18n import Phrase, say
from smeflow.kinds.steps import StepFamily, StepResult
from smeflow.llm.interface import LLM
from smeflow.mail.senders import (
    domain_of,
    impersonated_domain,
    is_public_provider,
    lookalike_of,
    reason_not_to_answer,
    registered_domain,
)
from smeflow.values.identifiers import iban_ok

Flag = Literal[
    "look_alike",
    "reply_elsewhere",
    "name_hides_address",
    "from_us",
    "account_changed",
    "account_announced",
    "several_senders",
]
Suspicion = tuple[Flag, Phrase]
"""What is odd, with the sentence that tells it."""
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0\u202f.-]?[A-Z0-9]{1,4}){3,8}(?![A-Z0-9])")
_ACCOUNT = (
    r"(?:rib|iban|coordonnees bancaires|(?:compte|domiciliation) bancaire|banque|"
    r"bank(?:ing)? (?:account|details)|account (?:details|number)|payment details|"
    r"bankverbindung|bankdaten|kontoverbindung|kontonummer)\b"
)
_NEW_ACCOUNT = re.compile(
    rf"\b(?:nouve(?:au|aux|l|lle|lles)|new|neuen?|ancien|ancienne|anciennes|old|former|alten?)\s+(?:\w+\s+)?{_ACCOUNT}|"
    rf"\b(?:changements?|changeons|change|modifications?|modifie|mise a jour|updated?|changed|changes?)\s+"
    rf"(?:(?:de|du|des|d|nos|notre|of|our|in|to|the|my)\W+){{0,3}}{_ACCOUNT}|"
    rf"\b(?:aenderung|anderung|geanderte)\s+(?:(?:der|unserer|meiner)\s+)?{_ACCOUNT}|"
    rf"{_ACCOUNT}\W+(?:\w+\W+){{0,3}}(?:a change|ont change|has changed|have changed|geandert)\b"
)
"""How a mail says that one should pay to another account, in letters without accents."""
_WARNS = re.compile(
    r"\b(?:en cas de|jamais|fraudes?|vigilan\w+|never|fraud|beware|if|falls|niemals|betrug)\b"
)
"""What a sentence says that warns of such mails, as suppliers put under theirs."""
_SENTENCE_END = re.compile(r"[.!?\n]+\s*")
_BANK_FILE = re.compile(r"(?<![a-z])(?:rib|iban|bank|bankverbindung)(?![a-z])")
_SEARCHED = 20_000
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
TABLES = ("suppliers", "customers")


class FirmDomains(Protocol):
    """The firm whose mail this is, by its domains."""

    @property
    def mail_domains(self) -> tuple[str, ...]:
        """The domains it sends from."""
        ...


class Sender(StepResult):
    """Who a mail says it is from, and what is odd about it."""

    result_id: ClassVar[str] = "sender"

    address: str = ""
    domain: str = ""
    known: bool = False
    """Whether the address or its domain stands in the firm's tables."""
    flags: tuple[Flag, ...] = ()
    accounts: tuple[str, ...] = ()
    """IBANs that stand in the text of the mail."""
    doubts: tuple[Phrase, ...] = ()
    known_accounts: tuple[str, ...] = ()

    def claims(self, _known: Known, /) -> Iterator[Claim]:
        """Say which account this sender asks to pay to: another one than before is a person's matter."""
        who = self.address if is_public_provider(self.domain) else registered_domain(self.domain)
        for account in self.accounts if who else ():
            yield Claim(
                rule="steady",
                key=f"mail account {who}",
                value=account,
                about=say(
                    "{who} names another account than before: {iban}. Ask them by a number you know already, "
                    "not one from this mail",
                    who=who,
                    iban=account,
                ),
                known=self.known_accounts,
            )


class Guard(StepFamily):
    """Look at the sender of a mail, and flag what is odd: ``guard: sender``."""

    kind_id: ClassVar[str] = "smeflow.steps.guard.Guard"
    revision: ClassVar[int] = 1

    tables: tuple[str, ...] = TABLES
    """Tables of those the firm knows, with addresses (``email``, ``domain``) and accounts (``iban``)."""
    trusted: tuple[str, ...] = ()
    """Domains that are known besides those of the tables: ``bank.example``."""
    constants: Mapping[str, Any] = Field(default_factory=dict, exclude=True, repr=False)

    @property
    def returns(self) -> type[Sender]:
        """`Sender`."""
        return Sender

    def __call__(self, case: Case, llm: LLM, /) -> Sender:
        """Look at the headers and at the accounts in the text; no model is asked."""
        mail = case.documents[0] if case.documents else None
        if mail is None or not mail.is_message:
            return Sender()
        rows = [row for table in self.tables for row in case.known.rows(table)]
        firm: FirmDomains | None = self.constants.get("company")
        own_domains = tuple(firm.mail_domains) if firm else ()
        check = _SenderCheck(mail, rows, (*self.trusted, *own_domains), own_domains)
        flags = dict(check.suspicions())
        address = check.address
        sender_rows = [row for row in rows if _belongs_to(row, address)]
        accounts = _accounts(mail)
        known_accounts = tuple(sorted({_bare(row.get("iban", "")) for row in sender_rows} - {""}))
        changed = [account for account in accounts if known_accounts and account not in known_accounts]
        if changed:
            flags["account_changed"] = say(
                "{who} names an account that is not the one in your table: {iban}. Ask them by a number you "
                "know already, not one from this mail",
                who=address,
                iban=changed[0],
            )
        elif announced := announced_account(mail, has_account=bool(accounts)):
            flags["account_announced"] = say(
                "It speaks of another bank account: “{quote}”. Ask them by a number you know already, not "
                "one from this mail",
                quote=announced,
            )
        trusted = {registered_domain(domain) for domain in self.trusted}
        return Sender(
            address=address,
            domain=domain_of(address),
            known=bool(sender_rows) or registered_domain(domain_of(address)) in trusted,
            flags=tuple(flags),
            accounts=accounts,
            known_accounts=known_accounts,
            doubts=tuple(flags.values()),
        )


class _SenderCheck:
    """One look at the headers of a mail."""

    def __init__(
        self, mail: Document, rows: Sequence[Mapping[str, str]], trusted: Sequence[str], ours: Sequence[str]
    ) -> None:
        self.fields, self.ours = mail.fields, ours
        self.may_be_answered = reason_not_to_answer(mail) is None
        people = [pair for pair in getaddresses([mail.fields.get("from", "")]) if "@" in pair[1]]
        self.senders = [address.lower() for _, address in people]
        self.name = people[0][0] if people else ""
        self.address = self.senders[0] if self.senders else ""
        answers_to = getaddresses([mail.fields.get("reply-to", "")])
        self.answers_to = [address.lower() for _, address in answers_to if "@" in address]
        self.listed = {address for row in rows for address in _addresses(row)}
        listed_domains = {domain for row in rows for domain in _domains(row)}
        self.known = {d for d in (*listed_domains, *trusted) if d and not is_public_provider(d)}

    def suspicions(self) -> Iterator[Suspicion]:
        """Give what is odd."""
        checks = (
            self._look_alike,
            self._replies_elsewhere,
            self._name_hides_address,
            self._from_us,
            self._several_senders,
        )
        yield from (suspicion for check in checks if (suspicion := check()) is not None)

    def _look_alike(self) -> Suspicion | None:
        for address in filter(None, (self.address, *self.answers_to)):
            others = self.known if address not in self.listed else ()
            twin = lookalike_of(domain_of(address), self.known) or impersonated_domain(address, others)
            if twin is not None:
                return "look_alike", say(
                    "{address} looks like {known} and is another domain.", address=address, known=twin
                )
        return None

    def _replies_elsewhere(self) -> Suspicion | None:
        if not self.address or not self.may_be_answered:
            return None  # a newsletter has its answers sent where it likes: nobody answers it
        own_domain = registered_domain(domain_of(self.address))
        other = next((a for a in self.answers_to if registered_domain(domain_of(a)) != own_domain), None)
        if other is None:
            return None
        return "reply_elsewhere", say(
            "An answer would go to {other} and not to {address}.", other=other, address=self.address
        )

    def _name_hides_address(self) -> Suspicion | None:
        for address in _ADDRESS.findall(self.name):
            if address.lower() not in self.senders:
                return "name_hides_address", say(
                    "It shows the address {shown} as a name and is from {address}.",
                    shown=address.lower(),
                    address=self.address,
                )
        return None

    def _from_us(self) -> Suspicion | None:
        """A mail from our own address that came in from outside."""
        ours = {registered_domain(domain) for domain in self.ours}
        returned = domain_of(self.fields.get("return-path", "").strip("<> "))
        if (
            registered_domain(domain_of(self.address)) in ours
            and returned
            and registered_domain(returned) not in ours
        ):
            return "from_us", say(
                "It says it is from our own {address} and came from {returned}.",
                address=self.address,
                returned=returned,
            )
        return None

    def _several_senders(self) -> Suspicion | None:
        if len({registered_domain(domain_of(address)) for address in self.senders}) > 1:
            return "several_senders", say(
                "It names several senders: {addresses}.", addresses=", ".join(self.senders[:5])
            )
        return None


def announced_account(mail: Document, *, has_account: bool) -> str:
    """Give the words by which a mail announces another bank account; "" where it does not.

    A sentence that warns of such mails counts only where an account comes with it, in the text or as a file.
    """
    text = f"{mail.fields.get('subject', '')}\n{mail.text[:_SEARCHED]}"
    brings_account = has_account or any(_BANK_FILE.search(folded(part.name)) for part in mail.parts)
    for sentence in _SENTENCE_END.split(text):
        flat = " ".join(folded(sentence).replace("’", "'").split())
        match = _NEW_ACCOUNT.search(flat)
        if match is not None and (brings_account or not _WARNS.search(flat)):
            return " ".join(sentence.split())[:_LONGEST_QUOTE]
    return ""


_LONGEST_QUOTE = 120


def _cell_parts(row: Mapping[str, str], *columns: str) -> list[str]:
    cells = " ".join(row.get(column, "") for column in columns)
    return [part for part in re.split(r"[,;\s]+", cells) if part]


def _domains(row: Mapping[str, str]) -> list[str]:
    return [domain_of(part) for part in _cell_parts(row, "email", "mail", "domain")]


def _addresses(row: Mapping[str, str]) -> set[str]:
    return {part.lower() for part in _cell_parts(row, "email", "mail") if "@" in part}


def _belongs_to(row: Mapping[str, str], address: str) -> bool:
    """Tell whether an address is that of a row: the very one, or one of its firm's domain."""
    if address in _addresses(row):
        return True
    domain = domain_of(address)
    return (
        bool(address)
        and not is_public_provider(domain)
        and registered_domain(domain) in map(registered_domain, _domains(row))
    )


def _accounts(mail: Document) -> tuple[str, ...]:
    """Give the valid IBANs in a mail's own text."""
    ibans = (_valid_iban(match[0]) for match in _IBAN.finditer(mail.text[:200_000]))
    return tuple(dict.fromkeys(filter(None, ibans)))


def _valid_iban(printed: str) -> str:
    """Give the IBAN at the beginning of what looks like one; letters behind it may belong to the text."""
    bare = _bare(printed)
    return next((bare[:n] for n in range(len(bare), 14, -1) if iban_ok(bare[:n])), "")


def _bare(text: str) -> str:
    return re.sub(r"\W", "", text).upper()
