"""The CSV that a participant hands in: `Id,Category`, made of the predictions of the test set.

    Id,Category
    000000,3
    000001,9

Every id of the test set stands in it exactly once, in the order of the test manifest; whatever
stands against that is an error that names the file and the line. The lines of predictions are
decoded and checked a block at a time; a block in which something is wrong is read again line by
line, by the same checks, to say which line it is.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from glob import glob
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import msgspec
import numpy as np
import numpy.typing as npt

from preprocessing.errors import InputError

HEADER = ["Id", "Category"]
RESULTS = "prediction.results-"
"""How the names of files of predictions begin."""

_BLOCK_BYTES = 1 << 17  # what is decoded from it stays in the processor's cache
_BLOCK_ROWS = 1 << 12
_NAMED_IDS = 5  # how many missing ids a message names
_SHARD = re.compile(r"-(\d{5,})-of-(\d{5,})$")
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def predictions_to_csv(
    predictions: str | Path, test_ids_file: str | Path, csv_file: str | Path, pairs: bool = False
) -> int:
    """Writes the predictions of a test set as a submission.

    The predictions are JSON lines, as `batch_predict` and Vertex AI batch prediction write them
    (`{"instance": ..., "prediction": {...}}`) or as the older service did (the inner object
    alone). An object holds `image_id`, `class_indexes` and `predictions`, the two lists of one
    length, by falling score. Memory holds the ids of the manifest and a category for each, and
    of the predictions one block.

    Args:
        predictions: a folder of `prediction.results-*`, a file or a glob; local or `gs://`.
        test_ids_file: the test manifest: `Id`, then an id a line.
        csv_file: the file to write; it appears when it is whole.
        pairs: write the older form, `class score` pairs from the top class on ("1 0.987654"), in
            place of the top class.

    Returns:
        How many ids were written.

    Raises:
        InputError: the predictions are not one for each id of the manifest, or a file cannot be
            read or written.
    """
    ids = _read_ids(test_ids_file)
    answers = _Answers(ids, str(test_ids_file), pairs)
    for path in _prediction_files(str(predictions)):
        answers.read(path)
    answers.check_complete(str(predictions))
    _write(Path(csv_file), ids, answers.categories)
    return len(ids)


def csv_rows(path: str | Path, header: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Reads a CSV file row by row.

    Args:
        path: the file.
        header: what its first row must be.

    Yields:
        The number of the row, 2 for the first after the header, and as many cells as the header
        has.

    Raises:
        InputError: the file cannot be read, or is no such CSV.
    """
    try:
        # Spreadsheets put a byte order mark in front, which utf-8-sig takes away.
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            found = next(reader, [])
            if found != header:
                raise InputError(
                    f"{path}, row 1: expected the header {','.join(header)},"
                    f" found {','.join(found)!r}"
                )
            for number, row in enumerate(reader, 2):
                if len(row) != len(header):
                    raise InputError(
                        f"{path}, row {number}: expected {','.join(header)},"
                        f" found {len(row)} cells; mend or remove the row"
                    )
                yield number, row
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}: not a whole CSV file ({error}); write it again") from None


class _Prediction(msgspec.Struct, gc=False):
    image_id: str
    class_indexes: list[Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]]
    predictions: list[float]


class _Line(msgspec.Struct, gc=False):
    prediction: _Prediction
    error: None = None


_BARE = msgspec.json.Decoder(_Prediction)
_NESTED = msgspec.json.Decoder(_Line)
_ANYTHING = msgspec.json.Decoder()


class _BadLinesError(Exception):
    """These lines cannot be taken; the message says why, for when it is one line."""


