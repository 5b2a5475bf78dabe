"""Checks that a pipeline can run as the settings say, where the settings say."""

from pipelines.settings import Settings
from pipelines.training_kind import ADVERSARIAL, training_kind
from preprocessing.errors import InputError


def check_settings(pipeline: str, settings: Settings) -> None:
    """Refuses what a place does not have, and several machines for what trains on one.

    Args:
        pipeline: its name.
        settings: where and how it is to run.

    Raises:
        InputError: the settings do not fit the pipeline, or each other.
    """
    only = [word for word in settings.managed if word != "dataflow"]
    if only and settings.backend != "vertex":
        raise InputError(
            f"MANAGED: {' '.join(only)} of Vertex AI in a pipeline for BACKEND={settings.backend};"
            " leave one of them out"
        )
    if settings.training_workers() == 1:
        return
    asked = f"WORKERS={settings.workers}" if settings.workers else f"PRESET={settings.preset}"
    if settings.backend != "vertex":
        raise InputError(
            f"{asked}: several machines train together on Vertex AI only, not on"
            f" BACKEND={settings.backend}; set WORKERS=1, and ACCELERATOR_COUNT for more than one"
            " accelerator"
        )
    if settings.keras_backend != "tensorflow":
        raise InputError(
            f"{asked}: several machines train with TensorFlow only, not with"
            f" KERAS_BACKEND={settings.keras_backend}; leave one of them out"
        )
    if needs_one_machine(pipeline):
        raise InputError(
            f"{asked}: a GAN trains on one machine; set WORKERS=1 for PIPELINE={pipeline}"
        )


def needs_one_machine(pipeline: str) -> bool:
    """Says whether what a pipeline trains cannot be trained on several machines."""
    return training_kind(pipeline) is ADVERSARIAL
