"""Quick, Draw!: black and white drawings of 28x28 pixels; ten classes in the competition."""

from preprocessing.challenge import Challenge, RecordFeatures

LABEL_NAMES = (
    "ants",
    "boomerang",
    "cake",
    "lion",
    "monkey",
    "pig",
    "scissor",
    "skull",
    "television",
    "traffic_light",
)

CHALLENGE = Challenge(
    name="quickdraw",
    image_shape=(28, 28, 1),
    top_k=5,
    record_features=RecordFeatures(image="image", label="label", image_id="image_id"),
    label_names=LABEL_NAMES,
)
