"""The preprocessing of the GAN challenge, by the names that its parameters have everywhere."""

from collections.abc import Sequence

from preprocessing.examples import ExamplesInfo
from preprocessing.gan import MNIST_SIZE
from preprocessing.preprocess import preprocess
from preprocessing.split_sizes import SplitSizes


def preprocess_gan(
    source: str,
    examples_folder: str,
    transform_folder: str,
    *,
    train_images: int,
    validation_images: int,
    test_images: int,
    seed: int,
    shard_size: int,
    max_bad_fraction: float,
    crop: float,
    use_mnist: bool,
    source_fingerprint: str,
    beam_args: Sequence[str] = (),
) -> ExamplesInfo:
    """Turns faces or digits into examples and a transform graph.

    `train_images`, `validation_images` and `test_images` are the sizes of the splits; with
    `use_mnist` images have MNIST's 28x28 pixels, without it the challenge's 50x50. For all else,
    with what is returned and raised, see `preprocessing.preprocess.preprocess`.
    """
    return preprocess(
        source,
        examples_folder,
        transform_folder,
        "gan",
        sizes=SplitSizes(train_images, validation_images, test_images, unit="images"),
        seed=seed,
        shard_size=shard_size,
        image_size=MNIST_SIZE if use_mnist else 0,
        crop=crop,
        max_bad_fraction=max_bad_fraction,
        source_fingerprint=source_fingerprint,
        beam_args=beam_args,
    )
