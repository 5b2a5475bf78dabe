"""Whether images are copies of training images: each is compared with all of these.

An image near to its nearest training image need not be a copy: a blurred mean is near to all of
them. So the nearest is held against the fifth nearest, as Yoon et al. 2023 ("Diffusion
probabilistic models generalize when they fail to memorize") hold it against the second; the fifth,
because training images may come twice. Measured on faces and digits: real images that were held
out, blurs, means and noise have ratios of 0.5 to 1; training images 0, and with noise of a tenth
of the range under 0.5.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from preprocessing.examples import Examples
from preprocessing.records import Bytes

COPY_BELOW = 0.5
"""The ratio of the nearest distance to the fifth nearest under which an image is a copy."""

MEMORISES_ABOVE = 0.05
"""The share of copies, over that of held-out real images, from which a generator memorises."""

_KTH = 5
_BLOCK = 1024

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Nearest:
    """The training images nearest to some images.

    Attributes:
        records: int `[N]`, which of the training split, counted over all shards.
        mirrored: bool `[N]`, whether it is the training image's mirror image that is nearest.
        distances: float `[N]`, 0 for the same image, 1.41 for one that has nothing to do with it,
            2 for the negative; brightness and contrast do not count.
        ratios: float `[N]`, the distance over that of the fifth nearest training image.
    """

    records: npt.NDArray[np.int64]
    mirrored: npt.NDArray[np.bool_]
    distances: Floats
    ratios: Floats

    @property
    def copies(self) -> float:
        """The share of the images that are copies."""
        return float((self.ratios < COPY_BELOW).mean())


def nearest_training_images(images: Bytes, examples: Examples) -> Nearest:
    """Finds the nearest training image of each image, mirror images too.

    Memory holds a block of the training split, and five distances an image.

    Args:
        images: uint8 `[N, H, W, C]`.
        examples: with a training split of two images at least.
    """
    queries = np.concatenate([_normalised(images), _normalised(images[:, :, ::-1])])
    count, seen = len(images), 0
    best = np.full(count, -2, np.float32)
    records, mirrored = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    highest = np.full((count, _KTH), -2, np.float32)
    layout = examples.info.layout("train")
    for shard in examples.open("train"):
        for start in range(0, len(shard), _BLOCK):
            block = layout.images(shard[start : start + _BLOCK])
            alike = queries @ _normalised(block.reshape(-1, *examples.info.image_shape)).T
            plain, mirror = alike[:count], alike[count:]
            either = np.maximum(plain, mirror)
            at = either.argmax(axis=1)
            rows = np.arange(count)
            nearer = either[rows, at] > best
            best[nearer] = either[rows, at][nearer]
            records[nearer] = seen + at[nearer]
            mirrored[nearer] = (mirror > plain)[rows, at][nearer]
            together = np.concatenate([highest, either], axis=1)
            highest = np.partition(together, -_KTH, axis=1)[:, -_KTH:]
            seen += len(block)
    kth = min(_KTH, seen)
    distances, others = _distance(best), _distance(np.sort(highest, axis=1)[:, -kth])
    ratios = distances / np.maximum(others, np.float32(1e-6))
    return Nearest(records, mirrored, distances, ratios.astype(np.float32))


def _distance(alike: Floats) -> Floats:
    distances: Floats = np.sqrt(np.maximum(2 - 2 * alike, 0))
    distances[distances < 2e-3] = 0  # rounding, whose root is not small
    return distances


def _normalised(images: Bytes) -> Floats:
    """Returns vectors `[N, pixels / 4]` of length 1 and mean 0; of length 0 for an even image.

    Pixels are averaged by fours, which takes half of a noise away.
    """
    height, width = images.shape[1] // 2 * 2, images.shape[2] // 2 * 2
    fours = images[:, :height, :width].astype(np.float32)
    fours = fours.reshape(len(images), height // 2, 2, width // 2, 2, -1).mean(axis=(2, 4))
    vectors: Floats = fours.reshape(len(images), -1)
    vectors -= vectors.mean(axis=1, keepdims=True)
    one_level = np.sqrt(np.float32(vectors.shape[1]))  # less is an even image
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), one_level)
    return vectors
