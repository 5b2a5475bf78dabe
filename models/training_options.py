"""The parameters of a training."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from models.options import Options
from preprocessing.errors import InputError


@dataclass(frozen=True)
class TrainingOptions(Options):
    """How to train. The defaults serve thousands of examples as well as millions.

    Attributes:
        model: a network of the challenge, or `path/to/mine.py:MyNet`.
        model_arguments: arguments of the network's `__init__`, such as `{"units": 512}`.
        loss: a loss of `models.losses`, or `path/to/mine.py:MyLoss`.
        weights: file or URI of the weights that the network starts from; "" for none.
        batch_size: examples a step, over all accelerators of all machines together.
        epochs: rounds through the training examples at most.
        max_steps: steps at most; 0 for no limit.
        learning_rate: of the first step.
        learning_rate_decay: what the learning rate is multiplied by, smoothly, every
            `learning_rate_decay_examples`.
        learning_rate_decay_examples: how many examples that is; 0 for one epoch's.
        clip_norm: the global norm that gradients are clipped to.
        augment: change training images at random.
        mixed_precision: compute in bfloat16; worth it on an accelerator.
        seed: of the weights, the order of the examples and all else that is random.
        patience: stop after this many epochs without a better validation loss.
        start_new_model: discard the checkpoints of an earlier, interrupted training.
        export_model_steps: export every this many steps to `export/step_N`; 0 for never.
        checkpoint_dir: folder of the checkpoints; empty for `checkpoints` in the model's folder.
        checkpoint_seconds: seconds between checkpoints within an epoch; each epoch ends with one.

    Raises:
        InputError: a value is out of range.
    """

    model: str = "Cnn"
    model_arguments: dict[str, Any] = field(default_factory=dict)
    loss: str = "CrossEntropy"
    weights: str = ""
    batch_size: int = 128
    epochs: int = 12
    max_steps: int = 0
    learning_rate: float = 0.003
    learning_rate_decay: float = 0.8
    learning_rate_decay_examples: int = 0
    clip_norm: float = 1.0
    augment: bool = True
    mixed_precision: bool = False
    seed: int = 0
    patience: int = 5
    start_new_model: bool = False
    export_model_steps: int = 1_000
    checkpoint_dir: str = ""
    checkpoint_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not isinstance(self.model_arguments, dict) or "weights" in self.model_arguments:
            raise InputError(
                f"model_arguments={self.model_arguments}: expected a JSON object of the network's"
                ' arguments, such as {"units": 512}; weights have a parameter of their own'
            )
        self.expect_whole("batch_size", "epochs", "patience", least=1)
        self.expect_whole(
            "max_steps", "learning_rate_decay_examples", "export_model_steps", least=0
        )
        self.expect_seed()
        self.expect_positive("learning_rate", "clip_norm", "checkpoint_seconds")
        self.expect("learning_rate_decay", "a number above 0, 1 at most", lambda v: 0 < v <= 1)

    def tuned(self, found: Mapping[str, Any]) -> "TrainingOptions":
        """Returns these options with what a tuning found.

        Args:
            found: options by name; `model_arguments` are added to those that there are.

        Raises:
            InputError: a value is out of range.
        """
        arguments = {**self.model_arguments, **found.get("model_arguments", {})}
        return replace(self, **{**found, "model_arguments": arguments})
