"""Whether images are copies of training images: each is compared with all of these.

Only the middle of an image is compared, with the middle of each training image as it is and up to
two pixels aside, so that a frame or a small shift hides nothing; nor do a mirror, a negative, a
slope of light, brightness and contrast. Smaller parts, other crops and larger turns are not sought.

An image near to its nearest training image need not be a copy: a blurred mean is near to all of
them. So the nearest is held against the fifth nearest, as Yoon et al. 2023 ("Diffusion
probabilistic models generalize when they fail to memorize") hold it against the second; the fifth,
because training images may come twice. Measured on faces and digits: blurs, means and noise have
ratios of 0.68 to 1, and so have 98 % of the real images that were held out; training images have
0, nearly all of those turned by 5 degrees less than 0.6.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from preprocessing.examples import Examples
from preprocessing.records import Bytes

COPY_BELOW = 0.6
"""The ratio of the nearest distance to the fifth nearest under which an image is a copy."""

MEMORISES_ABOVE = 0.05
"""The share of copies, over that of held-out real images, from which a generator memorises."""

_KTH = 5
_BLOCK = 256

_MARGIN = 0.1  # at each side, of its length: what is not compared
_SHIFT = 2  # pixels to each side

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Nearest:
    """The training images nearest to some images.

    Attributes:
        records: int `[N]`, which of the training split, counted over all shards.
        mirrored: bool `[N]`, whether it is the training image's mirror image that is nearest.
        distances: float `[N]`, 0 for the same image or its negative, 1.41 for one that has nothing
            to do with it.
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
    queries = np.concatenate([_middles(images), _middles(images[:, :, ::-1])])
    count, seen = len(images), 0
    best = np.full(count, -1, np.float32)
    records, mirrored = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    highest = np.full((count, _KTH), -1, np.float32)
    layout = examples.info.layout("train")
    for shard in examples.open("train"):
        for start in range(0, len(shard), _BLOCK):
            block = layout.images(shard[start : start + _BLOCK])
            alike = _alike(queries, block.reshape(-1, *examples.info.image_shape))
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


def _alike(queries: Floats, images: Bytes) -> Floats:
    """Returns how alike middles and images are at the best shift, negatives too: 0 to 1."""
    best = np.zeros((len(queries), len(images)), np.float32)
    shifts = range(-_SHIFT, _SHIFT + 1)
    for down, right in itertools.product(shifts, shifts):
        alike = queries @ _middles(images, down, right).T
        np.maximum(best, np.abs(alike, out=alike), out=best)
    return best


def _middles(images: Bytes, down: int = 0, right: int = 0) -> Floats:
    """Returns the middles of images, moved by some pixels, as vectors `[N, F]`.

    Of length 1, or 0 for an even image, and without the plane that fits best to their brightness.
    Pixels are averaged by fours, which takes half of a noise away.
    """
    rows, columns = _middle(images.shape[1], down), _middle(images.shape[2], right)
    middles = images[:, rows, columns].astype(np.float32)
    height, width = middles.shape[1] // 2, middles.shape[2] // 2
    fours = middles.reshape(len(images), height, 2, width, 2, -1).mean(axis=(2, 4, 5))
    vectors: Floats = fours.reshape(len(images), -1)
    light = _light(height, width)
    vectors -= vectors @ light @ light.T
    one_level = np.sqrt(np.float32(vectors.shape[1]))  # less is an even image
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), one_level)
    return vectors


def _middle(side: int, shift: int) -> slice:
    """Returns the rows or columns of the middle, an even number."""
    margin = max(int(side * _MARGIN), _SHIFT)
    return slice(margin + shift, margin + shift + (side - 2 * margin) // 2 * 2)


def _light(height: int, width: int) -> Floats:
    """Returns an orthonormal base `[height * width, 3]` of all planes of brightness."""
    y, x = np.mgrid[:height, :width].reshape(2, -1).astype(np.float32)
    base: Floats = np.linalg.qr(np.stack([np.ones_like(x), x, y], axis=1))[0]
    return base
