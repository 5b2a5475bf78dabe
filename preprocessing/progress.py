"""How a long step tells how far it is: a line that a log keeps and a screen can draw."""

import re

_LINE = re.compile(r"\[ *(\d+)%\] (.*)")


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
