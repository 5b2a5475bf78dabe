"""What a pipeline of a classification challenge may do more than train, told by its suffix."""

RETRAINING = "retraining"
"""Looks whether the data has moved, and promotes the network if it beats the champion."""

TUNING = "tuning"
"""Tries parameters, then trains with the best."""

TUNE = "tune"
"""Tries parameters, and no more: what `make tune` runs."""


def base_of(name: str) -> str:
    """Returns the name of the file that a pipeline is built by: without its variant."""
    return name.partition("-")[0]


def retraining_of(name: str) -> str:
    """Returns the name of a pipeline's variant for retraining; its own, if it is that."""
    return f"{base_of(name)}-{RETRAINING}"


def is_retraining(name: str) -> bool:
    """Says whether a pipeline promotes what it has trained."""
    return name == retraining_of(name)


def is_tuning(name: str) -> bool:
    """Says whether a pipeline tries parameters."""
    return name in (f"{base_of(name)}-{TUNING}", f"{base_of(name)}-{TUNE}")
