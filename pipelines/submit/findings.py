"""Runs checks side by side, each bounded in time, and says what each has found."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from preprocessing.errors import InputError

SECONDS = 20.0
"""After which a check that has found nothing is given up."""

_COLORS = {"ok": "green", "wrong": "red", "unknown": "yellow"}

Check = Callable[[], str]
"""Returns what is right; raises an InputError for what is wrong, with the command that mends it."""


class Unchecked(Exception):  # noqa: N818 (it reads as what happened)
    """Something cannot be checked from here; the message says why, and how to see for oneself."""


@dataclass(frozen=True)
class Finding:
    """What a check has found.

    Attributes:
        name: of what was checked.
        status: `ok`, `wrong` or `unknown`.
        text: one line.
    """

    name: str
    status: str
    text: str


def found_by(name: str, check: Check) -> Finding:
    """Returns what one check finds, however long it takes."""
    try:
        return Finding(name, "ok", check())
    except Unchecked as reason:
        return Finding(name, "unknown", str(reason))
    except InputError as error:
        return Finding(name, "wrong", str(error))
    except Exception as error:  # a check that breaks must not hide what the others found
        return Finding(name, "wrong", f"the check itself failed: {type(error).__name__}: {error}")


def find(checks: Mapping[str, Check], seconds: float = SECONDS) -> list[Finding]:
    """Runs checks side by side.

    Args:
        checks: by the name of what is checked.
        seconds: after which a check is given up, and told as wrong.

    Returns:
        What they found, in the order of `checks`.
    """
    answers: queue.Queue[Finding] = queue.Queue()
    for name, check in checks.items():
        # A daemon does not keep the process alive: whoever waits for a dead service is left.
        threading.Thread(
            target=lambda *of: answers.put(found_by(*of)), args=(name, check), daemon=True
        ).start()
    found: dict[str, Finding] = {}
    end = time.monotonic() + seconds
    while len(found) < len(checks):
        try:
            finding = answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        found[finding.name] = finding
    late = f"no answer within {seconds:g} s; check the network, then try again"
    return [found.get(name, Finding(name, "wrong", late)) for name in checks]


def show(findings: Sequence[Finding], console: Console) -> None:
    """Prints a line for each finding."""
    for finding in findings:
        line = f"  {finding.name:<20} [{_COLORS[finding.status]}]{finding.status:<8}[/] "
        console.print(line + escape(finding.text), highlight=False, soft_wrap=True)
