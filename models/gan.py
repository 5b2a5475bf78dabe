"""The networks of the GAN challenge: any of them is trained by its name."""

import math

from keras import KerasTensor, initializers, layers


class Sample:
    """The challenge's sample: two dense layers each."""

    def generator(self, noise: KerasTensor, image_shape: tuple[int, int, int]) -> KerasTensor:
        """Returns images `[N, H, W, C]` in [0, 1] of noise `[N, 100]`."""
        x = layers.Dense(128, activation="relu", kernel_initializer=_xavier())(noise)
        pixels = math.prod(image_shape)
        x = layers.Dense(pixels, activation="sigmoid", kernel_initializer=_xavier())(x)
        return layers.Reshape(image_shape)(x)

    def discriminator(self, images: KerasTensor) -> KerasTensor:
        """Returns logits `[N, 1]` of images `[N, H, W, C]` in [0, 1]: above 0 means real."""
        x = layers.Flatten()(images)
        x = layers.Dense(128, activation="relu", kernel_initializer=_xavier())(x)
        return layers.Dense(1, kernel_initializer=_xavier())(x)


def _xavier() -> initializers.Initializer:
    return initializers.GlorotNormal()
