"""Which pipeline tries parameters, for the name that a user gives."""

from pipelines.registry import find_pipeline, pipeline_names
from pipelines.variants import TUNING, base_of, is_tuning, is_variant, tune_of
from preprocessing.errors import InputError


def pipeline_to_tune(name: str) -> str:
    """Returns the variant of a pipeline that only tries parameters.

    Raises:
        InputError: there is no such pipeline, it has nothing to tune, or it is a variant.
    """
    find_pipeline(name)
    base = base_of(name)
    if name == f"{base}-{TUNING}":
        raise InputError(
            f"PIPELINE: {name} tries parameters and trains with the best: `make run"
            f" PIPELINE={name}`; to only try them, set PIPELINE={base}"
        )
    if is_variant(name):
        raise InputError(f"PIPELINE: {name}: to try parameters, set PIPELINE={base}")
    tuned = [base_of(known) for known in pipeline_names() if is_tuning(known)]
    if name not in tuned:
        raise InputError(
            f"PIPELINE: {name} has nothing to tune, which only classifiers have: {', '.join(tuned)}"
        )
    return tune_of(name)
