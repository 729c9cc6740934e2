"""The desk as a server on this machine: its pages but those of an item, and what lets a browser in."""

import socket
import threading
import webbrowser
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib import resources

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from smeflow.errors import LedgerError, SmeflowError
from smeflow.i18n import say
from smeflow.web import gathered
from smeflow.web.desk import Desk
from smeflow.web.guard import DOOR, DeskGuard, Keys, Refusal
from smeflow.web.intake import BackgroundRuns, put_into_folder, takes_files
from smeflow.web.item_pages import ItemPages
from smeflow.web.lesson import read_lesson
from smeflow.web.render import PageRenderer, list_page
from smeflow.web.words import Words

SHOWN_AT_HOME = 12
_STATIC: Mapping[str, tuple[str, str, str]] = {
    "desk.css": ("smeflow.web", "static", "text/css"),
    "icon.svg": ("smeflow.web", "static", "image/svg+xml"),
    "desk.js": ("smeflow.web", "static", "text/javascript"),
    "Inter-Regular.woff2": ("smeflow.pages", "fonts", "font/woff2"),
    "Inter-SemiBold.woff2": ("smeflow.pages", "fonts", "font/woff2"),
}
"""Every file the pages load, with its package, folder and type."""


class DeskPages:
    """Answers the requests that the guard let through and that are not about one item."""

    def __init__(self, renderer: PageRenderer) -> None:
        self.renderer, self.desk, self.runs = renderer, renderer.desk, renderer.runs

    def routes(self) -> list[Route]:
        """Name every address but those of an item."""
        return [
            Route("/", self.home),
            Route("/waiting", self.waiting),
            Route("/search", self.search),
            Route("/suppliers", self.suppliers),
            Route("/supplier/{number:int}", self.supplier),
            Route("/mails", self.mails),
            Route("/reports", self.reports),
            Route("/lesson", self.lesson),
            Route("/upload", self.upload, methods=["POST"]),
            Route("/status", self.status),
            Route("/static/{name}", self.static),
        ]

    def home(self, request: Request) -> Response:
        """Show what waits, what came in, and the month."""
        today = self.desk.today()
        return self.renderer.page(
            "home.html",
            here="home",
            waiting=self.desk.waiting(today)[:SHOWN_AT_HOME],
            came=self.desk.came_last(),
            month=self.desk.month(today),
            folders=[name for name, recipe in self.desk.recipes().items() if takes_files(recipe)],
            messages=_messages(request, self.renderer.words),
        )

    def waiting(self, request: Request) -> Response:
        """List all that waits."""
        items = list_page(request, self.desk.waiting(self.desk.today()))
        return self.renderer.page(
            "list.html", here="waiting", heading=self.renderer.words("to_see"), items=items
        )

    def search(self, request: Request) -> Response:
        """List what fits the words that were typed."""
        typed = request.query_params.get("q", "")[:200]
        items = list_page(request, self.desk.search(typed))
        heading = self.renderer.words("found" if items.all else "not_found", n=items.all, what=typed)
        return self.renderer.page("list.html", here="search", heading=heading, items=items, typed=typed)

    def suppliers(self, request: Request) -> Response:
        """List the suppliers, with their accounts and what came from them last."""
        page = list_page(request, gathered.invoices_by_supplier(self.desk))
        listed = page.showing(gathered.suppliers(self.desk, page.shown))
        return self.renderer.page("suppliers.html", here="suppliers", suppliers=listed)

    def supplier(self, request: Request) -> Response:
        """Show one supplier: its accounts, and its last invoices."""
        number = request.path_params["number"]
        groups = gathered.invoices_by_supplier(self.desk)
        own = [invoices for invoices in groups if gathered.number_of(invoices) == number]
        if not own:
            raise LedgerError(say("There is no such supplier here (any more). Look into the list."))
        (supplier,) = gathered.suppliers(self.desk, own)
        last = supplier.invoices[: gathered.LAST_INVOICES]
        return self.renderer.page("supplier.html", here="suppliers", supplier=supplier, invoices=last)

    def mails(self, request: Request) -> Response:
        """List the mails with what they were sorted as and the answers that are prepared."""
        wanted, mails = request.query_params.get("label"), gathered.mails(self.desk)
        shown = mails if wanted is None else [mail for mail in mails if mail.label == wanted]
        return self.renderer.page(
            "mails.html",
            here="mails",
            mails=list_page(request, shown),
            labels=gathered.labels_of(mails),
            wanted=wanted,
        )

    def reports(self, request: Request) -> Response:
        """List the reports."""
        listed = list_page(request, gathered.reports(self.desk))
        return self.renderer.page("reports.html", here="reports", reports=listed)

    def lesson(self, request: Request) -> Response:
        """Show ten readings of a page of which one is wrong; with a guess, which one and why."""
        guess = request.query_params.get("guess", "")
        lesson = read_lesson(self.desk.language)
        guessed = guess if guess in {reading.name for reading in lesson.readings} else ""
        return self.renderer.page("lesson.html", here="lesson", lesson=lesson, guessed=guessed)

    async def upload(self, request: Request) -> Response:
        """Take files into a recipe's folder, and let the recipe go on."""
        form = await self.renderer.form(request)
        return await run_in_threadpool(self._upload, form)

    def _upload(self, form: FormData) -> Response:
        name = str(form.get("recipe") or "")
        recipe = self.desk.recipes().get(name)
        if recipe is None:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        files = [each for each in form.getlist("files") if isinstance(each, UploadFile) and each.filename]
        taken, known, refused = 0, 0, []
        for file in files:
            try:
                place = put_into_folder(recipe, str(file.filename), file.file)
            except SmeflowError as error:
                refused.append(error.phrase)
                continue
            taken, known = taken + (place is not None), known + (place is None)
        if taken and self.runs is not None:
            self.runs.want(name)
        if refused:
            reasons = [self.renderer.words.text(reason) for reason in refused]
            return self.renderer.page("error.html", status=HTTPStatus.CONFLICT, here="", reasons=reasons)
        return RedirectResponse(f"/?taken={taken}&known={known}", status_code=HTTPStatus.SEE_OTHER)

    def status(self, _: Request) -> Response:
        """Say whether something is being read, for the page that waits for it."""
        return JSONResponse({"busy": self.runs is not None and self.runs.busy})

    def static(self, request: Request) -> Response:
        """Give a file the pages load."""
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        package, folder, media_type = _STATIC[name]
        return Response((resources.files(package) / folder / name).read_bytes(), media_type=media_type)

    def problem(self, _: Request, error: Exception) -> Response:
        """Tell what went wrong, in words."""
        words = self.renderer.words
        if isinstance(error, Refusal):
            return PlainTextResponse(words.text(error.phrase), error.status)
        if isinstance(error, SmeflowError):
            reasons = [words.text(error.phrase)]
            return self.renderer.page("error.html", status=HTTPStatus.CONFLICT, here="", reasons=reasons)
        raise error


