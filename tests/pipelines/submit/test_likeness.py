"""An estimate says in what the run differed that its times are of."""

from typing import Any

import pytest

from pipelines.submit.likeness import differences
from tests.pipelines.run_records import record


@pytest.mark.parametrize(
    ("backend", "arguments", "told"),
    [
        ("local", {"epochs": 1, "source_fingerprint": "aa"}, "on this machine"),
        ("local", {"max_steps": 9}, "on this machine; epochs=1 max_steps=0"),
        ("vertex", {"epochs": 1.0, "source_fingerprint": "ff00"}, ""),
        ("vertex", {"epochs": 3, "source_fingerprint": "aa"}, "other data; epochs=1"),
    ],
)
def test_what_differed_is_told(backend: str, arguments: dict[str, Any], told: str) -> None:
    had = {"epochs": 1, "study_dir": "runs/studies"}  # which is no work
    like = record("quickdraw-1", pipeline="quickdraw-tuning", parameters=had, backend=backend)
    assert differences(like, arguments) == told
