"""The step that tries parameters: the project's own, or a tuning job of Vertex AI."""

from typing import Any

from components.tune import tune
from pipelines.target import Target


def best_parameters(target: Target, study_dir: Any, **inputs: Any) -> Any:
    """Adds the step to the pipeline that is being built; returns the output with the best.

    Args:
        target: where it is to run, and what a tuning job's trials run on.
        study_dir: where trials are remembered; a tuning job remembers them itself.
        inputs: of both steps.
    """
    if target.tuning_job:
        from pipelines.vertex.tuning_job import tune_in_job

        return tune_in_job(target, target.tuning_job, **inputs)
    step = tune(**inputs, study_dir=study_dir)
    target.place_tuning(step)
    return step.outputs["Output"]
