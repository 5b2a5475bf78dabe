"""Step 4: the test examples through the exported model."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def batch_predict(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    predictions: dsl.Output[dsl.Artifact],
    beam_args: list[str],
) -> None:
    """Writes JSON lines as Vertex AI batch prediction does; see `models.prediction`."""
    from components.location import location
    from components.step import step

    with step():
        from models.prediction import batch_predict

        counts = batch_predict(
            location(model), location(examples), location(predictions), beam_args
        )
    predictions.metadata.update(counts)
