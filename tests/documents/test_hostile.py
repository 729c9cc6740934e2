"""Foreign bytes end as a document or as a reason, in time that grows with their length and no faster."""

import io
import json
import os
import subprocess
import sys
import time

import pytest
from support.hostile import (
    CORPUS,
    attached,
    mail,
    nested_parts,
    page_of,
    tnef,
    zeros,
)
from support.hostile_classes import fetching, hidden, limits, names

from smeflow.documents import pool as pools
from smeflow.documents.archives import mails_in
from smeflow.documents.document import Limits
from smeflow.documents.file import File
from smeflow.documents.html import rendered_text
from smeflow.documents.pool import allowed
from smeflow.documents.read import identify, is_risky, read
from smeflow.documents.text import normalize_text
from smeflow.errors import DocumentError, LimitExceeded

FLOWED = b"Content-Type: text/plain; format=flowed"
HTML = b"Content-Type: text/html"
UTF8 = b"Content-Type: text/plain; charset=utf-8"

GROWING = {
    "spaces": lambda n: mail(b"a" + b" " * n + b"b"),
    "plain lines": lambda n: mail(b"A plain line of text.\n" * (n // 22)),
    "blank lines": lambda n: mail(b"a\n" + b"\n" * n + b"b"),
    "blanks between lines": lambda n: mail(b"a\n" + b" \n" * (n // 2) + b"b"),
    "dashes": lambda n: mail(b"-" * n + b"x"),
    "lines of dashes": lambda n: mail((b"-" * 790 + b"x\n") * (n // 792)),
    "headers of blanks": lambda n: mail((b"de" + b" " * 700 + b"x\n") * (n // 704)),
    "disclaimers": lambda n: mail(b"Hi\n\n" + b"This message is confidential\n\n" * (n // 30)),
    "wrote": lambda n: mail((b"le 2024 " + b"wrote " * 120 + b"x\n") * (n // 730)),
    "flowed": lambda n: mail(b"a \n" * (n // 3), FLOWED),
    "accents": lambda n: mail(b"a" + "\u0301\u0316".encode() * (n // 4), UTF8),
    "parameters": lambda n: mail(b"x", b"Content-Type: text/plain" + b";" * n),
    "a quote in parameters": lambda n: mail(b"x", b'Content-Type: text/plain; a="' + b"; " * (n // 2)),
    "encoded words": lambda n: mail(b"x", b"Subject: " + b"=?a?q? " * (n // 7)),
    "style sheets": lambda n: mail(b"<style>" + b"@a" * (n // 2) + b"</style>x", HTML),
    "a style": lambda n: mail(b"<p style='opacity:" + b"0" * n + b"x'>x", HTML),
    "colours in colours": lambda n: mail(b"<b style='color:#fff'>" * (n // 22) + b"x", HTML),
}


@pytest.mark.parametrize("kind", GROWING)
def test_a_mail_twice_as_long_takes_at_most_some_thrice_as_much(kind, read_in_process):
    """Each took four times as much, or more, and 40 s with 400 kB."""

    def cost(n: int) -> float:
        data = GROWING[kind](n)
        costs = []
        for _ in range(2):
            began = time.process_time()
            read_in_process(data, name="a.eml")
            costs.append(time.process_time() - began)
        return min(costs)

    once = cost(60_000)
    assert cost(120_000) < 3 * once + 0.1
    assert once < 2


def test_lines_that_begin_a_mail_are_looked_for_once():
    """Every time of day in a line was held against every number behind it."""
    began = time.process_time()
    assert list(mails_in(io.BytesIO(b"From x" + b"00:00." * 100_000), 1_000_000)) == []
    assert time.process_time() - began < 2
    assert list(mails_in(io.BytesIO(b"From a@b Mon Nov 30 10:00:00 2026\n\nx\n"), 100)) == [b"\nx\n"]


def test_more_accents_than_a_letter_has_are_kept_in_bounds():
    """What people write stays as it is: thirty marks on one letter are no word."""
    assert normalize_text("e\u0301") == "é"
    word = "a" + "\u0301" * 20
    assert normalize_text(word * 50).count("\u034f") == 0
    assert normalize_text("a" + "\u0301\u0316" * 500).count("\u034f") == 33


def test_style_sheets_are_read_as_a_browser_reads_them():
    """A brace in a string or a comment opens no rule, and a rule for another screen hides nothing."""
    page = "<style>{}</style><p class=x>hidden</p><p>seen</p>"
    for sheet in (
        ".x{display:none}",
        "@import url(a.css); .x{display:none}",
        '.a:before{content:"{"} .x{display:none}',
        "/* a { */ .x{display:none}",
        "@media print{.b{color:red}} .x{display:none}",
    ):
        assert rendered_text(page.format(sheet)).text == "seen", sheet
    for sheet in ("@media print{.x{display:none}}", "/* .x{display:none} */", "/* .x{display:none}"):
        assert "hidden" in rendered_text(page.format(sheet)).text, sheet


def test_parts_in_parts_stop_the_reading_of_the_rest(read_in_process):
    """Every line was held against the boundary of each open part."""
    began = time.process_time()
    with pytest.raises(LimitExceeded, match="`depth` is 8"):
        read_in_process(nested_parts(300), name="a.eml")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("name", "data", "risky"),
    [
        ("a.eml", mail(b"Bonjour"), False),
        ("a.eml", mail(b"<p>Bonjour", HTML), True),
        ("a.eml", mail(b"x" * 40_000), True),
        ("a.html", b"<html>", True),
        ("a.pdf", b"%PDF-", True),
        ("a.txt", b"Bonjour", False),
    ],
)
def test_what_this_process_reads_itself_is_text_and_small_mails(name, data, risky, read_in_process):
    """Text is decoded and a small mail taken apart by Python alone; parsers in C read in a child."""
    assert is_risky(identify(File(name=name, media_type="", data=data, read_part=read_in_process))) is risky


def test_an_attachment_that_kills_its_reader_takes_no_mail_with_it():
    """The mail is read, the attachment beside it too, and what killed says so."""
    body = b"x" * 40_000
    bomb = attached("bomb.pdf", page_of(zeros(900)), "application/pdf").replace(b"Voici", body + b" Voici")
    good = b'--b\r\nContent-Type: text/plain; name="good.txt"\r\n\r\nfine\r\n--b--'
    document = read(bomb.replace(b"--b--", good), name="a.eml")
    assert "Voici le document." in document.text
    assert [part.name for part in document.parts] == ["bomb.pdf", "good.txt"]
    assert document.parts[1].text.strip() == "fine"


def test_files_in_winmail_dat_are_read_one_by_one():
    """They are the mail's attachments, as deep as they lie."""
    wrapped = tnef((0x9002, b""), (0x8010, b"a.txt\0"), (0x800F, b"fine"))
    long = attached("winmail.dat", wrapped, "application/ms-tnef").replace(
        b"Voici", b"x" * 40_000 + b" Voici"
    )
    document = read(long, name="a.eml")
    assert [(part.name, part.text, dict(part.fields)) for part in document.parts] == [("a.txt", "fine", {})]


def test_a_small_file_may_take_less_than_a_large_one():
    """An honest file takes memory and time as it is large; the limits bound all."""
    limits = Limits()
    assert (allowed(limits, 0).seconds, allowed(limits, 0).memory_bytes) == (4.0, 160_000_000)
    assert (allowed(limits, 500_000).seconds, allowed(limits, 500_000).memory_bytes) == (14.0, 167_500_000)
    assert allowed(limits, 50_000_000) == Limits(memory_bytes=910_000_000)
    assert allowed(Limits(seconds=1, memory_bytes=5), 500_000) == Limits(seconds=1, memory_bytes=5)


@pytest.mark.skipif(os.name != "posix", reason="Windows limits no processor time")
def test_a_reader_that_only_computes_is_ended(monkeypatch):
    """Waiting on a busy machine is no fault of a file: the processor's time counts, and is named."""
    monkeypatch.setattr(pools, "_LEAST_SECONDS", 1.0)
    marks = page_of(zeros(30, b"BT /F1 12 Tf 50 700 Td (aaaaaaaaaaaa) Tj ET\n"))
    with pytest.raises(DocumentError, match=r"limit `(seconds|characters|memory_bytes)`"):
        read(marks, name="a.pdf")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by the system on Linux alone")
def test_a_run_over_all_hostile_files_ends_each_with_a_result_or_a_reason(tmp_path):
    """No file ends the run, none stays open, and nobody sees a traceback."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    files = [each for craft in CORPUS[:2] for each in craft() if not each.name.endswith(".mbox")]
    for each in files:
        (inbox / each.name).write_bytes(each.data)
    (inbox / "good.txt").write_text("Bonjour", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "smeflow.cli", "run", "recipe.yaml", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        timeout=500,
        check=False,
    )
    assert b"Traceback" not in ran.stderr + ran.stdout
    summary = json.loads(ran.stdout.splitlines()[-1])
    assert summary["open"] == 0
    assert summary["items"] == len(files) + 1


RECIPE = """\
recipe: hostile
llm: none
source: {folder: inbox/}
steps:
  - triage: kind
    labels: {invoice: bills, other: all else}
    rules: [{label: invoice, text: [facture]}]
sinks:
  - {table: out.csv, item: key, columns: {Label: kind.label}}
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by the system on Linux alone")
@pytest.mark.parametrize("craft", [hidden, fetching, names, limits], ids=lambda craft: craft.__name__)
def test_each_hostile_file_is_read_without_what_it_hides_or_refused(craft):
    """What a correct system does with it stands beside each file; `benchmarks/hostile.py` measures it too."""
    wrong = []
    for each in craft():
        try:
            document = read(each.data, name=each.name)
        except DocumentError as error:
            end, told, text = "refused", [str(error)], each.shows
        else:
            parts = list(document.walk())
            end, told = "read", [str(problem) for part in parts for problem in part.problems]
            text = "\n".join(part.text for part in parts)
        hidden_well = not each.hides or each.hides not in text
        if not (each.fate in ("either", end) and hidden_well and each.shows in text and told_of(each, told)):
            wrong.append((each.name, end, told[:2]))
    assert wrong == []


def told_of(each, told):
    return not each.tells or any(each.tells in reason for reason in told)
