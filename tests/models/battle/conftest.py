"""Real images for matches."""

import pytest

from models.battle.real_images import RealImages
from preprocessing.examples import Examples


@pytest.fixture(scope="session")
def real(examples: Examples) -> RealImages:
    return RealImages(examples, "test", 15)
