"""The desk with ten thousand items: `python benchmarks/desk.py FOLDER [--items 10000]`.

FOLDER is filled with as many invoices, each of its own supplier, and read once; a second time it is measured
as it is. Chromium opens each page three times: first paint is the browser's own figure. The next item is
timed from the key that moves on to the frame that shows it. Keys of a correction are those pressed; at
the terminal they are the letters of the command that gives the same value to an item whose number is known.
"""

import argparse
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from smeflow import Workspace
from smeflow.web.app import desk_app, open_port
from smeflow.web.desk import Desk
from smeflow.web.guard import Keys

MODEL = Path(__file__).parents[1] / "recipes/supplier-mail/inbox/lieferant-471113.xml"
RECIPE = """\
recipe: invoices
about: Read invoices.
llm: none
source: {folder: inbox/, match: "*.xml"}
steps:
  - extract: invoice
    into: Invoice
    review: not invoice.proven or invoice.record.total_gross > 500
"""
CORRECTIONS = (
    *(("number", "FA-2026-118"), ("due_date", "03/12/2026"), ("total_gross", "1488,00")),
    *(("seller", "Atelier Berthier"), ("issue_date", "03/11/2026")),
)
"""Given to four items each: twenty corrections."""
FIRST_PAINT = """() => new Promise((done) => {
  const told = () => performance.getEntriesByName("first-contentful-paint")[0];
  const ask = () => told() ? done(told().startTime) : requestAnimationFrame(ask);
  ask();
})"""


def fill(folder: Path, items: int) -> None:
    """Lay *items* invoices into *folder* and read them."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "smeflow.toml").write_text('[company]\nlocale = "fr-FR"\n', encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    model = MODEL.read_text(encoding="utf-8")
    for n in range(items):
        text = model.replace("Lieferant GmbH", f"Lieferant {n} GmbH").replace("471113", f"{n:06}")
        text = text.replace("DE123456789", f"DE{n:09}").replace("201/113/40209", f"{n:05}/1")
        (folder / "inbox" / f"{n:05}.xml").write_text(text, encoding="utf-8")
    Workspace(folder).run("recipe.yaml", strict=False)


@contextmanager
def served(folder: Path) -> Iterator[tuple[Desk, str, str]]:
    """Serve the desk of *folder*: the desk, its address, and the address that lets a browser in."""
    desk = Desk(workspace=Workspace(folder), person="Camille", language="fr")
    listening, keys = open_port(0), Keys()
    port = listening.getsockname()[1]
    app = desk_app(desk, port=port, keys=keys)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, ws="none"))
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    base = f"http://127.0.0.1:{port}"
    began = time.monotonic()
    desk.first_look()
    print(f"read while the browser opens: {time.monotonic() - began:.2f} s, {len(desk.items())} items")
    yield desk, base, f"{base}/open?token={keys.address}"
    server.should_exit = True


def first_paint(page: Page, address: str) -> float:
    """Give the milliseconds until something is seen, the middle one of three."""
    times = []
    for _ in range(3):
        page.goto(address)
        times.append(page.evaluate(FIRST_PAINT))
    return statistics.median(times)


MOVE = """() => new Promise((done) => {
  const [before, began] = [location.href, performance.now()];
  const seen = () => location.href !== before && document.querySelector("h1")
    ? requestAnimationFrame(() => done(performance.now() - began)) : requestAnimationFrame(seen);
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  seen();
})"""


def next_items(page: Page, moves: int) -> list[float]:
    """Move on by key; give the milliseconds of each move until the next item is seen."""
    times = []
    for _ in range(moves):
        page.wait_for_timeout(2500)  # a person looks; what comes next is fetched meanwhile
        began = time.perf_counter()
        try:
            times.append(page.evaluate(MOVE))
        except PlaywrightError:  # it was not fetched yet: the browser went there, and forgot the question
            page.wait_for_selector("h1")
            times.append((time.perf_counter() - began) * 1000)
    return times


def keystrokes(page: Page, desk: Desk, base: str) -> tuple[int, int]:
    """Correct twenty items on the desk; give the keys that took, and those at the terminal."""
    at_desk = at_terminal = 0
    waiting = desk.waiting(desk.today())[:20]
    page.goto(f"{base}/item/{waiting[0].row.id}")
    for n, item in enumerate(waiting):
        field, value = CORRECTIONS[n % len(CORRECTIONS)]
        at_terminal += len(f"smeflow review correct {item.row.id} --set {field}={value}") + 1
        keys = 1
        page.keyboard.press("c")
        while page.evaluate("document.activeElement.name") != f"field:invoice.{field}":
            page.keyboard.press("Shift+Tab" if keys > 12 else "Tab")
            keys += 1
        page.keyboard.type(value)
        before = page.url
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, before=before: url != before)
        at_desk += keys + len(value) + 1
        reviews = desk.state(item.row.id).reviews
        assert [review.action for review in reviews] == ["correct"], item.row.name
    return at_desk, at_terminal


def main() -> None:
    """Fill the folder where it is empty, and measure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--items", type=int, default=10_000)
    given = arguments.parse_args()
    if not given.folder.exists():
        fill(given.folder, given.items)
    with served(given.folder) as (desk, base, door), sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(viewport={"width": 1300, "height": 900})
        page.goto(door)
        first = desk.waiting(desk.today())[0].row.id
        pages = (
            "/",
            "/waiting",
            f"/item/{first}",
            "/suppliers",
            f"/supplier/{first}",
            "/search?q=Lieferant+7",
        )
        for path in (*pages, "/mails", "/reports"):
            print(f"first paint of {path}: {first_paint(page, base + path):.0f} ms")
        page.goto(f"{base}/item/{first}")
        moves = next_items(page, 20)
        print(f"next item: {statistics.median(moves):.0f} ms in the middle, {max(moves):.0f} ms the slowest")
        at_desk, at_terminal = keystrokes(page, desk, base)
        print(f"20 corrections: {at_desk} keys on the desk, {at_terminal} at the terminal")
        chromium.close()


if __name__ == "__main__":
    main()
