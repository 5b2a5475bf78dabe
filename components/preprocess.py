"""Step 1: raw data -> examples and transform graph."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def preprocess(
    examples: dsl.Output[dsl.Dataset],
    transform: dsl.Output[dsl.Artifact],
    challenge: str,
    source: str,
    source_fingerprint: str,
    train_per_class: int,
    validation_per_class: int,
    test_per_class: int,
    seed: int,
    shard_size: int,
    image_size: int,
    max_bad_fraction: float,
    full_pass: bool,
    compression: str,
    beam_args: list[str],
) -> None:
    """Writes TFRecord examples and a tf.Transform graph; see `preprocessing.preprocess`."""
    from components.location import location
    from components.step import step
    from preprocessing.preprocess import preprocess
    from preprocessing.split_sizes import SplitSizes

    with step():
        info = preprocess(
            source,
            location(examples),
            location(transform),
            challenge,
            sizes=SplitSizes(train_per_class, validation_per_class, test_per_class),
            seed=seed,
            shard_size=shard_size,
            image_size=image_size,
            max_bad_fraction=max_bad_fraction,
            full_pass=full_pass,
            compression=compression,
            source_fingerprint=source_fingerprint,
            beam_args=beam_args,
        )
    for name, split in info.splits.items():
        examples.metadata[name] = split.examples
    examples.metadata["classes"] = len(info.class_names)
    examples.metadata["bad_images"] = len(info.bad_images)
