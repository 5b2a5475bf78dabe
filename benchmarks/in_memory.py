"""What evaluation and batch prediction are measured beside: Keras on arrays in memory."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.classifier import MODEL
from preprocessing.examples import Examples

BATCH = 1024
"""Images a call of the model, there as here; Keras takes 32 by default, which is slower."""


def keras_rate(folder: Path) -> Callable[[], float]:
    """Returns what measures `model.predict`, warmed up, in images a second.

    Args:
        folder: as `write_classifier` wrote it.
    """
    import keras

    examples = Examples(folder / "examples")
    layout = examples.info.layout("validation")
    pixels = np.concatenate([layout.images(shard) for shard in examples.open("validation")])
    images = pixels.reshape(-1, *examples.info.image_shape)
    network = keras.saving.load_model(folder / MODEL / "network.keras", compile=False)

    def rate() -> float:
        start = time.perf_counter()
        network.predict(images, batch_size=BATCH, verbose=0)
        return len(images) / (time.perf_counter() - start)

    rate()
    return rate
