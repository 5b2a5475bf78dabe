"""The losses of GANs, of logits [N, 1]: above 0, which is a probability above 0.5, means real.

A participant writes the same: a class with these two methods, each of which returns one number.
"""

import math
from numbers import Real
from typing import Any

from keras import KerasTensor, ops

from models.adversarial.pair import Method, pair_fault
from models.choices import find_class, make
from models.trial import shown
from preprocessing.errors import InputError


class CrossEntropy:
    """Minus the log of the right answer's probability; the generator wants to be taken for real.

    The "non-saturating" loss of Goodfellow et al. 2014, "Generative Adversarial Nets", section 3,
    arXiv:1406.2661.
    """

    def discriminator(self, real_logits: KerasTensor, generated_logits: KerasTensor) -> KerasTensor:
        """Returns the mean over real images plus the mean over generated ones."""
        return ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(generated_logits))

    def generator(self, generated_logits: KerasTensor) -> KerasTensor:
        """Returns the mean over generated images."""
        return ops.mean(ops.softplus(-generated_logits))


class GradientPenalty(CrossEntropy):
    """Cross entropy, and a discriminator that is kept from changing steeply around real images.

    Adds `gradient_penalty` / 2 times the mean squared norm of the logit's gradient by the pixels
    of a real image: R1 of Mescheder et al. 2018, "Which Training Methods for GANs do actually
    Converge?", equation 9, arXiv:1801.04406. The logit keeps its meaning.

    Attributes:
        gradient_penalty: the weight, for pixels in [0, 1]. The paper's 10 for pixels in [-1, 1]
            would be 2.5.
    """

    gradient_penalty = 2.5


class LeastSquares:
    """The squared distance to 1 for real and -1 for generated; the generator aims at 0 between.

    Source: Mao et al. 2016, "Least Squares Generative Adversarial Networks", equation 8: minimises
    a Pearson chi-squared divergence, arXiv:1611.04076.
    """

    def discriminator(self, real_logits: KerasTensor, generated_logits: KerasTensor) -> KerasTensor:
        """Returns half of the mean over real images plus half of the mean over generated ones."""
        real = ops.mean(ops.square(real_logits - 1))
        return (real + ops.mean(ops.square(generated_logits + 1))) / 2

    def generator(self, generated_logits: KerasTensor) -> KerasTensor:
        """Returns half of the mean over generated images."""
        return ops.mean(ops.square(generated_logits)) / 2


class Hinge:
    """Nothing to gain from logits beyond 1 for real and -1 for generated.

    Source: Lim and Ye 2017, "Geometric GAN", arXiv:1705.02894; Miyato et al. 2018, "Spectral
    Normalization for Generative Adversarial Networks", equations 16 and 17, arXiv:1802.05957.
    """

    def discriminator(self, real_logits: KerasTensor, generated_logits: KerasTensor) -> KerasTensor:
        """Returns the mean over real images plus the mean over generated ones."""
        return ops.mean(ops.relu(1 - real_logits)) + ops.mean(ops.relu(1 + generated_logits))

    def generator(self, generated_logits: KerasTensor) -> KerasTensor:
        """Returns minus the mean logit of generated images."""
        return -ops.mean(generated_logits)


def find_loss(name: str) -> Any:
    """Returns a new loss by its name, `CrossEntropy` or `path/to/mine.py:MyLoss`.

    It has the methods `discriminator` and `generator`, and may have an attribute
    `gradient_penalty`, the weight of the penalty of `GradientPenalty`.

    Raises:
        InputError: there is no such class, it lacks a method, it cannot be made, or its
            `gradient_penalty` is no weight.
    """
    loss = make(find_class(__name__, name, "loss", _fault), "loss")
    weight = getattr(loss, "gradient_penalty", 0)
    if not (isinstance(weight, Real) and 0 <= float(weight) < math.inf):
        raise InputError(
            f"{shown('loss', name)}: its gradient_penalty is {weight!r}; expected a number of 0 or"
            " more"
        )
    return loss


def _fault(cls: type[Any]) -> str:
    """Says why a class is no loss; "" if it is one."""
    return pair_fault(
        cls,
        Method("discriminator", ("real_logits", "generated_logits"), "one number"),
        Method("generator", ("generated_logits",), "one number"),
    )
