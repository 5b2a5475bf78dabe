"""How far data has moved, and when that stops a run."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.promotion.check import check_drift
from models.promotion.drift import measure_drift, population_stability_index
from models.promotion.registry import Registry, open_registry
from models.promotion.statistics import STATISTICS_FILE, DataStatistics, data_statistics
from models.promotion.version import Facts, Reign, content_hash
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.conftest import pixels_and_labels
from tests.models.promotion.skilled import write_labelled


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=9))
def test_the_index_is_its_formula_and_goes_both_ways(weights: list[float]) -> None:
    p = [weight / sum(weights) for weight in weights]
    q = [*p[1:], p[0]]
    expected = sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    assert population_stability_index(p, q) == pytest.approx(expected)
    assert population_stability_index(q, p) == pytest.approx(expected)
    assert population_stability_index(p, p) == 0


def test_the_statistics_are_those_of_the_training_examples(labelled: Examples) -> None:
    found = data_statistics(labelled)
    images, labels = pixels_and_labels(labelled, "train")
    assert found.examples == 400
    assert list(found.class_shares) == labelled.info.class_names
    assert list(found.class_shares.values()) == pytest.approx(np.bincount(labels) / 400)
    assert found.pixel_mean == pytest.approx([images.mean()])
    assert found.pixel_deviation == pytest.approx([images.std()])
    counts, _ = np.histogram(images, 16, (0, 256))
    assert found.pixel_histogram == [pytest.approx(counts / images.size)]


def test_of_many_examples_a_spread_choice_is_looked_at(
    labelled: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.promotion.statistics.EXAMPLES", 100)
    images, _ = pixels_and_labels(labelled, "train")
    assert data_statistics(labelled).pixel_mean == pytest.approx([images[::4].mean()])


@pytest.fixture
def registry(tmp_path: Path, labelled: Examples) -> Registry:
    """Returns a registry whose champion was trained on `labelled`."""
    package = tmp_path / "package"
    package.mkdir()
    data_statistics(labelled).save(package / STATISTICS_FILE)
    registry = open_registry(str(tmp_path / "registry"))
    facts = Facts("quickdraw", "run", "run", content=content_hash(package))
    registry.crown(registry.add(package, facts, "why"), 0, Reign.now("run", "why"))
    return registry


def check(registry: Registry, examples: Examples, folder: Path, limit: float) -> dict[str, float]:
    files = folder / "statistics.json", folder / "drift.json"
    return check_drift(examples, registry, "quickdraw", limit, *files)


def test_the_same_data_has_not_moved(
    registry: Registry, labelled: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(registry, labelled, tmp_path, 0.25) == {"class_drift": 0, "pixel_drift": 0}
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("note: since version 1, class shares: little drift, stability index")
    assert DataStatistics.load(tmp_path / "statistics.json") == data_statistics(labelled)


def test_moved_data_is_reported_and_by_option_stops_the_run(
    registry: Registry, tmp_path: Path
) -> None:
    brighter = write_labelled(tmp_path / "brighter", brightness=90)
    result = check(registry, brighter, tmp_path, 0.0)
    assert result["class_drift"] < 0.1
    assert result["pixel_drift"] > 1
    assert json.loads((tmp_path / "drift.json").read_text())["version"] == 1
    with pytest.raises(InputError) as raised:
        check(registry, brighter, tmp_path, 0.25)
    assert str(raised.value).startswith(
        "the data has drifted from the champion's by more than max_drift=0.25: pixels: much drift,"
        " stability index "
    )
    other = write_labelled(tmp_path / "other", shares=[0.9, 0.05, 0.05])
    with pytest.raises(InputError, match=r"class shares: much drift.* ant was 3.* %, is 8.* %"):
        check(registry, other, tmp_path, 0.25)


def test_a_class_or_a_channel_that_is_new_has_moved(labelled: Examples, tmp_path: Path) -> None:
    before = data_statistics(labelled)
    classes = write_labelled(tmp_path / "classes", ["ant", "cake", "lion", "owl"])
    found = measure_drift(before, data_statistics(classes))
    assert found.classes > 0.25
    assert found.moved_class.startswith("owl was 0.0 %, is 2")
    colour = write_labelled(tmp_path / "colour", shape=(4, 4, 3))
    found = measure_drift(before, data_statistics(colour))
    assert found.pixels > 0.25
    assert found.moved_pixels.startswith("mean was none, is ")


def test_without_a_champion_there_is_nothing_to_compare(
    labelled: Examples, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = open_registry(str(tmp_path / "empty"))
    assert check(registry, labelled, tmp_path, 0.25) == {}
    assert "note: quickdraw has no champion yet" in capsys.readouterr().out
    assert (tmp_path / "drift.json").read_text() == "{}\n"


@pytest.mark.parametrize("limit", [-1, float("nan"), float("inf")])
def test_a_limit_that_cannot_be_is_told(
    registry: Registry, labelled: Examples, tmp_path: Path, limit: float
) -> None:
    with pytest.raises(InputError, match=r"max_drift=.*: expected 0 to report only"):
        check(registry, labelled, tmp_path, limit)
