"""``smeflow backup`` and ``smeflow restore``: a whole ledger in one verified file, and back."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smeflow.cli.arguments import Json, State
from smeflow.cli.commands.books import AUDIT_FILE, BOOKS
from smeflow.cli.commands.ledger import require_file
from smeflow.cli.console import Screen, plain_decimal
from smeflow.i18n import Phrase, say
from smeflow.review.choosing import WORKSPACE_FILE, state_folder

if TYPE_CHECKING:
    from smeflow.ledger.audit import AuditHead
    from smeflow.ledger.backup import Backup
    from smeflow.ledger.ledger import Ledger
    from smeflow.ledger.restore import Newer, Restored
    from smeflow.recipe.workspace import WorkspaceSettings

SHOWN_ITEMS = 10
AcceptLoss = Annotated[
    bool,
    typer.Option("--accept-loss", help="Also where the ledger there holds what the backup does not."),
]


def backup(
    ctx: typer.Context,
    to: Annotated[
        Path,
        typer.Option("--to", metavar="FILE|DIR", help="The file, or the folder to put it in under its time."),
    ] = Path(),
    state: State = None,
    json: Json = False,
) -> None:
    """Copy the ledger and its documents into one file, also while a run writes, and verify that file."""
    from smeflow.ledger.audit import keep_head
    from smeflow.ledger.backup import make_backup

    screen: Screen = ctx.obj
    require_file(state)
    folder = state_folder(state, Path.cwd())
    made = make_backup(folder, to, workspace=[folder.resolve().parent / WORKSPACE_FILE])
    keep_head(made.file.with_name(f"{made.file.name}.head"), made.head, made.at, f"backup {made.file.name}")
    if json:
        screen.json(_backup_json(made))
        return
    screen.print(f"  → {made.file}", style="green")
    screen.print(
        say(
            "{items} items, {documents} large documents, {size} MB; read again and verified.",
            items=made.items,
            documents=sum(name.startswith("blobs/") for name in made.files),
            size=f"{made.size / 1e6:.1f}",
        )
    )
    screen.print(say("head: {head}", head=str(made.head)))


def _backup_json(made: "Backup") -> dict[str, Any]:
    return {
        "file": str(made.file),
        "at": made.at,
        "items": made.items,
        "bytes": made.size,
        "schema": made.schema,
        "audit": str(made.head),
    }


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that smeflow backup made.")],
    state: State = None,
    accept_loss: AcceptLoss = False,
    json: Json = False,
) -> None:
    """Put the ledger of a backup back, keep the one that is there aside, and tell what must be done again."""
    from smeflow.ledger.restore import restore_backup

    screen: Screen = ctx.obj
    require_file(state)
    folder = state_folder(state, Path.cwd())
    root = folder.resolve().parent
    restored = restore_backup(file, folder, root=root, accept_loss=accept_loss)
    since = _Elsewhere(folder, root, restored)
    if json:
        screen.json(_restored_json(screen, restored, since))
        return
    _tell_restored(screen, restored)
    for phrase in (*_in_words(screen, restored.newer, since.currency), *since.phrases):
        screen.print(f"• {screen.text(phrase)}", style="yellow")


def _tell_restored(screen: Screen, restored: "Restored") -> None:
    at = restored.backup.at[:16].replace("T", " ")
    screen.print(
        say(
            "The ledger is the one of {at} UTC again, with {items} items.", at=at, items=restored.backup.items
        ),
        style="green",
    )
    if restored.aside is not None:
        screen.print(
            say("The one that stood there is kept: {file}", file=restored.aside), style="bright_black"
        )
    if restored.newer.readable and not restored.newer:
        screen.print(say("It held nothing that the backup does not."), style="bright_black")


def _in_words(screen: Screen, newer: "Newer", currency: str) -> list[Phrase]:
    """Say what the restored ledger must ask again, as the one that stood there knew it."""
    phrases = []
    if not newer.descends:
        phrases.append(say("The ledger that stood there was not the one this backup was made of."))
    if newer.items:
        shown = ", ".join(newer.items[:SHOWN_ITEMS]) + (" …" if len(newer.items) > SHOWN_ITEMS else "")
        phrases.append(
            say("{n} items are worked on again at the next run: {names}", n=len(newer.items), names=shown)
        )
    if newer.calls:
        cost = screen.amount(_cost(newer), currency)
        phrases.append(
            say("{n} calls are forgotten; asking again costs about {cost}.", n=newer.calls, cost=cost)
        )
    if newer.decisions:
        phrases.append(say("{n} decisions of people must be made again.", n=newer.decisions))
    if newer.effects:
        phrases.append(
            say("{n} mails or deliveries left that this ledger does not know: look at them.", n=newer.effects)
        )
    if newer.batches:
        phrases.append(
            say(
                "These batches of the books left and are not known any more: {names}. "
                "Their numbers are not used again.",
                names=", ".join(newer.batches),
            )
        )
    return phrases


def _cost(newer: "Newer") -> Decimal:
    from smeflow.ledger.rows import NANO

    return (Decimal(newer.nanos) / NANO).quantize(Decimal("0.000001"))


def _restored_json(screen: Screen, restored: "Restored", since: "_Elsewhere") -> dict[str, Any]:
    newer = restored.newer
    return {
        "at": restored.backup.at,
        "items": restored.backup.items,
        "aside": str(restored.aside) if restored.aside else None,
        "audit": str(restored.head),
        "readable": newer.readable,
        "again": {
            "items": list(newer.items),
            "calls": newer.calls,
            "cost": plain_decimal(_cost(newer)),
            "currency": since.currency,
            "decisions": newer.decisions,
            "effects": newer.effects,
            "batches": list(newer.batches),
        },
        "told_elsewhere": [screen.text(phrase) for phrase in since.phrases],
    }


class _Elsewhere:
    """What files outside of the ledger tell of the time since a backup, be there no other ledger to ask."""

    def __init__(self, folder: Path, root: Path, restored: "Restored") -> None:
        from smeflow.ledger.ledger import Ledger
        from smeflow.recipe.workspace import WorkspaceSettings

        self._restored = restored
        workspace = WorkspaceSettings.find(root)
        self.currency = workspace.rates.currency
        self.phrases: list[Phrase] = []
        for file in (root / BOOKS / AUDIT_FILE, workspace.audit_heads):
            if file is not None and file.is_file():
                self._heads(file)
        with Ledger.open(folder, create=False) as ledger:
            self._outputs(ledger)
            self._books(ledger, root / BOOKS, workspace)

    def _heads(self, file: Path) -> None:
        """Tell what runs and exports kept heads, and note where this ledger goes on."""
        from smeflow.ledger.audit import RESTORED, keep_head, kept_heads

        before: AuditHead = self._restored.backup.head
        later = [head for head in kept_heads(file) if head.number > before.number]
        if not later:
            return
        self.phrases.append(
            say(
                "{file} knows {n} later heads: since the backup the chain came to entry {last}, "
                "{more} entries further.",
                file=file,
                n=len(later),
                last=later[-1].number,
                more=later[-1].number - before.number,
            )
        )
        keep_head(file, self._restored.head, self._restored.backup.at, f"{RESTORED}{before}")

    def _outputs(self, ledger: "Ledger") -> None:
        """Tell which outputs were written since."""
        from smeflow._text import sha256

        newest = {}
        with ledger.store.snapshot() as now:
            for row in now.rows("all deliveries"):
                newest[row["recipe"], row["sink"]] = row
        for row in newest.values():
            path = Path(row["path"])
            if path.is_file() and sha256(path.read_bytes()) != row["sha256"]:
                self.phrases.append(say("{path} was written since the backup.", path=path))

    def _books(self, ledger: "Ledger", folder: Path, workspace: "WorkspaceSettings") -> None:
        """Tell which files of the books this ledger does not know."""
        from smeflow._text import sha256
        from smeflow.ledger.history import batches_of

        known = {batch.blob for batch in batches_of(ledger.store, workspace.books.journal)}
        files = sorted(folder.glob(f"{workspace.books.journal}-[0-9]*")) if folder.is_dir() else ()
        unknown = [f.name for f in files if f.is_file() and sha256(f.read_bytes()) not in known]
        if unknown:
            self.phrases.append(
                say(
                    "{folder} holds batches this ledger does not know; what stands in them is not booked "
                    "again: {names}",
                    folder=folder,
                    names=", ".join(unknown),
                )
            )
