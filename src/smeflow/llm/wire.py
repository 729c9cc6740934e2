"""Send bytes to a model server and read the whole answer, under a limit of bytes and one deadline.

The synchronous API sits on one event loop in a thread of its own. Callers hand their requests over in
batches: a busy loop is woken once for many of them. Measurements are in docs/measurements.md. A client
of the openai SDK may send instead, for those who need its sign-in, its proxies or its hooks.
"""

import asyncio
import collections
import threading
import weakref
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from smeflow.errors import LLMUnavailable
from smeflow.i18n import say
from smeflow.llm.error_mapping import timed_out

if TYPE_CHECKING:
    import aiohttp

MAX_BYTES = 8 * 1024 * 1024
"""The longest answer that is read, before and after decompression."""
_CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 4.0
"""Shorter than what common servers allow, so that we rarely write to a connection just closed."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What a server sent, whole, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    too_long: bool = False
    """There was more than `MAX_BYTES`; the rest was not read."""


class Wire(Protocol):
    """A way to reach a server."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float) -> HttpResponse:
        """Send *body* and give the answer; redirects are not followed.

        Raises:
            LLMUnavailable: Nothing whole came back within *timeout_seconds*.
        """
        ...


class PendingRequest:
    """One caller waiting for the loop. A bare lock is the cheapest thing to wait on."""

    __slots__ = ("body", "error", "headers", "lock", "response", "task", "timeout_seconds", "url")

    def __init__(self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float) -> None:
        self.url, self.headers, self.body, self.timeout_seconds = url, headers, body, timeout_seconds
        self.response: HttpResponse | None = None
        self.error: BaseException | None = None
        self.task: asyncio.Task[None] | None = None
        self.lock = threading.Lock()
        self.lock.acquire()


