"""What the files of office programs share: XML in an archive, hidden text, rows of tables."""

import dataclasses
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smeflow._text import shortened, strip_invisible
from smeflow.documents.archives import unpack
from smeflow.documents.file import File
from smeflow.documents.xml import parse_xml
from smeflow.i18n import Phrase, say

if TYPE_CHECKING:
    from lxml.etree import _Element

CELL_GAP = "  "
"""What stands between the cells of a row."""
_AMOUNT = re.compile(r"[-+]?[\d\s.,'’]*\d[\d\s.,'’]*\s*(?:%|€|\$|£|[A-Z]{3})?")


@dataclass
class OfficePackage:
    """The parts of one file, and what of it is not read."""

    archive: zipfile.ZipFile
    names: frozenset[str]
    file: File
    hidden: list[str] = field(default_factory=list)
    unpacked: int = 0
    """So many bytes."""
    uncounted: int = 0
    """Formulas whose result the file does not hold."""

    def part(self, name: str) -> "_Element":
        """Give the XML called *name*; whoever left it out made a damaged file."""
        data = unpack(self.archive, self.archive.getinfo(name), self.file, self.unpacked)
        self.unpacked += len(data)
        return parse_xml(dataclasses.replace(self.file, name=f"{self.file.name}/{name}", data=data))

    def hide(self, text: str) -> None:
        """Leave *text* out."""
        if text.strip():
            self.hidden.append(strip_invisible(text)[:2000])

    def problems(self) -> tuple[Phrase, ...]:
        """Tell what was not read."""
        name = self.file.name
        told: list[Phrase] = []
        if sample := " ".join(" ".join(self.hidden).split()):
            told.append(
                say(
                    "{name} holds hidden text; it was not read: “{sample}”",
                    name=name,
                    sample=shortened(sample, 60),
                )
            )
        if self.uncounted:
            told.append(
                say(
                    "{name} holds {n} formulas without their results. Open it in a spreadsheet program and "
                    "save it.",
                    name=name,
                    n=self.uncounted,
                )
            )
        return tuple(told)


def local_name(element: "_Element") -> str:
    """Give an element's name without its namespace; nothing for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: "_Element | None", name: str) -> str:
    """Give the attribute called *name*, whatever its namespace."""
    if element is not None:
        for key, value in element.attrib.items():
            if str(key).rpartition("}")[2] == name:
                return str(value)
    return ""


def row_lines(cells: Sequence[list[str]]) -> list[str]:
    """Put the cells of a table's row in lines.

    A cell of several lines is one of a table only where the others have one line each, or where its lines are
    amounts, one for each line beside it. Else the cells are blocks of a page that stand side by side.
    """
    filled = [[line.strip() for line in cell if line.strip()] for cell in cells]
    filled = [cell for cell in filled if cell]
    tall = [cell for cell in filled if len(cell) > 1]
    if len(tall) <= 1 < len(filled):
        return [CELL_GAP.join(" ".join(cell) for cell in filled)]
    level = len(tall) == len(filled) and len({len(cell) for cell in filled}) == 1
    if level and len(filled) > 1 and all(_AMOUNT.fullmatch(line) for line in filled[-1]):
        return [CELL_GAP.join(parts) for parts in zip(*filled, strict=True)]
    return [line for cell in filled for line in cell]


def owner_of(element: "_Element", name: str) -> "_Element | None":
    """Give the nearest element around *element* that is called *name*."""
    return next(element.iterancestors(f"{{*}}{name}"), None)
