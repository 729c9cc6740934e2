"""Templates: any text is one, or is refused with a sentence."""

from hypothesis import given, settings
from hypothesis import strategies as st

from smeflow.i18n import Phrase
from smeflow.writing.drafts import Wording, fill, fill_wording, names_in

BRACES = st.text(max_size=40) | st.lists(
    st.sampled_from(
        ["{", "}", "{{", "}}", "{% if a %}", "{% endif %}", "{%", "name", ".", "|upper", "(", "[0]"]
    )
).map("".join)


@given(BRACES)
def test_any_text_is_a_template_or_refused(text):
    """What has names can be filled, and what is put in is not looked at again."""
    try:
        names = names_in(text)
    except ValueError as error:
        assert isinstance(error.args[0], Phrase)
    else:
        filled = fill(text, lambda name: "{x}" if name in names else name)
        assert filled.count("{x}") >= len(names)


@settings(max_examples=60)
@given(BRACES)
def test_no_template_fails(text):
    """Neither of ours nor of Jinja: it gives a text or says what is wrong with it."""
    for jinja in (False, True):
        wording = Wording(name="t", text=text, jinja=jinja)
        filled, _, problems = fill_wording(wording, {"name": "Roy", "a": True})
        assert isinstance(filled, str)
        assert all(isinstance(problem, Phrase) for problem in problems)
