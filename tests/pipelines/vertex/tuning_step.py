"""The step that awaits a tuning job, against Vertex AI on loopback."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfp import dsl

from components.tune_on_vertex import tune_on_vertex
from models.training_options import TrainingOptions
from models.tuning.vertex_trials import TrialEnd
from tests.vertex_service.identity import ACCOUNT
from tests.vertex_service.names import PROJECT, REGION

Tune = Callable[..., dict[str, Any]]

CREATE = "CreateHyperparameterTuningJob"

_OPTIONS = (
    *("loss", "weights", "batch_size", "epochs", "max_steps", "learning_rate", "seed", "augment"),
    *("learning_rate_decay", "learning_rate_decay_examples", "clip_norm", "mixed_precision"),
    *("patience", "model_arguments"),
)
_POOL = {
    "machine_spec": {"machine_type": "n1-standard-8"},
    "replica_count": 1.0,  # JSON knows no whole numbers
    "container_spec": {"image_uri": "registry/image:1", "command": ["python"]},
}


def tuning_step(vertex: Any, study: Path, buckets: Path) -> Tune:
    """Returns a function that runs the step; it takes other inputs than these.

    Each trial comes to its end, and is the better the higher its learning rate.

    Args:
        vertex: the service.
        study: the study's folder.
        buckets: where buckets are mounted.
    """

    def trial(id: str, values: dict[str, Any]) -> list[float]:
        TrialEnd(12.5).write(study / "trials" / id)
        return [0.5, 0.6, 0.6 + 10 * values["learning_rate"]]

    vertex.jobs.play(trial)

    def run(uri: str = f"gs://{study.relative_to(buckets)}", **changed: Any) -> dict[str, Any]:
        given = {
            "examples": dsl.Dataset(uri="gs://challenge/examples"),
            "study": dsl.Artifact(uri=uri),
            "metrics": dsl.Metrics(),
            "gcp_resources": str(buckets / "gcp_resources"),
            "challenge": "quickdraw",
            "network_class": "Cnn",
            "files_fingerprint": "",
            **{name: getattr(TrainingOptions(), name) for name in _OPTIONS},
            "trials": 4,
            "parallel": 2,
            "trial_epochs": 3,
            "fixed_parameters": [],
            "project": PROJECT,
            "location": REGION,
            "service_account": ACCOUNT,
            "network": "",
            "worker_pool_specs": [_POOL],
            "strategy": "STANDARD",
            "restart_job_on_worker_restart": False,
        }
        best: dict[str, Any] = tune_on_vertex.python_func(**given | changed)
        return best

    return run
