"""What is said of a name that is none: the nearest that there is."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Returns `, did you mean 'x'?`; "" if no name is near.

    Args:
        name: what was given.
        names: those there are.
        cutoff: from 0, whatever, to 1, equal only; see `difflib.get_close_matches`.
    """
    nearest = difflib.get_close_matches(name, list(names), n=1, cutoff=cutoff)
    return f", did you mean {nearest[0]!r}?" if nearest else ""
