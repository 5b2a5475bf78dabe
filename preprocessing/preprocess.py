"""The preprocessing step: raw data -> examples and transform graph."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from apache_beam.io.filesystems import FileSystems

from preprocessing.beam import make_folder, write_file
from preprocessing.bitmaps import find_bitmaps
from preprocessing.challenge import find_challenge
from preprocessing.examples import METADATA_FILE, SPLITS, ExamplesInfo
from preprocessing.plan import Plan, SplitSizes
from preprocessing.progress import report_note, report_progress
from preprocessing.transform import analyze
from preprocessing.write_examples import write_examples

_DEFAULT_SIZES = SplitSizes()


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
    facts = find_challenge(challenge)
    height, width, channels = facts.image_shape
    files = find_bitmaps(source, height * width * channels)
    plan = Plan(tuple(files), sizes, seed, shard_size)
    for warning in plan.warnings():
        report_note(warning)

    metadata_file = FileSystems.join(examples_folder, METADATA_FILE)
    for folder in (examples_folder, transform_folder):
        make_folder(folder)
    if FileSystems.exists(metadata_file):
        FileSystems.delete([metadata_file])
    # TensorFlow takes as long to start as a million drawings take to write: side by side.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=_end_with_parent) as pool:
        analysis = pool.submit(
            analyze, plan, challenge, transform_folder, full_pass, list(beam_args)
        )
        try:
            with _progress(plan, examples_folder):
                write_examples(plan, examples_folder, beam_args)
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()  # else the user would wait for it to be told
            raise
        report_progress(0.9, "waiting for the statistics of tf.Transform")
        statistics = analysis.result()

    info = ExamplesInfo(
        challenge=challenge,
        image_shape=facts.image_shape,
        class_names=statistics.class_names,
        seed=seed,
        source=source,
        source_fingerprint=source_fingerprint,
        pixel_mean=statistics.pixel_mean,
        pixel_variance=statistics.pixel_variance,
        splits={split: plan.split(split) for split in SPLITS},
        warnings=plan.warnings(),
    )
    write_file(metadata_file, info.to_json().encode(), "new")
    return info


def _end_with_parent() -> None:
    """Ends this process when the one that started it is gone, were it killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _progress(plan: Plan, folder: str) -> Iterator[None]:
    """Reports, while the body runs, how many shards are in their place."""
    shards = len(list(plan.shards()))
    examples = sum(plan.split(split).examples for split in SPLITS)
    pattern = FileSystems.join(folder, "*", "examples-*.tfrecord")
    finished = threading.Event()

    def watch() -> None:
        start = time.monotonic()
        while not finished.wait(1.0):
            done = len(FileSystems.match([pattern])[0].metadata_list) / shards
            rate = done * examples / (time.monotonic() - start)
            report_progress(0.9 * done, f"{done * examples:,.0f} examples, {rate:,.0f} a second")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()
