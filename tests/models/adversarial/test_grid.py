"""The grid has every image at its place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.adversarial.grid import grid_image


@given(
    st.integers(1, 9), st.integers(1, 4), st.integers(0, 2), st.sampled_from([(2, 3, 1), (3, 2, 3)])
)
def test_each_image_is_at_its_place_and_the_rest_is_white(
    count: int, columns: int, gap: int, shape: tuple[int, int, int]
) -> None:
    images = np.random.default_rng(0).integers(0, 255, (count, *shape)).astype(np.uint8)
    grid = grid_image(images, columns, gap)
    height, width, _ = shape
    rows = -(-count // columns)
    assert grid.shape == (rows * (height + gap) - gap, columns * (width + gap) - gap, shape[2])
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        place = grid[top : top + height, left : left + width]
        np.testing.assert_array_equal(place, image)
        place[:] = 255
    assert (grid == 255).all()
