"""The desk without a browser: order, decisions on what was shown, files that are dropped, a search."""

import io
import json
import re
import shutil
import threading
import time
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import pytest

from smeflow import Workspace
from smeflow.errors import LedgerError, SourceError
from smeflow.web.desk import Desk
from smeflow.web.gathered import invoices_by_supplier, mails, reports, suppliers
from smeflow.web.intake import BackgroundRuns, put_into_folder, safe_name
from smeflow.web.item import corrections, step_views
from smeflow.web.lesson import READ, read_lesson
from smeflow.web.words import Words

pytestmark = [
    pytest.mark.slow,
    *(pytest.mark.requires_module(name) for name in ("starlette", "uvicorn", "python_multipart")),
]
LIEFERANT, NETPRESSE = "lieferant-471113.xml", "netpresse-2022089083-copy.pdf"


@pytest.fixture
def desk(firm):
    return Desk(workspace=firm, person="Ada", language="en")


def numbered(desk, name):
    return next(number for number, item in desk.items().items() if item.row.name == name)


def test_what_waits_is_in_the_order_it_matters(desk):
    """Accounts to confirm come first, then what is due, with the most money first; files without last."""
    waiting = desk.waiting(date(2026, 11, 30))
    ranks = [item.rank(date(2026, 11, 30)) for item in waiting]
    assert ranks == sorted(ranks)
    assert waiting[0].is_alarm
    assert waiting[-1].row.name == "cut-off.pdf"
    assert "account" in str(waiting[0].questions[0])


def test_a_question_is_a_sentence_and_no_condition(desk):
    """That the recipe asks for it is no reason a bookkeeper can work with."""
    for item in desk.waiting(date(2026, 11, 30)):
        assert item.questions
        assert "invoice.proven" not in str(item.questions[0])


def test_the_loser_of_two_is_told_and_nothing_is_written(firm):
    """Two look at the same item; who comes second hears that it is another one now."""
    one, two = (Desk(workspace=firm, person=name, language="en") for name in ("Ada", "Ben"))
    number = numbered(one, LIEFERANT)
    shown = two.state(number).hash
    one.decide(number, one.state(number).hash, "save", changes={"invoice.number": "471113-A"})
    with pytest.raises(LedgerError, match="has changed since you saw it"):
        two.decide(number, shown, "reject", note="private")
    assert [review.person for review in two.state(number).reviews] == ["Ada"]


def test_a_decision_is_seen_at_once_and_so_is_another_s(firm):
    """The list follows its own decisions and those that were taken elsewhere."""
    desk, other = (Desk(workspace=firm, person=name, language="en") for name in ("Ada", "Ben"))
    waiting = {item.row.name for item in desk.waiting(desk.today())}
    number = numbered(desk, LIEFERANT)
    desk.decide(number, desk.state(number).hash, "reject", note="private")
    assert {item.row.name for item in desk.waiting(desk.today())} == waiting - {LIEFERANT}
    number = numbered(other, NETPRESSE)
    other.decide(number, other.state(number).hash, "reject", note="private")
    assert {item.row.name for item in desk.waiting(desk.today())} == waiting - {LIEFERANT, NETPRESSE}


def test_the_loser_keeps_what_was_typed(served):
    """The page comes back with the reason it was refused and the words that were written."""
    number = served.numbered(LIEFERANT)
    form = {"token": served.keys.form, "hash": "0" * 64, "action": "accept", "note": "I called them"}
    form |= {"was:invoice.number": "471113", "field:invoice.number": "X-9"}
    answer = served.ask("POST", f"/item/{number}", urlencode(form))
    assert answer.status == 409
    assert "has changed since you saw it" in answer.text
    assert 'value="X-9"' in answer.text
    assert 'value="I called them"' in answer.text


def test_an_account_nobody_knows_is_not_accepted_without_saying_how_it_was_checked(served):
    """Whatever else the item waits for: the note is what an auditor asks for later."""
    number = served.numbered(NETPRESSE)
    assert served.desk.items()[number].is_alarm
    form = {
        "token": served.keys.form,
        "hash": served.desk.state(number).hash,
        "action": "accept",
        "note": " ",
    }
    answer = served.ask("POST", f"/item/{number}", urlencode(form))
    assert (answer.status, served.desk.state(number).item.row.state) == (409, "review")
    assert "Say how you checked the account" in answer.text
    answer = served.ask("POST", f"/item/{number}", urlencode(form | {"note": "called 01 71 17"}))
    assert answer.status == 303
    assert served.desk.state(number).reviews[-1].note == "called 01 71 17"


