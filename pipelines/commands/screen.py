"""What tables are printed to: the terminal, or what bounds no line."""

import sys

from rich.console import Console

_UNBOUNDED = 10_000  # columns


def screen() -> Console:
    """Returns standard output, as wide as the terminal; a file or a pipe gets every line whole."""
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = _UNBOUNDED
    return console
