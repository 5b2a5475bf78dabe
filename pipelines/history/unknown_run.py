"""What is said of a run that is nowhere: its nearest name."""

import difflib
from collections.abc import Sequence

from preprocessing.errors import InputError


def unknown_run(name: str, known: Sequence[str]) -> InputError:
    """Returns the error for a name that is none of the known runs."""
    others = [run for run in known if run != name]  # it may be listed and gone a moment later
    nearest = difflib.get_close_matches(name, others, n=1, cutoff=0.4)
    told = f", did you mean {nearest[0]!r}?" if nearest else ""
    return InputError(f"RUN: there is no run {name!r}{told}; `make runs` lists them")
