"""A folder of examples: `examples.json` and the shards of `train/`, `validation/` and `test/`.

examples/
    examples.json           what is in here; written last, so a folder without it is not whole
    train/examples-00000-of-00008.tfrecord      with `.gz` behind it if `compression` is gzip
    validation/...
    test/...
    test_ids.csv            `Id`: every id of the test split, in order: the test manifest
    test_labels.csv         `Id,Category`: for scoring only, where the labels are known
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from preprocessing.compression import check_compression, ending
from preprocessing.errors import InputError
from preprocessing.records import Bytes, RecordLayout

SPLITS = ("train", "validation", "test")
METADATA_FILE = "examples.json"
TEST_IDS_FILE = "test_ids.csv"
TEST_LABELS_FILE = "test_labels.csv"

_UNEVEN = 1.1
"""Share of the largest part, to that of equal parts, up to which parts have files of their own."""


def shard_name(index: int, count: int, compression: str = "none") -> str:
    """Returns the file name of shard `index` of `count`."""
    return f"examples-{index:05d}-of-{count:05d}.tfrecord{ending(compression)}"


@dataclass(frozen=True)
class Split:
    """What one split holds.

    Attributes:
        examples: number of records.
        shards: number of files.
        id_bytes: length of every `image_id`; 0 where records hold a label instead.
        by_class: examples of each class, where the labels are known.
    """

    examples: int
    shards: int
    id_bytes: int
    by_class: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ExamplesInfo:
    """The content of `examples.json`.

    Attributes:
        challenge: name of the challenge, such as `quickdraw`.
        image_shape: (height, width, channels) of every uint8 image.
        class_names: names in label order.
        seed: what the rows were drawn with.
        source: where the raw data was.
        source_fingerprint: names, sizes and times of the raw files, hashed.
        pixel_mean: mean of the pixels of each channel, 0 to 255, by tf.Transform.
        pixel_variance: their variance.
        splits: by name.
        warnings: what the user should know, such as classes with fewer rows than asked for.
        bad_images: the images that did not decode and were left out, each with the reason.
        compression: of the shards: `none` or `gzip`.
    """

    challenge: str
    image_shape: tuple[int, int, int]
    class_names: list[str]
    seed: int
    source: str
    source_fingerprint: str
    pixel_mean: list[float]
    pixel_variance: list[float]
    splits: dict[str, Split]
    warnings: list[str] = field(default_factory=list)
    bad_images: dict[str, str] = field(default_factory=dict)
    compression: str = "none"

    @property
    def image_bytes(self) -> int:
        """Pixels of an image: height * width * channels."""
        height, width, channels = self.image_shape
        return height * width * channels

    def layout(self, split: str) -> RecordLayout:
        """Returns the layout of the records of `split`."""
        return RecordLayout(self.image_bytes, self.splits[split].id_bytes)

    def shard_names(self, split: str) -> list[str]:
        """Returns the file names of the shards of `split`, in order."""
        count = self.splits[split].shards
        return [shard_name(index, count, self.compression) for index in range(count)]

    def to_json(self) -> str:
        """Returns the text of `examples.json`."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, name: str) -> "ExamplesInfo":
        """Returns what the text of an `examples.json` says.

        Args:
            text: as `to_json` made it.
            name: of the file that it comes from, for the error.

        Raises:
            InputError: the text is something else.
        """
        try:
            values = json.loads(text)
            splits = {split: Split(**state) for split, state in values.pop("splits").items()}
            height, width, channels = values.pop("image_shape")
            info = cls(**values, splits=splits, image_shape=(height, width, channels))
            check_compression(info.compression)
        except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
            raise InputError(
                f"{name}: not an examples.json of this version ({error});"
                " run the preprocessing again"
            ) from None
        return info


class Examples:
    """A folder of examples, opened for reading.

    Args:
        folder: the folder that `preprocess` wrote.
        part: which part of the examples to open, from 0.
        parts: how many parts there are. Part 1 of 3 is the shards 1, 4, 7 and so on; of a split
            whose shards do not divide evenly, it is a third of each shard.

    Raises:
        InputError: the folder is no complete folder of examples.
    """

    def __init__(self, folder: str | Path, part: int = 0, parts: int = 1) -> None:
        self.folder = Path(folder)
        self._part, self._parts = part, parts
        self._opened: dict[str, list[Bytes]] = {}
        path = self.folder / METADATA_FILE
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            raise InputError(
                f"{path}: not found, so {folder} is no complete folder of examples;"
                " run the preprocessing again"
            ) from None
        self.info = ExamplesInfo.from_json(text, str(path))

    def shards(self, split: str) -> list[Path]:
        """Returns the shard files of `split` that this part is in, in order."""
        every = [self.folder / split / name for name in self.info.shard_names(split)]
        return every[self._part :: self._parts] if self._has_own_shards(split) else every

    def open(self, split: str) -> list[Bytes]:
        """Memory-maps this part of the shards of `split`, each as `[N, record_bytes]` uint8.

        `info.layout(split)` says where the pixels, labels and ids lie in a record. Asked again, it
        returns the same maps, each of which keeps a file open. Compressed shards are unpacked,
        several at a time, into files in `TMPDIR` that have no name and end with the maps.

        Raises:
            InputError: a shard is missing or cut, or all together do not hold the examples
                promised; or there is no room to unpack them.
        """
        if split not in self._opened:
            self._opened[split] = self._open(split)
        return self._opened[split]

    def _open(self, split: str) -> list[Bytes]:
        layout, about = self.info.layout(split), self.info.splits[split]
        with ThreadPoolExecutor() as threads:
            maps = list(threads.map(layout.open, self.shards(split)))
        found, promised = sum(map(len, maps)), about.examples
        if found != promised and len(maps) == about.shards:
            raise InputError(
                f"{self.folder / split}: {found} examples in its shards, but {METADATA_FILE} says"
                f" {promised}; run the preprocessing again"
            )
        if self._has_own_shards(split):
            return maps
        return [self._own_rows(rows, index) for index, rows in enumerate(maps)]

    def _has_own_shards(self, split: str) -> bool:
        """Says whether each shard of a split is in one part alone."""
        shards = self.info.splits[split].shards
        return -(-shards // self._parts) * self._parts <= shards * _UNEVEN

    def _own_rows(self, rows: Bytes, shard: int) -> Bytes:
        """Returns this part's rows of a shard; each shard has another order of the parts."""
        place = (self._part + shard) % self._parts  # else the last part would have most rows
        return rows[len(rows) * place // self._parts : len(rows) * (place + 1) // self._parts]
