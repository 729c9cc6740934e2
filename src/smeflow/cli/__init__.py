"""The command line: one file a command."""

from smeflow.cli.app import main

__all__ = ["main"]
