"""One file a command of `smeflow`."""
