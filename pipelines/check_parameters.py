"""Checks a run's parameters before anything runs, as the steps themselves would."""

from dataclasses import fields
from typing import Any

from models.training_options import TrainingOptions
from preprocessing.bad_images import check_limit
from preprocessing.errors import InputError
from preprocessing.split_sizes import SplitSizes


def check_parameters(arguments: dict[str, Any]) -> None:
    """Checks the arguments of a pipeline for which a step has a range.

    Raises:
        InputError: a value is out of range; the message names the parameter.
    """
    check_limit(arguments["max_bad_fraction"])
    if arguments["shard_size"] < 1:
        raise InputError(f"shard_size: expected at least 1, got {arguments['shard_size']}")
    names = {field.name for field in fields(TrainingOptions)}
    TrainingOptions(**{name: value for name, value in arguments.items() if name in names})
    SplitSizes(
        **{
            name.removesuffix("_per_class"): value
            for name, value in arguments.items()
            if name.endswith("_per_class")
        }
    )
