"""A challenger and the champion judge the same examples."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.evaluation import check_labels, check_split, labelled_batches
from models.ranking import Ints
from models.saved_model import SavedClassifier
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.progress import report_progress

SPLIT = "validation"


@dataclass(frozen=True)
class Comparison:
    """How two models did on the same examples; without a champion its numbers are 0.

    Attributes:
        examples: how many.
        classes: how many the examples have.
        commonest: examples of the class that has most.
        challenger: examples that the challenger has right.
        champion: examples that the champion has right.
        better: examples that only the challenger has right.
        worse: examples that only the champion has right.
        unknown: classes of the examples that the champion does not know; it is wrong on theirs.
    """

    examples: int
    classes: int
    commonest: int
    challenger: int
    champion: int = 0
    better: int = 0
    worse: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def challenger_accuracy(self) -> float:
        """Share of the examples that the challenger has right."""
        return self.challenger / self.examples

    @property
    def champion_accuracy(self) -> float:
        """Share of the examples that the champion has right."""
        return self.champion / self.examples


class Incomparable(Exception):  # noqa: N818 (it reads as what happened)
    """The champion cannot see these examples; the message says why, in one line."""


def compare(
    challenger: Path, champion: Path | None, examples: Examples, batch_size: int = 1024
) -> Comparison:
    """Has both models judge the validation split; classes are matched by their names.

    Memory holds one batch.

    Args:
        challenger: model folder: `saved_model`, and `labels.txt` with the examples' classes.
        champion: likewise, its classes in any order; it may know fewer, others or more. None if
            there is none.
        examples: whose validation split is judged.
        batch_size: examples a call of a model.

    Raises:
        Incomparable: the champion takes images of another shape.
        InputError: a model or the examples are not whole, or the challenger does not fit them.
    """
    check_split(examples, SPLIT)
    names, shape = examples.info.class_names, examples.info.image_shape
    check_labels(challenger / "labels.txt", names, examples.folder)
    new = SavedClassifier(challenger / "saved_model")
    if not new.fits(shape, len(names)):
        raise InputError(
            f"{challenger}: this model has {new.shapes}, but these examples need"
            f" {new.expected(shape, len(names))}; give the examples that it was trained on"
        )
    old = _open_champion(champion, shape) if champion else None
    unknown = tuple(name for name in names if old and name not in old.names)

    total, done = examples.info.splits[SPLIT].examples, 0
    by_class = np.zeros(len(names), np.int64)
    outcomes = np.zeros((2, 2), np.int64)  # [challenger right, champion right]
    for images, labels in labelled_batches(examples, SPLIT, batch_size):
        by_class += np.bincount(labels, minlength=len(names))
        right = new.predict(images).argmax(axis=1) == labels
        right_before = np.zeros(len(labels), np.bool_)
        if old:
            right_before = old.labels_as(names)[old.model.predict(images).argmax(axis=1)] == labels
        np.add.at(outcomes, (right.astype(np.intp), right_before.astype(np.intp)), 1)
        done += len(labels)
        report_progress(done / total, f"compared on {done:,} of {total:,} examples")
    return Comparison(
        examples=total,
        classes=len(names),
        commonest=int(by_class.max()),
        challenger=int(outcomes[1].sum()),
        champion=int(outcomes[:, 1].sum()),
        better=int(outcomes[1, 0]) if old else 0,
        worse=int(outcomes[0, 1]),
        unknown=unknown,
    )


@dataclass(frozen=True)
class _Champion:
    model: SavedClassifier
    names: list[str]

    def labels_as(self, names: list[str]) -> Ints:
        """Returns for each of its classes the label that it has among `names`; -1 for none."""
        known = {name: label for label, name in enumerate(names)}
        return np.array([known.get(name, -1) for name in self.names], np.int32)


def _open_champion(folder: Path, shape: tuple[int, int, int]) -> _Champion:
    path = folder / "labels.txt"
    if not path.is_file():
        raise InputError(f"{path}: not found, so this champion's classes are not known")
    names = path.read_text().splitlines()
    model = SavedClassifier(folder / "saved_model")
    if not model.fits(shape, len(names)):
        image = model.shapes.get("image", [])[1:]
        raise Incomparable(
            f"the champion takes images {_times(image)}, but these examples have {_times(shape)}"
        )
    return _Champion(model, names)


def _times(shape: "list[int | None] | tuple[int, ...]") -> str:
    return "x".join(map(str, shape))
