"""The parameters of a run, those too that were not given."""

from typing import Any

from pipelines.history.run_record import RunRecord
from pipelines.registry import describe
from preprocessing.errors import InputError


def all_parameters(record: RunRecord) -> dict[str, Any]:
    """Returns the parameters of a run, with the pipeline's defaults where none were given."""
    return {**parameter_defaults(record.pipeline), **record.parameters}


def parameter_defaults(pipeline: str) -> dict[str, Any]:
    """Returns the default of each parameter, None for one without; {} of an unknown pipeline."""
    try:
        inputs = describe(pipeline).component_spec.inputs or {}
    except InputError:  # one that is no more
        return {}
    return {name: spec.default for name, spec in inputs.items()}
