"""Quick, Draw!: ten classes of drawings."""

from kfp.dsl.base_component import BaseComponent

from pipelines.classification import classification_pipeline
from pipelines.target import Target


def build(target: Target) -> BaseComponent:
    """Returns the pipeline: bitmaps of drawings to a submission, a class for each drawing."""
    return classification_pipeline(
        target,
        challenge="quickdraw",
        description="Quick, Draw!: bitmaps of drawings to a submission, a class for each drawing.",
    )
