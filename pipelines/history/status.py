"""The words for how a run or a step stands, and their colours."""

COLORS = {
    "pending": "bright_black",
    "running": "blue",
    "succeeded": "green",
    "cached": "cyan",
    "skipped": "bright_black",
    "failed": "red",
    "killed": "red",
    "interrupted": "yellow",
}
"""In the terminal; a word that is not here is shown as it is."""

_GOING_ON = ("pending", "running")


def has_ended(status: str) -> bool:
    """Says whether a run or step stays as it is; a word that nobody knows is no end."""
    return status in COLORS and status not in _GOING_ON


def colored(status: str, width: int = 0) -> str:
    """Returns the word in its colour, as rich's markup, filled with blanks to `width`."""
    color = COLORS.get(status)
    return f"[{color}]{status:<{width}}[/]" if color else f"{status:<{width}}"