class _Engine:
    """A loop in a daemon thread, and the one session that lives on it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.session: aiohttp.ClientSession | None = None
        self.thread = threading.Thread(target=self._run, name="smeflow-wire", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.close()

    def stop(self) -> None:
        """End what is under way, the connections and the thread. Any thread may call this, twice too."""
        if not self.thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self.loop)
        if threading.current_thread() is not self.thread:  # the collector may call this from the loop itself
            self.thread.join(2)

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.session is not None:
            await self.session.close()
        self.loop.call_soon(self.loop.stop)


@dataclass(eq=False)
class AioWire:
    """HTTP by aiohttp on an event loop in a daemon thread, started with the first request."""

    max_bytes: int = MAX_BYTES
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _queue: "collections.deque[PendingRequest]" = field(default_factory=collections.deque, repr=False)
    _engine: _Engine | None = field(default=None, repr=False)
    _proxies: dict[str, str | None] = field(default_factory=dict, repr=False)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set, repr=False)
    _awake: bool = field(default=False, repr=False)

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float) -> HttpResponse:
        """Send *body* and give the answer; see `Wire`."""
        engine = self._engine or self._start()
        pending = PendingRequest(url, headers, body, timeout_seconds)
        self._queue.append(pending)
        if not self._awake:  # set before the wake-up, cleared before the queue is read: nothing is left lying
            self._awake = True
            engine.loop.call_soon_threadsafe(self._drain)
        try:
            # The loop keeps the deadline; this one only speaks if the loop itself is stuck.
            in_time = pending.lock.acquire(timeout=timeout_seconds + 5)
        except BaseException:
            self._cancel(pending)
            raise
        if not in_time:
            self._cancel(pending)
            raise timed_out(timeout_seconds)
        if pending.error is not None:
            raise pending.error
        assert pending.response is not None  # noqa: S101 - one of the two is always set
        return pending.response

    def close(self) -> None:
        """End what is under way and the thread; the next request starts a new one."""
        with self._guard:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.stop()

    def _start(self) -> _Engine:
        with self._guard:
            if self._engine is None:
                import aiohttp  # noqa: F401 - loaded here, and not by the loop while callers wait

                self._awake = False
                self._engine = _Engine()
                weakref.finalize(self, self._engine.stop)  # at the end of the process too
            return self._engine

    def _cancel(self, pending: PendingRequest) -> None:
        if self._engine is not None:
            self._engine.loop.call_soon_threadsafe(lambda: pending.task and pending.task.cancel())

    def _drain(self) -> None:
        self._awake = False
        while self._queue:
            pending = self._queue.popleft()
            task = asyncio.get_running_loop().create_task(self._serve(pending))
            pending.task = task
            self._tasks.add(task)  # the loop itself keeps only weak references
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, pending: PendingRequest) -> None:
        try:
            pending.response = await self._exchange(pending)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
            pending.error = error if isinstance(error, LLMUnavailable) else _unexpected(error)
        finally:
            pending.lock.release()

    async def _exchange(self, pending: PendingRequest) -> HttpResponse:
        import aiohttp

        engine = self._engine
        if engine is None:
            raise asyncio.CancelledError
        session = engine.session or self._open(engine)
        deadline = aiohttp.ClientTimeout(
            total=pending.timeout_seconds,
            sock_connect=min(_CONNECT_SECONDS, pending.timeout_seconds),
            ceil_threshold=float("inf"),  # else deadlines are rounded up to whole seconds
        )
        try:
            async with session.post(
                pending.url,
                data=pending.body,
                headers=pending.headers,
                allow_redirects=False,  # the key must not follow
                timeout=deadline,
                proxy=self._proxy(pending.url),
            ) as response:
                body, too_long = await _read(response.content, self.max_bytes)
                if too_long:
                    response.close()
                headers = _lower_case(response.headers)
                return decompressed(response.status, headers, body, self.max_bytes, too_long=too_long)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _unreachable(error) from None
        except TimeoutError:
            raise timed_out(pending.timeout_seconds) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _broken(error) from None

    def _open(self, engine: _Engine) -> "aiohttp.ClientSession":
        import aiohttp

        # no limit of our own: callers bound what is in flight
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS)
        engine.session = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        return engine.session

    def _proxy(self, url: str) -> str | None:
        """Give the proxy the environment names for *url*; looked up once, as it costs more than a request."""
        if url not in self._proxies:
            import urllib.parse
            import urllib.request

            parts = urllib.parse.urlsplit(url)
            proxy = urllib.request.getproxies().get(parts.scheme)
            is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
            bypass = is_local or urllib.request.proxy_bypass(parts.hostname or "")
            self._proxies[url] = None if bypass else proxy
        return self._proxies[url]


async def _read(stream: Any, max_bytes: int) -> tuple[bytes, bool]:
    body: bytes = await stream.readany()
    while not stream.at_eof() and len(body) <= max_bytes:
        body += await stream.readany()
    return (body[:max_bytes], True) if len(body) > max_bytes else (body, False)


def decompressed(
    status: int, headers: dict[str, str], body: bytes, max_bytes: int, *, too_long: bool
) -> HttpResponse:
    """Undo gzip and deflate, never to more than *max_bytes* bytes."""
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"} or too_long:
        return HttpResponse(status, headers, body, too_long)
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise _broken(ValueError(coding))
    inflate = zlib.decompressobj(wbits=47)  # gzip or zlib, told by their first bytes
    try:
        plain = inflate.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise _broken(error) from None
    if len(plain) > max_bytes:
        return HttpResponse(status, headers, plain[:max_bytes], too_long=True)
    if not inflate.eof:
        raise _broken(EOFError())
    return HttpResponse(status, headers, plain)


def _unreachable(error: Exception) -> LLMUnavailable:
    import aiohttp

    where = f"{error.host}:{error.port}" if isinstance(error, aiohttp.ClientConnectorError) else ""
    phrase = say("The model server {where} cannot be reached ({what}).", where=where, what=_kind(error))
    return LLMUnavailable(phrase, kind="outage", sent=False, reached=False)


def _broken(error: Exception) -> LLMUnavailable:
    phrase = say(
        "The connection to the model server broke before the answer was whole ({what}).", what=_kind(error)
    )
    return LLMUnavailable(phrase, kind="broken", sent=True)


def _unexpected(error: BaseException) -> BaseException:
    return _broken(RuntimeError("stopped")) if isinstance(error, asyncio.CancelledError) else error


def _kind(error: BaseException) -> str:
    """Name what happened without the text of the error, which may hold an address with a key in it."""
    inner = getattr(error, "os_error", None)  # foreign: aiohttp's errors of a connection wrap the system's
    reasons = (e.strerror for e in (inner, error) if isinstance(e, OSError) and e.strerror)
    return str(next(reasons, type(inner or error).__name__))


def _lower_case(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
