"""Finish the web site: each page's Markdown beside it, and ``llms.txt``, which lists them.

Usage: ``python scripts/site.py``, after ``zensical build``; ``make docs`` does both. ``llms.txt`` follows
https://llmstxt.org: a title, a sentence, and sections of links, each with what the page says of itself.
``llms-full.txt`` holds all pages, one behind the other.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LATER = {"Measurements", "Architecture", "Decisions"}
"""Pages that whoever uses the library need not read: the format calls their section Optional."""


def navigation() -> list[tuple[str, str, str]]:
    """Give section, title and file of each page, in the order of the menu."""
    project = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    return list(_entries(project["nav"], "Guides"))


def _entries(nav: list[dict[str, Any]], section: str) -> Iterator[tuple[str, str, str]]:
    for entry in nav:
        for title, target in entry.items():
            if isinstance(target, list):
                yield from _entries(target, title)
            else:
                yield "Optional" if title in LATER else section, title, target


def sentence_of(text: str) -> str:
    """Give the first sentence of a page: what stands below its title, without links and pictures."""
    body = FENCE.sub("", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)).partition("\n# ")[2] or text
    for paragraph in body.split("\n\n")[1:]:
        plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", paragraph).replace("\n", " ").strip()
        if plain and not re.match(r"[#|<]|En français|In English", plain):
            return re.split(r"(?<=[.:])\s", plain)[0].rstrip(": ")
    return ""


def llms_txt(docs: Path) -> str:
    """Give the list for programs that read: where what stands, as Markdown."""
    project = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    lines = [f"# {project['site_name']}", "", f"> {project['site_description']}"]
    sections: dict[str, list[str]] = {}
    for section, title, file in navigation():
        said = sentence_of((docs / file).read_text(encoding="utf-8"))
        sections.setdefault(section, []).append(f"- [{title}]({file})" + (f": {said}" if said else ""))
    for section in sorted(sections, key=lambda name: name == "Optional"):
        lines += ["", f"## {section}", "", *sections[section]]
    return "\n".join(lines) + "\n"


def finish(docs: Path, site: Path) -> int:
    """Write what is missing into *site*; gives how many pages there are."""
    pages = sorted(docs.rglob("*.md"))
    for page in pages:
        target = site / page.relative_to(docs)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(page.read_bytes())
    (site / "llms.txt").write_text(llms_txt(docs), encoding="utf-8")
    order = [docs / file for _, _, file in navigation()]
    whole = "\n\n".join(page.read_text(encoding="utf-8").strip() for page in order)
    (site / "llms-full.txt").write_text(whole + "\n", encoding="utf-8")
    return len(pages)


if __name__ == "__main__":
    print(f"{finish(ROOT / 'docs', ROOT / 'site')} pages in site/, each as Markdown too, and llms.txt")
