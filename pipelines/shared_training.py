"""The parameters that a training needs otherwise when accelerators or machines share it."""

from collections.abc import Mapping
from typing import Any

from models.search_space import read_search_space
from pipelines.history.defaults import parameter_defaults
from pipelines.registry import challenge_of
from pipelines.settings import Settings
from pipelines.training_kind import CLASSIFICATION, training_kind
from pipelines.variants import is_tuning
from preprocessing.errors import InputError


def shared_parameters(
    pipeline: str, given: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    """Returns the parameters whose defaults do not do, with values that do.

    A batch is shared out evenly, so that the default `batch_size` is rounded up: 129 for three
    machines. GANs train on one accelerator, and are left as they are.

    Args:
        pipeline: its name.
        given: what the user gives it.
        settings: what it trains on.

    Raises:
        InputError: the accelerators cannot share the batch that was given.
    """
    sharing = _sharing(pipeline, settings)
    if sharing == 1:
        return {}
    size = given.get("batch_size") or parameter_defaults(pipeline)["batch_size"]
    fitting = -(-size // sharing) * sharing
    if "batch_size" in given and size != fitting:
        raise InputError(
            f"batch_size={size}: expected a multiple of the {sharing} that share a batch, such as"
            f" {fitting}"
        )
    return {"batch_size": fitting}


def check_tried(pipeline: str, given: Mapping[str, Any], settings: Settings) -> None:
    """Refuses a tuning that may choose a batch which the training afterwards cannot share.

    Args and errors are those of `shared_parameters`.
    """
    sharing = _sharing(pipeline, settings)
    if sharing == 1 or not is_tuning(pipeline) or "batch_size" in given:
        return
    model = given.get("model") or parameter_defaults(pipeline)["model"]
    space = read_search_space(f"models.{challenge_of(pipeline)}", model)
    tried = space["batch_size"].extremes() if "batch_size" in space else []
    if any(size % sharing for size in tried):
        raise InputError(
            f"batch_size: the tuning may choose one that {sharing} cannot share; give it one that"
            f' they can, PARAMS="batch_size={sharing * -(-max(tried) // sharing)}", or change'
            " the SEARCH_SPACE"
        )


def _sharing(pipeline: str, settings: Settings) -> int:
    """Returns how many share a batch: the accelerators of all machines."""
    sharing = max(1, settings.training_accelerator()[1]) * settings.training_workers()
    if sharing == 1 or training_kind(pipeline) != CLASSIFICATION:
        return 1
    return sharing if "batch_size" in parameter_defaults(pipeline) else 1
