"""Any number of drawings, in the layout of Quick, Draw!'s bitmaps, to measure with."""

from pathlib import Path

import numpy as np

from preprocessing.samples.quickdraw import write_sample

CLASSES = 10
_DIFFERENT = 1_000  # drawings a class


def write_drawings(folder: Path, count: int) -> None:
    """Writes ten files of the names and the layout of the sample data, uint8 `[count / 10, 784]`.

    Each class repeats a thousand drawings. That makes nothing faster: what compresses the
    examples looks back 32 KB, which is 41 of them.

    Args:
        folder: is made.
        count: drawings in all, a multiple of 10.
    """
    write_sample(folder, _DIFFERENT)
    for path in folder.iterdir():
        few = np.load(path)
        with path.open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": (count // CLASSES, 784)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, count // CLASSES, _DIFFERENT):
                few[: count // CLASSES - start].tofile(file)
