"""Where the cases of a recipe come from. A public door; the code lives in the crafts."""

from typing import TYPE_CHECKING

from smeflow._doors import moved, open_door

if TYPE_CHECKING:
    from smeflow.files.folder import Folder
    from smeflow.mail.source import Archive, Mailbox
    from smeflow.reports.periods import Months, Periods
    from smeflow.tables.json_lines import Lines
    from smeflow.tables.rows import TableRows

__all__ = ["Archive", "Folder", "Lines", "Mailbox", "Months", "Periods", "TableRows"]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "smeflow.files.folder": "Folder",
        "smeflow.mail.source": "Archive Mailbox",
        "smeflow.reports.periods": "Months Periods",
        "smeflow.tables.json_lines": "Lines",
        "smeflow.tables.rows": "TableRows",
    },
)
moved("smeflow.sources.base", "smeflow.kinds")
