"""Send through a client of the openai SDK, for who needs its ways to sign in, its proxies or its hooks.

`AioWire` asks the same for a fifth of the CPU; the answers are judged by the same code.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smeflow.errors import LLMUnavailable
from smeflow.llm.sdk import from_library
from smeflow.llm.wire import AioWire, Answered, Waiting, plain, too_slow

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI


@dataclass(eq=False, kw_only=True)
class SdkWire(AioWire):
    """HTTP by an ``AsyncOpenAI`` client (or Azure's, or one with an ``http_client`` of your own).

    Its retries and redirects are off, its key is used where none is given, and the limit of bytes and the
    deadline are ours.
    """

    client: "AsyncOpenAI" = field(repr=False)

    def __post_init__(self) -> None:
        """Take the client's retries away."""
        self.client = self.client.with_options(max_retries=0)

    async def _exchange(self, waiting: Waiting) -> Answered:
        import openai

        try:
            async with asyncio.timeout(waiting.timeout_seconds):
                return await self._sent(waiting)
        except TimeoutError:
            raise too_slow(waiting.timeout_seconds, sent=True) from None
        except openai.APIStatusError as error:
            return Answered(error.response.status_code, _headers(error.response), error.response.content)
        except Exception as error:  # noqa: BLE001 - the SDK lets errors of its transport through
            made = from_library(error, provider="openai", model="", seconds=waiting.timeout_seconds)
            raise made if isinstance(made, LLMUnavailable) else error from None

    async def _sent(self, waiting: Waiting) -> Answered:
        import httpx2
        import openai

        post: Any = self.client.post  # its overloads know no raw, unread response
        unread = await post(
            waiting.url,
            cast_to=httpx2.Response,
            content=waiting.body,
            options={
                "follow_redirects": False,
                "timeout": waiting.timeout_seconds,
                "headers": dict(waiting.headers),
            },
            stream=True,  # so that the limit of bytes is ours
            stream_cls=openai.AsyncStream[Any],
        )
        body = b""
        try:
            async for piece in unread.aiter_raw():
                body += piece
                if len(body) > self.max_bytes:
                    break
        finally:
            await unread.aclose()
        too_long = len(body) > self.max_bytes
        return plain(
            unread.status_code, _headers(unread), body[: self.max_bytes], self.max_bytes, too_long=too_long
        )


def _headers(response: "httpx2.Response") -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
