"""Files of predictions: JSON lines in shards `prediction.results-00000-of-000NN`.

A line is as `batch_predict` and Vertex AI batch prediction write it,

    {"instance": ..., "prediction": {"image_id": "000007", "class_indexes": [3, 1],
        "predictions": [0.75, 0.25]}}

or with `"error": {...}` in `prediction`'s place, or in it, where the container answered so; or the
inner object alone, as the older service did. Vertex AI puts the files into a folder
`prediction-<model>-<time>` and tells of what failed in `prediction.errors_stats-*` beside them.

Lines are decoded and checked a block at a time; a block in which something is wrong is read again
line by line, by the same checks, to say which line it is.
"""

import re
from collections.abc import Callable, Iterator
from glob import escape, glob
from itertools import islice, pairwise
from operator import ge
from pathlib import Path
from typing import Annotated, Any

import msgspec

from preprocessing.errors import InputError
from preprocessing.files import first_line, list_files, open_file

RESULTS = "prediction.results-"
"""How the names of files of predictions begin."""

_ERRORS = "prediction.errors_stats-"
_VERTEX_FOLDER = "prediction-*"

_SHARD = re.compile(r"-(\d{5,})-of-(\d{5,})$")
_ERROR_BYTES = 300  # of a line that may quote a whole request
_BLOCK_BYTES = 1 << 15  # few enough lists for Python's collector of cycles to stay idle


class Prediction(msgspec.Struct, gc=False):
    """What a model says of one image.

    Attributes:
        image_id: of the image.
        class_indexes: at least one class, by falling score.
        predictions: their scores, as many.
    """

    image_id: str
    class_indexes: list[Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]]
    predictions: list[float]


class BadLineError(Exception):
    """Of these lines one cannot be taken; the message says why, for when it is one line."""


def results_name(index: int, count: int) -> str:
    """Returns the name of the file of predictions of shard `index` of `count`."""
    return f"{RESULTS}{index:05d}-of-{count:05d}"


def prediction_files(predictions: str) -> list[str]:
    """Returns the files of predictions, in order.

    Args:
        predictions: a folder of `prediction.results-*` or of Vertex AI's folder with these, a file
            or a glob, local or `gs://`.

    Raises:
        InputError: there are none, or they are not all the shards of one run.
    """
    files = sorted(_match(predictions))
    if not files:
        raise InputError(
            f"{predictions}: no such file, and no folder with {RESULTS}* in it; expected what a"
            " batch prediction wrote"
        )
    shards = [(int(found[1]), int(found[2])) for found in map(_SHARD.search, files) if found]
    counts = sorted({count for _, count in shards})
    if len(counts) > 1:
        raise InputError(
            f"{predictions}: shards of {' and of '.join(map(str, counts))} together, so of"
            " different runs; keep the files of one run only"
        )
    for count in counts:
        missing = sorted(set(range(count)) - {index for index, _ in shards})
        if missing:
            raise InputError(
                f"{predictions}: {len(missing)} of {count} shards are missing, the first is"
                f" -{missing[0]:05d}-of-{count:05d}; fetch it or run the batch prediction again"
            )
    return files


def told_errors(predictions: str) -> str:
    """Returns the first line that Vertex AI wrote on instances that failed, "" for none.

    Args:
        predictions: as for `prediction_files`.

    Raises:
        InputError: a file cannot be read.
    """
    for path in _below(predictions, _ERRORS):
        with open_file(path) as file:
            line = str(file.readline(_ERROR_BYTES).decode(errors="replace")).strip()
        if line:
            return line
    return ""


def read_predictions(path: str, take: Callable[[list[Prediction]], None]) -> None:
    """Reads a file of predictions, local or `gs://`.

    Args:
        path: the file.
        take: is given the predictions of some lines; may refuse them all by a BadLineError. It is
            then given them line by line.

    Raises:
        InputError: the file cannot be read, or a line is no prediction or was refused.
    """
    for index, block in enumerate(_blocks(path)):
        try:
            take(_decode(block))
        except BadLineError:  # only now are lines counted, which takes a tenth of the time
            before = sum(each.count(b"\n") for each in islice(_blocks(path), index))
            _take_lines(block, take, path, 1 + before)


