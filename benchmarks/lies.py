"""What lies of a model pass, and what truth gets through: `python benchmarks/lies.py DIR [DIR …]`.

A DIR holds a ``manifest.json`` of real documents or a ``manifest.jsonl`` of drawn ones (``make_layouts``). A
truthful model gives what the page prints; a lying one the same, but for one lie: values swapped, a digit
changed, totals that add up and are false, another printed number or date, the buyer as the seller, a valid
account that is nowhere. Told is how many lies end in a record without any doubt (there must be none), how
many truthful answers end proven or without doubt, and how many records are right in every field with it.

``--lies`` and ``--truths`` say how many of each; ``--always`` asks of every page, not only where something is
not proven. ``--all`` names each document that is not exact with the truthful model.
"""

import argparse
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pages
import strangers

from smeflow import Case
from smeflow.documents.document import Document
from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.steps import Extract
from smeflow.values.amounts import find_amounts

KEYS = (
    *("number", "issue_date", "due_date", "seller", "seller_details_vat_id", "buyer", "currency"),
    *("total_net", "total_vat", "total_gross", "amount_due", "iban", "order_reference"),
)
TOTALS = ("total_net", "total_vat", "total_gross")
FOREIGN_ACCOUNT = "DE89370400440532013000"
JUDGED = (*strangers.REQUIRED, "iban", "amount_due")


@dataclass(frozen=True)
class Page:
    """A document and what it prints."""

    id: str
    group: str
    """Its issuer, or the family of its layout."""
    document: Document
    truth: dict[str, str]
    """All that is known of it, by field, as text."""
    scored: tuple[str, ...]
    """The required fields that the page prints."""
    language: str = "en"


def pages_in(folder: Path) -> Iterator[Page]:
    """Read the PDF documents of a folder; of real ones each invoice once."""
    if (folder / "manifest.jsonl").exists():
        for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("medium", "pdf") == "pdf":
                made = _page(row["id"], row["family"], folder / row["file"], row["truth"],
                             strangers.truth_of(row))  # fmt: skip
                yield from (replace(page, language=row.get("language", "en")) for page in made)
        return
    items = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["items"]
    for item in pages.chosen(items, "invoice_pdf", None, once=True):
        truth = {**item["truth"], **(item.get("printed_truth") or {})}
        truth |= {ours: truth.get(theirs) for ours, theirs in pages.FIELDS.items()}
        path = folder / (item.get("file_without_xml") or item["file"])
        group, printed = str(item.get("issuer_group")), pages.truth_of(item)
        made = _page(item["id"], group, path, truth | {"buyer": truth.get("customer")}, printed)
        yield from (replace(page, language=item.get("language") or "en") for page in made)


def _page(name: str, group: str, path: Path, truth: dict, printed: dict) -> Iterator[Page]:
    try:
        document = read(path)
    except DocumentError as error:
        print(f"{path.name}: {error}")
        return
    yield make_page(name, group, document, truth, printed)


def make_page(name: str, group: str, document: Document, truth: dict, printed: dict) -> Page:
    """Put a document and its truth together."""
    bare = {key: value.get("name") if isinstance(value, dict) else value for key, value in truth.items()}
    unprinted = {f for f in strangers.REQUIRED if printed.get(f) is None}
    known = {key: _text(key, bare[key]) for key in KEYS if bare.get(key) is not None and key not in unprinted}
    scored = tuple(f for f in strangers.REQUIRED if f in known)
    return Page(name, group, document, known, scored)


def _text(key: str, value: object) -> str:
    return f"{Decimal(str(value)):.2f}" if key in {*TOTALS, "amount_due"} else str(value)


def truthful(page: Page) -> dict[str, str | None]:
    """Give what the page prints: an amount with its sign, and VAT of nothing only where that is printed."""
    said = {key: page.truth.get(key) for key in KEYS}
    printed = {amount.value for line in page.document.text.splitlines() for amount in find_amounts(line)}
    for name in (*TOTALS, "amount_due"):
        value = Decimal(said[name] or 0)
        if said[name] is not None and value not in printed:
            said[name] = f"{-value}" if -value in printed else None if not value else said[name]
    return said


