"""The queue of procrastinate. It says who works on what; the ledger alone says whether.

A job names a few items and the lease each had when the job was made. Whoever gets the job claims those that
still have it, so a job that is there twice, or comes late, costs nothing. Jobs are deleted when they end; one
that a dead worker left behind is given back by whoever leads (`crew`).

The queue's own commits are not waited for: after a power cut a job may be missing or there once more, and
whoever leads hands out again what the ledger says is open.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from smeflow._optional import import_extra
from smeflow.errors import LedgerError
from smeflow.i18n import say
from smeflow.ledger.postgres_connection import LedgerUrl, connected, explained, lock_number

if TYPE_CHECKING:
    import psycopg
    from procrastinate import App
    from procrastinate.jobs import Job

T = TypeVar("T")
TASK = "smeflow.item"
GRACE_SECONDS = 8.0
"""How long calls under way may end by themselves when a worker is told to stop."""
ANSWER_SECONDS = 90.0
"""How long an answer of the queue is waited for; a server that restarts is back before."""


@dataclass(frozen=True)
class ItemJob:
    """A job: these items, one after the other, in that run of their recipe."""

    recipe: str
    leases: Mapping[int, int]
    """The lease each item must still have, by item, in the order they are to be taken."""
    run: int


@dataclass
class LiveJobs:
    """What is in the queue of one recipe."""

    waiting: dict[int, int] = field(default_factory=dict)
    """The lease of each item whose job nobody has yet, by item."""
    jobs_waiting: int = 0
    worked_on: set[int] = field(default_factory=set)
    """The items in the hands of workers that are alive."""
    stalled: list[tuple[int, ItemJob]] = field(default_factory=list)
    """The jobs of workers that gave no sign for too long, by the job's number."""


