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
        InputError: it will not, or what it promotes would be lost.
    """
    if not pipeline.endswith(f"-{_VARIANT}"):
        return
    place = given.get("registry") or settings.champions()
    check_place(place)
    if not place.startswith(("gs://", "projects/")):
        raise InputError(
            f"REGISTRY={place}: a folder of the step's container is gone when the step ends;"
            f" set REGISTRY={settings.bucket.rstrip('/') or 'gs://my-bucket'}/registry"
        )
    check_model_registry(place, settings)


def check_model_registry(place: str, settings: Settings) -> None:
    """Checks before anything runs that Vertex AI can be given a model at its end.

    Args:
        place: where champions are kept; what is not Vertex AI's needs nothing.
        settings: of which BUCKET and IMAGE are needed.

    Raises:
        InputError: one is not set.
    """
    needed = {"BUCKET": settings.bucket, "IMAGE": settings.image}
    for name, value in needed.items():
        if place.startswith("projects/") and not value:
            raise InputError(
                f"{name}: not set, but a champion in {place} needs it: BUCKET for its files, IMAGE"
                " to be served by; set it, or another REGISTRY"
            )
