"""Where the champions are, as the settings say, and which pipelines have any."""

import os
from collections.abc import Mapping
from typing import Any

from models.promotion.registry import Registry, check_place, open_registry
from pipelines.registry import base_of, find_pipeline, pipeline_names
from pipelines.settings import Settings
from preprocessing.errors import InputError

LOCAL = "registry"
"""The folder of local runs where REGISTRY names no other place."""

_VARIANT = "retraining"


def open_champions(settings: Settings) -> Registry:
    """Opens the registry of local runs: that of REGISTRY, else `registry/`.

    Raises:
        InputError: it cannot be one.
    """
    if settings.vertex_endpoint:
        os.environ.setdefault("VERTEX_ENDPOINT", settings.vertex_endpoint)
    return open_registry(settings.registry or LOCAL, settings.bucket)


def challenge_with_champions(pipeline: str) -> str:
    """Returns the challenge whose champions a pipeline, or any of its variants, makes.

    Raises:
        InputError: there is no such pipeline, or it makes none.
    """
    find_pipeline(pipeline)
    base = base_of(pipeline)
    names = [name.removesuffix(f"-{_VARIANT}") for name in pipeline_names()]
    having = [name for name in sorted(set(names)) if names.count(name) > 1]
    if base not in having:
        raise InputError(
            f"PIPELINE: {base} has no champions, which only classifiers have: {', '.join(having)}"
        )
    return base


def check_champions(pipeline: str, given: Mapping[str, Any], settings: Settings) -> None:
    """Checks before a run is sent away that a retraining will know where the champion is.

    Args:
        pipeline: its name.
        given: arguments that the user gave.
        settings: of which REGISTRY, or else PROJECT and REGION, are the default.

    Raises:
        InputError: it will not.
    """
    if pipeline.endswith(f"-{_VARIANT}") and not given.get("registry"):
        check_place(settings.champions())
