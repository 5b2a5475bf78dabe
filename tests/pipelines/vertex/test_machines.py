"""Every machine of the table is found, nothing else is, and a refusal names what there is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.vertex.machines import accelerators, find_machine, gigabytes
from preprocessing.errors import InputError

PAIRS = [("", 0)] + [(kind, count) for kind, counts in accelerators().items() for count in counts]


@given(st.sampled_from(PAIRS), st.integers(1, 128), st.integers(1, 1500))
def test_a_machine_has_what_was_asked_for_and_a_refusal_says_what_there_is(
    pair: tuple[str, int], cores: int, memory: int
) -> None:
    kind, count = pair
    try:
        found = find_machine(cores, memory, kind, count)
    except InputError as error:
        told = re.search(r"TRAIN_CPU to (\d+) and TRAIN_MEMORY to (\d+)G", str(error))
        assert told
        found = find_machine(min(cores, int(told[1])), min(memory, int(told[2])), kind, count)
    else:
        assert found.cores >= cores
        assert found.memory >= memory
    assert (found.accelerator, found.count) == pair


@given(st.sampled_from(sorted(accelerators())), st.integers(1, 20))
def test_another_count_is_refused_with_the_nearest(kind: str, count: int) -> None:
    if count in accelerators()[kind]:
        assert find_machine(2, 8, kind, count).count == count
        return
    with pytest.raises(InputError, match=f"ACCELERATOR_COUNT={count}: no machine") as told:
        find_machine(2, 8, kind, count)
    named = [int(text) for text in re.findall(r"\d+", str(told.value).rpartition("=")[2])]
    nearest = min(abs(has - count) for has in accelerators()[kind])
    assert nearest in [abs(near - count) for near in named]
    assert all(find_machine(2, 8, kind, near).count == near for near in named)


def test_the_machines_that_the_challenges_were_trained_on() -> None:
    assert str(find_machine()) == "e2-standard-4"
    assert str(find_machine(8, 30)) == "e2-standard-8"
    assert str(find_machine(8, 30, "NVIDIA_TESLA_T4", 4)) == "n1-standard-8 + 4 NVIDIA_TESLA_T4"
    assert str(find_machine(8, 30, "NVIDIA_L4", 1)) == "g2-standard-8 + 1 NVIDIA_L4"


def test_a_name_that_is_nearly_right_is_told() -> None:
    with pytest.raises(InputError, match="did you mean NVIDIA_TESLA_T4"):
        find_machine(8, 30, "NVIDIA_T4", 1)
    with pytest.raises(InputError, match="did you mean NVIDIA_TESLA_T4"):
        find_machine(8, 30, "nvidia_tesla_t4", 1)
    with pytest.raises(InputError, match="NVIDIA_H200_141GB: Vertex AI gives out none on demand"):
        find_machine(8, 30, "NVIDIA_H200_141GB", 8)  # with a reservation it does


def test_more_cores_than_the_accelerators_take_says_how_many_would() -> None:
    with pytest.raises(InputError, match=r"with 1 NVIDIA_TESLA_T4 .* or ACCELERATOR_COUNT to 4"):
        find_machine(64, 30, "NVIDIA_TESLA_T4", 1)


@pytest.mark.parametrize(
    ("text", "number"), [("30G", 30), ("512M", 0.512), ("1Gi", 1.073741824), ("1024Mi", 1.0737)]
)
def test_memory(text: str, number: float) -> None:
    assert gigabytes(text) == pytest.approx(number, rel=1e-4)
