"""A recipe's file becomes something that runs, or a list of everything that is wrong with it."""

import time
from decimal import Decimal
from pathlib import Path

import pytest

from smeflow.errors import RecipeError
from smeflow.files.folder import Folder
from smeflow.money import Money
from smeflow.recipe.load import load
from smeflow.steps import Extract, Triage
from smeflow.tables.rows import TableRows
from smeflow.tables.table_file import TableFile

GOOD = """\
recipe: supplier-mail
about: Read invoices.
llm: auto
residency: local
budget: {run: 1 EUR, item: 0.10}
source: {folder: inbox/, match: ["*.eml", "*.pdf"]}
steps:
  - split: invoices
  - triage: kind
    labels: {invoice: asks us to pay, other: the rest}
  - extract: invoice
    when: kind.label == "invoice"
    into: Invoice
    review: not invoice.proven or invoice.record.total_gross > 5000
  - rule: priority
    choose:
      - {when: invoice.record.days_to_pay < 7, value: high}
    otherwise: normal
sinks:
  - {table: out/purchases.csv, rows: invoice.record}
workers: 4
"""


def write(folder: Path, text: str) -> Path:
    (folder / "inbox").mkdir(exist_ok=True)
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, **more: object) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load(path, environ={}, **more)  # type: ignore[arg-type]
    return [f"{p.line}:{p.column}: {p.phrase}" for p in caught.value.problems]


def test_a_recipe_is_read(tmp_path: Path) -> None:
    """Every part of it is there, typed, with the limits of the workspace where it has none of its own."""
    recipe = load(write(tmp_path, GOOD), environ={})
    assert (recipe.name, recipe.split, recipe.workers, recipe.residency) == (
        "supplier-mail",
        "invoices",
        4,
        "local",
    )
    assert recipe.residency_mark.endswith("recipe.yaml:4")
    assert recipe.budget.run == Money(Decimal(1), "EUR")
    assert recipe.budget.month == Money(Decimal(20), "EUR")
    assert recipe.budget.item == Money(Decimal("0.1"), "EUR")
    assert isinstance(recipe.source, Folder)
    assert recipe.source.path == tmp_path / "inbox"
    kinds = [type(entry.step) for entry in recipe.entries]
    assert kinds[0] is Triage
    assert issubclass(kinds[1], Extract)
    assert [entry.step.name for entry in recipe.entries] == ["kind", "invoice", "priority"]
    assert recipe.entries[1].when_text == 'kind.label == "invoice"'
    assert [sink.name for sink in recipe.sinks] == ["out/purchases.csv"]


def test_a_folder_stands_for_the_recipe_in_it(tmp_path: Path) -> None:
    """``smeflow run FOLDER`` reads its recipe.yaml."""
    write(tmp_path, GOOD)
    assert load(tmp_path, environ={}).name == "supplier-mail"


def test_a_comment_does_not_change_what_the_steps_are(tmp_path: Path) -> None:
    """The text's hash differs, the fingerprints of the steps do not."""
    from smeflow.core.fingerprints import fingerprint

    first = load(write(tmp_path, GOOD), environ={})
    second = load(write(tmp_path, "# a remark\n" + GOOD), environ={})
    assert first.text_hash != second.text_hash
    assert [fingerprint(e.step) for e in first.entries] == [fingerprint(e.step) for e in second.entries]


MISTAKES = """\
recipe: supplier mail
residancy: eu
budget: {run: a lot, week: 3 EUR}
timezone: Europe/Pariss
source: {folder: inbox/, macth: "*.eml"}
steps:
  - triage: kind
    labels: {invoice: asks us to pay, other: the rest}
  - extract: invoice
    when: kind.lable == "invoice"
    into: Invoce
  - extract: second
    into: Invoice
    review: not second.proven or second.record.total_grss > 5000
    thresold: 3
  - extarct: third
  - rule: priority
    choose:
      - {when: secnd.proven, value: high}
  - extract: fourth
    when: fifth.label == "x"
    fields: {total: mony}
  - triage: fifth
    labels: [only one]
  - extract: if
    into: Invoice
  - just text
sinks:
  - {tabel: out/x.xlsx}
  - {table: out/x.doc, rows: second.record}
  - {table: out/x.csv, rows: secnd.record}
workers: many
"""


