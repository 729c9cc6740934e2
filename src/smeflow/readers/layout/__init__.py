"""Read an invoice from its pages, by labels, places and arithmetic."""

from smeflow.readers.layout.invoice import read_invoice

__all__ = ["read_invoice"]
