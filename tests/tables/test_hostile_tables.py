"""A table of another's making ends as rows or as a reason, and never ends the process that asked."""

import pytest
from support.hostile import far_cells, xlsx

from smeflow.errors import SourceError
from smeflow.tables.read import read_grid


def test_a_spreadsheet_that_aborts_its_reader_is_refused():
    """A cell in the last corner makes the reader ask for half a terabyte; it ends by SIGABRT."""
    with pytest.raises(SourceError, match=r"far\.xlsx.*memory_bytes"):
        read_grid(far_cells("XFD1048576"), "far.xlsx")
    good = xlsx('<sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData>')
    assert read_grid(good, "good.xlsx").lines[0][1] == ["7"]


def test_json_with_another_key_in_each_row_is_refused_by_its_columns():
    """Rows times columns grow with the square of such a file."""
    rows = ",".join(f'{{"k{n}": 1}}' for n in range(600))
    with pytest.raises(SourceError, match="500 columns"):
        read_grid(f"[{rows}]".encode(), "a.json")
