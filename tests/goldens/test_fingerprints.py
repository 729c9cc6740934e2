"""What old ledgers know steps and records by. No line of these tables is ever changed, only added.

A step whose fingerprint changes leaves every finished item of every user behind: "finished items keep what an
older recipe gave". A change of what a step does is told by its ``revision``, and named in the changelog.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field

from smeflow import Case, fingerprint, read, step
from smeflow.kinds.steps import result_id
from smeflow.records import Invoice, Party, Record
from smeflow.steps import Draft, DraftReply, Extract, Guard, Rule, Triage


class Position(BaseModel):
    """One line of an order."""

    article: str
    price: Decimal


class Order(BaseModel):
    """An order, as a user's own model."""

    number: str
    total: Annotated[Decimal, Field(ge=0, decimal_places=2, description="with VAT")]
    due: date | None = None
    category: Literal["office", "travel"] = "office"


class Basket(BaseModel):
    number: str
    positions: tuple[Position, ...] = ()
    buyer: Party = Party()


class Subscription(Invoice):
    """An invoice with a field of the firm's own."""

    months: int | None = None


class Ticket(Record):
    """A record of a user's package."""

    number: str | None = None
    """The number on the machine."""
    cost: Decimal | None = None


@step(version="2", name="checked")
def looked_at(case: Case, llm: object) -> str:
    """Say what was seen."""
    return case.text


MAIL = b"""\
From: Ada <ada@firm.example>
Subject: A cat
Date: Mon, 23 Nov 2026 09:00:00 +0000

It sat on the mat.
"""
LABELS = {"invoice": "asks us to pay", "other": "the rest"}
FACTS = {"revenue": {"sum": "amount", "unit": "EUR"}, "best": {"top": "customer", "by": "amount"}}


class Asked(Exception):
    """Ends a step at its first question to a model."""


class Listener:
    """A model that only hears what it is asked."""

    def complete(self, request, /):
        """Hand the question to who waits for it."""
        raise Asked(request)


def instances(report):
    """Make each step of the tables by its name there; no public module names the kind `report`."""
    yield "triage", Triage(name="kind", labels=LABELS)
    yield (
        "triage with everything",
        Triage(
            name="kind",
            labels=LABELS,
            rules=[
                {"label": "invoice", "text": ["facture", "invoice"], "from": "billing@"},
                {"label": "other", "subject": ["re:"]},
            ],
            examples=[{"text": "Please pay the invoice.", "label": "invoice"}],
            many=True,
            threshold=0.9,
            likeness="letters",
            owners={"invoice": "Ada"},
            details=True,
            instructions="Letters of a small firm.",
            max_characters=4000,
        ),
    )
    yield "extract Invoice", Extract(name="invoice", into="Invoice")
    yield "extract Invoice by class", Extract(name="invoice", into=Invoice)
    yield (
        "extract Invoice with everything",
        Extract(
            name="invoice",
            into=Invoice,
            readers=("exact", "model"),
            ocr="tesseract",
            ask="always",
            checks=("en16931",),
            required=("number", "total_gross"),
            instructions="Our suppliers.",
            labels={"number": ["Vorgang"]},
            lines=True,
            max_characters=9000,
            pages_shown=2,
            max_output_tokens=900,
        ),
    )
    fields = {"number": "text", "total": "money", "due": "date?", "category": ["a", "b"]}
    yield "extract fields", Extract(name="order", fields=fields)
    yield "extract a model", Extract(name="order", into=Order)
    yield "extract a model of models", Extract(name="basket", into=Basket)
    yield "extract a kind of invoice", Extract(name="subscription", into=Subscription)
    yield "extract a record", Extract(name="ticket", into=Ticket)
    yield "extract Party", Extract(name="party", into=Party)
    yield "extract by a typed kind", Extract[Invoice](name="invoice", into=Invoice)
    yield "rule", Rule(name="due", value="invoice.record.total_gross * 0.02")
    yield (
        "rule that chooses",
        Rule(
            name="due", choose=[{"when": "a.value > 5000", "value": "high"}], otherwise="low", currency="USD"
        ),
    )
    yield "guard", Guard(name="sender")
    yield "guard with everything", Guard(name="sender", tables=("suppliers",), trusted=("bank.example",))
    yield "draft", Draft(name="text", template="Dear {customer}")
    yield (
        "draft with everything",
        Draft(
            name="text",
            template="{orders} orders",
            subject="About {orders}",
            instructions="Write.",
            facts={"orders": {"count": "rows"}, "revenue": {"sum": "amount", "currency": "EUR"}},
            locale="fr-FR",
            max_output_tokens=700,
        ),
    )
    yield "reply", DraftReply(name="answer", instructions="Answer in two sentences.")
    yield (
        "reply with everything",
        DraftReply(
            name="answer",
            subject="Re: {subject}",
            instructions="Answer.",
            customer={"table": "customers", "where": {"email": "sender"}},
            facts={"number": "order.record.number"},
            locale="fr-FR",
            max_output_tokens=600,
        ),
    )
    yield "report", report(name="report", facts=FACTS)
    yield (
        "report with everything",
        report(
            name="report",
            facts={
                **FACTS,
                "orders": {"count": "rows", "label": "Orders", "compare": ["previous"]},
                "late": {"sql": "SELECT 1 AS a", "shape": "table"},
            },
            title="Sales of {period}",
            subtitle="A shop",
            sections=[{"heading": "The month", "facts": ["revenue", "orders"]}],
            locale="en-GB",
            prose="patterns",
            audience="the owner",
            tone="plain",
            length="short",
            instructions="Short.",
            glossary={"basket": "an average order"},
            examples=["Sales rose."],
            names="shown",
            max_output_tokens=800,
        ),
    )
    yield (
        "function with a version",
        looked_at,
    )  # without one it is its code, which each Python writes otherwise


