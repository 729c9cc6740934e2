"""Invoices: the record, its readers from XML and pages, its checks and claims, its entries in the books.

`kind` is the row that ties them together. Sums, VAT numbers and other check digits are checked in `checks`;
whether an invoice is proven, as any record, in `smeflow.extract.proof`.
"""
