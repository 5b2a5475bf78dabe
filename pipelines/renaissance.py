"""Renaissance: all the classes of Quick, Draw!, 345 in the public data."""

from kfp.dsl.base_component import BaseComponent

from pipelines.classification import Defaults, classification_pipeline
from pipelines.target import Target


def build(target: Target) -> BaseComponent:
    """Returns the pipeline: bitmaps of drawings to a submission, and to TensorFlow Lite."""
    return classification_pipeline(
        target,
        challenge="renaissance",
        description="Renaissance: all classes of drawings to a submission and a model for phones.",
        defaults=Defaults(model="Renaissance", batch_size=256, epochs=20, learning_rate_decay=0.9),
        lite=True,
    )
