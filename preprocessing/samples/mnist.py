"""Digits drawn by code in the ways that people write them, in the files of MNIST."""

import gzip
import os
from pathlib import Path

import numpy as np
from numpy.random import Generator

from preprocessing.samples.sketches import SIDE, Bitmaps, Hand, Recipe, sketch
from preprocessing.samples.strokes import Stroke, curve
from preprocessing.samples.whole import write_whole

_HAND = Hand(mirrored=False, size=(0.6, 0.68), pen=(7, 14))
# Ways of writing each digit. A way is strokes between bars, a stroke points x y between commas, in
# twentieths of half the digit's height, from its middle to the right and down. The pen goes on
# smoothly through a point, and turns a corner in one that is given twice.
_WAYS = [
    [  # 0: as an oval, with a curl, narrow
        "0 -20, -11 -12, -12 4, -2 20, 10 12, 11 -6, 1 -20",
        "4 -18, -8 -16, -12 2, -2 20, 10 10, 9 -10, 0 -20, -6 -12",
        "0 -20, -7 -8, -6 12, 1 20, 7 8, 6 -12, 0 -20",
    ],
    [  # 1: a line, with a serif, with a foot too
        "0 -20, 0 0, 0 20",
        "1 -20, 0 1, 0 20",
        "-7 -12, 1 -20, 1 -20, 0 20",
        "-6 -13, 0 -20, 0 -20, 0 20 | -8 20, 8 20",
    ],
    [  # 2: with a corner, with a loop, like a z, like a swan
        "-10 -12, -2 -20, 9 -14, 6 -2, -10 18, -10 18, 12 18",
        "-9 -12, 0 -20, 9 -13, 4 2, -7 18, -12 14, -6 10, 2 16, 12 17",
        "-10 -17, 8 -18, 8 -18, -9 18, -9 18, 10 17",
        "-10 -10, -4 -19, 8 -16, 7 -2, -4 12, -10 18, 2 15, 12 20",
    ],
    [  # 3: round, with a flat top, with a loop in the middle
        "-9 -16, 0 -20, 9 -14, 6 -5, -1 -2, -1 -2, 9 4, 9 14, -1 20, -10 15",
        "-10 -19, 9 -19, 9 -19, -2 -4, -2 -4, 9 4, 9 14, -1 20, -10 15",
        "-9 -15, 1 -20, 8 -12, 2 -2, -3 -1, 1 -4, 9 4, 9 14, -1 20, -10 15",
    ],
    [  # 4: open, closed, in one go, with a round cup
        "-8 -18, -10 2, -10 2, 11 2 | 6 -16, 5 20",
        "4 -20, -12 6, -12 6, 12 5 | 4 -20, 5 20",
        "10 4, -10 5, -10 5, 5 -20, 5 -20, 4 20",
        "-9 -18, -8 -3, 1 1, 8 -4 | 9 -20, 8 -4, 5 20",
    ],
    [  # 5: in two strokes, in one, like an s
        "-7 -18, -8 -2, -8 -2, 2 -5, 10 4, 7 16, -2 20, -10 16 | -7 -18, 10 -19",
        "10 -19, -6 -18, -6 -18, -8 -3, -8 -3, 2 -5, 10 4, 7 16, -2 20, -10 16",
        "10 -18, -2 -19, -8 -12, -2 -3, 8 4, 6 16, -2 20, -10 16",
    ],
    [  # 6: bent, straight, closed far up
        "8 -20, -4 -10, -10 4, -8 16, 1 20, 8 13, 4 4, -3 5, -9 12",
        "0 -20, -6 -6, -10 6, -8 16, 1 20, 8 13, 4 4, -3 5, -9 12",
        "4 -20, -8 -6, -9 10, 0 20, 9 10, 2 -1, -8 7",
    ],
    [  # 7: plain, with a bar, with a serif, bent
        "-10 -17, 10 -18, 10 -18, -2 20",
        "-10 -17, 10 -18, 10 -18, -2 20 | -5 1, 9 0",
        "-10 -11, -10 -18, -10 -18, 10 -18, 10 -18, 0 20",
        "-10 -16, -2 -19, 10 -17, 3 -2, -1 20",
    ],
    [  # 8: in one go from the right, from the middle, as two loops
        "8 -15, 0 -20, -8 -12, 0 0, 9 10, 0 20, -9 10, 0 0, 8 -12, 6 -18",
        "7 -18, -4 -19, -7 -10, 4 -1, 8 10, 0 20, -8 12, -2 1, 7 -12, 8 -18",
        "0 -2, -7 -10, 0 -20, 7 -10, 0 -1 | 0 -2, -9 10, 0 20, 9 10, 1 -2",
    ],
    [  # 9: straight, bent, with a hook
        "8 -14, 1 -20, -8 -13, -4 -4, 3 -6, 8 -15, 8 -15, 7 20",
        "8 -14, 1 -20, -8 -13, -4 -4, 3 -6, 8 -15, 8 2, 2 20",
        "8 -14, 1 -20, -8 -13, -4 -4, 3 -6, 8 -15, 9 4, 3 19, -8 16",
    ],
]


