"""Every example of the README and the documentation runs as it stands."""

import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
from support.docs_model import docs_provider

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.fr.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"^(?P<mark><!-- no-run -->\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


def blocks(kind: str) -> list[object]:
    """Find the fenced blocks of one language; a comment ``no-run`` above one leaves it out."""
    found = []
    for page in PAGES:
        for n, match in enumerate(FENCE.finditer(page.read_text(encoding="utf-8")), 1):
            if match["kind"] == kind and not match["mark"]:
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


def test_no_example_imports_from_deeper_than_a_door():
    """What a page or a notebook needs stands in ``smeflow`` or one of its public modules."""
    doors = {*script("reference").DOORS}
    pages = {page.name: "\n".join(code) for page in PAGES if (code := python_of(page))}
    for notebook in (ROOT / "docs" / "notebooks").glob("*.ipynb"):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        pages[notebook.name] = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    imported = {
        f"{name}: {module}"
        for name, code in pages.items()
        for module in re.findall(r"^\s*(?:from|import) (smeflow[\w.]*)", code, re.MULTILINE)
        if module not in doors
    }
    assert len(pages) > 10
    assert imported == set()


def python_of(page):
    return [m["body"] for m in FENCE.finditer(page.read_text(encoding="utf-8")) if m["kind"] == "python"]


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
def test_settings_examples_load_without_a_problem(text, tmp_path, monkeypatch):
    """A TOML block is a whole ``smeflow.toml``."""
    from smeflow.recipe.workspace import WorkspaceSettings

    for table in tomllib.loads(text).get("tables", {}).values():
        (tmp_path / table).write_text("name\n", encoding="utf-8")
    monkeypatch.setenv("SMEFLOW_LEDGER", "postgresql://db.example/office")
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


def test_every_fence_is_one_the_site_understands():
    """A word behind the language ends the page there, as the site sees it: headings below it are lost."""
    odd = [
        f"{page.name}: {line}"
        for page in PAGES
        for line in re.findall(r"^```\w+[ \t]+\S.*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert odd == []


def headings(page):
    """Give the anchors of a page, as GitHub and the site make them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        yield re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")


def test_every_anchor_is_a_heading():
    """A link to a part of a page finds it."""
    missing = [
        f"{page.name}: {file}#{anchor}"
        for page in PAGES
        for file, anchor in re.findall(
            r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")
        )
        if anchor not in set(headings(page.parent / file if file else page))
    ]
    assert missing == []


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_every_public_name_is_documented():
    """The reference is what the docstrings say, and none of them is missing: names, methods, properties."""
    reference = script("reference")
    assert reference.undocumented() == []
    pages = reference.pages()
    written = {p.relative_to(ROOT / "docs") for p in (ROOT / "docs" / "reference").glob("*.md")}
    assert written | {Path("reference.md")} == pages.keys()
    for path, text in pages.items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, (
            f"python scripts/reference.py: {path}"
        )


def test_each_page_of_the_site_has_its_markdown_and_stands_in_llms_txt(tmp_path):
    """Whoever gives programs the site gives them pages without HTML, and one list of them."""
    site = script("site")
    (tmp_path / "proof.html").touch()
    count = site.finish(ROOT / "docs", tmp_path)
    assert count == len(list(tmp_path.rglob("*.md")))
    assert (tmp_path / "proof.md").read_bytes() == (ROOT / "docs" / "proof.md").read_bytes()
    listing = (tmp_path / "llms.txt").read_text(encoding="utf-8")
    assert listing.startswith("# smeflow\n\n> ")
    linked = re.findall(r"^- \[[^\]]+\]\(([^)]+)\): \S", listing, re.MULTILINE)
    assert set(linked) == {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")}
    assert listing.index("(tutorial.md)") < listing.index("## Optional") < listing.index("(measurements.md)")
    whole = (tmp_path / "llms-full.txt").read_text(encoding="utf-8")
    assert all(page.read_text(encoding="utf-8").strip() in whole for page in (ROOT / "docs").glob("*.md"))


def test_make_targets_of_the_readme_exist():
    """The two commands of the README are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_picture_of_the_house_is_drawn_from_the_layers():
    """What ``make check`` holds is what the architecture page shows."""
    drawing = script("house_picture")
    assert drawing.PICTURE.read_text(encoding="utf-8") == drawing.picture()
