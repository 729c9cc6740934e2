"""Mail as a source: a mailbox over IMAP, from now on and without changing anything there; or an archive."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from email.message import Message
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from smeflow._system import safe_path_part
from smeflow._text import folded, sha256
from smeflow.documents.document import MAIL
from smeflow.documents.mail import header, parse_head
from smeflow.errors import SourceError
from smeflow.files.folder import mails_of_archive
from smeflow.i18n import Phrase, say
from smeflow.kinds.mailbox import Account, FolderCursor, MailIndex, MailLocation, MailSummary
from smeflow.kinds.recipe_context import RecipeContext
from smeflow.kinds.sources import Arrival, ArrivalBatch, DiskSource, UnreadableArrival, make_arrival
from smeflow.mail.client import MailClient, SelectedFolder
from smeflow.mail.connect import MailboxServer, open_mailbox, server_errors_as_source_error

MAX_BYTES = 50_000_000
BATCH_SIZE = 200
"""How many mails are taken in before the place in the folder is noted."""


Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
]
"""One word, or several of which one is enough; case and accents do not count."""


class MailRule(BaseModel):
    """Which mails: every key that is written must fit."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True
    )

    sender: Words = Field(default=(), alias="from")
    """Words in the sender's name or address: ``@fournisseur.example``."""
    to: Words = ()
    """Words in who it is to or a copy of it goes to: ``factures@``."""
    subject: Words = ()
    """Words in the subject."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.sender or self.to or self.subject):
            raise ValueError(say("say which mails: from, to or subject"))
        return self

    def fits(self, head: Message) -> bool:
        """Tell whether a mail with this *head* is meant."""
        places = (
            (self.sender, header(head, "from")),
            (self.to, f"{header(head, 'to')} {header(head, 'cc')} {header(head, 'delivered-to')}"),
            (self.subject, header(head, "subject")),
        )
        return all(any(folded(word) in folded(text) for word in words) for words, text in places if words)


class Mailbox(MailboxServer):
    """The mail that arrives in a mailbox from now on; with ``since``, older mail too.

    A mail is known by its content, so that one that is moved, copied, or numbered anew by its server stays
    the same item. Looking marks nothing as read.
    """

    mailbox: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """Whose mail: ``contact@atelier.fr``."""
    folders: tuple[str, ...] = Field(default=("INBOX",), min_length=1)
    """The folders that are read."""
    since: date | None = None
    """Also take mail that arrived on this day or later; without it, mail from now on."""
    only: tuple[MailRule, ...] = ()
    """Only mails that one of these fits, where several recipes read one mailbox: ``[{to: factures@}]``."""
    rest_of: tuple[str, ...] = ()
    """Recipes that read the same mailbox with ``only``: this one takes what none of them takes."""
    _account: Account = PrivateAttr()
    _others: tuple[MailRule, ...] = PrivateAttr(default=())
    _left: list[str] = PrivateAttr(default_factory=list)

    @field_validator("only", mode="before")
    @classmethod
    def _one_or_more(cls, rules: object) -> object:
        return (rules,) if isinstance(rules, dict) else rules

    @field_validator("rest_of", mode="before")
    @classmethod
    def _files(cls, names: object) -> object:
        return (names,) if isinstance(names, str) else names

    @field_validator("rest_of")
    @classmethod
    def _are_selective(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for name in names:
            rules_of_recipe(name, RecipeContext.of(info.context))
        return names

    @field_validator("folders", mode="before")
    @classmethod
    def _list(cls, folders: object) -> object:
        return (folders,) if isinstance(folders, str) else folders

    def model_post_init(self, context: Any, /) -> None:
        """Put together where to log in, and what other recipes take."""
        recipe = RecipeContext.of(context)
        self._account = self.account_of(self.mailbox, recipe)
        self._others = tuple(rule for name in self.rest_of for rule in rules_of_recipe(name, recipe))

    def takes(self, data: bytes) -> bool:
        """Tell whether a mail is this recipe's: a rule of it fits, and none of those it is the rest of."""
        if not (self.only or self._others):
            return True
        head = parse_head(data)
        wanted = not self.only or any(rule.fits(head) for rule in self.only)
        return wanted and not any(rule.fits(head) for rule in self._others)

    def pass_over(self, name: str) -> None:
        """Take note of a mail that is not this recipe's, to tell it."""
        self._left.append(name)

    @property
    def remarks(self) -> tuple[Phrase, ...]:
        """How many mails were left to other recipes when the mailbox was last looked into."""
        if not self._left:
            return ()
        shown = ", ".join(self._left[:5]) + (" …" if len(self._left) > 5 else "")
        if self.rest_of:
            return (
                say(
                    "{n} mails are left to {recipes}: {names}",
                    n=len(self._left),
                    recipes=", ".join(self.rest_of),
                    names=shown,
                ),
            )
        return (
            say(
                "{n} mails fit nothing in only: and stay for other recipes: {names}",
                n=len(self._left),
                names=shown,
            ),
        )

    @property
    def name(self) -> str:
        """The address."""
        return self.mailbox

    @property
    def account(self) -> Account:
        """Where to log in."""
        return self._account

    @property
    def complete(self) -> bool:
        """A mail that a person files or deletes is no item less."""
        return False

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the mail there is (with ``since``, from then on), noting nothing."""
        seen: set[str] = set()
        self._left.clear()
        with open_mailbox(self._account) as client:
            for folder in self.folders:
                client.open(folder)
                uids = client.since(self.since) if self.since else client.uids()
                for summary in client.summaries(uids):
                    mail = _fetch(client, summary)
                    if mail is None or mail.key in seen:
                        continue
                    seen.add(mail.key)
                    if isinstance(mail, Arrival) and not self.takes(mail.data):
                        self.pass_over(mail.name)
                    else:
                        yield mail

    def batches(self, index: MailIndex) -> Iterator[ArrivalBatch]:
        """Give the mail that came since, folder by folder."""
        seen: set[str] = set()
        self._left.clear()
        with open_mailbox(self._account) as client:
            for folder in self.folders:
                visit = _FolderVisit(self, client, index, folder, seen)
                uids = visit.begin()
                for start in range(0, max(len(uids), 1), BATCH_SIZE):
                    end = start + BATCH_SIZE
                    yield visit.batch(uids[start:end], last=end >= len(uids))


def rules_of_recipe(name: str, recipe: RecipeContext) -> tuple[MailRule, ...]:
    """Give the rules by which the recipe in the file *name* takes mails.

    Raises:
        ValueError: It is not there, or takes every mail, so that nothing is left.
    """
    file = recipe.path(name)
    if file.is_dir():
        file = file / "recipe.yaml"
    if not file.is_file():
        raise ValueError(say("there is no file {path}", path=file.as_posix()))
    read = read_yaml_source(file)
    only = read.get("only")
    rules = [only] if isinstance(only, dict) else only
    if not isinstance(rules, list) or not rules:
        raise ValueError(
            say(
                "{recipe} takes every mail: write only: into its source, so that something is left",
                recipe=name,
            )
        )
    return tuple(MailRule.model_validate(rule) for rule in rules)


def read_yaml_source(file: Path) -> dict[str, Any]:
    """Give what stands at ``source:`` of a recipe; empty where that is nothing to read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        read = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, YAMLError):
        return {}
    source = read.get("source") if isinstance(read, dict) else None
    return source if isinstance(source, dict) else {}


