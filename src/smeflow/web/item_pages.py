"""The page of one item: its question, its paper, its fields, and every decision that can be taken there."""

import time
from collections.abc import Mapping
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from smeflow.documents.file import PDF
from smeflow.errors import SmeflowError
from smeflow.i18n import Phrase, say
from smeflow.ledger.reviews import ACTION_WORDS, UNDECIDED, decisions_in_force
from smeflow.web.item import corrections, step_views
from smeflow.web.paper import Papers
from smeflow.web.render import PageRenderer, texts_of
from smeflow.web.summary import DeskItem

RUN_SECONDS = 3.0
"""How long a page that shows what a run makes of an item is held back for it."""
ACTIONS = ("accept", "save", "reject", "again", "note")


class ItemPages:
    """Answers what is asked of one item."""

    def __init__(self, renderer: PageRenderer) -> None:
        self.renderer, self.desk, self.papers = renderer, renderer.desk, Papers(renderer.desk)

    def routes(self) -> list[Route]:
        """Name the addresses of an item."""
        return [
            Route("/item/{number:int}", self.item),
            Route("/item/{number:int}", self.decide, methods=["POST"]),
            Route("/item/{number:int}/check", self.check, methods=["POST"]),
            Route("/item/{number:int}/undo", self.undo, methods=["POST"]),
            Route("/item/{number:int}/split", self.split, methods=["POST"]),
            Route("/item/{number:int}/paper", self.paper),
            Route("/item/{number:int}/page/{document:int}-{page:int}.png", self.picture),
        ]

    def item(self, request: Request) -> Response:
        """Show one item: its question, its page, its fields."""
        after, said = request.query_params.get("after", ""), request.query_params.get("said", "")
        kept = self.desk.items().get(int(after)) if after.isdecimal() and len(after) < 19 else None
        messages = [self.renderer.words(said)] if said in ("undone", "noted", "was_split") else []
        return self._item_page(request.path_params["number"], kept=kept, messages=messages)

    def _item_page(
        self,
        number: int,
        *,
        kept: DeskItem | None = None,
        messages: list[str] | None = None,
        problem: Phrase | str = "",
        typed: Mapping[str, str] | None = None,
        status: int = HTTPStatus.OK,
    ) -> Response:
        state = self.desk.state(number)
        order = [item.row.id for item in self.desk.waiting(self.desk.today())]
        place = order.index(number) if number in order else -1
        in_force = decisions_in_force(state.reviews, state.item.row.version)
        return self.renderer.page(
            "item.html",
            status=status,
            here="item",
            messages=messages or [],
            state=state,
            item=state.item,
            steps=step_views(self.desk, state),
            place=place,
            count=len(order),
            following=order[place + 1] if place + 1 < len(order) else None,
            preceding=order[place - 1] if place > 0 else None,
            kept=kept,
            kept_decision=self.desk.last_decision(kept.row.id) if kept is not None else None,
            last=in_force[-1] if in_force else None,
            sent=self.desk.sent_at(number),
            problem=self.renderer.words.text(problem),
            typed=typed or {},
            decided=ACTION_WORDS,
            undecided=state.item.row.reason.kind == UNDECIDED,
            note_needed=state.item.row.reason.kind == "between" or state.item.is_alarm,
        )

    async def decide(self, request: Request) -> Response:
        """Take a decision, and lead to the next item that waits."""
        form = await self.renderer.form(request)
        return await run_in_threadpool(self._decide, request.path_params["number"], form)

    def _decide(self, number: int, form: FormData) -> Response:
        texts = texts_of(form)
        values, action = dict(texts), str(form.get("action") or "")
        if action not in ACTIONS:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        changes = corrections(texts) if action in ("accept", "save") else {}
        note = values.get("reason" if action == "reject" else "note", "").strip()
        problem = self._missing(number, action, changes, note)
        following = self._following(number)
        if problem is None:
            try:
                if action == "note":
                    self.desk.note(number, note)
                    return _to(f"/item/{number}?said=noted")
                wanted = {"yes": True, "no": False}.get(values.get("wanted", ""))
                self.desk.decide(
                    number, values.get("hash") or "-", action, changes=changes, note=note, wanted=wanted
                )
            except SmeflowError as error:
                problem = error.phrase
        if problem is not None:
            return self._item_page(number, problem=problem, typed=values, status=HTTPStatus.CONFLICT)
        self.renderer.run_soon(number)
        return _to(f"{f'/item/{following}' if following is not None else '/'}?after={number}")

    def _missing(self, number: int, action: str, changes: Mapping[str, str], note: str) -> Phrase | None:
        """Say what a decision lacks."""
        if action == "reject" and not note:
            return say("Say why it is refused: the reason is kept.")
        if action == "note" and not note:
            return say("Write the note first.")
        if action == "save" and not changes:
            return say("Nothing was changed. Put a value right first, or accept it as it is.")
        item = self.desk.items().get(number)
        if action == "accept" and not changes and not note and item is not None and item.is_alarm:
            return say("Say how you checked the account: write it as a note, it is kept.")
        return None

    def _following(self, number: int) -> int | None:
        """Give the item that is looked at after this one: the next in order, at the end the first."""
        order = [item.row.id for item in self.desk.waiting(self.desk.today())]
        place = order.index(number) if number in order else -1
        others = [*order[place + 1 :], *order[: max(place, 0)]]
        return others[0] if others else None

    async def check(self, request: Request) -> Response:
        """Say what the checks make of the values as they are typed; nothing is kept."""
        form = await self.renderer.form(request)
        return await run_in_threadpool(self._check, request.path_params["number"], form)

    def _check(self, number: int, form: FormData) -> Response:
        changes = corrections(texts_of(form))
        try:
            state = self.desk.preview(number, changes)
        except SmeflowError as error:
            return JSONResponse({"problem": self.renderer.words.text(error.phrase)})
        views = step_views(self.desk, state)
        return JSONResponse(
            {
                "fields": {f.name: {"mark": f.mark, "said": f.said} for v in views for f in v.fields},
                "checks": {view.name: self.renderer.part("checks.html", step=view) for view in views},
            }
        )

    async def undo(self, request: Request) -> Response:
        """Take the last decision back, and show the item as it stands then."""
        form = await self.renderer.form(request)
        return await run_in_threadpool(self._undo, request.path_params["number"], form)

    def _undo(self, number: int, form: FormData) -> Response:
        decision = str(form.get("decision") or "")
        if not decision.isdecimal() or len(decision) > 18:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        try:
            self.desk.take_back(number, int(decision))
        except SmeflowError as error:
            return self._item_page(number, problem=error.phrase, status=HTTPStatus.CONFLICT)
        self._run_now(number)
        return _to(f"/item/{number}?said=undone")

    def _run_now(self, number: int) -> None:
        """Let the recipe go on, and give it a moment to come to the item."""
        self.renderer.run_soon(number)
        end = time.monotonic() + RUN_SECONDS
        while self.renderer.runs is not None and self.renderer.runs.busy and time.monotonic() < end:
            if self.desk.items()[number].row.state != "open":
                return
            time.sleep(0.05)

    async def split(self, request: Request) -> Response:
        """Make several items of one file."""
        form = await self.renderer.form(request)
        return await run_in_threadpool(self._split, request.path_params["number"], form)

    def _split(self, number: int, form: FormData) -> Response:
        starts = [str(each) for each in form.getlist("starts")]
        if any(not start.isdecimal() or len(start) > 5 for start in starts):
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        try:
            self.desk.split(number, str(form.get("hash") or "-"), [int(start) for start in starts])
        except SmeflowError as error:
            return self._item_page(number, problem=error.phrase, status=HTTPStatus.CONFLICT)
        self._run_now(number)
        return _to(f"/item/{number}?said=was_split")

    def paper(self, request: Request) -> Response:
        """Give the pages of an item's documents, to be put beside its fields."""
        number = request.path_params["number"]
        state = self.desk.state(number)
        fields = [field for step in step_views(self.desk, state) for field in step.fields]
        paper = self.papers.paper(number, fields, self.desk.language)
        row = state.item.row
        splittable = row.media_type == PDF and row.parts is None and row.state != "skipped"
        return self.renderer.page("paper.html", number=number, paper=paper, splittable=splittable)

    def picture(self, request: Request) -> Response:
        """Draw a page."""
        which = request.path_params
        picture = self.papers.picture(which["number"], which["document"], which["page"])
        return Response(picture, media_type="image/png")


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
