"""Step 3: metrics, confusion matrix and a page to look at."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def evaluate(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    confusion: dsl.Output[dsl.ClassificationMetrics],
    report: dsl.Output[dsl.HTML],
) -> None:
    """Judges the exported model on the validation split; see `models.evaluation`."""
    import json
    from pathlib import Path

    from components.step import step
    from models.evaluation import evaluate

    report.uri += ".html"
    with step():
        trained = model.metadata
        facts = {
            "model": trained.get("network", ""),
            "loss": trained.get("loss_function", ""),
            "batch size": f"{trained.get('batch_size', 0):.0f}",
            "learning rate": f"{trained.get('learning_rate', 0):g}",
        }
        result = evaluate(model.path, examples.path, report.path, facts=facts)
    matrix = result.pop("confusion")
    confusion.log_confusion_matrix(matrix["class_names"], matrix["matrix"])
    Path(confusion.path).write_text(json.dumps(matrix) + "\n")
    Path(metrics.path).write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        if isinstance(value, int | float):
            metrics.log_metric(name, value)
