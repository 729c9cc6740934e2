"""Everything that hangs on a mail is saved, whatever it is called."""

from email.message import EmailMessage
from pathlib import Path

import pytest

NAMES = (
    "a/b.pdf",
    "..",
    "../../up.pdf",
    "C:\\temp\\back.pdf",
    "CON.pdf",
    "nul",
    "x" * 300 + ".pdf",
    "",
    "same.pdf",
    "SAME.pdf",
    "same.pdf",
    "tab\tand\x07bell.pdf",
    ".hidden",
    "trailing. ",
    "e\u0301te\u0301.pdf",
    "\u00e9t\u00e9.pdf",
    "\u202efdp.exe",
    "a:b*c?.pdf",
    "Thumbs.db",
    "x.tmp",
)


def _mail(names, contents=None):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "papers"
    mail["Message-ID"], mail["Date"] = "<odd@example.org>", "Mon, 02 Nov 2026 10:00:00 +0100"
    mail.set_content("Please find the papers attached.")
    for number, name in enumerate(names):
        data = contents[number] if contents else f"paper {number}".encode()
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename="name")
        part = list(mail.iter_attachments())[-1]
        del part["Content-Disposition"]
        if name:
            part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
        else:
            part["Content-Disposition"] = "attachment"
    return mail.as_bytes()


@pytest.fixture
def post(tmp_path):
    """A folder of mails whose attachments are saved."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "recipe.yaml").write_text(
        "recipe: r\nllm: none\nsource: {folder: inbox/, match: '*.eml'}\n"
        "steps:\n  - {rule: x, value: 'true'}\nsinks:\n  - attachments: out/{name}\n",
        encoding="utf-8",
    )
    return tmp_path


def _split(folder, word):
    recipe = (folder / "recipe.yaml").read_text(encoding="utf-8")
    recipe = recipe.replace("steps:", f"steps:\n  - split: {word}")
    (folder / "recipe.yaml").write_text(recipe, encoding="utf-8")


def test_attachments_with_odd_names_are_all_saved(smeflow, post):
    """Slashes, dots, devices, lengths, twins and signs that cannot be seen: each is a file with its bytes."""
    (post / "inbox" / "odd.eml").write_bytes(_mail(NAMES))
    told = smeflow("run", "--json")
    assert (told.code, told.lines[-1]["done"]) == (0, 1)
    saved = {file.read_bytes() for file in (post / "out").rglob("*") if file.is_file()}
    assert saved == {f"paper {number}".encode() for number in range(len(NAMES))}
    assert not (post / "up.pdf").exists()


def test_an_empty_attachment_is_saved_too(smeflow, post):
    """Nothing that hangs on a mail is dropped without a word."""
    (post / "inbox" / "odd.eml").write_bytes(_mail(["a.pdf", "empty.txt"], [b"a", b""]))
    smeflow("run", "--json")
    assert sorted(file.name for file in (post / "out").iterdir()) == ["a.pdf", "empty.txt"]


def test_a_long_name_keeps_its_ending_for_the_pattern(smeflow, post):
    """What is asked for as `*.pdf` is not lost for being called too much."""
    recipe = (post / "recipe.yaml").read_text(encoding="utf-8") + "    match: '*.pdf'\n"
    (post / "recipe.yaml").write_text(recipe, encoding="utf-8")
    (post / "inbox" / "odd.eml").write_bytes(_mail(["x" * 300 + ".pdf", "offer.docx"]))
    told = smeflow("run", "--json")
    assert [file.suffix for file in (post / "out").iterdir()] == [".pdf"]
    assert "offer.docx" in told.err
    assert "offer.docx" not in smeflow("run", "--json").err


@pytest.mark.parametrize("names", [NAMES, ("a.pdf", "a.pdf", "a.pdf (2)", "a.pdf (2)", "A.pdf")])
def test_the_attachments_of_a_mail_that_is_split_are_all_saved(smeflow, post, names):
    """Each is an item of its own, whatever it is called, and a file."""
    _split(post, "attachments")
    (post / "inbox" / "odd.eml").write_bytes(
        _mail(names, [b"paper %d of many" % n for n in range(len(names))])
    )
    told = smeflow("run", "--json")
    assert told.lines[-1]["items"] == len(names) + 1
    saved = {file.read_bytes() for file in (post / "out").rglob("*") if file.is_file()}
    waiting = told.lines[-1]["review"] + told.lines[-1]["failed"]
    assert len(saved) + waiting == len(names)
    assert told.code == 0


def test_a_mail_of_two_invoices_keeps_its_third_attachment(smeflow, post):
    """What is no invoice is told, kept and saved."""
    inbox = Path(__file__).parents[2] / "recipes" / "supplier-mail" / "inbox"
    _split(post, "invoices")
    names = ["au-bon-moulin-F124212.xml", "lieferant-471113.xml", "terms.docx"]
    contents = [*((inbox / name).read_bytes() for name in names[:2]), b"PK terms"]
    (post / "inbox" / "two.eml").write_bytes(_mail(names, contents))
    told = smeflow("run", "--json")
    assert [told.lines[-1][state] for state in ("items", "done", "skipped")] == [4, 3, 1]
    assert {file.read_bytes() for file in (post / "out").iterdir()} == set(contents)
    assert "terms.docx" in smeflow("status", "--where", "skipped").out
    assert smeflow("run", "--json").lines[-1]["skipped"] == 1


@pytest.mark.parametrize("rest", [b"", b"\0" * 40])
def test_a_wrapping_of_outlook_that_holds_nothing_is_saved_as_it_is(smeflow, post, rest):
    """Each file that hangs on a mail is saved, taken out of its wrapping or in it."""
    (post / "inbox" / "odd.eml").write_bytes(
        _mail(["winmail.dat", "a.pdf"], [b"\x78\x9f\x3e\x22" + rest, b"a"])
    )
    smeflow("run", "--json")
    assert sorted(file.name for file in (post / "out").iterdir()) == ["a.pdf", "winmail.dat"]
