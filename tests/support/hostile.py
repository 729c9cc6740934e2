"""Files made to kill whoever reads them, each with what a correct system does with it."""

import io
import zipfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """A hostile file."""

    name: str
    data: bytes
    fate: str = "either"
    """``read``, ``refused``, or ``either``: read or refused with a reason, within the limits."""


def archive(files: dict[str, bytes | str]) -> bytes:
    """Make a ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(sheet: str, **others: str) -> bytes:
    """Make a spreadsheet of one sheet, from what stands inside ``worksheet``."""
    packages = "http://schemas.openxmlformats.org/package/2006/relationships"
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships xmlns="{packages}"><Relationship Id="r1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}"><Relationship Id="r1" '
            f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEETS}">{sheet}</worksheet>',
            **others,
        }
    )


def far_cells(last: str) -> bytes:
    """Make a spreadsheet whose second cell is far away: all between them is room that a reader makes."""
    row = "".join(filter(str.isdigit, last))
    return xlsx(
        f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        f'<row r="{row}"><c r="{last}"><v>2</v></c></row></sheetData>'
    )
