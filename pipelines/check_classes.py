"""Checks a run's network, its arguments, loss and weights before anything runs.

Names of the project's own are looked up in its text. A participant's class, and a network that gets
arguments, are run in a process of their own: this one does without Keras.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.choices import class_names, unknown
from models.own_files import ROOT, files_fingerprint, own_class
from models.weights import check_weights, weights_fingerprint
from pipelines.local.code_hash import code_hash
from pipelines.training_kind import TrainingKind
from preprocessing.errors import InputError

_CHOSEN: tuple[str, ...] = ("model", "loss", "weights")


def check_classes(
    challenge: str,
    kind: TrainingKind,
    arguments: dict[str, Any],
    data: dict[str, Any],
    runs: Path,
    note: Callable[[str], None],
) -> dict[str, Any]:
    """Checks `model`, `loss` and, where the pipeline has them, `weights`.

    Args:
        challenge: whose networks there are.
        kind: where the losses are, and what tries them.
        arguments: `model`, `model_arguments`, `loss`, `weights` and `image_size` among others. A
            size or arguments of the user's own have networks of the project tried too.
        data: what else the check wants to know: `image_shape`, `num_classes`.
        runs: its `.cache` remembers what has passed, so that no check is run twice.
        note: is told when a check takes seconds.

    Returns:
        The three with absolute paths, and `files_fingerprint`, a hash of the files that they name,
        "" for none.

    Raises:
        InputError: one of them cannot be used; one line says why.
    """
    chosen = {name: arguments[name] for name in _CHOSEN if name in arguments}
    choices_in = {"model": f"models.{challenge}", "loss": kind.losses}
    for name, module in choices_in.items():
        if own := own_class(chosen[name], name):
            chosen[name] = str(own)
        elif chosen[name] not in (choices := class_names(module)):
            raise unknown(chosen[name], module, name, choices)
    fingerprint = files_fingerprint([chosen["model"], chosen["loss"]])
    if weights := chosen.get("weights"):
        check_weights(weights)
        if "://" not in weights:
            chosen["weights"] = str(Path(weights).resolve())
        text = fingerprint + weights_fingerprint(chosen["weights"])
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
    size = arguments.get("image_size")
    network_arguments = arguments.get("model_arguments")
    if fingerprint or size or network_arguments:
        tried = {"networks": f"models.{challenge}", **chosen, **data}
        if network_arguments:
            tried["model_arguments"] = network_arguments
        key = json.dumps([tried, fingerprint, code_hash(kind.check, challenge)])
        passed = runs / ".cache" / "checked" / hashlib.sha256(key.encode()).hexdigest()[:16]
        if not passed.exists():
            shown = " and ".join(chosen[name].rpartition("/")[2] for name in ("model", "loss"))
            note(f"checking {shown}, which takes some seconds")
            try:
                _check(kind.check, tried)
            except InputError as error:
                if fingerprint or not size:
                    raise
                raise InputError(f"image_size={size}: {error}") from None
            passed.parent.mkdir(parents=True, exist_ok=True)
            passed.touch()
    return {**chosen, "files_fingerprint": fingerprint[:16]}


def _check(module: str, tried: dict[str, Any]) -> None:
    """Runs the module that checks, on the processor: an accelerator is for the training."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    quiet = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-m", module, json.dumps(tried)],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        *_, last = ["", *done.stderr.strip().splitlines()]
        said = last.removeprefix("error: ") or "it says nothing"
        if last.startswith("error: "):
            raise InputError(said)
        raise InputError(
            f"model={tried['model']} loss={tried['loss']}: the check ended with status"
            f" {done.returncode} ({said}); try `python -m {module} '{json.dumps(tried)}'`"
        )
