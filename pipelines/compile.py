"""Compiles pipelines to YAML that Kubeflow and Vertex AI run."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kfp import compiler

from pipelines.image.name import find_images
from pipelines.pack import pack_own_files
from pipelines.registry import find_pipeline
from pipelines.settings import Settings
from pipelines.target import Target
from pipelines.vertex.custom_job import CustomJob
from pipelines.vertex.machines import find_machine, gigabytes
from preprocessing.errors import InputError

RETRIES = 2
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
    _check_managed(settings)
    accelerator, count = settings.training_accelerator()
    images = find_images(settings, arguments.get("files_fingerprint", ""))
    target = Target(
        image=images.of,
        retries=RETRIES,
        accelerator=accelerator,
        accelerator_count=count,
        train_cpu=settings.train_cpu,
        train_memory=settings.train_memory,
        registry=settings.champions(),
        serving_image=images.of("promote"),
        bucket=settings.bucket,
        commit=images.of("promote").rpartition(":")[2],
        custom_job=_custom_job(settings),
        batch_prediction="batch-prediction" in settings.managed,
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    defaults = pack_own_files(name, dict(arguments), folder)
    built = find_pipeline(name)(target)
    try:
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as unfinished:
            whole = Path(unfinished, path.name)
            compiler.Compiler().compile(built, str(whole), pipeline_parameters=defaults)
            whole.replace(path)
    except OSError as error:  # a full disk is told without the name
        raise OSError(error.errno, error.strerror, error.filename or str(path)) from None
    return path


def _check_managed(settings: Settings) -> None:
    """Refuses what only Vertex AI has where the run goes elsewhere."""
    only = [word for word in settings.managed if word != "dataflow"]
    if only and settings.backend != "vertex":
        raise InputError(
            f"MANAGED: {' '.join(only)} of Vertex AI in a pipeline for BACKEND={settings.backend};"
            " leave one of them out"
        )


def _custom_job(settings: Settings) -> CustomJob | None:
    """Returns what a custom job trains on, if MANAGED asks for one.

    Raises:
        InputError: Vertex AI has no such machine.
    """
    if "custom-job" not in settings.managed:
        return None
    memory = gigabytes(settings.train_memory)
    machine = find_machine(settings.train_cpu, memory, *settings.training_accelerator())
    return CustomJob(machine, settings.train_disk_gb)