def _blocks(path: str) -> Iterator[bytes]:
    """Yields some whole lines at a time."""
    try:
        with open_file(path) as file:
            while block := file.read(_BLOCK_BYTES):
                yield block + file.readline()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({first_line(error)})") from None


def _take_lines(
    block: bytes, take: Callable[[list[Prediction]], None], path: str, first: int
) -> None:
    for number, line in enumerate(block.split(b"\n"), first):
        try:
            take(_decode(line))
        except BadLineError as error:
            raise InputError(f"{path}, line {number}: {error}") from None


class _Line(msgspec.Struct, gc=False):
    prediction: Prediction
    error: None = None


_BARE = msgspec.json.Decoder(Prediction)
_NESTED = msgspec.json.Decoder(_Line)
_ANYTHING = msgspec.json.Decoder()


def _decode(lines: bytes) -> list[Prediction]:
    try:
        predictions = _decode_json(lines)
    except UnicodeDecodeError:
        raise BadLineError("not UTF-8 text; the file is damaged: fetch it again") from None
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            raise BadLineError("the line is cut; fetch the file again") from None
        raise BadLineError(f"not JSON ({error}); fetch the file again") from None
    if not _are_whole(predictions):
        raise BadLineError(_fault(predictions[0]))
    return predictions


def _decode_json(lines: bytes) -> list[Prediction]:
    try:
        if b'"prediction"' in lines:
            return [line.prediction for line in _NESTED.decode_lines(lines)]
        return _BARE.decode_lines(lines)
    except msgspec.ValidationError as error:
        _check_errors(_ANYTHING.decode_lines(lines))
        reason = str(error).replace("`$[0].", "`").replace(" - at `$[0]`", "")
        raise BadLineError(
            f"no prediction of the form image_id, class_indexes, predictions ({reason})"
        ) from None


def _check_errors(records: list[Any]) -> None:
    for record in records:
        if not isinstance(record, dict):
            continue
        answer = record.get("prediction")
        error = record.get("error") or (isinstance(answer, dict) and answer.get("error"))
        if error:
            instance = record.get("instance")
            image_id = instance.get("image_id") if isinstance(instance, dict) else None
            of_id = "of this record" if image_id is None else f"of id {image_id!r}"
            message = error.get("message") if isinstance(error, dict) else error
            raise BadLineError(
                f"the prediction {of_id} failed ({message}); mend that record and run the batch"
                " prediction again"
            )


def _are_whole(predictions: list[Prediction]) -> bool:
    """Says whether each has classes, and as many scores, which fall."""
    scores = [prediction.predictions for prediction in predictions]
    counts = [len(prediction.class_indexes) for prediction in predictions]
    if counts != [*map(len, scores)] or not all(counts):
        return False
    if len(set(counts)) == 1:  # column by column, as fewer and longer lists
        columns = pairwise(zip(*scores, strict=True))
        return all(all(map(ge, higher, lower)) for higher, lower in columns)
    return all(one == sorted(one, reverse=True) for one in scores)


def _fault(prediction: Prediction) -> str:
    """Says what is wrong with a prediction that is not whole."""
    classes, scores = prediction.class_indexes, prediction.predictions
    if len(classes) != len(scores):
        return (
            f"{len(classes)} class_indexes but {len(scores)} predictions; expected as many of one"
            " as of the other"
        )
    if not scores:
        return "class_indexes and predictions are empty; expected at least one class"
    return "predictions do not fall; expected the top class first"


def _match(predictions: str) -> list[str]:
    inside = _below(predictions, RESULTS)
    if inside or Path(predictions).is_dir():
        return inside
    if Path(predictions).exists():  # whose name may look like a glob
        return [predictions]
    return _glob(predictions)


def _below(folder: str, name: str) -> list[str]:
    """Returns the files whose names begin so, in a folder or in Vertex AI's folder in it."""
    folder = escape(folder.rstrip("/"))
    return _glob(f"{folder}/{name}*") or _glob(f"{folder}/{_VERTEX_FOLDER}/{name}*")


def _glob(pattern: str) -> list[str]:
    if "://" in pattern:
        return [file.path for file in list_files(pattern)]
    return glob(pattern)  # noqa: PTH207 (an absolute pattern is fine)
