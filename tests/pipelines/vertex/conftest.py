"""A backend that talks to Vertex AI on loopback, and what it is to run."""

from pathlib import Path
from typing import Any

import pytest

from models import vertex_ai
from pipelines.backend import Backend, Submission, find_backend
from pipelines.settings import read_settings
from pipelines.vertex import experiments

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
