"""Where Beam reaches an artifact."""

from kfp import dsl


def location(artifact: dsl.Artifact) -> str:
    """Returns an artifact's `gs://` URI, which Beam takes as it is, else its path.

    Kubeflow brings what it keeps elsewhere, such as in `minio://` or `s3://`, to the path.
    """
    return str(artifact.uri if artifact.uri.startswith("gs://") else artifact.path)
