"""What a discriminator makes of real and of generated images."""

from dataclasses import dataclass

import numpy as np

from models.battle.contract import REAL_ABOVE, Floats

_LEAST = 1e-7  # a probability of 0 would have an infinite loss


@dataclass(frozen=True)
class Judgement:
    """The probabilities of being real that a discriminator gives.

    Attributes:
        real: float32 `[N]`, of real images.
        generated: float32 `[M]`, of generated ones.
    """

    real: Floats
    generated: Floats

    def metrics(self) -> dict[str, float]:
        """Returns accuracies and cross entropies, whatever the loss that was trained with.

        Probabilities are clipped to 1e-7 from 0 and 1. The discriminator's cross entropy is the
        mean of both kinds, 0.693 for guessing (half of the sum in Goodfellow et al. 2014,
        https://arxiv.org/abs/1406.2661, section 3); the generator's is that of being taken for
        real.
        """
        real = np.clip(self.real.astype(np.float64), _LEAST, 1 - _LEAST)
        generated = np.clip(self.generated.astype(np.float64), _LEAST, 1 - _LEAST)
        missed = -np.log(real).mean() - np.log(1 - generated).mean()
        return {
            "accuracy_real": float((self.real > REAL_ABOVE).mean()),
            "accuracy_generated": float((self.generated <= REAL_ABOVE).mean()),
            "discriminator_cross_entropy": float(missed / 2),
            "generator_cross_entropy": float(-np.log(generated).mean()),
        }
