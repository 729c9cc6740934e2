"""The accounts suppliers are booked on: proposed from history and names, approved by a person, kept.

The table is the firm's own (``[tables] suppliers``), else ``suppliers.csv`` beside ``smeflow.toml``, which is
made with the first supplier that is approved. Rows a person wrote stay as they are, byte for byte.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path

from smeflow._text import folded
from smeflow.books.invoices import LedgerInvoice, invoices_in
from smeflow.books.supplier_table import are_two, ids_of, supplier_tables, write_rows
from smeflow.i18n import Phrase, say
from smeflow.invoices.books.entries import signed_total
from smeflow.invoices.claims import SUPPLIERS_TABLE, identities, supplier_rows
from smeflow.invoices.record import Invoice
from smeflow.ledger.history import LedgerSinkMemory, booked_in
from smeflow.ledger.ledger import Ledger
from smeflow.recipe.workspace import WorkspaceSettings
from smeflow.tables.rows import read_table

_FORMS = "sa sas sasu sarl eurl snc sci scop selarl ei gmbh ag ltd limited llc inc bv nv srl spa france"
_LONG_WORD = 6
"""A word of so many letters may say what a supplier sells; shorter ones are articles, names and places."""
_LEGAL_FORMS = frozenset(_FORMS.split(" "))


@dataclass(frozen=True, kw_only=True)
class AccountGuess:
    """An account and what speaks for it; empty where nothing does."""

    account: str = ""
    why: Phrase | None = None


@dataclass(frozen=True, kw_only=True)
class SupplierProposal:
    """How a supplier is booked, or could be."""

    name: str
    vat_id: str = ""
    legal_id: str = ""
    aux: AccountGuess = AccountGuess()
    expense: AccountGuess = AccountGuess()
    invoices: int = 0
    total: Decimal = Decimal(0)
    """Of its invoices, credit notes taken off."""
    in_table: bool = False
    """Whether the table says both accounts already."""

    @property
    def complete(self) -> bool:
        """Whether both accounts are known or proposed."""
        return bool(self.aux.account and self.expense.account)


@dataclass(frozen=True)
class SupplierHistory:
    """What suppliers were booked on before, by their name without its legal form."""

    aux: Mapping[str, str] = field(default_factory=dict)
    expense: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """The account used most, and how often."""
    source: str = ""

    @classmethod
    def of(cls, lines: Iterable[tuple[str, str, str, str]], source: str) -> "SupplierHistory":
        """Count *lines*: entry, account, supplier's own account, supplier's name."""
        entries: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for entry, account, aux, name in lines:
            entries[entry].append((account, aux, name))
        used: dict[str, Counter[str]] = defaultdict(Counter)
        accounts: dict[str, str] = {}
        for postings in entries.values():
            owing = {(aux, bare_name(name)) for account, aux, name in postings if account.startswith("401")}
            for aux, name in owing:
                if name:
                    accounts[name] = aux or accounts.get(name, "")
                    used[name].update(account for account, *_ in postings if account[:1] in ("6", "2"))
        most = {name: counts.most_common(1)[0] for name, counts in used.items() if counts}
        return cls({name: aux for name, aux in accounts.items() if aux}, most, source)

    @classmethod
    def from_fec(cls, file: Path) -> "SupplierHistory":
        """Read what an accounting program booked: its *fichier des écritures comptables*.

        Raises:
            SourceError: It is not there or no table.
            ValueError: It has not the columns of a FEC.
        """
        table = read_table(file)
        wanted = ("EcritureNum", "CompteNum", "CompAuxNum", "CompAuxLib")
        missing = [column for column in wanted if column not in table.columns]
        if missing:
            raise ValueError(
                say("{path} is no FEC: it has no column {columns}", path=file, columns=", ".join(missing))
            )
        lines = (
            (
                f"{row.get('JournalCode', '')} {row['EcritureNum']}",
                row["CompteNum"],
                row["CompAuxNum"],
                row["CompAuxLib"],
            )
            for _, row in table.rows()
        )
        return cls.of(lines, file.name)

    @classmethod
    def from_ledger(cls, ledger: Ledger, journal: str) -> "SupplierHistory":
        """Read what left in batches."""
        lines = (
            (str(row.id), posting["account"], posting["aux"], posting["aux_name"])
            for row in booked_in(ledger.store, journal)
            if not row.reversal
            for posting in json.loads(row.entry)["postings"]
        )
        return cls.of(lines, "")


def bare_name(name: str) -> str:
    """Give a firm's name as it is compared: folded, without legal form and signs."""
    words = re.findall(r"[a-z0-9]+", folded(name).replace(".", ""))
    return " ".join(word for word in words if word not in _LEGAL_FORMS) or " ".join(words)


