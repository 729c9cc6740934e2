"""What answers say: ``python benchmarks/replies.py DATA_DIR [--rounds 20]``.

DATA_DIR holds a ``manifest.json`` with mails people wrote (``email_qa``, ``email_reply``,
``email_unlabelled``). Each is answered by a model that lies: its text is put together of sentences of the
mail, of the firm's own answers and of made-up figures, dates and sums in many forms. Every token of an answer
that holds a digit must stand in a source (facts, the customer's row, the firm's answers) or be marked; a
pattern of this file's own looks for them, not the check under test, and leaves the numbers of lists aside.
And each mail is sent again as programs send it: none of these may be answered.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from smeflow import Case
from smeflow.documents.read import read
from smeflow.llm.testing import Scripted
from smeflow.steps import DraftReply
from smeflow.writing.drafts import Wording

ANSWERS = (
    "Orders leave within 48 hours and cost 4.90 EUR to send.",
    "Les retours sont acceptés pendant 30 jours, au 12 rue des Fabriques.",
)
FACTS = {"number": "C-1042", "total": "1 234,50"}
MADE_UP = (
    "The total is {n}.{m:02} EUR.", "Nous vous devons {n},{m:02} €.", "It arrives on {d}/{o}/2027.",
    "Livraison le {d} mai 2027.",
    "Call {n:010}.", "Remise de {d} %.", "Invoice INV-{n}-{m}.",
    "Rendez-vous à {d}h{m:02}.", "We owe you ${n}.",
    "Le {d}.{o}.27 au plus tard.",
)  # fmt: skip
AUTOMATIC = (
    ("Auto-Submitted", "auto-replied"), ("Auto-Submitted", "auto-generated"), ("List-Id", "<l.example.com>"),
    ("List-Unsubscribe", "<mailto:x@example.com>"), ("Precedence", "bulk"), ("Precedence", "junk"),
    ("Return-Path", "<>"), ("X-Autoreply", "yes"), ("X-Smeflow", "sent"),
)  # fmt: skip
TOKEN = re.compile(r"[^\s\"“”()]*\d[^\s\"“”()]*")


def main() -> None:
    """Answer and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    mails = list(texts(given.data))
    chance, found, lost = random.Random(3834), Counter[str](), []
    for _ in range(given.rounds):
        for text in mails:
            made = answered(text, chance)
            for token in tokens(made.text):
                end = "in a source" if traced(token) else "marked" if marked(token, made.marked) else "lost"
                found[end] += 1
                lost += [(token, made.text)] if end == "lost" else []
            found["answers"] += 1
            found["held back"] += bool(made.doubts)
    wrong = sum(bool(answered(text, chance, name, value).text) for text in mails for name, value in AUTOMATIC)
    print(
        f"mails {len(mails)}, answers {found['answers']}, of them held back for a person {found['held back']}"
    )
    everything = found["in a source"] + found["marked"] + found["lost"]
    print(f"tokens with a figure {everything}: in a source {found['in a source']}, marked {found['marked']}, "
          f"neither {found['lost']}")  # fmt: skip
    print(f"automatic mails {len(mails) * len(AUTOMATIC)}, answered {wrong}")
    for token, text in lost[:10]:
        print("  ", token, "|", text[:200].replace("\n", " "))


def answered(text: str, chance: random.Random, header: str = "", value: str = ""):  # type: ignore[no-untyped-def]
    """Answer one mail with lies."""
    mail = EmailMessage()
    if header:
        mail[header] = value
    mail["From"], mail["Subject"] = "Anne Roy <anne@client.example>", "A question"
    mail.set_content(text)
    step = DraftReply(
        name="answer",
        instructions="Answer.",
        answers=tuple(Wording(name=f"a{n}", text=one) for n, one in enumerate(ANSWERS)),
        customer={"table": "customers", "where": {"email": "sender"}},
    )
    case = Case.of(read(mail.as_bytes(), name="m.eml"), known=Firm())
    return step(case, Scripted([lambda _request: said(text, chance)], for_ever=True))


class Firm:
    """What the firm knows: one customer."""

    def rows(self, table: str, **where: str) -> list[dict[str, str]]:
        """Give the customer."""
        return [{"email": "anne@client.example", "name": "Anne Roy", **FACTS}]

    def nearest(self, table: str, text: str, k: int = 3) -> list[dict[str, str]]:
        """Give nothing."""
        return []


def said(text: str, chance: random.Random) -> str:
    """Put an answer together."""
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]
    parts = ["Hello,"]
    for _ in range(chance.randint(2, 6)):
        kind = chance.randrange(4)
        if kind == 0 and sentences:
            parts.append(chance.choice(sentences))
        elif kind == 1:
            parts.append(chance.choice(ANSWERS))
        elif kind == 2:
            parts.append(f"Your order {FACTS['number']} over {FACTS['total']} EUR.")
        else:
            form = chance.choice(MADE_UP)
            numbers = {"n": chance.randint(1, 99_999), "m": chance.randrange(60), "d": chance.randint(1, 28)}
            parts.append(form.format(**numbers, o=chance.randint(1, 12)))
    return json.dumps({"subject": "", "text": "\n".join(parts)})


def tokens(text: str) -> Iterator[str]:
    """Give what holds a digit."""
    bare = re.sub(r"(?m)^\s*\(?\d{1,2}[.)]\s*", " ", text)
    yield from (match[0].strip(".,;:!?'*") for match in TOKEN.finditer(bare))


def traced(token: str) -> bool:
    """Tell whether a token stands in a source, as written."""
    return any(
        token in TOKEN.findall(source) or token in source.split() for source in (*ANSWERS, *FACTS.values())
    )


def marked(token: str, passages: tuple[str, ...]) -> bool:
    """Tell whether a token is marked: the whole of it, or all its figures."""
    digits = re.findall(r"\d+", token)
    return any(token in one or one in token or all(d in one for d in digits) for one in passages)


def texts(data: Path) -> Iterator[str]:
    """Give the texts of the mails."""
    items = json.loads((data / "manifest.json").read_text(encoding="utf-8"))["items"]
    kinds = ("email_qa", "email_reply", "email_unlabelled")
    for file in sorted({item["file"] for item in items if item["kind"] in kinds}):
        for line in (data / file).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            text = record.get("email") or record.get("body") or record.get("text")
            if text:
                yield str(text)


if __name__ == "__main__":
    main()
