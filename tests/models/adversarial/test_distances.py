"""Both distances have their known values, and order sets of images as one would."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from models.adversarial.distances import frechet_distance, kernel_distance
from models.adversarial.features import FEATURES, RandomFeatures
from models.adversarial.variety import coverage, variety
from preprocessing.records import Bytes
from tests.models.adversarial.conftest import pictures

Floats = npt.NDArray[np.float64]


def blurred(images: Bytes, radius: float) -> Bytes:
    blur = ImageFilter.GaussianBlur(radius)
    pictures = [np.asarray(Image.fromarray(image[..., 0]).filter(blur)) for image in images]
    return np.stack(pictures)[..., None]


def noise(count: int) -> Bytes:
    return np.random.default_rng(0).integers(0, 256, (count, 28, 28, 1)).astype(np.uint8)


def gaussian(mean: Floats, covariance: Floats, count: int = 50) -> Floats:
    """Returns rows whose sample mean and covariance are exactly these."""
    rows = np.random.default_rng(len(mean)).normal(size=(count, len(mean)))
    rows -= rows.mean(axis=0)
    white = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    return white @ np.linalg.cholesky(covariance).T + mean


def test_the_frechet_distance_of_independent_gaussians_has_a_closed_form() -> None:
    first = gaussian(np.array([0.0, 1.0, 2.0]), np.diag([1.0, 4.0, 9.0]))
    second = gaussian(np.array([3.0, 1.0, 0.0]), np.diag([4.0, 4.0, 1.0]))
    # Differences of the means, then of the deviations 1, 2, 3 and 2, 2, 1.
    assert frechet_distance(first, second) == pytest.approx(3**2 + 2**2 + 1**2 + 2**2)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_the_frechet_distance_takes_the_root_of_the_product_of_covariances() -> None:
    one, other = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[5.0, -2.0], [-2.0, 1.0]])
    root = np.sqrt(np.linalg.eigvals(one @ other)).sum()
    expected = np.trace(one + other) - 2 * root
    zero = np.zeros(2)
    assert frechet_distance(gaussian(zero, one), gaussian(zero, other)) == pytest.approx(expected)


def test_the_kernel_distance_is_the_unbiased_sum_over_pairs() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(4, 3)), rng.normal(1, 1, (5, 3))

    def kernel(x: Floats, y: Floats) -> float:
        return float((x @ y / 3 + 1) ** 3)

    def among(rows: Floats) -> float:
        pairs = [kernel(x, y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j]
        return sum(pairs) / len(pairs)

    across = np.mean([kernel(x, y) for x in first for y in second])
    expected = among(first) + among(second) - 2 * across
    assert kernel_distance(first, second) == pytest.approx(expected)


def test_the_kernel_distance_of_one_distribution_is_zero_on_average() -> None:
    rng = np.random.default_rng(1)
    found = [kernel_distance(*rng.normal(size=(2, 20, 8))) for _ in range(400)]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 4 * error
    assert min(found) < 0
    assert error < 0.05  # the estimate with a bias has a mean of 0.3


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_worse_images_are_farther(distance: Callable[[Floats, Floats], float]) -> None:
    real, other = pictures(150, seed=1), pictures(150, seed=2)
    features = RandomFeatures(real)
    sets = [other, blurred(other, 1), blurred(other, 3), noise(150)]
    distances = [distance(features(real), features(images)) for images in sets]
    assert distances == sorted(distances)
    assert distances[1] > 2 * distances[0]
    few = [distance(features(real), features(other[np.arange(150) % n])) for n in (150, 5, 1)]
    assert few == sorted(few)
    assert few[1] > 3 * few[0]


def test_features_are_finite_and_the_same_each_time() -> None:
    real = pictures(300, seed=3)
    features = RandomFeatures(real)(real)
    assert features.shape == (300, FEATURES)
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-6)
    np.testing.assert_array_equal(features[7:9], RandomFeatures(real)(real[7:9]))
    assert np.isfinite(RandomFeatures(real[:1].repeat(9, axis=0))(real)).all()


def test_variety_finds_one_image_and_a_few_again_and_again() -> None:
    real, other = pictures(100, seed=1), pictures(100, seed=2)
    one = variety(real[:1].repeat(100, axis=0), real)
    assert (one.diversity, one.collapsed) == (0, True)
    few = variety(other[np.arange(100) % 8], real)
    assert few.diversity > 0.7
    assert few.collapsed
    for fine in (other, blurred(other, 1), noise(100)):
        assert not variety(fine, real).collapsed
    assert variety(other, real).diversity == pytest.approx(1, abs=0.1)
    assert variety(other, real).distinctness == pytest.approx(1, abs=0.1)


def test_coverage_is_the_share_of_real_images_with_a_generated_one_near() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(0, 1, (30, 4)), rng.normal(100, 1, (70, 4))
    real = np.concatenate([left, right])
    assert coverage(real, real) == 1
    assert coverage(left, real) == pytest.approx(0.3)
    assert coverage(left + 1000, real) == 0
