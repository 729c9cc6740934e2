"""Prints invoices that nobody sent: families of layouts in, files and what they say out."""
