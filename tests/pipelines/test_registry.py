"""Finding pipelines."""

import pytest

from pipelines.registry import find_pipeline, pipeline_names
from preprocessing.errors import InputError


def test_every_challenge_has_its_pipeline() -> None:
    assert "quickdraw" in pipeline_names()
    assert "local" not in pipeline_names()


@pytest.mark.parametrize("name", ["quickdrow", "classification", "../quickdraw", ""])
def test_an_unknown_pipeline_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(InputError, match=r"is unknown.*there are: .*quickdraw"):
        find_pipeline(name)
