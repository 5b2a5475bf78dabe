"""The networks of the GAN challenge: any of them is trained by its name."""

import math

from keras import KerasTensor, initializers, layers


class Dcgan:
    """Convolutions that double the size of an image step by step, and others that halve it.

    Source: Radford et al. 2016, arXiv:1511.06434; narrower, and with dropout in the discriminator,
    so that a few hundred faces and a few minutes on a processor do.
    """

    def generator(self, noise: KerasTensor, image_shape: tuple[int, int, int]) -> KerasTensor:
        """Returns images `[N, H, W, C]` in [0, 1] of noise `[N, 100]`."""
        height, width, channels = image_shape
        rows, columns = math.ceil(height / 8), math.ceil(width / 8)
        x = layers.Dense(rows * columns * 128, use_bias=False)(noise)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.Reshape((rows, columns, 128))(x)
        for filters in (64, 32):
            x = layers.Conv2DTranspose(filters, 4, 2, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.Conv2DTranspose(channels, 4, 2, padding="same", activation="sigmoid")(x)
        return layers.CenterCrop(height, width)(x)

    def discriminator(self, images: KerasTensor) -> KerasTensor:
        """Returns logits `[N, 1]` of images `[N, H, W, C]` in [0, 1]: above 0 means real."""
        x = images
        for filters in (32, 64, 128):
            x = layers.Conv2D(filters, 4, 2, padding="same")(x)
            x = layers.Dropout(0.3)(layers.LeakyReLU(0.2)(x))
        return layers.Dense(1)(layers.Flatten()(x))


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