class JobQueue:
    """The queue of one ledger, on an event loop in a thread of its own; jobs are worked on in others."""

    def __init__(
        self,
        url: LedgerUrl,
        *,
        recipes: Sequence[str],
        threads: int,
        stalled_seconds: float,
        work: Callable[[ItemJob], None],
    ) -> None:
        """Reach the queue at *url*; *threads* of this process *work* on the jobs of *recipes*.

        Raises:
            MissingExtra: procrastinate is not installed.
        """
        import_extra("procrastinate", "postgres")
        self._url, self._recipes, self._threads = url, list(recipes), threads
        self._stalled_seconds, self._work = stalled_seconds, work
        self._loop = asyncio.new_event_loop()
        self._pool = ThreadPoolExecutor(max_workers=max(1, threads), thread_name_prefix="smeflow")
        self._thread = threading.Thread(target=self._loop.run_forever, name="queue", daemon=True)
        self._stopping = False
        self._working: asyncio.Task[None] | None = None
        self._app: App | None = None
        self._task: Any = None

    def __enter__(self) -> Self:
        make_queue_tables(self._url)
        self._thread.start()
        self.ask(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is worked on end, and leave."""
        self._stopping = True
        with contextlib.suppress(LedgerError):
            self.ask(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def ask(self, question: Coroutine[Any, Any, T]) -> T:
        """Run *question* on the loop.

        Raises:
            LedgerError: The server gives no answer.
        """
        from procrastinate.exceptions import ProcrastinateException

        try:
            return asyncio.run_coroutine_threadsafe(question, self._loop).result(ANSWER_SECONDS)
        except (ProcrastinateException, TimeoutError) as error:
            cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
            raise LedgerError(
                say("The queue of the ledger {name} gives no answer: {told}", name=self._url.shown,
                    told=explained(cause, self._url))
            ) from error  # fmt: skip

    async def _open(self) -> None:
        from procrastinate import App, PsycopgConnector
        from procrastinate.job_context import JobContext

        connector = PsycopgConnector(
            conninfo=self._url.address,
            pool_factory=_pool,
            kwargs={
                "options": f"-c search_path={self._url.schema} -c synchronous_commit=off",
                "application_name": "smeflow queue",
            },
            min_size=1,
            max_size=4 + self._threads // 8,
            timeout=60,
        )
        self._app = App(connector=connector)

        async def work_on(context: JobContext, /, **_: object) -> None:
            job = _item_job(context.job)
            await self._loop.run_in_executor(self._pool, self._work, job)

        self._task = self._app.task(name=TASK, pass_context=True)(work_on)
        await self._app.open_async()
        if self._threads:
            self._working = self._loop.create_task(self._serve())

    async def _serve(self) -> None:
        """Work on jobs; begin again after the server went away."""
        from procrastinate.jobs import DeleteJobCondition

        while not self._stopping:
            assert self._app is not None  # noqa: S101 - `_open` made it
            with contextlib.suppress(Exception):  # whatever the server did: jobs are asked for again
                await self._app.run_worker_async(
                    queues=self._recipes,
                    concurrency=self._threads,
                    install_signal_handlers=False,
                    update_heartbeat_interval=self._stalled_seconds / 4,
                    stalled_worker_timeout=self._stalled_seconds,
                    fetch_job_polling_interval=1.0,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                )
            await asyncio.sleep(0.2)

    async def _leave(self) -> None:
        if self._working is not None:
            self._working.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._working
        if self._app is not None:
            await self._app.close_async()

    def add(self, jobs: Sequence[ItemJob]) -> None:
        """Put jobs into the queue."""

        async def defer(recipe: str) -> None:
            arguments = [job_arguments(job) for job in jobs if job.recipe == recipe]
            await self._task.configure(queue=recipe).batch_defer_async(*arguments)

        for recipe in dict.fromkeys(job.recipe for job in jobs):
            self.ask(defer(recipe))

    def live(self, recipe: str) -> LiveJobs:
        """Look what is in the queue of *recipe*."""
        manager = self._manager

        async def look() -> tuple[list["Job"], list["Job"]]:
            stalled = await manager.get_stalled_jobs(
                queue=recipe, seconds_since_heartbeat=self._stalled_seconds
            )
            return list(await manager.list_jobs_async(queue=recipe)), list(stalled)

        jobs, stalled = self.ask(look())
        dead = {job.id for job in stalled}
        live = LiveJobs(stalled=[(int(job.id or 0), _item_job(job)) for job in stalled])
        for job in jobs:
            if job.status == "todo":
                live.waiting |= _item_job(job).leases
                live.jobs_waiting += 1
            elif job.status == "doing" and job.id not in dead:
                live.worked_on |= _item_job(job).leases.keys()
        return live

    def forget(self, number: int) -> None:
        """Take a dead worker's job out of the queue."""
        from procrastinate.jobs import Status

        with contextlib.suppress(LedgerError):  # it ended after all
            self.ask(self._manager.finish_job_by_id_async(number, Status.FAILED, delete_job=True))

    def clear(self, recipe: str) -> None:
        """Take the jobs out that nobody has begun."""
        manager = self._manager

        async def cancel() -> None:
            for job in await manager.list_jobs_async(queue=recipe, status="todo"):
                await manager.cancel_job_by_id_async(int(job.id or 0), delete_job=True)

        self.ask(cancel())

    @property
    def _manager(self) -> Any:
        assert self._app is not None  # noqa: S101 - it is used between `__enter__` and `__exit__`
        return self._app.job_manager


def job_arguments(job: ItemJob) -> dict[str, Any]:
    """Give what procrastinate keeps of *job*."""
    return {"items": [[item, lease] for item, lease in job.leases.items()], "run": job.run}


def _item_job(job: "Job") -> ItemJob:
    kept: dict[str, Any] = job.task_kwargs
    return ItemJob(job.queue, {int(item): int(lease) for item, lease in kept["items"]}, int(kept["run"]))


def _pool(**options: Any) -> Any:
    """Make a pool whose connections cost the server nothing beside their one statement."""
    from psycopg_pool import AsyncConnectionPool

    async def commit_each(connection: "psycopg.AsyncConnection[Any]") -> None:
        await connection.set_autocommit(True)

    return AsyncConnectionPool(**{**options, "check": _look_at, "configure": commit_each})


async def _look_at(connection: "psycopg.AsyncConnection[Any]") -> None:
    """Raise where the server has closed *connection*; it is not asked."""
    for _ in range(2):  # the first may read no more than why it did
        connection.pgconn.consume_input()


def make_queue_tables(url: LedgerUrl) -> None:
    """Make procrastinate's tables beside the ledger's, once.

    Raises:
        LedgerError: The server cannot be reached, or refuses it.
    """
    import psycopg
    from procrastinate.schema import SchemaManager

    try:
        connection = connected(url)
        try:
            with connection.transaction():
                connection.execute(f"SELECT pg_advisory_xact_lock({lock_number(url.schema)})")
                there = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
                if there is None or there[0] is None:
                    connection.execute(SchemaManager.get_schema().encode())
        finally:
            connection.close()
    except psycopg.Error as error:
        raise explained(error, url) from error
