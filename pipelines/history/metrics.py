"""Which metric tells most of a run, and of which more or less is better: all by their names."""

from fnmatch import fnmatch

from pipelines.history.run_record import RunRecord

_MAIN = {
    "test_accuracy": "on test",
    "hit_at_1": "Hit@1",
    "frechet_distance": "Frechet",
    "accuracy": "accuracy",
    "best_hit_at_1": "best Hit@1",
}
"""The first of these that a run has is its main metric, here with its title."""

_BETTER = {
    # Those of real images are what the others are measured against.
    "*_real": "",
    # Far from every training image is no copy, but need not be good.
    "nearest_distance": "",
    # In a GAN, the loss of one side is the gain of the other.
    "generator_*": "",
    "discriminator_*": "",
    # What a new network has to beat says nothing of the network.
    "champion_accuracy": "",
    "default_hit_at_1": "",
    "*accuracy": "higher",
    "*hit_at_[0-9]*": "higher",
    "top_[0-9]*": "higher",
    "*perr": "higher",
    "*gap": "higher",
    "*map": "higher",
    "*agreement": "higher",
    "coverage": "higher",
    "diversity": "higher",
    "distinctness": "higher",
    "*loss": "lower",
    "*distance": "lower",
    "*seconds": "lower",
    "*_bytes": "lower",
    "copies": "lower",
}
"""Patterns of names; the first that fits counts, and "" is for neither."""


def main_metric(record: RunRecord) -> tuple[str, str, float] | None:
    """Returns name, title and value of the metric that tells most; None where there is none."""
    for name, title in _MAIN.items():
        for step in record.steps:
            if name in step.metrics:
                return name, title, step.metrics[name]
    return None


def better(name: str) -> str:
    """Returns whether `higher` or `lower` is better; "" where neither is."""
    return next((way for pattern, way in _BETTER.items() if fnmatch(name, pattern)), "")
