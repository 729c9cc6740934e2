"""Tables in and out: the only reader of CSV, sheets, SQL, FEC and the ledger's items; the DuckDB book."""
