"""The program of one trial of a tuning job of Vertex AI.

    python -m models.tuning.vertex_trial '{"examples": "/gcs/...", "challenge": "quickdraw",
        "fixed": [], "options": {"model": "Cnn", ...}}' --learning_rate=0.002 --units=256

Vertex AI adds the values that are tried, and its environment says where the trial's own folder is.
After each epoch the metric of the best epoch so far is reported by cloudml-hypertune. A trial that
is started again goes on from its checkpoint, and reports what it had reported. Of several machines
all train, and the chief reports.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hypertune

from models.devices import every_device
from models.distributed.cluster import LostWorkerError, find_cluster
from models.fitting import fit
from models.input import MOUNTED_BUCKETS, local_examples
from models.search_space import SearchSpace, as_arguments, read_search_space
from models.training_options import TrainingOptions
from models.training_state import TrainingState
from models.trial import shown, trial
from models.tuning.results import METRIC, metric_by_epoch
from models.tuning.vertex_study import parameter_ids, read_value
from models.tuning.vertex_trials import TrialEnd
from models.weights import local_weights
from preprocessing.errors import InputError

CHECKPOINT_VARIABLE = "AIP_CHECKPOINT_DIR"
"""What Vertex AI names the folder of a trial's checkpoints by, `gs://.../<trial>/checkpoints/`."""


def main(arguments: Sequence[str]) -> None:
    """Runs the trial that the command line tells of.

    Raises:
        InputError: it cannot be trained; the trial's folder says why, too.
    """
    given, values = json.loads(arguments[0]), arguments[1:]
    folder, cluster = _trial_folder(), find_cluster()
    try:
        networks = f"models.{given['challenge']}"
        options = TrainingOptions(**given["options"])
        space = read_search_space(networks, options.model, given["fixed"])
        tried = options.tuned(as_arguments(_read_values(values, space)))
        _train(given["examples"], networks, tried, folder)
    except LostWorkerError:  # Vertex AI starts the trial again
        raise
    except InputError as error:
        if cluster.chief:
            TrialEnd(error=str(error)).write(folder)
        raise


def _train(examples_folder: str, networks: str, options: TrainingOptions, folder: Path) -> None:
    with (
        trial(shown("model", options.model)),
        every_device() as devices,
        local_examples(examples_folder, devices.cluster) as examples,
        local_weights(options.weights) as weights,
    ):
        report = _Reporter().report_epochs if devices.cluster.chief else None
        fitted = fit(examples, folder, networks, options, devices, weights, stop=report)
    if devices.cluster.chief:  # and all workers have come to their end
        TrialEnd(fitted.result.seconds).write(folder)
        fitted.checkpoints.clear()


class _Reporter:
    """Reports the metric of the best epoch so far, once for each epoch."""

    def __init__(self) -> None:
        self._hypertune = hypertune.HyperTune()
        self._reported = 0

    def report_epochs(self, state: TrainingState) -> bool:
        """Reports the epochs that are new here; says that the training is to go on.

        After a new start these are all of them: the file that Vertex AI reads is on a machine.
        """
        for epoch, value in metric_by_epoch(state).items():
            if epoch > self._reported:
                self._hypertune.report_hyperparameter_tuning_metric(METRIC, value, epoch)
        self._reported = len(state.history)
        return False


def _trial_folder() -> Path:
    """Returns the folder of the trial in the bucket, as it is mounted."""
    checkpoints = os.environ.get(CHECKPOINT_VARIABLE, "")
    if not checkpoints:
        raise InputError(f"{CHECKPOINT_VARIABLE}: not set; only Vertex AI starts this program")
    return Path(checkpoints.replace("gs://", MOUNTED_BUCKETS)).parent


def _read_values(arguments: Sequence[str], space: SearchSpace) -> dict[str, Any]:
    """Returns what is tried, by the names in the space."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    ids = parameter_ids(space)
    for id in ids:
        parser.add_argument(f"--{id}", required=True)
    given = vars(parser.parse_args(arguments))
    return {name: read_value(id, space[name], given[id]) for id, name in ids.items()}


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as told:
        sys.exit(f"error: {told}")
