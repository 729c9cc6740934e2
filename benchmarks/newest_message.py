"""Whether the newest message of a reply is found, in 12 languages and as programs write them.

``python benchmarks/newest_message.py [--show]``. Each reply is a text in one language above what a mail
program of that language writes: Gmail, Outlook, Apple Mail, Thunderbird, Yahoo, Roundcube,
Android and webmails of the country. Right is a reply of which the text alone is left, letter by letter.
Where the package ``mail-parser-reply`` is installed it reads the same replies.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from smeflow.documents.newest_message import newest_message

WRITTEN = json.loads((Path(__file__).parent / "newest_message.json").read_text(encoding="utf-8"))
"""For each language two texts, the line above a quote in five programs, the words of copied headers, of an
original message and of telephones, and what webmails of the country write."""
WHO, MAIL = "Anna Berg", "anna@firm.example"


def replies() -> Iterator[tuple[str, str, str, str]]:
    """Give language, program, the text that is looked for, and the whole reply."""
    for language, written in WRITTEN.items():
        for program, below in _quotes(language):
            for body in written["bodies"]:
                yield language, program, body, f"{body}\n\n{below}\n"


def held_out() -> Iterator[tuple[str, str, str, str]]:
    """Give what other programs write: drawn after the rules, and counted before any was mended."""
    for language, written in WRITTEN.items():
        for program, below in written["held_out"]:
            for body in written["bodies"]:
                yield language, program, body, f"{body}\n\n{below.format(w=WHO, m=MAIL)}\n"


def _quotes(language: str) -> Iterator[tuple[str, str]]:
    who, sent, to, subject, original, device, outlook = WRITTEN[language]["headers"]
    old = "Zxcv qwer 17.\n\nPoiu."
    marked = "\n".join(f"> {line}".rstrip() for line in old.split("\n"))
    gmail, apple, thunderbird, yahoo, roundcube = (
        line.format(w=WHO, m=MAIL) for line in WRITTEN[language]["lines"]
    )
    head = f"{who}: {WHO} <{MAIL}>\n{sent}: 4.3.2025 11:02\n{to}: Tom <tom@x.example>\n{subject}: 4711"
    yield "Gmail", f"{gmail}\n\n{marked}"
    broken = gmail.replace(" <", "\n<").replace(" (", "\n(")
    yield "Gmail, broken", f"{broken}\n\n{marked}"
    yield "Outlook", f"{head}\n\n{old}"
    yield "Outlook on the web", f"{'_' * 32}\n{head}\n\n{old}"
    yield "Outlook on a telephone", f"{outlook}\n{'_' * 32}\n{head}\n\n{old}"
    yield "Apple Mail", f"{apple}\n\n{marked}"
    yield "iPhone", f"{device}\n\n> {apple}\n> \n{marked}"
    yield "Thunderbird", f"{thunderbird}\n{marked}"
    yield "Yahoo", f"{yahoo}\n\n {old}"
    yield "Roundcube", f"{roundcube}\n{marked}"
    yield "Android", f"-------- {original} --------\n{who}: {WHO} <{MAIL}>\n{subject}: 4711\n\n{old}"
    for n, webmail in enumerate(WRITTEN[language]["webmails"], 1):
        yield f"webmail {n}", webmail.format(w=WHO, m=MAIL)


def main() -> int:
    """Read and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print what is wrong")
    given = parser.parse_args()
    readers: dict[str, Callable[[str, str], str]] = {"smeflow": lambda text, _: newest_message(text)}
    try:
        from mailparser_reply import EmailReplyParser
    except ImportError:
        print("mail-parser-reply is not installed: not run")
    else:
        known = ["en", "de", "cs", "da", "es", "fr", "it", "nl", "pl", "sv"]
        readers["mail-parser-reply"] = lambda text, language: (
            EmailReplyParser(
                languages=list(dict.fromkeys([language] * (language in known) + known))
            ).parse_reply(text)
            or ""
        )
    for name, read in readers.items():
        for drawn, texts in (("", replies()), (", other programs", held_out())):
            right, count, whole_but_signed = Counter[str](), Counter[str](), 0
            for language, program, body, text in texts:
                count[language] += 1
                found = read(text, language).strip()
                right[language] += found == body
                whole_but_signed += bool(found) and body.startswith(found)
                if given.show and found != body and name == "smeflow":
                    print(f"{language}, {program}: {found[len(body) - 10 :]!r}")
            shown = ", ".join(f"{language} {right[language]}/{count[language]}" for language in count)
            total, whole = right.total(), count.total()
            print(f"{name}{drawn}: {total} of {whole} right ({100 * total / whole:.1f} %): {shown}")
            print(f"  nothing but the sender's own words: {whole_but_signed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