def test_fields_that_came_back_as_shown_are_no_corrections():
    """Only what a person changed is put into the ledger, whatever a browser does to ends of lines."""
    form = [("was:a.x", "1,50"), ("field:a.x", "1,50"), ("was:a.y", "p\nq"), ("field:a.y", "p\r\nq ")]
    assert corrections(form) == {}
    assert corrections([*form, ("was:a.z", "old"), ("field:a.z", " new ")]) == {"a.z": "new"}
    assert corrections([("field:a.unknown", "x")]) == {}


def test_a_file_that_could_not_be_read_has_empty_fields_to_type_in(desk):
    """What the step would give is known from the recipe; what is typed in is kept as a decision."""
    number = numbered(desk, "cut-off.pdf")
    state = desk.state(number)
    (view,) = step_views(desk, state)
    assert view.is_asked
    assert {field.name: field.value for field in view.fields}["invoice.total_gross"] == ""
    changes = {"invoice.number": "F-1", "invoice.seller": "Acme", "invoice.total_gross": "12,00"}
    assert desk.decide(number, state.hash, "save", changes=changes) == "open"
    (review,) = desk.state(number).reviews
    assert json.loads(review.after)["record"]["total_gross"] == "12.00"


def test_fields_are_called_as_the_firm_speaks_and_written_as_it_writes(firm):
    """A French bookkeeper reads French words, days and amounts; what is sent back unchanged is the same."""
    desk = Desk(workspace=firm, person="Ada", language="fr")
    (view,) = step_views(desk, desk.state(numbered(desk, NETPRESSE)))
    values = {field.label: field.value for field in view.fields}
    assert values["vendeur"] == "NETPRESSE"
    assert values["total TTC"] == "56,02"
    assert values["date d'émission"] == "28/11/2022"


def test_a_rival_says_where_it_stands(desk):
    """One click takes it, so the page must say what speaks for it and against it."""
    (view,) = step_views(desk, desk.state(numbered(desk, NETPRESSE)))
    (rival,) = next(field.rivals for field in view.fields if field.name == "invoice.issue_date")
    assert rival.value == "2022-12-06"
    assert rival.box is not None
    assert "page 1" in rival.why


@pytest.mark.parametrize(
    "typed", ["netpresse", "NETPRESSE 56,02", "56.02", "2022089083", "FR7610107002450061705231739"]
)
def test_a_search_finds_names_numbers_and_amounts(desk, typed):
    """However they are written."""
    assert [item.row.name for item in desk.search(typed)] == [NETPRESSE]


def test_a_search_for_nothing_finds_nothing(desk):
    """An empty word fits all, and lists none."""
    assert desk.search("  ") == []
    assert desk.search("netpresse 99999") == []


