"""How numbers, durations, times and places are written for a reader."""

import time
from pathlib import Path
from typing import Any

_COUNTS = ("version", "best_trial")
"""Metrics that are no share, also where they are 0 or 1."""


def number(value: float, metric: str = "") -> str:
    """Returns a metric with four digits, one that counts something without.

    Args:
        value: the metric.
        metric: its name; 1 may be the first `version`, or a share of all.
    """
    # KFP hands every number on as a float.
    whole = isinstance(value, int) or value.is_integer()
    if metric == "promoted":
        return "yes" if value else "no"
    if whole and (value > 1 or metric in _COUNTS or metric.startswith("trials_")):
        return f"{value:,.0f}"
    return f"{value:.1e}" if 0 < abs(value) < 0.00005 else f"{value:.4f}"


def short(value: Any) -> str:
    """Returns the value of a parameter as PARAMS takes it, a number with four digits."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """Returns how long something took: `4.2 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min"


def local_time(seconds: float) -> str:
    """Returns a time since 1970 as the clock here shows it, such as `2026-11-21 14:05`."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def place(path: str) -> str:
    """Returns a path as seen from the working folder where it is below it; a URI as it is."""
    local = Path(path).absolute()
    below = "://" not in path and local.is_relative_to(Path.cwd())
    return str(local.relative_to(Path.cwd())) if below else path
