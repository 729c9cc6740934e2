"""Into the books: accounting entries of finished invoices, in closed, numbered batches."""
