"""What a report says by patterns, and which fact each figure of it is."""

import json

import pytest
from pydantic import TypeAdapter

from smeflow.reports.sections import (
    check_paragraph,
    most_changed,
    opening_sentence,
    paragraph,
    plan_sections,
    write_by_patterns,
)
from smeflow.writing.report import Paragraph


def bound(said: Paragraph) -> list[tuple[str, str]]:
    """Give each figure of a paragraph with its fact."""
    return [(said.text[first:end], fact) for first, end, fact in said.figures]


@pytest.mark.parametrize("locale", ["english", "french"])
def test_every_figure_of_a_composed_report_is_bound_to_its_fact(locale, october, request):
    """Not a digit outside the figures but those of a time, and each figure is what its fact says."""
    about = request.getfixturevalue(locale)
    facts = {fact.name: fact for fact in october}
    said = [*opening_sentence(october, about), *most_changed(october, about)]
    said += [
        each for part in plan_sections(october, (), about.locale) for each in write_by_patterns(part, about)
    ]
    assert len(said) > 3
    for each in said:
        rest = each.text
        for figure, name in bound(each):
            shown = [cell for row in facts[name].shown(about.locale) for cell in row]
            assert any(figure in cell for cell in shown) or name.startswith("orders")
            rest = rest.replace(figure, "", 1)
        assert not any(c.isdigit() for c in rest.replace("2026", "").replace("2025", ""))


def test_two_facts_that_read_the_same_are_told_apart(english):
    """A figure is the fact that was referred to, and a row's figure is its ranking's."""
    said = paragraph(
        "Orders fell to {{orders}}. By country, {{by_country.1}} ({{by_country.1.value}}, "
        "{{by_country.1.share}}) comes first. Orders were {{orders.last_year}}.",
        english,
    )
    assert bound(said) == [
        ("40\u00a0orders", "orders"),
        ("€30,000", "by_country"),
        ("51.6%", "by_country"),
        ("40\u00a0orders", "orders.last_year"),
    ]


def test_the_figures_a_person_writes_are_bound_as_well(english):
    """Found again among the facts, then kept with the text."""
    said = check_paragraph("revenue came to €58,100.", english)
    assert (said.text, said.by) == ("Revenue came to €58,100.", "person")
    assert bound(said) == [("€58,100", "revenue")]


def test_a_paragraph_of_an_older_report_reads_and_writes_the_same():
    """One that was written down before figures were kept has none, and none are added."""
    adapter = TypeAdapter(Paragraph)
    old = {"text": "Revenue came to €5.", "facts": ["revenue"], "kind": "text", "by": "pattern"}
    assert json.loads(adapter.dump_json(adapter.validate_python(old))) == old
    new = Paragraph(text="€5", figures=((0, 2, "revenue"),))
    assert adapter.validate_json(adapter.dump_json(new)) == new
