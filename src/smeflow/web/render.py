"""What every page of the desk has: its template, the words of the firm's language, the token of its forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import jinja2
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse

from smeflow import __version__
from smeflow.i18n import say
from smeflow.web.desk import Desk
from smeflow.web.guard import Keys, Refusal, same_secret
from smeflow.web.intake import BackgroundRuns
from smeflow.web.words import Words

T = TypeVar("T")
U = TypeVar("U")
SHOWN_ON_A_PAGE = 100


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """One page of a list that may be long, and the way to the others."""

    shown: Sequence[T]
    number: int
    """Which page it is, from 1."""
    count: int
    """How many pages there are, at least one."""
    all: int
    """How long the whole list is."""
    asked: tuple[tuple[str, str], ...] = ()
    """What the address asks for besides the page."""

    def showing(self, shown: Sequence[U]) -> "ListPage[U]":
        """Give the same page of something that was made of what it showed."""
        return ListPage(shown, self.number, self.count, self.all, self.asked)

    def address(self, number: int) -> str:
        """Give the address of another page of the same list."""
        return "?" + urlencode([*self.asked, ("page", str(number))])


def list_page(request: Request, whole: Sequence[T]) -> ListPage[T]:
    """Take the page of a list that the request asks for: the nearest there is, or the first."""
    asked = request.query_params.get("page", "")
    count = max(1, -(-len(whole) // SHOWN_ON_A_PAGE))
    wanted = int(asked) if asked.isdecimal() and len(asked) < 10 else 1
    number = min(max(wanted, 1), count)
    first = (number - 1) * SHOWN_ON_A_PAGE
    return ListPage(
        shown=whole[first : first + SHOWN_ON_A_PAGE],
        number=number,
        count=count,
        all=len(whole),
        asked=tuple((name, value[:200]) for name, value in request.query_params.items() if name != "page"),
    )


class PageRenderer:
    """Draws pages, and reads the forms that come back from them. Threads may share one."""

    def __init__(self, desk: Desk, keys: Keys, runs: BackgroundRuns | None) -> None:
        self.desk, self.runs, self.words = desk, runs, Words(desk.language)
        self._keys = keys
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("smeflow.web", "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )

    def page(self, template: str, *, status: int = HTTPStatus.OK, **shown: Any) -> HTMLResponse:
        """Draw a page; what its template needs besides what all pages have is *shown*."""
        runs, desk = self.runs, self.desk
        text = self._templates.get_template(template).render(
            {"typed": "", "messages": []} | shown,
            w=self.words,
            version=__version__,
            lang=desk.language,
            person=desk.person,
            token=self._keys.form,
            today=desk.today(),
            busy=runs is not None and runs.busy,
            failure=self.words.text(runs.failure) if runs is not None and runs.failure else "",
            waiting_count=sum(item.waits for item in desk.items().values()),
        )
        return HTMLResponse(text, status_code=status)

    def part(self, template: str, **shown: Any) -> str:
        """Draw a piece that is put into a page which is there already."""
        return self._templates.get_template(template).render(shown, w=self.words)

    async def form(self, request: Request) -> FormData:
        """Read a form of the desk's own page.

        Raises:
            Refusal: It is no page of this desk.
        """
        form = await request.form(max_files=100, max_fields=1000)
        if not same_secret(str(form.get("token") or ""), self._keys.form):
            raise Refusal(say("This page is too old. Load it again."))
        return form

    def run_soon(self, number: int) -> None:
        """Let the recipe of an item go on."""
        if self.runs is not None:
            self.runs.want(self.desk.items()[number].row.recipe)


def texts_of(form: FormData) -> list[tuple[str, str]]:
    """Give the fields of a form that are texts, in order."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
