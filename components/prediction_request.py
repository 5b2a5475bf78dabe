"""What Vertex AI batch prediction is asked: where the model, the examples and the answers are."""

from typing import NamedTuple

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def prediction_request(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    predictions: dsl.Output[dsl.Artifact],
) -> NamedTuple(  # type: ignore[valid-type]
    "Request", model_uri=str, shards=list, instances_format=str, destination=str
):
    """Returns the `gs://` URIs of the model, of each shard of the test set, and of the answers.

    With them, what Vertex AI calls the format of the shards.
    """
    from components.step import step
    from preprocessing.examples import Examples

    with step():
        info = Examples(examples.path).info
    shards = [f"{examples.uri}/test/{name}" for name in info.shard_names("test")]
    instances_format = "tf-record-gzip" if info.compression == "gzip" else "tf-record"
    return model.uri, shards, instances_format, predictions.uri
