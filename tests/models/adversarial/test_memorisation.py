"""Training images are found again under cheap disguises, and nothing else is called a copy."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.adversarial import memorisation
from models.adversarial.memorisation import nearest_training_images
from preprocessing.examples import Examples
from preprocessing.records import Bytes
from tests.models.adversarial.conftest import pictures, write_pictures
from tests.models.adversarial.test_distances import blurred, noise
from tests.models.conftest import pixels_and_labels


def noisy(images: Bytes, deviation: float) -> Bytes:
    rng = np.random.default_rng(0)
    return np.clip(images + rng.normal(0, deviation, images.shape), 0, 255).astype(np.uint8)


def moved(images: Bytes, down: int, right: int) -> Bytes:
    wide = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), "edge")
    return wide[:, 2 - down : 30 - down, 2 - right : 30 - right]


def framed(images: Bytes, level: int) -> Bytes:
    framed = np.full_like(images, level)
    framed[:, 2:-2, 2:-2] = images[:, 2:-2, 2:-2]
    return framed


def lit(images: Bytes) -> Bytes:
    light = np.linspace(-60, 60, 28)[:, None, None]
    return np.clip(images + light, 0, 255).astype(np.uint8)


def turned(images: Bytes) -> Bytes:
    turned = [
        Image.fromarray(image[..., 0]).rotate(4, Image.Resampling.BILINEAR) for image in images
    ]
    return np.stack([np.asarray(image) for image in turned])[..., None]


@pytest.mark.parametrize(
    "disguise",
    [
        lambda images: images,
        lambda images: noisy(images, 10),
        lambda images: (images * 0.5 + 60).astype(np.uint8),
        lambda images: blurred(images, 0.5),
        lambda images: moved(images, 2, -1),
        lambda images: moved(images, 0, 2),
        lambda images: framed(images, 255),
        lambda images: framed(images, 0),
        lit,
        turned,
        lambda images: 255 - images,
        lambda images: lit(framed(255 - moved(noisy(images, 5), 1, 1), 0)),
    ],
)
@pytest.mark.parametrize("mirror", [False, True])
def test_a_training_image_is_found_in_its_shard_under_cheap_disguises(
    faces: Examples, disguise: Callable[[Bytes], Bytes], mirror: bool
) -> None:
    train, _ = pixels_and_labels(faces, "train")
    records = np.array([0, 99, 100, 131, 259])
    images = disguise(train[records])
    nearest = nearest_training_images(images[:, :, ::-1] if mirror else images, faces)
    np.testing.assert_array_equal(nearest.records, records)
    assert (nearest.mirrored == mirror).all()
    assert nearest.copies == 1


def test_the_same_image_and_its_negative_have_a_distance_of_zero(faces: Examples) -> None:
    train, _ = pixels_and_labels(faces, "train")
    for images in (train[:9], 255 - train[:9]):
        np.testing.assert_array_equal(nearest_training_images(images, faces).distances, 0)


def test_what_is_no_training_image_is_no_copy(faces: Examples) -> None:
    train, _ = pixels_and_labels(faces, "train")
    held_out = pictures(80, seed=5)
    mean = train.mean(axis=0, keepdims=True).astype(np.uint8).repeat(80, axis=0)
    even = np.full_like(held_out, 90)
    for images in (held_out, blurred(held_out, 3), noisy(mean, 3), noise(80), even):
        nearest = nearest_training_images(images, faces)
        assert nearest.copies == 0
        assert np.isfinite(nearest.ratios).all()


def test_a_copy_is_found_though_the_training_images_come_four_times(tmp_path: Path) -> None:
    train = pictures(30, seed=6)
    examples = write_pictures(tmp_path, {"train": [train] * 4})
    assert nearest_training_images(train, examples).copies == 1


def test_blocks_and_shards_do_not_matter(
    faces: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, _ = pixels_and_labels(faces, "train")
    whole = write_pictures(tmp_path, {"train": [train]})
    images = noisy(pictures(40, seed=7), 5)
    expected = nearest_training_images(images, whole)
    monkeypatch.setattr(memorisation, "_BLOCK", 3)  # less than the five nearest
    found = nearest_training_images(images, faces)
    np.testing.assert_array_equal(found.records, expected.records)
    np.testing.assert_allclose(found.ratios, expected.ratios, rtol=1e-4)
