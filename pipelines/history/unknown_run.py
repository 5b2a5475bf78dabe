"""What is said of a run that is nowhere: its nearest name."""

from collections.abc import Sequence

from preprocessing.errors import InputError
from preprocessing.nearest import did_you_mean


def unknown_run(name: str, known: Sequence[str]) -> InputError:
    """Returns the error for a name that is none of the known runs."""
    others = [run for run in known if run != name]  # it may be listed and gone a moment later
    near = did_you_mean(name, others, 0.4)
    return InputError(f"RUN: there is no run {name!r}{near}; `make runs` lists them")
