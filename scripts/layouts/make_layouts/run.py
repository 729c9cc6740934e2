"""Draw documents and keep them: files, and rows of the manifest."""

import argparse
import importlib
import importlib.util
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from make_layouts import boxes, office, pictures, typesetter
from make_layouts.browser import Browser, BrowserError

Families = dict[str, Callable[[random.Random], Any]]
Row = dict[str, Any]


def load(where: str, which: str) -> Families:
    """The families of a module, of a package's folder, or of all modules in a folder, by name in order."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    path = Path(where)
    if not path.exists():
        return dict(getattr(importlib.import_module(where), which))
    path = path.resolve()
    sys.path[:0] = [str(path.parent), str(path if path.is_dir() else path.parent)]
    if not path.is_dir() or (path / "__init__.py").exists():
        module = importlib.import_module(path.stem)
        if hasattr(module, which):
            return dict(getattr(module, which))
    found: Families = {}
    for file in sorted(path.glob("*.py")):
        name = f"{path.name}.{file.stem}" if (path / "__init__.py").exists() else file.stem
        found |= getattr(importlib.import_module(name), which, {})
    return found


def draw(
    families: Families, numbers: list[int], seed: str, options: argparse.Namespace
) -> Iterator[tuple[int, list[Row]]]:
    """Print the documents of these numbers."""
    names = list(families)
    held: list[tuple[int, Any]] = []
    browser = Browser()
    try:
        for number in numbers:
            drawing = families[names[number % len(names)]](random.Random(f"{seed}:{number}"))  # noqa: S311
            if drawing.engine == "libreoffice":
                held.append((number, drawing))
                continue
            if drawing.engine == "typst":
                pdf, places = boxes.take_links(typesetter.pdf(drawing.source), None)
            else:
                try:
                    printed, fields = browser.pdf(drawing.source)
                except BrowserError:
                    browser.close()
                    browser = Browser()
                    printed, fields = browser.pdf(drawing.source)
                pdf, places = boxes.take_links(printed, fields)
            yield number, keep(number, names, drawing, pdf, places, options)
    finally:
        browser.close()
    for (number, drawing), pdf in zip(held, office.print_all([one.source for _, one in held]), strict=True):
        places = boxes.search(pdf, drawing.source)
        yield number, keep(number, names, drawing, pdf, places, options)


def keep(
    number: int, names: list[str], drawing: Any, pdf: bytes, places: boxes.Boxes, options: argparse.Namespace
) -> list[Row]:
    """Write a document's files; a row of the manifest for each."""
    family = names[number % len(names)]
    name = f"{number:05}-{family}"
    common = {
        "family": family,
        "engine": drawing.engine,
        "language": drawing.language,
        "kind": drawing.truth.get("kind"),
        "seed": f"{options.seed}:{number}",
        "truth": drawing.truth,
        "distractors": list(drawing.distractors),
        "identifiers_valid": drawing.identifiers_valid,
    }
    (options.out / f"{name}.pdf").write_bytes(pdf)
    rows: list[Row] = [{"id": name, "file": f"{name}.pdf", "medium": "pdf", **common, "boxes": places}]
    rng = random.Random(f"{options.seed}:{number}:pictures")  # noqa: S311
    if options.png:
        for page, picture in enumerate(pictures.pages(pdf, 80), start=1):
            picture.save(options.out / f"{name}-{page}.png")
    if options.scan:
        moved: boxes.Boxes = {}
        jpegs = []
        for page, picture in enumerate(pictures.pages(pdf, 150), start=1):
            jpeg, move = pictures.scan(picture, rng)
            jpegs.append(jpeg)
            _add(moved, boxes.moved(places, page, move))
        (options.out / f"{name}-scan.pdf").write_bytes(pictures.bound(jpegs))
        row = {"id": f"{name}-scan", "file": f"{name}-scan.pdf", "medium": "scan", **common, "boxes": moved}
        rows.append(row)
    if options.photo:
        moved, files = {}, []
        for page, picture in enumerate(pictures.pages(pdf, 170), start=1):
            jpeg, move = pictures.photo(picture, rng)
            files.append(f"{name}-photo-{page}.jpg")
            (options.out / files[-1]).write_bytes(jpeg)
            _add(moved, boxes.moved(places, page, move))
        row = {"id": f"{name}-photo", "file": files[0], "files": files, "medium": "photo", **common}
        rows.append({**row, "boxes": moved})
    return rows


def _add(to: boxes.Boxes, more: Mapping[str, list[boxes.Box]]) -> None:
    for field, places in more.items():
        to.setdefault(field, []).extend(places)


def work(task: tuple[argparse.Namespace, list[int]]) -> list[tuple[int, list[Row]]]:
    """What one job does: its own browser, its own share of the numbers."""
    options, numbers = task
    return list(draw(_chosen(options), numbers, options.seed, options))


def _chosen(options: argparse.Namespace) -> Families:
    families = load(options.families, options.which)
    if options.only:
        families = {name: family for name, family in families.items() if name in options.only}
    if not families:
        raise SystemExit(f"no families in {options.families}")
    return families
