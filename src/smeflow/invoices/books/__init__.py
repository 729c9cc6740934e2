"""Invoices as entries of the purchase journal, and a file for each format they are written in.

A further format is one file with a `BooksFormat` and a row in `FORMATS` (``journal.py``).
"""
