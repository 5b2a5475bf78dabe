"""A GAN is judged as a whole: the numbers, what is called wrong with it, and the page."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.adversarial import evaluation
from models.adversarial.evaluation import evaluate_gan
from models.adversarial.interpolation import between
from models.adversarial.judgement import Judgement
from models.adversarial.report import GanEvaluation, Pair, render_report
from models.adversarial.verdict import warnings
from models.battle.contract import Floats, as_floats, draw_noise
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.adversarial.conftest import (
    Discriminate,
    by_brightness,
    pictures,
    write_gan,
    write_history,
    write_pictures,
)
from tests.models.adversarial.test_distances import blurred, noise
from tests.models.adversarial.test_memorisation import noisy
from tests.models.conftest import pixels_and_labels
from tests.models.test_report import Page


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a GAN whose images are as real ones, but none of the training's."""
    folder = write_gan(tmp_path_factory.mktemp("honest"), pictures(400, seed=9))
    write_history(folder, rows=500)
    return folder


def test_a_generator_like_the_data_has_no_fault(
    honest: Path, faces: Examples, tmp_path: Path
) -> None:
    report = tmp_path / "new" / "report.html"
    result = evaluate_gan(honest, faces.folder, report, facts={"model": "Perfect"})
    assert result["images"] == 120
    assert (result["memorises"], result["collapsed"]) == (0, 0)
    assert result["copies"] < 0.02
    assert result["frechet_distance"] < 2 * result["frechet_distance_real"]
    assert abs(result["kernel_distance"]) < 0.3
    assert result["nearest_distance"] == pytest.approx(result["nearest_distance_real"], rel=0.1)
    assert result["coverage"] == pytest.approx(result["coverage_real"], abs=0.1)

    validation, _ = pixels_and_labels(faces, "validation")
    pixels = as_floats(validation.reshape(120, -1)).mean(axis=1)
    assert result["accuracy_real"] == pytest.approx((pixels > 0.5).mean())
    assert evaluate_gan(honest, faces.folder, tmp_path / "again.html") == result
    assert evaluate_gan(honest, faces.folder, tmp_path / "again.html", seed=1) != result

    assert list(report.parent.iterdir()) == [report]
    page = Page(report.read_text())
    for words in (
        "Perfect",
        "So few make the distances rough",
        "cannot tell them apart",
        "25,000",
        "25 min 0 s",
        "1,234 images/s",
    ):
        assert words in page.text
    assert report.read_text().count("<polyline class=") == 2 * 5  # curves, and in the legends
    assert "memorises" not in page.text
    assert "collapsed" not in page.text


@pytest.mark.parametrize(
    ("make", "faults"),
    [
        (lambda train: noisy(train, 8), {"memorises"}),
        (lambda train: train[:, :, ::-1], {"memorises"}),
        (lambda train: pictures(6, seed=3), {"collapsed"}),
        (lambda train: pictures(1, seed=3), {"collapsed"}),
        (lambda train: blurred(pictures(300, seed=3), 3), set()),
        (lambda train: noise(300), set()),
    ],
)
def test_faults_are_named(faces: Examples, tmp_path: Path, make: Any, faults: set[str]) -> None:
    train, _ = pixels_and_labels(faces, "train")
    folder = write_gan(tmp_path / "model", make(train))
    result = evaluate_gan(folder, faces.folder, tmp_path / "report.html")
    assert {fault for fault in ("memorises", "collapsed") if result[fault]} == faults
    text = Page((tmp_path / "report.html").read_text()).text
    assert ("The generator memorises" in text) == ("memorises" in faults)
    assert ("The generator has collapsed" in text) == ("collapsed" in faults)
    assert "By step" not in text  # without history


def probabilities(*values: float) -> Floats:
    return np.array(values, np.float32)


def test_accuracies_and_cross_entropies_are_those_of_the_probabilities() -> None:
    real, generated = probabilities(0.9, 0.5, 0.6, 0.2), probabilities(0.5, 0.8)
    metrics = Judgement(real, generated).metrics()
    assert metrics["accuracy_real"] == 0.5  # more than 0.5 means real
    assert metrics["accuracy_generated"] == 0.5
    missed = -np.log(real).mean() - np.log(1 - generated).mean()
    assert metrics["discriminator_cross_entropy"] == pytest.approx(missed / 2, rel=1e-6)
    assert metrics["generator_cross_entropy"] == pytest.approx(-np.log(generated).mean(), rel=1e-6)
    sure = Judgement(probabilities(0), probabilities(1)).metrics()
    assert sure["discriminator_cross_entropy"] == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize(
    ("real", "generated", "told"),
    [
        (1.0, 1.0, "The discriminator is nearly never wrong."),
        (1.0, 0.0, "The discriminator calls everything real."),
        (0.0, 1.0, "The discriminator calls everything generated."),
        (0.99, 0.99, "The discriminator is nearly never wrong."),
        (0.98, 0.99, None),
        (0.8, 0.7, None),
    ],
)
def test_a_discriminator_of_no_use_is_named(
    real: float, generated: float, told: str | None
) -> None:
    metrics = {"memorises": 0.0, "collapsed": 0.0}
    found = warnings(metrics | {"accuracy_real": real, "accuracy_generated": generated})
    assert list(found) == ([told] if told else [])


