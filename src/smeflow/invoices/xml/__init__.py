"""E-invoices as files: a table for each syntax, reading, writing, their rules, and the PDF around them."""