def test_every_mistake_is_told_at_once_at_its_place(tmp_path: Path) -> None:
    """With the word that was probably meant; in file order."""
    told = problems(write(tmp_path, MISTAKES))
    wanted = [
        ("1:9", "recipe must be a short word"),
        ("2:1", "unknown key residancy; did you mean residency?"),
        ("3:22", "unknown key week"),
        ("4:11", "there is no time zone Europe/Pariss"),
        ("5:26", "unknown key macth; did you mean match?"),
        ("10:11", "kind has no field lable; did you mean label?"),
        ("11:11", "Invo"),
        ("14:34", "second.record has no field total_grss; did you mean total_gross?"),
        ("15:5", "unknown key thresold"),
        ("16:5", "extarct is no kind of step; did you mean extract?"),
        ("19:16", "there is no step secnd; did you mean second?"),
        ("21:11", "fifth is a later step"),
        ("22:13", "mony"),
        ("23:5", "at least two labels"),
        ("25:14", "a step needs a name"),
        ("27:5", "a step is written as KIND: NAME"),
        ("29:6", "tabel is no kind of sink; did you mean table?"),
        ("30:13", "a table is a .csv or .xlsx file"),
        ("31:30", "there is no step secnd; did you mean second?"),
        ("32:10", "workers must be a whole number"),
    ]
    for place, words in wanted:
        assert any(t.startswith(f"{place}: ") and words in t for t in told), (place, words, told)
    assert told == sorted(told, key=lambda t: [int(n) for n in t.split(":")[:2]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the recipe is empty"),
        ("- a\n- b\n", "keys with values"),
        ("recipe: x\n", "source is missing"),
        ("recipe: x\nsource: {folder: inbox}\nsteps: []\n", "at least one step"),
        (
            "recipe: x\nsource: inbox\nsteps:\n  - {rule: r, value: 'true'}\n",
            "source must be keys with values",
        ),
        (GOOD.replace("folder: inbox/", "folder: ../elsewhere"), "leads out of the recipe's folder"),
        (GOOD.replace("folder: inbox/", "folder: /etc"), "leads out of the recipe's folder"),
        (GOOD.replace("out/purchases.csv", "../purchases.csv"), "leads out of the recipe's folder"),
        (GOOD.replace("out/purchases.csv", "inbox/purchases.csv"), "would come in again"),
        (
            GOOD.replace("- {table", "- {table: out/purchases.csv, rows: invoice.record}\n  - {table"),
            "two sinks write",
        ),
        (GOOD.replace("rule: priority", "rule: invoice"), "there is a step invoice already"),
        (GOOD.replace("- split: invoices", "- split: pages"), "split must be one of"),
        (GOOD.replace("into: Invoice", "into: os.system"), "os.system"),
        (GOOD.replace("review: not", "review: 3 #"), "review must be a condition"),
        ("recipe: x\nsinks:\n  - {table: out/${NAME}.csv}\n", "put text with { } [ ] in quotes"),
    ],
)
def test_one_mistake(tmp_path: Path, text: str, words: str) -> None:
    """Each kind of mistake has a sentence of its own."""
    told = problems(write(tmp_path, text))
    assert any(words in each for each in told), told


def test_a_recipe_that_is_not_there_suggests_one(tmp_path: Path) -> None:
    """A typing mistake in the path is the commonest mistake of all."""
    write(tmp_path, GOOD)
    assert "did you mean" in problems(tmp_path / "recipe.yml")[0]
    assert "smeflow init" in problems(tmp_path / "inbox")[0]


def test_a_path_that_climbs_by_a_link_is_refused(tmp_path: Path) -> None:
    """A link inside the folder that leads out of it is not inside."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    path = write(root, GOOD.replace("out/purchases.csv", "out/purchases.csv"))
    assert any("leads out" in each for each in problems(path))


def test_a_folder_named_in_the_workspace_may_be_used(tmp_path: Path) -> None:
    """``folders`` in smeflow.toml opens places outside of it."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "smeflow.toml").write_text('folders = ["../scans"]\n')
    recipe = load(write(root, GOOD.replace("folder: inbox/", "folder: ../scans")), environ={})
    assert recipe.source.path == tmp_path / "scans"  # type: ignore[attr-defined]


