import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support.hostile import far_cells

from smeflow.documents import workers
from smeflow.documents.document import Limits
from smeflow.documents.file import File
from smeflow.documents.pool import FILES_A_WORKER, Pool
from smeflow.documents.read import read_in_process
from smeflow.errors import DocumentError, LimitExceeded, UnreadableDocument

READ_TABLE = {"function": "smeflow.tables.read:answer_grid", "sheet": None}
XML = b"<?xml version='1.0'?><a><b>12</b></a>"


def xml(name="a.xml", **limits):
    """Make a small file to read."""
    return File(
        name=name, media_type="application/xml", data=XML, limits=Limits(**limits), read_part=read_in_process
    )


@pytest.fixture
def pool():
    """Give a pool with one worker."""
    pool = Pool(1)
    yield pool
    pool.close()


def worker_of(pool):
    """Look at the idle worker."""
    worker = pool.workers._idle.get()
    pool.workers._idle.put(worker)
    return worker


def test_a_worker_is_kept_for_the_next_file(pool):
    """Starting a process costs more than reading a file."""
    assert pool.read(xml()).text == "a/b: 12"
    first = worker_of(pool)
    assert pool.read(xml()) == read_in_process(xml())
    assert worker_of(pool) is first


def test_a_program_that_recognises_has_the_time_of_the_clock(pool, monkeypatch):
    """A small file may use little of the processor; on a busy machine its picture takes longer."""
    heads = []

    def answer(head, pieces, **_):
        heads.append(head)
        return {"texts": []}, []

    monkeypatch.setattr(pool.workers, "ask", answer)
    pool.strips(xml(seconds=30), [])
    assert heads[0]["limits"]["seconds"] == 30
    assert heads[0]["cpu_seconds"] < 5


@pytest.mark.slow
def test_a_worker_is_replaced_after_many_files(pool):
    """What a parser leaks must not add up."""
    pool.read(xml())
    first = worker_of(pool)
    first.jobs = FILES_A_WORKER
    assert pool.read(xml()).text == "a/b: 12"
    assert worker_of(pool) is not first
    assert first.process.returncode is not None


@pytest.mark.skipif(os.name != "posix", reason="signals that stop a process are of POSIX")
@pytest.mark.slow
def test_a_worker_that_hangs_is_ended_for_its_file_alone(pool):
    """The limit `seconds` holds whatever the parser does; the next file gets a new worker."""
    pool.read(xml())
    os.kill(worker_of(pool).process.pid, signal.SIGSTOP)
    start = time.monotonic()
    with pytest.raises(LimitExceeded, match="`seconds`") as raised:
        pool.read(xml(name="slow.xml", seconds=0.4))
    assert (raised.value.limit, raised.value.value, raised.value.name) == ("seconds", 0.4, "slow.xml")
    assert time.monotonic() - start < 3
    assert pool.read(xml()).text == "a/b: 12"


@pytest.mark.skipif(os.name != "posix", reason="signals that stop a process are of POSIX")
@pytest.mark.slow
def test_a_worker_that_breaks_down_after_other_files_is_no_fault_of_this_one(pool):
    """What a parser left of earlier files may have killed it: a fresh worker reads the file once more."""
    pool.read(xml())
    process = worker_of(pool).process
    os.kill(process.pid, signal.SIGSTOP)
    crash = threading.Timer(0.3, process.send_signal, [signal.SIGSEGV])
    resume = threading.Timer(0.35, process.send_signal, [signal.SIGCONT])
    crash.start()
    resume.start()
    assert pool.read(xml(name="good.xml")).text == "a/b: 12"
    assert worker_of(pool).process is not process


@pytest.mark.skipif(os.name != "posix", reason="a system that kills")
def test_a_file_that_kills_each_reader_fails_with_its_reason(pool, monkeypatch):
    """A parser that crashes is a fact about the file it read; the next file is read."""
    pool.read(xml())
    started = []
    start = workers._system.start_module

    def start_one(module):
        started.append(module)
        return start(module)

    monkeypatch.setattr(workers._system, "start_module", start_one)
    for _ in range(3):
        with pytest.raises(UnreadableDocument, match=r"reader of bad\.xlsx broke down"):
            pool.ask("bad.xlsx", far_cells("XFD1048576"), Limits(), READ_TABLE)
    assert pool.read(xml()).text == "a/b: 12"
    assert len(started) == 3 + 1


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by the system on Linux alone")
def test_memory_is_limited(pool, make_pdf, printed):
    """A picture or PDF that wants more memory than allowed ends its own worker at most."""
    heavy = make_pdf(printed(50, 700, "x" * 200_000), *[printed(50, 700, "y" * 20_000)] * 40)
    file = File(
        name="heavy.pdf",
        media_type="application/pdf",
        data=heavy,
        limits=Limits(memory_bytes=6_000_000),
        read_part=read_in_process,
    )
    with pytest.raises(DocumentError, match=r"heavy\.pdf"):
        pool.read(file)
    assert pool.read(xml()).text == "a/b: 12"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by the system on Linux alone")
def test_what_a_table_was_allowed_does_not_bind_the_document_after_it(pool):
    """The language model is loaded with the first document, whatever the worker did before."""
    pool.ask("few.csv", b"a;b\n1;2\n", Limits(memory_bytes=5_000_000), READ_TABLE)
    assert pool.read(xml()).text == "a/b: 12"
    assert worker_of(pool).jobs == 2, "the same worker did both"


def test_errors_come_back_as_they_were(pool):
    """The child's error is the parent's, with its limit and its name."""
    with pytest.raises(LimitExceeded, match="`characters` is 3") as raised:
        pool.read(xml(characters=3))
    assert (raised.value.limit, raised.value.value, raised.value.found) == ("characters", 3, 7)


def test_many_threads_share_a_few_workers():
    """Each file's answer goes to the one who asked."""
    pool = Pool(2)
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        data = b"<?xml version='1.0'?><a>%d</a>" % number
        answers[number] = pool.read(
            File(name=f"{number}", media_type="application/xml", data=data, read_part=read_in_process)
        ).text

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close()
    assert answers == {n: f"a: {n}" for n in range(24)}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_end_with_their_parent_and_load_no_model_library():
    """A parent that dies leaves no process behind; the child starts without openai and langchain."""
    code = (
        "import os, smeflow.documents.worker, sys;"
        "assert not {'openai', 'langchain', 'langchain_core', 'sqlalchemy'} & set(sys.modules);"
        "from smeflow.documents.read import read; from smeflow.documents.pool import shared_pool;"
        f"read({XML!r}, name='a.xml'); "
        "print(shared_pool().workers._idle.get().process.pid, flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr
    pid = int(done.stdout)
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the worker is still there")
