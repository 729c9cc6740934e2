from dataclasses import replace

import pytest

from smeflow.errors import LLMRejected
from smeflow.llm.interface import NoModel
from smeflow.llm.testing import Scripted
from smeflow.reports.model_prose import ProseStyle, write_prose
from smeflow.reports.sections import plan_sections
from smeflow.writing.report import Authorship

GOOD = "In {{period}}, revenue came to {{revenue}}, {{revenue.change}}."
BAD = "Revenue collapsed to {{revenue}} since it rained."


def _written(opening: str, *sections: str) -> dict[str, object]:
    return {"opening": opening, "sections": [{"number": n, "text": t} for n, t in enumerate(sections, 1)]}


def _again(*texts: str) -> dict[str, object]:
    return {"sentences": [{"number": n, "text": t} for n, t in enumerate(texts, 1)]}


@pytest.fixture
def prose_of(english, october):
    """Write about October with a model that says its lines."""

    def made(*lines, style=None):
        model = Scripted(lines)
        parts = plan_sections(october, (), english.locale)
        return write_prose(parts, english, model, style or ProseStyle(), max_output_tokens=2_000), model

    return made


def test_figures_are_put_in_where_references_stand(prose_of):
    """The model never writes a figure: the renderer does."""
    prose, _ = prose_of(_written(GOOD, "Orders came to {{orders}}."))
    assert prose.opening[0].text == "In October 2026, revenue came to €58,100, up 11.1% on September 2026."
    assert prose.sections[0][0].text == "Orders came to 40\u00a0orders."
    assert prose.written == Authorship(by="model", kept=2, repaired=0, cut=0)


def test_what_does_not_hold_is_sent_back_with_the_reason_and_repaired(prose_of):
    """Only the sentences that do not hold are asked for again."""
    prose, model = prose_of(_written(f"{GOOD} {BAD}"), _again("Revenue rose to {{revenue}}."))
    assert prose.opening[0].text.endswith("Revenue rose to €58,100.")
    assert prose.written == Authorship(by="model", kept=1, repaired=1, cut=0)
    told = model.requests[1].messages[-1].content
    assert "collapsed" in told
    assert GOOD not in told
    assert prose.remarks == ()


def test_what_is_never_repaired_is_cut_and_told(prose_of):
    """After two rounds a sentence that does not hold is gone from the page, and the reason is kept."""
    prose, model = prose_of(_written(f"{GOOD} {BAD}"), _again("Revenue sank."), _again(BAD))
    assert "collapsed" not in prose.opening[0].text
    assert prose.written == Authorship(by="model", kept=1, repaired=0, cut=1)
    assert BAD in str(prose.remarks[0])
    assert len(model.requests) == 3


def test_a_fact_quoted_letter_for_letter_is_taken_for_its_reference(prose_of):
    """A small model copies figures in spite of all: where the sentence holds with references it stays."""
    quoted = "Revenue came to €58,100, up 11.1% on September 2026. Revenue came to €30,000."
    prose, _ = prose_of(_written(quoted), _again(""), _again(""))
    assert prose.opening[0].text == "Revenue came to €58,100, up 11.1% on September 2026."
    assert prose.opening[0].facts == ("revenue", "revenue.change")
    assert (prose.written.repaired, prose.written.cut) == (1, 1)


def test_an_unreadable_repair_keeps_what_held(prose_of):
    """A model that loses its way while repairing costs only what did not hold."""
    prose, _ = prose_of(_written(f"{GOOD} {BAD}"), *["nothing"] * 5)
    assert prose.opening[0].text.startswith("In October 2026")
    assert prose.written.cut == 1


def test_names_of_rows_are_sent_only_where_the_recipe_says_so_and_of_people_never(english, october):
    """A ranking is written of by reference; the name itself need not leave."""
    people = [f if f.name != "by_country" else _of_people(f) for f in october]
    sent = {}
    for kind, facts, style in (
        ("withheld", october, ProseStyle()),
        ("shown", october, ProseStyle(names=True)),
        ("people", people, ProseStyle(names=True)),
    ):
        model = Scripted([_written(GOOD)])
        write_prose(plan_sections(facts, (), "en-GB"), english, model, style, max_output_tokens=2_000)
        sent[kind] = model.requests[0].messages[-1].content
    assert "{{by_country.1}} = (a name)" in sent["withheld"]
    assert ["Belgique" in sent[kind] for kind in sent] == [False, True, False]


def _of_people(fact):
    return replace(fact, people=True)


def test_tone_audience_glossary_and_examples_are_told(prose_of):
    """How it is to sound stands in the recipe, and the firm's words may be used."""
    style = ProseStyle(
        audience="the board",
        tone="warm",
        length="long",
        glossary={"Quayside": "our shop"},
        examples=("Liked.",),
        instructions="Orders first.",
    )
    prose, model = prose_of(_written("At Quayside, revenue came to {{revenue}}."), style=style)
    system = model.requests[0].messages[0].content
    told = ("the board", "warm", "four to six", "our shop", "Liked.", "Orders first.")
    assert all(word in system for word in told)
    assert prose.written.kept == 1


def test_without_a_model_it_says_so(english, october):
    """Who asks decides what stands in."""
    with pytest.raises(LLMRejected):
        write_prose(
            plan_sections(october, (), "en-GB"), english, NoModel(), ProseStyle(), max_output_tokens=2_000
        )
