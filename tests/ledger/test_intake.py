from collections.abc import Callable

from smeflow.i18n import say
from smeflow.ledger import items
from smeflow.ledger.finish import Ending, ItemPart, NewResult, finish_item, split_item
from smeflow.ledger.intake import Incoming, Intake, IntakeCounts
from smeflow.ledger.known import KnownItems
from smeflow.ledger.ledger import Ledger
from smeflow.ledger.rows import ResultKind

Take = Callable[..., IntakeCounts]


def _finish_all(ledger: Ledger) -> None:
    for item in items.claim_items(ledger.store, "r", 100):
        new = NewResult(step="s", fingerprint="f", kind=ResultKind("s", ""), input="i", take=0, value="1")
        finish_item(ledger.store, item, Ending(state="done", plan="p", new=[new], outcome={"s": "n0"}), "0")


def _states(ledger: Ledger) -> dict[str, str]:
    return {i.key: f"{i.state} {i.reason.kind}".strip() for i in ledger.items("r")}


def test_what_is_new_becomes_open_items_in_order(ledger: Ledger, take: Take):
    """Every file becomes an item, and its bytes are kept."""
    taken = take({"b.txt": b"two", "a.txt": b"one", "large.txt": b"x" * 100_000})
    assert (taken.seen, taken.new) == (3, 3)
    assert [i.key for i in ledger.items("r")] == ["b.txt", "a.txt", "large.txt"]
    assert ledger.counts("r").open == 3
    assert [ledger.data(i) for i in ledger.items("r")] == [b"two", b"one", b"x" * 100_000]


def test_nothing_is_written_when_nothing_changed(ledger: Ledger, take: Take):
    """A second look at the same source makes no transaction."""
    take({"a.txt": b"one", "b.txt": b"two"})
    _finish_all(ledger)
    before = ledger.store.commits
    taken = take({"a.txt": b"one", "b.txt": b"two"})
    assert (taken.new, taken.changed, taken.gone) == (0, 0, 0)
    assert ledger.store.commits == before


def test_a_changed_file_is_a_new_version_and_the_old_result_stays(ledger: Ledger, take: Take):
    """Changed content opens the item again; what was found in the old content is kept."""
    take({"a.txt": b"one"})
    _finish_all(ledger)
    taken = take({"a.txt": b"one, changed"})
    (item,) = ledger.items("r")
    assert (taken.changed, item.state, item.outcome) == (1, "open", {})
    assert len(ledger.results(item)) == 1
    assert ledger.results(item)[0].version != item.version


def test_the_same_bytes_under_a_second_name_are_left_out(ledger: Ledger, take: Take):
    """A file that was put into the folder twice is paid for once."""
    taken = take({"a.txt": b"same", "copy of a.txt": b"same"})
    assert taken.duplicates == 1
    assert _states(ledger) == {"a.txt": "open new", "copy of a.txt": "skipped duplicate"}
    copy = ledger.item("r", "copy of a.txt")
    assert copy is not None
    assert str(copy.reason) == "duplicate of a.txt"
    assert take({"a.txt": b"same", "copy of a.txt": b"same"}).duplicates == 0


def test_two_equal_rows_of_a_table_are_two_items(ledger: Ledger, take: Take):
    """Equal rows are no duplicates of each other: only files are."""
    assert take({"1": b"same", "2": b"same"}, unique=True).duplicates == 0
    assert ledger.counts("r").open == 2


def test_a_filed_copy_stands_in_for_a_file_that_was_overwritten(ledger: Ledger, take: Take):
    """What was filed away is kept, also where it was the second with its bytes."""
    take({"a.txt": b"one", "b.txt": b"one"}, keep=True)
    _finish_all(ledger)
    take({"a.txt": b"one"}, keep=True)
    take({"a.txt": b"two"}, keep=True)
    assert _states(ledger) == {"a.txt": "open new", "b.txt": "open new"}


