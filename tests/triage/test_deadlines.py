"""Deadlines: a day behind a word that makes it one, reckoned from the day of writing."""

from datetime import date

import pytest

from smeflow.triage.deadlines import find_deadlines

WRITTEN = date(2026, 2, 11)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Merci de signer et retourner avant le 20/02.", date(2026, 2, 20)),
        ("Réponse avant le 5 mars 2026", date(2026, 3, 5)),
        ("Échéance : 15/02/2026", date(2026, 2, 15)),
        ("d'ici vendredi si possible", date(2026, 2, 13)),
        ("au plus tard mercredi", date(2026, 2, 18)),
        ("à rendre pour demain", date(2026, 2, 12)),
        ("avant la fin du mois", date(2026, 2, 28)),
        ("signature avant fin mars", date(2026, 3, 31)),
        ("répondre sous 8 jours ouvrés", date(2026, 2, 23)),
        ("sous 48h", date(2026, 2, 13)),
        ("Please answer by Friday", date(2026, 2, 13)),
        ("no later than March 3rd", date(2026, 3, 3)),
        ("within 10 business days", date(2026, 2, 25)),
        ("before the end of the week", date(2026, 2, 13)),
        ("before 5 January", date(2027, 1, 5)),
        ("zahlbar bis zum 3. März", date(2026, 3, 3)),
        ("spätestens am Freitag", date(2026, 2, 13)),
        ("innerhalb von 14 Tagen", date(2026, 2, 25)),
    ],
)
def test_a_deadline_is_read_in_three_languages(text, day):
    """Whole dates, dates without a year, weekdays, and so many days."""
    assert [one.day for one in find_deadlines(text, WRITTEN)] == [day]


@pytest.mark.parametrize(
    "text",
    [
        "Un virement a été crédité le 10/02.",
        "la facture du 12/03/2026",
        "Rendez-vous le 20 février à 14h",
        "before we meet",
        "It ended before 12/01/2026.",
        "by 15%",
        "Vaccination tous les 10 ans",
    ],
)
def test_other_days_are_no_deadlines(text):
    """Without such a word, or before the day of writing, a day is not asked for."""
    assert find_deadlines(text, WRITTEN) == []


def test_without_the_day_of_writing_only_whole_dates_are_read():
    """What would have to be reckoned is left out, never guessed."""
    assert find_deadlines("avant vendredi, sous 8 jours, before 5 January", None) == []
    assert [one.day for one in find_deadlines("avant le 20/02/2026", None)] == [date(2026, 2, 20)]


def test_the_earliest_deadline_comes_first_with_its_words():
    """The quote is what stands in the text."""
    text = "Échéance le 31/03/2026. Réponse avant le 15/02."
    assert [one.quote for one in find_deadlines(text, WRITTEN)] == [
        "avant le 15/02",
        "Échéance le 31/03/2026",
    ]