FINGERPRINTS = {
    "triage": "9b633d02a9a2eae3b0a48abcec183ea468995d26ecbd5f470e7b383f3b1d7893",
    "triage with everything": "27369f0b860ccd18a59ccef8c12e7faa8b553dc5e8847070657963f7d8a1c386",
    "extract Invoice": "dc7bfb60e76d71a325ac58d637a71ecbb3c5a079be034d38c9986aa7fbbf0ebd",
    "extract Invoice by class": "dc7bfb60e76d71a325ac58d637a71ecbb3c5a079be034d38c9986aa7fbbf0ebd",
    "extract Invoice with everything": "b80b0533ffb697182f4f9405008e288966674c663f085c2bf45af836675a4de9",
    "extract fields": "007954a0db3202943c6fc1aa2b94c6a441a070d9afc2e821afb00988d58b2589",
    "extract a model": "c87c99fb4409d834315e2e6a673681eff3a5add16a151edcf950ea87ffa05e8d",
    "extract a model of models": "44460b8071a1460d0ce310821fb705498829bace5951fe81c0145ccd3a08a2fd",
    "extract a kind of invoice": "83b1e423aa52404fc27ec66b56ffa7960ce0c05c448b503ac1ccb5387cfe52bf",
    "extract a record": "4cd32f278c0e781b2aa3120bccf2653827b18e769bdf703e19b7eb983fabd026",
    "extract Party": "c5c4dd4a0c9fa7eda4b64b0bdba2fe32a1856721238dc329b53d32eb1bd51b7c",
    "extract by a typed kind": "39084136fe7ac559116e99df80612344e3863d8ad5fc0a26d66d8238aabf53bf",
    "rule": "f87f036c08d0bf2a4739005f00994c607a6971146b5fe4ae70ce98a99d8eb7b0",
    "rule that chooses": "66e522d9e584d26d4ab194b549e8752b3489501fed77b99e901faf37d97cc74c",
    "guard": "60ae89a2645922d4c743b4f5ad20a93ce5541487d0aae7decf83ad974e363007",
    "guard with everything": "1248b0994abe2422e52df216a21d7f5984a271e4ad3232aaef2c6438cb13ca29",
    "draft": "3a653cb6850d4d4f8dc6fee4bd3996478980623a9750cea453449d346f91a8c9",
    "draft with everything": "0a5af0b48c909cc8763ae86e4f4e13cc3fb881a70fcdbaadfc87b820cdb87f3e",
    "reply": "fc96719a1953a4c133c60c8015262374556c24b5872979d7d6189f6a023d5d5e",
    "reply with everything": "0c3b3124de0799be8063c932942c50262dd3c7273174713fd93c78f6bcd199b4",
    "report": "e9c0060fe4cb844885a8dfc025d1a474d8eb9cb57b04deabff93530784c55e1d",
    "report with everything": "b0d8333b6f75229dcec4aeb17f2d2fda551c6af5a947fb3f5bebbc279a504a2a",
    "function with a version": "a4f5c63c721c69ae13aa0109944b902a216597ecf4d10fc3fc9a8168d0ff7b37",
}
IDS = {
    "triage": "smeflow.steps.triage.Triage",
    "extract": "smeflow.steps.extract.Extract",
    "draft": "smeflow.steps.draft.Draft",
    "reply": "smeflow.steps.reply.Reply",
    "report": "smeflow.steps.report.DraftReport",
    "guard": "smeflow.steps.guard.Guard",
    "rule": "smeflow.steps.rule.Rule",
}
RESULTS = {
    "triage": "label",
    "extract": "extraction",
    "draft": "draft",
    "reply": "draft",
    "report": "report",
    "guard": "sender",
    "rule": "ruling",
    "function": "",
}
RECORDS = {
    "extract Invoice": "Invoice#669409cede4f",
    "extract Invoice by class": "Invoice#669409cede4f",
    "extract Invoice with everything": "Invoice#669409cede4f",
    "extract fields": None,
    "extract a model": "Order#4f1355c146e5",
    "extract a model of models": "Basket#3805bb309efd",
    "extract a kind of invoice": "Subscription#d8e373cb9139",
    "extract a record": "Ticket#2f49c02ade3d",
    "extract Party": "Party#708ee89a59db",
    "extract by a typed kind": "Invoice#669409cede4f",
}
REQUESTS = {
    "triage": "7ccf776697a495c522f9b9da8dce074ec7e83124eeb56d665bc87d5d99076379",
    "triage with everything": "552ffeb4e2ba8d5ff0b508a863a21ef6368ecbc7281dd1550befc9c8bcbe1a15",
    "extract Invoice": "1af6a59edc9a5ce9e2fdbb3bd46fa92b55cd1313f0b6dcb8a44f69add0b97c80",
    "extract Invoice by class": "1af6a59edc9a5ce9e2fdbb3bd46fa92b55cd1313f0b6dcb8a44f69add0b97c80",
    "extract Invoice with everything": "e10eecb89bf49c70aa8d2b8fed4c134c732e63be9bf86bcf8b7cad78cb069417",
    "extract fields": "dd69aa4618645c044a821daf09fa54e020f8853e61c2ac6a70b4263fc69d2fcd",
    "extract a model": "fcc35d7c6d80bf3f1ed7f48751bf7bd8cd62ece992a6e71db3b8d969123db296",
    "extract a model of models": "507d3e68fc4b74c396f7245ac5a2ce26fdc598eec28d091a7d0e7d181596ab22",
    "extract a kind of invoice": "1a4abe68725bd36c715c9dbef79a644d8918680eae54694fd9fbe030f4384e6f",
    "extract a record": None,
    "extract Party": None,
    "extract by a typed kind": "1af6a59edc9a5ce9e2fdbb3bd46fa92b55cd1313f0b6dcb8a44f69add0b97c80",
    "draft": None,
    "draft with everything": "c7311d3289e8a798ec2b6f31c1eb01c55b96fc06d3fe3280a6bcaf664a5416e1",
    "reply": "06d493b8da8a30641c747a86605e0a3cbab9d5a7b646b45bb1f078133add1ad1",
    "reply with everything": "6103666e41a332ba7e501b3ea2bee5ddbf71f65bddd70ee343287003dc53f553",
}
LLM_AUTO = "f6ab58732061f57a341b304b2c466465aff1e2e72da5df781241069e2fdac1fd"
FUNCTION_AUTO = "0b1b4e9fae5c2d4a88520d6185037322cffba01e98c10b35dd24e12010c2eb00"
MODELS_OF = ("triage", "extract", "draft", "reply")


