"""Pictures of pages for a model that sees."""

import struct

import pytest

from smeflow import Case, read, run
from smeflow.extract.model_reader import page_pictures
from smeflow.llm.call_log import MemoryCallLog, Scope
from smeflow.llm.interface import ImageLimits, ModelEndpoint
from smeflow.llm.testing import Scripted
from smeflow.llm.wrappers.stack import WrapperStack
from smeflow.steps import Extract

STEP = Extract(name="found", fields={"number": "text"}, readers=("model",), pages_shown=2)


def asked(file, sees):
    llm = Scripted(
        ['{"number": null}'], place=ModelEndpoint(provider="p", model="m", region="local", sees=sees)
    )
    run([STEP], Case.of(read(file)), llm)
    (request,) = llm.requests
    return request.messages[-1]


def size(picture):
    return struct.unpack(">II", picture.data[16:24])


@pytest.mark.parametrize("side", [400, 1500])
def test_pages_are_no_larger_than_the_provider_takes(recipes, side):
    """The longest side is at most its limit, and the page is as sharp as that allows."""
    message = asked(
        recipes / "supplier-mail" / "inbox" / "coolblue-992288600.pdf",
        ImageLimits(side=side, bytes=4_000_000),
    )
    assert message.images
    assert all(side * 0.9 <= max(size(picture)) <= side for picture in message.images)
    assert "992288600" in message.content


def test_a_page_that_stays_too_heavy_is_drawn_smaller(recipes):
    """Bytes are a limit too."""
    document = read(recipes / "supplier-mail" / "inbox" / "coolblue-992288600.pdf")
    (heavy,) = page_pictures([document], ImageLimits(side=1500, bytes=4_000_000), 1)
    (light,) = page_pictures([document], ImageLimits(side=1500, bytes=len(heavy.data) // 2), 1)
    assert len(light.data) <= len(heavy.data) // 2
    assert max(size(light)) < max(size(heavy))


def test_a_model_that_does_not_see_is_shown_text_alone(recipes):
    """And so is one that does not say."""
    assert asked(recipes / "supplier-mail" / "inbox" / "coolblue-992288600.pdf", None).images == ()


def test_pages_that_may_not_be_shown_are_told_of(recipes):
    """With personal data masked the model reads the text, and the result says what it was not shown."""
    llm = Scripted(
        ['{"number": null}'],
        place=ModelEndpoint(
            provider="p", model="m", region="local", sees=ImageLimits(side=400, bytes=4_000_000)
        ),
    )
    bound = WrapperStack(llm=llm, log=MemoryCallLog(), redact=True).bind(
        Scope(recipe="r", item="i", version="1", step="found", fingerprint="f")
    )
    case = Case.of(read(recipes / "supplier-mail" / "inbox" / "coolblue-992288600.pdf"))
    found = STEP(case, bound)
    assert llm.requests[0].messages[-1].images == ()
    assert any("pictures of pages were left out" in str(problem) for problem in found.problems)
