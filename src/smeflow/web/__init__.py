"""The desk: a page in the browser of this machine, on which people look at what waits and decide."""
