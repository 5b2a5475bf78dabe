"""How far a training is: everything of it that is not an array."""

import math
import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class TrainingState:
    """Written into every checkpoint.

    Attributes:
        epoch: epochs trained and validated.
        batch: batches trained of the epoch after these.
        step: batches trained in all.
        seconds: time that these took, validation included, over all runs.
        batch_seconds: time that the batches of this epoch took.
        history: one row an epoch: `epoch` (from 1), `steps`, `loss`, `hit_at_1`, `gap`, `val_loss`,
            `val_hit_at_1`, `val_gap`, `learning_rate`, `seconds`, `examples_per_second`.
        training_values: loss and metrics of this epoch's batches so far.
        interruptions: how often a training went on from a checkpoint; one that ended before the
            next checkpoint is counted with the next that does not.
        seconds_lost: wall time from the last checkpoint before each interruption to going on.
        saved_at: when this was written, in seconds since 1970.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    seconds: float = 0.0
    batch_seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)
    training_values: dict[str, float] = field(default_factory=dict)
    interruptions: int = 0
    seconds_lost: float = 0.0
    saved_at: float = field(default_factory=time.time)

    def go_on(self) -> None:
        """Counts the interruption after which a training goes on from here, now."""
        self.interruptions += 1
        self.seconds_lost += max(0.0, time.time() - self.saved_at)  # clocks of machines differ

    @property
    def best(self) -> dict[str, Any] | None:
        """The row of the epoch with the smallest validation loss, the earliest of equals."""
        comparable = [row for row in self.history if math.isfinite(row["val_loss"])]
        return min(comparable, key=lambda row: row["val_loss"], default=None)

    def finished(self, epochs: int, max_steps: int, patience: int) -> bool:
        """Says whether nothing is left to train."""
        if self.epoch >= epochs or (max_steps and self.step >= max_steps and not self.batch):
            return True
        best = self.best
        return self.epoch - (best["epoch"] if best else 0) >= patience

    def to_json(self) -> dict[str, Any]:
        """Returns JSON values, as of now, that `TrainingState(**values)` makes again."""
        self.saved_at = time.time()
        return asdict(self)