@pytest.mark.parametrize("path", ["/waiting?", "/search?q=2&", "/suppliers?"])
def test_a_long_list_comes_in_pages_and_each_item_on_one_of_them(served, monkeypatch, path):
    """The pages together are the list; past the last is the last, and what is no number the first."""
    whole = linked(served.ask("GET", path).text)
    assert len(whole) > 2
    monkeypatch.setattr("smeflow.web.render.SHOWN_ON_A_PAGE", 2)
    count = -(-len(whole) // 2)
    pages = [served.ask("GET", f"{path}page={n}").text for n in range(1, count + 1)]
    assert [place for page in pages for place in linked(page)] == whole
    assert served.ask("GET", f"{path}page=99").text == pages[-1]
    assert served.ask("GET", f"{path}page=-1").text == pages[0]
    assert f"Page 1 of {count}" in pages[0]
    assert f'{path.replace("&", "&amp;")}page=2"'.partition("?")[2] in pages[0]


def linked(page):
    """Give what the rows of a list lead to."""
    return re.findall(r'<a href="/((?:item|supplier)/\d+)">', page.partition("<main")[2])


def test_the_month_counts_what_is_done_and_by_whom(desk):
    """What a person had a hand in is not done alone."""
    today = date.today()  # noqa: DTZ011 - the ledger's own clock is this machine's
    before = desk.month(today)
    number = numbered(desk, LIEFERANT)
    desk.decide(number, desk.state(number).hash, "approve")
    desk.workspace.run("recipe.yaml", strict=False)
    after = desk.month(today)
    assert (after.done, after.alone) == (before.done + 1, before.alone)
    assert after.waiting == before.waiting - 1


def test_a_dropped_file_appears_whole_and_writes_over_nothing(desk, firm):
    """The same file again is known; another one of that name gets a number."""
    recipe = desk.recipes()["invoices"]
    assert put_into_folder(recipe, "new.xml", io.BytesIO(b"<a/>")).name == "new.xml"
    assert put_into_folder(recipe, "new.xml", io.BytesIO(b"<a/>")) is None
    assert put_into_folder(recipe, "new.xml", io.BytesIO(b"<b/>")).name == "new (2).xml"
    assert (firm.root / "inbox" / "new.xml").read_bytes() == b"<a/>"
    assert not [file for file in (firm.root / "inbox").iterdir() if file.name.startswith(".")]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("../../smeflow.toml.xml", "smeflow.toml.xml"),
        ("C:\\Users\\me\\bill.pdf", "bill.pdf"),
        (".hidden.xml", "hidden.xml"),
        ("a\x00b<c>.pdf", "a_b_c_.pdf"),
        ("facture été.pdf", "facture été.pdf"),
    ],
)
def test_a_file_is_put_into_the_folder_and_nowhere_else(written, kept):
    """What stands before the last slash is not looked at."""
    assert safe_name(written) == kept


def test_a_very_long_name_keeps_its_ending():
    """No system takes more than 255 bytes."""
    name = safe_name("é" * 400 + ".pdf")
    assert name.endswith(".pdf")
    assert len(name.encode()) <= 255


@pytest.mark.parametrize("name", ["", "..", "/", "run.exe"])
def test_what_the_recipe_does_not_read_is_not_taken(desk, firm, name):
    """The message names what it reads; the folder stays as it was."""
    before = sorted((firm.root / "inbox").iterdir())
    with pytest.raises(SourceError):
        put_into_folder(desk.recipes()["invoices"], name, io.BytesIO(b"MZ"))
    assert sorted((firm.root / "inbox").iterdir()) == before


def test_an_empty_folder_has_a_desk_too(tmp_path):
    """Nothing was run yet: the desk says what to do first."""
    desk = Desk(workspace=Workspace(tmp_path), person="Ada", language="en")
    assert desk.waiting(date(2026, 11, 30)) == []
    assert desk.month(date(2026, 11, 30)).done == 0
    assert not (tmp_path / ".smeflow").exists()


def test_amounts_have_the_currency_s_sign():
    """A credit is negative with a minus, and French writes a comma."""
    from decimal import Decimal

    assert Words("fr").money(Decimal("-8400.5"), "EUR") == "\u22128\u202f400,50\u00a0€"
    assert Words("en").money(Decimal("1234.5"), "USD") == "1,234.50\u00a0$"
    assert Words("fr").money(None) == ""


def test_all_that_the_pages_load_is_small():
    """Style, script and templates together stay under 60 kB; no picture of a page is counted."""
    import smeflow.web

    folder = Path(smeflow.web.__file__).parent
    sizes = [file.stat().st_size for part in ("static", "templates") for file in (folder / part).iterdir()]
    assert sum(sizes) < 60_000


def post(served, path, **form):
    """Send a form of the desk's own page."""
    return served.ask("POST", path, urlencode({"token": served.keys.form, **form}, doseq=True))


def test_a_note_is_kept_and_decides_nothing(served):
    """Who was shown the item before the note may still decide on it."""
    number = served.numbered(LIEFERANT)
    shown = served.desk.state(number).hash
    assert post(served, f"/item/{number}", hash=shown, action="note", note=" ").status == 409
    answer = post(served, f"/item/{number}", hash=shown, action="note", note="asked the driver")
    assert answer.headers["location"] == f"/item/{number}?said=noted"
    state = served.desk.state(number)
    assert state.item.row.state == "review"
    assert [(r.action, r.person, r.note) for r in state.reviews] == [("note", "Ada", "asked the driver")]
    assert state.hash == shown
    assert "asked the driver" in served.ask("GET", f"/item/{number}").text
    served.desk.decide(number, shown, "reject", note="private")


