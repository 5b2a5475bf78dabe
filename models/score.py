"""How good a submission is: its `Id,Category` against the labels of the test set.

Both files name every id once, in any order; they are joined by id.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

from models.csv_files import HEADER, csv_rows
from preprocessing.errors import InputError

_CLASS = re.compile("0|[1-9][0-9]{0,8}")
_NAMED_IDS = 5  # how many missing ids a message names


def score(csv_file: str | Path, labels_file: str | Path) -> dict[str, Any]:
    """Scores a submission.

    Args:
        csv_file: the submission, `Id,Category`; where `Category` holds `class score` pairs
            ("1 0.987654 0 0.012346"), the first class counts.
        labels_file: the truth, `Id,Category`, as preprocessing writes it to `test_labels.csv`.

    Returns:
        `examples`, how many ids there are; `correct`, for how many the class is right; `accuracy`,
        their share, 0 to 1 (with one label an example this is Hit@1); `accuracy_by_class`, the
        same for the examples of each class, by its number as text.

    Raises:
        InputError: a file cannot be read, the ids of the two are not the same, an id stands twice,
            or a `Category` is no whole number from 0 on.
    """
    labels = _read_labels(labels_file)
    by_class = Counter(labels.values())
    right: Counter[int] = Counter()
    answered: set[str] = set()
    for number, (image_id, category) in csv_rows(csv_file, HEADER):
        top = _top_class(category)
        if not _CLASS.fullmatch(top):
            raise InputError(
                f"{csv_file}, row {number}: Category {category!r} is no class; expected a whole"
                " number, 0 for the first class"
            )
        if image_id not in labels:
            raise InputError(
                f"{csv_file}, row {number}: id {image_id!r} is not in {labels_file}; submit the"
                " ids of this test set only"
            )
        if image_id in answered:
            raise InputError(
                f"{csv_file}, row {number}: a second row for id {image_id!r}; submit each id once"
            )
        answered.add(image_id)
        right[labels[image_id]] += int(top) == labels[image_id]
    if len(answered) < len(labels):
        missing = [image_id for image_id in labels if image_id not in answered]
        names = ", ".join(map(repr, missing[:_NAMED_IDS]))
        more = ", ..." if len(missing) > _NAMED_IDS else ""
        raise InputError(
            f"{csv_file}: no row for {len(missing)} of the {len(labels)} ids in {labels_file}:"
            f" {names}{more}; submit these too"
        )
    correct = right.total()
    return {
        "examples": len(labels),
        "correct": correct,
        "accuracy": correct / len(labels),
        "accuracy_by_class": {
            str(label): right[label] / examples for label, examples in sorted(by_class.items())
        },
    }


def _read_labels(path: str | Path) -> dict[str, int]:
    labels: dict[str, int] = {}
    for number, (image_id, category) in csv_rows(path, HEADER):
        if image_id in labels:
            raise InputError(
                f"{path}, row {number}: a second label for id {image_id!r}; expected one"
            )
        if not _CLASS.fullmatch(category):
            raise InputError(
                f"{path}, row {number}: label {category!r} is no whole number; expected the number"
                " of the class"
            )
        labels[image_id] = int(category)
    if not labels:
        raise InputError(f"{path}: no labels after the header; expected the labels of a test set")
    return labels


def _top_class(category: str) -> str:
    """Returns the class alone, or the first of whole `class score` pairs."""
    words = category.split(" ")
    return words[0] if len(words) == 1 or len(words) % 2 == 0 else category
