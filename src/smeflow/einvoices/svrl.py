"""Read what a schematron says (SVRL) back onto the invoice: the rule, its words, and the value at fault."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element

_STEP = re.compile(r"\*:([\w.-]+)\[namespace-uri\(\)='([^']*)'\]")
_ID = re.compile(r"\[([A-Z][\w.-]*)\]\s*[-–:]?\s*")
_LONGEST = 200
_MOST = 500
"""So many findings of one set of rules are told; the next say nothing new."""
PREFIXES = {
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": "rsm",
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100": "ram",
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100": "udt",
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:100": "qdt",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2": "cac",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2": "cbc",
}


def findings(svrl: "_Element", invoice: "_Element") -> list[dict[str, Any]]:
    """Give each failed assertion once."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for failed in svrl.iter("{*}failed-assert", "{*}successful-report"):
        words = [node.itertext() for node in failed.iter("{*}text")]
        said = " ".join("".join(str(t) for texts in words for t in texts).split())
        written = _ID.match(said)
        own = failed.get("id") or failed.get("role") or "unnamed"
        location = failed.get("location") or ""
        one = {
            "rule": written.group(1) if written else own,
            "severity": "warning" if failed.get("flag") in ("warning", "information") else "error",
            "text": said[written.end() :] if written else said,
            **where(invoice, location),
        }
        found.setdefault((one["rule"], location, one["text"]), one)
        if len(found) >= _MOST:
            break
    return list(found.values())


def where(invoice: "_Element", location: str) -> dict[str, Any]:
    """Give path, line and value of a place that SVRL names."""
    path, _, attribute = location.partition("/@")
    plain = _STEP.sub(lambda m: f"*[local-name()='{m.group(1)}' and namespace-uri()='{m.group(2)}']", path)
    try:
        nodes: Any = invoice.getroottree().xpath(plain) if plain else []
    except Exception:  # noqa: BLE001 - a place that cannot be found is no reason to drop the finding
        nodes = []
    if not nodes or not isinstance(nodes, list) or isinstance(nodes[0], str):
        return {"path": location, "line": None, "value": ""}
    node = nodes[0]
    value = node.get(attribute.partition("[")[0], "") if attribute else value_of(node)
    return {
        "path": place(node) + (f"/@{attribute}" if attribute else ""),
        "line": node.sourceline,
        "value": value,
    }


def value_of(node: "_Element") -> str:
    """Give the text of an element, or of those in it."""
    if len(node) == 0:
        return cut((node.text or "").strip())
    leaves = [
        f"{_name(leaf)}={leaf.text.strip()}"
        for leaf in node.iter("*")
        if len(leaf) == 0 and leaf.text and leaf.text.strip()
    ]
    return cut(", ".join(leaves[:8]) + (", …" if len(leaves) > 8 else ""))


def cut(text: str) -> str:
    """Keep what a person can take in."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def place(node: "_Element") -> str:
    """Write the XPath of an element with the usual prefixes."""
    steps: list[str] = []
    at: _Element | None = node
    while at is not None:
        uri = str(at.tag).rpartition("}")[0][1:]
        prefix = PREFIXES.get(uri)
        name = f"{prefix}:{_name(at)}" if prefix else _name(at)
        before = sum(1 for _ in at.itersiblings(str(at.tag), preceding=True))
        twins = before or next(at.itersiblings(str(at.tag)), None) is not None
        steps.append(f"{name}[{before + 1}]" if twins else name)
        at = at.getparent()
    return "/" + "/".join(reversed(steps))


def _name(node: "_Element") -> str:
    return str(node.tag).rpartition("}")[2]
