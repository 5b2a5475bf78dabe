"""The arrays of a training, as a checkpoint has them: from a model, and back into it."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy.typing as npt

from models.checkpoint import Arrays

Weights = list[npt.NDArray[Any]]


def training_arrays(model: keras.Model, best_weights: Sequence[npt.NDArray[Any]]) -> Arrays:
    """Returns all arrays that decide how a training goes on.

    Args:
        model: compiled, with every variable made.
        best_weights: of its best epoch.
    """
    kinds = {
        "variable": _variables(model),
        "metric": model.metrics_variables,
        "best": best_weights,
    }
    return {
        f"{kind}-{index}": keras.ops.convert_to_numpy(value)
        for kind, values in kinds.items()
        for index, value in enumerate(values)
    }


def take_on(model: keras.Model, arrays: Arrays) -> tuple[Weights, Weights]:
    """Gives a model its variables back, but for those of the metrics.

    Args:
        model: as it was for `training_arrays`.
        arrays: what that returned.

    Returns:
        The weights of the best epoch, and the values of the metrics' variables.
    """

    def of_kind(kind: str) -> Weights:
        count = sum(name.startswith(kind) for name in arrays)
        return [arrays[f"{kind}-{index}"] for index in range(count)]

    for variable, value in zip(_variables(model), of_kind("variable"), strict=True):
        variable.assign(value)
    return of_kind("best"), of_kind("metric")


def _variables(model: keras.Model) -> list[Any]:
    """Returns weights, random states and the optimizer's variables, always in one order."""
    return [
        *model.trainable_variables,
        *model.non_trainable_variables,
        *model.optimizer.variables,
    ]
