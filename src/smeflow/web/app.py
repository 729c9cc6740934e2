"""The pages of the desk: home, an item, a search; and what comes back from them."""

import socket
import threading
import webbrowser
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib import resources
from typing import Any

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase, say
from smeflow.ledger.reviews import UNDECIDED
from smeflow.ledger.rows import Action
from smeflow.web.desk import Desk, DeskItem
from smeflow.web.guard import DOOR, DeskGuard, Keys, Refusal, same_secret
from smeflow.web.intake import BackgroundRuns, put_into_folder, takes_files
from smeflow.web.item import corrections, step_views
from smeflow.web.paper import Papers
from smeflow.web.words import Words

SHOWN_AT_HOME = 12
_DECIDED: Mapping[Action, str] = {
    "approve": "approve",
    "correct": "did_correct",
    "reject": "did_reject",
    "again": "did_again",
}
_STATIC: Mapping[str, tuple[str, str, str]] = {
    "desk.css": ("smeflow.web", "static", "text/css"),
    "icon.svg": ("smeflow.web", "static", "image/svg+xml"),
    "desk.js": ("smeflow.web", "static", "text/javascript"),
    "Inter-Regular.woff2": ("smeflow.pages", "fonts", "font/woff2"),
    "Inter-SemiBold.woff2": ("smeflow.pages", "fonts", "font/woff2"),
}
"""Every file the pages load, with its package, folder and type."""


