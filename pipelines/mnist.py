"""MNIST: handwritten digits."""

from kfp.dsl.base_component import BaseComponent

from pipelines.classification import Defaults, classification_pipeline
from pipelines.target import Target


def build(target: Target) -> BaseComponent:
    """Returns the pipeline: digits, as idx files or TFRecords, to a submission."""
    return classification_pipeline(
        target,
        challenge="mnist",
        description="MNIST: handwritten digits to a submission, a digit for each image.",
        defaults=Defaults(
            train_per_class=0,
            validation_per_class=500,
            test_per_class=500,
            epochs=8,
            learning_rate_decay=0.65,
        ),
    )
