"""The parameters of a GAN's training."""

from dataclasses import dataclass

from models.options import Options
from preprocessing.errors import InputError


@dataclass(frozen=True)
class AdversarialOptions(Options):
    """How to train. At least one of `epochs` and `max_steps` limits the training.

    Attributes:
        model: networks of the challenge, or `path/to/mine.py:MyGan`.
        loss: a loss of `models.adversarial.losses`, or `path/to/mine.py:MyLoss`.
        batch_size: real images a step, and as many generated ones.
        epochs: rounds through the training examples at most; 0 for no limit.
        max_steps: steps at most; 0 for no limit.
        learning_rate: of both networks' Adam.
        beta_1: Adam's; 0.5 instead of the usual 0.9 as in Radford et al. 2016, arXiv:1511.06434.
        augment: mirror half of the real images left to right, at random.
        seed: of the weights, the order of the examples, the noise and all else that is random.
        start_new_model: discard the checkpoints of an earlier, interrupted training.
        export_model_steps: every this many steps, export to `export/step_N` and write a grid of
            images; 0 for only at the end.
        checkpoint_dir: folder of the checkpoints; empty for `checkpoints` in the model's folder.
        checkpoint_seconds: seconds between checkpoints.

    Raises:
        InputError: a value is out of range.
    """

    model: str = "Dcgan"
    loss: str = "CrossEntropy"
    batch_size: int = 32
    epochs: int = 0
    max_steps: int = 2_000
    learning_rate: float = 0.0005
    beta_1: float = 0.5
    augment: bool = True
    seed: int = 0
    start_new_model: bool = False
    export_model_steps: int = 500
    checkpoint_dir: str = ""
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        self.expect_whole("batch_size", least=1)
        self.expect_whole("epochs", "max_steps", "export_model_steps", least=0)
        self.expect_seed()
        self.expect_positive("learning_rate", "checkpoint_seconds")
        self.expect("beta_1", "a number from 0 to less than 1", lambda v: 0 <= v < 1)
        if not self.epochs and not self.max_steps:
            raise InputError("epochs=0 and max_steps=0: nothing ends the training; set one of them")

    def steps(self, epoch_batches: int) -> int:
        """Returns how many steps the training has, with `epoch_batches` an epoch."""
        limits = (self.epochs * epoch_batches, self.max_steps)
        return min(limit for limit in limits if limit)
