"""Compiles pipelines to YAML that Kubeflow and Vertex AI run."""

from pathlib import Path

from kfp import compiler

from components.image import IMAGE
from pipelines.commit import git_commit
from pipelines.registry import find_pipeline
from pipelines.settings import Settings
from pipelines.target import Target
from preprocessing.errors import InputError

RETRIES = 2


def compile_pipeline(name: str, folder: Path, settings: Settings) -> Path:
    """Writes `<folder>/<name>.yaml` and returns its path.

    Raises:
        InputError: there is no such pipeline, or a setting cannot be.
    """
    accelerator, count = settings.training_accelerator()
    image = settings.image or _image_of_commit()
    target = Target(
        image=lambda component: image,
        retries=RETRIES,
        accelerator=accelerator,
        accelerator_count=count,
        train_cpu=settings.train_cpu,
        train_memory=settings.train_memory,
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    compiler.Compiler().compile(find_pipeline(name)(target), str(path))
    return path


def _image_of_commit() -> str:
    commit = git_commit()
    if not commit:
        raise InputError(
            "IMAGE: not set, and this folder is no git checkout to take the tag from; set IMAGE"
            " to the image with its tag"
        )
    return f"{IMAGE}:{commit.replace('+', '-')}"
