"""The GAN challenge: faces, and a generator and a discriminator that learn from each other."""

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from components.check_submission import check_submission
from components.evaluate_gan import evaluate_gan
from components.preprocess_gan import preprocess_gan
from components.train_gan import train_gan
from models.adversarial.options import AdversarialOptions
from pipelines.target import Target
from pipelines.training_kind import ADVERSARIAL

TRAINING = ADVERSARIAL

_DEFAULTS = AdversarialOptions()


def build(target: Target) -> BaseComponent:
    """Returns the pipeline: images of faces, or digits, to a submission that was checked."""

    @dsl.pipeline(
        name="gan",
        description="GAN: faces to a generator and a discriminator that can go into battle.",
    )
    def pipeline(
        source: str,
        source_fingerprint: str = "",
        train_images: int = 0,
        validation_images: int = 689,
        test_images: int = 624,
        crop: float = 0.6,
        use_mnist: bool = False,
        shard_size: int = 32_768,
        max_bad_fraction: float = 0.0,
        beam_args: list[str] = [],  # noqa: B006 (KFP copies it)
        seed: int = 0,
        model: str = _DEFAULTS.model,
        loss: str = _DEFAULTS.loss,
        files_fingerprint: str = "",
        batch_size: int = _DEFAULTS.batch_size,
        epochs: int = _DEFAULTS.epochs,
        max_steps: int = _DEFAULTS.max_steps,
        learning_rate: float = _DEFAULTS.learning_rate,
        beta_1: float = _DEFAULTS.beta_1,
        augment: bool = _DEFAULTS.augment,
        start_new_model: bool = False,
        export_model_steps: int = _DEFAULTS.export_model_steps,
        checkpoint_dir: str = "",
    ) -> None:
        data = preprocess_gan(
            source=source,
            source_fingerprint=source_fingerprint,
            train_images=train_images,
            validation_images=validation_images,
            test_images=test_images,
            seed=seed,
            shard_size=shard_size,
            max_bad_fraction=max_bad_fraction,
            crop=crop,
            use_mnist=use_mnist,
            beam_args=beam_args,
        )
        examples = data.outputs["examples"]
        training = target.training(train_gan)(
            examples=examples,
            network_class=model,
            loss=loss,
            files_fingerprint=files_fingerprint,
            batch_size=batch_size,
            epochs=epochs,
            max_steps=max_steps,
            learning_rate=learning_rate,
            beta_1=beta_1,
            augment=augment,
            use_mnist=use_mnist,
            seed=seed,
            start_new_model=start_new_model,
            export_model_steps=export_model_steps,
            checkpoint_dir=checkpoint_dir,
        )
        trained = training.outputs["model"]
        evaluation = evaluate_gan(model=trained, examples=examples, seed=seed)
        check = check_submission(model=trained, examples=examples, seed=seed)
        for step in (data, evaluation, check):
            target.place(step)
        target.place_training(training)

    return pipeline
