"""Weights that a network starts from: a local file, or one in a bucket."""

from pathlib import Path
from typing import Any

import pytest

from models.weights import check_weights, local_weights, weights_fingerprint
from preprocessing.errors import InputError


def test_weights_in_a_bucket_are_copied_while_they_are_needed(bucket: Any) -> None:
    bucket.blob("weights/net.weights.h5").upload_from_string(b"numbers")
    uri = "gs://challenge/weights/net.weights.h5"
    check_weights(uri)
    with local_weights(uri) as path:
        assert Path(path).name == "net.weights.h5"  # Keras goes by the ending
        assert Path(path).read_bytes() == b"numbers"
    assert not Path(path).exists()
    before = weights_fingerprint(uri)
    bucket.blob("weights/net.weights.h5").upload_from_string(b"others")
    assert weights_fingerprint(uri) != before


def test_local_weights_stay_where_they_are(tmp_path: Path) -> None:
    file = tmp_path / "net.h5"
    file.write_bytes(b"numbers")
    with local_weights(str(file)) as path:
        assert path == str(file)
    before = weights_fingerprint(str(file))
    file.write_bytes(b"others")
    assert weights_fingerprint(str(file)) != before
    assert weights_fingerprint("") == ""


def test_missing_weights_are_named(bucket: Any, tmp_path: Path) -> None:
    for weights in (str(tmp_path / "none.h5"), "gs://challenge/none.h5"):
        with pytest.raises(InputError, match=r"none\.h5: no such file; check the path"):
            check_weights(weights)
