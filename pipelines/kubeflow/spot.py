"""Steps on spot nodes of Google's clusters, which are cheaper and may be taken away at any time."""

from kfp import dsl

SPOT = "cloud.google.com/gke-spot"
"""Label of such nodes, and the taint that keeps other pods away from them."""


def on_spot_nodes(step: dsl.PipelineTask) -> None:
    """Lets a step run on spot nodes, and on no others."""
    from kfp import kubernetes

    kubernetes.add_node_selector(step, SPOT, "true")
    kubernetes.add_toleration(step, SPOT, "Equal", "true", "NoSchedule")
