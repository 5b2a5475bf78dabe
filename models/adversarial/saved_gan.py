"""A trained GAN, loaded from its SavedModel: it generates images and judges them, in batches."""

from pathlib import Path
from typing import Any

import numpy as np

from models.battle.contract import (
    NOISE_NUMBERS,
    BrokenRule,
    Floats,
    as_bytes,
    as_floats,
    check_images,
    check_probabilities,
)
from preprocessing.errors import InputError
from preprocessing.records import Bytes

_BATCH = 256


class SavedGan:
    """The two signatures of `models.battle.contract`, of a model that is trusted.

    Args:
        path: the SavedModel.
        image_shape: (height, width, channels) of the images it was trained on.

    Raises:
        InputError: there is no SavedModel, or its signatures are not those of the contract.
    """

    def __init__(self, path: Path, image_shape: tuple[int, int, int]) -> None:
        if not (path / "saved_model.pb").is_file():
            raise InputError(
                f"{path}: no SavedModel here; train the model again, or name its folder"
            )
        import tensorflow as tf

        self._path, self._image_shape = path, image_shape
        self._model = tf.saved_model.load(str(path))
        pixels = int(np.prod(image_shape))
        self._check_signature("generate", "noise", NOISE_NUMBERS, "generated_images")
        self._check_signature("discriminate", "input_batch_raw", pixels, "p_for_data")

    def generate(self, noise: Floats) -> Bytes:
        """Returns an image for each row of noise `[N, 100]`: uint8 `[N, H, W, C]`.

        Raises:
            InputError: the answer breaks a rule of the contract.
        """
        pixels = int(np.prod(self._image_shape))
        batches = []
        for start in range(0, len(noise), _BATCH):
            batch = noise[start : start + _BATCH]
            answer = self._ask("generate", "noise", batch, "generated_images")
            broken = check_images(answer, len(batch), pixels)
            # One image for all noise is for the evaluation to tell, among other collapses.
            self._refuse([one for one in broken if one.rule != "same image"])
            batches.append(as_bytes(answer))
        return np.concatenate(batches).reshape(-1, *self._image_shape)

    def discriminate(self, images: Bytes) -> Floats:
        """Returns the probability that each image `[N, H, W, C]` is real: float32 `[N]`.

        Raises:
            InputError: the answer breaks a rule of the contract.
        """
        batches = []
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            rows = as_floats(batch.reshape(len(batch), -1))
            answer = self._ask("discriminate", "input_batch_raw", rows, "p_for_data")
            self._refuse(check_probabilities(answer, len(batch)))
            batches.append(np.clip(answer[:, 0], 0, 1))
        return np.concatenate(batches)

    def _ask(self, signature: str, argument: str, values: Floats, output: str) -> Any:
        import tensorflow as tf

        # Through the model: a signature alone does not keep its variables alive.
        return self._model.signatures[signature](**{argument: tf.constant(values)})[output].numpy()

    def _check_signature(self, name: str, argument: str, numbers: int, output: str) -> None:
        wanted = f"{name}({argument} float32[None, {numbers}]) -> {output}"
        if name not in self._model.signatures:
            found = ", ".join(self._model.signatures) or "none"
            raise InputError(
                f"{self._path}: no signature {wanted}, only {found}; export the model with this"
                " version"
            )
        signature = self._model.signatures[name]
        arguments = signature.structured_input_signature[1]
        if (
            arguments.keys() != {argument}
            or arguments[argument].dtype != np.float32
            or not arguments[argument].shape.is_compatible_with([None, numbers])
            or output not in signature.structured_outputs
        ):
            found = ", ".join(f"{one.name} {one.shape}" for one in arguments.values())
            raise InputError(
                f"{self._path}: {name} takes {found} and gives"
                f" {', '.join(signature.structured_outputs)}; expected {wanted}: evaluate on the"
                " examples that the model was trained on"
            )

    def _refuse(self, broken: list[BrokenRule]) -> None:
        if broken:
            told = "; ".join(one.told for one in broken)
            raise InputError(f"{self._path}: {told}; mend the networks and train again")
