"""Many images as one: a grid, to see at a glance what a generator makes."""

import numpy as np

from preprocessing.records import Bytes


def grid_image(images: Bytes, columns: int, gap: int = 2) -> Bytes:
    """Returns images side by side, row by row, with white between them and in empty places.

    Args:
        images: uint8 `[N, H, W, C]`, one at least.
        columns: images a row.
        gap: pixels between two images.

    Returns:
        uint8 `[rows * (H + gap) - gap, columns * (W + gap) - gap, C]`.
    """
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + gap, width + gap, channels), 255, np.uint8)
    cells[:count, :height, :width] = images
    grid = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    grid = grid.reshape(rows * (height + gap), columns * (width + gap), channels)
    return grid[: len(grid) - gap, : grid.shape[1] - gap]
