"""The parameters of a run, those too that were not given."""

from typing import Any

from pipelines.history.run_record import RunRecord
from pipelines.registry import find_pipeline
from pipelines.target import Target
from preprocessing.errors import InputError


def all_parameters(record: RunRecord) -> dict[str, Any]:
    """Returns the parameters of a run, with the pipeline's defaults where none were given."""
    return {**parameter_defaults(record.pipeline), **record.parameters}


def parameter_defaults(pipeline: str) -> dict[str, Any]:
    """Returns the default of each parameter, None for one without; {} of an unknown pipeline."""
    try:
        build = find_pipeline(pipeline)
    except InputError:  # one that is no more
        return {}
    inputs = build(Target(image=lambda component: "unused:1")).component_spec.inputs or {}
    return {name: spec.default for name, spec in inputs.items()}
