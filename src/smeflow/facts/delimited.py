"""Cut delimited text into lines of cells: any encoding and separator, and no quote that swallows rows."""

import csv
import io
import re
from collections.abc import Iterator

from smeflow.documents.text import BOMS
from smeflow.errors import SourceError
from smeflow.i18n import Phrase, say

SEPARATORS = ",;\t|"
HEAD = 65_536
"""How many characters the separator is chosen by."""
_LOOKED_AT = 40
_HINT = re.compile(r"sep=(.)?[^\r\n]*(?:\r\n|\r|\n)")
_QUOTED = re.compile(r'(?<![^,;\t|\r\n])"(?:[^"]|"")*"')
BREAK = re.compile(r"\r\n|\r|\n")


def refused(name: str, why: Phrase | str) -> SourceError:
    """Say that a table cannot be read, and why."""
    return SourceError(say("The table {path} cannot be read: {why}.", path=name, why=why))


def text_of(data: bytes) -> str:
    """Decode a table's bytes: by a byte order mark, else UTF-8, else what Excel in Europe writes.

    Cells stay as they stand: nothing is composed, and no line end inside a cell is changed.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def separator(text: str) -> str:
    """Choose the separator of a table by its first lines, quoted cells left aside.

    What stands most often in the first line is it, if half of the lines below agree to the number. Else the
    first line may be a title: then it is what cuts most lines into the same number of cells, the more the
    better.
    """
    if hint := _HINT.match(text):
        text = text[hint.end() :]
        if hint[1] in tuple(SEPARATORS):
            return hint[1]
    lines = [line for line in BREAK.split(_QUOTED.sub("", text[:HEAD])) if line.strip()][:_LOOKED_AT]
    if len(text) > HEAD and len(lines) > 1:
        lines.pop()
    if not lines:
        return ","
    by_first = sorted(SEPARATORS, key=lambda mark: -lines[0].count(mark))
    for mark in by_first:
        wanted = lines[0].count(mark)
        if wanted and 2 * sum(line.count(mark) == wanted for line in lines[1:]) >= len(lines) - 1:
            return mark
    return _most_even(lines) or by_first[0]


def _most_even(lines: list[str]) -> str | None:
    """Find what cuts the lines alike; None where nothing does for half of those from its first one on."""
    best: tuple[float, int] = (0.0, 0)
    found = None
    for mark in SEPARATORS:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=lambda n: (counts.count(n) if n else 0, n))
        fit = (counts.count(usual) / len(lines) if usual else 0.0, usual)
        if fit > best:
            best, found = fit, mark
            begun = next(at for at, count in enumerate(counts) if count)
            if 2 * counts.count(usual) < len(lines) - begun:
                found = None
    return found


def lines_of(
    text: str, name: str, *, mark: str | None = None, quotes: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Give each line's number in the file (of the first, where a cell has line breaks) and its cells.

    Excel's own ``sep=;`` in the first line is no line of the table. Without *quotes*, a quote is a letter.

    Raises:
        SourceError: It is no text, a quote does not close, or a cell is larger than 131,072 characters.
    """
    if "\0" in text:
        line = len(BREAK.findall(text, 0, text.index("\0"))) + 1
        raise refused(name, say("line {line}: {reason}", line=line, reason=say("it is no text")))
    mark = mark or separator(text)
    number, physical = 1, io.StringIO(text, newline="")
    if _HINT.match(text):
        physical.readline()
        number = 2
    taken: list[str] = []

    def passing() -> Iterator[str]:
        for line in physical:
            taken.append(line)
            yield line

    try:
        for cells in _reader(passing(), mark, quotes=quotes):
            if quotes and (len(taken) > 1 or taken[0].count('"') % 2):
                _refuse_open_quote(taken, mark, name, number)
            yield number, cells
            number += len(taken)
            taken.clear()
    except csv.Error as error:
        raise refused(name, say("line {line}: {reason}", line=number, reason=str(error))) from None


def _reader(lines: Iterator[str], mark: str, *, quotes: bool) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=mark, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE)


def _refuse_open_quote(taken: list[str], mark: str, name: str, number: int) -> None:
    """Refuse a row that a quote made of several: what stands in them would be lost in one cell."""
    try:
        for _ in csv.reader(taken, delimiter=mark, strict=True):
            pass
    except csv.Error as error:
        if len(taken) > 1 or "end of data" in str(error):
            why = say(
                "line {line}: a quote opens here and does not close; "
                "close it, or double each quote that stands inside a cell",
                line=number,
            )
            raise refused(name, why) from None