def lies_about(page: Page, chance: random.Random) -> Iterator[tuple[str, tuple[str, ...], dict]]:
    """Give the lies that can be told of a page: the kind, the fields and the answer."""
    said, truth, text = truthful(page), page.truth, page.document.text
    net, vat, gross = (truth.get(name) for name in TOTALS)
    if net and gross and net != gross:
        yield "swapped", TOTALS, {**said, "total_net": gross, "total_gross": net}
    if truth.get("due_date") and truth["due_date"] != truth.get("issue_date"):
        yield "swapped", ("issue_date",), {**said, "issue_date": truth["due_date"],
                                           "due_date": truth.get("issue_date")}  # fmt: skip
    number = truth.get("number", "")
    digits = [place for place, c in enumerate(number) if c.isdigit()]
    if digits:
        at = chance.choice(digits)
        other = number[:at] + str((int(number[at]) + chance.randint(1, 9)) % 10) + number[at + 1 :]
        yield "digit changed", ("number",), {**said, "number": other}
    if gross:
        yield (
            "digit changed",
            ("total_gross",),
            {**said, "total_gross": _text("total_gross", Decimal(gross) + 100)},
        )
    if net and vat and gross:
        share = Decimal(vat) / Decimal(net) if Decimal(net) else Decimal(0)
        false = (Decimal(net) / 2).quantize(Decimal("0.01"))
        tax = (false * share).quantize(Decimal("0.01"))
        answer = dict(zip(TOTALS, (f"{false}", f"{tax}", f"{false + tax}"), strict=True))
        yield "coherent totals", TOTALS, {**said, **answer, "amount_due": answer["total_gross"]}
        printed = _printed_sums(page, (net, vat, gross))
        if printed:
            answer = dict(zip(TOTALS, chance.choice(printed), strict=True))
            yield "coherent totals", TOTALS, {**said, **answer, "amount_due": answer["total_gross"]}
    numbers = [n for n in re.findall(r"\b[A-Z]{0,4}[-/]?\d[\d/-]{3,11}\b", text) if n not in (number, "")]
    numbers = [n for n in dict.fromkeys(numbers) if n not in number and number not in n]
    if numbers:
        yield "another number", ("number",), {**said, "number": chance.choice(numbers)}
    days = _printed_days(page) - {truth.get("issue_date")}
    if days:
        yield "another date", ("issue_date",), {**said, "issue_date": chance.choice(sorted(days))}
    if truth.get("buyer") and truth.get("seller"):
        yield "buyer as seller", ("seller",), {**said, "seller": truth["buyer"], "buyer": truth["seller"]}
    yield "foreign account", ("iban",), {**said, "iban": FOREIGN_ACCOUNT}


def _printed_days(page: Page) -> set[str]:
    from smeflow.invoices.page.view import PageView

    view = PageView(page.document, page.document.pages)
    return {spot.value.value.isoformat() for spot in view.dates}


