"""The noise between four corners, to see how one image turns into another."""

import numpy as np

from models.battle.contract import Floats


def between(corners: Floats, side: int = 10) -> Floats:
    """Returns the bilinear interpolation of four noises as a square, row by row.

    Args:
        corners: noise `[4, 100]`: top left, top right, bottom left, bottom right.
        side: rows and columns of the square.

    Returns:
        Noise `[side * side, 100]`; what lies between numbers of [-1, 1] does so too.
    """
    right = np.linspace(0, 1, side, dtype=np.float32)
    down = right[:, None]
    weights = np.stack(
        [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], axis=-1
    )
    noise: Floats = weights.reshape(side * side, 4) @ corners
    return np.clip(noise, -1, 1)
