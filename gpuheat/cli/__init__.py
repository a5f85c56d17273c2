"""The command line: one module per command, read only when it is called."""

from gpuheat.cli.entry import main

__all__ = ["main"]
