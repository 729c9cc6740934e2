"""Steps of a file beside the recipes: named in smeflow.toml, with parameters, and never named by a recipe."""

from pathlib import Path

import pytest

from smeflow import Case, Entry, Recipe, fingerprint, step
from smeflow.errors import RecipeError
from smeflow.files.folder import Folder
from smeflow.recipe.load import load
from smeflow.recipe.workspace import WorkspaceSettings

STEPS = '''
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel

from smeflow import LLM, Case, step
from smeflow.kinds import StepFamily

Path("ran.txt").write_text("yes")


class Ticket(BaseModel):
    machine: str | None = None
    urgent: bool = False


@step
def ticket(case: Case, llm: LLM, *, words: tuple[str, ...] = ("now",), most: int = 3) -> Ticket:
    """Read a ticket."""
    return Ticket(machine=case.text.split()[0], urgent=any(word in case.text for word in words[:most]))


class CountWords(StepFamily):
    """Count the words."""

    least: int = 1

    @property
    def returns(self):
        return int

    def __call__(self, case, llm, /):
        return max(self.least, len(case.text.split()))
'''
RECIPE = """recipe: tickets
llm: none
source: {folder: inbox}
steps:
  - ticket: t
    words: [today, soon]
  - count_words: n
    when: t.urgent
    least: 2
"""


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a workspace with a file of steps and a recipe."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "smeflow.toml").write_text('steps = ["steps.py"]\n', encoding="utf-8")
    (tmp_path / "steps.py").write_text(STEPS, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def problems(folder: Path, text: str) -> list[str]:
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load(folder)
    return [f"{Path(caught.value.file).name}:{p.line}:{p.column}: {p.phrase}" for p in caught.value.problems]


def test_a_function_and_a_class_of_the_file_are_steps_with_parameters(firm):
    """The keys of the entry are the function's keyword arguments, the fields of the class."""
    first, second = (entry.step for entry in load(firm).entries)
    case = Case.of("Press is to be mended today")
    assert first(case, None).model_dump() == {"machine": "Press", "urgent": True}
    assert second(Case.of("one"), None) == 2
    assert first.returns.__name__ == "Ticket"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("words: [today, soon]", "word: [today]", "6:5: unknown key word; did you mean words?"),
        ("words: [today, soon]", "most: many", "6:11: most must be a whole number"),
        ("when: t.urgent", "when: t.urgnt", "8:11: "),
        ("least: 2", "least: [2]", "9:12: "),
        ("- ticket: t", "- tickt: t", "5:5: tickt is no kind of step; did you mean ticket?"),
    ],
)
def test_a_mistake_in_a_parameter_is_told_at_its_place(firm, before, after, problem):
    """Line and column of the key or the value, as for a step of smeflow."""
    assert before in RECIPE
    (told,) = [each for each in problems(firm, RECIPE.replace(before, after)) if problem in each]
    assert told.startswith("recipe.yaml:")


def test_a_parameter_may_be_set_from_the_command_line(firm):
    """``--set steps.t.most=0`` is meant for the step of that name."""
    recipe = load(firm, settings={"steps.t.most": "0"})
    assert not recipe.entries[0].step(Case.of("today"), None).urgent


def test_parameters_are_part_of_the_fingerprint_and_the_place_is_not(firm, tmp_path_factory):
    """The same file in another folder gives the same steps."""
    other = tmp_path_factory.mktemp("other")
    for name in ("smeflow.toml", "steps.py", "recipe.yaml"):
        (other / name).write_bytes((firm / name).read_bytes())
    (other / "inbox").mkdir()
    here = [fingerprint(entry.step) for entry in load(firm).entries]
    assert [fingerprint(entry.step) for entry in load(other).entries] == here
    changed = load(firm, settings={"steps.t.most": "1", "steps.n.least": "3"})
    assert all(fingerprint(e.step) != old for e, old in zip(changed.entries, here, strict=True))