def _printed_sums(page: Page, true: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Give other amounts of the page of which two make the third."""
    from smeflow.invoices.page.view import PageView

    view = PageView(page.document, page.document.pages)
    amounts = sorted({abs(s.value.amount) for s in view.amounts if s.value.money and s.value.amount})[:80]
    known = set(amounts)
    sums = [(f"{a:.2f}", f"{b:.2f}", f"{a + b:.2f}") for a in amounts for b in amounts
            if b < a and a + b in known]  # fmt: skip
    return [s for s in sums if s[2] != true[2]]


def answered(page: Page, answer: dict | None, *, always: bool):
    """Read a page with a model that gives *answer* each time; None: without any."""
    step = Extract(name="invoice", into="Invoice", readers=("layout", "model"), ocr="tesseract",
                   ask="always" if always else "left")  # fmt: skip
    model = NoModel() if answer is None else Scripted([answer] * 6)
    return step(Case(id=page.id, documents=(page.document,)), model)


def wrong_fields(page: Page, found, fields=JUDGED) -> list[str]:
    """Name what was read otherwise than the page prints it."""
    values = {name: getattr(found.record, name) for name in fields}
    wrong = [n for n, v in values.items() if v is not None and n in page.truth
             and not strangers.equal(n, v, page.truth[n])]  # fmt: skip
    return wrong + (["iban"] if str(values.get("iban")) == FOREIGN_ACCOUNT else [])


def exact(page: Page, found) -> bool:
    """Tell whether every required field that is printed is right."""
    return all(
        (value := getattr(found.record, name)) is not None and strangers.equal(name, value, page.truth[name])
        for name in page.scored
    )


def undoubted(found) -> bool:
    """Tell whether nobody would look at it."""
    return found.proven or not found.doubts


def tell_lies(page_list: list[Page], most: int, *, always: bool) -> int:
    """Lie about pages in turn, and print how many lies pass, by kind."""
    chance, told, passed = random.Random(16), Counter(), Counter()
    waiting = [iter([*lies_about(page, chance)]) for page in page_list]
    order = [(page, lie) for page, lies in zip(page_list, waiting, strict=True) for lie in lies]
    chance.shuffle(order)
    by_page: dict[str, int] = defaultdict(int)
    for page, (kind, fields, answer) in order[:most]:
        found = answered(page, answer, always=always)
        told[kind] += 1
        by_page[page.id] += 1
        if undoubted(found) and (wrong := wrong_fields(page, found, fields)):
            passed[kind] += 1
            said = ", ".join(f"{n} {getattr(found.record, n)}" for n in wrong)
            print(f"  {page.id}: {kind} passed{' and was proven' if found.proven else ''}: {said}")
    kinds = ", ".join(f"{kind} {passed[kind]} of {n}" for kind, n in sorted(told.items()))
    print(f"{sum(told.values())} lies about {len(by_page)} pages; undoubted {sum(passed.values())}: {kinds}")
    return sum(passed.values())


def tell_truths(page_list: list[Page], *, always: bool, every: bool) -> int:
    """Answer truthfully, and print how much gets through; gives what is wrong and proven."""
    rows = []
    for page in page_list:
        plain = answered(page, None, always=False)
        found = answered(page, truthful(page), always=always)
        rows.append((page, plain, found))
        if every and not exact(page, found):
            missing = [n for n in page.scored if getattr(found.record, n) is None]
            print(f"  {page.id}: wrong {wrong_fields(page, found, page.scored)}, missing {missing}")
    silent = [(p, f) for p, _, f in rows if f.proven and wrong_fields(p, f, p.scored)]
    for page, found in silent:
        print(f"  {page.id}: PROVEN AND WRONG {wrong_fields(page, found, page.scored)}")
    for title, place in (("no model", 1), ("a truthful model", 2)):
        found = [(row[0], row[place]) for row in rows]
        n = len(found)
        print(f"{title:<17} {n} pages: exact {100 * sum(exact(*f) for f in found) / n:5.1f} %, "
              f"proven {100 * sum(f.proven for _, f in found) / n:5.1f} %, "
              f"proven or undoubted {100 * sum(undoubted(f) for _, f in found) / n:5.1f} %")  # fmt: skip
    return len(silent)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--lies", type=int, default=171)
    parser.add_argument("--truths", type=int, default=200)
    parser.add_argument("--always", action="store_true")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    found = [page for folder in options.folders for page in pages_in(folder)]
    random.Random(4).shuffle(found)
    wrong = tell_lies(found[: max(20, options.lies // 4)], options.lies, always=options.always)
    if options.truths:
        wrong += tell_truths(found[: options.truths], always=options.always, every=options.all)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
