"""Verify a chain that ``smeflow audit export`` gave out, without smeflow.

``python verify_audit.py chain.jsonl [NUMBER:HASH | heads.jsonl] …``. Ends with 1 and says what is wrong.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN = "0" * 64


def entry_hash(entry: dict[str, Any], before: str) -> str:
    """Hash an entry with the hash of the one before it."""
    parts = (before, entry["n"], entry["at"], entry["kind"], entry["item"], entry["payload"])
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def heads_of(argument: str) -> list[str]:
    """Read a head, or a file of heads but for those that came after a backup which was put back."""
    if not Path(argument).is_file():
        return [argument]
    heads: list[str] = []
    for line in map(json.loads, Path(argument).read_text(encoding="utf-8").splitlines()):
        word, _, backup = line.get("why", "").partition(" ")
        if word == "restored":
            last = int(backup.partition(":")[0])
            heads = [head for head in heads if int(head.partition(":")[0]) <= last]
        heads.append(line["audit"])
    return heads


def lost_in_repairs(entries: list[dict[str, Any]]) -> set[int]:
    """Give the entries that were lost to damage, as entries of repairs say."""
    told = [entry["kind"].removeprefix("repair ") for entry in entries if entry["kind"].startswith("repair ")]
    return {
        n
        for text in told
        for first, last in json.loads(text).get("audit", ())
        for n in range(first, last + 1)
    }


def problems(lines: list[str], heads: list[str]) -> Iterator[str]:
    """Give what is wrong, in words."""
    before, number, hashes = BEGIN, 0, dict[int, str]()
    entries = [json.loads(line) for line in lines]
    lost = lost_in_repairs(entries)
    for entry in entries:
        number += 1
        if number in lost and entry["n"] > number and lost.issuperset(range(number, entry["n"])):
            number, before = entry["n"], entry["before"]
        if (entry["n"], entry["before"]) != (number, before) or entry["hash"] != entry_hash(entry, before):
            yield f"entry {number} is not what was written there"
            return
        before = hashes[number] = entry["hash"]
    for head in heads:
        place, _, digest = head.partition(":")
        if int(place) > number:
            yield f"the chain ends with entry {number}: entry {place} was cut off"
        elif int(place) not in lost and hashes[int(place)] != digest:
            yield f"entry {place} is another than the one kept: the chain was written anew"


if __name__ == "__main__":
    chain = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    wrong = list(problems(chain, [head for each in sys.argv[2:] for head in heads_of(each)]))
    print("\n".join(wrong) or f"{len(chain)} entries hold")
    sys.exit(bool(wrong))
