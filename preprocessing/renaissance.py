"""Renaissance: all the classes of Quick, Draw!, 345 in the public data."""

from preprocessing.challenge import Challenge, RecordFeatures


def write_sample(folder: str) -> None:
    """Writes 345 classes of drawings made by code, a few of each."""
    from preprocessing.samples import shapes

    shapes.write_shapes(folder, drawings_per_class=45)


CHALLENGE = Challenge(
    name="renaissance",
    image_shape=(28, 28, 1),
    top_k=5,
    record_features=RecordFeatures(image="image", label="label", image_id="image_id"),
    write_sample=write_sample,
)