@pytest.fixture(scope="module")
def made(kinds):
    """Make each step of the tables once."""
    return dict(instances(kinds["report"]))


def test_every_step_has_the_fingerprint_that_old_ledgers_hold(made):
    """Whatever is moved, renamed or described better: the same step is the same step."""
    assert {name: fingerprint(one) for name, one in made.items()} == FINGERPRINTS


def test_the_models_of_a_recipe_are_part_of_a_fingerprint(made):
    """Another `llm:` is another result."""
    assert fingerprint(made["triage"], "auto") == LLM_AUTO
    assert fingerprint(made["function with a version"], "auto") == FUNCTION_AUTO


def test_every_kind_of_step_has_a_literal_id(kinds):
    """All that `smeflow` brings; a kind that is added gets a line."""
    assert {word: vars(kind).get("kind_id") for word, kind in kinds.items()} == IDS


def test_every_kind_of_result_has_the_name_that_ledgers_hold(made):
    """A name is never changed: screens and tables are chosen by it."""
    names = {(word.partition(" ")[0], result_id(one.returns)) for word, one in made.items()}
    assert names == set(RESULTS.items())


def asked_by(one):
    """Give the first question of a step about a mail that says nothing, or None."""
    try:
        one(Case.of(read(MAIL, name="cat.eml"), id="cat"), Listener())
    except Asked as asked:
        return asked.args[0].hash
    return None


