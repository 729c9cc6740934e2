"""Bytes become a `Document`: a file for each format, limits on every one, risky parsers in a child process."""