class _FolderVisit:
    """One look into one folder."""

    def __init__(
        self, source: Mailbox, client: MailClient, index: MailIndex, folder: str, seen: set[str]
    ) -> None:
        self.source, self.account, self.since = source, source.account, source.since
        self.client, self.index, self.folder, self.seen = client, index, folder, seen
        self.opened: SelectedFolder = client.open(folder)

    def begin(self) -> list[int]:
        """Give the numbers of what is new, however the folder was numbered before."""
        cursor = self.index.cursor(self.folder)
        if cursor is None:
            self._note_first_sight()
        elif cursor.validity != self.opened.validity:
            self._recognise_renumbered()
        cursor = self.index.cursor(self.folder)
        start = cursor.following if cursor else 1
        known = self.index.noted(self.folder, self.opened.validity, start)
        return [uid for uid in self.client.from_uid(start) if uid not in known]

    def batch(self, uids: list[int], *, last: bool) -> ArrivalBatch:
        """Give some of it; the cursor moves on behind the last."""
        places: list[MailLocation] = []
        cursor = (
            FolderCursor(validity=self.opened.validity, following=self.opened.following) if last else None
        )

        def settle() -> None:
            self.index.note(places, self.folder, cursor)

        return ArrivalBatch(arrivals=self._arrivals(uids, places), settle=settle)

    def _arrivals(self, uids: list[int], places: list[MailLocation]) -> Iterator[Arrival | UnreadableArrival]:
        for summary, mail in self._fetched(uids):
            if isinstance(mail, Arrival) and not self.source.takes(mail.data):
                self.source.pass_over(mail.name)
                places.append(self._place(summary, ""))  # seen, and no item of this recipe
                continue
            places.append(self._place(summary, mail.key))
            if mail.key not in self.seen and not self.index.of(mail.key):
                self.seen.add(mail.key)
                yield mail

    def _fetched(self, uids: list[int]) -> Iterator[tuple[MailSummary, Arrival | UnreadableArrival]]:
        with server_errors_as_source_error(self.account):
            for summary in list(self.client.summaries(uids)):
                mail = _fetch(self.client, summary)
                if mail is not None:  # else it was moved away or deleted this moment
                    yield summary, mail

    def _note_first_sight(self) -> None:
        """Note what is there already: without ``since`` none of it is taken."""
        wanted = set(self.client.since(self.since)) if self.since else set()
        older = [uid for uid in self.client.uids() if uid not in wanted and uid < self.opened.following]
        first = min(wanted, default=self.opened.following)
        places = [self._place(summary, "") for summary in self.client.summaries(older)]
        self.index.begin(self.folder, FolderCursor(validity=self.opened.validity, following=first), places)

    def _recognise_renumbered(self) -> None:
        """Recognise the mails under their new numbers; what is not recognised for sure is new."""
        by_mark: dict[str, list[MailLocation]] = {}
        for place in self.index.in_folder(self.folder):
            by_mark.setdefault(place.mark, []).append(place)
        summaries = list(self.client.summaries(self.client.uids()))
        alike = Counter(summary.mark for summary in summaries)
        places = [
            self._place(summary, known[0].key)
            for summary in summaries
            if (known := by_mark.get(summary.mark, []))
            and len({place.key for place in known}) == 1
            and alike[summary.mark] <= len(known)
        ]
        self.index.begin(self.folder, FolderCursor(validity=self.opened.validity, following=1), places)

    def _place(self, summary: MailSummary, key: str) -> MailLocation:
        return MailLocation(
            folder=self.folder, validity=self.opened.validity, uid=summary.uid, mark=summary.mark, key=key
        )


