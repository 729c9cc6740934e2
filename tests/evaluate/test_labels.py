"""Labels held against the truth."""

from smeflow.evaluate.scoring import Truth, score_label
from smeflow.steps import Label


def test_a_suggestions_confidence_is_none_of_a_label():
    """What goes to a person counts as missing, not as a label that was sure and wrong."""
    unsure = Label(suggestion="boats", confidence=0.7)
    scored = score_label("mail", unsure, Truth(name="mail", values={"label": "boats"}), accepted=False)
    assert (scored.confidence, scored.fields[0].confidence, scored.rank) == (None, None, 0.0)
    assert scored.fields[0].verdict == "missing"
