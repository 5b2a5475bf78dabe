"""What a GAN's training leaves to look at: TensorBoard logs, `history.json` and grids."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from models.adversarial.grid import grid_image
from models.training_log import LOGS_FOLDER, write_history
from models.whole_files import whole_files
from preprocessing.records import Bytes

GRIDS_FOLDER = "grids"
GRID_COLUMNS = 8
GRID_IMAGES = GRID_COLUMNS**2

_ENLARGED = 2


class AdversarialLog:
    """Writes `logs/train` (TensorBoard's event files), `history.json` and `grids/`.

    TensorBoard shows what is in the rows of the history, and the grids as `generated`, by step.

    Args:
        folder: the model's folder.
        history: the rows so far, when a training goes on.
    """

    def __init__(self, folder: str | Path, history: list[dict[str, Any]]) -> None:
        self._folder = Path(folder)
        logs = self._folder / LOGS_FOLDER
        earlier = [] if logs.exists() else history
        self._writer = tf.summary.create_file_writer(str(logs / "train"))
        for row in earlier:  # a resumed run writes into a new folder under KFP
            self._scalars(row)
        if earlier:
            write_history(self._folder, earlier)

    def row(self, history: list[dict[str, Any]]) -> None:
        """Writes the last row of the history, and all of it to `history.json`."""
        self._scalars(history[-1])
        self._writer.flush()
        write_history(self._folder, history)

    def grid(self, step: int, images: Bytes) -> None:
        """Writes generated images, uint8 `[64, H, W, C]`, as `grids/step-000500.png`."""
        grid = grid_image(images, GRID_COLUMNS)
        large = grid.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
        with self._writer.as_default(step):
            tf.summary.image("generated", large[np.newaxis])
        self._writer.flush()
        with whole_files(self._folder / GRIDS_FOLDER) as folder:
            pixels = large[:, :, 0] if large.shape[2] == 1 else large
            Image.fromarray(pixels).save(folder / f"step-{step:06d}.png")

    def close(self) -> None:
        """Writes what is still buffered."""
        self._writer.close()

    def _scalars(self, row: dict[str, Any]) -> None:
        with self._writer.as_default(row["step"]):
            for name, value in row.items():
                if name not in ("step", "epoch", "seconds"):
                    tf.summary.scalar(name, value)
