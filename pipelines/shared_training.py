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

SHARD_SIZE = 1_024
"""Examples a file where several machines train: each reads files of its own, of every split."""


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
        InputError: the accelerators cannot share the batch that was given, or one that a tuning
            may choose.
    """
    defaults = parameter_defaults(pipeline)
    workers = settings.training_workers()
    sharing = max(1, settings.training_accelerator()[1]) * workers
    if sharing == 1 or "batch_size" not in defaults or training_kind(pipeline) != CLASSIFICATION:
        return {}
    changed: dict[str, Any] = {}
    if workers > 1 and "shard_size" not in given:
        changed["shard_size"] = SHARD_SIZE
    size = given.get("batch_size", defaults["batch_size"])
    fitting = -(-size // sharing) * sharing
    if "batch_size" not in given:
        _check_tried(pipeline, given.get("model", defaults["model"]), sharing, fitting)
        changed["batch_size"] = fitting
    elif size != fitting:
        raise InputError(
            f"batch_size={size}: expected a multiple of the {sharing} that share a batch, such as"
            f" {fitting}"
        )
    return changed


def _check_tried(pipeline: str, model: str, sharing: int, fitting: int) -> None:
    """Refuses a tuning that may choose a batch which the training afterwards cannot share."""
    if not is_tuning(pipeline):
        return
    space = read_search_space(f"models.{challenge_of(pipeline)}", model)
    tried = space["batch_size"].extremes() if "batch_size" in space else []
    if any(size % sharing for size in tried):
        raise InputError(
            f"batch_size: the tuning may choose one that {sharing} cannot share; fix it by"
            f' PARAMS="batch_size={fitting}", or change the SEARCH_SPACE'
        )
