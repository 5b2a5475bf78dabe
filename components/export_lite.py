"""A step for phones: model -> TensorFlow Lite, float and int8."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def export_lite(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    lite_model: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Converts the exported model and checks what came out; see `models.lite`."""
    import json
    from pathlib import Path

    from components.step import step

    with step():
        from models.lite import export_lite

        result = export_lite(model.path, examples.path, lite_model.path)
    Path(metrics.path).write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        metrics.log_metric(name, value)
