"""What a GAN's training leaves to look at: TensorBoard logs, `history.json` and grids."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from models.adversarial.grid import grid_image
from models.adversarial.state import AdversarialState
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
        kept: a folder that outlives an interrupted training; gets the grids too.
        state: how far the training is.
    """

    def __init__(self, folder: str | Path, kept: str | Path, state: AdversarialState) -> None:
        self._folder = Path(folder)
        self._grids = Path(kept) / GRIDS_FOLDER
        logs = self._folder / LOGS_FOLDER
        new = not logs.exists()
        self._writer = tf.summary.create_file_writer(str(logs / "train"))
        if new and state.step:  # a resumed run writes into a new folder under KFP
            self._take_on(state)

    def row(self, row: dict[str, Any]) -> None:
        """Adds a row of the history to TensorBoard's logs."""
        with self._writer.as_default(row["step"]):
            for name, value in row.items():
                if name not in ("step", "epoch", "seconds"):
                    tf.summary.scalar(name, value)

    def write(self, history: list[dict[str, Any]]) -> None:
        """Writes `history.json` and what is still buffered."""
        self._writer.flush()
        write_history(self._folder, history)

    def grid(self, step: int, images: Bytes) -> None:
        """Writes generated images, uint8 `[64, H, W, C]`, as `grids/step-000500.png`."""
        grid = grid_image(images, GRID_COLUMNS)
        large = grid.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
        png = tf.io.encode_png(large).numpy()
        _write(png, step, self._grids)
        self._show(png, step)

    def close(self) -> None:
        """Writes what is still buffered."""
        self._writer.close()

    def _take_on(self, state: AdversarialState) -> None:
        """Writes rows and grids of the training so far."""
        for row in state.history:
            self.row(row)
        grids = {int(path.stem[5:]): path for path in self._grids.glob("step-*.png")}
        for step in sorted(grids):
            if step <= state.step:
                self._show(grids[step].read_bytes(), step)
        self.write(state.history)

    def _show(self, png: bytes, step: int) -> None:
        """Writes a grid into the model's folder and TensorBoard's logs."""
        _write(png, step, self._folder / GRIDS_FOLDER)
        with self._writer.as_default(step):
            tf.summary.image("generated", tf.io.decode_png(png)[tf.newaxis])


def _write(png: bytes, step: int, grids: Path) -> None:
    with whole_files(grids) as folder:
        (folder / f"step-{step:06d}.png").write_bytes(png)
