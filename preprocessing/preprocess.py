"""The preprocessing step: raw data -> examples and transform graph.

Beam and TensorFlow are imported where they are used: both take seconds, and the process that
analyzes can start before this one has Beam.
"""

import multiprocessing
import os
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, SPLITS, ExamplesInfo
from preprocessing.plan import Plan, SplitSizes, plan_examples
from preprocessing.progress import report_note, report_progress

if TYPE_CHECKING:
    from preprocessing.transform import Statistics

_DEFAULT_SIZES = SplitSizes()
_PlanArguments = tuple[str, str, SplitSizes, int, int]


def preprocess(
    source: str,
    examples_folder: str,
    transform_folder: str,
    challenge: str,
    sizes: SplitSizes = _DEFAULT_SIZES,
    seed: int = 0,
    shard_size: int = 32_768,
    full_pass: bool = False,
    source_fingerprint: str = "",
    beam_args: Sequence[str] = (),
) -> ExamplesInfo:
    """Turns raw data into examples and a transform graph.

    Args:
        source: folder, glob or `gs://` URI of the raw data.
        examples_folder: gets the examples (see `preprocessing.examples`).
        transform_folder: gets the tf.Transform graph.
        challenge: name of the challenge.
        sizes: examples a class; a class with fewer rows is split 80/10/10.
        seed: draws the rows.
        shard_size: examples a file at most.
        full_pass: take the statistics over all training rows, not over a sample.
        source_fingerprint: stands for the state of the source; written into `examples.json`.
        beam_args: Beam's own options.

    Returns:
        What was written to `examples.json`.

    Raises:
        InputError: something in the source, a parameter or the output folder is wrong.
    """
    arguments = (source, challenge, sizes, seed, shard_size)
    spawn = multiprocessing.get_context("spawn")
    # TensorFlow takes as long to start as a million drawings take to write: side by side.
    with ProcessPoolExecutor(1, spawn, initializer=_end_with_parent) as pool:
        analysis = pool.submit(_analyze, arguments, transform_folder, full_pass, list(beam_args))
        try:
            plan = _write(arguments, examples_folder, beam_args)
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()  # else the user would wait for it to be told
            raise
        report_progress(0.9, "waiting for the statistics of tf.Transform")
        statistics = analysis.result()
    if statistics.class_names != plan.class_names:
        raise InputError(
            f"{source}: tf.Transform read the class names as {statistics.class_names}, not as"
            f" {plan.class_names}; rename the files without special characters"
        )

    info = ExamplesInfo(
        challenge=challenge,
        image_shape=find_challenge(challenge).image_shape,
        class_names=statistics.class_names,
        seed=seed,
        source=source,
        source_fingerprint=source_fingerprint,
        pixel_mean=statistics.pixel_mean,
        pixel_variance=statistics.pixel_variance,
        splits={split: plan.split(split) for split in SPLITS},
        warnings=plan.warnings(),
    )
    from preprocessing.beam import write_file

    write_file(f"{examples_folder}/{METADATA_FILE}", info.to_json().encode(), uuid.uuid4().hex)
    return info


def _analyze(
    arguments: _PlanArguments, folder: str, full_pass: bool, beam_args: Sequence[str]
) -> "Statistics":
    """Plans and analyzes, in a process of its own."""
    from preprocessing.transform import analyze

    _, challenge, *_ = arguments
    return analyze(plan_examples(*arguments), challenge, folder, full_pass, beam_args)


def _write(arguments: _PlanArguments, folder: str, beam_args: Sequence[str]) -> Plan:
    """Plans and writes the examples, without `examples.json`."""
    from preprocessing.write_examples import write_examples

    plan = plan_examples(*arguments)
    for warning in plan.warnings():
        report_note(warning)
    write_examples(plan, folder, beam_args)
    return plan


def _end_with_parent() -> None:
    """Ends this process when the one that started it is gone, were it killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
