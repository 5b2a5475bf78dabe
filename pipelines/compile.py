"""Compiles pipelines to YAML that Kubeflow and Vertex AI run."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kfp import compiler

from pipelines.check_settings import check_settings
from pipelines.image.name import find_images
from pipelines.pack import pack_own_files
from pipelines.registry import find_pipeline
from pipelines.settings import Settings
from pipelines.shared_training import shared_parameters
from pipelines.target import Target
from pipelines.variants import is_tuning
from pipelines.vertex.custom_job import CustomJob
from pipelines.vertex.machines import training_machine

RETRIES = 2

_RETRY_WINDOW = "168h"
"""Kubeflow ends a step that is tried again this long after its first try began; KFP's own hour is
shorter than many a training."""

_NONE: Mapping[str, Any] = MappingProxyType({})


def compile_pipeline(
    name: str, folder: Path, settings: Settings, arguments: Mapping[str, Any] = _NONE
) -> Path:
    """Writes `<folder>/<name>.yaml` and returns its path.

    A participant's files are copied to `<folder>/participant/<name>/`.

    Args:
        name: the pipeline.
        folder: made if it is not there.
        settings: where the steps run.
        arguments: other defaults than the pipeline's own, from `read_arguments`.

    Raises:
        InputError: there is no such pipeline, or a setting cannot be.
    """
    build = find_pipeline(name)
    check_settings(name, settings)
    accelerator, count = settings.training_accelerator()
    images = find_images(settings, arguments.get("files_fingerprint", ""))
    target = Target(
        image=images.of,
        retries=RETRIES,
        retry_window=_RETRY_WINDOW if settings.backend == "kubeflow" else "",
        accelerator=accelerator,
        accelerator_count=count,
        train_cpu=settings.train_cpu,
        train_memory=settings.train_memory,
        spot=settings.spot,
        registry=settings.champions(),
        serving_image=images.of("promote"),
        bucket=settings.bucket,
        commit=images.of("promote").rpartition(":")[2],
        custom_job=_machines(settings) if settings.trains_in_custom_job() else None,
        tuning_job=_machines(settings) if _tunes_in_job(name, settings) else None,
        batch_prediction="batch-prediction" in settings.managed,
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    defaults = pack_own_files(name, dict(arguments), folder)
    defaults |= shared_parameters(name, arguments, settings)
    built = build(target)
    try:
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as unfinished:
            whole = Path(unfinished, path.name)
            compiler.Compiler().compile(built, str(whole), pipeline_parameters=defaults)
            whole.replace(path)
    except OSError as error:  # a full disk is told without the name
        raise OSError(error.errno, error.strerror, error.filename or str(path)) from None
    return path


def _tunes_in_job(name: str, settings: Settings) -> bool:
    """Says whether a pipeline tries parameters in a tuning job of Vertex AI."""
    return is_tuning(name) and settings.backend == "vertex"


def _machines(settings: Settings) -> CustomJob:
    """Returns what a job of Vertex AI trains on.

    Raises:
        InputError: Vertex AI has no such machine.
    """
    return CustomJob(training_machine(settings), settings.train_disk_gb)
