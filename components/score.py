"""Step 6: the submission against the test labels, as the organiser does it."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def score(
    submission: dsl.Input[dsl.Artifact],
    examples: dsl.Input[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Logs the share of right categories; see `models.score`."""
    import json
    from pathlib import Path

    from components.step import step
    from models.score import score
    from preprocessing.examples import TEST_LABELS_FILE

    with step():
        scores = score(submission.path, f"{examples.path}/{TEST_LABELS_FILE}")
    Path(metrics.path).write_text(json.dumps(scores, indent=2) + "\n")
    for name in ("accuracy", "correct", "examples"):
        metrics.log_metric(f"test_{name}", scores[name])
