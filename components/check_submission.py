"""Step 4 of the GAN challenge: would the submission be let into a battle?"""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def check_submission(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    check: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    seed: int,
) -> None:
    """Runs the model in the battles' sandbox; see `models.battle.submission`."""
    import json
    from dataclasses import asdict
    from pathlib import Path

    from components.step import step
    from models.battle.sandbox import Sandbox
    from models.battle.submission import check_submission
    from models.battle.teams import find_saved_model
    from preprocessing.examples import Examples

    with step():
        data = Examples(examples.path)
        with Sandbox(data.info.image_bytes) as sandbox:
            result = check_submission(
                find_saved_model(model.path), sandbox.player, data, Path(check.path), seed
            )
        result.expect_valid()
    numbers = {name: value for name, value in asdict(result).items() if isinstance(value, float)}
    Path(metrics.path).write_text(json.dumps(numbers, indent=2) + "\n")
    for name, value in numbers.items():
        metrics.log_metric(name, value)
