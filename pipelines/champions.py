"""Where the champions are, as the settings say, and which pipelines have any."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.promotion.registry import Registry, check_place, open_registry
from pipelines.image.name import find_images
from pipelines.registry import find_pipeline, pipeline_names
from pipelines.settings import Settings, read_settings
from pipelines.target import Target
from pipelines.variants import base_of, is_retraining
from preprocessing.errors import InputError

LOCAL = "registry"
"""The folder of local runs where REGISTRY names no other place."""


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
    having = [base_of(name) for name in pipeline_names() if is_retraining(name)]
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
    if not is_retraining(pipeline):
        return
    place = given.get("registry") or settings.champions()
    check_place(place)
    if not place.startswith(("gs://", "projects/")):
        raise InputError(
            f"REGISTRY={place}: a folder of the step's container is gone when the step ends;"
            f" set REGISTRY={settings.bucket.rstrip('/') or 'gs://my-bucket'}/registry"
        )
    serving_image(place, settings)


def retraining_here(target: Target, pipeline: str, given: Mapping[str, Any]) -> Target:
    """Returns a target of this machine with what a retraining asks of it; others as they are.

    Args:
        target: of a local run.
        pipeline: its name.
        given: arguments that the user gave.

    Raises:
        InputError: a setting that the end of the run needs is missing, or wrong.
    """
    if not is_retraining(pipeline):
        return target  # it needs no settings of a cloud, so that wrong ones do not stop it
    settings = read_settings()
    place = settings.registry or LOCAL
    return replace(
        target,
        registry=place,
        serving_image=serving_image(given.get("registry") or place, settings),
        bucket=settings.bucket,
    )


def serving_image(place: str, settings: Settings) -> str:
    """Returns the image that serves the champions of a registry; "" where none are served.

    Raises:
        InputError: Vertex AI could not be given a model, as BUCKET or IMAGE is not set.
    """
    if not place.startswith("projects/"):
        return ""
    for name, value in (("BUCKET", settings.bucket), ("IMAGE", settings.image)):
        if not value:
            raise InputError(
                f"{name}: not set, but a champion in {place} needs it: BUCKET for its files, IMAGE"
                " to be served by; set it, or another REGISTRY"
            )
    return find_images(settings).of("promote")