def test_between_four_noises_the_corners_are_these() -> None:
    corners = draw_noise(np.random.default_rng(0), 4)
    square = between(corners).reshape(10, 10, 100)
    np.testing.assert_allclose(square[[0, 0, -1, -1], [0, -1, 0, -1]], corners, atol=1e-6)
    np.testing.assert_allclose(square[0, 3], corners[0] * 2 / 3 + corners[1] / 3, atol=1e-6)
    np.testing.assert_allclose(square[6, 0], corners[0] / 3 + corners[2] * 2 / 3, atol=1e-6)
    assert square.dtype == np.float32


def test_the_page_needs_nothing_else_and_names_are_escaped(faces: Examples) -> None:
    evil = "<script>alert('1')</script>"
    images = pictures(100, seed=1)
    metrics = dict.fromkeys(
        (
            *("images", "accuracy_real", "accuracy_generated", "discriminator_cross_entropy"),
            *(
                "generator_cross_entropy",
                "frechet_distance",
                "frechet_distance_real",
                "kernel_distance",
            ),
            *("kernel_distance_real", "coverage", "coverage_real", "diversity", "distinctness"),
            *("nearest_distance", "nearest_distance_real", "copies", "copies_real"),
            *("collapsed", "memorises"),
        ),
        0.5,
    )
    pair = Pair(images[0], images[1], True, 0.21)
    html = render_report(
        GanEvaluation(
            info=replace(faces.info, source=evil, challenge=evil),
            metrics=metrics,
            judgement=Judgement(probabilities(0.9), probabilities(0)),
            generated=images[:64],
            real=images[:64],
            pairs=[pair] * 12,
            real_pairs=[pair] * 12,
            interpolation=images,
            history=[{"step": 50, "generator_loss": float("nan")}, {}],
            facts={evil: evil, "model": evil},
        )
    )
    page = Page(html)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert page.text.count(evil) >= 4
    assert len(html.encode()) < 1_000_000
    for tag, attributes in page.tags:
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:")
            assert attributes["alt"]
    assert "0.21 mirrored copy" in page.text


def not_finite(images: Any) -> Any:
    return by_brightness(images) * float("nan")


def all_in_one_row(images: Any) -> Any:
    import tensorflow as tf

    return tf.transpose(by_brightness(images))


@pytest.mark.parametrize(
    ("discriminate", "told"),
    [
        (not_finite, "discriminate: p_for_data has 120 values that are nan or infinite"),
        (all_in_one_row, r"p_for_data has the shape \[1, 120\]; expected \[120, 1\]"),
        (lambda images: 3 - images[:, :1], "values from .* expected 0 to 1"),
    ],
)
def test_answers_that_break_the_contract_are_refused(
    faces: Examples, tmp_path: Path, discriminate: Discriminate, told: str
) -> None:
    model = write_gan(tmp_path / "model", pictures(20, seed=1), discriminate)
    with pytest.raises(InputError, match=told) as caught:
        evaluate_gan(model, faces.folder, tmp_path / "report.html")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_another_image_size_is_refused(faces: Examples, tmp_path: Path) -> None:
    model = write_gan(tmp_path / "model", pictures(20, seed=1)[:, :20, :20])
    with pytest.raises(InputError, match=r"discriminate takes .*400.*expected .*784"):
        evaluate_gan(model, faces.folder, tmp_path / "report.html")


def test_a_folder_without_a_model_is_refused(faces: Examples, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no SavedModel here"):
        evaluate_gan(tmp_path, faces.folder, tmp_path / "report.html")


@pytest.mark.parametrize(("train", "validation", "told"), [(5, 20, "train: 5"), (20, 9, "n: 9")])
def test_too_few_images_are_refused(tmp_path: Path, train: int, validation: int, told: str) -> None:
    splits = {"train": [pictures(train, 0)], "validation": [pictures(validation, 1)]}
    examples = write_pictures(tmp_path / "examples", splits)
    with pytest.raises(InputError, match=f"{told} images; expected 10 at least") as caught:
        evaluate_gan(tmp_path, examples.folder, tmp_path / "report.html")
    assert "\n" not in str(caught.value)


def test_no_more_images_are_compared_than_are_needed(
    honest: Path, faces: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "MOST_IMAGES", 70)
    result = evaluate_gan(honest, faces.folder, tmp_path / "report.html")
    assert result["images"] == 70
