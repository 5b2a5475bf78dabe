"""The plan for Dataflow, which docs/performance.md shows."""

import pytest

from benchmarks.dataflow import dollars, hours, table, work


def test_the_plan_is_worked_out_from_the_cost_of_a_drawing() -> None:
    free, job = work(0.0), work(2e-6)
    assert job.cpu - free.cpu == pytest.approx(50_426_266 * 2e-6)
    assert job.read == pytest.approx(50_426_266 * 784, rel=0.25)  # some rows between are fetched
    assert job.shuffled < 1_000 * job.shards
    assert hours(job, 16) < hours(job, 4) < hours(job, 1)
    assert dollars(free, 4) <= dollars(job, 4) < dollars(job, 16)
    assert f"{job.shards:,}" in table(2e-6)
