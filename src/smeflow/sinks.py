"""Where the results of a recipe go. A public door; the code lives in the crafts."""

from typing import TYPE_CHECKING

from smeflow._doors import moved, open_door

if TYPE_CHECKING:
    from smeflow.engine.webhook import Webhook
    from smeflow.files.originals import Attachments, Copies
    from smeflow.files.results import Files
    from smeflow.tables.json_lines import LinesFile
    from smeflow.tables.sql_table import SqlRows
    from smeflow.tables.table_file import TableFile

__all__ = ["Attachments", "Copies", "Files", "LinesFile", "SqlRows", "TableFile", "Webhook"]

__getattr__, __dir__ = open_door(
    __name__,
    {
        "smeflow.engine.webhook": "Webhook",
        "smeflow.files.originals": "Attachments Copies",
        "smeflow.files.results": "Files",
        "smeflow.tables.json_lines": "LinesFile",
        "smeflow.tables.sql_table": "SqlRows",
        "smeflow.tables.table_file": "TableFile",
    },
)
moved("smeflow.sinks.base", "smeflow.kinds")
