"""Step 2: examples and transform graph -> model."""

from typing import Any

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def train(
    examples: dsl.Input[dsl.Dataset],
    transform: dsl.Input[dsl.Artifact],
    model: dsl.Output[dsl.Model],
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
    start_new_model: bool,
    export_model_steps: int,
    checkpoint_dir: str,
    tuned: dict[str, Any],
) -> None:
    """Trains a network and exports it; see `models.training`.

    `tuned` holds parameters that a tuning found, which go before the others.
    `files_fingerprint` is there for the cache, which cannot see into the participant's files.
    """
    from dataclasses import asdict

    from components.step import step
    from components.whole_numbers import whole_numbers

    with step():
        from models.training import train
        from models.training_options import TrainingOptions
        from preprocessing.challenge import find_challenge

        options = TrainingOptions(
            model=network_class,
            model_arguments=whole_numbers(model_arguments),
            loss=loss,
            weights=weights,
            batch_size=batch_size,
            epochs=epochs,
            max_steps=max_steps,
            learning_rate=learning_rate,
            learning_rate_decay=learning_rate_decay,
            learning_rate_decay_examples=learning_rate_decay_examples,
            clip_norm=clip_norm,
            augment=augment,
            mixed_precision=mixed_precision,
            seed=seed,
            patience=patience,
            start_new_model=start_new_model,
            export_model_steps=export_model_steps,
            checkpoint_dir=checkpoint_dir,
        ).tuned(whole_numbers(tuned))
        top_k = find_challenge(challenge).top_k
        result = train(
            examples.path, transform.path, model.path, f"models.{challenge}", options, top_k
        )
    chosen = {
        "network": network_class.rpartition("/")[2],
        "loss_function": options.loss.rpartition("/")[2],
        "batch_size": options.batch_size,
        "learning_rate": options.learning_rate,
    }
    model.metadata.update(asdict(result) | chosen)
