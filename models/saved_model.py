"""A classifier as it ships: a SavedModel, loaded without the project's code."""

from pathlib import Path

import numpy as np

from models.ranking import Floats
from preprocessing.errors import InputError
from preprocessing.records import Bytes

SIGNATURE = "predict_images"


class SavedClassifier:
    """The signature `predict_images` of a SavedModel, as a function of arrays.

    Args:
        path: folder of the SavedModel. The signature takes `image`, uint8 `[None, height, width,
            channels]`, and returns `probabilities`, float32 `[None, classes]`.

    Raises:
        InputError: there is no SavedModel, or not with this signature.
    """

    def __init__(self, path: Path) -> None:
        if not (path / "saved_model.pb").is_file():
            raise InputError(
                f"{path}: no SavedModel here; train the model again, or name its folder"
            )
        import tensorflow as tf

        self._path = path
        self._constant = tf.constant
        self._model = tf.saved_model.load(str(path))
        signatures = self._model.signatures
        if SIGNATURE not in signatures:
            raise InputError(
                f"{path}: no signature {SIGNATURE!r}, only {', '.join(signatures) or 'none'};"
                " export the model with this version"
            )
        signature = signatures[SIGNATURE]
        self._specs = {**signature.structured_input_signature[1], **signature.structured_outputs}

    @property
    def shapes(self) -> dict[str, list[int | None]]:
        """The shape of each input and output, by name; None where any size will do."""
        return {name: spec.shape.as_list() for name, spec in self._specs.items()}

    def fits(self, image_shape: tuple[int, ...], classes: int) -> bool:
        """Says whether it takes such images and knows so many classes."""
        expected = self.expected(image_shape, classes)
        return self._specs.keys() == expected.keys() and all(
            self._specs[name].shape.is_compatible_with(shape) for name, shape in expected.items()
        )

    @staticmethod
    def expected(image_shape: tuple[int, ...], classes: int) -> dict[str, list[int | None]]:
        """Returns the shapes that `fits` asks for."""
        return {"image": [None, *image_shape], "probabilities": [None, classes]}

    def predict(self, images: Bytes) -> Floats:
        """Returns the probabilities `[n, classes]` of images `[n, height, width, channels]`.

        Raises:
            InputError: they are not finite.
        """
        # Through the model: a signature alone does not keep its variables alive.
        outputs = self._model.signatures[SIGNATURE](image=self._constant(images))
        probabilities: Floats = outputs["probabilities"].numpy()
        if not np.isfinite(probabilities).all():
            raise InputError(
                f"{self._path}: this model gives probabilities that are not finite, so its training"
                " diverged; train again with a smaller learning rate"
            )
        return probabilities
