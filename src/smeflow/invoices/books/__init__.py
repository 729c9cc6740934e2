"""Invoices as entries of the purchase journal, and a file for each format they are written in."""