def test_variables_come_from_the_environment(tmp_path: Path) -> None:
    """``${NAME}`` and ``${NAME:-default}``; ``$${`` is a plain ``${``."""
    (tmp_path / "smeflow.toml").write_text('[environment]\nallow = ["WHO", "NOBODY"]\n')
    text = GOOD.replace("Read invoices.", "${WHO} and ${NOBODY:-none} and $${x}")
    assert load(write(tmp_path, text), environ={"WHO": "Ann"}).about == "Ann and none and ${x}"


def test_a_variable_that_is_not_set_is_told_at_its_place(tmp_path: Path) -> None:
    """With its name and the column it stands in."""
    (tmp_path / "smeflow.toml").write_text('[environment]\nallow = ["MISSING"]\n')
    text = GOOD.replace("Read invoices.", "Read ${MISSING}")
    assert problems(write(tmp_path, text)) == ["2:13: the variable MISSING is not set in the environment"]


def test_what_came_from_the_environment_is_never_shown(tmp_path: Path) -> None:
    """A secret in the wrong place is told as wrong, not printed."""
    (tmp_path / "smeflow.toml").write_text('[environment]\nallow = ["ZONE"]\n')
    text = GOOD.replace("timezone", "x").replace("workers: 4", "timezone: ${ZONE}")
    with pytest.raises(RecipeError) as caught:
        load(write(tmp_path, text), environ={"ZONE": "canary-12345"})
    assert "canary" not in str(caught.value)
    assert "***" in str(caught.value)


