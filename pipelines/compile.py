"""Compiles pipelines to YAML that Kubeflow and Vertex AI run."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kfp import compiler

from components.image import IMAGE
from pipelines.commit import git_commit
from pipelines.pack import pack_own_files
from pipelines.registry import find_pipeline
from pipelines.settings import Settings
from pipelines.target import Target
from preprocessing.errors import InputError

RETRIES = 2
_NONE: Mapping[str, Any] = MappingProxyType({})


def compile_pipeline(
    name: str, folder: Path, settings: Settings, arguments: Mapping[str, Any] = _NONE
) -> Path:
    """Writes `<folder>/<name>.yaml` and returns its path.

    A participant's files are copied to `<folder>/participant/<name>/` for the image. Its tag, where
    it is the project's own, then carries their hash, so that image and cache follow them.

    Args:
        name: the pipeline.
        folder: made if it is not there.
        settings: where the steps run.
        arguments: other defaults than the pipeline's own, from `read_arguments`.

    Raises:
        InputError: there is no such pipeline, or a setting cannot be.
    """
    accelerator, count = settings.training_accelerator()
    fingerprint = arguments.get("files_fingerprint", "")
    image = settings.image or _image_of_commit() + (f"-{fingerprint[:8]}" if fingerprint else "")
    target = Target(
        image=lambda component: image,
        retries=RETRIES,
        accelerator=accelerator,
        accelerator_count=count,
        train_cpu=settings.train_cpu,
        train_memory=settings.train_memory,
        registry=settings.champions(),
        serving_image=image,
        bucket=settings.bucket,
        commit=image.rpartition(":")[2],
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    defaults = pack_own_files(name, dict(arguments), folder)
    compiler.Compiler().compile(
        find_pipeline(name)(target), str(path), pipeline_parameters=defaults
    )
    return path


def _image_of_commit() -> str:
    commit = git_commit()
    if not commit:
        raise InputError(
            "IMAGE: not set, and this folder is no git checkout to take the tag from; set IMAGE"
            " to the image with its tag"
        )
    return f"{IMAGE}:{commit.replace('+', '-')}"