class DeskPages:
    """Answers the requests that the guard let through."""

    def __init__(self, desk: Desk, keys: Keys, *, runs: BackgroundRuns | None) -> None:
        self.desk, self.papers, self.runs = desk, Papers(desk), runs
        self._keys, self._today, self._words = keys, desk.today, Words(desk.language)
        loader = jinja2.PackageLoader("smeflow.web", "templates")
        self._templates = jinja2.Environment(
            loader=loader,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )

    def routes(self) -> list[Route]:
        """Name every address there is."""
        return [
            Route("/", self.home),
            Route("/waiting", self.waiting),
            Route("/search", self.search),
            Route("/item/{number:int}", self.item),
            Route("/item/{number:int}", self.decide, methods=["POST"]),
            Route("/item/{number:int}/paper", self.paper),
            Route("/item/{number:int}/page/{document:int}-{page:int}.png", self.picture),
            Route("/upload", self.upload, methods=["POST"]),
            Route("/status", self.status),
            Route("/static/{name}", self.static),
        ]

    def home(self, request: Request) -> Response:
        """Show what waits, what came in, and the month."""
        today, waiting = self._today(), self.desk.waiting(self._today())
        return self._page(
            "home.html",
            here="home",
            waiting=waiting[:SHOWN_AT_HOME],
            came=self.desk.came_last(),
            month=self.desk.month(today),
            folders=[name for name, recipe in self.desk.recipes().items() if takes_files(recipe)],
            messages=_messages(request, self._words),
        )

    def waiting(self, _: Request) -> Response:
        """List all that waits."""
        return self._page(
            "list.html", here="waiting", heading=self._words("to_see"), items=self.desk.waiting(self._today())
        )

    def search(self, request: Request) -> Response:
        """List what fits the words that were typed."""
        typed = request.query_params.get("q", "")[:200]
        items = self.desk.search(typed)
        heading = self._words("found" if items else "not_found", n=len(items), what=typed)
        return self._page("list.html", here="search", heading=heading, items=items, typed=typed)

    def item(self, request: Request) -> Response:
        """Show one item: its question, its page, its fields."""
        after = request.query_params.get("after", "")
        kept = self.desk.items().get(int(after)) if after.isdecimal() and len(after) < 19 else None
        return self._item_page(request.path_params["number"], kept=kept)

    def _item_page(
        self,
        number: int,
        *,
        kept: DeskItem | None = None,
        problem: Phrase | str = "",
        typed: Mapping[str, str] | None = None,
        status: int = HTTPStatus.OK,
    ) -> Response:
        state = self.desk.state(number)
        order = [item.row.id for item in self.desk.waiting(self._today())]
        place = order.index(number) if number in order else -1
        return self._page(
            "item.html",
            status=status,
            here="item",
            state=state,
            item=state.item,
            steps=step_views(self.desk, state),
            place=place,
            count=len(order),
            following=order[place + 1] if place + 1 < len(order) else None,
            preceding=order[place - 1] if place > 0 else None,
            kept=kept,
            problem=self._words.text(problem),
            typed=typed or {},
            decided=_DECIDED,
            undecided=state.item.row.reason.kind == UNDECIDED,
            note_needed=state.item.row.reason.kind == "between" or state.item.is_alarm,
        )

    async def decide(self, request: Request) -> Response:
        """Take a decision, and lead to the next item that waits."""
        form = await self._form(request)
        return await run_in_threadpool(self._decide, request.path_params["number"], form)

    def _decide(self, number: int, form: FormData) -> Response:
        texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        values, action = dict(texts), str(form.get("action") or "")
        changes = corrections(texts) if action in ("accept", "save") else {}
        note = values.get("reason" if action == "reject" else "note", "").strip()
        problem: Phrase | None = None
        if action not in ("accept", "save", "reject", "again"):
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        if action == "reject" and not note:
            problem = say("Say why it is refused: the reason is kept.")
        if action == "save" and not changes:
            problem = say("Nothing was changed. Put a value right first, or accept it as it is.")
        item = self.desk.items().get(number)
        if action == "accept" and not changes and not note and item is not None and item.is_alarm:
            problem = say("Say how you checked the account: write it as a note, it is kept.")
        following = self._following(number)
        if problem is None:
            try:
                wanted = {"yes": True, "no": False}.get(values.get("wanted", ""))
                self.desk.decide(
                    number, values.get("hash") or "-", action, changes=changes, note=note, wanted=wanted
                )
            except SmeflowError as error:
                problem = error.phrase
        if problem is not None:
            return self._item_page(number, problem=problem, typed=values, status=HTTPStatus.CONFLICT)
        if self.runs is not None:
            self.runs.want(self.desk.items()[number].row.recipe)
        place = f"/item/{following}" if following is not None else "/"
        return RedirectResponse(f"{place}?after={number}", status_code=HTTPStatus.SEE_OTHER)

    def _following(self, number: int) -> int | None:
        """Give the item that is looked at after this one: the next in order, at the end the first."""
        order = [item.row.id for item in self.desk.waiting(self._today())]
        place = order.index(number) if number in order else -1
        others = [*order[place + 1 :], *order[: max(place, 0)]]
        return others[0] if others else None

    def paper(self, request: Request) -> Response:
        """Give the pages of an item's documents, to be put beside its fields."""
        number = request.path_params["number"]
        fields = [field for step in step_views(self.desk, self.desk.state(number)) for field in step.fields]
        paper = self.papers.paper(number, fields, self.desk.language)
        return self._page("paper.html", number=number, paper=paper)

    def picture(self, request: Request) -> Response:
        """Draw a page."""
        which = request.path_params
        picture = self.papers.picture(which["number"], which["document"], which["page"])
        return Response(picture, media_type="image/png")

    async def upload(self, request: Request) -> Response:
        """Take files into a recipe's folder, and let the recipe go on."""
        form = await self._form(request)
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
            return self._page(
                "error.html",
                status=HTTPStatus.CONFLICT,
                here="",
                reasons=[self._words.text(r) for r in refused],
            )
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
        if isinstance(error, Refusal):
            return PlainTextResponse(self._words.text(error.phrase), error.status)
        if isinstance(error, SmeflowError):
            reasons = [self._words.text(error.phrase)]
            return self._page("error.html", status=HTTPStatus.CONFLICT, here="", reasons=reasons)
        raise error

    async def _form(self, request: Request) -> FormData:
        """Read a form of the desk's own page.

        Raises:
            Refusal: It is no page of this desk.
        """
        form = await request.form(max_files=100, max_fields=1000)
        if not same_secret(str(form.get("token") or ""), self._keys.form):
            raise Refusal(say("This page is too old. Load it again."))
        return form

    def _page(self, template: str, *, status: int = HTTPStatus.OK, **shown: Any) -> Response:
        runs = self.runs
        text = self._templates.get_template(template).render(
            {"typed": "", "messages": []} | shown,
            w=self._words,
            lang=self.desk.language,
            person=self.desk.person,
            token=self._keys.form,
            today=self._today(),
            busy=runs is not None and runs.busy,
            failure=self._words.text(runs.failure) if runs is not None and runs.failure else "",
            waiting_count=sum(item.waits for item in self.desk.items().values()),
        )
        return HTMLResponse(text, status_code=status)


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
    pages = DeskPages(desk, keys, runs=runs)
    app = Starlette(
        routes=pages.routes(), exception_handlers={Refusal: pages.problem, SmeflowError: pages.problem}
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
) -> None:
    """Serve *desk* until the process is told to stop. *announce* gets the address that lets a browser in.

    With *run*, a recipe goes on whenever something was decided or dropped.
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
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        if runs is not None:
            runs.end()