def test_names_are_free_once_their_files_were_filed(ledger: Ledger, take: Take):
    """Again and again: each is an item, and one that comes back is the item it was."""
    for content in (b"one", b"two", b"three"):
        take({"scan.pdf": content}, keep=True)
        _finish_all(ledger)
        assert take({}, keep=True).gone == 0
    assert [state for key, state in _states(ledger).items()] == ["done"] * 3
    taken = take({"scan.pdf": b"one"}, keep=True)
    assert (taken.new, taken.changed, taken.duplicates) == (0, 0, 0)
    assert len(_states(ledger)) == 3
    assert _states(ledger)["scan.pdf"] == "done"


def test_two_that_share_a_key_in_one_pass_are_told(ledger: Ledger):
    """What came in is counted: the second takes nobody's place, and is not dropped without a word."""
    twins = [
        Incoming(key="a", version=text, name=text, media_type="text/plain", data=text.encode())
        for text in ("one", "two", "one")
    ]
    for _ in range(2):
        taken = Intake(ledger.store, "r", "inbox").take(iter(twins), complete=True)
        assert [(name, str(why)) for name, why in taken.unreadable] == [
            ("two", "another one has the same key")
        ]
        assert _states(ledger) == {"a": "open new"}


def test_a_file_that_is_gone_is_marked_and_comes_back_with_its_results(ledger: Ledger, take: Take):
    """What left the source leaves the sinks, not the ledger."""
    take({"a.txt": b"one", "b.txt": b"two"})
    _finish_all(ledger)
    assert take({"b.txt": b"two"}).gone == 1
    assert _states(ledger) == {"a.txt": "skipped gone", "b.txt": "done"}
    assert take({"b.txt": b"two"}).gone == 0
    take({"a.txt": b"one", "b.txt": b"two"})
    item = ledger.item("r", "a.txt")
    assert item is not None
    assert item.state == "open"
    assert len(ledger.results(item)) == 1


def test_a_source_that_does_not_tell_all_loses_nothing(ledger: Ledger, take: Take):
    """Where a source gives only what is new, nothing is ever gone."""
    take({"a.txt": b"one"})
    assert take({"b.txt": b"two"}, complete=False).gone == 0
    assert ledger.counts("r").open == 2


def test_a_moved_file_stays_the_same_item(ledger: Ledger, take: Take):
    """A file renamed is neither gone nor a duplicate: its item moves along, with its results."""
    take({"a.txt": b"one", "b.txt": b"two"})
    _finish_all(ledger)
    taken = take({"2026/a.txt": b"one", "b.txt": b"two"})
    assert (taken.gone, taken.duplicates) == (0, 0)
    assert _states(ledger) == {"2026/a.txt": "done", "b.txt": "done"}


def test_a_duplicate_takes_over_when_its_original_goes(ledger: Ledger, take: Take):
    """When the first of two equal files is taken away, the second is worked on."""
    take({"a.txt": b"same", "b.txt": b"same"})
    _finish_all(ledger)
    take({"b.txt": b"same"})
    assert _states(ledger) == {"a.txt": "skipped gone", "b.txt": "open new"}


def test_a_duplicate_takes_over_when_its_original_changes(ledger: Ledger, take: Take):
    """When the first of two equal files is edited, the second is a duplicate no more."""
    take({"a.txt": b"same", "b.txt": b"same"})
    _finish_all(ledger)
    take({"a.txt": b"edited", "b.txt": b"same"})
    assert _states(ledger) == {"a.txt": "open new", "b.txt": "open new"}


def test_a_file_edited_into_a_copy_of_another_is_left_out(ledger: Ledger, take: Take):
    """It no longer says anything of its own."""
    take({"a.txt": b"one", "b.txt": b"two"})
    _finish_all(ledger)
    take({"a.txt": b"one", "b.txt": b"one"})
    assert _states(ledger) == {"a.txt": "done", "b.txt": "skipped duplicate"}
    take({"a.txt": b"one", "b.txt": b"two"})
    assert _states(ledger) == {"a.txt": "done", "b.txt": "open new"}


