"""A backend that talks to Vertex AI on loopback, and what it is to run."""

from pathlib import Path
from typing import Any

import pytest

from models import vertex_ai
from models.tuning import vertex_job
from pipelines.backend import Backend, Submission, find_backend
from pipelines.settings import read_settings
from pipelines.vertex import experiments
from tests.vertex_service.names import NUMBER

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture
def backend(vertex: Any, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Returns the backend; it asks again soon."""
    monkeypatch.setattr(vertex_ai, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(experiments, "WAIT", 0.01)
    return find_backend("vertex", read_settings())


@pytest.fixture
def submission() -> Submission:
    """Returns a run of quickdraw."""
    return Submission(
        pipeline="quickdraw",
        template=GOLDEN / "quickdraw.yaml",
        arguments={"source": "gs://challenge/data", "epochs": 3, "learning_rate": 0.01},
        labels={"pipeline": "quickdraw", "commit": "0123456789ab-changes", "user": "ada"},
    )


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Returns the folder of the study of the run quickdraw-1, as buckets are mounted."""
    return tmp_path / "challenge" / NUMBER / "quickdraw-1" / "tune-on-vertex_7" / "study"


@pytest.fixture
def tune(vertex: Any, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns a function that runs the step of a tuning job; see `tuning_step`."""
    from kfp.dsl.types import artifact_types  # it takes seconds, and most tests need none

    from tests.pipelines.vertex.tuning_step import tuning_step

    monkeypatch.setattr(artifact_types, "_GCS_LOCAL_MOUNT_PREFIX", f"{tmp_path}/")
    monkeypatch.setattr(vertex_ai, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(vertex_job, "POLL_SECONDS", 0.01)
    return tuning_step(vertex, study, tmp_path)
