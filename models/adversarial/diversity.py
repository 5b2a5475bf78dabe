"""How different images are from one another."""

import numpy as np

from preprocessing.records import Bytes


def mean_difference(images: Bytes) -> float:
    """Returns the mean absolute difference of a pixel, 0 to 255, over all pairs of images.

    Pixel by pixel, the sum over pairs follows from the sorted values x_0 to x_(n-1): each is the
    larger one of k pairs and the smaller one of n - 1 - k, so it is the sum of (2k - n + 1) x_k.

    Args:
        images: uint8 `[N, ...]`, two at least.
    """
    count = len(images)
    pixels = np.sort(images.reshape(count, -1), axis=0)
    total = (2 * np.arange(count) - count + 1.0) @ pixels
    return float(total.mean() / (count * (count - 1) / 2))
