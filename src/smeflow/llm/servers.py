"""Ask the model servers of this machine what they have. Nothing leaves the machine."""

import http.client
import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from smeflow.llm.providers import Provider, is_loopback

_SECONDS = 0.5
_MAX_BYTES = 1_000_000


def models_at(row: Provider) -> Sequence[str] | None:
    """List the models of a local server; None where nothing answers, or something that is no model server."""
    if not is_loopback(row.base_url):
        return None
    parts = urlsplit(row.base_url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        link.request("GET", f"{parts.path}/models", headers={"Accept": "application/json"})
        answer = link.getresponse()
        told = json.loads(answer.read(_MAX_BYTES)) if answer.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException, RecursionError):
        return None
    finally:
        link.close()
    rows = told.get("data") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        return None
    return [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
