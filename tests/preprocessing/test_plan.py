"""Which row goes where: every row at most once, every shard in proportion, all by the seed."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.errors import InputError
from preprocessing.examples import SPLITS
from preprocessing.plan import Plan
from preprocessing.sources.bitmaps import BitmapFile, Bitmaps
from preprocessing.sources.source import Source
from preprocessing.split_sizes import SplitSizes


def plan_of(
    rows: list[int], sizes: SplitSizes | None = None, seed: int = 0, shard_size: int = 64
) -> Plan:
    files = [BitmapFile(f"{i}.npy", f"class {i}", count, 784, 128) for i, count in enumerate(rows)]
    source = Source([file.class_name for file in files], Bitmaps(tuple(files)))
    return Plan(source, (28, 28, 1), sizes or SplitSizes(), seed, shard_size)


plans = st.builds(
    plan_of,
    rows=st.lists(st.integers(3, 5_000), min_size=2, max_size=4),
    sizes=st.builds(SplitSizes, st.integers(1, 300), st.integers(1, 80), st.integers(1, 80)),
    seed=st.integers(0, 2**32),
    shard_size=st.integers(1, 200),
)


@settings(max_examples=60, deadline=None)
@given(plan=plans)
def test_no_row_is_used_twice_and_none_is_made_up(plan: Plan) -> None:
    used: list[list[int]] = [[] for _ in plan.class_names]
    for shard in plan.shards():
        drawn = plan.shard_rows(shard)
        assert 0 < sum(map(len, drawn)) <= max(plan.shard_size, len(drawn))
        for mine, theirs in zip(used, drawn, strict=True):
            mine.extend(theirs.tolist())
    for count, rows in zip(plan.source.train.counts, used, strict=True):
        assert len(rows) == sum(plan.sizes.fitted(count).values()) == len(set(rows))
        assert min(rows) >= 0
        assert max(rows) < count


@settings(max_examples=30, deadline=None)
@given(plan=plans)
def test_every_shard_holds_every_class_in_proportion(plan: Plan) -> None:
    for shard in plan.shards():
        for count, rows in zip(plan.counts(shard.split), plan.shard_rows(shard), strict=True):
            assert abs(len(rows) - count / shard.count) < 1


def test_test_ids_are_numbered_without_gap() -> None:
    plan = plan_of([1_000, 333], SplitSizes(100, 10, 57), shard_size=10)
    shards = [shard for shard in plan.shards() if shard.split == "test"]
    firsts = [plan.first_id(shard) for shard in shards]
    lengths = [len(plan.shard_ids(shard)) for shard in shards]
    assert firsts == np.cumsum([0, *lengths[:-1]]).tolist()
    assert sum(lengths) == plan.split("test").examples


def test_the_seed_decides_which_rows() -> None:
    def rows(seed: int) -> Any:
        return (
            plan_of([9_000, 9_000], SplitSizes(100, 10, 10), seed).rows(0, "train", 0, 100).tolist()
        )

    assert rows(1) == rows(1)
    assert len(set(rows(1)) & set(rows(2))) < 30


def test_a_small_class_is_split_80_10_10_and_said() -> None:
    plan = plan_of([500, 20_000])
    assert {split: plan.counts(split) for split in SPLITS} == {
        "train": [400, 10_000],
        "validation": [50, 2_000],
        "test": [50, 2_000],
    }
    assert plan.warnings() == [
        "1 of 2 classes have too few images (500) for the 10,000 for train and 2,000 for validation"
        " and 2,000 for test asked for; a tenth at most goes to validation and to test"
    ]


def test_all_there_are_go_to_training_without_a_word() -> None:
    plan = plan_of([500, 20_000], SplitSizes(train=0, validation=30, test=20))
    assert plan.counts("train") == [450, 19_950]
    assert plan.warnings() == []


def test_parameters_that_cannot_be_are_named() -> None:
    with pytest.raises(InputError, match="validation_per_class: expected at least 1, got 0"):
        SplitSizes(validation=0)
    with pytest.raises(InputError, match="shard_size: expected at least 1, got 0"):
        plan_of([10, 10], shard_size=0)
    with pytest.raises(InputError, match="seed: expected 0 or more, got -1"):
        plan_of([10, 10], seed=-1)
    with pytest.raises(InputError, match=r"class .class 1. has 2 images; expected at least 3"):
        plan_of([10, 2])
