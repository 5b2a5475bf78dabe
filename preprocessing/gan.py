"""The GAN challenge: faces without labels, grey, 50x50 pixels, or the digits of MNIST."""

from preprocessing.challenge import Challenge, RecordFeatures

MNIST_SIZE = 28
"""Pixels a side with the parameter `use_mnist`."""

CHALLENGE = Challenge(
    name="gan",
    image_shape=(50, 50, 1),
    top_k=1,
    record_features=RecordFeatures(image="image_raw", label="", pixels=True),
    label_names=("image",),
    size_choice="28x28 with use_mnist, else 50x50",
)
