"""Invoices: the record, its readers from XML and pages, its checks and claims, its entries in the books."""