class _Answers:
    """The category of every id of the manifest, as far as it was read.

    Args:
        ids: the ids of the manifest, each once.
        manifest: name of the file that they come from.
        pairs: keep `class score` pairs in place of the top class.

    Attributes:
        categories: `[N]`, int32 classes or, as pairs, strings.
    """

    def __init__(self, ids: list[str], manifest: str, pairs: bool) -> None:
        self.categories: npt.NDArray[Any] = np.zeros(len(ids), object if pairs else np.int32)
        self._ids = ids
        self._manifest = manifest
        self._pairs = pairs
        self._answered = np.zeros(len(ids), bool)
        self._next = 0

    def read(self, path: str) -> None:
        """Adds the predictions in a file."""
        number = 1
        try:
            with _open(path) as file:
                while block := file.read(_BLOCK_BYTES):
                    block += file.readline()
                    try:
                        self._add(block)
                    except _BadLinesError:
                        self._add_lines(path, number, block.split(b"\n"))
                    number += int((np.frombuffer(block, np.uint8) == ord("\n")).sum())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({_one_line(error)})") from None

    def check_complete(self, source: str) -> None:
        """Raises an InputError that names the ids without a prediction, if there are any."""
        missing = np.flatnonzero(~self._answered)
        if not len(missing):
            return
        if len(missing) == len(self._ids):
            raise InputError(f"{source}: no predictions in it; run the batch prediction again")
        names = ", ".join(repr(self._ids[position]) for position in missing[:_NAMED_IDS])
        more = ", ..." if len(missing) > _NAMED_IDS else ""
        raise InputError(
            f"{source}: no prediction for {len(missing)} of the {len(self._ids)} ids in"
            f" {self._manifest}: {names}{more}; predict these too"
        )

    def _add_lines(self, path: str, first: int, lines: list[bytes]) -> None:
        for number, line in enumerate(lines, first):
            try:
                self._add(line)
            except _BadLinesError as error:
                raise InputError(f"{path}, line {number}: {error}") from None

    def _add(self, lines: bytes) -> None:
        """Adds the predictions of `lines`, or raises and adds none of them."""
        found = _decode(lines)
        if not found:
            return
        rows = self._rows([prediction.image_id for prediction in found])
        classes = [prediction.class_indexes for prediction in found]
        scores = [prediction.predictions for prediction in found]
        _check_lists(classes, scores)
        if self._pairs:
            self.categories[rows] = list(map(_as_pairs, classes, scores))
        else:
            self.categories[rows] = [indexes[0] for indexes in classes]
        self._answered[rows] = True
        self._next = int(rows[-1]) + 1

    def _rows(self, ids: list[str]) -> npt.NDArray[np.intp]:
        """Returns the positions of `ids` in the manifest."""
        following = slice(self._next, self._next + len(ids))
        if self._ids[following] == ids:  # as a rule the files are in the manifest's order
            rows = np.arange(following.start, following.stop)
            repeated = False
        else:
            try:
                rows = np.fromiter(map(self._position.__getitem__, ids), np.intp, len(ids))
            except KeyError as error:
                raise _BadLinesError(
                    f"id {error.args[0]!r} is not in {self._manifest}; these predictions are of"
                    " another test set"
                ) from None
            repeated = len(set(ids)) < len(ids)
        if repeated or self._answered[rows].any():
            raise _BadLinesError(
                f"a second prediction for id {ids[0]!r}; keep the files of one batch prediction"
                " only"
            )
        return rows

    @cached_property
    def _position(self) -> dict[str, int]:
        return {image_id: position for position, image_id in enumerate(self._ids)}


def _decode(lines: bytes) -> list[_Prediction]:
    try:
        return _decode_json(lines)
    except UnicodeDecodeError:
        raise _BadLinesError("not UTF-8 text; the file is damaged: fetch it again") from None
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            raise _BadLinesError("the line is cut; fetch the file again") from None
        raise _BadLinesError(f"not JSON ({error}); fetch the file again") from None


def _decode_json(lines: bytes) -> list[_Prediction]:
    try:
        if b'"prediction"' in lines:
            return [line.prediction for line in _NESTED.decode_lines(lines)]
        return _BARE.decode_lines(lines)
    except msgspec.ValidationError as error:
        _check_errors(_ANYTHING.decode_lines(lines))
        reason = str(error).replace("`$[0].", "`").replace(" - at `$[0]`", "")
        raise _BadLinesError(
            f"no prediction of the form image_id, class_indexes, predictions ({reason})"
        ) from None


