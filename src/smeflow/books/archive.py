"""Documents filed by rule: ``archive/2026/11/Martin SARL F-1.pdf``, found again from the ledger, and undone.

A copy is on the disk, whole, before anything is taken away, and what is taken out of the inbox is the very
file that was read, byte for byte. Whatever is cut off in between is gone on with by the same command; the
bytes are in the ledger besides. Items stay as they are: an inbox keeps what was taken in.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from smeflow._system import safe_path_part
from smeflow._text import sha256
from smeflow.books.dossier import document_file
from smeflow.books.invoices import LedgerInvoice, days_of, invoices_in
from smeflow.files.output import OpenFolder, open_folder, os_errors_as_sink_error, put_file, remove_file
from smeflow.i18n import Phrase, say
from smeflow.ledger.history import LedgerSinkMemory
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ItemRow
from smeflow.recipe.workspace import WorkspaceSettings

_FILED, _FILES = "\nfiled", "\narchive"
"""Among what the ledger remembers: where each item is filed, and what was written there."""
OriginalOf = Callable[[ItemRow], Path | None]
"""Tells where the file lies that an item came as; None where that is no file of a folder."""


@dataclass(frozen=True, kw_only=True)
class FiledDocument:
    """Where the document of an item is."""

    item: int
    period: str
    path: str
    """Relative to the folder of ``smeflow.toml``."""
    sha256: str
    taken_from: str = ""
    """Where its file was before it was moved; empty where it was copied."""


@dataclass(frozen=True, kw_only=True)
class Filing:
    """What filing a month did."""

    filed: tuple[FiledDocument, ...] = ()
    notes: tuple[Phrase, ...] = ()
    """What a person should know: a file that was left where it is, and why."""


def filed_documents(ledger: Ledger, period: str = "") -> list[FiledDocument]:
    """Give what is filed, of *period* or of all months, by path."""
    memory = LedgerSinkMemory(ledger.store, _FILED)
    filed = [FiledDocument(**json.loads(memory[name])) for name in memory]
    return sorted((each for each in filed if period in ("", each.period)), key=lambda each: each.path)


def filed_as(ledger: Ledger, item: int) -> str:
    """Give where the document of an item is filed; empty where it is not."""
    text = LedgerSinkMemory(ledger.store, _FILED).get(str(item))
    return FiledDocument(**json.loads(text)).path if text else ""


def find_filed(ledger: Ledger, words: str) -> Iterator[tuple[FiledDocument, ItemRow]]:
    """Find filed documents whose path or item has *words*, case aside."""
    wanted = words.casefold().split()
    for each in filed_documents(ledger):
        item = ledger.item(None, each.item)
        if item is not None:
            text = f"{each.path} {item.key} {item.name} {each.taken_from}".casefold()
            if all(word in text for word in wanted):
                yield each, item


def file_documents(
    ledger: Ledger,
    workspace: WorkspaceSettings,
    period: str,
    *,
    original_of: OriginalOf | None = None,
    inboxes: Iterable[Path] = (),
) -> Filing:
    """File the finished invoices of *period* by the rule ``[books] archive``.

    With *original_of* the file an item came as is taken away once its copy lies there. What was filed and has
    been corrected since moves to its new name. *inboxes* are folders that are read: no copy may lie in one.

    Raises:
        ValueError: *period* is no month, the rule has a word nobody knows, or leads into an inbox.
        SinkError: The folder cannot be written.
    """
    days_of(period)
    _refuse_inboxes(workspace, inboxes)
    memory = LedgerSinkMemory(ledger.store, _FILED)
    before = {each.item: each for each in filed_documents(ledger)}
    taken = {each.path: each.item for each in before.values()}
    filed: list[FiledDocument] = []
    notes: list[Phrase] = []
    seen: set[str] = set()
    for each in sorted(invoices_in(ledger), key=lambda each: each.item.id):
        old = before.get(each.item.id)
        if each.month != period or (each.item.version in seen and old is None):
            continue
        seen.add(each.item.version)
        data, ending = document_file(ledger, each.item)
        path = _free_path(_path_of(each, workspace.books.archive, ending), each.item.id, taken)
        taken[path] = each.item.id
        remarks, new = _file_one(ledger, workspace, each, old, path, data)
        notes += remarks
        if original_of is not None:
            new, remark = _take_away(memory, each.item, new, workspace, original_of)
            notes += [remark] if remark else []
        filed.append(new)
    return Filing(filed=tuple(filed), notes=tuple(notes))


def _refuse_inboxes(workspace: WorkspaceSettings, inboxes: Iterable[Path]) -> None:
    fixed = workspace.books.archive.partition("{")[0].rpartition("/")[0]
    folder = (workspace.root / fixed).resolve()
    for inbox in inboxes:
        if folder.is_relative_to(inbox.resolve()):
            raise ValueError(
                say(
                    "{folder} lies in {inbox}, where it would be read again; choose another under "
                    "[books] archive",
                    folder=folder,
                    inbox=inbox,
                )
            )


def _path_of(each: LedgerInvoice, rule: str, ending: str) -> str:
    """Fill the rule in; every part of the path is made harmless."""
    record = each.record
    values = {
        "year": f"{record.issue_date:%Y}",
        "month": f"{record.issue_date:%m}",
        "day": f"{record.issue_date:%d}",
        "supplier": record.seller or "_",
        "number": record.number or str(each.item.id),
        "kind": record.kind or "invoice",
    }
    try:
        parts = [part.format(**values) for part in rule.replace("\\", "/").split("/")]
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(
            say(
                "archive = “{rule}”: the words in braces are {words}",
                rule=rule,
                words=", ".join(f"{{{word}}}" for word in values),
            )
        ) from error
    *folders, name = [part for part in parts if part not in ("", ".", "..")] or ["_"]
    return "/".join([*map(safe_path_part, folders), safe_path_part(f"{name}{ending}")])


def _free_path(path: str, item: int, taken: dict[str, int]) -> str:
    """Give the path, numbered where another item has it; case aside, as some systems take them for one."""
    owners = {name.casefold(): owner for name, owner in taken.items()}
    stem, ending = os.path.splitext(path)  # noqa: PTH122 - a text, not a path yet
    n, free = 1, path
    while owners.get(free.casefold(), item) != item:
        n += 1
        free = f"{stem} ({n}){ending}"
    return free


def _file_one(
    ledger: Ledger,
    workspace: WorkspaceSettings,
    each: LedgerInvoice,
    old: FiledDocument | None,
    path: str,
    data: bytes,
) -> tuple[list[Phrase], FiledDocument]:
    """Put the document under *path*, note it, and then take it away from where it was filed before."""
    notes: list[Phrase] = []
    files = LedgerSinkMemory(ledger.store, _FILES)
    target = workspace.root.resolve() / path
    with open_folder(target.parent) as spot, os_errors_as_sink_error(target):
        written = put_file(spot, target.name, data, files, path)
    if written.note:
        notes.append(written.note)
        path = f"{path.rpartition('/')[0]}/{written.name}".lstrip("/")
    new = FiledDocument(
        item=each.item.id,
        period=each.month or "",
        path=path,
        sha256=sha256(data),
        taken_from=old.taken_from if old else "",
    )
    _note(LedgerSinkMemory(ledger.store, _FILED), new)
    if old is not None and old.path != path:
        notes += _remove(ledger, workspace, old)
    return notes, new


def _take_away(
    memory: LedgerSinkMemory,
    item: ItemRow,
    filed: FiledDocument,
    workspace: WorkspaceSettings,
    original_of: OriginalOf,
) -> tuple[FiledDocument, Phrase | None]:
    """Take the file an item came as out of its folder, if it is the very file, and the copy lies there."""
    original = original_of(item)
    if original is None or original.is_symlink() or not original.is_file():
        return filed, None
    root = workspace.root.resolve()
    copy, original = root / filed.path, original.resolve()
    if item.parent is not None or filed.sha256 != item.blob:
        return filed, say("{path} stays: it holds more than this invoice", path=original)
    if sha256(original.read_bytes()) != item.blob:
        return filed, say("{path} stays: it is another file than was read", path=original)
    if not copy.is_file() or sha256(copy.read_bytes()) != filed.sha256:
        return filed, say("{path} stays: its copy {copy} is not what was written", path=original, copy=copy)
    moved = FiledDocument(**{**asdict(filed), "taken_from": _shown(original, root)})
    _note(memory, moved)  # before the file goes: after a crash the ledger knows where it was
    with open_folder(original.parent) as spot, os_errors_as_sink_error(original):
        _remove_durably(spot, original.name)
    return moved, None


def _remove_durably(spot: OpenFolder, name: str) -> None:
    spot.remove(name)
    if spot.descriptor is not None:
        os.fsync(spot.descriptor)


def undo_filing(ledger: Ledger, workspace: WorkspaceSettings, period: str) -> Filing:
    """Put back what was taken away, and take the copies of *period* away again.

    Raises:
        SinkError: A folder cannot be written.
    """
    memory, root = LedgerSinkMemory(ledger.store, _FILED), workspace.root.resolve()
    undone: list[FiledDocument] = []
    notes: list[Phrase] = []
    for each in filed_documents(ledger, period):
        item = ledger.item(None, each.item)
        if each.taken_from and item is not None:
            original = (root / each.taken_from).resolve()
            data = ledger.data(item)
            with open_folder(original.parent) as spot, os_errors_as_sink_error(original):
                there = spot.read(original.name)
                if there is None:
                    spot.replace(original.name, data)
                elif there != data:
                    notes.append(say("{path} is there again as another file: it stays", path=original))
                    continue
        notes += _remove(ledger, workspace, each)
        del memory[str(each.item)]
        undone.append(each)
    return Filing(filed=tuple(undone), notes=tuple(notes))


def _remove(ledger: Ledger, workspace: WorkspaceSettings, filed: FiledDocument) -> Iterable[Phrase]:
    """Take a copy away, and the folders that are empty then; one changed by hand stays."""
    target, files = workspace.root.resolve() / filed.path, LedgerSinkMemory(ledger.store, _FILES)
    if not target.parent.is_dir():
        return []
    with open_folder(target.parent) as spot, os_errors_as_sink_error(target):
        note = remove_file(spot, target.name, files, filed.path)
    for folder in target.relative_to(workspace.root.resolve()).parents[:-1]:
        try:
            (workspace.root.resolve() / folder).rmdir()
        except OSError:
            break
    return [note] if note else []


def _note(memory: LedgerSinkMemory, filed: FiledDocument) -> None:
    text = json.dumps(asdict(filed), ensure_ascii=False, sort_keys=True)
    if memory.get(str(filed.item)) != text:
        memory[str(filed.item)] = text


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
