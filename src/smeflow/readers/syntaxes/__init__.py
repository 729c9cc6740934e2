"""The e-invoice syntaxes, each a table from the terms of EN 16931 to XPaths."""
