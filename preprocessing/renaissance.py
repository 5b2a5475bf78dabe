"""Renaissance: all the classes of Quick, Draw!, 345 in the public data."""

from preprocessing.challenge import Challenge, RecordFeatures

CHALLENGE = Challenge(
    name="renaissance",
    image_shape=(28, 28, 1),
    top_k=5,
    record_features=RecordFeatures(image="image", label="label", image_id="image_id"),
)
