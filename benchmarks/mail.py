"""How mail is read: ``python benchmarks/mail.py DATA_DIR [--mutants 10000]``.

DATA_DIR holds a ``manifest.json`` with mails (``kind: mime``), texts of replies (``email_reply_strip``) and
their truth. Each mail becomes a case, and so do mutants of it: bits turned, pieces cut, doubled and swapped,
lines of headers put in. Anything that is raised and is no `DocumentError` is a crash. Where a truth holds the
replacement character, or HTML as it stands in the file, it is compared as a person would see it.
"""

import argparse
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import Any

from smeflow.documents.conversation import newest_message

from smeflow import Case
from smeflow.documents.document import Document
from smeflow.documents.html import rendered_text
from smeflow.documents.pool import shared_pool
from smeflow.documents.read import read
from smeflow.errors import DocumentError

SEED = 20261127
HEADERS = (
    b"Content-Type: multipart/mixed; boundary=\r\n", b"Content-Transfer-Encoding: base64\r\n",
    b"Subject: =?utf-8?b?\r\n",
    b"Content-Type: text/plain; charset=\xff\r\n", b"From: \r\n", b"Content-Type: message/rfc822\r\n\r\n",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--mutants", type=int, default=10_000)
    given = parser.parse_args()
    items = json.loads((given.data / "manifest.json").read_text(encoding="utf-8"))["items"]
    mails = [(item, (given.data / item["file"]).read_bytes()) for item in items if item["kind"] == "mime"]
    replies = [item for item in items if item["kind"] == "email_reply_strip"]
    scores: Counter[tuple[str, bool]] = Counter()
    slowest = 0.0
    for item, data in mails:
        began = time.perf_counter()
        document = read(data, name="mail.eml", media_type="message/rfc822")
        Case.of(document)
        slowest = max(slowest, time.perf_counter() - began)
        for field, right in scored(document, item["truth"]):
            scores[field, right] += 1
            if not right:
                print(f"  differs in {field}: {item['file']}", file=sys.stderr)
    for item in replies:
        text = (given.data / item["file"]).read_text(encoding="utf-8", errors="replace")
        right = flat(newest_message(text)) == flat(item["truth"]["first_reply"])
        scores["newest message", right] += 1
    print(f"mails {len(mails)}, slowest {slowest:.3f} s, {memory()}")
    for field in dict.fromkeys(name for name, _ in scores):
        right, wrong = scores[field, True], scores[field, False]
        print(f"{field}: {right} of {right + wrong} ({100 * right / (right + wrong):.1f} %)")
    mutated([data for _, data in mails], given.mutants)


def scored(document: Document, truth: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Compare a mail with its truth, field by field, as far as the truth says something."""
    fields = document.fields
    if "subject" in truth:
        yield "subject", like(flat(fields.get("subject", "")), flat(truth["subject"] or ""))
    if truth.get("from"):
        yield "sender", sender(fields.get("from", ""), truth["from"])
    if truth.get("date"):
        yield "date", same_time(fields.get("date", ""), str(truth["date"]))
    names = sorted(base(one["filename"]) for one in truth.get("attachments") or [] if one.get("filename"))
    if names:
        found = Counter(base(part.name) for part in document.parts)
        yield "attachment names", not Counter(names) - found
    text = truth.get("text_body_first_2000")
    if text:
        shown = flat(rendered_text(text).text if "<html" in text.lower() or "<body" in text.lower() else text)
        whole = flat(fields["body"])
        size = min(len(shown), 1_500 if len(text) >= 2_000 else len(shown))
        yield "text", like(whole[:size], shown[:size])


def like(found: str, wanted: str) -> bool:
    """Compare, a replacement character in the truth standing for any letter."""
    return len(found) == len(wanted) and all(b in ("\ufffd", a) for a, b in zip(found, wanted, strict=True))


def sender(found: str, wanted: object) -> bool:
    """Compare addresses, or names where there is no address."""
    people = (
        wanted
        if isinstance(wanted, list)
        else [{"name": name, "address": address} for name, address in getaddresses([str(wanted)])]
    )
    return all(str(one.get("address") or one.get("name") or "") in found for one in people)


def same_time(found: str, wanted: str) -> bool:
    """Compare two times, in whatever form the truth has it."""
    try:
        return found == parsedate_to_datetime(wanted).isoformat()
    except (ValueError, TypeError):
        return found[:19] == wanted[:19]


def base(name: str) -> str:
    """Give a file's name without folders, however they are written."""
    return flat(name.replace("\\", "/").rpartition("/")[2])


def flat(text: str) -> str:
    """Put all white space in one form."""
    return " ".join(text.split())


def mutated(mails: list[bytes], count: int) -> None:
    """Read mutants and tell what became of them."""
    chance = random.Random(SEED)
    ends: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(count):
        data = mutant(chance, mails)
        began = time.perf_counter()
        try:
            Case.of(read(data, name="mail.eml", media_type="message/rfc822"))
            ends["a case"] += 1
        except DocumentError as error:
            ends[f"told: {type(error).__name__}"] += 1
        except Exception as error:  # noqa: BLE001 - what is counted
            ends[f"crash: {type(error).__name__}"] += 1
        slowest = max(slowest, time.perf_counter() - began)
    crashes = sum(n for end, n in ends.items() if end.startswith("crash"))
    print(f"mutants {count} (seed {SEED}): crashes {crashes}, slowest {slowest:.3f} s, {memory()}")
    for end, number in ends.most_common():
        print(f"  {end}: {number}")


def mutant(chance: random.Random, mails: list[bytes]) -> bytes:
    """Change a mail in one to eight places."""
    data = bytearray(chance.choice(mails))
    for _ in range(chance.randint(1, 8)):
        at, size = chance.randrange(len(data) + 1), chance.randint(1, 200)
        kind = chance.randrange(7)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at : at + size]
        elif kind == 2:
            data[at:at] = data[at : at + size]
        elif kind == 3:
            data[at:at] = chance.choice(HEADERS)
        elif kind == 4:
            data[at : at + size] = bytes(chance.randrange(256) for _ in range(size))
        elif kind == 5:
            other = chance.choice(mails)
            start = chance.randrange(len(other) + 1)
            data[at:at] = other[start : start + size * 10]
        else:
            data = data[: max(at, 1)]
    return bytes(data) or b"\n"


def memory() -> str:
    """Tell the most memory this process and the one that reads risky files ever had."""
    shared_pool().close()  # what a child used is known when it has ended
    shared_pool.cache_clear()
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return f"at most {most // 1024} MB"


if __name__ == "__main__":
    main()
