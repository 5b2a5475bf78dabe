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
    from preprocessing.progress import report_note

    labels = Path(examples.path, TEST_LABELS_FILE)
    if not labels.exists():
        Path(metrics.path).write_text("{}\n")
        report_note("the labels of this test set are not known, so there is no score")
        return
    with step():
        scores = score(submission.path, labels)
    Path(metrics.path).write_text(json.dumps(scores, indent=2) + "\n")
    for name in ("accuracy", "correct", "examples"):
        metrics.log_metric(f"test_{name}", scores[name])
