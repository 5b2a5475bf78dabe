"""The last step of a retraining: does the new model take the champion's place?"""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def promote(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    statistics: dsl.Input[dsl.Artifact],
    evaluation: dsl.Input[dsl.Metrics],
    decision: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    challenge: str,
    registry: str,
    bucket: str,
    margin: float,
    image: str,
    commit: str,
    run: str,
) -> None:
    """Compares the model with the champion, and registers it if it is better.

    See `models.promotion.promote`.
    """
    import json
    from pathlib import Path

    from components.step import step
    from models.promotion.promote import promote
    from models.promotion.registry import open_registry
    from models.promotion.statistics import DataStatistics
    from models.promotion.version import Facts
    from preprocessing.examples import Examples
    from preprocessing.progress import report_note

    decision.uri += ".json"
    with step():
        outcome = promote(
            Path(model.path),
            Examples(examples.path),
            DataStatistics.load(Path(statistics.path)),
            open_registry(registry, bucket),
            Facts(
                challenge=challenge,
                run=run,
                by=run,
                commit=commit,
                image=image,
                metrics=json.loads(Path(evaluation.path).read_text()),
            ),
            margin,
        )
    report_note(outcome.line())
    Path(decision.path).write_text(json.dumps(outcome.as_json(), indent=2) + "\n")
    result = outcome.metrics()
    Path(metrics.path).write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        metrics.log_metric(name, value)
