"""Each loss by numbers worked out by hand, and what they all promise."""

import math
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from models.adversarial.losses import find_loss
from models.choices import class_names
from preprocessing.errors import InputError

REAL, GENERATED = np.array([[2.0], [0.0]], np.float32), np.array([[-2.0], [1.0]], np.float32)


def softplus(x: float) -> float:
    return math.log(1 + math.exp(x))


CROSS_ENTROPY = (
    (softplus(-2) + softplus(0)) / 2 + (softplus(-2) + softplus(1)) / 2,
    (softplus(2) + softplus(-1)) / 2,
)
EXPECTED = {
    "CrossEntropy": CROSS_ENTROPY,
    "GradientPenalty": CROSS_ENTROPY,  # the penalty is the step's, which has the images
    "LeastSquares": (((1 + 1) / 2 + (1 + 4) / 2) / 2, (4 + 1) / 2 / 2),
    "Hinge": ((0 + 1) / 2 + (0 + 2) / 2, -(-2 + 1) / 2),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_losses_are_those_of_their_papers(name: str) -> None:
    loss = find_loss(name)
    found = (
        loss.discriminator(ops.array(REAL), ops.array(GENERATED)),
        loss.generator(ops.array(GENERATED)),
    )
    assert [float(value) for value in found] == pytest.approx(EXPECTED[name], rel=1e-6)


def test_every_loss_is_listed_without_being_imported() -> None:
    assert class_names("models.adversarial.losses") == [
        "CrossEntropy",
        "GradientPenalty",
        "LeastSquares",
        "Hinge",
    ]


@pytest.mark.parametrize("weight", ["'ten'", "-1", "None", "float('nan')"])
def test_a_penalty_of_no_weight_is_blamed_on_the_loss(weight: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from models.adversarial.losses import Hinge\n"
        f"class Steep(Hinge):\n    gradient_penalty = {weight}\n"
    )
    with pytest.raises(InputError, match=r"^loss=mine.py:Steep: its gradient_penalty is .* more$"):
        find_loss(f"{path}:Steep")


def test_an_unknown_loss_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"loss=Hinges: .* LeastSquares; did you mean Hinge\?"):
        find_loss("Hinges")
