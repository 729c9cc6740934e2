"""Check e-invoices against their rules, without the network, and write them."""
