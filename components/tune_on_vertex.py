"""The step of a tuning whose trials are a tuning job of Vertex AI: examples -> best parameters."""

from typing import Any

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def tune_on_vertex(
    examples: dsl.Input[dsl.Dataset],
    study: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    gcp_resources: dsl.OutputPath(str),  # type: ignore[valid-type]
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
    project: str,
    location: str,
    service_account: str,
    network: str,
    worker_pool_specs: list[dict[str, Any]],
    strategy: str,
    restart_job_on_worker_restart: bool,
) -> dict[str, Any]:
    """Tries parameters of a training and returns the best; see `models.tuning.on_vertex`.

    `files_fingerprint` is there for the cache, which cannot see into the participant's files.
    """
    from components.step import step
    from components.whole_numbers import whole_numbers

    with step():
        from models.training_options import TrainingOptions
        from models.tuning.on_vertex import tune_on_vertex
        from models.tuning.vertex_job import TrialMachines

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
        result = tune_on_vertex(
            examples.path,
            study.path,
            study.uri,
            challenge,
            options,
            trials,
            parallel,
            fixed_parameters,
            project,
            location,
            TrialMachines(
                whole_numbers(worker_pool_specs),
                service_account,
                network,
                strategy,
                restart_job_on_worker_restart,
            ),
            gcp_resources,
        )
    for name, value in result.metrics().items():
        metrics.log_metric(name, value)
    return result.best
