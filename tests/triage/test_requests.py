"""What is asked, how urgently, for whom."""

from datetime import date

import pytest

from smeflow.triage.deadlines import find_deadlines
from smeflow.triage.details import find_attention, find_requests, find_urgency

WRITTEN = date(2026, 2, 11)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Bonjour. Pouvez-vous relire ma section 3.2 ? Merci", ["Pouvez-vous relire ma section 3.2 ?"]),
        (
            "Please send the contract no. 22 by Friday. Thanks.",
            ["Please send the contract no. 22 by Friday."],
        ),
        ("Könnten Sie uns ein Angebot senden?", ["Könnten Sie uns ein Angebot senden?"]),
        ("Veuillez trouver ci-joint notre facture. Merci de votre confiance.", []),
        ("Please do not reply to this mail. Unsubscribe here?", []),
    ],
)
def test_requests_are_quoted_and_politeness_is_none(text, sentences):
    """The sentence stands in the text as it is quoted."""
    assert [one.quote for one in find_requests(text)] == sentences


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("URGENT : serveur en panne", "high"),
        ("as soon as possible please", "high"),
        ("bitte umgehend antworten", "high"),
        ("merci de répondre avant demain", "high"),
        ("Ce n'est pas urgent.", "low"),
        ("FYI, no rush", "low"),
        ("merci de répondre avant le 20/03", None),
    ],
)
def test_urgency_is_what_the_text_says_or_a_near_deadline(text, level):
    """A negation takes the urgent word back."""
    due = next(iter(find_deadlines(text, WRITTEN)), None)
    found = find_urgency(text, due, WRITTEN)
    assert (found.value if found else None) == level


def test_a_mail_names_its_reader():
    """The name is data, with the words it stands in."""
    found = find_attention("À l'attention de Mme Claire Martin : voici le dossier")
    assert (found.value, found.quote) == ("Mme Claire Martin", "À l'attention de Mme Claire Martin")
    assert find_attention("votre attention est requise") is None
