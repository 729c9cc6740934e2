"""A confidence is a probability fitted elsewhere, or there is none."""

import json
from importlib import resources

from smeflow.cli.commands.doctor import proven_rates
from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.extract.confidence import default_calibration, field_signals, with_confidence
from smeflow.llm.interface import NoModel
from smeflow.steps import Extract

PAGE = """\
Atelier Berthier SARL
SIRET 732 829 320 00074, TVA FR44 732829320
FACTURE
Facture n° : FA-2026-118
Date de facture : 12/03/2026
Émise le 14/03/2026
Client : Martin SAS
Total HT        500,00 €
TVA 20 %        100,00 €
Total TTC       600,00 €
"""


def read(text=PAGE):
    step = Extract(name="invoice", into="Invoice", readers=("layout",))
    return step(Case(id="1", documents=(text_document(text),)), NoModel())


def test_what_is_open_is_less_sure_than_what_has_no_rival():
    """A second day under an equal label says more than any count of checks."""
    found = read()
    clean = read(PAGE.replace("Émise le 14/03/2026\n", ""))
    assert found.fields["issue_date"].confidence < clean.fields["issue_date"].confidence
    assert found.confidence < clean.confidence


def test_an_open_field_has_its_rivals_among_the_signals():
    """Which field it is counts too."""
    found = read()
    signals = field_signals("issue_date", found.fields["issue_date"], found)
    assert signals["open issue_date"] == 1.0
    assert signals["failed unique"] == 1.0


def test_weights_that_missed_the_goal_give_nothing_a_confidence():
    """None is told rather than a number that is known to be off."""
    missed = default_calibration().model_copy(update={"fields": None, "records": None})
    plain = read().model_copy(update={"fields": {n: f.model_copy(update={"confidence": None})
                                                 for n, f in read().fields.items()}})  # fmt: skip
    told = with_confidence(plain, missed)
    assert told["confidence"] is None
    assert {field.confidence for field in told["fields"].values()} == {None}


def test_the_doctor_tells_the_bound_of_what_was_counted():
    """No error among sixty is no proof that there is none."""
    counted = json.loads(resources.files("smeflow.extract").joinpath("proven.json").read_text("utf-8"))
    rates = {rate["kind"]: rate for rate in proven_rates()}
    assert rates.keys() == counted["kinds"].keys()
    assert all(rate["at_most"] > rate["wrong"] / max(1, rate["proven"]) for rate in rates.values())
