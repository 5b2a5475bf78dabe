"""The test set predicted by Vertex AI's own batch prediction, with the project's container.

Nothing is registered: the job gets the model's files and the container's specification.
"""

from typing import Any

from kfp import dsl

from components.prediction_request import prediction_request
from models.prediction_server import COMMAND, HEALTH_ROUTE, PREDICT_ROUTE
from pipelines.target import Target

MACHINE = "n1-standard-4"
"""What the container runs on; batch prediction starts more of them as it needs."""

MACHINES = 4
"""How many there are at most."""

BATCH_SIZE = 64
"""Examples a request to the container."""


def predict_on_vertex(target: Target, model: Any, examples: Any) -> Any:
    """Adds the steps to the pipeline that is being built.

    Args:
        target: where they are to run.
        model: output of the training step.
        examples: output of the preprocessing.

    Returns:
        The output that holds the predictions, as `predictions_to_csv` reads them.
    """
    from google_cloud_pipeline_components.types.artifact_types import UnmanagedContainerModel
    from google_cloud_pipeline_components.v1.batch_predict_job import ModelBatchPredictOp

    request = prediction_request(model=model, examples=examples)
    target.place(request)
    served = dsl.importer(
        artifact_uri=request.outputs["model_uri"],
        artifact_class=UnmanagedContainerModel,
        metadata={"containerSpec": container(target.image("batch-predict"))},
    )
    prediction = ModelBatchPredictOp(
        job_display_name="batch-predict",
        location="{{$.pipeline_google_cloud_location}}",
        unmanaged_container_model=served.output,
        instances_format=request.outputs["instances_format"],
        gcs_source_uris=request.outputs["shards"],
        predictions_format="jsonl",
        gcs_destination_output_uri_prefix=request.outputs["destination"],
        machine_type=MACHINE,
        starting_replica_count=1,
        max_replica_count=MACHINES,
        manual_batch_tuning_parameters_batch_size=BATCH_SIZE,
        service_account="{{$.pipeline_service_account}}",
    )
    target.retry(prediction)
    return prediction.outputs["gcs_output_directory"]


def container(image: str) -> dict[str, Any]:
    """Returns the specification of the serving container, as Vertex AI's API writes it.

    The port is Vertex AI's default, 8080.
    """
    return {
        "imageUri": image,
        "command": list(COMMAND),
        "healthRoute": HEALTH_ROUTE,
        "predictRoute": PREDICT_ROUTE,
    }
