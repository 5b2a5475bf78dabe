"""Compressed shards: every gzip reader's, the same each time, and mapped as plain ones are."""

import gzip
import resource
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessing.compression import compressed
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.records import Bytes, RecordLayout
from tests.models.conftest import write_examples

LAYOUT = RecordLayout(12)


def records_of(images: list[bytes]) -> Bytes:
    records = LAYOUT.allocate(len(images))
    LAYOUT.images(records)[:] = np.frombuffer(b"".join(images), np.uint8).reshape(-1, 12)
    LAYOUT.seal(records)
    return records


@given(images=st.lists(st.binary(min_size=12, max_size=12), max_size=5))
def test_what_is_compressed_is_read(images: list[bytes]) -> None:
    records = records_of(images)
    packed = compressed(records.data, "gzip")
    assert gzip.decompress(packed) == records.tobytes()
    assert packed == compressed(records.tobytes(), "gzip")
    assert packed[4:8] == bytes(4)  # where gzip has the time
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "examples-00000-of-00001.tfrecord.gz")
        path.write_bytes(packed)
        np.testing.assert_array_equal(LAYOUT.open(path), records)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the folder that TMPDIR would name."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_shards_are_unpacked_once_into_files_without_a_name(
    tmp_path: Path, temporary: Path
) -> None:
    shards = {"train": [30, 0, 20]}
    plain = write_examples(tmp_path / "plain", shards)
    packed = write_examples(tmp_path / "packed", shards, compression="gzip")
    assert [path.name for path in packed.shards("train")] == [
        f"{path.name}.gz" for path in plain.shards("train")
    ]
    opened = packed.open("train")
    assert list(temporary.iterdir()) == []
    assert packed.open("train") is opened
    np.testing.assert_array_equal(np.concatenate(opened), np.concatenate(plain.open("train")))
    for path in packed.shards("train"):
        path.unlink()
    assert sum(map(len, packed.open("train"))) == 50


def test_a_part_unpacks_only_its_own_shards(tmp_path: Path) -> None:
    examples = write_examples(tmp_path, {"train": [3, 4]}, compression="gzip")
    examples.shards("train")[0].unlink()
    assert [len(records) for records in Examples(tmp_path, 1, 2).open("train")] == [4]


@pytest.mark.parametrize("change", ["cut", "flipped", "other", "missing"])
def test_a_damaged_shard_is_named_in_one_line(tmp_path: Path, change: str) -> None:
    examples = write_examples(tmp_path, {"train": [30]}, compression="gzip")
    (path,) = examples.shards("train")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    damaged = {"cut": bytes(data[:-9]), "flipped": bytes(data), "other": b"no gzip"}
    path.unlink() if change == "missing" else path.write_bytes(damaged[change])
    with pytest.raises(InputError, match=f"^{path}: .*; run the preprocessing again$") as raised:
        examples.open("train")
    assert "\n" not in str(raised.value)


def test_a_full_disk_is_told_in_one_line(tmp_path: Path, temporary: Path) -> None:
    examples = write_examples(tmp_path / "examples", {"train": [300]}, compression="gzip")
    # A limit on the size of files fails a write in the middle, as a full disk does.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(InputError, match="cannot be unpacked into") as raised:
            examples.open("train")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert f"into {temporary} (" in str(raised.value)
    assert "set TMPDIR to a disk with room" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_examples_of_before_there_was_a_choice_are_plain(tmp_path: Path) -> None:
    written = write_examples(tmp_path, {"train": [3]})
    path = tmp_path / "examples.json"
    text = path.read_text()
    path.write_text(text.replace(',\n  "compression": "none"', ""))
    assert path.read_text() != text
    assert Examples(tmp_path).info == written.info
    path.write_text(text.replace('"none"', '"later"'))
    with pytest.raises(InputError, match="of this version"):
        Examples(tmp_path)
