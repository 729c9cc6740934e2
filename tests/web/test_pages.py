"""The desk in a real browser: by keyboard alone, with nothing axe objects to, and with nothing that runs."""

import io

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.requires_program("chromium"),
    *(pytest.mark.requires_module(name) for name in ("playwright", "starlette", "uvicorn")),
]
LIEFERANT, NETPRESSE = "lieferant-471113.xml", "netpresse-2022089083-copy.pdf"


@pytest.fixture
def page(browser):
    """Give a page that remembers what it was told and what it asked for."""
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.told, page.asked = [], []
    page.on("console", lambda message: page.told.append(message.text))
    page.on("pageerror", lambda error: page.told.append(str(error)))
    page.on("dialog", lambda dialog: (page.told.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


def open_item(page, served, name):
    page.goto(served.url(f"/item/{served.numbered(name)}"))
    page.wait_for_selector("#paper figure, #paper .remark")


@pytest.fixture
def short_pages(monkeypatch):
    """Let a list of two have two pages."""
    monkeypatch.setattr("smeflow.web.render.SHOWN_ON_A_PAGE", 1)


@pytest.mark.requires_module("axe_playwright_python")
@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1300, "light", "en"), (1300, "dark", "fr"), (380, "light", "fr"), (380, "dark", "en")],
)
def test_a_browser_finds_nothing_to_object_to(browser, firm, serve, language, width, scheme):
    """No rule of accessibility is broken on any page, nothing is asked of others, nothing sticks out."""
    from axe_playwright_python.sync_playwright import Axe

    with serve(firm, language=language) as served:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        told, asked = [], []
        page.on("console", lambda message: told.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(served.door)
        items = [f"/item/{served.numbered(name)}" for name in (NETPRESSE, LIEFERANT, "cut-off.pdf")]
        lists = ("/suppliers", "/mails", "/reports", f"/supplier/{served.numbered(NETPRESSE)}")
        lesson = ("/lesson", "/lesson?guess=iban")
        for path in ("/", "/waiting", "/search?q=lieferant", "/search?q=nowhere", *items, *lists, *lesson):
            page.goto(served.url(path))
            if path in items:
                page.wait_for_selector("#paper figure, #paper .remark")
            result = Axe().run(page)
            assert result.violations_count == 0, f"{path}\n{result.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate("document.documentElement.lang") == language
        page.keyboard.press("?")
        assert Axe().run(page).violations_count == 0
        assert page.evaluate("document.fonts.check('600 16px Inter')")
        assert all(url.startswith(served.url("/")) for url in asked)
        assert told == []
        page.close()


def test_a_day_by_keyboard_alone(page, firm, serve):
    """Begin, correct with a rival, accept, refuse with a reason, move: no hand leaves the keys."""
    with serve(firm) as served:
        first = [item.row.id for item in served.desk.waiting(served.desk.today())]
        page.goto(served.door)
        page.keyboard.press("Enter")  # begin with the first
        page.wait_for_url(f"**/item/{first[0]}")
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**/item/{first[1]}")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url(f"**/item/{first[0]}")

        netpresse = served.numbered(NETPRESSE)
        open_item(page, served, NETPRESSE)
        for _ in range(80):  # its account is new: how that was checked is asked for
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "note":
                break
        page.keyboard.type("rung up")
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        assert page.evaluate("document.activeElement.name").startswith("field:invoice.")
        page.keyboard.press("Control+a")
        page.keyboard.type("Net Presse SARL")
        page.keyboard.press("Enter")  # in a field: keep what was corrected
        page.wait_for_url("**?after=*")
        record = served.desk.state(netpresse).values["invoice"]["record"]
        (review,) = served.desk.state(netpresse).reviews
        assert (review.action, review.person) == ("correct", "Ada")
        assert "Net Presse SARL" in review.after, record

        lieferant = served.numbered(LIEFERANT)
        open_item(page, served, LIEFERANT)
        page.keyboard.press("r")
        page.keyboard.type("a private purchase")
        page.keyboard.press("Enter")
        page.wait_for_url("**?after=*")
        state = served.desk.state(lieferant)
        assert (state.item.row.state, state.reviews[-1].note) == ("skipped", "a private purchase")
        assert page.told == []


def test_enter_accepts_and_the_recipe_goes_on(page, firm, serve):
    """One key: the item is approved, the run goes on with it, the table has its row."""
    with serve(firm, run=True) as served:
        page.goto(served.door)
        number = served.numbered(LIEFERANT)
        open_item(page, served, LIEFERANT)
        page.keyboard.press("Enter")
        page.wait_for_url("**?after=*")
        for _ in range(200):
            if not served.runs.busy:  # its table is written after its item is done
                break
            page.wait_for_timeout(100)
        assert served.desk.state(number).item.row.state == "done"
        assert "471113" in (firm.root / "out" / "purchases.csv").read_text(encoding="utf-8")


def test_single_keys_can_be_switched_off(page, served):
    """Whoever dictates decides nothing by accident (WCAG 2.1.4); the browser remembers it."""
    page.goto(served.door)
    open_item(page, served, LIEFERANT)
    page.keyboard.press("?")
    page.locator("#single-keys").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.reload()
    place = page.url
    page.keyboard.press("Enter")
    page.keyboard.press("r")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.url == place
    assert page.locator("dialog[open]").count() == 0
    assert served.desk.state(served.numbered(LIEFERANT)).item.row.state == "review"


def test_a_field_and_its_place_light_up_together(page, served):
    """In a picture and in a text; and a rival shows where it stands before it is taken."""
    page.goto(served.door)
    open_item(page, served, NETPRESSE)
    page.get_by_label("total with VAT").focus()
    assert page.locator(".place.lit").get_attribute("data-place") == "invoice.total_gross"
    rival = page.locator(".field[data-field='invoice.issue_date'] .rivals button")
    rival.focus()
    assert page.locator(".rival-place:not([hidden])").count() == 1
    rival.press("Enter")
    assert page.get_by_label("issue date", exact=True).input_value() == "2022-12-06"
    page.get_by_label("seller", exact=True).focus()
    page.locator("[data-word='ALEXINUX']").first.click()
    assert page.get_by_label("seller", exact=True).input_value() == "ALEXINUX"
    open_item(page, served, LIEFERANT)
    page.get_by_label("number", exact=True).focus()
    assert page.locator("mark.lit").first.inner_text() == "471113"


def test_a_file_dropped_on_the_page_is_read(page, firm, serve, recipes):
    """It goes into the folder, the recipe runs, the page shows it."""
    with serve(firm, run=True) as served:
        page.goto(served.door)
        page.set_input_files("#files", recipes / "supplier-mail" / "inbox" / "my-supplier-018304.xml")
        page.get_by_role("button", name="Take them in").click()
        page.wait_for_url("**?taken=1*")
        page.wait_for_selector("text=My Supplier Company", timeout=30_000)
        assert (firm.root / "inbox" / "my-supplier-018304.xml").is_file()


def test_nothing_of_a_document_runs(page, scripts, make_firm, serve, recipes, tmp_path):
    """Names, numbers, files and notes with markup in them are shown as they are written, on every page."""
    model = (recipes / "supplier-mail" / "inbox" / LIEFERANT).read_text(encoding="utf-8")
    inbox = {}
    for number, script in enumerate(scripts):
        harmless = script.replace("&", "&amp;").replace("<", "&lt;")
        text = model.replace("Lieferant GmbH", harmless).replace("471113", f"{harmless} {number}")
        name = script.replace("/", "\u2215") if number % 2 else f"bill {number}"
        inbox[f"{name}.xml"] = text.encode()
    firm = make_firm(tmp_path / "hostile", inbox)
    with serve(firm, person=scripts[0]) as served:
        items = firm.items()
        assert len(items) == len(scripts) == 13
        number = items[1].id
        shown = served.desk.state(number).hash
        served.desk.decide(number, shown, "save", changes={"invoice.number": scripts[1]}, note=scripts[2])
        page.goto(served.door)
        searches = [f"/search?q={script}" for script in scripts[:3]]
        suppliers = ("/suppliers", f"/supplier/{items[0].id}")  # they have one registered number
        for path in ("/", "/waiting", *suppliers, *searches, *(f"/item/{item.id}" for item in items)):
            page.goto(served.url(path))
            if "/item/" in path:
                page.wait_for_selector("#paper figure")
            sources = page.evaluate("[...document.scripts].map(s => s.getAttribute('src'))")
            assert [source.partition("?")[0] for source in sources] == ["/static/desk.js"], path
            if path == f"/item/{items[-1].id}":  # checks while one types give such texts back too
                page.get_by_label("seller", exact=True).fill(scripts[1])
                page.wait_for_timeout(600)
            strange = "iframe, object, embed, base, style, main [onload], main [onerror], [onfocus]"
            assert page.locator(strange).count() == 0, path
            assert page.locator("a[href^='javascript'], form[action^='http']").count() == 0, path
        text = page.locator("main").inner_text()
        assert "49%" not in text
        assert page.told == []
        assert all(url.startswith(served.url("/")) for url in page.asked)


def test_checks_run_while_one_types(page, served):
    """The sum is tried with what is being typed; what does not fit is told; nothing is kept."""
    page.goto(served.door)
    open_item(page, served, NETPRESSE)
    total = page.get_by_label("total with VAT")
    field = page.locator("[data-field='invoice.total_gross']")
    assert "✓" in field.locator(".said").inner_text()
    total.fill("57,02")
    page.wait_for_selector("[data-field='invoice.total_gross'].no")
    assert "against it: net and VAT make the total" in page.locator("[data-checks=invoice]").inner_text()
    total.fill("about fifty")
    page.wait_for_selector("#live:has-text('about fifty does not fit')")
    total.fill("56,02")
    page.wait_for_selector("[data-field='invoice.total_gross'].ok")
    assert page.locator("#live").inner_text() == ""
    number = served.numbered(NETPRESSE)
    assert served.desk.state(number).reviews == ()
    assert page.told == []


def test_z_takes_the_last_decision_back(page, firm, serve):
    """A key put it aside, a key brings it back, with its question and without a word lost."""
    with serve(firm, run=True) as served:
        page.goto(served.door)
        number = served.numbered(LIEFERANT)
        open_item(page, served, LIEFERANT)
        question = page.locator("h1").inner_text()
        page.keyboard.press("r")
        page.keyboard.type("a private purchase")
        page.keyboard.press("Enter")
        page.wait_for_url("**?after=*")
        page.keyboard.press("z")
        page.wait_for_url(f"**/item/{number}?said=undone")
        while served.runs.busy:
            page.wait_for_timeout(50)
        page.reload()
        assert page.locator("h1").inner_text() == question
        state = served.desk.state(number)
        assert state.item.row.state == "review"
        assert [review.action for review in state.reviews] == ["reject", "undo"]
        assert "a private purchase" in page.locator(".who").inner_text()


def test_a_stack_of_papers_is_split_by_keyboard(page, make_firm, serve, recipes, tmp_path):
    """One key goes to where a document may begin, Space marks it, Enter splits."""
    pypdf = pytest.importorskip("pypdf")
    paper = pypdf.PdfReader(recipes / "supplier-mail" / "inbox" / NETPRESSE).pages[0]
    writer, stack = pypdf.PdfWriter(), io.BytesIO()
    for _ in range(2):
        writer.add_page(paper)
    writer.write(stack)
    firm = make_firm(tmp_path / "stack", {"stack.pdf": stack.getvalue()})
    with serve(firm, run=True) as served:
        page.goto(served.door)
        open_item(page, served, "stack.pdf")
        page.keyboard.press("d")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.wait_for_url("**?said=was_split")
        for _ in range(100):
            if len(firm.items()) == 3:
                break
            page.wait_for_timeout(100)
        assert {item.name for item in firm.items()} == {"stack.pdf", "stack p1.pdf", "stack p2.pdf"}


def test_the_next_item_is_there_before_it_is_asked_for(page, served):
    """It takes the place of this one without a new page; back is back, and a decision is on what is shown."""
    page.goto(served.door)
    first, second = (item.row.id for item in served.desk.waiting(served.desk.today())[:2])
    with page.expect_response(f"**/item/{second}/paper"):
        page.goto(served.url(f"/item/{first}"))
    page.wait_for_timeout(500)
    before = len(page.asked)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**/item/{second}")
    assert not any(url.endswith(f"/item/{second}") for url in page.asked[before:])
    assert page.locator("#decide").get_attribute("action") == f"/item/{second}"
    page.wait_for_selector("#paper figure, #paper .remark")
    page.keyboard.press("c")
    assert page.evaluate("document.activeElement.name").startswith("field:")
    page.go_back()
    page.wait_for_selector(f"#decide[action='/item/{first}']")
    assert page.told == []
