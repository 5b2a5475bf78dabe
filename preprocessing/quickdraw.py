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


def write_sample(folder: str) -> None:
    """Writes ten classes of drawings made by code, as many as train in a minute or two."""
    from preprocessing.samples.things import write_things

    write_things(folder, drawings_per_class=1_000)


CHALLENGE = Challenge(
    name="quickdraw",
    image_shape=(28, 28, 1),
    top_k=5,
    record_features=RecordFeatures(image="image", label="label", image_id="image_id"),
    write_sample=write_sample,
    label_names=LABEL_NAMES,
)
