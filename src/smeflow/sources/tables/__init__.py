"""Where the tables of a report come from: a file a kind, a row a word in `kinds`."""
