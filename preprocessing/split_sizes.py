"""How many examples a class gets in each split."""

from collections.abc import Collection
from dataclasses import dataclass

from preprocessing.errors import InputError
from preprocessing.examples import SPLITS

HELD_OUT_PART = 10
"""Where rows do not suffice, one in so many at most is for validation, and one for testing."""


@dataclass(frozen=True)
class SplitSizes:
    """Examples a class that the user asks for.

    Splits that the data comes with are not drawn: its test set is used whole, its validation
    split up to `validation` examples a class.

    Attributes:
        train: for training; 0 for all there are.
        validation: for validation.
        test: for testing.
        unit: how the parameters end that ask for these, for messages.

    Raises:
        InputError: a size cannot be.
    """

    train: int = 10_000
    validation: int = 2_000
    test: int = 2_000
    unit: str = "per_class"

    def __post_init__(self) -> None:
        for split, least in zip(SPLITS, (0, 1, 1), strict=True):
            if getattr(self, split) < least:
                raise InputError(
                    f"{split}_{self.unit}: expected at least {least}, got {getattr(self, split)}"
                )

    def fitted(self, rows: int, drawn: Collection[str] = SPLITS) -> dict[str, int]:
        """Returns what each split gets of a class.

        Where the rows do not suffice, validation and test get a tenth of them each at most, and
        training the rest.

        Args:
            rows: rows of the class.
            drawn: the splits that are drawn from them, `train` among them.
        """
        held_out = {split: getattr(self, split) for split in SPLITS[1:] if split in drawn}
        if not self.train or rows < self.train + sum(held_out.values()):
            tenth = max(1, rows // HELD_OUT_PART)
            held_out = {split: min(size, tenth) for split, size in held_out.items()}
        rest = rows - sum(held_out.values())
        return {"train": min(self.train, rest) if self.train else rest} | held_out
