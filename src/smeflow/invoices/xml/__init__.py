"""E-invoices as files: a table for each syntax, reading, writing, their rules, and the PDF around them.

A further syntax is one file with an `XmlSyntax` and a row in `SYNTAXES` (``read.py``).
"""
