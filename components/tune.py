"""The step of a tuning that is here: examples -> trials, and the best parameters."""

from typing import Any

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def tune(
    examples: dsl.Input[dsl.Dataset],
    study: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    challenge: str,
    network_class: str,
    model_arguments: dict[str, Any],
    loss: str,
    weights: str,
    files_fingerprint: str,
    batch_size: int,
    epochs: int,
    max_steps: int,
    learning_rate: float,
    learning_rate_decay: float,
    learning_rate_decay_examples: int,
    clip_norm: float,
    augment: bool,
    mixed_precision: bool,
    seed: int,
    patience: int,
    trials: int,
    parallel: int,
    trial_epochs: int,
    fixed_parameters: list[str],
    study_dir: str,
) -> dict[str, Any]:
    """Tries parameters of a training and returns the best; see `models.tuning`.

    `files_fingerprint` is there for the cache, which cannot see into the participant's files.
    """
    import json
    from pathlib import Path

    from components.step import step
    from components.whole_numbers import whole_numbers

    with step():
        from models.training_options import TrainingOptions
        from models.tuning.tune import tune

        options = TrainingOptions(
            model=network_class,
            model_arguments=whole_numbers(model_arguments),
            loss=loss,
            weights=weights,
            batch_size=batch_size,
            epochs=trial_epochs or epochs,
            max_steps=max_steps,
            learning_rate=learning_rate,
            learning_rate_decay=learning_rate_decay,
            learning_rate_decay_examples=learning_rate_decay_examples,
            clip_norm=clip_norm,
            augment=augment,
            mixed_precision=mixed_precision,
            seed=seed,
            patience=patience,
        )
        result = tune(
            examples.path,
            study.path,
            f"models.{challenge}",
            options,
            trials,
            parallel,
            fixed_parameters,
            study_dir,
        )
    found = result.metrics()
    Path(metrics.path).write_text(json.dumps(found, indent=2) + "\n")
    for name, value in found.items():
        metrics.log_metric(name, value)
    return result.best
