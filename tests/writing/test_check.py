import pytest

from smeflow.writing.check import check_prose
from smeflow.writing.fact_evidence import FactEvidence

TRUE = [
    "In {{period}}, revenue came to {{revenue}}, {{revenue.change}}.",
    "Orders fell to {{orders}}, against {{orders.previous}}.",
    "Compared with {{orders.previous}}, orders fell to {{orders}}.",
    "Revenue rose from {{revenue.previous}} to {{revenue}}.",
    "{{by_country.1}} leads revenue by country with {{by_country.1.value}}, followed by {{by_country.2}}.",
    "By country, {{by_country.1}} ({{by_country.1.value}}) stands for {{by_country.1.share}} of the total.",
    "Sales by month were highest with {{monthly.highest}} and lowest with {{monthly.lowest}}.",
    "By country, {{by_country.1}} comes first with {{by_country.1.value}}, while revenue is {{revenue}}.",
]
VRAI = [
    "En {{period}}, le chiffre d'affaires s'établit à {{revenue}}, {{revenue.change}}.",
    "Les commandes reculent à {{orders}}, contre {{orders.previous}}.",
    "Le chiffre d’affaires passe de {{revenue.previous}} à {{revenue}}.",
    "{{by_country.1}} arrive en tête par pays avec {{by_country.1.value}}, soit {{by_country.1.share}}.",
    "Par pays, {{by_country.1}} ({{by_country.1.value}}) est devant {{by_country.2}}.",
    "Le pays le plus important est {{by_country.1}}, avec {{by_country.1.value}}.",
]
FALSE = {
    "a digit": "Revenue came to €58,100.",
    "a number word": "Revenue came to {{revenue}} with forty-two orders.",
    "a fraction": "Revenue came to {{revenue}}, half of it in {{by_country.1}}.",
    "no such fact": "Revenue came to {{profit}}.",
    "no fact": "It was a good month.",
    "a direction": "Revenue fell to {{revenue}}.",
    "a direction in a rare word": "Revenue skyrocketed to {{revenue}}.",
    "a direction against another time": "Compared with {{revenue.last_year}}, revenue rose to {{revenue}}.",
    "times turned": "Revenue rose to {{revenue.previous}} from {{revenue}}.",
    "times turned back": "Revenue comes from {{revenue}} to {{revenue.previous}}.",
    "a change of another time": "Revenue was {{revenue.previous}}, {{revenue.change}}.",
    "a strong word": "Orders fell sharply and slightly, {{orders.change}}.",
    "a negation": "Revenue did not come to {{revenue}}.",
    "another fact's figure": "Revenue came to {{orders}}.",
    "another fact's change": "Orders came to {{orders}}, {{revenue.change}}.",
    "a row out of its order": "{{by_country.2}} leads revenue by country with {{by_country.2.value}}.",
    "another row's figure": "By country, {{by_country.1}} comes first with {{by_country.2.value}}.",
    "rows turned": "By country, {{by_country.2}} is ahead of {{by_country.1}}.",
    "a total given to a row": "Revenue of {{revenue}} came from {{by_country.1}}.",
    "a total behind a row": "By country, {{by_country.1}} leads, with revenue of {{revenue}}.",
    "a total and a place": "Revenue came to {{revenue}}, in {{by_country.1}}.",
    "a figure by something": "Revenue came to {{revenue}} per order, with {{orders}}.",
    "an average of a sum": "Average revenue came to {{revenue}}.",
    "a name of the tables": "For Dupont, revenue came to {{revenue}}.",
    "a name of nobody": "For Martin, revenue came to {{revenue}}.",
    "a name at the beginning": "Martin brought revenue of {{revenue}}.",
    "a month": "In November, revenue came to {{revenue}}.",
    "a cause": "Revenue came to {{revenue}} thanks to the new shop.",
    "a cause without its word": "The warm weather brought revenue of {{revenue}}.",
    "a forecast": "Revenue will reach {{revenue}}.",
    "praise": "Revenue reached an excellent {{revenue}}.",
    "a superlative": "Revenue reached a record {{revenue}}.",
    "letters of another alphabet": "Revenue f\u0435ll to {{revenue}}.",
    "a sign before a figure": "Revenue came to -{{revenue}}.",
    "a letter behind a figure": "Revenue came to {{revenue}}k.",
    "figures run together": "Revenue and orders came to {{revenue}}{{orders}}.",
    "figures joined by a point": "Revenue and orders came to {{revenue}}.{{orders}}.",
    "a digit nobody sees": "Revenue came to \u200b\uff11\uff12.",
    "thousands": "Revenue came to {{revenue}} thousand.",
    "a minus in words": "Revenue came to minus {{revenue}}.",
    "markup": "Revenue came to <b>{{revenue}}</b>.",
}  # fmt: skip
FAUX = {
    "une direction": "Le chiffre d'affaires recule à {{revenue}}.",
    "une direction rare": "Le chiffre d'affaires dégringole à {{revenue}}.",
    "une cause": "Le chiffre d'affaires s'établit à {{revenue}} grâce à la météo.",
    "un rang": "{{by_country.3}} arrive en tête du chiffre d'affaires par pays avec {{by_country.3.value}}.",
    "un total à un pays": "Le chiffre d'affaires de {{revenue}} vient de {{by_country.1}}.",
    "un nombre en lettres": "Le chiffre d'affaires s'établit à {{revenue}}, soit le double.",
    "une négation": "Le chiffre d'affaires n'atteint pas {{revenue}}.",
    "par commande": "Le chiffre d'affaires s'établit à {{revenue}} par commande, pour {{orders}}.",
    "les temps inversés": "Le chiffre d'affaires passe de {{revenue}} à {{revenue.previous}}.",
    "un mois": "En novembre, le chiffre d'affaires s'établit à {{revenue}}.",
}


