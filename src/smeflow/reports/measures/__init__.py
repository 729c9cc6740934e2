"""The library of measures: a file a family, and a row a word in `registry`."""
