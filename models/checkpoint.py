"""Checkpoints: what an interrupted training goes on from.

One file a checkpoint, `step-000000123.npz`, written under another name and renamed, so that a
file of this name is whole. A bucket mounted as a folder can do that too.
"""

import hashlib
import importlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from preprocessing.errors import InputError

Arrays = dict[str, npt.NDArray[Any]]

Checkpoint = tuple[Arrays, dict[str, Any]]
"""The arrays by name, and the state as JSON values."""

CHECKPOINTS_FOLDER = "checkpoints"
"""The default folder of the checkpoints, in the model's folder."""

KEPT = 2
"""How many checkpoints are kept: the newest, and one in case that proves unreadable."""

_NAME = re.compile(r"step-(\d{9})\.npz")
_STATE = "state"


def code_hashes(modules: Iterable[str]) -> dict[str, str]:
    """Returns the Keras backend and the hashes of the modules' files, by module.

    They are part of what decides what a training makes.
    """
    files = {name: Path(str(importlib.import_module(name).__file__)) for name in modules}
    hashes = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    return {"backend": keras.backend.backend(), **hashes}


class Checkpoints:
    """The checkpoints of one training.

    Args:
        folder: folder of the checkpoints of all trainings.
        trained: all that decides what the training makes, as JSON values. Its hash names the
            sub-folder, so that another training never goes on from these checkpoints.
    """

    def __init__(self, folder: str | Path, trained: dict[str, Any]) -> None:
        text = json.dumps(trained, sort_keys=True)
        self.folder = Path(folder) / hashlib.sha256(text.encode()).hexdigest()[:16]

    def save(self, step: int, arrays: Arrays, state: dict[str, Any]) -> None:
        """Writes the checkpoint of `step`, then removes all but the newest two.

        Args:
            step: steps trained.
            arrays: by name, any shapes.
            state: JSON values.

        Raises:
            InputError: it cannot be written; earlier checkpoints are as they were.
        """
        unfinished = self.folder / f"unfinished-{os.getpid()}.npz"
        text = np.frombuffer(json.dumps(state).encode(), np.uint8)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                np.savez(file, **{_STATE: text}, **arrays)  # type: ignore[arg-type]
                file.flush()
                os.fsync(file.fileno())  # else a power cut may leave the name without the content
            unfinished.replace(self._path(step))
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise InputError(
                f"{self.folder}: the checkpoint of step {step} could not be written ({error});"
                " make room or set checkpoint_dir to another disk, then run again: training goes"
                " on from the last checkpoint"
            ) from error
        for path in self._newest_first()[KEPT:]:
            path.unlink()

    def newest(self) -> Checkpoint | None:
        """Returns the newest checkpoint that can be read, if any."""
        for path in self._newest_first():
            if (found := _read(path)) is not None:
                return found
            print(f"{path}: this checkpoint cannot be read; trying an older one", flush=True)
        return None

    def of_step(self, step: int) -> Checkpoint:
        """Returns the checkpoint of a step, which another worker has found.

        Raises:
            InputError: it is not here, or cannot be read.
        """
        path = self._path(step)
        if (found := _read(path)) is None:
            raise InputError(
                f"{path}: cannot be read, but the first worker goes on from this checkpoint; set"
                " checkpoint_dir to a folder that all workers see"
            )
        return found

    def clear(self) -> None:
        """Removes the checkpoints of this training."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:09d}.npz"

    def _newest_first(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted((p for p in self.folder.iterdir() if _NAME.fullmatch(p.name)), reverse=True)


def _read(path: Path) -> Checkpoint | None:
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays, json.loads(arrays.pop(_STATE).tobytes())
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
