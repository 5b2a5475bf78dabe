"""A step before training: has the data moved away from the champion's?"""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def check_drift(
    examples: dsl.Input[dsl.Dataset],
    statistics: dsl.Output[dsl.Artifact],
    drift: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    challenge: str,
    registry: str,
    bucket: str,
    max_drift: float,
) -> None:
    """Compares the examples with those that the champion was trained on.

    See `models.promotion.drift`.
    """
    import json
    from pathlib import Path

    from components.step import step
    from models.promotion.check import check_drift
    from models.promotion.registry import open_registry
    from preprocessing.examples import Examples

    with step():
        result = check_drift(
            Examples(examples.path),
            open_registry(registry, bucket),
            challenge,
            max_drift,
            Path(statistics.path),
            Path(drift.path),
        )
    Path(metrics.path).write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        metrics.log_metric(name, value)
