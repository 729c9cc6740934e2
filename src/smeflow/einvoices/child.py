"""The child processes that hold the rules of e-invoices; see `smeflow.einvoices.worker`."""

import atexit
from functools import cache

from smeflow.documents.workers import WorkerPool, cores

SECONDS = 20.0
"""So long may one invoice take; the rules are compiled anew in a child that starts."""
_FILES = 500


def rule_workers(size: int) -> WorkerPool:
    """Make a pool of processes that hold the rules."""
    return WorkerPool("smeflow.einvoices.worker", size=size, jobs_a_worker=_FILES)


@cache
def shared_rule_workers() -> WorkerPool:
    """Give this process's pool: at most two, since each holds some 200 MB of rules; closed at exit."""
    workers = rule_workers(cores(2))
    atexit.register(workers.close)
    return workers
