"""Into the books: entries in closed batches, suppliers' accounts, the close of a month, the dossier."""

from smeflow.books.export import Export, LeftOut, batch_file, batch_file_name, export_batch

__all__ = ["Export", "LeftOut", "batch_file", "batch_file_name", "export_batch"]
