"""Which examples a model gets wrong: kept as numbers while streaming, images read at the end."""

from dataclasses import dataclass

import numpy as np

from models.example_images import read_images
from models.ranking import Floats, Ints
from preprocessing.examples import Examples
from preprocessing.records import Bytes


@dataclass(frozen=True)
class Mistake:
    """One example that was taken for something else.

    Attributes:
        true: index of the class that it is.
        predicted: index of the class that it was taken for.
        score: the score of that class, 0 to 1 for a probability.
        image: uint8 `[height, width, channels]`.
    """

    true: int
    predicted: int
    score: float
    image: Bytes


class Mistakes:
    """The mistakes in a split: 20 bytes each, in the order of the split's records."""

    def __init__(self) -> None:
        self._seen = 0
        self._batches: list[tuple[Ints, Ints, Ints, Floats]] = []

    def update(self, labels: Ints, predicted: Ints, scores: Floats) -> None:
        """Takes in a batch, the records after those of the last one.

        Args:
            labels: int `[n]`, the true classes.
            predicted: int `[n]`, the predicted ones.
            scores: float32 `[n]`, the scores of the predicted ones.
        """
        wrong = np.flatnonzero(labels != predicted)
        self._batches.append(
            (
                wrong + self._seen,
                labels[wrong].astype(np.int32),
                predicted[wrong].astype(np.int32),
                scores[wrong],
            )
        )
        self._seen += len(labels)

    def most_confident(
        self, examples: Examples, split: str, limit: int, pair: tuple[int, int] | None = None
    ) -> list[Mistake]:
        """Returns up to `limit` mistakes, by falling score, with their images.

        Args:
            examples: the folder that was streamed.
            split: the split that was streamed.
            limit: how many.
            pair: only examples of class `pair[0]` taken for `pair[1]`; by default all.
        """
        if not self._batches:
            return []
        records, true, predicted, scores = (
            np.concatenate(part) for part in zip(*self._batches, strict=True)
        )
        chosen = np.arange(len(records))
        if pair:
            chosen = np.flatnonzero((true == pair[0]) & (predicted == pair[1]))
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")[:limit]]
        images = read_images(examples, split, records[chosen].tolist())
        return [
            Mistake(int(true[i]), int(predicted[i]), float(scores[i]), image)
            for i, image in zip(chosen, images, strict=True)
        ]
