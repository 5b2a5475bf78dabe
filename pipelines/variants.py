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
    """Returns the name of a pipeline's variant for retraining."""
    return f"{base_of(name)}-{RETRAINING}"


def is_variant(name: str) -> bool:
    """Says whether a name is that of a variant, not of the pipeline that only trains."""
    return name != base_of(name)


def with_variants(name: str) -> list[str]:
    """Returns the name of a pipeline and of all that its variants may be called.

    That of a variant stands for itself alone.
    """
    if is_variant(name):
        return [name]
    return [name, *(f"{name}-{variant}" for variant in (RETRAINING, TUNING, TUNE))]


def tune_of(name: str) -> str:
    """Returns the name of a pipeline's variant that only tries parameters."""
    return f"{base_of(name)}-{TUNE}"


def is_retraining(name: str) -> bool:
    """Says whether a pipeline promotes what it has trained."""
    return name == retraining_of(name)


def is_tuning(name: str) -> bool:
    """Says whether a pipeline tries parameters."""
    return name in (f"{base_of(name)}-{TUNING}", f"{base_of(name)}-{TUNE}")
