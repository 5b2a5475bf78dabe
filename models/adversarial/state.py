"""How far the training of a GAN is: everything of it that is not an array."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class AdversarialState:
    """Written into every checkpoint.

    Attributes:
        step: steps trained; epoch and batch follow from it.
        seconds: time that these took, over all runs.
        history: one row every 50 steps, 2,000 rows at most, and at the end: `step`, `epoch` from 1,
            `seconds`, the means since the row before of `discriminator_loss` and `generator_loss`
            (as they are trained with), `accuracy_real`, `accuracy_generated` and
            `images_per_second`, and `diversity`: how different the images of the fixed noise are
            from one another, 1 being as different as real ones.
    """

    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def last_values(self) -> str:
        """Returns the last row as part of a line of progress; "" before the first."""
        if not self.history:
            return ""
        row = self.history[-1]
        return (
            f": loss {row['discriminator_loss']:.3f} and {row['generator_loss']:.3f}, right on"
            f" {row['accuracy_real']:.0%} of real and {row['accuracy_generated']:.0%} of generated,"
            f" diversity {row['diversity']:.2f}, {row['images_per_second']:,.0f} images/s"
        )

    def to_json(self) -> dict[str, Any]:
        """Returns JSON values that `AdversarialState(**values)` makes again."""
        return asdict(self)
