"""Step 1 of the GAN challenge: faces or digits -> examples and transform graph."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def preprocess_gan(
    examples: dsl.Output[dsl.Dataset],
    transform: dsl.Output[dsl.Artifact],
    source: str,
    source_fingerprint: str,
    train_images: int,
    validation_images: int,
    test_images: int,
    seed: int,
    shard_size: int,
    max_bad_fraction: float,
    crop: float,
    use_mnist: bool,
    beam_args: list[str],
) -> None:
    """Writes TFRecord examples and a tf.Transform graph; see `preprocessing.preprocess_gan`."""
    from components.location import location
    from components.step import step
    from preprocessing.preprocess_gan import preprocess_gan

    with step():
        info = preprocess_gan(
            source,
            location(examples),
            location(transform),
            train_images=train_images,
            validation_images=validation_images,
            test_images=test_images,
            seed=seed,
            shard_size=shard_size,
            max_bad_fraction=max_bad_fraction,
            crop=crop,
            use_mnist=use_mnist,
            source_fingerprint=source_fingerprint,
            beam_args=beam_args,
        )
    for name, split in info.splits.items():
        examples.metadata[name] = split.examples
    examples.metadata["bad_images"] = len(info.bad_images)
