"""The pipeline of a classification challenge: from raw images to a scored submission."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kfp import dsl
from kfp.dsl.base_component import BaseComponent

from components.check_drift import check_drift
from components.evaluate import evaluate
from components.export_lite import export_lite
from components.predictions_to_csv import predictions_to_csv
from components.preprocess import preprocess
from components.promote import promote
from components.score import score
from components.train import train
from pipelines.prediction import predict
from pipelines.target import Target
from pipelines.tuning.step import best_parameters
from pipelines.variants import RETRAINING, TUNE, TUNING

_TUNED = ("trials", "parallel", "trial_epochs", "fixed_parameters", "study_dir")
_TRAINED = ("start_new_model", "export_model_steps", "checkpoint_dir", "pairs")
_PARAMETERS = {
    "": _TRAINED,
    RETRAINING: (*_TRAINED, "registry", "margin", "max_drift"),
    TUNING: (*_TRAINED, *_TUNED),
    TUNE: _TUNED,
}
"""Those that not every variant has, by variant."""

VARIANTS = (RETRAINING, TUNING, TUNE)
"""What a pipeline can do else: `retraining` checks the data for drift and promotes, `tuning` tries
parameters and trains with the best, `tune` only tries them."""


@dataclass(frozen=True)
class Defaults:
    """What a challenge trains with when nothing else is asked for."""

    train_per_class: int = 10_000
    validation_per_class: int = 2_000
    test_per_class: int = 2_000
    model: str = "Cnn"
    batch_size: int = 128
    epochs: int = 12
    learning_rate: float = 0.003
    learning_rate_decay: float = 0.8
    patience: int = 5


_DEFAULTS = Defaults()


def classification_pipeline(
    target: Target,
    challenge: str,
    description: str,
    defaults: Defaults = _DEFAULTS,
    lite: bool = False,
) -> BaseComponent:
    """Returns the KFP pipeline of a challenge.

    Args:
        target: where it is to run, and which variant.
        challenge: the name of its three files, and of the pipeline.
        description: a sentence for the console.
        defaults: its own default parameters.
        lite: export the network to TensorFlow Lite too.
    """

    def pipeline(
        source: str,
        source_fingerprint: str = "",
        train_per_class: int = defaults.train_per_class,
        validation_per_class: int = defaults.validation_per_class,
        test_per_class: int = defaults.test_per_class,
        shard_size: int = 32_768,
        image_size: int = 0,
        max_bad_fraction: float = 0.0,
        full_pass: bool = False,
        compression: str = "none",
        beam_args: list[str] = [],  # noqa: B006 (KFP copies it)
        seed: int = 0,
        model: str = defaults.model,
        model_arguments: dict[str, Any] = {},  # noqa: B006 (KFP copies it)
        loss: str = "CrossEntropy",
        weights: str = "",
        files_fingerprint: str = "",
        batch_size: int = defaults.batch_size,
        epochs: int = defaults.epochs,
        max_steps: int = 0,
        learning_rate: float = defaults.learning_rate,
        learning_rate_decay: float = defaults.learning_rate_decay,
        learning_rate_decay_examples: int = 0,
        clip_norm: float = 1.0,
        augment: bool = True,
        mixed_precision: bool = False,
        patience: int = defaults.patience,
        start_new_model: bool = False,
        export_model_steps: int = 1_000,
        checkpoint_dir: str = "",
        pairs: bool = False,
        registry: str = target.registry,
        margin: float = 0.0,
        max_drift: float = 0.0,
        trials: int = 20,
        parallel: int = 1,
        trial_epochs: int = 0,
        fixed_parameters: list[str] = [],  # noqa: B006 (KFP copies it)
        study_dir: str = "",
    ) -> None:
        data = preprocess(
            challenge=challenge,
            source=source,
            source_fingerprint=source_fingerprint,
            train_per_class=train_per_class,
            validation_per_class=validation_per_class,
            test_per_class=test_per_class,
            seed=seed,
            shard_size=shard_size,
            image_size=image_size,
            max_bad_fraction=max_bad_fraction,
            full_pass=full_pass,
            compression=compression,
            beam_args=beam_args,
        )
        examples = data.outputs["examples"]
        options = {
            "network_class": model,
            "model_arguments": model_arguments,
            "loss": loss,
            "weights": weights,
            "files_fingerprint": files_fingerprint,
            "batch_size": batch_size,
            "epochs": epochs,
            "max_steps": max_steps,
            "learning_rate": learning_rate,
            "learning_rate_decay": learning_rate_decay,
            "learning_rate_decay_examples": learning_rate_decay_examples,
            "clip_norm": clip_norm,
            "augment": augment,
            "mixed_precision": mixed_precision,
            "seed": seed,
            "patience": patience,
        }
        tuned: Any = {}
        if target.variant in (TUNING, TUNE):
            tuned = best_parameters(
                target,
                study_dir,
                examples=examples,
                challenge=challenge,
                **options,
                trials=trials,
                parallel=parallel,
                trial_epochs=trial_epochs,
                fixed_parameters=fixed_parameters,
            )
        if target.variant == TUNE:
            target.place(data)
            return
        training = target.training(train)(
            examples=examples,
            transform=data.outputs["transform"],
            challenge=challenge,
            **options,
            start_new_model=start_new_model,
            export_model_steps=export_model_steps,
            checkpoint_dir=checkpoint_dir,
            tuned=tuned,
        )
        trained = training.outputs["model"]
        evaluation = evaluate(model=trained, examples=examples)
        predictions = predict(target, trained, examples, beam_args)
        submission = predictions_to_csv(predictions=predictions, examples=examples, pairs=pairs)
        scoring = score(submission=submission.outputs["submission"], examples=examples)
        steps = [data, evaluation, submission, scoring]
        if lite:
            steps.append(export_lite(model=trained, examples=examples))
        if target.variant == RETRAINING:
            drift = check_drift(
                examples=examples,
                challenge=challenge,
                registry=registry,
                bucket=target.bucket,
                max_drift=max_drift,
            )
            training.after(drift)
            promotion = promote(
                model=trained,
                examples=examples,
                statistics=drift.outputs["statistics"],
                evaluation=evaluation.outputs["metrics"],
                challenge=challenge,
                registry=registry,
                bucket=target.bucket,
                margin=margin,
                image=target.serving_image,
                commit=target.commit,
                run=dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
            )
            for step in (drift, promotion):  # what they say depends on who is champion by now
                step.set_caching_options(False)
            steps += [drift, promotion]
        for step in steps:
            target.place(step)
        target.place_training(training)

    unused = {name for names in _PARAMETERS.values() for name in names}
    unused -= set(_PARAMETERS[target.variant])
    name = "-".join(filter(None, [challenge.replace("_", "-"), target.variant]))
    return dsl.pipeline(_without(pipeline, unused), name=name, description=description)


def _without(function: Callable[..., None], unused: set[str]) -> Callable[..., None]:
    """Hides parameters, which keep their defaults, from whoever asks for the signature."""
    signature = inspect.signature(function)
    shown = {name: one for name, one in signature.parameters.items() if name not in unused}

    @functools.wraps(function)
    def narrowed(*values: Any) -> None:
        function(**dict(zip(shown, values, strict=True)))  # KFP gives them all by position

    narrowed.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=list(shown.values())
    )
    return narrowed
