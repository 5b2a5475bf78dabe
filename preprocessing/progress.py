"""How a step tells how far it is, and what is odd: lines that a log keeps and a screen shows."""

import re

_LINE = re.compile(r"\[ *(\d+)%\] (.*)")


NOTE = "note: "
"""What a line begins with that the user should see, whatever else a step prints."""


def report_note(message: str) -> None:
    """Prints one line that the user should see."""
    print(f"{NOTE}{message}", flush=True)


def report_progress(fraction: float, message: str) -> None:
    """Prints one line of progress.

    Args:
        fraction: how much of the step is done, 0 to 1.
        message: what is going on, such as `epoch 2/20, 3,400 images/s`.
    """
    print(f"[{round(100 * min(max(fraction, 0.0), 1.0)):3d}%] {message}", flush=True)


def parse_progress(line: str) -> tuple[float, str] | None:
    """Returns the fraction and message of a line of progress; None for any other line."""
    match = _LINE.match(line.strip())
    return (int(match[1]) / 100, match[2]) if match else None