def test_the_one_who_takes_back_too_late_is_told(served):
    """Another decision came in between: it is named, and nothing is taken back."""
    number = served.numbered(LIEFERANT)
    served.desk.decide(number, served.desk.state(number).hash, "save", changes={"invoice.number": "X-1"})
    first = served.desk.last_decision(number).id
    served.desk.decide(number, served.desk.state(number).hash, "save", changes={"invoice.number": "X-2"})
    answer = post(served, f"/item/{number}/undo", decision=first)
    assert answer.status == 409
    assert "Ada: corrected" in answer.text
    assert post(served, f"/item/{number}/undo", decision="1; drop").status == 400
    assert post(served, f"/item/{number}/undo", decision=first + 1).status == 303
    assert [r.action for r in served.desk.state(number).reviews] == ["correct", "correct", "undo"]


def test_checks_of_typed_values_write_nothing(served):
    """The answer has marks and words for every field, or says what does not fit; nothing is written."""
    number = served.numbered(NETPRESSE)
    ledger = (served.desk.workspace.state / "ledger.db").read_bytes()
    form = {"was:invoice.total_gross": "56.02", "field:invoice.total_gross": "57.02"}
    told = json.loads(post(served, f"/item/{number}/check", **form).text)
    assert told["fields"]["invoice.total_gross"]["mark"] == "no"
    assert "against it" in told["checks"]["invoice"]
    form["field:invoice.total_gross"] = "<b>much</b>"
    told = json.loads(post(served, f"/item/{number}/check", **form).text)
    assert "<b>much</b> does not fit" in told["problem"]
    form = {"was:nowhere.x": "1", "field:nowhere.x": "2"}
    assert "no step nowhere" in json.loads(post(served, f"/item/{number}/check", **form).text)["problem"]
    assert (served.desk.workspace.state / "ledger.db").read_bytes() == ledger


def named(desk):
    """Give the suppliers by name."""
    return {each.name: each for each in suppliers(desk, invoices_by_supplier(desk))}


def test_a_supplier_shows_its_accounts_and_its_last_invoices(served):
    """An account nobody confirmed is told apart from one that an invoice was done with."""
    listed = named(served.desk)
    assert listed["NETPRESSE"].doubtful
    (account,) = listed["NETPRESSE"].accounts
    assert (account.iban, account.known, account.count) == ("FR7610107002450061705231739", False, 1)
    page = served.ask("GET", f"/supplier/{listed['NETPRESSE'].number}").text
    assert "FR76\u00a01010\u00a07002" in page
    assert "2022089083" in page
    number = served.numbered(NETPRESSE)
    served.desk.decide(number, served.desk.state(number).hash, "accept", note="rung up")
    served.desk.workspace.run("recipe.yaml", strict=False)
    assert not named(served.desk)["NETPRESSE"].doubtful
    assert served.ask("GET", "/supplier/999").status == 409


@pytest.fixture
def office(tmp_path, recipes, serve):
    """Serve the folder of an office that answers mails and writes reports."""
    for name in ("customer-requests", "monthly-sales"):
        shutil.copytree(recipes / name, tmp_path / name)
    settings = '[company]\nlocale = "en-GB"\n[tables]\ncustomers = "customer-requests/customers.csv"\n'
    (tmp_path / "smeflow.toml").write_text(settings, encoding="utf-8")
    for mail in sorted((tmp_path / "customer-requests" / "inbox").iterdir())[4:]:
        mail.unlink()
    workspace = Workspace(tmp_path)
    for name in ("customer-requests", "monthly-sales"):
        workspace.run(f"{name}/recipe.yaml", llm="none", strict=False)
    with serve(workspace) as desk:
        yield desk


