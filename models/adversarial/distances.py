"""How far two sets of features are apart: the Frechet and the kernel distance."""

import numpy as np

from models.adversarial.features import Floats


def frechet_distance(first: Floats, second: Floats) -> float:
    """Returns the squared Frechet distance of two Gaussians fitted to the features.

    `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`: Heusel et al. 2017,
    https://arxiv.org/abs/1706.08500, equation 6. Few examples make it too large, so it is read
    beside the distance of two sets of real ones of that size.

    Args:
        first: features `[N, F]`, two rows at least.
        second: features `[M, F]`, two rows at least.
    """
    difference = first.mean(axis=0) - second.mean(axis=0)
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    # C1 C2 has the eigenvalues of the symmetric C1^(1/2) C2 C1^(1/2).
    values, vectors = np.linalg.eigh(np.atleast_2d(one))
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    product = np.linalg.eigvalsh(root @ np.atleast_2d(other) @ root)
    common = np.sqrt(np.maximum(product, 0)).sum()
    distance = difference @ difference + np.trace(np.atleast_2d(one + other)) - 2 * common
    return max(float(distance), 0.0)


def kernel_distance(first: Floats, second: Floats) -> float:
    """Returns the unbiased estimate of the squared maximum mean discrepancy of the features.

    With the kernel `(x.y / F + 1)^3`: Binkowski et al. 2018, https://arxiv.org/abs/1801.01401,
    section 4. Its mean is 0 for two sets of one distribution, so it may fall below.

    Args:
        first: features `[N, F]`, two rows at least.
        second: features `[M, F]`, two rows at least.
    """
    return float(_mean_of_pairs(first) + _mean_of_pairs(second) - 2 * _kernel(first, second).mean())


def _kernel(first: Floats, second: Floats) -> Floats:
    kernel: Floats = (first @ second.T / first.shape[1] + 1) ** 3
    return kernel


def _mean_of_pairs(features: Floats) -> Floats:
    kernel, count = _kernel(features, features), len(features)
    mean: Floats = (kernel.sum() - np.trace(kernel)) / (count * (count - 1))
    return mean
