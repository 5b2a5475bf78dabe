"""Cats vs Dogs: photos of any size."""

from kfp.dsl.base_component import BaseComponent

from pipelines.classification import Defaults, classification_pipeline
from pipelines.target import Target


def build(target: Target) -> BaseComponent:
    """Returns the pipeline: photos, in folders, zip files or TFRecords, to a submission."""
    return classification_pipeline(
        target,
        challenge="cats_vs_dogs",
        description="Cats vs Dogs: photos to a submission, 0 for a cat and 1 for a dog.",
        defaults=Defaults(
            train_per_class=0,
            batch_size=32,
            epochs=60,
            learning_rate=0.002,
            learning_rate_decay=0.96,
            patience=15,
        ),
    )
