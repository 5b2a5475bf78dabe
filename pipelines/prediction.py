"""The step that predicts the test set: the project's own, or Vertex AI's."""

from typing import Any

from components.batch_predict import batch_predict
from pipelines.target import Target


def predict(target: Target, model: Any, examples: Any, beam_args: Any) -> Any:
    """Adds the step to the pipeline that is being built; returns the output with the predictions.

    Args:
        target: where it is to run, and whose batch prediction it is.
        model: output of the training step.
        examples: output of the preprocessing.
        beam_args: Beam's own options.
    """
    if target.batch_prediction:
        from pipelines.vertex.batch_prediction import predict_on_vertex  # takes half a second

        return predict_on_vertex(target, model, examples)
    step = batch_predict(model=model, examples=examples, beam_args=beam_args)
    target.place(step)
    return step.outputs["predictions"]
