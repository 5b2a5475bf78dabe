"""MNIST: handwritten digits, grey, 28x28 pixels."""

from preprocessing.challenge import Challenge, RecordFeatures


def write_sample(folder: str) -> None:
    """Writes digits drawn by code, in MNIST's own format."""
    from preprocessing.samples import digits

    digits.write_digits(folder)


CHALLENGE = Challenge(
    name="mnist",
    image_shape=(28, 28, 1),
    top_k=5,
    record_features=RecordFeatures(image="image_raw", label="label", pixels=True),
    write_sample=write_sample,
    label_names=tuple("0123456789"),
)
