"""Step 3 of the GAN challenge: metrics and a page to look at."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def evaluate_gan(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
    seed: int = 0,
) -> None:
    """Judges the exported GAN on the validation split; see `models.adversarial.evaluation`."""
    import json
    from pathlib import Path

    from components.step import step
    from models.adversarial.evaluation import evaluate_gan
    from models.adversarial.verdict import lead, warnings
    from preprocessing.progress import report_note

    report.uri += ".html"
    with step():
        trained = model.metadata
        facts = {
            "model": trained.get("network", ""),
            "loss": trained.get("loss_function", ""),
            "batch size": f"{trained.get('batch_size', 0):.0f}",
            "learning rate": f"{trained.get('learning_rate', 0):g}",
        }
        result = evaluate_gan(model.path, examples.path, report.path, seed, facts)
    report_note(lead(result))
    for headline, explanation in warnings(result).items():
        report_note(f"{headline} {explanation}")
    Path(metrics.path).write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        metrics.log_metric(name, value)
