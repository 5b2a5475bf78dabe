"""Images that do not decode: counted, named, and tolerated up to a limit."""

from collections.abc import Sequence
from dataclasses import dataclass

from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE
from preprocessing.progress import report_note

_NAMED = 3


@dataclass(frozen=True)
class BadImage:
    """An image that does not decode, and so is in no shard.

    Attributes:
        split: where it would be.
        label: its class; -1 where it is not known.
        image_id: its id, in the test split.
        name: of its file or record.
        reason: why it does not decode.
    """

    split: str
    label: int
    image_id: str
    name: str
    reason: str


def check_limit(max_bad_fraction: float) -> None:
    """Raises an InputError if the limit is no share from 0 to below 1."""
    if not 0 <= max_bad_fraction < 1:
        raise InputError(
            f"max_bad_fraction={max_bad_fraction}: expected a share of 0 or more, below 1; leave it"
            " out for 0"
        )


def check_bad_images(bad: Sequence[BadImage], total: int, max_bad_fraction: float) -> None:
    """Prints the name of each bad image, and says how many there are.

    Args:
        bad: the bad images.
        total: how many images there are, the bad ones included.
        max_bad_fraction: share of `total` that may be bad.

    Raises:
        InputError: there are more.
    """
    for image in bad:
        print(f"{image.name}: does not decode: {image.reason}", flush=True)
    if len(bad) > max_bad_fraction * total:
        named = "; ".join(f"{image.name}: {image.reason}" for image in bad[:_NAMED])
        more = "; ..." if len(bad) > _NAMED else ""
        raise InputError(
            f"{len(bad)} of {total:,} images do not decode ({named}{more}); remove or replace them,"
            f" or raise max_bad_fraction, now {max_bad_fraction:g}, to leave them out"
        )
    if bad:
        of_test = [image.image_id for image in bad if image.split == "test"]
        report_note(
            f"{len(bad)} of {total:,} images do not decode and are left out; {METADATA_FILE} names"
            " them"
            + (f"; {len(of_test)} of the test set get no row in a submission" if of_test else "")
        )
