"""Training images are found again however they are disguised, and nothing else is called a copy."""

from pathlib import Path

import numpy as np
import pytest

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


def test_a_training_image_is_found_in_its_shard_whatever_is_done_to_it(
    faces: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memorisation, "_BLOCK", 7)
    train, _ = pixels_and_labels(faces, "train")
    records = np.array([0, 99, 100, 131, 259])
    images = train[records]
    pale = (images * 0.5 + 60).astype(np.uint8)
    for disguised in (images, noisy(images, 10), pale, blurred(images, 0.5)):
        nearest = nearest_training_images(disguised, faces)
        np.testing.assert_array_equal(nearest.records, records)
        assert not nearest.mirrored.any()
        assert nearest.copies == 1
    mirrored = nearest_training_images(noisy(images[:, :, ::-1], 10), faces)
    np.testing.assert_array_equal(mirrored.records, records)
    assert mirrored.mirrored.all()
    assert mirrored.copies == 1
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
