"""Cats vs Dogs: photos in colour, of any size; cat is 0, dog is 1."""

from preprocessing.challenge import Challenge, RecordFeatures


def write_sample(folder: str) -> None:
    """Writes pictures of two kinds of animals, drawn by code."""
    from preprocessing.samples import animals

    animals.write_animals(folder)


CHALLENGE = Challenge(
    name="cats_vs_dogs",
    image_shape=(64, 64, 3),
    top_k=2,
    record_features=RecordFeatures(
        image="image/encoded", label="image/class/label", image_id="image/filename"
    ),
    write_sample=write_sample,
    label_names=("cat", "dog"),
)