def test_what_cannot_be_read_fails_and_is_tried_again(ledger: Ledger, take: Take):
    """An unreadable file is told, stays failed while it is unreadable, and opens when it can be read."""
    refused = Incoming(
        key="a.txt", version="", name="a.txt", media_type="", data=b"", refused=say("it may not be read")
    )
    for _ in range(2):
        Intake(ledger.store, "r", "inbox").take([refused], complete=True)
        assert _states(ledger) == {"a.txt": "failed source"}
    take({"a.txt": b"one"})
    assert _states(ledger) == {"a.txt": "open new"}


def test_parts_become_items_behind_their_parent(ledger: Ledger, take: Take):
    """A mail split into attachments is done, and each attachment is an item with bytes of its own."""
    take({"mail.eml": b"mail", "other.eml": b"other"})
    mail = items.claim_items(ledger.store, "r", 1)[0]
    parts = [
        ItemPart(name="a.pdf", media_type="application/pdf", data=b"A"),
        ItemPart(name="a.pdf", media_type="application/pdf", data=b"B"),
    ]
    assert split_item(ledger.store, mail, parts) == 2
    assert [i.key for i in ledger.items("r")] == [
        "mail.eml",
        "mail.eml/a.pdf",
        "mail.eml/a.pdf (2)",
        "other.eml",
    ]
    parent = ledger.item("r", "mail.eml")
    assert parent is not None
    assert (parent.state, parent.parts) == ("done", 2)
    assert [ledger.data(child) for child in ledger.children(parent)] == [b"A", b"B"]
    take({"other.eml": b"other"})
    assert _states(ledger)["mail.eml/a.pdf"] == "skipped gone"


def test_an_attachment_sent_twice_is_left_out_the_second_time(ledger: Ledger, take: Take):
    """The same invoice in two mails is one item of work."""
    take({"1.eml": b"mail 1", "2.eml": b"mail 2"})
    for mail in items.claim_items(ledger.store, "r", 2):
        split_item(ledger.store, mail, [ItemPart(name="a.pdf", media_type="application/pdf", data=b"A")])
    assert _states(ledger)["1.eml/a.pdf"] == "open new"
    assert _states(ledger)["2.eml/a.pdf"] == "skipped duplicate"


def test_what_is_known_is_the_same_read_one_by_one_or_all_at_once(ledger: Ledger, take: Take):
    """A source that tells only what is new is compared by look-ups; these answer as the whole does."""
    take({"a": b"one", "b": b"two", "copy": b"one", "gone": b"three"})
    take({"a": b"one", "b": b"changed", "copy": b"one", "new": b"two"}, keep=False)
    Intake(ledger.store, "r", "elsewhere").take(
        [Incoming(key="a", version="v", name="a", media_type="text/plain", data=b"else")], complete=True
    )
    for item in items.claim_items(ledger.store, "r", 1):
        split_item(ledger.store, item, [ItemPart(name="part", media_type="text/plain", data=b"part")])
    whole, lazy = KnownItems(ledger.store, "r", "inbox"), KnownItems(ledger.store, "r", "inbox")
    whole.read_all()
    rows = list(ledger.items("r"))
    assert {row.key for row in rows} == {"a", "b", "copy", "gone", "new", "a/part"}
    for key in (*(row.key for row in rows), "nowhere"):
        assert lazy.get(key) == whole.get(key), key
        assert (key in lazy) == (key in whole)
    for version in (*(row.version for row in rows), "none"):
        assert lazy.first(version) == whole.first(version), version
    assert {item.id for item in whole.all()} == {
        row.id for row in rows if row.parent is None and row.source == "inbox"
    }


def test_a_source_that_tells_only_what_is_new_is_compared_with_what_came_before(ledger: Ledger, take: Take):
    """What is told again is no new item, what was changed is the same one, and a copy is left out."""
    take({"a": b"one", "b": b"two"}, complete=False)
    _finish_all(ledger)
    taken = take({"a": b"one", "b": b"two, changed", "c": b"one", "d": b"four"}, complete=False)
    assert (taken.new, taken.changed, taken.duplicates, taken.gone) == (1, 1, 1, 0)
    assert _states(ledger) == {"a": "done", "b": "open new", "c": "skipped duplicate", "d": "open new"}
