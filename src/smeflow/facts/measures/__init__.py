"""The library of measures: a file a family, a row a word in `kinds`."""