@pytest.mark.parametrize("text", TRUE)
def test_a_true_sentence_of_plain_words_holds(english, text):
    """What the facts bear out is kept."""
    assert [
        str(p) for s in check_prose(text, FactEvidence(about=english)).sentences for p in s.problems
    ] == []


@pytest.mark.parametrize("text", VRAI)
def test_a_true_french_sentence_holds(french, text):
    """The same in French, whatever the apostrophe."""
    assert [str(p) for s in check_prose(text, FactEvidence(about=french)).sentences for p in s.problems] == []


@pytest.mark.parametrize("text", FALSE.values(), ids=FALSE)
def test_a_false_sentence_does_not_hold(english, text):
    """A number, date, name, direction, rank or cause that no fact holds costs the sentence."""
    assert not any(s.holds for s in check_prose(text, FactEvidence(about=english)).sentences)


@pytest.mark.parametrize("text", FAUX.values(), ids=FAUX)
def test_a_false_french_sentence_does_not_hold(french, text):
    """The same in French."""
    assert not any(s.holds for s in check_prose(text, FactEvidence(about=french)).sentences)


def test_words_of_the_firm_may_be_used(english):
    """A glossary's word needs no fact behind it."""
    text = "At the Quayside, revenue came to {{revenue}}."
    assert not check_prose(text, FactEvidence(about=english)).sentences[0].holds
    assert (
        check_prose(text, FactEvidence(about=english, glossary=("Quayside", "the Quayside")))
        .sentences[0]
        .holds
    )


def test_a_person_may_tell_a_cause_and_no_figure_more(english):
    """What a person writes is held against the facts, its words are free."""
    why = "Revenue came to {{revenue}}, {{revenue.change}} because the market opened."
    assert check_prose(why, FactEvidence(about=english, free=True)).sentences[0].holds
    assert (
        not check_prose(
            "Revenue fell to {{revenue}} because of rain.", FactEvidence(about=english, free=True)
        )
        .sentences[0]
        .holds
    )
    assert (
        not check_prose(
            "Revenue came to {{revenue}} because of 12 fairs.", FactEvidence(about=english, free=True)
        )
        .sentences[0]
        .holds
    )