def _check_errors(records: list[Any]) -> None:
    for record in records:
        if isinstance(record, dict) and record.get("error") is not None:
            instance, error = record.get("instance"), record["error"]
            image_id = instance.get("image_id") if isinstance(instance, dict) else None
            message = error.get("message") if isinstance(error, dict) else error
            raise _BadLinesError(
                f"the prediction of id {image_id!r} failed ({message}); mend that record and run"
                " the batch prediction again"
            )


def _check_lists(classes: list[list[int]], scores: list[list[float]]) -> None:
    lengths = list(map(len, scores))
    if list(map(len, classes)) != lengths:
        raise _BadLinesError(
            f"{len(classes[0])} class_indexes but {lengths[0]} predictions; expected as many of"
            " one as of the other"
        )
    if 0 in lengths:
        raise _BadLinesError("class_indexes and predictions are empty; expected at least one class")
    if max(lengths) == 1:
        return
    flat = np.fromiter(chain.from_iterable(scores), np.float64)
    rises = flat[1:] > flat[:-1]
    rises[np.cumsum(lengths)[:-1] - 1] = False  # from the last of a line to the first of the next
    if rises.any():
        raise _BadLinesError("predictions do not fall; expected the top class first")


def _as_pairs(classes: list[int], scores: list[float]) -> str:
    return " ".join(map("%d %f".__mod__, zip(classes, scores, strict=True)))


def _read_ids(path: str | Path) -> list[str]:
    ids = [image_id for _, (image_id,) in csv_rows(path, HEADER[:1])]
    if not ids:
        raise InputError(f"{path}: no ids after the header; expected the test manifest")
    if len(set(ids)) < len(ids):
        image_id, times = Counter(ids).most_common(1)[0]
        raise InputError(
            f"{path}, row {ids.index(image_id) + 2}: id {image_id!r} stands here {times} times; a"
            " test manifest names each id once"
        )
    return ids


def _prediction_files(predictions: str) -> list[str]:
    """Returns the files of predictions, in order, if they are the shards of one run."""
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


def _match(predictions: str) -> list[str]:
    if "://" not in predictions:
        path = Path(predictions)
        if path.is_dir():
            return [str(file) for file in path.glob(RESULTS + "*")]
        return [str(path)] if path.exists() else glob(predictions)  # noqa: PTH207
    try:
        for pattern in (f"{predictions.rstrip('/')}/{RESULTS}*", predictions):
            (match,) = _filesystems().match([pattern])
            files = [file.path for file in match.metadata_list if not file.path.endswith("/")]
            if files:
                break
    except (OSError, ValueError) as error:
        raise InputError(f"{predictions}: cannot be read ({_one_line(error)})") from None
    return files


def _open(path: str) -> BinaryIO:
    return cast(BinaryIO, _filesystems().open(path)) if "://" in path else Path(path).open("rb")


def _filesystems() -> Any:
    # To import Beam takes longer than to convert a million local lines.
    from apache_beam.io.filesystems import FileSystems

    return FileSystems


def _write(path: Path, ids: list[str], categories: npt.NDArray[Any]) -> None:
    """Writes the rows under another name, then renames."""
    incomplete = path.with_name(path.name + ".incomplete")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with incomplete.open("w", encoding="utf-8", newline="") as file:
            file.write(",".join(HEADER) + "\n")
            for start in range(0, len(ids), _BLOCK_ROWS):
                block = ids[start : start + _BLOCK_ROWS]
                if _NEEDS_QUOTES.search("".join(block)):
                    block = list(map(_quoted, block))
                rows = zip(block, categories[start : start + _BLOCK_ROWS].tolist(), strict=True)
                file.write("".join([f"{image_id},{category}\n" for image_id, category in rows]))
        incomplete.replace(path)
    except OSError as error:
        if incomplete.is_file():
            incomplete.unlink()
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); make room or choose another place"
        ) from None


def _quoted(text: str) -> str:
    # Python 3.11's csv.writer leaves a lone carriage return bare, which no reader takes back.
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
