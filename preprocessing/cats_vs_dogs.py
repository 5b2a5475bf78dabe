"""Cats vs Dogs: photos in colour, of any size; cat is 0, dog is 1."""

from preprocessing.challenge import Challenge, RecordFeatures

CHALLENGE = Challenge(
    name="cats_vs_dogs",
    image_shape=(64, 64, 3),
    top_k=2,
    record_features=RecordFeatures(
        image="image/encoded", label="image/class/label", image_id="image/filename"
    ),
    label_names=("cat", "dog"),
)
