"""The preprocessing step: raw data -> examples and transform graph.

Beam and TensorFlow are imported where they are used: both take seconds, and the process that
analyzes can start before this one has Beam.
"""

import multiprocessing
import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from preprocessing.bad_images import BadImage, check_bad_images, check_limit
from preprocessing.challenge import find_challenge
from preprocessing.collector import collect_seldom
from preprocessing.compression import check_compression
from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, SPLITS, ExamplesInfo, Split
from preprocessing.fingerprint import source_fingerprint as fingerprint_of
from preprocessing.needs import check_needs
from preprocessing.plan import Plan, plan_examples
from preprocessing.progress import report_note, report_progress
from preprocessing.split_sizes import SplitSizes

if TYPE_CHECKING:
    from preprocessing.transform import Statistics

_DEFAULT_SIZES = SplitSizes()


def preprocess(
    source: str,
    examples_folder: str,
    transform_folder: str,
    challenge: str,
    sizes: SplitSizes = _DEFAULT_SIZES,
    seed: int = 0,
    shard_size: int = 32_768,
    image_size: int = 0,
    crop: float | None = None,
    max_bad_fraction: float = 0.0,
    full_pass: bool = False,
    compression: str = "none",
    source_fingerprint: str = "",
    beam_args: Sequence[str] = (),
) -> ExamplesInfo:
    """Turns raw data into examples and a transform graph.

    Args:
        source: folder, glob or `gs://` URI of the raw data.
        examples_folder: gets the examples (see `preprocessing.examples`).
        transform_folder: gets the tf.Transform graph.
        challenge: name of the challenge.
        sizes: examples a class.
        seed: draws the rows.
        shard_size: examples a file at most.
        image_size: pixels a side; 0 for the challenge's own.
        crop: side of the centred square that is kept of JPEG and PNG images, unless they have their
            size already, as a share of the shorter side; None to stretch the whole image.
        max_bad_fraction: share of the images that may fail to decode; these are left out.
        full_pass: take the statistics over all training rows, not over a sample.
        compression: of the shards: `none`, or `gzip` as TFRecord readers know it.
        source_fingerprint: stands for the state of the source; written into `examples.json`. Where
            it is "", as in scheduled runs, it is worked out here.
        beam_args: Beam's own options.

    Returns:
        What was written to `examples.json`.

    Raises:
        InputError: something in the source, a parameter or the output folder is wrong.
    """
    check_limit(max_bad_fraction)
    check_compression(compression)
    plan = plan_examples(source, challenge, sizes, seed, shard_size, image_size, crop)
    warnings = plan.warnings() + check_needs(find_challenge(challenge).needs, plan, source)
    for warning in warnings:
        report_note(warning)
    call = _at_once if plan.source.encoded else _in_child  # who decodes needs the graph first
    with call(_analyze, plan, transform_folder, full_pass, list(beam_args)) as analysis:
        from preprocessing.write_examples import write_examples

        bad = write_examples(plan, examples_folder, transform_folder, beam_args, compression)
        total = sum(plan.split(split).examples for split in SPLITS)
        check_bad_images(bad, total, max_bad_fraction)
        _check_classes(bad, plan)
        report_progress(0.9, "waiting for the statistics of tf.Transform")
        statistics = analysis()
    if statistics.class_names != plan.class_names:
        raise InputError(
            f"{source}: tf.Transform read the class names as {statistics.class_names}, not as"
            f" {plan.class_names}; rename them without special characters"
        )

    info = ExamplesInfo(
        challenge=challenge,
        image_shape=plan.image_shape,
        class_names=statistics.class_names,
        seed=seed,
        source=source,
        source_fingerprint=source_fingerprint or fingerprint_of(source),
        pixel_mean=statistics.pixel_mean,
        pixel_variance=statistics.pixel_variance,
        splits={split: _without(plan.split(split), split, bad, plan) for split in SPLITS},
        warnings=warnings,
        bad_images={image.name: image.reason for image in bad},
        compression=compression,
    )
    from preprocessing.beam import write_file

    write_file(f"{examples_folder}/{METADATA_FILE}", info.to_json().encode(), uuid.uuid4().hex)
    return info


def _analyze(plan: Plan, folder: str, full_pass: bool, beam_args: Sequence[str]) -> "Statistics":
    from preprocessing.transform import analyze

    return analyze(plan, folder, full_pass, beam_args)


def _check_classes(bad: Sequence[BadImage], plan: Plan) -> None:
    """Raises an InputError if no training image of some class decodes."""
    failed = Counter(image.label for image in bad if image.split == "train")
    for label, count in enumerate(plan.counts("train")):
        if failed[label] == count:
            raise InputError(
                f"class {plan.class_names[label]!r}: none of its {count} training images decodes;"
                " replace them"
            )


def _without(split: Split, name: str, bad: Sequence[BadImage], plan: Plan) -> Split:
    """Returns what a split holds without the bad images."""
    missing = [image for image in bad if image.split == name]
    by_class = Counter(plan.class_names[image.label] for image in missing if image.label >= 0)
    return replace(
        split,
        examples=split.examples - len(missing),
        by_class={key: count - by_class[key] for key, count in split.by_class.items()},
    )


@contextmanager
def _at_once(function: Callable[..., Any], *arguments: Any) -> Iterator[Callable[[], Any]]:
    """Calls a function; yields what returns its result."""
    result = function(*arguments)
    yield lambda: result


@contextmanager
def _in_child(function: Callable[..., Any], *arguments: Any) -> Iterator[Callable[[], Any]]:
    """Calls a function in a process of its own; yields what waits for its result.

    TensorFlow takes as long to start as a million drawings take to write: side by side.
    """
    spawn = multiprocessing.get_context("spawn")
    others = multiprocessing.active_children()
    with ProcessPoolExecutor(1, spawn, initializer=_begin_child) as pool:
        future = pool.submit(function, *arguments)
        try:
            yield future.result
        finally:
            for process in multiprocessing.active_children():
                if process not in others:
                    process.terminate()  # TensorFlow takes 2 s to end; an error should not wait


def _begin_child() -> None:
    """Readies a child to import TensorFlow, and to end when its parent is gone, were it killed."""
    collect_seldom()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
