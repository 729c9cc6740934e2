"""Bytes become a `Document`: one file a format, limits on each, risky parsers in a child process."""