def _fetch(client: MailClient, summary: MailSummary) -> Arrival | UnreadableArrival | None:
    if summary.size > MAX_BYTES:
        why = say("is larger than {limit} bytes ({found})", limit=MAX_BYTES, found=summary.size)
        return UnreadableArrival(key=f"mail-{summary.mark[:20]}", phrase=why)
    data = client.fetch(summary.uid)
    if data is None:
        return None
    if len(data) != summary.size and client.fetch(summary.uid) != data:
        # Some servers only estimate the size; a mail that comes the same twice is whole.
        why = say(
            "came with {found} bytes, of {size} that were announced", found=len(data), size=summary.size
        )
        return UnreadableArrival(key=f"mail-{summary.mark[:20]}", phrase=why)
    key = f"gmail-{summary.gmail}" if summary.gmail else f"mail-{sha256(data)[:20]}"
    return make_arrival(key, _name(data, summary), MAIL, data)


def _name(data: bytes, summary: MailSummary) -> str:
    """Name a mail as a file would be: its day and its subject."""
    subject = header(parse_head(data), "subject")[:80]
    day = f"{summary.arrived:%Y-%m-%d} " if summary.arrived else ""
    return safe_path_part(f"{day}{subject or 'mail'}.eml")


class Archive(DiskSource):
    """Every mail of an archive is a case: ``mbox: 2025.mbox``. The archive is read one mail at a time."""

    place: ClassVar[str] = "mbox"

    mbox: str
    """The archive, relative to the recipe."""

    @property
    def keeps_items(self) -> bool:
        """A mail that is deleted from the archive is no item less."""
        return True

    def cases(self) -> Iterator[Arrival | UnreadableArrival]:
        """Go through the mails in their order."""
        if not self.path.is_file():
            raise SourceError(say("The archive {path} is not there.", path=self.path))
        yield from mails_of_archive(self.path, self.path.name)
