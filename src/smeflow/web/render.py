"""What every page of the desk has: its template, the words of the firm's language, the token of its forms."""

from http import HTTPStatus
from typing import Any

import jinja2
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse

from smeflow.i18n import say
from smeflow.web.desk import Desk
from smeflow.web.guard import Keys, Refusal, same_secret
from smeflow.web.intake import BackgroundRuns
from smeflow.web.words import Words


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
