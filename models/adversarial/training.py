"""The training step of the GAN challenge: examples -> generator and discriminator."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import keras

from models.adversarial.export import export_gan
from models.adversarial.log import AdversarialLog
from models.adversarial.loop import AdversarialLoop
from models.adversarial.losses import find_loss
from models.adversarial.networks import find_networks
from models.adversarial.options import AdversarialOptions
from models.adversarial.step import Opponents
from models.checkpoint import CHECKPOINTS_FOLDER, Checkpoints, code_hashes
from models.devices import tensorflow_accelerators
from models.distributed.cluster import expect_one_machine
from models.export import EXPORT_FOLDER
from models.input import local_examples
from models.own_files import files_fingerprint
from preprocessing.errors import InputError
from preprocessing.progress import report_note

_DECIDING = tuple(f"models.adversarial.{name}" for name in ("losses", "networks", "step"))


@dataclass(frozen=True)
class AdversarialResult:
    """What came out of a training. The last six are of its last steps.

    Attributes:
        steps: steps trained, over all runs.
        epochs: whole epochs trained.
        seconds: time of training, over all runs.
        images_per_second: real images trained a second, over all runs.
        resumed_from_step: step of the checkpoint that this run went on from; 0 for none.
        discriminator_loss: mean.
        generator_loss: mean.
        accuracy_real: share of the real images that the discriminator took for real.
        accuracy_generated: share of the generated images that it took for generated.
        diversity: how different generated images are from one another; 1 is as real ones are.
    """

    steps: int
    epochs: int
    seconds: float
    images_per_second: float
    resumed_from_step: int
    discriminator_loss: float
    generator_loss: float
    accuracy_real: float
    accuracy_generated: float
    diversity: float


def train_gan(
    examples_folder: str | Path,
    model_folder: str | Path,
    networks: str,
    options: AdversarialOptions,
) -> AdversarialResult:
    """Trains a GAN, going on where an interrupted training of the same stopped.

    On CPUs one that went on has the same weights to the bit as one that was not interrupted.

    Args:
        examples_folder: what `preprocess` wrote; only `train` is read.
        model_folder: gets the model (see `models.adversarial.export`), `history.json`,
            TensorBoard's `logs/`, `grids/` and the exports of `export_model_steps`.
        networks: module with the challenge's networks, such as `models.gan`.
        options: the parameters.

    Returns:
        Steps, epochs, times, and how the opponents stood in the end.

    Raises:
        InputError: the examples, an option, the networks or the loss cannot be used, Keras runs
            on another backend than TensorFlow, TF_CONFIG names several workers, or the disk is
            full.
        SystemExit: SIGTERM or SIGINT came (status 143 or 130); a checkpoint was written first.
    """
    expect_tensorflow()
    expect_one_machine("a GAN")
    keras.utils.clear_session()  # layers get the same names, so a checkpoint's hash is the same
    keras.utils.set_random_seed(options.seed)
    folder = Path(model_folder)
    folder.mkdir(parents=True, exist_ok=True)
    accelerators = tensorflow_accelerators()
    if len(accelerators) > 1:
        report_note(f"a GAN is trained on one of the {len(accelerators)} accelerators")
    with local_examples(examples_folder) as examples:
        opponents = Opponents(
            (find_networks(networks, options.model), find_networks(networks, options.model)),
            find_loss(options.loss),
            examples.info.image_shape,
            options,
        )
        checkpoints = Checkpoints(
            options.checkpoint_dir or folder / CHECKPOINTS_FOLDER,
            {
                "examples": examples.info.to_json(),
                "networks": [
                    opponents.generator.get_config(),
                    opponents.discriminator.get_config(),
                ],
                "options": options.decides(),
                "code": code_hashes([networks, *_DECIDING]),
                "own": files_fingerprint([options.model, options.loss]),
            },
        )
        if options.start_new_model:
            checkpoints.clear()

        def export(destination: Path) -> None:
            export_gan(opponents.average, opponents.discriminator, destination)

        loop = AdversarialLoop(
            opponents,
            examples,
            options,
            checkpoints,
            lambda state: AdversarialLog(folder, checkpoints.folder, state),
            lambda step: export(folder / EXPORT_FOLDER / f"step_{step}"),
        )
        loop.run()
        export(folder)
    checkpoints.clear()
    if not options.checkpoint_dir:
        with suppress(OSError):  # it is not part of the model, but another training's may be in it
            checkpoints.folder.parent.rmdir()
    state = loop.state
    last = state.history[-1]
    return AdversarialResult(
        steps=state.step,
        epochs=state.step // loop.epoch_batches,
        seconds=state.seconds,
        images_per_second=round(loop.images_trained(state.step) / state.seconds, 1),
        resumed_from_step=loop.resumed_from_step,
        discriminator_loss=last["discriminator_loss"],
        generator_loss=last["generator_loss"],
        accuracy_real=last["accuracy_real"],
        accuracy_generated=last["accuracy_generated"],
        diversity=last["diversity"],
    )


def expect_tensorflow() -> None:
    """Checks that Keras runs on TensorFlow.

    Raises:
        InputError: it runs on another backend.
    """
    if (backend := keras.backend.backend()) != "tensorflow":
        raise InputError(
            f"KERAS_BACKEND={backend}: a GAN is trained on tensorflow only; leave KERAS_BACKEND out"
        )
