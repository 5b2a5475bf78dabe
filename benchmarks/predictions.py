"""Any number of predictions with their test manifest, as a batch prediction writes them."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from models.prediction_files import results_name
from models.serving import json_line
from preprocessing.examples import TEST_IDS_FILE

_SHARD, _CLASSES, _TOP = 32_768, 345, 5


def write_predictions(folder: Path, count: int) -> None:
    """Writes `predictions/`, five of 345 classes each, and the manifest of their ids.

    Args:
        folder: is made.
        count: of images.
    """
    rng = np.random.default_rng(0)
    odds = np.exp(rng.normal(0, 3, (_SHARD, _CLASSES)).astype(np.float32))
    classes = np.argsort(-odds, axis=1)[:, :_TOP].astype(np.int32)
    scores = np.take_along_axis(odds / odds.sum(axis=1, keepdims=True), classes, axis=1)
    answers = [
        b'"class_indexes":%b,"predictions":%b}' % tuple(map(_json, row))
        for row in zip(classes, scores, strict=True)
    ]
    shards = -(-count // _SHARD)
    (folder / "predictions").mkdir(parents=True)
    with (folder / TEST_IDS_FILE).open("wb") as manifest:
        manifest.write(b"Id\n")
        for shard in range(shards):
            numbers = range(shard * _SHARD, min(count, (shard + 1) * _SHARD))
            ids = [b"%07d" % number for number in numbers]
            manifest.write(b"\n".join([*ids, b""]))
            lines = [
                json_line(image_id, b'{"image_id":"%b",%b' % (image_id, answer))
                for image_id, answer in zip(ids, answers, strict=False)
            ]
            path = folder / "predictions" / results_name(shard, shards)
            path.write_bytes(b"".join(lines))


def _json(values: np.ndarray[Any, Any]) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)
