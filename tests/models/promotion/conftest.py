"""Examples and models of known skill, each made once a session."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from preprocessing.examples import Examples
from tests.models.promotion.skilled import NAMES, SHAPE, write_labelled, write_skilled

SkilledModel = Callable[..., Path]


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return write_labelled(tmp_path_factory.mktemp("labelled") / "examples")


@pytest.fixture(scope="session")
def skilled(tmp_path_factory: pytest.TempPathFactory) -> SkilledModel:
    """Returns `write_skilled` without its folder; the same model is written once."""

    @cache
    def write(
        skill: int, names: tuple[str, ...] = tuple(NAMES), shape: Any = SHAPE, seed: int = 0
    ) -> Path:
        return write_skilled(tmp_path_factory.mktemp("model"), skill, names, shape, seed)

    return write
