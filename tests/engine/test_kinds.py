"""The ledger names of which kind each result is."""

import json

from smeflow.core.case import Case
from smeflow.core.plan import Entry
from smeflow.core.step import step
from smeflow.engine.cases import kind_of_value, recognised_kind, result_kind
from smeflow.ledger.rows import ResultKind
from smeflow.llm.interface import LLM
from smeflow.steps import Extract, Triage
from smeflow.triage.labels import Label

RULES = [{"label": "urgent", "text": ["now"]}]
SORT = Triage(name="sort", labels={"urgent": "today", "other": "the rest"}, rules=RULES)
SORTED = ResultKind("smeflow.steps.triage.Triage", "label")


@step
def priority(case: Case, llm: LLM) -> Label | None:
    """Sort in a way of one's own."""
    return Label(label="urgent")


@step
def disc(case: Case, llm: LLM) -> dict[str, str]:
    """Give a value that has a key as a label has."""
    return {"label": "EMI", "artist": "Ada"}


def kinds(office, key="1"):
    with office.ledger() as ledger:
        item = ledger.item("r", key)
        return {name: ledger.kind(item, name) for name in item.outcome}


def forget_kinds(office):
    """Make the ledger one from before kinds were named."""
    with office.ledger() as ledger:
        ledger.store.write(lambda transaction: transaction._connection.execute("DELETE FROM kinds"))


def test_a_result_is_written_with_the_name_of_its_kind(office):
    """A step's own type counts, not what stands in the value; a type of somebody's own has no name."""
    office.source.here = {"1": "come now"}
    office.plan(SORT, priority, disc)
    office.run()
    own = "smeflow.core.step.FunctionStep"
    assert kinds(office) == {
        "sort": SORTED,
        "priority": ResultKind(own, "label"),
        "disc": ResultKind(own, ""),
    }


def test_what_a_person_gave_is_of_the_kind_of_what_the_step_gave(office):
    """A correction stands in the result's place."""
    office.source.here = {"1": "come now"}
    office.plan(Entry(step=SORT, review=lambda _: True, review_text="true"))
    office.run()
    with office.ledger() as ledger:
        item = ledger.item("r", "1")
        before, seen = ledger.value(item, "sort")
        after = Label(label="other").model_dump_json()
        ledger.record_decision(
            item, action="correct", person="Ada", step="sort", result_hash=seen, before=before, after=after
        )
    office.run()
    assert office.item("1").outcome["sort"].startswith("d")
    assert kinds(office) == {"sort": SORTED}


def test_a_ledger_without_names_says_so_and_its_values_are_recognised(office):
    """What an older version wrote keeps its kind's screen, and is named when it is made anew."""
    office.source.here = {"1": "come now"}
    office.plan(SORT, disc)
    office.run()
    forget_kinds(office)
    assert kinds(office) == {"sort": None, "disc": None}
    with office.ledger() as ledger:
        item, values = ledger.item("r", "1"), office.values("1")
        recognised = {name: result_kind(ledger, item, name, value) for name, value in values.items()}
    assert recognised == {"sort": "label", "disc": ""}
    office.run(redo="all")
    assert kinds(office)["sort"] == SORTED


def test_a_fingerprint_that_comes_to_mean_another_type_is_named_anew(office):
    """A function's version says that its results are the same; what it returns now is what they are."""
    office.source.here = {"1": "come now"}

    @step(version="1", name="word")
    def word(case: Case, llm: LLM) -> str:
        return "urgent"

    @step(version="1", name="word")
    def label(case: Case, llm: LLM) -> Label:
        return Label(label="urgent")

    for made in (word, label):
        office.plan(made)
        office.run(redo="all")
    assert kinds(office)["word"].result == "label"


def test_the_kind_of_an_extraction_s_record_is_written_by_its_word(office):
    """An invoice is known by its name and by no field of it, whichever of its fields were found."""
    office.source.here = {"1": "Facture F1"}
    office.plan(Extract(name="note", fields={"subject": "text?"}), Extract(name="invoice", into="Invoice"))
    office.run()
    named = kinds(office)
    assert named["invoice"] == ResultKind("smeflow.steps.extract.Extract", "extraction", "Invoice")
    assert named["note"] == ResultKind("smeflow.steps.extract.Extract", "extraction", "")
    with office.ledger() as ledger:
        item = ledger.item("r", "1")
        value = json.loads(ledger.value(item, "invoice")[0])
        stored = kind_of_value(ledger, item, "invoice", value)
        assert stored.record == recognised_kind(value).record == "Invoice"
