"""The GAN challenge: faces without labels, grey, 50x50 pixels, or the digits of MNIST."""

from preprocessing.challenge import Challenge, Need, RecordFeatures

MNIST_SIZE = 28
"""Pixels a side with the parameter `use_mnist`."""

EVALUATION_IMAGES = 10
"""Validation images that generated ones are compared with, at least."""

BATTLE_IMAGES = 15
"""Real images in a turn of a battle, drawn from the test images, and as many generated ones."""

CHALLENGE = Challenge(
    name="gan",
    image_shape=(50, 50, 1),
    top_k=1,
    record_features=RecordFeatures(image="image_raw", label="", pixels=True),
    label_names=("image",),
    size_choice="28x28 with use_mnist, else 50x50",
    needs=(
        Need("validation", EVALUATION_IMAGES, "the evaluation", required=True),
        Need("test", BATTLE_IMAGES, "a battle", required=False),
    ),
)
