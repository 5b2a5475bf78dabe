"""MNIST: handwritten digits, grey, 28x28 pixels."""

from preprocessing.challenge import Challenge, RecordFeatures

CHALLENGE = Challenge(
    name="mnist",
    image_shape=(28, 28, 1),
    top_k=5,
    record_features=RecordFeatures(image="image_raw", label="label", pixels=True),
    label_names=tuple("0123456789"),
)
