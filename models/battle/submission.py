"""Checks one submission as a battle would use it, and leaves pictures to look at."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from models.battle.contract import (
    REAL_ABOVE,
    Answer,
    BrokenRule,
    Bytes,
    Floats,
    ForfeitError,
    Player,
    as_bytes,
    as_floats,
    draw_noise,
)
from models.battle.play import OpenPlayer
from models.battle.real_images import RealImages
from models.csv_files import write_csv
from models.whole_files import whole_files
from preprocessing.errors import InputError
from preprocessing.examples import Examples

IMAGES = 50
"""Generated images, and real ones at most."""

CHECK_FILE = "check.json"


@dataclass(frozen=True)
class SubmissionCheck:
    """What was found.

    Attributes:
        broken: the rules that the submission breaks; [] if it is valid.
        accuracy_real: share of the real images that its discriminator takes for real; None where
            it gave no answer.
        accuracy_generated: share of the generated ones that it takes for generated, likewise.
        generate_seconds: time of one call for all generated images, likewise.
        discriminate_seconds: time of one call for all images, likewise.
    """

    broken: list[BrokenRule]
    accuracy_real: float | None = None
    accuracy_generated: float | None = None
    generate_seconds: float | None = None
    discriminate_seconds: float | None = None

    @property
    def valid(self) -> bool:
        """Whether it may take part in a battle."""
        return not self.broken

    def expect_valid(self) -> None:
        """Checks that no rule is broken.

        Raises:
            InputError: one is, and the message names each.
        """
        if self.broken:
            raise InputError(
                f"the submission is not valid: {'; '.join(b.told for b in self.broken)}"
            )


def check_submission(
    saved_model: Path,
    open_player: OpenPlayer,
    examples: Examples,
    folder: Path,
    seed: int = 0,
) -> SubmissionCheck:
    """Asks a submission for images, and for its opinion on these and on real ones.

    Writes into `folder`: `images/NN.png`, the generated (if there are) and the real ones mixed,
    `ground_truth.csv` and, if it judged them, `predictions.csv` (`Id,Category`: the number of the
    image, 0 generated or 1 real), and last `check.json`: what is returned, and `valid`.

    Args:
        saved_model: the submission.
        open_player: loads it, such as `Sandbox.player`.
        examples: whose validation images are the real ones.
        folder: gets the files; what an earlier check left there is removed.
        seed: of noise, real images and order; 0 or more.

    Returns:
        What was found; each rule that is broken, not only the first.

    Raises:
        InputError: there are no validation images.
    """
    for name in ("images", "ground_truth.csv", "predictions.csv", CHECK_FILE):
        _remove(folder / name)
    pool = RealImages(examples, "validation", at_least=1)
    rng = np.random.default_rng(seed)
    noise = draw_noise(rng, IMAGES)
    real = pool.draw(rng, min(IMAGES, len(pool)))
    broken: list[BrokenRule] = []
    facts: dict[str, float] = {}

    def asked(question: Callable[[Player], Answer], timed: str) -> Floats | None:
        """Asks in a process of its own, so that one bad answer does not hide another."""
        try:
            with open_player(saved_model) as player:
                answer = question(player)
        except ForfeitError as error:
            broken.extend(one for one in error.broken if one not in broken)
            return None
        facts[timed] = answer.seconds
        return answer.values

    made = asked(lambda player: player.generate(noise), "generate_seconds")
    generated = as_bytes(made) if made is not None else real[:0]
    order = rng.permutation(len(generated) + len(real))
    images = np.concatenate([generated, real])[order]
    is_real = order >= len(generated)
    _write_images(images, examples.info.image_shape, folder / "images")
    ids = [f"{number:02}" for number in range(len(images))]
    write_csv(folder / "ground_truth.csv", ids, is_real.astype(int))
    judged = asked(lambda player: player.discriminate(as_floats(images)), "discriminate_seconds")
    if judged is not None:
        called_real = judged > REAL_ABOVE
        write_csv(folder / "predictions.csv", ids, called_real.astype(int))
        facts["accuracy_real"] = float(called_real[is_real].mean())
        if made is not None:
            facts["accuracy_generated"] = float((~called_real[~is_real]).mean())
    check = SubmissionCheck(broken, **facts)
    text = json.dumps({"valid": check.valid, **asdict(check)}, indent=2) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{CHECK_FILE}"
    unfinished.write_text(text)
    unfinished.replace(folder / CHECK_FILE)
    return check


def _write_images(images: Bytes, image_shape: tuple[int, int, int], folder: Path) -> None:
    """Writes `00.png`, `01.png`, ...: all of them, or the folder is not there."""
    shape = image_shape[:2] if image_shape[2] == 1 else image_shape
    with whole_files(folder.parent) as unfinished:
        (unfinished / folder.name).mkdir()
        for number, image in enumerate(images):
            picture = Image.fromarray(image.reshape(shape))
            picture.save(unfinished / folder.name / f"{number:02}.png")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