@cache
def _expense_words() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    text = (resources.files("smeflow.invoices.books") / "expense_words.json").read_text("utf-8")
    return tuple(
        (account, row["name"], re.compile(r"\b(?:" + "|".join(map(re.escape, row["words"])) + r")\b"))
        for account, row in json.loads(text).items()
    )


def propose_suppliers(
    ledger: Ledger, workspace: WorkspaceSettings, history: SupplierHistory | None = None
) -> list[SupplierProposal]:
    """Give every supplier of a finished invoice, with the accounts of the table or what is proposed.

    One whose invoices all wait for a person is none yet: what stands in the table counts as known.
    *history* is what an accounting program booked; it stands before what the ledger booked, and that before
    what names say.
    """
    tables, books = supplier_tables(workspace), workspace.books
    known = [history] if history else []
    known.append(SupplierHistory.from_ledger(ledger, books.journal))
    rows = tables.rows(SUPPLIERS_TABLE)
    owners = {row["aux_account"]: ids_of(row) for row in rows if row.get("aux_account")}
    taken = list(owners)
    taken += [aux for each in known for aux in each.aux.values()]
    proposals: list[SupplierProposal] = []
    for group in _by_supplier(ledger):
        record = group[-1].record
        own = (supplier_rows(record, tables) or ({},))[0]
        proposal = SupplierProposal(
            name=own.get("name") or record.seller or "?",
            vat_id=own.get("vat_id") or record.seller_details.vat_id or "",
            legal_id=own.get("legal_id") or record.seller_details.legal_id or "",
            aux=_aux_of(record, own, known, taken, owners),
            expense=_expense_of([each.record for each in group], own, known, rows, books.expense_account),
            invoices=len(group),
            total=sum((signed_total(each.record) for each in group), Decimal(0)),
            in_table=bool(own.get("aux_account") and (own.get("expense_account") or books.expense_account)),
        )
        taken.append(proposal.aux.account)
        proposals.append(proposal)
    return proposals


def _by_supplier(ledger: Ledger) -> Iterator[list[LedgerInvoice]]:
    """Group invoices by what their seller is known by, in the order of its first invoice."""
    groups: list[list[LedgerInvoice]] = []
    at: dict[str, int] = {}
    for each in invoices_in(ledger):
        names = identities(each.record)
        number = next((at[name] for name in names if name in at), len(groups) if names else None)
        if number is None:
            continue
        if number == len(groups):
            groups.append([])
        groups[number].append(each)
        at.update(dict.fromkeys(names, number))
    yield from groups


def _aux_of(
    record: Invoice,
    own: Mapping[str, str],
    known: Sequence[SupplierHistory],
    taken: Collection[str],
    owners: Mapping[str, Collection[str]],
) -> AccountGuess:
    if own.get("aux_account"):
        return AccountGuess(account=own["aux_account"], why=say("in the table"))
    name, party = bare_name(record.seller or ""), record.seller_details
    ids = ids_of({"vat_id": party.vat_id or "", "legal_id": party.legal_id or ""})
    for history in known:
        account = history.aux.get(name, "")
        if account and not are_two(ids, owners.get(account, ())):
            return AccountGuess(account=account, why=_booked_before(history))
    numbered = [match for aux in taken if (match := re.fullmatch(r"(\D*)(\d+)", aux))]
    if (
        numbered
        and len(numbered) == len([aux for aux in taken if aux])
        and len({m[1] for m in numbered}) == 1
    ):
        last = max(numbered, key=lambda match: int(match[2]))
        following = f"{int(last[2]) + 1:0{len(last[2])}d}"
        return AccountGuess(account=last[1] + following, why=say("the next number of the table"))
    letters = re.sub(r"[^A-Z0-9]", "", name.upper())[:7]
    if not letters:
        return AccountGuess()
    account, n = f"F{letters}", 1
    while account in taken:
        n += 1
        account = f"F{letters[: 7 - len(str(n))]}{n}"
    return AccountGuess(account=account, why=say("made of the name"))


