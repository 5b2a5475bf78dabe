"""A backend before a Kubeflow on loopback, and a pipeline for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kfp import compiler, dsl

from pipelines.backend import Submission
from pipelines.kubeflow.backend import KubeflowBackend
from pipelines.settings import Settings
from tests.kubeflow_service import KubeflowService

LABELS = {"commit": "abc123-changes", "pipeline": "quickdraw", "source": "f00", "user": "ada"}

MakeBackend = Callable[..., KubeflowBackend]
MakeSubmission = Callable[..., Submission]


@pytest.fixture
def backend(kubeflow: KubeflowService) -> KubeflowBackend:
    return KubeflowBackend(Settings(_env_file=None))  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a compiled pipeline of three steps, the last one under a condition."""

    @dsl.component(base_image="image:1")
    def step(text: str) -> str:
        return text

    @dsl.pipeline(name="quick-draw", description="Drawings.")
    def pipeline(epochs: int = 1) -> None:
        first = step(text="a").set_display_name("prepare")
        second = step(text=first.output)
        with dsl.If(second.output == "a"):
            step(text=second.output)

    path = tmp_path_factory.mktemp("template") / "quickdraw.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    return path


@pytest.fixture
def make(template: Path) -> MakeSubmission:
    """Returns a function that makes a submission of that pipeline."""

    def call(**changes: Any) -> Submission:
        values: dict[str, Any] = {
            "pipeline": "quickdraw",
            "template": template,
            "arguments": {"epochs": 3},
            "labels": LABELS,
        }
        return Submission(**values | changes)

    return call