def _messages(request: Request, words: Words) -> list[str]:
    """Say what came of what was just done; numbers alone are taken from the address."""
    counts = {name: request.query_params.get(name, "") for name in ("taken", "known")}
    named = (("taken", "taken"), ("known", "known_already"))
    return [
        words(word, n=int(counts[name]))
        for name, word in named
        if counts[name].isdecimal() and counts[name] != "0"
    ]


def desk_app(
    desk: Desk, *, port: int, keys: Keys | None = None, runs: BackgroundRuns | None = None
) -> DeskGuard:
    """Make the application that serves *desk* on *port* of this machine."""
    keys = keys or Keys()
    renderer = PageRenderer(desk, keys, runs)
    pages = DeskPages(renderer)
    app = Starlette(
        routes=[*pages.routes(), *ItemPages(renderer).routes()],
        exception_handlers={Refusal: pages.problem, SmeflowError: pages.problem},
    )
    return DeskGuard(app, keys=keys, port=port, language=desk.language)


HOST = "127.0.0.1"
USUAL_PORT = 8460


def open_port(wanted: int | None) -> socket.socket:
    """Listen on this machine alone: on the port that was *wanted*, else the usual one or any that is free.

    Raises:
        OSError: The port that was wanted is taken.
    """
    for port in (USUAL_PORT, 0) if wanted is None else (wanted,):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen()  # who opens the address at once is answered as soon as the desk is ready
        except OSError:
            listening.close()
            if port == USUAL_PORT and wanted is None:
                continue
            raise
        return listening
    raise AssertionError  # a port that the system chooses is free


def serve_desk(
    desk: Desk,
    listening: socket.socket,
    *,
    announce: Callable[[str], None],
    browser: bool = True,
    run: bool = True,
    watch: float | None = None,
) -> None:
    """Serve *desk* until the process is told to stop. *announce* gets the address that lets a browser in.

    With *run*, a recipe goes on whenever something was decided or dropped; with *watch*, also when a mail
    comes, a file, or its time: folders are looked into every so many seconds.
    """
    port = int(listening.getsockname()[1])
    keys, runs = Keys(), BackgroundRuns(desk) if run else None
    config = uvicorn.Config(
        desk_app(desk, port=port, keys=keys, runs=runs),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    address = f"http://{HOST}:{port}{DOOR}?token={keys.address}"
    announce(address)
    threading.Thread(target=desk.first_look, name="desk-first-look", daemon=True).start()
    if browser:
        opening = threading.Timer(0.7, webbrowser.open, (address,))
        opening.daemon = True
        opening.start()
    if runs is not None and watch is not None:
        threading.Thread(target=runs.watch, args=(watch,), name="desk-watch-start", daemon=True).start()
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        if runs is not None:
            runs.end()
