"""All that is known of invoices.

The record, reading it from XML and from pages, its checks and claims, and its entries in the books.
"""
