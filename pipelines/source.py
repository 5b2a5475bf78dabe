"""Where a run's raw data comes from: what the user names, the newest run's, or sample data."""

from pathlib import Path
from typing import Any

from pipelines.display import Display
from pipelines.local.real_examples import newest_data
from pipelines.registry import challenge_of
from pipelines.sample import make_sample
from pipelines.variants import base_of
from preprocessing.challenge import find_challenge
from preprocessing.fingerprint import source_fingerprint
from preprocessing.gan import MNIST_SIZE


def find_source(
    pipeline: str, data: str, arguments: dict[str, Any], runs: Path, display: Display
) -> dict[str, Any]:
    """Returns the arguments with those of the source.

    A pipeline on another challenge's data, such as the tournament, takes that of the newest run of
    this challenge, split as it was there.

    Args:
        pipeline: its name.
        data: DATA; "" for none.
        arguments: of the pipeline, as far as they were given.
        runs: folder of the runs.
        display: is told what is taken where nothing is named.

    Raises:
        InputError: there is no such source.
    """
    challenge = challenge_of(pipeline)
    if not data and challenge != base_of(pipeline) and (newest := newest_data(runs)):
        arguments = newest | arguments
        data = newest["source"]
        size = (
            MNIST_SIZE if arguments.get("use_mnist") else find_challenge(challenge).image_shape[0]
        )
        display.note(
            f"no DATA given: taking that of the newest run of {challenge}, {data}, {size}x{size}"
        )
    source = data or make_sample("mnist" if arguments.get("use_mnist") else challenge, display)
    return arguments | {"source": source, "source_fingerprint": source_fingerprint(source)}
