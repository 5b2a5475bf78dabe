"""Tries parameters of a training on this machine, and finds the best."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from models.fitting import deciding
from models.input import local_examples
from models.search_space import SearchSpace, read_search_space
from models.training_options import TrainingOptions
from models.tuning.here import train_here
from models.tuning.lock import locked
from models.tuning.one_trial import Common
from models.tuning.results import METRIC, TuningResult
from models.tuning.study import Study
from models.tuning.tuning import Tuning
from models.tuning.workers import train_by_workers
from models.weights import local_weights
from preprocessing.errors import InputError
from preprocessing.examples import ExamplesInfo


def tune(
    examples_folder: str | Path,
    results_folder: str | Path,
    networks: str,
    options: TrainingOptions,
    trials: int,
    parallel: int = 1,
    fixed: Sequence[str] = (),
    study_folder: str = "",
) -> TuningResult:
    """Tries parameters of a training, going on with the trials of an earlier run of the same.

    Args:
        examples_folder: what `preprocess` wrote; only `train` and `validation` are read.
        results_folder: gets `trials.csv` and `best.json` (see `models.tuning.results`), after every
            trial.
        networks: module with the challenge's networks and search space, such as
            `models.quickdraw`.
        options: parameters of the training, those that are not tried.
        trials: how many are to end, those of earlier runs included.
        parallel: how many are trained at a time, each by a process of its own and with its share of
            the machine.
        fixed: parameters, or arguments of the network, that are not tried.
        study_folder: gets `studies.db`, which Optuna's dashboard opens, and
            `<challenge>-<network>-<hash>/`, with a folder a trial that TensorBoard shows; the
            results' folder without it.

    Returns:
        The best parameters, and all trials.

    Raises:
        InputError: something of these cannot be used, another process works on the same study, the
            trial with the defaults failed, or the disk is full.
        SystemExit: SIGTERM or SIGINT came; the study goes on when the same is run again.
    """
    for name, value in (("trials", trials), ("parallel", parallel)):
        if value < 1:
            raise InputError(f"{name}={value}: expected a whole number of 1 or more; change it")
    space = read_search_space(networks, options.model, fixed)
    with (
        local_examples(examples_folder) as examples,
        local_weights(options.weights) as weights,
    ):
        info = examples.info
        name = _name(info, networks, options, weights, space)
        folder = Path(study_folder or results_folder)
        busy = f"{name}: another process works on this study; wait for its end, or stop it"
        common = Common(examples.folder, networks, options, weights, folder / name)
        with locked(common.folder / ".lock", busy):
            about = {
                "challenge": info.challenge,
                "network": options.model.rpartition("/")[2],
                "source": info.source,
                "classes": len(info.class_names),
                "examples": info.splits["train"].examples,
                "epochs": options.epochs,
                "seed": options.seed,
                "metric": METRIC,
            }
            study = Study(folder, name, space, options.epochs, options.seed, about)
            tuning = Tuning(study, common, space, Path(results_folder), trials)
            if parallel == 1:
                train_here(tuning, common, examples)
            else:
                train_by_workers(tuning, common, parallel)
            return tuning.result()


def _name(
    info: ExamplesInfo,
    networks: str,
    options: TrainingOptions,
    weights: str,
    space: SearchSpace,
) -> str:
    """Returns the study's name, which is another one where anything decides otherwise."""
    decides = deciding(info, networks, options, weights)
    decides["space"] = {name: parameter.model_dump() for name, parameter in space.items()}
    text = json.dumps(decides, sort_keys=True)
    network = options.model.rpartition(":")[2]
    return f"{info.challenge}-{network}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
