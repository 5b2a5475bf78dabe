"""One random affine change of every training image: shift, turn, scale and mirror together."""

from typing import Any

import keras
from keras import KerasTensor, ops


@keras.saving.register_keras_serializable("challenge_pipelines")
class RandomAffine(keras.layers.Layer):
    """Moves, turns, scales and mirrors each image of a batch at random, in one resampling.

    Takes and returns uint8 `[N, H, W, C]`. Outside of training the images pass unchanged. What
    comes into the picture from beyond its border is black (0).

    Args:
        rotation: largest angle either way, in degrees.
        scale: largest change of width and of height, drawn apart; 0.1 is 0.9 to 1.1.
        shift: largest move either way, as a share of the width and of the height.
        flip: whether half of the images are mirrored left to right.
        seed: seed of the random numbers.
    """

    def __init__(
        self,
        rotation: float = 10.0,
        scale: float = 0.1,
        shift: float = 0.05,
        flip: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rotation = rotation
        self.scale = scale
        self.shift = shift
        self.flip = flip
        self.seed = seed
        self._random = keras.random.SeedGenerator(seed)

    def call(self, images: KerasTensor, training: bool = False) -> KerasTensor:
        """Returns the changed images in training, the same images otherwise."""
        if not training:
            return images
        transforms = self._transforms(ops.shape(images)[0], *images.shape[1:3])
        moved = ops.image.affine_transform(
            ops.cast(images, "float32"), transforms, data_format="channels_last"
        )
        return ops.cast(ops.round(moved), "uint8")

    def _transforms(self, count: Any, height: int, width: int) -> KerasTensor:
        """Returns `[count, 8]`, each from a point of the result to a point of the image."""

        def draw(limit: float) -> KerasTensor:
            return keras.random.uniform((count,), -limit, limit, "float32", seed=self._random)

        angle = draw(self.rotation * 3.141592653589793 / 180)
        x_scale, y_scale = 1 / (1 + draw(self.scale)), 1 / (1 + draw(self.scale))
        if self.flip:
            x_scale = x_scale * ops.sign(draw(1.0))
        cos, sin = ops.cos(angle), ops.sin(angle)
        a0, a1, b0, b1 = cos * x_scale, -sin * y_scale, sin * x_scale, cos * y_scale
        x_centre, y_centre = (width - 1) / 2, (height - 1) / 2
        x, y = x_centre + width * draw(self.shift), y_centre + height * draw(self.shift)
        a2, b2 = x_centre - a0 * x - a1 * y, y_centre - b0 * x - b1 * y
        zero = ops.zeros_like(a0)
        return ops.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this layer again."""
        own = ("rotation", "scale", "shift", "flip", "seed")
        config: dict[str, Any] = super().get_config()
        return config | {name: getattr(self, name) for name in own}
