"""A search space as a study of Vertex AI has it, and its values back."""

import math
from typing import Any

from models.search_space import Choice, Float, Integer, SearchSpace, argument_of
from models.tuning.results import METRIC
from preprocessing.errors import InputError

_SCALES = {"linear": "UNIT_LINEAR_SCALE", "log": "UNIT_LOG_SCALE"}


def study_spec(space: SearchSpace) -> dict[str, Any]:
    """Returns the `StudySpec` of a tuning: exactly the space, and the metric.

    Defaults are left out: hyperparameter tuning jobs do not take any. The last value that a trial
    reports counts, which is that of its best epoch; a trial is stopped whose best value is below
    the median of the others' at that epoch.

    Args:
        space: what is tried.
    """
    ids = parameter_ids(space)
    return {
        "metrics": [{"metric_id": METRIC, "goal": "MAXIMIZE"}],
        "parameters": [
            {"parameter_id": id, **_value_spec(space[name])} for id, name in ids.items()
        ],
        "median_automated_stopping_spec": {"use_elapsed_duration": False},
        "measurement_selection_type": "LAST_MEASUREMENT",
    }


def parameter_ids(space: SearchSpace) -> dict[str, str]:
    """Returns the names in the space by those that Vertex AI has for them: `units` for `Cnn.units`.

    No two are the same: `read_search_space` sees to it.
    """
    return {argument_of(name)[1]: name for name in space}


def read_value(name: str, parameter: Float | Integer | Choice, given: str | float) -> Any:
    """Returns a value of the space from what Vertex AI gives.

    Args:
        name: of the parameter, for the error.
        parameter: what is declared.
        given: a text of a command line, or what a trial has: whole numbers come as floats.

    Raises:
        InputError: it is none of the space.
    """
    if isinstance(parameter, Choice):
        for value in parameter.values:
            if _same(value, given):
                return value
        raise InputError(f"{name}={given}: expected one of {parameter.values}")
    number = _number(given)
    if number is None or (isinstance(parameter, Integer) and not number.is_integer()):
        kind = "a whole number" if isinstance(parameter, Integer) else "a number"
        raise InputError(f"{name}={given}: expected {kind}")
    return int(number) if isinstance(parameter, Integer) else number


def _value_spec(parameter: Float | Integer | Choice) -> dict[str, Any]:
    if isinstance(parameter, Choice):
        if _is_number(parameter.default):
            return {"discrete_value_spec": {"values": sorted(map(float, parameter.values))}}
        return {"categorical_value_spec": {"values": [_text(value) for value in parameter.values]}}
    kind = "integer" if isinstance(parameter, Integer) else "double"
    bounds = {"min_value": parameter.low, "max_value": parameter.high}
    return {f"{kind}_value_spec": bounds, "scale_type": _SCALES[parameter.scale]}


def _same(value: bool | float | str, given: str | float) -> bool:
    if not _is_number(value):
        return _text(value) == given
    number = _number(given)
    return number is not None and math.isclose(float(value), number, rel_tol=1e-9)


def _text(value: bool | float | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(value: bool | float | str) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(given: str | float) -> float | None:
    try:
        number = float(given)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
