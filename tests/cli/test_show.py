"""``smeflow show`` writes values as people do, not as programs keep them."""

import pytest


@pytest.mark.slow
def test_values_checks_and_rules_are_told_in_the_persons_language(smeflow, workspace):
    """Amounts, days, the kind, checks and a rule's result: nothing of a program's is left."""
    text = (workspace / "recipe.yaml").read_text(encoding="utf-8")
    rule = "steps:\n  - {rule: late, value: 'true'}\n"
    (workspace / "recipe.yaml").write_text(text.replace("steps:\n", rule), encoding="utf-8")
    smeflow("run")
    told = smeflow("--lang", "fr", "show", "lieferant-471113.xml").out
    for word in ("facture", "HT et TVA font le total", "vendeur\u00a0: nom", ",00"):
        assert word in told
    for raw in ("base*rate=vat", "{'", "urn:", "due>=issue"):
        assert raw not in told
    assert "net and VAT make the total" in smeflow("--lang", "en", "show", "lieferant-471113.xml").out


def test_reasons_stand_in_a_row_as_the_language_writes_them():
    """French puts a space before a semicolon."""
    from smeflow.cli.console import join_sentences

    assert join_sentences(["un", "deux"], "fr") == "un\u00a0; deux"
    assert join_sentences(["one", "two", "one"]) == "one; two"


def test_a_result_is_shown_as_its_kind_is_and_not_as_its_keys_look(capsys):
    """A value of somebody's own that has a ``label`` is shown by its values."""
    from smeflow.cli.console import Screen
    from smeflow.cli.results import print_result

    screen, disc = Screen(language="en"), {"label": "EMI", "quote": "1999", "reader": "Ada"}
    print_result(screen, disc, "")
    assert "quote" in capsys.readouterr().out
    print_result(screen, disc, "label")
    assert "« 1999 »" in capsys.readouterr().out