def test_mails_have_their_label_and_the_prepared_answer_can_be_put_right(office):
    """They are listed by subject and sender; label and answer are changed in one go, each as a decision."""
    found = mails(office.desk)
    assert len(found) == 4
    mail = next(each for each in found if each.reply)
    page = office.ask("GET", "/mails").text
    assert mail.title in page
    assert mail.reply.split()[0] in page
    only = office.ask("GET", f"/mails?label={mail.label}").text
    assert mail.title in only
    assert "4 invoices" not in only
    number, steps = mail.row.id, step_views(office.desk, office.desk.state(mail.row.id))
    assert [step.name for step in steps if step.is_open] == ["answer", "kind"]
    assert steps[0].heading == "The prepared answer"
    text = next(field.value for field in steps[0].fields if field.name == "answer.text")
    changes = {"answer.text": f"{text} See you then.", "kind.label": "urgent"}
    office.desk.decide(number, office.desk.state(number).hash, "save", changes=changes)
    state = office.desk.state(number)
    assert [(review.step, review.action) for review in state.reviews] == [
        ("answer", "correct"),
        ("kind", "correct"),
    ]


def test_a_report_s_paragraphs_are_edited_and_figures_that_no_fact_holds_refused(office):
    """Own words are kept; a number nobody computed is refused while it is typed."""
    report = reports(office.desk)[0]
    number = report.row.id
    assert report.report in office.ask("GET", "/reports").text
    (step,) = step_views(office.desk, office.desk.state(number))
    paragraph = next(field for field in step.fields if field.name == "report.p1")
    form = {f"was:{paragraph.name}": paragraph.value, f"field:{paragraph.name}": "Sales were 987654 USD."}
    assert "987654" in json.loads(post(office, f"/item/{number}/check", **form).text)["problem"]
    form |= {"hash": office.desk.state(number).hash, "action": "save"}
    assert post(office, f"/item/{number}", **form).status == 409
    form[f"field:{paragraph.name}"] = f"We worked well. {paragraph.value}"
    answer = post(office, f"/item/{number}", **form)
    assert answer.status == 303, answer.text
    office.desk.workspace.run("monthly-sales/recipe.yaml", llm="none")
    assert "We worked well." in office.ask("GET", f"/item/{number}").text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_lesson_s_wrong_reading_is_the_one_the_checks_find(language):
    """All ten stand on the page; one amount does not fit, and the check's own sentence says so."""
    lesson = read_lesson(language)
    assert len(lesson.readings) == 10
    bare = lesson.page.replace(" ", "").replace(",", "").replace(".", "").casefold()
    for reading in lesson.readings:
        value = "".join(c for c in reading.value if c.isalnum() or c == "-").casefold()
        if reading.name in ("issue_date", "due_date"):
            value = f"{READ[reading.name]:%d/%m/%Y}"
        assert value in bare, reading
    wrong = next(reading for reading in lesson.readings if reading.name == lesson.wrong)
    assert wrong.value in lesson.said.replace("\u00a0", "\u202f")
    assert "1" in lesson.right


def test_a_decision_during_a_run_is_taken_up_by_another(firm):
    """What a run may be past is wanted once more, however often; the desk is busy until then."""
    begun, go_on, ran = threading.Event(), threading.Event(), []

    def run(path, **_):
        ran.append(path.name)
        begun.set()
        go_on.wait(10)

    desk = Desk(workspace=firm, person="Ada", language="en")
    desk.workspace.run = run
    runs = BackgroundRuns(desk)
    runs.want("invoices")
    assert begun.wait(10)
    for _ in range(3):
        runs.want("invoices")
    assert runs.busy
    go_on.set()
    while runs.busy:
        time.sleep(0.01)
    runs.end()
    assert ran == ["recipe.yaml", "recipe.yaml"]


def test_a_watching_desk_reads_what_is_laid_into_the_folder(firm, recipes):
    """Nobody runs anything: the file is there, and its item with it."""
    desk = Desk(workspace=firm, person="Ada", language="en")
    runs = BackgroundRuns(desk)
    runs.watch(every=1.0)
    name = "my-supplier-018304.xml"
    shutil.copy(recipes / "supplier-mail" / "inbox" / name, firm.root / "inbox" / name)
    end = time.monotonic() + 30
    while name not in {item.row.name for item in desk.items().values()}:
        assert time.monotonic() < end
        time.sleep(0.1)
    runs.end()
