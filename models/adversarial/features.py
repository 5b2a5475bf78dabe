"""Features of images that need no download: the answers of a fixed random network.

Two layers of 32 random 5x5 filters with stride 2 and a leaky ReLU; the features are the mean and
the standard deviation of each filter's answers over the image. Random networks order generators
much as trained ones do where none of the domain is at hand (Naeem et al. 2020,
https://arxiv.org/abs/2002.09797). Measured on faces and digits against deeper networks, and
against means over the parts of an image: these tell best blurs, noise and a GAN's images from real
ones, and a few images from many. They see strokes and textures, not who it is. 64 of them, so
that the covariance of a few hundred images is one; leaky, so that none is silent on real images
and loud on others. The weights never change: distances of two evaluations can be compared.
"""

import numpy as np
import numpy.typing as npt

from preprocessing.records import Bytes

Floats = npt.NDArray[np.float64]

FEATURES = 64

_FILTERS, _SIZE, _STRIDE, _LEAK = 32, 5, 2, 0.2
_SEED = 0
_BATCH = 256


class RandomFeatures:
    """Features as deviations from those of reference images: means 0, variances 1.

    Args:
        reference: real images, uint8 `[N, H, W, C]`, H and W 13 at least.
    """

    def __init__(self, reference: Bytes) -> None:
        raw = _answers(reference)
        self._mean = raw.mean(axis=0)
        # The least is for reference images that are all alike.
        self._deviation = np.maximum(raw.std(axis=0), 1e-3)

    def __call__(self, images: Bytes) -> Floats:
        """Returns the features of uint8 images `[N, H, W, C]`: float64 `[N, 64]`."""
        features: Floats = (_answers(images) - self._mean) / self._deviation
        return features


def _answers(images: Bytes) -> Floats:
    rng = np.random.default_rng(_SEED)
    first, second = (_filters(rng, channels) for channels in (images.shape[3], _FILTERS))
    batches = []
    for start in range(0, len(images), _BATCH):
        x = images[start : start + _BATCH].astype(np.float32) / np.float32(127.5) - 1
        x = _layer(_layer(x, first), second)
        answers = x.reshape(len(x), -1, _FILTERS).astype(np.float64)
        batches.append(np.concatenate([answers.mean(axis=1), answers.std(axis=1)], axis=1))
    return np.concatenate(batches)


def _filters(rng: np.random.Generator, channels: int) -> npt.NDArray[np.float32]:
    """Returns filters `[channels * 25, 32]` that keep the variance (He et al. 2015)."""
    inputs = channels * _SIZE * _SIZE
    return rng.normal(0, np.sqrt(2 / inputs), (inputs, _FILTERS)).astype(np.float32)


def _layer(x: npt.NDArray[np.float32], filters: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    windows = np.lib.stride_tricks.sliding_window_view(x, (_SIZE, _SIZE), axis=(1, 2))
    windows = windows[:, ::_STRIDE, ::_STRIDE]
    x = windows.reshape(*windows.shape[:3], -1) @ filters
    np.maximum(x, np.float32(_LEAK) * x, out=x)
    return x
