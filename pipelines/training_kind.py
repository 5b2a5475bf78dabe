"""What a pipeline trains, a classifier or a GAN, and how its parameters are tried before."""

import importlib
from dataclasses import dataclass

from models.adversarial.options import AdversarialOptions
from models.options import Options
from models.training_options import TrainingOptions
from pipelines.variants import base_of


@dataclass(frozen=True)
class TrainingKind:
    """What the two kinds of training have different before they begin.

    Attributes:
        options: checks the parameters that have its fields' names.
        losses: module of the losses.
        check: module that tries a participant's network and loss, in a process of its own.
    """

    options: type[Options]
    losses: str
    check: str


CLASSIFICATION = TrainingKind(TrainingOptions, "models.losses", "models.check")
ADVERSARIAL = TrainingKind(
    AdversarialOptions, "models.adversarial.losses", "models.adversarial.check"
)


def training_kind(pipeline: str) -> TrainingKind:
    """Returns the `TRAINING` of a pipeline's file; classification where it names none."""
    module = importlib.import_module(f"pipelines.{base_of(pipeline)}")
    kind: TrainingKind = getattr(module, "TRAINING", CLASSIFICATION)
    return kind