def _expense_of(
    records: Sequence[Invoice],
    own: Mapping[str, str],
    known: Sequence[SupplierHistory],
    table: Sequence[Mapping[str, str]],
    otherwise: str,
) -> AccountGuess:
    if own.get("expense_account"):
        return AccountGuess(account=own["expense_account"], why=say("in the table"))
    name, called = bare_name(records[-1].seller or ""), folded(records[-1].seller or "").replace(".", "")
    for history in known:
        if name in history.expense:
            return AccountGuess(account=history.expense[name][0], why=_booked_before(history))
    if alike := _like_in_table(name, table):
        return alike
    for account, label, words in _expense_words():
        if match := words.search(called):
            why = say("“{word}” in its name: {account}", word=match[0], account=label)
            return AccountGuess(account=account, why=why)
    lines = Counter(
        (account, label)
        for record in records
        for line in record.lines
        for account, label, words in _expense_words()
        if words.search(folded(f"{line.name or ''} {line.description or ''}"))
    )
    if lines:
        (account, label), times = lines.most_common(1)[0]
        why = say("its lines speak of it ({n}): {account}", n=times, account=label)
        return AccountGuess(account=account, why=why)
    return AccountGuess(account=otherwise, why=say("for all others") if otherwise else None)


def _like_in_table(name: str, table: Sequence[Mapping[str, str]]) -> AccountGuess | None:
    """Give the account of suppliers in the table that share a long word of the name, where they agree."""
    words = {word for word in name.split() if len(word) >= _LONG_WORD}
    rows = [
        row for row in table if row.get("expense_account") and words & set(bare_name(row["name"]).split())
    ]
    if len({row["expense_account"] for row in rows}) != 1:
        return None
    return AccountGuess(account=rows[0]["expense_account"], why=say("like {name}", name=rows[0]["name"]))


def _booked_before(history: SupplierHistory) -> Phrase:
    return say("booked so in {file}", file=history.source) if history.source else say("booked so before")


def keep_suppliers(
    ledger: Ledger, workspace: WorkspaceSettings, accepted: Sequence[SupplierProposal], person: str
) -> Path:
    """Write the accounts of *accepted* into the table of suppliers; who approved them stands in the ledger.

    Raises:
        SinkError: The table is no CSV file, or was changed at the same moment.
    """
    file = write_rows(workspace, [_row_of(each) for each in accepted])
    memory, at = LedgerSinkMemory(ledger.store, "\nsuppliers"), ledger.store.now()
    for each in accepted:
        memory[each.aux.account] = json.dumps(
            {"name": each.name, "expense": each.expense.account, "by": person, "at": at}, ensure_ascii=False
        )
    return file


def _row_of(proposal: SupplierProposal) -> dict[str, str]:
    return {
        "name": proposal.name,
        "vat_id": proposal.vat_id,
        "legal_id": proposal.legal_id,
        "aux_account": proposal.aux.account,
        "expense_account": proposal.expense.account,
    }


def with_accounts(proposal: SupplierProposal, *, aux: str = "", expense: str = "") -> SupplierProposal:
    """Put accounts a person gives in the place of what was proposed."""
    said = say("as told")
    return replace(
        proposal,
        aux=AccountGuess(account=aux, why=said) if aux else proposal.aux,
        expense=AccountGuess(account=expense, why=said) if expense else proposal.expense,
    )
