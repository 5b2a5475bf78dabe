"""The CSV that a participant hands in: `Id,Category`, made of the predictions of the test set.

    Id,Category
    000000,3
    000001,9

Every id of the test set stands in it exactly once, in the order of the test manifest; whatever
stands against that is an error that names the file and the line.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from models.csv_files import HEADER, csv_rows, new_csv, write_csv
from models.ordered_ids import OrderedIds, OtherOrderError
from models.prediction_files import (
    BadLineError,
    Prediction,
    prediction_files,
    read_predictions,
    told_errors,
)
from preprocessing.errors import InputError

Categories = Callable[[list[Prediction]], Sequence[int | str]]

_NAMED_IDS = 5  # how many missing ids a message names


def predictions_to_csv(
    predictions: str | Path, test_ids_file: str | Path, csv_file: str | Path, pairs: bool = False
) -> int:
    """Writes the predictions of a test set as a submission.

    Of predictions in the manifest's order, as `batch_predict` writes them, memory holds a block; of
    those in another order the ids of the manifest and a category for each.

    Args:
        predictions: a folder of `prediction.results-*`, a file or a glob, local or `gs://`; see
            `models.prediction_files` for what they hold.
        test_ids_file: the test manifest, local or `gs://`: `Id`, then an id a line.
        csv_file: the file to write; it appears when it is whole.
        pairs: write the older form, `class score` pairs from the top class on ("1 0.987654"), in
            place of the top class.

    Returns:
        How many ids were written.

    Raises:
        InputError: the predictions are not one for each id of the manifest, or a file cannot be
            read or written.
    """
    files = prediction_files(str(predictions))
    categories_of = _class_score_pairs if pairs else _top_classes
    try:
        return _copy(files, test_ids_file, Path(csv_file), categories_of)
    except OtherOrderError:
        pass  # nor does this say what is wrong, if anything is
    ids = _read_ids(test_ids_file)
    answers = _Answers(ids, str(test_ids_file), categories_of)
    for path in files:
        read_predictions(path, answers.add)
    answers.check_complete(str(predictions))
    write_csv(Path(csv_file), ids, answers.categories)
    return len(ids)


def _copy(
    files: Sequence[str], manifest: str | Path, csv_file: Path, categories_of: Categories
) -> int:
    """Writes the predictions in the order that they come in; returns how many.

    Raises:
        OtherOrderError: that is not the manifest's order; nothing is written.
        InputError: as for `predictions_to_csv`.
    """
    rows = 0
    with OrderedIds(manifest) as expected, new_csv(csv_file) as file:

        def take(predictions: list[Prediction]) -> None:
            nonlocal rows
            ids = [prediction.image_id for prediction in predictions]
            expected.take(ids)
            answers = zip(ids, categories_of(predictions), strict=True)
            file.write("".join([f"{image_id},{answer}\n" for image_id, answer in answers]))
            rows += len(ids)

        for path in files:
            read_predictions(path, take)
        expected.check_end()
    return rows


class _Answers:
    """The category of every id of the manifest, as far as it is known.

    Args:
        ids: the ids of the manifest, each once.
        manifest: name of the file that they come from.
        categories_of: makes the categories of some predictions.

    Attributes:
        categories: one for each id, in their order; None where there is no prediction yet.
    """

    def __init__(self, ids: list[str], manifest: str, categories_of: Categories) -> None:
        self.categories: list[int | str | None] = [None] * len(ids)
        self._ids = ids
        self._manifest = manifest
        self._categories_of = categories_of
        self._next = 0

    def add(self, predictions: list[Prediction]) -> None:
        """Adds `predictions`, or raises a BadLineError and adds none of them."""
        positions = self._find([prediction.image_id for prediction in predictions])
        free = [self.categories[position] is None for position in positions]
        if not all(free) or len(set(positions)) < len(positions):
            raise BadLineError(
                f"a second prediction for id {predictions[0].image_id!r}; keep the files of one"
                " batch prediction only"
            )
        for position, category in zip(positions, self._categories_of(predictions), strict=True):
            self.categories[position] = category
        self._next = positions[-1] + 1 if positions else self._next

    def check_complete(self, source: str) -> None:
        """Raises an InputError that names the ids without a prediction, if there are any."""
        if None not in self.categories:
            return
        answers = zip(self._ids, self.categories, strict=True)
        missing = [image_id for image_id, category in answers if category is None]
        if len(missing) == len(self._ids):
            raise InputError(f"{source}: no predictions in it; run the batch prediction again")
        names = ", ".join(map(repr, missing[:_NAMED_IDS]))
        more = ", ..." if len(missing) > _NAMED_IDS else ""
        told = told_errors(source)
        raise InputError(
            f"{source}: no prediction for {len(missing)} of the {len(self._ids)} ids in"
            f" {self._manifest}: {names}{more}{f' ({told})' if told else ''}; predict these too"
        )

    def _find(self, ids: list[str]) -> Sequence[int]:
        """Returns the positions of `ids` in the manifest."""
        following = range(self._next, self._next + len(ids))
        if self._ids[following.start : following.stop] == ids:
            return following  # as a rule the files are in the manifest's order
        try:
            return [self._position[image_id] for image_id in ids]
        except KeyError as error:
            raise BadLineError(
                f"id {error.args[0]!r} is not in {self._manifest}; these predictions are of"
                " another test set"
            ) from None

    @cached_property
    def _position(self) -> dict[str, int]:
        return {image_id: position for position, image_id in enumerate(self._ids)}


def _top_classes(predictions: list[Prediction]) -> list[int]:
    return [prediction.class_indexes[0] for prediction in predictions]


def _class_score_pairs(predictions: list[Prediction]) -> list[str]:
    pairs = (zip(each.class_indexes, each.predictions, strict=True) for each in predictions)
    return [" ".join(map("%d %f".__mod__, few)) for few in pairs]


def _read_ids(manifest: str | Path) -> list[str]:
    ids = [image_id for _, (image_id,) in csv_rows(manifest, HEADER[:1])]
    if not ids:
        raise InputError(f"{manifest}: no ids after the header; expected the test manifest")
    if len(set(ids)) < len(ids):
        image_id, times = Counter(ids).most_common(1)[0]
        raise InputError(
            f"{manifest}, row {ids.index(image_id) + 2}: id {image_id!r} stands here {times}"
            " times; a test manifest names each id once"
        )
    return ids
