"""Tiny data of the real shape, for all tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

REAL_DATA = Path(__file__).parent.parent.parent / "shared" / "data"

WriteBitmaps = Callable[..., Path]


@pytest.fixture(scope="session")
def write_bitmaps() -> WriteBitmaps:
    """Returns a function that writes a folder of `numpy_bitmap` files."""

    def write(folder: Path, rows: dict[str, int], seed: int = 0) -> Path:
        """Writes `<folder>/<class>.npy`: a blot whose place tells the class; no two are equal."""
        generator = np.random.default_rng(seed)
        folder.mkdir(parents=True, exist_ok=True)
        for label, (name, count) in enumerate(rows.items()):
            images = generator.integers(0, 60, (count, 28, 28), dtype=np.uint8)
            row, column = divmod(label, 3)
            images[:, 2 + 9 * row : 8 + 9 * row, 2 + 9 * column : 8 + 9 * column] += 150
            np.save(folder / f"{name}.npy", images.reshape(count, 784))
        return folder

    return write


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Returns the folder of real data; skips the test where it is not beside the checkout."""
    if not REAL_DATA.is_dir():
        pytest.skip("needs the real data in ../shared/data")
    return REAL_DATA