@pytest.mark.slow
def test_every_step_asks_a_model_what_it_always_asked(made):
    """An answer that is paid for is found by its question: prompt, data, name and schema of the answer."""
    asked = {name: asked_by(one) for name, one in made.items() if name.partition(" ")[0] in MODELS_OF}
    assert asked == REQUESTS


def test_every_record_has_the_id_that_old_ledgers_hold(made):
    """What ships has a literal; a user's own follows its schema under every version of Pydantic."""
    records = {name: one.model_dump(mode="json")["into"] for name, one in made.items() if "extract" in name}
    assert records == RECORDS
    assert vars(Invoice)["record_id"] == "Invoice#669409cede4f"


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Triage, {"name": "kind", "labels": LABELS}),
        (Extract, {"name": "invoice", "into": Invoice}),
        (Rule, {"name": "due", "value": "1 + 1"}),
        (Guard, {"name": "sender"}),
        (Draft, {"name": "text", "template": "a"}),
        (DraftReply, {"name": "answer", "instructions": "a"}),
    ],
)
def test_a_kind_that_moves_keeps_its_id(kind, given):
    """Another module, another name, another docstring: only the literal counts."""
    about = {"__module__": "elsewhere", "__doc__": "Another text.", "kind_id": kind.kind_id}
    moved = type("Renamed", (kind,), about)
    assert fingerprint(moved(**given)) == fingerprint(kind(**given))


def test_a_subclass_is_a_kind_of_its_own():
    """What a user derives from a kind of ours does something else, so it inherits no id."""

    class Mine(Triage):
        """Another way."""

    mine, ours = Mine(name="kind", labels=LABELS), Triage(name="kind", labels=LABELS)
    assert fingerprint(mine) != fingerprint(ours)


def test_a_record_that_moves_keeps_its_id_and_a_derived_one_has_its_own():
    """The same for what `into` names."""
    about = {
        "__module__": "elsewhere",
        "__doc__": "Another text.",
        "__annotations__": {"record_id": ClassVar[str]},
    }
    moved = type("Bill", (Invoice,), {**about, "record_id": Invoice.record_id})
    derived = type("Bill", (Invoice,), {"__module__": "elsewhere"})
    prints = [fingerprint(Extract(name="invoice", into=into)) for into in (Invoice, moved, derived)]
    assert prints[0] == prints[1] != prints[2]
