"""Every example of the README and the documentation runs as it stands."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from support.docs_model import docs_provider

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.fr.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(?P<kind>\w+)(?P<options>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[object]:
    """Find the fenced blocks of one language; ``no-run`` behind the language leaves one out."""
    found = []
    for page in PAGES:
        for n, match in enumerate(FENCE.finditer(page.read_text(encoding="utf-8")), 1):
            if match["kind"] == kind and "no-run" not in match["options"]:
                found.append(pytest.param(match["body"], id=f"{page.relative_to(ROOT)}-{n}"))
    return found


@pytest.fixture(scope="module")
def provider():
    with docs_provider() as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_run_and_print_what_they_say(code, monkeypatch, capsys, provider):
    """A comment at the end of a ``print(…)`` line is what the line prints.

    ``openai/…`` is asked on loopback, where the answers of `support.docs_model` are known.
    """
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-docs")
    monkeypatch.setenv("OPENAI_BASE_URL", provider)
    exec(compile(code, "example", "exec"), {"__name__": "example"})
    said = re.findall(r"^ *print\(.*\)\s{2,}# (.+)$", code, re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert printed == said


@pytest.mark.parametrize("text", blocks("yaml"))
def test_recipe_examples_load_without_a_problem(text, tmp_path):
    """A YAML block that names a recipe is a whole one."""
    from smeflow.recipe.load import load

    if not text.lstrip("# \n").startswith(("recipe:", "yaml-language-server")):
        pytest.skip("a part of a recipe, shown for one of its keys")
    (tmp_path / "inbox").mkdir()
    file = tmp_path / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    assert load(file).entries


@pytest.mark.parametrize("text", blocks("toml"))
def test_settings_examples_load_without_a_problem(text, tmp_path):
    """A TOML block is a whole ``smeflow.toml``."""
    from smeflow.recipe.workspace import WorkspaceSettings

    for table in tomllib.loads(text).get("tables", {}).values():
        (tmp_path / table).write_text("name\n", encoding="utf-8")
    (tmp_path / "smeflow.toml").write_text(text, encoding="utf-8")
    assert WorkspaceSettings.find(tmp_path).root == tmp_path


def test_every_command_the_pages_name_exists():
    """``smeflow WORD`` in a page is a command of the program, and every command stands in a page."""
    from smeflow.cli.app import COMMANDS

    commands = {name for name, _, _ in COMMANDS}
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    shell = "\n".join(match["body"] for match in FENCE.finditer(text) if match["kind"] == "sh")
    named = set(re.findall(r"`smeflow ([a-z]+)\b", text))
    named |= set(re.findall(r"^smeflow ([a-z]+)\b", shell, re.MULTILINE))
    assert named <= commands
    assert commands <= named


def test_every_option_the_pages_name_exists():
    """An option behind ``smeflow WORD`` in a shell block or in a line of text is one of that command."""
    from smeflow.cli.app import build_commands

    def options(command):
        yield from (name for parameter in command.params for name in parameter.opts)
        for below in getattr(command, "commands", {}).values():
            yield from options(below)

    program = build_commands("en")
    everywhere = {*(name for p in program.params for name in p.opts), "--help"}
    wrong = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shell = "\n".join(m["body"] for m in FENCE.finditer(text) if m["kind"] == "sh")
        lines = re.findall(r"^smeflow [^\n#|]+", shell, re.MULTILINE)
        for line in (*lines, *re.findall(r"`(smeflow [^`]+)`", text)):
            word = next((w for w in line.split()[1:] if w in program.commands), None)
            known = set(options(program.commands[word])) if word else set()
            named = set(re.findall(r"(?<!\S)--[a-z-]+", line))
            wrong += [f"{page.name}: {line}"] * bool(named - known - everywhere)
    assert wrong == []


def test_every_relative_link_leads_somewhere():
    """A link to a file of the project points at a file that is there."""
    missing = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not missing


def test_make_targets_of_the_readme_exist():
    """The two commands of the README are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_picture_of_the_house_is_drawn_from_the_layers():
    """What ``make check`` holds is what the architecture page shows."""
    spec = importlib.util.spec_from_file_location("house_picture", ROOT / "scripts" / "house_picture.py")
    drawing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawing)
    assert drawing.PICTURE.read_text(encoding="utf-8") == drawing.picture()