def test_a_recipe_reads_only_variables_that_the_workspace_names(tmp_path: Path) -> None:
    """The message holds the line that would let it, beside what is allowed already."""
    (tmp_path / "smeflow.toml").write_text('[environment]\nallow = ["WHO"]\n')
    text = GOOD.replace("Read invoices.", "Read ${HOME}")
    with pytest.raises(RecipeError, match=r'\[environment\] allow = \["WHO", "HOME"\]'):
        load(write(tmp_path, text), environ={"HOME": "/somewhere"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MISTRAL_API_KEY", "key-canary"), ("SMEFLOW_LLM_KEY", "canary"), ("COPY", "the key-canary again")],
)
def test_no_recipe_reads_a_key_of_a_provider(tmp_path: Path, variable: str, value: str) -> None:
    """Not where it is allowed by name, nor under another name: an address would carry it away."""
    (tmp_path / "smeflow.toml").write_text(f'[environment]\nallow = ["{variable}"]\n')
    hook = f"{{webhook: 'https://hooks.example.org/?k=${{{variable}}}'}}"
    text = GOOD.replace("{table: out/purchases.csv, rows: invoice.record}", hook)
    with pytest.raises(RecipeError, match="no recipe may read it") as caught:
        load(write(tmp_path, text), environ={"MISTRAL_API_KEY": "key-canary", variable: value})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("where", ["webhook", "about", "folder", "path"])
def test_a_secret_stands_only_where_one_belongs(tmp_path: Path, where: str) -> None:
    """Not in an address, a text or a path; what holds one is told by its name, its value or the workspace."""
    (tmp_path / "smeflow.toml").write_text(
        '[environment]\nallow = ["A_TOKEN", "PLAIN"]\nsecrets = ["HIDDEN"]\n'
    )
    environ = {"A_TOKEN": "canary", "PLAIN": "https://ann:canary@example.org/", "HIDDEN": "canary"}
    for name in environ:
        text = {
            "webhook": GOOD.replace(
                "{table: out/purchases.csv, rows: invoice.record}",
                f"{{webhook: 'https://hooks.example.org/${{{name}}}'}}",
            ),
            "about": GOOD.replace("Read invoices.", f"Read ${{{name}}}"),
            "folder": GOOD.replace("folder: inbox/", f"folder: 'inbox/${{{name}}}'"),
            "path": GOOD.replace("out/purchases.csv", f"'out/${{{name}}}.csv'"),
        }[where]
        with pytest.raises(RecipeError, match="is no place for one") as caught:
            load(write(tmp_path, text), environ=environ)
        assert "canary" not in str(caught.value)


def test_a_password_stands_in_the_address_of_a_database(tmp_path: Path) -> None:
    """There is no other place for it, and the address is never shown."""
    (tmp_path / "smeflow.toml").write_text('[environment]\nsecrets = ["SALES_DB"]\n')
    text = (
        "recipe: sales\nsource:\n  months: {sales: {sql: SELECT 1 AS n, url: '${SALES_DB}'}}\n"
        "steps:\n  - triage: kind\n    labels: {a: b, c: d}\n"
    )
    with pytest.raises(RecipeError) as caught:
        load(write(tmp_path, text), environ={"SALES_DB": "sqlite:///sales.db"})
    assert "no place" not in str(caught.value)


def test_the_secret_of_a_webhook_is_a_variable_the_workspace_names(tmp_path: Path) -> None:
    """Otherwise a recipe could sign with whatever lies in the environment; never with a provider's key."""
    hook = "{{webhook: 'https://hooks.example.org/', secret: {0}}}"
    for name, said in (("HOOK_SECRET", "allow ="), ("MISTRAL_API_KEY", "no recipe may read it")):
        text = GOOD.replace("{table: out/purchases.csv, rows: invoice.record}", hook.format(name))
        assert any(said in each for each in problems(write(tmp_path, text)))
    (tmp_path / "smeflow.toml").write_text('[environment]\nsecrets = ["HOOK_SECRET"]\n')
    text = GOOD.replace("{table: out/purchases.csv, rows: invoice.record}", hook.format("HOOK_SECRET"))
    load(write(tmp_path, text), environ={})


def test_a_setting_replaces_a_key(tmp_path: Path) -> None:
    """By its path, by the name of a step, typed as what it replaces."""
    path = write(tmp_path, GOOD)
    settings = {
        "workers": "2",
        "steps.kind.threshold": "0.4",
        "llm": "none",
        "steps.invoice.readers": "[exact]",
    }
    recipe = load(path, settings=settings, environ={})
    assert (recipe.workers, recipe.llm) == (2, "none")
    assert recipe.entries[0].step.threshold == 0.4  # type: ignore[attr-defined]
    assert recipe.entries[1].step.readers == ("exact",)  # type: ignore[attr-defined]


def test_a_person_may_name_any_file(tmp_path: Path) -> None:
    """A path typed on the command line is meant from where the person stands, wherever that is."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "in.csv").write_text("a\n1\n")
    root = tmp_path / "root"
    root.mkdir()
    settings = {"source.table": "in.csv", "source.key": "a", "sinks.0.table": "out.csv"}
    recipe = load(write(root, GOOD), settings=settings, environ={}, cwd=elsewhere)
    assert isinstance(recipe.source, TableRows)
    assert recipe.source.path == elsewhere / "in.csv"
    assert isinstance(recipe.sinks[0], TableFile)
    assert recipe.sinks[0].path == elsewhere / "out.csv"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("source.foldr", "unknown key foldr; did you mean folder? (set by --set source.foldr)"),
        ("steps.nobody.threshold", "there is no steps.nobody"),
        ("workrs", "unknown key workrs; did you mean workers? (set by --set workrs)"),
        ("workers", "workers must be a whole number (set by --set workers)"),
        ("a..b", "write it as key=value"),
    ],
)
def test_a_wrong_setting_is_told_as_one(tmp_path: Path, key: str, words: str) -> None:
    """The person sees that it was typed, not written in the file."""
    told = problems(write(tmp_path, GOOD), settings={key: "x"})
    assert any(words in each for each in told), told


def test_a_later_condition_reads_every_earlier_step(tmp_path: Path) -> None:
    """But no step reads itself in ``when``, or a later one."""
    text = GOOD.replace('when: kind.label == "invoice"', "when: invoice.proven")
    assert any("invoice is a later step" in each for each in problems(write(tmp_path, text)))


def test_conditions_know_the_firm(tmp_path: Path) -> None:
    """``company`` is what smeflow.toml says; a field it does not have is a mistake."""
    text = GOOD.replace("review: not invoice.proven", "review: invoice.record.seller in company.names")
    load(write(tmp_path, text), environ={})
    wrong = text.replace("company.names", "company.nams")
    assert any("did you mean names?" in each for each in problems(write(tmp_path, wrong)))


HOSTILE = [
    "{{7*7}}",
    "${{7*7}}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "<%= system('id') %>",
    "#{7*7}",
    "{% import os %}",
    "__import__('os').system('id')",
    "().__class__.__mro__[1].__subclasses__()",
    "invoice.record.__class__.__init__.__globals__",
    "(lambda: 1)()",
]


@pytest.mark.parametrize("code", HOSTILE)
def test_code_in_a_recipe_is_text_or_refused(tmp_path: Path, code: str) -> None:
    """In a condition it is a mistake with its line; in a name or a sentence it stays the text it is."""
    quoted = code.replace("'", "''")
    start = time.process_time()
    text = GOOD.replace(
        "review: not invoice.proven or invoice.record.total_gross > 5000", f"review: '{quoted}'"
    )
    assert any(each.startswith("14:") for each in problems(write(tmp_path, text)))
    path = GOOD.replace(
        "{table: out/purchases.csv, rows: invoice.record}", f"{{copy: 'out/{quoted}/{{name}}'}}"
    )
    if "{" in code:
        assert problems(write(tmp_path, path))
    if "${" not in code:
        about = GOOD.replace("about: Read invoices.", f"about: '{quoted}'")
        assert load(write(tmp_path, about), environ={}).about == code
    assert time.process_time() - start < 1.5


def test_a_kind_of_a_package_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step made by ``@step`` in somebody's package is named in a recipe like one of ours."""
    site = tmp_path / "site"
    info = site / "theirs-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[smeflow.steps]\ndue_soon = theirs:due_soon\nbroken = nowhere:x\n"
    )
    (site / "theirs.py").write_text(
        "from smeflow import LLM, Case, step\n"
        "@step\ndef due_soon(case: Case, llm: LLM) -> bool:\n    return True\n"
    )
    monkeypatch.syspath_prepend(str(site))
    from smeflow.kinds.lookup import entry_points_of

    entry_points_of.cache_clear()
    try:
        text = GOOD.replace("  - rule: priority", "  - due_soon: urgent\n  - rule: priority")
        recipe = load(write(tmp_path, text), environ={})
        assert [e.step.name for e in recipe.entries] == ["kind", "invoice", "urgent", "priority"]
        assert recipe.entries[2].step.returns is bool
        broken = problems(
            write(tmp_path, GOOD.replace("  - rule: priority", "  - broken: b\n  - rule: priority"))
        )
        assert any("cannot be loaded" in each for each in broken)
        near = problems(
            write(tmp_path, GOOD.replace("  - rule: priority", "  - due_son: b\n  - rule: priority"))
        )
        assert any("did you mean due_soon?" in each for each in near)
    finally:
        entry_points_of.cache_clear()


