"""One step of training: the discriminator's, then the generator's, in one compiled function."""

from typing import Any

import keras
import numpy.typing as npt
import tensorflow as tf

from models.adversarial.networks import Networks, build_discriminator, build_generator
from models.adversarial.options import AdversarialOptions
from models.battle.contract import NOISE_NUMBERS, Floats
from models.own_module import own_errors
from models.trial import shown
from preprocessing.errors import InputError
from preprocessing.records import Bytes

_LONGEST_MEMORY = 0.995
_NOISE, _MIRROR = 0, 1  # what random numbers are for


class Opponents:
    """Two networks that are trained against each other, with all that the training changes.

    The random numbers of a step follow from the seed and the step alone, so a training that goes
    on later is the same.

    Args:
        networks: two new objects of one class; the averaged generator is of the second.
        loss: with methods `discriminator` and `generator`, and perhaps `gradient_penalty`.
        image_shape: (height, width, channels).
        options: of the training.

    Attributes:
        generator: the generator that is trained.
        discriminator: likewise.
        average: the generator with the moving average of its weights, which makes better images
            than those of any one step: Yazici et al. 2019, "The Unusual Effectiveness of Averaging
            in GAN Training", section 3.1, arXiv:1806.04498. Its memory grows to about 200 steps.

    Raises:
        InputError: the networks do not fit together, or have no weights.
    """

    def __init__(
        self,
        networks: tuple[Networks, Networks],
        loss: Any,
        image_shape: tuple[int, int, int],
        options: AdversarialOptions,
    ) -> None:
        name = shown("model", options.model)
        self.generator = build_generator(networks[0], image_shape, name)
        self.discriminator = build_discriminator(networks[0], image_shape, name)
        self.average = build_generator(networks[1], image_shape, name)
        self.average.set_weights(self.generator.get_weights())
        self._loss = loss
        self._penalty = float(getattr(loss, "gradient_penalty", 0.0))
        self._options = options
        self._optimizers = [_adam(self.generator, options), _adam(self.discriminator, options)]
        # Of the discriminator's and the generator's loss and of right answers on real and on
        # generated images, the sums; then the images. On the device, as reading waits for it.
        self._sums = tf.Variable(tf.zeros(5, tf.float64), trainable=False)
        batch = tf.TensorSpec((None, *image_shape), tf.uint8)
        # Without autograph an error in a participant's file keeps its line.
        self._compiled = tf.function(
            self._train, [batch, tf.TensorSpec((), tf.int64)], autograph=False
        )
        self._draw = tf.function(
            lambda noise: self.average(noise, training=False),
            [tf.TensorSpec((None, NOISE_NUMBERS), tf.float32)],
            autograph=False,
        )

    def train(self, images: Bytes, step: int) -> None:
        """Trains both networks for a step; does not wait for the device.

        Args:
            images: real ones, uint8 `[N, H, W, C]`; N may change from step to step.
            step: steps trained before.

        Raises:
            InputError: the loss is not one number, or a participant's raised an exception.
        """
        with own_errors():
            self._compiled(images, tf.constant(step, tf.int64))

    def take_means(self) -> dict[str, float]:
        """Returns the means since this was last asked.

        Returns:
            `discriminator_loss` and `generator_loss`, and `accuracy_real` and
            `accuracy_generated`, the shares of the images that the discriminator took for what
            they are.
        """
        *sums, images = self._sums.numpy().tolist()
        self._sums.assign(tf.zeros_like(self._sums))
        names = ("discriminator_loss", "generator_loss", "accuracy_real", "accuracy_generated")
        return {name: value / images for name, value in zip(names, sums, strict=True)}

    def draw(self, noise: Floats) -> Floats:
        """Returns the averaged generator's images of noise `[N, 100]`: float32 `[N, H, W, C]`."""
        with own_errors():
            images: Floats = self._draw(noise).numpy()
        return images

    def arrays(self) -> list[npt.NDArray[Any]]:
        """Returns the values of all that decides how the training goes on, always in one order."""
        return [keras.ops.convert_to_numpy(variable) for variable in self._variables()]

    def restore(self, arrays: list[npt.NDArray[Any]]) -> None:
        """Takes on what `arrays` returned."""
        for variable, value in zip(self._variables(), arrays, strict=True):
            variable.assign(value)

    def _variables(self) -> list[Any]:
        """Returns weights, random states, the optimizers' variables and the sums."""
        owners = (self.generator, self.discriminator, self.average, *self._optimizers)
        return [variable for owner in owners for variable in owner.variables] + [self._sums]

    def _train(self, images: tf.Tensor, step: tf.Tensor) -> None:
        count = tf.shape(images)[0]
        real = tf.cast(images, tf.float32) / 255
        if self._options.augment:
            mirrored = self._random(step, _MIRROR, (count, 1, 1, 1)) < 0
            real = tf.where(mirrored, tf.reverse(real, [2]), real)
        noise = self._random(step, _NOISE, (count, NOISE_NUMBERS))

        with tf.GradientTape() as generator_tape:
            generated = self.generator(noise, training=True)
        loss, right = self._train_discriminator(real, generated)

        # Against the discriminator as it is now, which needs the generated images only once.
        with tf.GradientTape() as tape:
            tape.watch(generated)
            logits = self.discriminator(generated, training=True)
            generator_loss = self._one_number("generator", self._loss.generator(logits))
        slopes = tape.gradient(generator_loss, generated, unconnected_gradients="zero")
        weights = _trained(self.generator)
        gradients = generator_tape.gradient(generated, weights, slopes, "zero")
        self._optimizers[0].apply(gradients, self.generator.trainable_variables)

        self._update_average(step)
        images_seen = tf.cast(count, tf.float64)
        losses = [tf.cast(value, tf.float64) * images_seen for value in (loss, generator_loss)]
        self._sums.assign_add(tf.stack([*losses, *right, images_seen]))

    def _train_discriminator(
        self, real: tf.Tensor, generated: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Returns the loss before the step, and how many real and generated it told right."""
        weights = _trained(self.discriminator)
        with tf.GradientTape() as tape:
            with tf.GradientTape(watch_accessed_variables=False) as penalty_tape:
                penalty_tape.watch(real)
                real_logits = self.discriminator(real, training=True)
            generated_logits = self.discriminator(generated, training=True)
            value = self._loss.discriminator(real_logits, generated_logits)
            loss = self._one_number("discriminator", value)
            if self._penalty:
                slopes = penalty_tape.gradient(real_logits, real, unconnected_gradients="zero")
                squared_norms = tf.reduce_sum(slopes**2, axis=(1, 2, 3))
                loss += self._penalty / 2 * tf.reduce_mean(squared_norms)
        gradients = tape.gradient(loss, weights, unconnected_gradients="zero")
        self._optimizers[1].apply(gradients, self.discriminator.trainable_variables)
        right = [real_logits > 0, generated_logits <= 0]
        return loss, [tf.reduce_sum(tf.cast(told, tf.float64)) for told in right]

    def _update_average(self, step: tf.Tensor) -> None:
        """Moves the average towards the weights: quickly at first, so that it forgets the start."""
        done = tf.cast(step, tf.float32)
        memory = tf.minimum(_LONGEST_MEMORY, (1 + done) / (10 + done))
        for average, weight in zip(self.average.weights, self.generator.weights, strict=True):
            average.assign(memory * average + (1 - memory) * weight)

    def _random(self, step: tf.Tensor, purpose: int, shape: tuple[Any, ...]) -> tf.Tensor:
        """Returns numbers uniform in [-1, 1]."""
        seed = tf.stack([tf.constant(self._options.seed, tf.int64), 2 * step + purpose])
        return tf.random.stateless_uniform(shape, seed, -1, 1)

    def _one_number(self, method: str, value: Any) -> tf.Tensor:
        shape = getattr(value, "shape", None)
        if shape is None or tuple(shape) != ():
            returned = "no tensor" if shape is None else f"[{', '.join(map(str, shape))}]"
            raise InputError(
                f"{shown('loss', self._options.loss)}: expected one number, its {method} returned"
                f" {returned}; end it with ops.mean"
            )
        return value


def _adam(model: keras.Model, options: AdversarialOptions) -> keras.optimizers.Optimizer:
    if not model.trainable_variables:
        raise InputError(
            f"{shown('model', options.model)}: its {model.name} has no weights to train;"
            " make layers in it, and leave some of them trainable"
        )
    optimizer = keras.optimizers.Adam(options.learning_rate, beta_1=options.beta_1)
    optimizer.build(model.trainable_variables)
    return optimizer


def _trained(model: keras.Model) -> list[tf.Variable]:
    """Returns the weights as TensorFlow's tapes know them."""
    return [variable.value for variable in model.trainable_variables]
