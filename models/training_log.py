"""What a training leaves for people to look at: TensorBoard logs and `history.json`."""

import json
from pathlib import Path
from typing import Any

HISTORY_FILE = "history.json"
LOGS_FOLDER = "logs"

_PLOTTED = ("loss", "hit_at_1", "gap", "learning_rate", "examples_per_second")


def write_history(folder: Path, history: list[dict[str, Any]]) -> None:
    """Writes `history.json` under another name and renames it, so that it is always whole."""
    unfinished = folder / f"{HISTORY_FILE}.unfinished"
    unfinished.write_text(json.dumps(history, indent=2) + "\n")
    unfinished.replace(folder / HISTORY_FILE)


class TrainingLog:
    """Writes `logs/train`, `logs/validation` (TensorBoard's event files) and `history.json`.

    TensorBoard shows `loss`, `hit_at_1`, `perr` (which is Hit@1 with one label a row) and `gap` of
    both, `learning_rate` and `examples_per_second` of the training, by step.

    Args:
        folder: the model's folder.
        history: what was written to `history.json` before, when a training goes on.
    """

    def __init__(self, folder: str | Path, history: list[dict[str, Any]]) -> None:
        from tensorboard.summary import Writer

        self._folder = Path(folder)
        logs = self._folder / LOGS_FOLDER
        earlier = [] if logs.exists() else history
        self._training = Writer(str(logs / "train"))
        self._validation = Writer(str(logs / "validation"))
        for row in earlier:  # a resumed run writes into a new folder under KFP
            self.steps(row["steps"], row)
            self._validated(row)

    def steps(self, step: int, values: dict[str, Any]) -> None:
        """Writes the training's values at a step, averages of the epoch so far."""
        _write(self._training, step, values)

    def epoch(self, history: list[dict[str, Any]]) -> None:
        """Writes `history.json` and the validation's values of its last epoch."""
        self._validated(history[-1])
        self._training.flush()
        self._validation.flush()
        write_history(self._folder, history)

    def close(self) -> None:
        """Writes what is still buffered."""
        self._training.close()
        self._validation.close()

    def _validated(self, row: dict[str, Any]) -> None:
        values = {name[4:]: value for name, value in row.items() if name.startswith("val_")}
        _write(self._validation, row["steps"], values)


class NoLog(TrainingLog):
    """Writes nothing: the log of the workers that are not the chief."""

    def __init__(self) -> None:
        """Opens no file."""

    def steps(self, step: int, values: dict[str, Any]) -> None:
        """Does nothing."""

    def epoch(self, history: list[dict[str, Any]]) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


def _write(writer: Any, step: int, values: dict[str, Any]) -> None:
    for name in _PLOTTED:
        if name in values:
            writer.add_scalar(name, values[name], step)
    writer.add_scalar("perr", values["hit_at_1"], step)
