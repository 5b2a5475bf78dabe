"""Judges a trained GAN: its images beside real ones, its discriminator, and a page about both.

model/
    saved_model/    the signatures of `models.battle.contract`
    history.json    a dict every so many steps; may be absent
"""

from pathlib import Path

import numpy as np

from models.adversarial.distances import frechet_distance, kernel_distance
from models.adversarial.features import RandomFeatures
from models.adversarial.interpolation import between
from models.adversarial.judgement import Judgement
from models.adversarial.memorisation import (
    MEMORISES_ABOVE,
    Nearest,
    nearest_training_images,
)
from models.adversarial.report import GanEvaluation, Pair, write_report
from models.adversarial.saved_gan import SavedGan
from models.adversarial.variety import coverage, variety
from models.battle.contract import draw_noise
from models.evaluation import read_history
from models.example_images import read_images
from models.training_log import HISTORY_FILE
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.gan import EVALUATION_IMAGES
from preprocessing.progress import report_progress
from preprocessing.records import Bytes

MOST_IMAGES = 2_000

_SHOWN, _PAIRS = 64, 12


def evaluate_gan(
    model_folder: str | Path,
    examples_folder: str | Path,
    report_path: str | Path,
    seed: int = 0,
    facts: dict[str, str] | None = None,
    history_file: str | Path | None = None,
) -> dict[str, float]:
    """Evaluates a GAN on the validation split and writes the HTML page.

    As many images are generated as there are validation images, 2,000 at most; all are rounded to
    uint8. What ends in `_real` is the same measure of real images: of as many training images, and
    for copies and nearest distances of the validation images.

    Args:
        model_folder: what training wrote.
        examples_folder: what the preprocessing wrote.
        report_path: the HTML page to write.
        seed: of the noise.
        facts: what else the page should say of the run, such as `{"model": "Dcgan"}`.
        history_file: what to draw the curves from; by default the model folder's.

    Returns:
        `images`, `accuracy_real`, `accuracy_generated`, `discriminator_cross_entropy`,
        `generator_cross_entropy` (see `Judgement`); `frechet_distance`, `kernel_distance` (see
        `features`), `coverage`, each with `_real`; `diversity`, `distinctness` (see `Variety`);
        `nearest_distance` (the median) and `copies` (see `Nearest`), each with `_real`;
        `collapsed` and `memorises`: 1.0 or 0.0.

    Raises:
        InputError: the model or the examples are not whole or do not belong together, the splits
            are too small, or an answer of the model breaks the contract.
    """
    model_folder, examples = Path(model_folder), Examples(examples_folder)
    count = min(_examples_of(examples, "validation"), MOST_IMAGES)
    reference_count = min(_examples_of(examples, "train"), count)
    history = read_history(history_file or model_folder / HISTORY_FILE)
    gan = SavedGan(model_folder / "saved_model", examples.info.image_shape)

    rng = np.random.default_rng(seed)
    # Preprocessing has drawn the rows at random, so the first are as good as any.
    real = read_images(examples, "validation", range(count))
    reference = read_images(examples, "train", range(reference_count))
    generated = gan.generate(draw_noise(rng, count))
    judgement = Judgement(gan.discriminate(real), gan.discriminate(generated))
    report_progress(0.3, f"generated {count:,} images, judged them and as many real ones")
    metrics = {
        "images": float(count),
        **judgement.metrics(),
        **_distribution(real, generated, reference),
    }
    report_progress(0.6, "compared with real images; looking for copies of training images")
    nearest, nearest_real = (nearest_training_images(one, examples) for one in (generated, real))
    metrics |= {
        "nearest_distance": float(np.median(nearest.distances)),
        "nearest_distance_real": float(np.median(nearest_real.distances)),
        "copies": nearest.copies,
        "copies_real": nearest_real.copies,
        "memorises": float(nearest.copies - nearest_real.copies > MEMORISES_ABOVE),
    }
    write_report(
        report_path,
        GanEvaluation(
            info=examples.info,
            metrics=metrics,
            judgement=judgement,
            generated=generated[:_SHOWN],
            real=real[:_SHOWN],
            pairs=_pairs(generated, nearest, examples),
            real_pairs=_pairs(real, nearest_real, examples),
            interpolation=gan.generate(between(draw_noise(rng, 4))),
            history=history,
            facts=(facts or {}) | {"seed of the noise": str(seed)},
        ),
    )
    report_progress(1, f"wrote {report_path}")
    return metrics


def _examples_of(examples: Examples, split: str) -> int:
    found = examples.info.splits[split].examples if split in examples.info.splits else 0
    if found < EVALUATION_IMAGES:
        raise InputError(
            f"{examples.folder / split}: {found} images; expected {EVALUATION_IMAGES} at least, to"
            " compare generated ones with; run the preprocessing again with more"
        )
    return found


def _distribution(real: Bytes, generated: Bytes, reference: Bytes) -> dict[str, float]:
    """Compares generated images with real ones, as sets; and reference images with these."""
    features = RandomFeatures(real)
    ours, theirs, reference_features = features(generated), features(real), features(reference)
    differing = variety(generated, real)
    return {
        "frechet_distance": frechet_distance(ours, theirs),
        "frechet_distance_real": frechet_distance(reference_features, theirs),
        "kernel_distance": kernel_distance(ours, theirs),
        "kernel_distance_real": kernel_distance(reference_features, theirs),
        "coverage": coverage(ours, theirs),
        "coverage_real": coverage(reference_features, theirs),
        "diversity": differing.diversity,
        "distinctness": differing.distinctness,
        "collapsed": float(differing.collapsed),
    }


def _pairs(images: Bytes, nearest: Nearest, examples: Examples) -> list[Pair]:
    """Returns the images most like a copy, each with its nearest training image."""
    order = np.argsort(nearest.ratios, kind="stable")[:_PAIRS]
    training = read_images(examples, "train", nearest.records[order].tolist())
    return [
        Pair(
            images[index],
            other[:, ::-1] if nearest.mirrored[index] else other,
            bool(nearest.mirrored[index]),
            float(nearest.ratios[index]),
        )
        for index, other in zip(order, training, strict=True)
    ]
