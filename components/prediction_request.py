"""What Vertex AI batch prediction is asked: where the model, the examples and the answers are."""

from typing import NamedTuple

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def prediction_request(
    model: dsl.Input[dsl.Model],
    examples: dsl.Input[dsl.Dataset],
    predictions: dsl.Output[dsl.Artifact],
) -> NamedTuple("Request", model_uri=str, shards=list, destination=str):  # type: ignore[valid-type]
    """Returns the `gs://` URIs of the model, of each shard of the test set, and of the answers."""
    from components.step import step
    from preprocessing.examples import Examples, shard_name

    with step():
        test = Examples(examples.path).info.splits["test"]
    names = [shard_name(index, test.shards) for index in range(test.shards)]
    return model.uri, [f"{examples.uri}/test/{name}" for name in names], predictions.uri
