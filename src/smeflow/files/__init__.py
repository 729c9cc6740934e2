"""Files in and out: the folder as a source, and sinks that put a file for each item."""