def test_an_edited_file_is_run_again(firm):
    """A long-lived program takes up what was changed."""
    before = fingerprint(load(firm).entries[0].step)
    (firm / "steps.py").write_text(STEPS.replace(".split()[0]", ".split()[-1]"), encoding="utf-8")
    step_ = load(firm).entries[0].step
    assert step_(Case.of("a b"), None).machine == "b"
    assert fingerprint(step_) != before


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ('[company]\nnames = ["A"]\n\nsteps = 3', "smeflow.toml:"),
        ('\nsteps = ["gone.py"]', "smeflow.toml:2:1: steps (gone.py) cannot be loaded: FileNotFoundError"),
        ('steps = ["broken.py"]', "smeflow.toml:1:1: steps (broken.py) cannot be loaded: ZeroDivisionError"),
        ('steps = ["taken.py"]', "smeflow.toml:1:1: taken.py: there is a step triage already"),
        ('steps = ["../steps.py"]', "smeflow.toml:1:1: ../steps.py: a file of steps is Python (.py)"),
        ('steps = ["/etc/steps.py"]', "smeflow.toml:1:1: /etc/steps.py: a file of steps is Python (.py)"),
        ('steps = ["steps.txt"]', "smeflow.toml:1:1: steps.txt: a file of steps is Python (.py)"),
    ],
)
def test_a_file_that_is_no_file_of_steps_is_told_in_smeflow_toml(firm, toml, problem):
    """Which file, why, and the line that names it."""
    (firm / "smeflow.toml").write_text(toml, encoding="utf-8")
    (firm / "broken.py").write_text("1 / 0", encoding="utf-8")
    taken = STEPS.replace("def ticket", "def triage")
    (firm / "taken.py").write_text(taken, encoding="utf-8")
    assert [each for each in problems(firm, RECIPE) if each.startswith(problem)]


NAMING_CODE = [
    RECIPE.replace("llm: none", 'llm: none\nsteps_files: ["steps.py"]'),
    RECIPE.replace("steps:\n", 'steps:\n  - steps: ["steps.py"]\n'),
    RECIPE.replace("- ticket: t", "- steps.py: t"),
    RECIPE.replace("- ticket: t", "- steps:ticket: t"),
    RECIPE.replace("- ticket: t", "- os.system: t"),
    RECIPE.replace("- ticket: t", "- !!python/object/apply:os.system [touch ran.txt]: t"),
    RECIPE.replace("- ticket: t", "- extract: t\n    into: steps:Ticket"),
    RECIPE.replace("when: t.urgent", 'when: __import__("steps")'),
    RECIPE.replace("source: {folder: inbox}", "source: {steps.py: inbox}"),
    RECIPE + "sinks:\n  - {steps.Sink: out}\n",
    RECIPE + "environment: {allow: [PATH]}\n",
]


@pytest.mark.parametrize("text", NAMING_CODE)
def test_a_recipe_by_itself_never_names_code(firm, text):
    """Without the line in smeflow.toml no file of Python is run, whatever the recipe says."""
    (firm / "smeflow.toml").write_text("", encoding="utf-8")
    assert problems(firm, text)
    assert not (firm / "ran.txt").exists()
    with pytest.raises(RecipeError):
        load(firm, settings={"steps": '["steps.py"]'})
    assert not (firm / "ran.txt").exists()


def test_the_file_is_run_only_where_smeflow_toml_names_it(firm):
    """Reading smeflow.toml runs nothing; reading a recipe does."""
    WorkspaceSettings.find(firm)
    assert not (firm / "ran.txt").exists()
    load(firm)
    assert (firm / "ran.txt").exists()


@step
def label(case: Case, llm: object) -> str:
    return "a"


@step
def length(case: Case, llm: object) -> int:
    return len(case.text)


def test_a_recipe_is_made_in_code(tmp_path):
    """Steps stand there as they are; a condition may be text, checked at once."""
    source = Folder(folder=str(tmp_path))
    recipe = Recipe(
        name="r",
        source=source,
        steps=[label, Entry(step=length, when_text='label == "a"', review_text="length > 3")],
    )
    first, second = recipe.entries
    case = Case.of("text").with_result("label", "a").with_result("length", 4)
    assert first.step is label
    assert second.when(case)
    assert second.review(case)
    assert recipe.text_hash != Recipe(name="r", source=source, steps=[label]).text_hash


def test_a_condition_that_is_a_function_is_told_by_its_name(tmp_path):
    """Who reads why an item waits sees what decided."""

    def too_long(case: Case) -> bool:
        return case[length] > 3

    entry = Entry(step=length, review=too_long)
    made = Recipe(name="r", source=Folder(folder=str(tmp_path)), steps=[entry]).entries[0]
    assert (made.review, made.review_text) == (too_long, "too_long")


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([], "at least one step"),
        ([label, label], "there is a step label already"),
        ([len], "len is no step: put @step in front"),
        ([Entry(step=label, when_text="length > 3")], "length"),
    ],
)
def test_a_recipe_made_in_code_is_checked_as_one_of_a_file(tmp_path, steps, problem):
    """What is wrong is told when the recipe is made."""
    with pytest.raises(RecipeError, match=problem):
        Recipe(name="r", source=Folder(folder=str(tmp_path)), steps=steps)