def _recipe(digit: int) -> Recipe:
    ways = [[_points(stroke) for stroke in way.split("|")] for way in _WAYS[digit]]

    def recipe(rng: Generator) -> list[Stroke]:
        way = ways[int(len(ways) * rng.random())]
        width, slant = rng.normal((1.25, -0.15), (0.28, 0.25))
        return [_slanted(curve(_by_hand(rng, points)), max(width, 0.8), slant) for points in way]

    return recipe


def _points(stroke: str) -> Stroke:
    pairs = [point.split() for point in stroke.split(",")]
    return np.array([complex(int(x), int(y)) / 20 for x, y in pairs])


def _by_hand(rng: Generator, points: Stroke) -> Stroke:
    """Points missed a little; a corner stays one."""
    missed = points + 0.1 * rng.normal(size=(len(points), 2)).view(np.complex128)[:, 0]
    corner = np.flatnonzero(points[1:] == points[:-1])
    missed[corner + 1] = missed[corner]
    return missed


def _slanted(stroke: Stroke, width: float, slant: float) -> Stroke:
    return width * stroke.real + slant * stroke.imag + 1j * stroke.imag


def write_sample(
    folder: str | os.PathLike[str],
    train_per_class: int = 600,
    test_per_class: int = 100,
    seed: int = 0,
) -> None:
    """Writes the four files of MNIST, with digits drawn by code in random order.

    Images are uint8 `[N, 28, 28]`, 0 = paper, 255 = ink, labels uint8 `[N]`, N ten times a class's
    digits; both in idx files (http://yann.lecun.com/exdb/mnist) that are gzipped. A file appears
    when it is whole. The same arguments give the same bytes.

    Args:
        folder: where to; made if missing. Files of these names are replaced.
        train_per_class: digits of each class in `train-*`, at least 1.
        test_per_class: digits of each class in `t10k-*`, at least 1.
        seed: of the random numbers; another one gives other drawings.

    Raises:
        ValueError: if a count is less than 1 or `seed` is negative.
        OSError: if the folder cannot be written.
    """
    counts = {"train": train_per_class, "t10k": test_per_class}
    if min(counts.values()) < 1:
        raise ValueError(
            f"train_per_class and test_per_class must be at least 1, "
            f"not {train_per_class} and {test_per_class}"
        )
    Path(folder).mkdir(parents=True, exist_ok=True)
    for split, (name, count) in enumerate(counts.items()):
        rng = np.random.default_rng((seed, split))
        digits = [sketch(rng, _recipe(digit), count, _HAND) for digit in range(10)]
        order = rng.permutation(10 * count)
        images = np.concatenate(digits)[order].reshape(-1, SIDE, SIDE)
        labels = (order // count).astype(np.uint8)
        write_whole(Path(folder, f"{name}-images-idx3-ubyte.gz"), _idx(images))
        write_whole(Path(folder, f"{name}-labels-idx1-ubyte.gz"), _idx(labels))


def _idx(array: Bitmaps) -> bytes:
    """A gzipped idx file: two zeros, 8 for uint8, the rank, the big-endian shape, the values."""
    header = np.array([8 << 8 | array.ndim, *array.shape], ">u4")
    return gzip.compress(header.tobytes() + array.tobytes(), compresslevel=6, mtime=0)