@pytest.mark.parametrize(
    ("budget", "llm", "told"),
    [
        (
            "{run: 1 EUR, over: wiat}",
            "none",
            "3:28: over must be one of stop, cheaper, wait; did you mean wait?",
        ),
        ("{run: 1 EUR, over: cheaper}", "local", "3:28: over: cheaper needs a second model"),
        ("{run: a lot}", "none", "3:15: write an amount with its currency"),
        ("{run: null}", "none", "3:15: write an amount with its currency"),
    ],
)
def test_a_mistake_in_the_budget_is_told_at_its_value(
    tmp_path: Path, budget: str, llm: str, told: str
) -> None:
    """What is done past it is one of three words, and a cheaper model must be there."""
    text = f"recipe: r\nllm: {llm}\nbudget: {budget}\nsource: {{folder: inbox/}}\nsteps:\n"
    text += "  - extract: invoice\n    into: Invoice\n"
    (found,) = problems(write(tmp_path, text))
    assert told in found


def test_what_is_done_past_the_budget_is_the_recipes_or_the_firms(tmp_path: Path) -> None:
    """The recipe's word stands before that of ``smeflow.toml``; unsaid, the run stops."""
    text = "recipe: r\n{}source: {{folder: inbox/}}\nsteps:\n  - extract: invoice\n    into: Invoice\n"
    assert load(write(tmp_path, text.format("")), environ={}).budget.over == "stop"
    (tmp_path / "smeflow.toml").write_text('[budgets]\nover = "wait"\nrun = "1 EUR"\n', encoding="utf-8")
    budget = load(write(tmp_path, text.format("")), environ={}).budget
    assert (budget.over, budget.run) == ("wait", Money(Decimal(1), "EUR"))
    stops = load(write(tmp_path, text.format("budget: {over: stop}\n")), environ={}).budget
    assert (stops.over, stops.run) == ("stop", Money(Decimal(1), "EUR"))
    (tmp_path / "smeflow.toml").write_text('[budgets]\nover = "never"\n', encoding="utf-8")
    with pytest.raises(RecipeError, match="must be one of"):
        load(write(tmp_path, text.format("")), environ={})
