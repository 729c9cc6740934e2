"""The process a model runs in: ``python -m smeflow.llm.local.child``, started by `smeflow.llm.local.llama`.

It reads one line of JSON from its input, answers with lines of JSON on its output, and ends when its input
ends, however its parent went. The key comes by its input and stands in no list of processes.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from smeflow._system import lock

_LOOK_SECONDS = 0.2


def main() -> None:
    """Wait for the machine's one place, load the model, serve until the parent is gone."""
    settings = json.loads(sys.stdin.readline())
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints must not land among the answers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with Path(settings["lock"]).open("ab") as lock_file:
        _take(lock_file, answers)
        Path(settings["lock"]).with_suffix(".pid").write_text(str(settings["pid"]), encoding="ascii")
        server = _serve(settings)
        _say(answers, address=server.listening_address)
        threading.Event().wait()


def _end_with_parent() -> None:
    while sys.stdin.read(1):
        pass
    os._exit(0)


def _take(lock_file: Any, answers: Any) -> None:
    waited = False
    while True:
        try:
            lock(lock_file)
        except OSError:
            if not waited:
                _say(answers, waiting=True)
            waited = True
            time.sleep(_LOOK_SECONDS)
        else:
            return


def _serve(settings: dict[str, Any]) -> Any:
    import xllamacpp

    p = xllamacpp.CommonParams()
    p.model.path = settings["model"]
    p.hostnames, p.port, p.api_keys = ["127.0.0.1"], 0, [settings["key"]]
    p.n_ctx, p.n_parallel, p.n_threads_http = settings["context"], 1, 2
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = settings["threads"]
    p.n_gpu_layers = settings["gpu_layers"]
    p.cache_ram_mib = 256
    p.ui = p.endpoint_metrics = p.endpoint_slots = p.warmup = False
    p.offline, p.verbosity = True, 1
    return xllamacpp.Server(p)


def _say(answers: Any, **message: object) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
